//! The poll loop: one for the watcher, for runs that are followed in the foreground, and for a task without a run.

use std::ops::ControlFlow;
use std::time::Instant;

use super::poller::Poller;
use crate::error::Result;
use crate::model::Run;
use crate::process::Wake;

/// What is watched by a poll loop.
pub(super) trait Watched {
    /// How the loop ends.
    type End;

    /// Looks at what is recorded by now. Returns the runs that are to be polled, or how the loop ends.
    fn look(&mut self) -> Result<ControlFlow<Self::End, Vec<Run>>>;

    /// Polls those of `runs` that are due.
    fn poll(&mut self, poller: &mut Poller, runs: &[&Run]) -> Result<()>;

    /// Waits until it is worth looking again, at most until `due`, when the next poll is.
    fn wait(&self, due: Option<Instant>) -> Wake;

    /// Returns how the loop ends at a signal.
    fn interrupted(&self) -> Result<Self::End>;
}

/// Looks, polls and waits until there is an end.
///
/// # Errors
/// Those of `watched`.
pub(super) fn run<W: Watched>(watched: &mut W) -> Result<W::End> {
    let mut poller = Poller::default();
    loop {
        let runs = match watched.look()? {
            ControlFlow::Break(end) => return Ok(end),
            ControlFlow::Continue(runs) => runs,
        };
        watched.poll(&mut poller, &runs.iter().collect::<Vec<_>>())?;
        if watched.wait(poller.due()) == Wake::Interrupted {
            return watched.interrupted();
        }
    }
}
