//! Work for somebody who sits at no terminal of this program: another program that has called.
//!
//! A thread that works for a caller has no terminal to offer, and its signals are the caller's word to stop. Programs
//! that would run in a user's foreground are listened to instead, and what they say is kept for the caller.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use super::Stop;

/// Somebody who has called, and waits for what comes of it.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    stop: Stop,
    heard: Arc<Mutex<Vec<u8>>>,
}

thread_local!(static CALLER: RefCell<Option<Caller>> = const { RefCell::new(None) });

impl Caller {
    /// Works for this caller in this thread, until it is done.
    pub fn attend<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Whatever becomes of the work, the thread is its own again.
        struct Until(Option<Caller>);
        impl Drop for Until {
            fn drop(&mut self) {
                CALLER.set(self.0.take());
            }
        }
        let _until = Until(CALLER.replace(Some(self.clone())));
        work()
    }

    /// Tells the work to end: its pauses end with [`super::Wake::Interrupted`].
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// What programs said that would have said it to a terminal.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whom this thread works for, if for anybody.
    pub(super) fn of_thread() -> Option<Caller> {
        CALLER.with_borrow(Clone::clone)
    }

    pub(super) fn hear(&self, said: &[u8]) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(said);
    }

    /// Until the caller wants the work to end.
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
        assert!(run_on_terminal(&Cmd::new("true"), None).is_ok(), "only while somebody is attended to");
    }

    #[test]
    fn a_caller_stops_its_own_work_only() {
        let (one, other) = (Caller::default(), Caller::default());
        one.stop();
        assert_eq!(one.attend(|| pause(Duration::from_secs(600))), Wake::Interrupted);
        assert_eq!(other.attend(|| pause(Duration::from_millis(1))), Wake::Elapsed);
    }
}
