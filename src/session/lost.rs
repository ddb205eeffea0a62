//! Sessions whose supervisor is gone.

use std::path::Path;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use crate::process::{self, Signal};

/// The variable by which every process of a session can be told from all others: it holds the session's folder. A
/// process id may be another program's by now, and a command line changes.
pub const MARK: &str = "GIT_PUFF_SESSION";

/// Kills the processes that a lost session left behind; false when there are none.
pub fn kill_what_is_left(folder: &Path) -> bool {
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    let mark = format!("{MARK}={}", folder.display());
    let ours = system.processes().iter().filter(|(_, found)| found.environ().iter().any(|entry| *entry == *mark));
    let ours: Vec<u32> = ours.map(|(pid, _)| pid.as_u32()).filter(|pid| *pid != std::process::id()).collect();
    ours.iter().for_each(|pid| process::signal_process(*pid, Signal::Kill));
    !ours.is_empty()
}
