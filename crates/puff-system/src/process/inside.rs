//! Programs that run in a folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

/// The pause after which a process whose folder could not be read is looked at again: it may have been about to end.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells whether a git that was started before `moment` runs in one of these folders or below them. One whose folder cannot
/// be read (another user's) counts, one that only waits for a git-puff (`git puff …`) does not.
pub fn git_runs_in(folders: &[PathBuf], moment: SystemTime) -> bool {
    let folders: Vec<PathBuf> = folders.iter().map(|folder| folder.canonicalize().unwrap_or(folder.clone())).collect();
    match gits(&folders, moment) {
        (true, _) => true,
        (false, unread) if unread.is_empty() => false,
        (false, unread) => {
            std::thread::sleep(PAUSE);
            let (inside, still) = gits(&folders, moment);
            inside || still.iter().any(|pid| unread.contains(pid))
        }
    }
}

/// Tells whether a process works in this folder or below it, as far as the system lets us see that.
pub fn runs_in(folder: &Path) -> bool {
    let folder = folder.canonicalize().unwrap_or(folder.to_owned());
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing().without_tasks().with_cwd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let is_inside = |found: &Process| found.cwd().is_some_and(|cwd| cwd.starts_with(&folder));
    system.processes().values().any(is_inside)
}

/// Returns whether a git from before `moment` runs in these folders, and which processes cannot be told about.
fn gits(folders: &[PathBuf], moment: SystemTime) -> (bool, HashSet<Pid>) {
    // Starts are told in whole seconds, counted from a boot whose time is rounded too.
    let newest = moment.duration_since(UNIX_EPOCH).map_or(u64::MAX, |since| since.as_secs() + 2);
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing().without_tasks().with_cwd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let named = |found: &Process| found.name().to_string_lossy().into_owned();
    let all = || system.processes().values().filter(|found| found.status() != ProcessStatus::Zombie);
    let waiting: HashSet<_> = all().filter(|found| named(found) == "git-puff").filter_map(Process::parent).collect();
    let is_git = |found: &&Process| {
        let name = named(found);
        let is_named = (name == "git" || name.starts_with("git-")) && name != "git-puff";
        is_named && found.start_time() <= newest && !waiting.contains(&found.pid())
    };
    let (read, unread): (Vec<_>, Vec<_>) = all().filter(is_git).partition(|found| found.cwd().is_some());
    let inside = |cwd: &Path| folders.iter().any(|folder| cwd.starts_with(folder));
    (read.iter().any(|found| found.cwd().is_some_and(inside)), unread.iter().map(|found| found.pid()).collect())
}
