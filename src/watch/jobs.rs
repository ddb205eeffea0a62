//! Jobs: which runs are watched, and by whom.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::engine::repair;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::lock::FileLock;
use crate::model::{Job, JobState, Run, RunId, Time};
use crate::process::{self, Cmd};

/// How long a new watcher may take to begin.
const START: Duration = Duration::from_secs(10);

/// What the watcher tells about itself, for people. Nothing is decided by it but what `jobs` shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Its process id.
    pub pid: u32,
    /// Its git-puff.
    pub version: String,
    /// When it began.
    pub started_at: Time,
    /// When it last looked, by run.
    pub last_poll_at: HashMap<RunId, Time>,
    /// When it will look next.
    pub next_poll_at: Option<Time>,
}

/// Returns whether a watcher is running.
pub fn is_watcher_alive(app: &App) -> bool {
    FileLock::is_held(&app.layout.watcher_lock())
}

/// Returns what the living watcher tells about itself.
pub fn status(app: &App) -> Option<Status> {
    if !is_watcher_alive(app) {
        return None;
    }
    let bytes = crate::files::read(app.layout.watcher_status()).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Returns the jobs among these runs.
pub fn jobs(app: &App, runs: &[Run]) -> Vec<Job> {
    let status = status(app);
    let alive = is_watcher_alive(app);
    let job = |run: &Run| Job {
        run: run.run.clone(),
        task_id: run.task_id.clone(),
        watcher: status.as_ref().map(|status| status.pid),
        state: if alive { JobState::Watching } else { JobState::Orphaned },
        interval_s: run.watch.as_ref().map_or(0, |watch| watch.interval_s),
        last_poll_at: status.as_ref().and_then(|status| status.last_poll_at.get(&run.run).copied()),
        next_poll_at: status.as_ref().and_then(|status| status.next_poll_at),
        log_path: app.layout.log(&run.run).display().to_string(),
    };
    runs.iter().filter(|run| run.is_job()).map(job).collect()
}

/// Returns whether a job that goes on without anybody doing anything: only such jobs keep a watcher alive.
pub fn is_live(app: &App, run: &Run) -> bool {
    run.is_job() && !repair::is_interrupted(app, run)
}

/// Makes sure that a watcher lives and has heard of the jobs. Answers its process id, for people.
///
/// # Errors
/// When none can be started; what it said is underneath.
pub fn ensure_watcher(app: &App) -> Result<Option<u32>> {
    app.layout.prepare()?;
    ring(app);
    if is_watcher_alive(app) {
        hand_over(app)?;
        return Ok(status(app).map(|status| status.pid));
    }
    let program =
        app.environment.program.clone().ok_or_else(|| cannot_start("this program does not know its own path"))?;
    let log = app.layout.watcher_log();
    let pid = process::start_detached(&watcher_call(app, program), &log)
        .map_err(|cause| cannot_start("cannot run it").because(cause))?;
    let started = Instant::now();
    while started.elapsed() < START {
        // Either ours or one that was faster; or ours has done all there was already.
        if is_watcher_alive(app) || has_started(app, pid) {
            return Ok(Some(pid));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let said = crate::files::read_to_string(&log).unwrap_or_default();
    let last = said.lines().rev().take(3).collect::<Vec<_>>().join("; ");
    Err(cannot_start(&format!("it did not start within {} seconds", START.as_secs())).because_it_said(&last))
}

fn has_started(app: &App, pid: u32) -> bool {
    let bytes = crate::files::read(app.layout.watcher_status()).unwrap_or_default();
    serde_json::from_slice::<Status>(&bytes).is_ok_and(|status| status.pid == pid)
}

fn cannot_start(why: &str) -> Error {
    Error::failed(format!("cannot start the watcher: {why}"))
        .hint("the runs are recorded and continue; watch them here with 'git puff watch --all'")
}

/// Returns the call that starts the watcher: it names where everything is, and stays in no worktree.
fn watcher_call(app: &App, program: PathBuf) -> Cmd {
    let location = app.repo.location();
    // Its caller, a hook for one, has an index of its own that will be gone.
    let cmd = ["GIT_PREFIX", "GIT_INDEX_FILE", "GIT_IMPLICIT_WORK_TREE"]
        .iter()
        .fold(Cmd::new(program), |cmd, name| cmd.env_remove(name));
    let cmd = cmd.arg("watcher").cwd(&location.common_dir);
    match app.layout.top() {
        Some(top) => cmd.env("GIT_DIR", &location.common_dir).env("GIT_WORK_TREE", top),
        None => cmd.env("GIT_DIR", &location.common_dir).env_remove("GIT_WORK_TREE"),
    }
}

/// Wakes the watcher, so that it looks what there is to do.
pub fn ring(app: &App) {
    let bell = || crate::files::ours().create(true).write(true).truncate(true).open(app.layout.bell());
    let ring = || bell().and_then(|mut bell| bell.write_all(b"!"));
    let _ = ring();
}

/// Asks a watcher of an older git-puff to make room for this one.
fn hand_over(app: &App) -> Result<()> {
    let Some(status) = status(app) else { return Ok(()) };
    let ours = env!("CARGO_PKG_VERSION");
    if !is_older(&status.version, ours) {
        return Ok(());
    }
    let Some(program) = &app.environment.program else { return Ok(()) };
    app.layout.replace(&app.layout.handover(), program.to_string_lossy().as_bytes())?;
    ring(app);
    Ok(())
}

/// Returns whether version `a` is older than `b`. Both are `major.minor.patch`.
fn is_older(a: &str, b: &str) -> bool {
    let numbers = |version: &str| version.split(['.', '-', '+']).map(|n| n.parse().unwrap_or(0)).collect::<Vec<u64>>();
    numbers(a) < numbers(b)
}

/// Starts the program that a handover names, in place of the calling watcher, which has given up its lock.
pub(super) fn succeed(app: &App, program: PathBuf) -> Result<()> {
    let started = process::start_detached(&watcher_call(app, program), &app.layout.watcher_log());
    started.map(drop).map_err(|cause| cannot_start("cannot run the newer git-puff").because(cause))
}

/// Starts a watcher for a repository that was renamed or moved, whose git directory is here now, in place of the
/// calling one.
pub(super) fn follow_to(app: &App, common_dir: &Path) -> Result<()> {
    let cannot = |why: &str| cannot_start(&format!("the repository is '{}' now, and {why}", common_dir.display()));
    let program = app.environment.program.clone().ok_or_else(|| cannot("this program does not know its own path"))?;
    let was = &app.repo.location().common_dir;
    let call = watcher_call(app, program).cwd(common_dir).env("GIT_DIR", common_dir);
    // A worktree elsewhere stays where it is.
    let beside = app.layout.top().is_some() && app.layout.top() == was.parent();
    let call = match common_dir.parent().filter(|_| beside) {
        Some(top) => call.env("GIT_WORK_TREE", top),
        None => call,
    };
    let log = Layout::new(common_dir, None).watcher_log();
    process::start_detached(&call, &log).map(drop).map_err(|cause| cannot("cannot run it there").because(cause))
}

#[cfg(test)]
mod tests {
    use super::is_older;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_older("0.1.0", "0.1.1") && is_older("0.9.0", "0.10.0"));
        assert!(!is_older("0.1.0", "0.1.0") && !is_older("1.0.0", "0.9.9"));
    }
}
