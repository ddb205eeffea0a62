//! Waiting for several things at once, one of them being a request to end this program.

use std::cell::{OnceCell, RefCell};
use std::io;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::Caller;

/// What ended a [`pause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The time passed.
    Elapsed,
    /// Someone wants this program to end.
    Interrupted,
}

/// Waits for `time`, or until the user interrupts or the system ends this program. From the first call on, such a
/// signal no longer ends the program at once: it is answered by this and every later pause.
pub fn pause(time: Duration) -> Wake {
    if is_waiting() {
        // The wait that encloses this one gets the signals.
        std::thread::sleep(time);
        return Wake::Elapsed;
    }
    block_on(async {
        tokio::select! {
            () = interrupted() => Wake::Interrupted,
            () = tokio::time::sleep(time) => Wake::Elapsed,
        }
    })
}

/// Are we called by something that waits already, as a supervisor does? It cannot wait twice in one thread.
pub(super) fn is_waiting() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// The signals that ask this program to end, kept between pauses so that none is missed.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    async fn next(&mut self) {
        let [int, term, hup] = &mut self.0;
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
            _ = hup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Until someone wants this program to end, or the [`Caller`] that this thread works for wants no more of it.
pub(crate) async fn interrupted() {
    match Caller::of_thread() {
        Some(caller) => tokio::select! {
            () = caller.ends() => {}
            () = signalled() => {}
        },
        None => signalled().await,
    }
}

thread_local!(static SIGNALS: RefCell<Option<Signals>> = const { RefCell::new(None) });

/// Hears the signals that ask this program to end, from now on. What it starts afterwards has their usual actions, even
/// where this program was started by something that ignores one of them, as `nohup` does: what is caught becomes usual
/// again in another program, and what is ignored stays so. Only inside of [`block_on`].
pub(crate) fn hear_signals() {
    SIGNALS.with(|signals| {
        let mut signals = signals.borrow_mut();
        if signals.is_none() {
            *signals = Signals::listen().ok();
        }
    });
}

/// Until a signal asks this program to end.
async fn signalled() {
    hear_signals();
    let kept = SIGNALS.with(|signals| signals.borrow_mut().take());
    // Held by a guard: a pause that ends by its time drops this future in the middle.
    struct Keep(Option<Signals>);
    impl Drop for Keep {
        fn drop(&mut self) {
            SIGNALS.with(|signals| *signals.borrow_mut() = self.0.take());
        }
    }
    let mut keep = Keep(kept);
    match &mut keep.0 {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// Waits here for something that waits on several things.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    thread_local!(static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() });
    RUNTIME.with(|runtime| {
        let build = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.get_or_init(|| build().expect("the system refuses even an event queue"));
        runtime.block_on(future)
    })
}
