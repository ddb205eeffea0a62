//! Doing several things at once: in a bounded number of threads, and in fewer where the system has no more.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope};

/// The most threads for what waits for the disk or for other programs.
pub const MOST_THREADS: usize = 32;

/// The stack of such a thread, which calls nothing deep: a limit of memory (`ulimit -v`) counts all of it.
const STACK: usize = 512 << 10;

/// How much of a limit of memory one thread may take: its allocator reserves 64 MiB of addresses and more, which leaves nothing
/// for the work itself where the limit is near.
#[cfg(unix)]
const SHARE: u64 = 128 << 20;

/// How many threads the limit of memory (`ulimit -v`) leaves room for, this one among them.
fn affordable() -> usize {
    #[cfg(unix)]
    if let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::As).current {
        return usize::try_from(limit / SHARE).unwrap_or(usize::MAX).max(1);
    }
    usize::MAX
}

/// How many processors this program may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, NonZeroUsize::get)
}

/// Does something to each of these, in this thread and in at most `at_once - 1` others; the answers are in their order.
/// `mine` does it in this thread, and what `worker` makes in another. Where no thread can be started, those that there
/// are do all of it.
pub fn map_each<T, R, W>(
    things: &[T],
    at_once: usize,
    mine: impl FnMut(&T) -> R,
    worker: impl Fn() -> W + Sync,
) -> Vec<R>
where
    T: Sync,
    R: Send,
    W: FnMut(&T) -> R,
{
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..things.len()).collect());
    let answers: Mutex<Vec<Option<R>>> = Mutex::new(things.iter().map(|_| None).collect());
    fn work<T, R>(
        things: &[T],
        queue: &Mutex<VecDeque<usize>>,
        answers: &Mutex<Vec<Option<R>>>,
        mut act: impl FnMut(&T) -> R,
    ) {
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        while let Some(at) = next() {
            let answer = act(&things[at]);
            answers.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(answer);
        }
    }
    std::thread::scope(|scope| {
        let (queue, answers, worker) = (&queue, &answers, &worker);
        for _ in 1..at_once.min(things.len()).min(affordable()) {
            if !begin(scope, move || work(things, queue, answers, worker())) {
                break;
            }
        }
        work(things, queue, answers, mine);
    });
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.into_iter().map(|answer| answer.expect("every thing was taken off the queue and done")).collect()
}

/// Starts a thread in a scope; false when the system has none.
pub fn begin<'scope, 'env>(scope: &'scope Scope<'scope, 'env>, work: impl FnOnce() + Send + 'scope) -> bool {
    Builder::new().stack_size(STACK).spawn_scoped(scope, work).is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_threads_are_at_work_than_are_allowed() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let act = |_: &u32| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
        };
        map_each(&[0; 400], 3, act, || act);
        assert!((1..=3).contains(&most.into_inner()));
    }

    #[test]
    fn answers_keep_their_order_however_many_threads_there_are() {
        let things: Vec<usize> = (0..100).collect();
        let double = |thing: &usize| thing * 2;
        let wanted: Vec<usize> = things.iter().map(double).collect();
        for at_once in [0, 1, 3, 1000] {
            assert_eq!(map_each(&things, at_once, double, || double), wanted);
        }
        assert!(map_each(&[] as &[usize], 4, double, || double).is_empty());
    }
}
