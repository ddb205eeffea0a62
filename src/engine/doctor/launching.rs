//! What a launch needs of the repository and of the agents on this machine.

use std::time::Duration;

use crate::app::App;
use crate::engine::base;
use crate::error::Error;
use crate::git::{PoolSize, WorktreeKind};
use crate::model::{Finding, FindingResult, Run};
use crate::process::{self, Cmd};
use crate::render::text::bytes as bytes_text;
use crate::session::worktree::{self, WorkspaceRoot};
use crate::session::{configured, pool};
use crate::settings;

/// How long an agent may take to say its version, and how many are asked at once.
const VERSION: Duration = Duration::from_secs(10);
const PARALLEL_PROBES: usize = 4;

/// Checks that there is a commit to start from, and that git works in this folder.
pub(super) fn repository(app: &App) -> Vec<Finding> {
    let location = app.repo.location();
    let mut findings = Vec::new();
    // A bare repository has no index, and is not called '.git' beside files.
    let is_disguised =
        location.bare && location.common_dir.ends_with(".git") && location.common_dir.join("index").exists();
    if is_disguised {
        let place = location.common_dir.parent().unwrap_or(&location.common_dir).display();
        let error = Error::failed(format!("core.bare is true, but '{place}' has a worktree that git now refuses"));
        findings.push(Finding::fail("worktree", error.hint("git config core.bare false")));
    }
    let commit = app.repo.head_commit().map(|commit| app.display.oid(commit));
    let commit = commit.ok_or_else(|| {
        Error::failed("HEAD has no commit to start from")
            .hint("make a commit with 'git commit', or switch to a branch that has one")
    });
    findings.push(Finding::of("commit", commit, "there is a commit to start from"));
    findings
}

/// Returns what is known of the workspaces of agents and checks: nothing, where none was made yet.
pub(super) fn workspaces(app: &App) -> Option<Finding> {
    if let Some(why) = pool::fallback_reason(app) {
        let detail =
            format!("no private workspace can be made here, so agents and checks share your repository: {why}");
        return Some(Finding::warn("workspaces", "linked", detail, "git config puff.workspace linked"));
    }
    if pool::kind(app) == WorktreeKind::Linked {
        let detail = "agents and checks share your repository: puff.workspace is linked";
        return Some(Finding::ok("workspaces", "linked", detail));
    }
    let PoolSize { used, free, bytes } = pool::size(app);
    let detail = format!("{used} in use, {free} free, {} in the pool", bytes_text(bytes));
    (used + free > 0).then(|| Finding::ok("workspaces", &(used + free).to_string(), &detail))
}

/// Checks that the cloud can start from the branch that HEAD is on.
pub(super) fn remote_base(app: &App) -> Finding {
    match base::prove_of_remote(app) {
        Ok((branch, None)) => Finding::ok("base", &branch, "the remote has the branch to start from"),
        Ok((branch, Some(said))) => {
            let detail = format!("the remote does not respond; using the branch as last fetched: {said}");
            Finding::warn("base", &branch, detail, "check the network and 'git remote -v'")
        }
        Err(error) => Finding::fail("base", error),
    }
}

/// Returns the agents on this machine: which are installed, and run. Those that are used here have to.
pub(super) fn agents(app: &App, runs: &[&Run], is_cloud_used: bool) -> Vec<Finding> {
    let is_active = |run: &&&Run| run.is_local() && !run.is_remote() && run.state.is_active();
    let at_work: Vec<&str> = runs
        .iter()
        .filter(is_active)
        .flat_map(|run| run.variants.iter().filter_map(|variant| variant.agent.as_deref()))
        .collect();
    let is_configured = |name: &str| app.settings.of_agent(settings::AGENT_COMMAND, name).is_some();
    let mut findings = Vec::new();
    let (mut asked, mut missing) = (Vec::new(), Vec::new());
    for name in configured::agent_names(&app.settings) {
        let is_used = at_work.contains(&name.as_str());
        let agent = match configured::agent(&app.settings, &name) {
            Ok(agent) => agent,
            Err(error) => {
                findings.push(Finding::fail("agent", error));
                continue;
            }
        };
        let codex = app.settings.text(settings::CODEX).filter(|_| name == "codex");
        let program = agent.program().map(|program| codex.unwrap_or_else(|| program.to_owned()));
        match program {
            // The shell makes sense of what is configured; only starting it would tell more, and may cost money.
            None => findings.push(configured(app, &name)),
            Some(program) if process::find(&program).is_some() => asked.push((name, program, is_used)),
            Some(program) if is_used || is_configured(&name) => findings.push(missing_agent(&name, &program)),
            Some(_) => missing.push(name),
        }
    }
    // Some leave files where they are called: in a folder that goes again, not in the user's worktree.
    let folder = tempfile::tempdir().ok();
    let cwd = folder.as_ref().map_or_else(|| app.layout.cwd(), |folder| folder.path().to_owned());
    let version = |program: &String| Cmd::new(program).arg("--version").cwd(&cwd).limit(VERSION);
    let calls: Vec<Cmd> = asked.iter().map(|(_, program, _)| version(program)).collect();
    for ((name, program, is_used), answer) in asked.iter().zip(process::run_all(&calls, PARALLEL_PROBES)) {
        let why = match answer {
            Ok(output) if output.success() => {
                let said = String::from_utf8_lossy(&output.stdout);
                let version = said.lines().next().unwrap_or_default().trim().to_owned();
                findings.push(Finding::ok("agent", name, &format!("'{name}' is installed and runs: {version}")));
                continue;
            }
            Ok(output) => {
                let said = output.complaint();
                let said = if said.is_empty() { said } else { format!(": {said}") };
                format!("'{program} --version' ended with {}{said}", output.status)
            }
            Err(failure) => failure.to_string(),
        };
        let result = if *is_used { FindingResult::Fail } else { FindingResult::Warn };
        let hint = format!("try it yourself: {program} --version");
        findings.push(Finding::new(
            "agent",
            result,
            name,
            format!("'{name}' is installed, but does not run: {why}"),
            Some(hint),
        ));
    }
    if findings.is_empty() && !is_cloud_used {
        let detail = format!("no agent is installed on this machine: {}", missing.join(", "));
        let hint = "install one, or say how another is started: git config puff.agent.NAME.command 'COMMAND'";
        findings.push(Finding::warn("agent", "", detail, hint));
    }
    if findings.iter().any(|finding| finding.result != FindingResult::Warn) {
        let folder = worktree::check(app).and_then(|()| WorkspaceRoot::find(app));
        let folder = folder.map(|workspace_root| workspace_root.root().display().to_string());
        findings.push(Finding::of("worktree_folder", folder, "agents get their worktrees here"));
    }
    findings
}

/// Checks an agent with a command line or wrapper of its own. Where the line begins with a plain word, that program
/// has to be there.
fn configured(app: &App, name: &str) -> Finding {
    let line = [settings::AGENT_WRAPPER, settings::AGENT_COMMAND];
    let line = line.into_iter().find_map(|key| app.settings.of_agent(key, name));
    let line = line.map(|setting| setting.value).unwrap_or_default();
    let word = line.split_whitespace().next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./+".contains(c);
    let is_builtin = matches!(word, "." | "cd" | "exec" | "export" | "if" | "for" | "while" | "case" | "set" | "eval");
    let is_program = !word.is_empty() && word.chars().all(is_plain) && !is_builtin;
    // A relative path starts at the worktree, which there is none of yet.
    let can_be_found = word.starts_with('/') || !word.contains('/');
    if is_program && can_be_found && process::find(word).is_none() {
        return missing_agent(name, word);
    }
    Finding::ok("agent", name, &format!("'{name}' is configured: {}", crate::model::first_line(&line, 60)))
}

fn missing_agent(name: &str, program: &str) -> Finding {
    let error = Error::cannot_work(format!("agent '{name}' is not installed: no program '{program}' on PATH"));
    Finding::fail(
        "agent",
        error.hint(format!("install it, or say how it is started: git config puff.agent.{name}.command 'COMMAND'")),
    )
}
