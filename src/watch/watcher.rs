//! The watcher: one process per repository, until no job is left.

use std::collections::HashMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::ending;
use super::jobs::{self, Status};
use super::journals::Journals;
use super::poll_loop::{self, Watched};
use super::poller::{Poller, Recorder};
use crate::app::App;
use crate::engine::repair;
use crate::error::{Result, ResultExt};
use crate::lock::FileLock;
use crate::model::{Attention, Run, RunId, StepKind};
use crate::process::Wake;
use crate::store::{Change, Recorded, RunStore};

/// The polling interval of the bell: a poll costs one system call.
const TICK: Duration = Duration::from_millis(250);
/// The longest time between two polls of the runs: time limits pass without a ring.
const LONGEST: Duration = Duration::from_secs(5);
/// The pause after something has to be done again.
const AGAIN: Duration = Duration::from_secs(15);

/// Watches until no job is left, someone ends this process, or a newer git-puff takes over. Without the lock (there is
/// a watcher already) it does nothing.
///
/// # Errors
/// When the repository cannot be read or written any more; the jobs are then orphaned, not lost.
pub fn run(mut app: App) -> Result<()> {
    app.layout.prepare()?;
    let path = app.layout.watcher_lock();
    let home = identity(&app.repo.location().common_dir).filter(|home| Some(*home) == identity(Path::new(".")));
    loop {
        let lock = FileLock::attempt(&path).or_fail(|| format!("cannot acquire lock '{}'", path.display()))?;
        let Some(lock) = lock else { return Ok(()) };
        let end = poll_loop::run(&mut Watcher::new(&mut app, home));
        drop(lock);
        // Whatever failed, failed because of that.
        let end = match moved(&app, &home) {
            Some(folder) => End::Moved(folder),
            None => end?,
        };
        match end {
            End::Moved(folder) => return jobs::follow_to(&app, &folder),
            End::Interrupted => return Ok(()),
            End::HandOver(program) => return jobs::succeed(&app, program),
            // A launcher that wrote its job while we were leaving saw us alive: look once more, now without the lock.
            End::Idle if live_jobs(&app)?.is_empty() => return Ok(()),
            End::Idle => {}
        }
    }
}

/// Why a watcher leaves.
enum End {
    Idle,
    Interrupted,
    HandOver(PathBuf),
    /// The git directory is here now.
    Moved(PathBuf),
}

/// Returns what tells a folder from others: its file system and its number there.
#[cfg(unix)]
fn identity(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    folder.metadata().ok().map(|meta| (meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Returns where the git directory is now, when it is not where it was any more: this process stays in it, whatever its
/// name is. `home` is the folder that this process began in, where that is the git directory.
fn moved(app: &App, home: &Option<(u64, u64)>) -> Option<PathBuf> {
    let home = home.as_ref()?;
    if identity(&app.repo.location().common_dir).as_ref() == Some(home) {
        return None;
    }
    // None when it was deleted.
    std::env::current_dir().ok().filter(|here| identity(here).as_ref() == Some(home))
}

fn live_jobs(app: &App) -> Result<Vec<Run>> {
    let (runs, _) = RunStore::new(app).list()?;
    Ok(runs.into_iter().map(|recorded| recorded.run).filter(|run| jobs::is_live(app, run)).collect())
}

struct Watcher<'a> {
    app: &'a mut App,
    journals: Journals,
    /// The jobs, as they were listed last.
    jobs: HashMap<RunId, Recorded>,
    status: Status,
    bell: Option<SystemTime>,
    /// Until when something that failed rests, and how often it has.
    rests: HashMap<RunId, (Instant, u32)>,
    /// The git directory's identity, where this process is in it.
    home: Option<(u64, u64)>,
}

impl Watched for Watcher<'_> {
    type End = End;

    fn look(&mut self) -> Result<ControlFlow<End, Vec<Run>>> {
        self.bell = rung(&self.app.layout.bell());
        // A watcher lives for days: what the user sets meanwhile counts. A broken file is for `doctor` to tell.
        let _ = self.app.read_settings();
        let app = &*self.app;
        if let Some(folder) = moved(app, &self.home) {
            return Ok(ControlFlow::Break(End::Moved(folder)));
        }
        if let Some(program) = handover(app) {
            return Ok(ControlFlow::Break(End::HandOver(program)));
        }
        // What cannot be read or written now may be later; the watcher continues.
        for (run, what) in self.journals.restore(app).unwrap_or_default() {
            log(app, &run, &what);
        }
        let (runs, _) = RunStore::new(app).list()?;
        self.journals.see(&runs);
        let is_job = |recorded: &&Recorded| recorded.run.is_job();
        self.jobs = runs.iter().filter(is_job).map(|job| (job.run.run.clone(), job.clone())).collect();
        let jobs: Vec<Run> = runs.into_iter().map(|recorded| recorded.run).filter(Run::is_job).collect();
        mark_interrupted(app, &jobs)?;
        let jobs: Vec<Run> = jobs.into_iter().filter(|run| jobs::is_live(app, run)).collect();
        Ok(if jobs.is_empty() { ControlFlow::Break(End::Idle) } else { ControlFlow::Continue(jobs) })
    }

    fn poll(&mut self, poller: &mut Poller, jobs: &[&Run]) -> Result<()> {
        let app = &*self.app;
        let say = |id: &RunId, text: &str| log(app, id, text);
        let now = Instant::now();
        poller.submit(app, jobs, AGAIN, &say)?;
        if poller.poll(app, jobs, &mut Recorder { app, known: &self.jobs, say: &say }) {
            let at = app.clock.now();
            for run in jobs.iter().filter(|run| Poller::concerns(run)) {
                self.status.last_poll_at.insert(run.run.clone(), at);
            }
            self.status.last_poll_at.retain(|id, _| jobs.iter().any(|run| run.run == *id));
            let next = poller.next().map(|next| next.saturating_duration_since(Instant::now()));
            self.status.next_poll_at = next.and_then(|next| Some(at + chrono::TimeDelta::from_std(next).ok()?));
            self.write_status();
        }
        jobs.iter().for_each(|job| self.finish(&job.run, now));
        Ok(())
    }

    /// Waits until something is due, or the bell rings.
    fn wait(&self, due: Option<Instant>) -> Wake {
        let app = &*self.app;
        let latest = Instant::now() + LONGEST;
        let until = due.map_or(latest, |due| due.min(latest));
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let is_moved = self.home.is_some() && identity(&app.repo.location().common_dir) != self.home;
            if left.is_zero() || is_moved || rung(&app.layout.bell()) != self.bell {
                return app.cancellation.pause(Duration::ZERO);
            }
            if app.cancellation.pause(left.min(TICK)) == Wake::Interrupted {
                return Wake::Interrupted;
            }
        }
    }

    fn interrupted(&self) -> Result<End> {
        Ok(End::Interrupted)
    }
}

impl<'a> Watcher<'a> {
    fn new(app: &'a mut App, home: Option<(u64, u64)>) -> Watcher<'a> {
        let status = Status {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: app.clock.now(),
            last_poll_at: HashMap::new(),
            next_poll_at: None,
        };
        let watcher = Watcher {
            app,
            journals: Journals::default(),
            jobs: HashMap::new(),
            status,
            bell: None,
            rests: HashMap::new(),
            home,
        };
        watcher.write_status();
        watcher
    }

    /// Ends watching a run that has finished. What fails is done again, ever later.
    fn finish(&mut self, id: &RunId, now: Instant) {
        let app = &*self.app;
        if self.rests.get(id).is_some_and(|(until, _)| *until > now) {
            return;
        }
        let say = |id: &RunId, text: &str| log(app, id, text);
        // A run that is gone is no job any more.
        let refreshed = self.jobs.get(id).and_then(|known| RunStore::new(app).refresh(known).ok());
        let job = refreshed.filter(|recorded| recorded.run.is_job());
        match job.map(|job| ending::finish(app, &job, &say)) {
            Some(Err(error)) => {
                say(id, &format!("{error}; trying again later"));
                error.causes().iter().for_each(|cause| say(id, cause));
                let failures = self.rests.get(id).map_or(0, |(_, failures)| *failures) + 1;
                self.rests.insert(id.clone(), (now + AGAIN * 2u32.pow(failures.min(6)), failures));
            }
            _ => drop(self.rests.remove(id)),
        }
    }

    fn write_status(&self) {
        // For people alone: when it cannot be written, the watcher continues.
        if let Ok(bytes) = serde_json::to_vec(&self.status) {
            let layout = &self.app.layout;
            let _ = layout.replace(&layout.watcher_status(), &bytes);
        }
    }
}

/// Marks runs whose submission was interrupted: a user has to act.
fn mark_interrupted(app: &App, jobs: &[Run]) -> Result<()> {
    let store = RunStore::new(app);
    let interrupted = |run: &Run| run.attention.is_none() && repair::is_interrupted(app, run);
    for Run { run: id, .. } in jobs.iter().filter(|run| interrupted(run)) {
        let outcome = store.update(id, app.clock.now(), |run| {
            if !interrupted(run) {
                return Ok(None);
            }
            run.attention = Some(Attention::NeedsTask);
            run.reason = Some("the submission was interrupted: it may have a task".to_owned());
            Ok(Some(Change::new(StepKind::Submit, "the submission was interrupted")))
        })?;
        if outcome.changed {
            let say = |id: &RunId, text: &str| log(app, id, text);
            say(id, "the submission was interrupted: 'git puff doctor --repair' searches for its task");
            ending::notify(app, &outcome.recorded.run, &say);
        }
    }
    Ok(())
}

/// Returns the program that this watcher is asked to hand over to.
fn handover(app: &App) -> Option<PathBuf> {
    let path = app.layout.handover();
    let program = crate::files::read_to_string(&path).ok()?;
    let _ = std::fs::remove_file(path);
    Some(PathBuf::from(program)).filter(|program| program.is_file())
}

/// Appends a line to a run's log. A log that cannot be written stops nothing.
pub fn log(app: &App, id: &RunId, text: &str) {
    let at = app.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let text = crate::render::text::clean_line(text);
    let path = app.layout.log(id);
    let open = crate::files::ours().create(true).append(true).open(path);
    let _ = open.and_then(|mut file| file.write_all(format!("{at} {text}\n").as_bytes()));
}

fn rung(bell: &Path) -> Option<SystemTime> {
    bell.metadata().and_then(|meta| meta.modified()).ok()
}
