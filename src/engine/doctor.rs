//! What could stand in the way, looked for before it does.

mod confinement;
mod launching;

use super::harvest::is_half_cancelled;
use super::leftovers::{WorktreeFinding, leftovers};
use super::{branches, config, default_provider, interrupted, is_at_service, orphans, preflight, repair, sync};
use crate::app::App;
use crate::git::WorktreeKind;
use crate::lock::FileLock;
use crate::model::documents::{ConfiguredKey, ConfiguredValue, SettingOrigin, UnknownKey};
use crate::model::{Finding, FindingResult, Run, State};
use crate::provider::BaseKind;
use crate::settings;
use crate::store::{RunStore, Runbook, RunbookLine};

/// Examines everything that a launch, a watch and a harvest need with the providers that are used here. Nothing is
/// changed, and nothing is paid.
pub fn examine(app: &App, env: Option<&str>) -> Vec<Finding> {
    let mut findings = here(app);
    let (runs, _) = RunStore::new(app).examine().unwrap_or_default();
    let runs: Vec<&Run> = runs.iter().map(|recorded| &recorded.run).collect();
    let needed = env.is_some() || uses_service(app, &runs);
    match default_provider(app) {
        Ok(kind) => {
            let examined = kind.examine(app, env).into_iter();
            findings.extend(examined.map(|finding| if needed { finding } else { softened(finding) }));
            if needed && kind.capabilities().base == BaseKind::RemoteBranch {
                findings.push(launching::remote_base(app));
            }
        }
        Err(error) => findings.push(Finding::fail("provider", error)),
    }
    findings.extend(launching::agents(app, &runs, needed));
    findings.extend(confinement::findings(app));
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
        Err(error) => return vec![Finding::fail("sync", error)],
    };
    let check_remote = |remote: &String| match sync::unshared(app, remote) {
        Ok(runs) if runs.is_empty() => Finding::ok("sync", remote, "it has every run, as far as is known here"),
        Ok(runs) => {
            let detail = format!("'{remote}' does not have {} of the runs as they are here", runs.len());
            Finding::warn(
                "sync",
                remote,
                detail,
                &format!("'git puff sync {remote}' exchanges them, and says what it cannot"),
            )
        }
        Err(error) => Finding::fail("sync", error),
    };
    remotes.iter().map(check_remote).collect()
}

/// Returns whether a service is used here: named in the settings, or by a run of this clone that still needs it. Where
/// the client is (`puff.codex`) says nothing: it is an agent on this machine too.
fn uses_service(app: &App, runs: &[&Run]) -> bool {
    let keys = [settings::PROVIDER, settings::ENV, settings::DIALECT];
    let named =
        keys.iter().any(|key| app.settings.get(*key).is_some_and(|setting| setting.origin != SettingOrigin::Default));
    let of_service = |run: &&Run| is_at_service(app, run) && !run.is_remote() && run.state.is_active();
    named || runs.iter().any(of_service)
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
    let mut findings =
        vec![Finding::ok("repository", &location.common_dir.display().to_string(), "git-puff can work here")];
    findings.push(Finding::of(
        "identity",
        app.identity().map(|who| format!("{} <{}>", who.name, who.email)),
        "commits get this author",
    ));
    findings.push(Finding::of("refs_writable", store.prove_writable().map(|()| String::new()), "runs can be recorded"));
    let prefix = branches::prefix(app).and_then(|prefix| branches::prove_free(app).map(|()| prefix));
    findings.push(Finding::of("branch_prefix", prefix, "branches of variants can be made"));
    findings.extend(launching::repository(app));
    findings.extend(launching::workspaces(app));
    match preflight::replaced(&app.repo) {
        Ok(None) => {}
        Ok(Some(detail)) => findings.push(Finding::warn("replaced_objects", "", detail, "'git replace -l' lists them")),
        Err(error) => findings.push(Finding::fail("replaced_objects", error)),
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
        Finding::warn("config", key, format!("unknown setting '{key}' ({origin}){meant}"), &format!("fix it: {mend}"))
    };
    let bad = |(key, value, why): (&ConfiguredKey, &ConfiguredValue, &str)| {
        let name = value.earlier_name.unwrap_or(&key.key);
        Finding::fail("config", settings::unusable(name, &value.value, &value.origin, why))
    };
    let overridden = app.settings.overridden().into_iter().map(|(key, entry)| {
        let earlier = key.earlier.unwrap_or(key.name);
        let detail = format!("{earlier} ({}) is ignored: {}, its name of today, is set too", entry.origin, key.name);
        Finding::warn("config", earlier, detail, &format!("remove it: {}", config::mend(entry, None)))
    });
    let typos = configuration.unknown.iter().map(typing_error).chain(overridden);
    typos.chain(config::problems(&configuration).into_iter().map(bad)).collect()
}

fn records(app: &App) -> Vec<Finding> {
    const REPAIR: &str = "repair it with 'git puff doctor --repair'";
    let mut findings = Vec::new();
    let (runs, unreadable) = match RunStore::new(app).examine() {
        Ok(listed) => listed,
        Err(error) => return vec![Finding::fail("runs", error)],
    };
    findings.push(Finding::ok("runs", &runs.len().to_string(), "runs are recorded"));
    for run in unreadable {
        findings.push(Finding::fail("runs", run.error));
    }
    match Runbook::new(&app.layout).read() {
        Err(error) => findings.push(Finding::fail("runbook", error)),
        Ok(lines) => {
            for line in &lines {
                if let RunbookLine::Broken(number, why) = line {
                    let detail = format!("cannot read line {number} of the runbook log: {why}");
                    let path = app.layout.runbook().display().to_string();
                    findings.push(Finding::warn(
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
        findings.push(Finding::warn("runbook", &missing[0].to_string(), detail, REPAIR));
    }
    for recorded in &runs {
        let run = &recorded.run;
        if repair::is_interrupted(app, run) {
            let detail = format!("the submission of '{}' was interrupted: it may have a task", run.run);
            findings.push(Finding::warn(
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
            findings.push(Finding::warn("branches", &branch, detail, &hint));
        }
    }
    for orphan in orphans::orphan_branches(app).unwrap_or_default() {
        let detail = format!("the branch '{}' belongs to no run", orphan.branch);
        let delete = format!("see what it is with 'git show {0}'; 'git branch -D {0}' deletes it", orphan.branch);
        findings.push(Finding::warn("branches", &orphan.branch, detail, if orphan.is_kept { REPAIR } else { &delete }));
    }
    for folder in orphans::empty_folders(app) {
        let detail = format!("the folder '{}' is empty", folder.display());
        findings.push(Finding::warn("worktrees", &folder.display().to_string(), detail, REPAIR));
    }
    for leftover in leftovers(app, &runs) {
        let path = leftover.path.display().to_string();
        let is_private = app.repo.worktree_at(&leftover.path).is_some_and(|known| known.kind == WorktreeKind::Private);
        let remove = match is_private {
            true => format!("inspect it, then remove the folder: rm -r '{path}'"),
            false => format!("inspect it, then 'git worktree remove --force {path}'"),
        };
        let hint = match leftover.finding {
            WorktreeFinding::Strange | WorktreeFinding::Kept => remove.as_str(),
            WorktreeFinding::Replaced => {
                "see what is there: git-puff does not touch it; remove it yourself, then 'git worktree prune'"
            }
            _ => REPAIR,
        };
        findings.push(Finding::warn("worktrees", &path, leftover.to_string(), hint));
    }
    for id in runs.iter().map(|recorded| &recorded.run).filter(|run| is_half_cancelled(app, run)).map(|run| &run.run) {
        findings.push(Finding::warn(
            "runs",
            id.as_str(),
            format!("'{id}' is cancelled, and its agents are still running"),
            REPAIR,
        ));
    }
    for operation in interrupted::interrupted_operations(app) {
        findings.push(Finding::warn(
            "decisions",
            operation.run(),
            operation.to_string(),
            operation.next().unwrap_or(REPAIR),
        ));
    }
    match repair::orphaned_locks(app, false) {
        Err(error) => findings.push(Finding::fail("locks", error)),
        Ok(locks) => {
            findings.extend(locks.iter().map(|lock| Finding::warn("locks", lock, "a stale lock".to_owned(), REPAIR)));
        }
    }
    let jobs = runs.iter().filter(|recorded| recorded.run.is_job()).count();
    let alive = FileLock::is_held(&app.layout.watcher_lock());
    match (jobs, alive) {
        (0, _) => {}
        (_, true) => findings.push(Finding::ok("watcher", &jobs.to_string(), "jobs are being watched")),
        (_, false) => findings.push(Finding::warn(
            "watcher",
            &jobs.to_string(),
            format!("{jobs} jobs have no watcher"),
            "'git puff watch --detach' watches them again",
        )),
    }
    let waiting = runs.iter().filter(|recorded| recorded.run.state == State::Queued && !recorded.run.is_job()).count();
    if waiting > 0 {
        let detail = format!("{waiting} queued runs have no watcher that submits them");
        findings.push(Finding::warn(
            "queue",
            &waiting.to_string(),
            detail,
            "'git puff watch --detach --all' submits them",
        ));
    }
    findings
}
