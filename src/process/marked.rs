//! Processes that carry a mark in their environment: what a program started is found by it, whatever became of its
//! parents, its group or its session.

use std::ffi::OsString;
use std::path::Path;

use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// A variable with a folder in it. A process id may be another program's by now, and a command line changes; what a
/// process inherits stays.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'m> {
    /// The variable.
    pub name: &'static str,
    /// The folder that it holds.
    pub folder: &'m Path,
}

impl Mark<'_> {
    /// Kills the processes that have this mark; false when there are none.
    pub fn kill(&self) -> bool {
        kill(|entry| entry == self.entry())
    }

    /// Is there a process that has this mark?
    pub fn is_alive(&self) -> bool {
        let entry = self.entry();
        !marked(&mut System::new(), |found| found == entry).is_empty()
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
    // Whoever starts another at this moment may be killed after it: look until there is none.
    for _ in 0..3 {
        let ours = marked(&mut system, &is_ours);
        if ours.is_empty() {
            break;
        }
        any = true;
        for found in ours {
            found.kill();
        }
    }
    any
}

/// The processes of which a variable is as it has to be, without this one.
fn marked(system: &mut System, is_ours: impl Fn(&str) -> bool) -> Vec<&Process> {
    let kind = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let ours = |environ: &[OsString]| environ.iter().any(|entry| is_ours(&entry.to_string_lossy()));
    let others = system.processes().values().filter(|found| found.pid().as_u32() != std::process::id());
    others.filter(|found| ours(found.environ())).collect()
}
