//! How a program stands to us and to the terminal when it starts.

use std::fs::File;
use std::sync::Arc;

/// A session of its own: no controlling terminal to ask, no share in the user's Ctrl-C, and a process group that
/// can be ended as a whole. `holds` stays open in it.
#[cfg(unix)]
pub(super) fn in_own_session(command: &mut std::process::Command, holds: Option<Arc<File>>) {
    use std::os::unix::process::CommandExt;
    // SAFETY: between fork and exec only `setsid` is called, which is async-signal-safe and allocates nothing.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?));
    }
    keeping_open(command, holds);
}

/// Leaves a file open in the program that is to be started.
#[cfg(unix)]
pub(super) fn keeping_open(command: &mut std::process::Command, file: Option<Arc<File>>) {
    use std::os::unix::process::CommandExt;
    let Some(file) = file else { return };
    // SAFETY: between fork and exec only `fcntl` is called, which is async-signal-safe and allocates nothing.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || Ok(rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?));
    }
}

#[cfg(not(unix))]
pub(super) fn in_own_session(_: &mut std::process::Command, _: Option<Arc<File>>) {}

/// A process group that can be ended as a whole, and has no share in the user's Ctrl-C.
#[cfg(unix)]
pub(super) fn in_own_group(command: &mut std::process::Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
pub(super) fn in_own_group(_: &mut std::process::Command) {}

#[cfg(not(unix))]
pub(super) fn keeping_open(_: &mut std::process::Command, _: Option<Arc<File>>) {}
