//! What could stand in the way, looked for before it does.

mod launching;

use super::harvest::is_half_cancelled;
use super::leftovers::{WorktreeFinding, leftovers};
use super::{branches, config, interrupted, open_here, orphans, preflight, repair, sync};
use crate::app::App;
use crate::error::Error;
use crate::lock::FileLock;
use crate::model::documents::{ConfiguredKey, ConfiguredValue, SettingOrigin, UnknownKey};
use crate::model::{Finding, FindingResult, ProviderKind, Run, State};
use crate::provider::Provider;
use crate::settings;
use crate::store::{RunStore, Runbook, RunbookLine};

/// Examines everything that a launch, a watch and a harvest need with the providers that are used here. Nothing is
/// changed, and nothing is paid.
pub fn examine(app: &App, env: Option<&str>) -> Vec<Finding> {
    let mut findings = here(app);
    let (runs, _) = RunStore::new(app).examine().unwrap_or_default();
    let runs: Vec<&Run> = runs.iter().map(|recorded| &recorded.run).collect();
    let needed = env.is_some() || uses_cloud(app, &runs);
    findings.extend(cloud(app, env).into_iter().map(|finding| if needed { finding } else { softened(finding) }));
    if needed {
        findings.push(launching::cloud_base(app));
    }
    findings.extend(launching::agents(app, &runs, needed));
    findings.extend(records(app));
    findings.extend(shared(app));
    findings
}

/// Remotes that were opted in: are they there, and what have they not got, as far as is known without asking them?
fn shared(app: &App) -> Vec<Finding> {
    if app.settings.all(settings::SYNC_REMOTE).is_empty() {
        return Vec::new();
    }
    let remotes = match sync::remotes(app, None) {
        Ok(remotes) => remotes,
        Err(error) => return vec![fail("sync", error)],
    };
    let check_remote = |remote: &String| match sync::unshared(app, remote) {
        Ok(runs) if runs.is_empty() => ok("sync", remote, "it has every run, as far as is known here"),
        Ok(runs) => {
            let detail = format!("'{remote}' does not have {} of the runs as they are here", runs.len());
            warn("sync", remote, detail, &format!("'git puff sync {remote}' exchanges them, and says what it cannot"))
        }
        Err(error) => fail("sync", error),
    };
    remotes.iter().map(check_remote).collect()
}

/// Returns whether the cloud is used here: named in the settings, or by a run of this clone that still needs it. Where
/// the client is (`puff.codex`) says nothing: it is an agent on this machine too.
fn uses_cloud(app: &App, runs: &[&Run]) -> bool {
    let keys = [settings::ENV, settings::DIALECT];
    let named =
        keys.iter().any(|key| app.settings.get(*key).is_some_and(|setting| setting.origin != SettingOrigin::Default));
    let of_cloud = |run: &&Run| run.provider == ProviderKind::CodexCloud && !run.is_remote() && run.state.is_active();
    named || runs.iter().any(of_cloud)
}

/// Returns what stands in the way of the cloud alone, where it was never used: agents on this machine do without.
fn softened(finding: Finding) -> Finding {
    match finding.result {
        FindingResult::Fail => {
            let detail = format!("{}; only the cloud needs it", finding.detail);
            Finding { result: FindingResult::Warn, detail, ..finding }
        }
        _ => finding,
    }
}

fn here(app: &App) -> Vec<Finding> {
    let store = RunStore::new(app);
    let location = app.repo.location();
    let mut findings = vec![ok("repository", &location.common_dir.display().to_string(), "git-puff can work here")];
    findings.push(from_result(
        "identity",
        app.identity().map(|who| format!("{} <{}>", who.name, who.email)),
        "commits get this author",
    ));
    findings.push(from_result("refs_writable", store.prove_writable().map(|()| String::new()), "runs can be recorded"));
    let prefix = branches::prefix(app).and_then(|prefix| branches::prove_free(app).map(|()| prefix));
    findings.push(from_result("branch_prefix", prefix, "branches of variants can be made"));
    findings.extend(launching::repository(app));
    match preflight::replaced(&app.repo) {
        Ok(None) => {}
        Ok(Some(detail)) => findings.push(warn("replaced_objects", "", detail, "'git replace -l' lists them")),
        Err(error) => findings.push(fail("replaced_objects", error)),
    }
    findings.extend(settings(app));
    findings
}

/// Checks the settings for typos and for values that cannot be used, before a run needs them.
fn settings(app: &App) -> Vec<Finding> {
    let configuration = config::configuration(&app.settings);
    let typing_error = |unknown: &UnknownKey| {
        let UnknownKey { key, origin, meant, mend, .. } = unknown;
        let meant = meant.as_ref().map(|meant| format!("; did you mean '{meant}'?")).unwrap_or_default();
        warn("config", key, format!("unknown setting '{key}' ({origin}){meant}"), &format!("fix it: {mend}"))
    };
    let bad = |(key, value, why): (&ConfiguredKey, &ConfiguredValue, &str)| {
        fail("config", settings::unusable(&key.key, &value.value, &value.origin, why))
    };
    let typos = configuration.unknown.iter().map(typing_error);
    typos.chain(config::problems(&configuration).into_iter().map(bad)).collect()
}

fn cloud(app: &App, env: Option<&str>) -> Vec<Finding> {
    let (cloud, _) = match open_here(app) {
        Ok(found) => found,
        Err(error) => return vec![fail("codex_command", error)],
    };
    let program = cloud.program().display().to_string();
    let version = cloud.version().unwrap_or("of unknown version").to_owned();
    let mut findings = vec![
        ok("codex_command", &program, &format!("codex {version}")),
        ok("codex_dialect", cloud.dialect().unwrap_or_default(), "git-puff supports it"),
    ];
    let access = cloud.check(None);
    let reached = access.is_ok();
    findings.push(from_result(
        "cloud_access",
        access.map(|()| String::new()).map_err(Error::from),
        "signed in, and Codex Cloud answers",
    ));
    let named = env.map(str::to_owned).or_else(|| app.settings.text(settings::ENV));
    match named {
        None => findings.push(warn(
            "environment",
            "",
            "no cloud environment is named".to_owned(),
            "name one with --env, or keep it: git config puff.env ENV; 'git puff create' shows how to make one",
        )),
        Some(_) if !reached => {}
        Some(env) => {
            let checked = cloud.check(Some(&env)).map(|()| env.clone()).map_err(Error::from);
            findings.push(from_result("environment", checked, "the environment exists"));
        }
    }
    findings
}

fn records(app: &App) -> Vec<Finding> {
    const REPAIR: &str = "repair it with 'git puff doctor --repair'";
    let mut findings = Vec::new();
    let (runs, unreadable) = match RunStore::new(app).examine() {
        Ok(listed) => listed,
        Err(error) => return vec![fail("runs", error)],
    };
    findings.push(ok("runs", &runs.len().to_string(), "runs are recorded"));
    for run in unreadable {
        findings.push(fail("runs", run.error));
    }
    match Runbook::new(&app.layout).read() {
        Err(error) => findings.push(fail("runbook", error)),
        Ok(lines) => {
            for line in &lines {
                if let RunbookLine::Broken(number, why) = line {
                    let detail = format!("cannot read line {number} of the runbook log: {why}");
                    let path = app.layout.runbook().display().to_string();
                    findings.push(warn(
                        "runbook",
                        &number.to_string(),
                        detail,
                        &format!("it is ignored; fix or delete it in '{path}'"),
                    ));
                }
            }
        }
    }
    let missing = repair::missing_in_runbook(app, &runs).unwrap_or_default();
    if !missing.is_empty() {
        let detail = format!("{} of {} runs have no line in the runbook log", missing.len(), runs.len());
        findings.push(warn("runbook", &missing[0].to_string(), detail, REPAIR));
    }
    for recorded in &runs {
        let run = &recorded.run;
        if repair::is_interrupted(app, run) {
            let detail = format!("the submission of '{}' was interrupted: it may have a task", run.run);
            findings.push(warn(
                "submission",
                run.run.as_str(),
                detail,
                "'git puff doctor --repair' searches for its task",
            ));
        }
        for (_, branch) in repair::missing_branches(app, run) {
            let detail = format!("the branch '{branch}' is gone");
            let hint = format!(
                "'git puff doctor --repair' restores it; 'git puff harvest {}' accepts that it is gone",
                run.run
            );
            findings.push(warn("branches", &branch, detail, &hint));
        }
    }
    for orphan in orphans::orphan_branches(app).unwrap_or_default() {
        let detail = format!("the branch '{}' belongs to no run", orphan.branch);
        let delete = format!("see what it is with 'git show {0}'; 'git branch -D {0}' deletes it", orphan.branch);
        findings.push(warn("branches", &orphan.branch, detail, if orphan.is_kept { REPAIR } else { &delete }));
    }
    for folder in orphans::empty_folders(app) {
        let detail = format!("the folder '{}' is empty", folder.display());
        findings.push(warn("worktrees", &folder.display().to_string(), detail, REPAIR));
    }
    for leftover in leftovers(app, &runs) {
        let path = leftover.path.display().to_string();
        let remove = format!("inspect it, then 'git worktree remove --force {path}'");
        let hint = match leftover.finding {
            WorktreeFinding::Strange | WorktreeFinding::Kept => remove.as_str(),
            WorktreeFinding::Replaced => {
                "see what is there: git-puff does not touch it; remove it yourself, then 'git worktree prune'"
            }
            _ => REPAIR,
        };
        findings.push(warn("worktrees", &path, leftover.to_string(), hint));
    }
    for id in runs.iter().map(|recorded| &recorded.run).filter(|run| is_half_cancelled(app, run)).map(|run| &run.run) {
        findings.push(warn(
            "runs",
            id.as_str(),
            format!("'{id}' is cancelled, and its agents are still running"),
            REPAIR,
        ));
    }
    for operation in interrupted::interrupted_operations(app) {
        findings.push(warn("decisions", operation.run(), operation.to_string(), operation.next().unwrap_or(REPAIR)));
    }
    match repair::orphaned_locks(app, false) {
        Err(error) => findings.push(fail("locks", error)),
        Ok(locks) => {
            findings.extend(locks.iter().map(|lock| warn("locks", lock, "a stale lock".to_owned(), REPAIR)));
        }
    }
    let jobs = runs.iter().filter(|recorded| recorded.run.is_job()).count();
    let alive = FileLock::is_held(&app.layout.watcher_lock());
    match (jobs, alive) {
        (0, _) => {}
        (_, true) => findings.push(ok("watcher", &jobs.to_string(), "jobs are being watched")),
        (_, false) => findings.push(warn(
            "watcher",
            &jobs.to_string(),
            format!("{jobs} jobs have no watcher"),
            "'git puff watch --detach' watches them again",
        )),
    }
    let waiting = runs.iter().filter(|recorded| recorded.run.state == State::Queued && !recorded.run.is_job()).count();
    if waiting > 0 {
        let detail = format!("{waiting} queued runs have no watcher that submits them");
        findings.push(warn("queue", &waiting.to_string(), detail, "'git puff watch --detach --all' submits them"));
    }
    findings
}

fn from_result(name: &str, result: Result<String, Error>, good: &str) -> Finding {
    match result {
        Ok(value) => ok(name, &value, good),
        Err(error) => fail(name, error),
    }
}

fn ok(name: &str, value: &str, detail: &str) -> Finding {
    finding(name, FindingResult::Ok, value, detail.to_owned(), None)
}

fn warn(name: &str, value: &str, detail: String, hint: &str) -> Finding {
    finding(name, FindingResult::Warn, value, detail, Some(hint.to_owned()))
}

fn fail(name: &str, error: Error) -> Finding {
    let hint = error.next_step().map(str::to_owned);
    let mut detail = error.message().to_owned();
    if let Some(cause) = error.causes().first() {
        detail = format!("{detail}: {}", cause.lines().next().unwrap_or(""));
    }
    finding(name, FindingResult::Fail, "", detail, hint)
}

fn finding(name: &str, result: FindingResult, value: &str, detail: String, hint: Option<String>) -> Finding {
    let value = Some(value.to_owned()).filter(|value| !value.is_empty());
    Finding { name: name.to_owned(), result, value, detail, hint }
}
