//! Processes that carry a mark in their environment: what a program started is found by it, whatever became of its
//! parents, its group or its session.

use std::path::Path;
use std::time::Duration;

use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// How often is looked for what is left after a kill, and the pause between two looks.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);

/// A variable with a folder in it. A process id may be another program's by now, and a command line changes; what a
/// process inherits stays.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'m> {
    /// The variable.
    pub name: &'static str,
    /// The folder that it holds.
    pub folder: &'m Path,
}

impl<'m> Mark<'m> {
    /// Returns the mark of the processes of the session with this folder.
    pub fn of_session(folder: &'m Path) -> Mark<'m> {
        Mark { name: Mark::SESSION, folder }
    }

    /// What the processes of a session carry.
    pub const SESSION: &'static str = "GIT_PUFF_SESSION";
    /// What the processes of the app server carry.
    pub const APP_SERVER: &'static str = "GIT_PUFF_APP_SERVER";
    /// What a program that outlives us must not inherit.
    pub(super) const OF_OTHERS: [&'static str; 2] = [Mark::SESSION, Mark::APP_SERVER];

    /// Does any process but this one carry it?
    pub fn is_carried(&self) -> bool {
        let (mut system, entry) = (System::new(), self.entry());
        carriers(&mut system, &|found| found == entry).next().is_some()
    }

    /// Kills the processes that have this mark; false when there are none.
    pub fn kill(&self) -> bool {
        kill(|entry| entry == self.entry())
    }

    /// Kills those whose mark is this folder or one below it, too.
    pub fn kill_below(&self) -> bool {
        let entry = self.entry();
        let below = |rest: &str| rest.is_empty() || rest.starts_with(std::path::MAIN_SEPARATOR);
        kill(|found| found.strip_prefix(&entry).is_some_and(below))
    }

    fn entry(&self) -> String {
        format!("{}={}", self.name, self.folder.display())
    }
}

fn kill(is_ours: impl Fn(&str) -> bool) -> bool {
    let mut system = System::new();
    let mut any = false;
    // A process that starts another at this moment may be killed after it, and a busy system takes a moment to end what is killed:
    // look until there is none.
    for _ in 0..LOOKS {
        let ours: Vec<_> = carriers(&mut system, &is_ours).collect();
        if ours.is_empty() {
            break;
        }
        any = true;
        for found in ours {
            found.kill();
        }
        std::thread::sleep(PAUSE);
    }
    any
}

/// The processes but this one in whose environment there is an entry of ours.
fn carriers<'s>(system: &'s mut System, is_ours: &'s impl Fn(&str) -> bool) -> impl Iterator<Item = &'s Process> {
    // A thread has a number and an environment too: to kill one of ours would be to kill ourselves.
    let kind = ProcessRefreshKind::nothing().without_tasks().with_environ(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let marked = |environ: &[std::ffi::OsString]| environ.iter().any(|entry| is_ours(&entry.to_string_lossy()));
    let others = system.processes().values().filter(|found| found.pid().as_u32() != std::process::id());
    others.filter(move |found| marked(found.environ()))
}
