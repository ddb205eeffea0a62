//! Asking work to end: by a signal to this process, or because the request that it is done for has ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use tokio::sync::watch;

use super::Stop;
use super::event_loop::block_on;

/// What ended a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The time passed.
    Elapsed,
    /// This program, or this request, is asked to end.
    Interrupted,
}

/// Says when work is asked to end. Clones say the same.
///
/// Until the first wait, a signal ends the process at once, as it does any program. From then on it ends that wait, or
/// the next one; so a verb that never waits has nothing to clean up.
#[derive(Clone, Debug)]
pub struct Cancellation {
    signals: Arc<Signals>,
    /// How many signals have ended a wait.
    answered: Arc<AtomicU64>,
    request: Stop,
}

impl Cancellation {
    /// Returns what the signals of this process (SIGINT, SIGTERM, SIGHUP) ask for.
    pub fn by_signals() -> Cancellation {
        Cancellation { signals: Arc::default(), answered: Arc::default(), request: Stop::default() }
    }

    /// Returns one for a request from another program, which also [`Cancellation::cancel`] ends.
    pub fn of_request(&self) -> Cancellation {
        let answered = AtomicU64::new(*self.signals.received.borrow());
        Cancellation { signals: Arc::clone(&self.signals), answered: Arc::new(answered), request: Stop::default() }
    }

    /// Asks this work to end, from now on.
    pub fn cancel(&self) {
        self.request.stop();
    }

    /// Receives signals from now on. What this process starts afterwards has their usual actions, even where this process
    /// was started by something that ignores one of them, as `nohup` does: what is caught becomes usual again in another
    /// program, and what is ignored stays so.
    pub fn listen(&self) {
        self.signals.listen();
    }

    /// Waits for `time`, or until this work is asked to end.
    pub fn pause(&self, time: Duration) -> Wake {
        block_on(async {
            tokio::select! {
                () = self.requested() => Wake::Interrupted,
                () = tokio::time::sleep(time) => Wake::Elapsed,
            }
        })
    }

    /// Waits until this work is asked to end.
    pub async fn requested(&self) {
        self.listen();
        let answered = self.answered.load(Ordering::SeqCst);
        let mut received = self.signals.received.subscribe();
        tokio::select! {
            () = self.request.heard() => {}
            // It only fails when no sender is left, and we hold one.
            count = received.wait_for(|count| *count > answered) => {
                let count = count.map_or(answered, |count| *count);
                self.answered.fetch_max(count, Ordering::SeqCst);
            }
        }
    }
}

/// The signals that ask this process to end.
#[derive(Debug)]
struct Signals {
    received: Arc<watch::Sender<u64>>,
    listening: Once,
}

impl Default for Signals {
    fn default() -> Signals {
        Signals { received: Arc::new(watch::Sender::new(0)), listening: Once::new() }
    }
}

impl Signals {
    /// Starts the thread that counts them, and returns when none is missed any more. Where no thread can be started, they
    /// keep their usual action.
    fn listen(&self) {
        self.listening.call_once(|| {
            let received = Arc::clone(&self.received);
            let (ready, is_ready) = std::sync::mpsc::channel();
            let count = move || {
                count_signals(&received, move || {
                    let _ = ready.send(());
                })
            };
            if std::thread::Builder::new().name("signals".to_owned()).stack_size(64 << 10).spawn(count).is_ok() {
                let _ = is_ready.recv();
            }
        });
    }
}

#[cfg(unix)]
fn count_signals(received: &watch::Sender<u64>, ready: impl FnOnce()) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return };
    ready();
    for _ in signals.forever() {
        received.send_modify(|count| *count += 1);
    }
}

#[cfg(not(unix))]
fn count_signals(received: &watch::Sender<u64>, ready: impl FnOnce()) {
    ready();
    while block_on(tokio::signal::ctrl_c()).is_ok() {
        received.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_ends_its_own_work_only() {
        let signals = Cancellation::by_signals();
        let (one, other) = (signals.of_request(), signals.of_request());
        one.cancel();
        assert_eq!(one.pause(Duration::from_secs(600)), Wake::Interrupted);
        assert_eq!(other.pause(Duration::from_millis(1)), Wake::Elapsed);
        assert_eq!(signals.pause(Duration::from_millis(1)), Wake::Elapsed);
    }

    #[test]
    fn a_signal_between_two_waits_ends_the_next_one_and_no_more() {
        let signals = Cancellation::by_signals();
        signals.listen();
        signals.signals.received.send_modify(|count| *count += 1);
        assert_eq!(signals.clone().pause(Duration::from_secs(600)), Wake::Interrupted);
        assert_eq!(signals.pause(Duration::from_millis(1)), Wake::Elapsed);
    }

    #[test]
    fn a_pause_inside_of_an_event_loop_is_one_too() {
        let signals = Cancellation::by_signals().of_request();
        signals.cancel();
        let inside = super::super::event_loop::run(async { signals.pause(Duration::from_secs(600)) });
        assert_eq!(inside, Wake::Interrupted);
    }
}
