//! Making again what is missing, from the run refs; and finding the task of a run whose submission was interrupted.

use std::collections::{HashMap, HashSet};

use super::harvest::{HarvestOptions, end_work, harvest_kept, is_half_cancelled};
use super::leftovers::{Leftover, leftovers, repair_leftover};
use super::{Listener, active_files, handoff, interrupted, is_at_service, orphans, submit};
use crate::app::App;
use crate::error::Result;
use crate::git::is_valid_ref_name;
use crate::lock::FileLock;
use crate::model::{Kickoff, Run, RunId, State, StepKind};
use crate::provider::{RetryPolicy, Task, TaskSummary};
use crate::store::{Change, NOTES, RECOVERY_POINTS, RUNS, Recorded, RunStore, Runbook, RunbookLine};

/// How far the clocks of this machine and of the service may differ.
const SKEW: i64 = 120;

/// Something that was made again, or could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// A lock file that no process held was removed.
    Lock(String),
    /// The runbook log got the line of a run.
    RunbookLine(RunId),
    /// The report and notes of a run were written.
    Views(RunId),
    /// A branch of a run that is not there was deleted; a recovery point keeps it.
    Orphan(String),
    /// An empty folder was removed, in which worktrees of a run were.
    Folder(String),
    /// A branch was made again.
    Branch(RunId, String),
    /// An interrupted submission has its task.
    Bound(RunId, String),
    /// An interrupted submission: several tasks fit.
    Ambiguous(RunId, Vec<TaskSummary>),
    /// An interrupted submission: no task fits, so most likely nothing was started.
    Unmatched(RunId),
    /// A worktree of an agent was repaired.
    Worktree(Leftover),
    /// A pick or a prune that was interrupted was ended; what it was.
    Ended(String),
    /// Something could not be repaired.
    Failed(String),
}

/// Returns the refs of ours, as folders below the git directory.
fn our_refs(app: &App) -> Vec<String> {
    let prefix = super::branches::prefix(app).unwrap_or_default();
    let mut folders = vec![RUNS.to_owned(), NOTES.to_owned(), RECOVERY_POINTS.to_owned()];
    // Without a folder of its own, branches of ours lie among the user's: those locks are not ours to judge.
    if let Some((folder, _)) = prefix.rsplit_once('/') {
        folders.push(format!("refs/heads/{folder}/"));
    }
    folders
}

/// Finds stale lock files beside our refs: ours that no process holds, and those that a killed git left.
///
/// # Errors
/// When the git directory cannot be written.
pub fn orphaned_locks(app: &App, remove: bool) -> Result<Vec<String>> {
    let _lock = RunStore::new(app).lock()?;
    let folders = our_refs(app);
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let mut orphans = app.repo.orphaned_locks(&folders);
    orphans.extend(app.repo.abandoned_git_locks());
    orphans.sort();
    orphans.dedup();
    if remove {
        orphans.iter().for_each(|path| drop(std::fs::remove_file(path)));
    }
    Ok(orphans.iter().map(|path| path.display().to_string()).collect())
}

/// Runs whose kickoff is not in the runbook log.
///
/// # Errors
/// When the log or the runs cannot be read.
pub fn missing_in_runbook(app: &App, runs: &[Recorded]) -> Result<Vec<RunId>> {
    let lines = Runbook::new(&app.layout).read()?;
    let kickoffs: Vec<Kickoff> = lines
        .into_iter()
        .filter_map(|line| match line {
            RunbookLine::Kickoff(kickoff) => Some(*kickoff),
            RunbookLine::Broken(..) => None,
        })
        .collect();
    let mut logged: HashMap<&RunId, Vec<&Kickoff>> = HashMap::new();
    for kickoff in &kickoffs {
        kickoff.run.iter().for_each(|run| logged.entry(run).or_default().push(kickoff));
    }
    let is_logged = |run: &Run| logged.get(&run.run).is_some_and(|lines| lines.iter().any(|line| line.is_of(run)));
    // What began in another clone is in the log there.
    let kicked_off = |run: &Run| !run.is_imported() && !run.is_remote() && run.task_id.is_some();
    let missing = runs.iter().map(|recorded| &recorded.run).filter(|run| kicked_off(run) && !is_logged(run));
    Ok(missing.map(|run| run.run.clone()).collect())
}

/// Returns whether a harvest has come far enough that there is a report.
fn is_reported(run: &Run) -> bool {
    run.variants.iter().any(|variant| variant.apply.is_some())
}

/// Branches that a harvest made, that are not known to be deleted, and are missing.
pub fn missing_branches(app: &App, run: &Run) -> Vec<(u32, String)> {
    let recorded = run.variants.iter().filter_map(|variant| Some((variant.index, variant.branch.clone()?)));
    recorded
        .filter(|(_, branch)| {
            let full = format!("refs/heads/{branch}");
            is_valid_ref_name(&full) && app.repo.ref_target(&full).is_none()
        })
        .collect()
}

/// Makes again whatever is missing, and says what.
///
/// # Errors
/// When the runs cannot be read. What fails for one run alone is answered.
pub fn repair(app: &App, notify: Listener<'_>) -> Result<Vec<Repair>> {
    let store = RunStore::new(app);
    let mut done: Vec<Repair> = orphaned_locks(app, true)?.into_iter().map(Repair::Lock).collect();
    sweep_leftovers(app);
    active_files::sweep(app);
    for operation in interrupted::interrupted_operations(app) {
        match interrupted::finish(app, &operation) {
            Ok(true) => done.push(Repair::Ended(operation.to_string())),
            Ok(false) => {}
            // Another process has taken it up since.
            Err(_) if is_decided_now(app, operation.id()) => {}
            Err(error) => done.push(Repair::Failed(error.to_string())),
        }
    }
    done.extend(remove_orphans(app));
    done.extend(bind_submissions(app, notify)?);
    let (runs, _) = store.list()?;
    for id in missing_in_runbook(app, &runs)? {
        let Some(recorded) = runs.iter().find(|recorded| recorded.run.run == id) else { continue };
        let _lock = store.lock()?;
        // The launch may have written it by now, or a prune may have removed the run.
        if store.still_exists(recorded) && Runbook::new(&app.layout).append_missing(&(&recorded.run).into())? {
            done.push(Repair::RunbookLine(id));
        }
    }
    for recorded in runs.iter().filter(|recorded| is_half_cancelled(app, &recorded.run)) {
        let id = &recorded.run.run;
        let Ok(_lock) = submit::lock(app, id) else { continue };
        match end_work(app, recorded, notify) {
            Ok(_) => done.push(Repair::Ended(format!(
                "the cancel of '{id}' was interrupted, and its agents were still running"
            ))),
            Err(error) => done.push(Repair::Failed(error.to_string())),
        }
    }
    for leftover in leftovers(app, &runs) {
        match repair_leftover(app, &leftover, &runs, notify) {
            Ok(true) => done.push(Repair::Worktree(leftover)),
            Ok(false) => {}
            Err(error) => done.push(Repair::Failed(error.in_a_line())),
        }
    }
    for recorded in runs.iter().filter(|recorded| is_reported(&recorded.run)) {
        match repair_views(app, &store, recorded, notify) {
            Ok(repairs) => done.extend(repairs),
            // It was pruned since the runs were listed, or is being so.
            Err(_) if !store.exists(&recorded.run.run) || is_decided_now(app, &recorded.run.run) => {}
            Err(error) => done.push(Repair::Failed(format!("{}: {error}", recorded.run.run))),
        }
    }
    Ok(done)
}

/// Returns whether a run is being picked, pruned or restored at this moment. Then nothing of it is broken: it is
/// changing.
fn is_decided_now(app: &App, run: &RunId) -> bool {
    FileLock::is_held(&app.layout.decide_lock(run))
}

/// Removes what belongs to no run and is kept elsewhere, or is nothing.
fn remove_orphans(app: &App) -> Vec<Repair> {
    let mut done = Vec::new();
    for orphan in orphans::orphan_branches(app).unwrap_or_default().iter().filter(|orphan| orphan.is_kept) {
        match orphans::remove_branch(app, orphan) {
            Ok(true) => done.push(Repair::Orphan(orphan.branch.clone())),
            Ok(false) => {}
            Err(_) if is_decided_now(app, &orphan.run) => {}
            Err(error) => done.push(Repair::Failed(error.to_string())),
        }
    }
    let folders = orphans::empty_folders(app).into_iter();
    // One in which something is by now cannot be removed so.
    let removed = folders.filter(|folder| std::fs::remove_dir(folder).is_ok());
    done.extend(removed.map(|folder| Repair::Folder(folder.display().to_string())));
    done
}

fn repair_views(app: &App, store: &RunStore<'_>, known: &Recorded, notify: Listener<'_>) -> Result<Vec<Repair>> {
    let id = &known.run.run;
    let mut done = Vec::new();
    let missing = missing_branches(app, &known.run);
    if !missing.is_empty() {
        let options = HarvestOptions {
            variants: missing.iter().map(|(index, _)| *index).collect(),
            recreate: true,
            include_failed: false,
        };
        harvest_kept(app, known, &options, notify)?;
        done.extend(missing.into_iter().map(|(_, branch)| Repair::Branch(id.clone(), branch)));
    }
    let recorded = store.refresh(known)?;
    let (prompt, review) = (store.prompt(&recorded)?, store.review(&recorded)?);
    let views = |run: &Run| handoff::files(run, &prompt, review.as_ref());
    let outcome = store.update_known(&recorded, app.clock.now(), |_| {
        Ok(Some(Change { views: Some(&views), ..Change::new(StepKind::Report, "the report was made again") }))
    })?;
    let noted = handoff::write_notes(app, &outcome.recorded, "doctor --repair")?;
    if outcome.changed || noted {
        done.push(Repair::Views(id.clone()));
    }
    Ok(done)
}

/// Removes temporary files of calls that were killed.
fn sweep_leftovers(app: &App) {
    let old = |path: &std::path::Path| {
        let age = path.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        age.is_some_and(|age| age.as_secs() > 3600)
    };
    for entry in std::fs::read_dir(app.layout.cwd()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("prompt-") && old(&entry.path()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Gives interrupted submissions their tasks, where exactly one fits.
///
/// # Errors
/// When the runs cannot be read.
fn bind_submissions(app: &App, notify: Listener<'_>) -> Result<Vec<Repair>> {
    let store = RunStore::new(app);
    let (runs, _) = store.list()?;
    let interrupted: Vec<&Recorded> = runs.iter().filter(|recorded| is_interrupted(app, &recorded.run)).collect();
    let owned: HashSet<&str> = runs.iter().filter_map(|recorded| recorded.run.task_id.as_deref()).collect();
    let mut fitting: Vec<(&Recorded, FileLock, Fitting)> = Vec::new();
    let mut done = Vec::new();
    for recorded in interrupted {
        // No other process may submit or bind it while we decide.
        let Ok(lock) = submit::lock(app, &recorded.run.run) else { continue };
        match candidates(app, &store, recorded, &owned) {
            Ok(found) => fitting.push((recorded, lock, found)),
            Err(error) => done.push(Repair::Failed(format!("{}: {error}", recorded.run.run))),
        }
    }
    // A task that is titled as one run's prompt is not another's, which may have none: that one was killed too early.
    let titled = fitting.iter().filter(|(.., found)| found.by_title).flat_map(|(.., found)| &found.tasks);
    let titled: HashSet<String> = titled.map(|task| task.id.to_string()).collect();
    for (.., found) in fitting.iter_mut().filter(|(.., found)| !found.by_title) {
        found.tasks.retain(|task| !titled.contains(task.id.as_str()));
    }
    let claims = |task: &TaskSummary| {
        fitting.iter().filter(|(.., found)| found.tasks.iter().any(|other| other.id == task.id)).count()
    };
    let mut decided = Vec::new();
    for (recorded, _, found) in &fitting {
        let id = recorded.run.run.clone();
        decided.push(match found.tasks.as_slice() {
            [] => Repair::Unmatched(id),
            [one] if claims(one) == 1 => {
                let task = Task { id: one.id.clone(), url: one.url.clone() };
                submit::record_task(app, &store, &id, &task, notify)?;
                Repair::Bound(id, task.id.to_string())
            }
            several => Repair::Ambiguous(id, several.to_vec()),
        });
    }
    done.extend(decided);
    Ok(done)
}

/// Returns whether a run that was being submitted, by no process that still lives, so that it may have a task that was
/// paid for.
pub fn is_interrupted(app: &App, run: &Run) -> bool {
    is_at_service(app, run)
        && !run.is_remote()
        && run.state == State::Submitting
        && run.task_id.is_none()
        && !submit::is_being_submitted(app, &run.run)
}

/// The tasks that an interrupted submission may have become.
struct Fitting {
    tasks: Vec<TaskSummary>,
    /// They have its prompt for a title.
    by_title: bool,
}

/// Returns the tasks that an interrupted submission may have become: of its environment, with as many attempts, no
/// older than it, and no other run's. When some have the prompt for a title, only those.
fn candidates(app: &App, store: &RunStore<'_>, recorded: &Recorded, owned: &HashSet<&str>) -> Result<Fitting> {
    let run = &recorded.run;
    let provider = super::open_provider(app, run, RetryPolicy::Some)?;
    let since = run.created_at - chrono::TimeDelta::seconds(SKEW);
    let mut tasks = provider.recent(run.env.as_deref(), since)?;
    tasks.retain(|task| {
        let free = !owned.contains(task.id.as_str());
        free && task.attempts.is_none_or(|attempts| attempts == run.best_of)
    });
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let prompt = words(&store.prompt(recorded)?);
    let titled = |task: &TaskSummary| words(&task.title) == prompt;
    let by_title = tasks.iter().any(titled);
    if by_title {
        tasks.retain(titled);
    }
    Ok(Fitting { tasks, by_title })
}
