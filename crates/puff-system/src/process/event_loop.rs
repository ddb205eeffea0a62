//! Waiting for several things at once in programs that are otherwise written one step after another.
//!
//! Each wait makes an event loop of its own: that is a few system calls, where a program that is started makes hundreds, and
//! leaves nothing that a thread would have to keep.

use tokio::runtime::{Builder, Handle, Runtime};

fn new() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("the system refuses even an event queue")
}

/// Returns whether this thread runs an event loop already.
fn is_inside() -> bool {
    Handle::try_current().is_ok()
}

/// Runs the loop of a process: a supervisor's, or a server's. It is the outermost one of its thread.
pub fn run<F: Future>(work: F) -> F::Output {
    new().block_on(work)
}

/// Waits here for something that waits on several things. In a thread that runs an event loop, another thread waits, since
/// one loop cannot run inside another.
pub(super) fn block_on<F>(future: F) -> F::Output
where
    F: Future + Send,
    F::Output: Send,
{
    if !is_inside() {
        return run(future);
    }
    std::thread::scope(|scope| match scope.spawn(|| run(future)).join() {
        Ok(output) => output,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
