//! The scope of a request from another program, without a terminal.
//!
//! A thread in such a scope has no terminal, and is interrupted by the scope instead of by signals. The output of
//! programs that would run in the foreground is captured.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use super::Stop;

/// The scope of a request: its stop signal, and the captured output.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    stop: Stop,
    heard: Arc<Mutex<Vec<u8>>>,
}

thread_local!(static CALLER: RefCell<Option<Caller>> = const { RefCell::new(None) });

impl Caller {
    /// Runs `work` in this scope on the current thread.
    pub fn attend<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Restores the previous scope, even after a panic.
        struct Until(Option<Caller>);
        impl Drop for Until {
            fn drop(&mut self) {
                CALLER.set(self.0.take());
            }
        }
        let _until = Until(CALLER.replace(Some(self.clone())));
        work()
    }

    /// Interrupts the work: its pauses end with [`super::Wake::Interrupted`].
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// Returns the output of programs that would have run on a terminal.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the scope of the current thread.
    pub(super) fn of_thread() -> Option<Caller> {
        CALLER.with_borrow(Clone::clone)
    }

    pub(super) fn hear(&self, said: &[u8]) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(said);
    }

    /// Waits until the request is stopped.
    pub(super) async fn ends(&self) {
        self.stop.heard().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Cmd, Wake, pause, run_in_foreground, run_on_terminal};
    use super::*;

    #[test]
    fn what_would_be_said_to_a_terminal_is_kept() {
        let caller = Caller::default();
        let ask = Cmd::shell("echo out; echo err >&2; (: </dev/tty) 2>/dev/null || echo $GIT_EDITOR; cat");
        let status = caller.attend(|| run_in_foreground(&ask)).unwrap();
        assert!(status.success());
        assert_eq!(String::from_utf8_lossy(&caller.heard()), "out\n:\nerr\n");
        assert!(caller.attend(|| run_on_terminal(&Cmd::new("true"), None)).is_err());
        assert!(run_on_terminal(&Cmd::new("true"), None).is_ok(), "only within the scope of a request");
    }

    #[test]
    fn a_caller_stops_its_own_work_only() {
        let (one, other) = (Caller::default(), Caller::default());
        one.stop();
        assert_eq!(one.attend(|| pause(Duration::from_secs(600))), Wake::Interrupted);
        assert_eq!(other.attend(|| pause(Duration::from_millis(1))), Wake::Elapsed);
    }
}
