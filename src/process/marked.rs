//! Processes that carry a mark in their environment: what a program started is found by it, whatever became of its
//! parents, its group or its session.

use std::path::Path;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

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
        let kind = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let marked = |environ: &[std::ffi::OsString]| environ.iter().any(|entry| is_ours(&entry.to_string_lossy()));
        let others = system.processes().values().filter(|found| found.pid().as_u32() != std::process::id());
        let ours: Vec<_> = others.filter(|found| marked(found.environ())).collect();
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
