//! What programs are told from outside.

/// What a program can be told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End, please.
    Terminate,
    /// End now.
    Kill,
}

#[cfg(unix)]
impl Signal {
    fn number(self) -> rustix::process::Signal {
        match self {
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Kill => rustix::process::Signal::KILL,
        }
    }
}

/// Tells a whole process group; one that is gone hears nothing.
#[cfg(unix)]
pub fn signal_group(leader: u32, signal: Signal) {
    if let Some(group) = rustix::process::Pid::from_raw(leader as i32) {
        let _ = rustix::process::kill_process_group(group, signal.number());
    }
}

/// Tells a process.
#[cfg(unix)]
pub fn signal_process(pid: u32, signal: Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid as i32) {
        let _ = rustix::process::kill_process(pid, signal.number());
    }
}

/// Tells a whole process group; one that is gone hears nothing.
#[cfg(not(unix))]
pub fn signal_group(_: u32, _: Signal) {}

pub(super) fn kill_group(leader: Option<u32>) {
    leader.into_iter().for_each(|leader| signal_group(leader, Signal::Kill));
}
