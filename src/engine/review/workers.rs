//! Workers in threads of their own, which all stop when the review is stopped.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::{self, UnboundedSender};

use crate::parallel;
use crate::process::{self, Cancellation, Stop};

/// The most workers at once, whatever is asked for.
const MOST_THREADS: usize = 64;

/// What is done in a thread of its own; it tells what comes of it.
pub(super) type Work<'w, N> = Box<dyn FnOnce(UnboundedSender<N>) + Send + 'w>;

/// Lets each of these work, as many at once as there are threads for, and tells what they send. False when it is
/// stopped before they have through: then `stop` has told them so.
pub(super) fn run_workers<N: Send>(
    cancellation: &Cancellation,
    stop: &Stop,
    works: Vec<Work<'_, N>>,
    mut notify: impl FnMut(N),
) -> bool {
    let (sender, mut news) = mpsc::unbounded_channel();
    let threads = works.len().min(MOST_THREADS);
    let queue: Mutex<VecDeque<Work<'_, N>>> = Mutex::new(works.into());
    let go_through = |sender: UnboundedSender<N>| {
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        while let Some(work) = next() {
            work(sender.clone());
        }
    };
    std::thread::scope(|scope| {
        let started = (0..threads).take_while(|_| {
            let (sender, go_through) = (sender.clone(), &go_through);
            parallel::begin(scope, move || go_through(sender))
        });
        if started.count() == 0 {
            // There is no thread to be had: what they tell is heard afterwards.
            go_through(sender.clone());
        }
        drop(sender);
        let mut whole = true;
        process::event_loop::run(async {
            loop {
                tokio::select! {
                    message = news.recv() => match message {
                        Some(message) => notify(message),
                        None => break,
                    },
                    () = cancellation.requested(), if whole => {
                        whole = false;
                        stop.stop();
                    }
                }
            }
        });
        whole
    })
}
