//! Running calls, each in its own thread.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

/// Maximum number of running calls; further ones wait.
const AT_ONCE: usize = 64;

/// The running calls.
#[derive(Clone)]
pub struct Works {
    open: Arc<(Mutex<usize>, Condvar)>,
    places: Arc<Semaphore>,
}

impl Works {
    /// Creates an empty instance.
    pub fn new() -> Works {
        Works { open: Arc::default(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Runs a closure in its own thread; the receiver fails when it ends without a result.
    pub async fn begin<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let (sender, receiver) = oneshot::channel();
        let open = Open::count(&self.open);
        // If no thread can be started, the sender is dropped and the receiver fails.
        let _ = std::thread::Builder::new().name("call".to_owned()).spawn(move || {
            let _held = (open, place);
            // A repository that is shared with a group widens the umask: a reused thread would keep that.
            crate::process::own_mask();
            let _ = sender.send(work());
        });
        receiver
    }

    /// Waits until all calls have finished; false when `time` has passed first.
    pub fn are_done_within(&self, time: Duration) -> bool {
        let (open, ended) = &*self.open;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let (open, _) = ended.wait_timeout_while(open, time, |open| *open > 0).unwrap_or_else(PoisonError::into_inner);
        *open == 0
    }
}

/// Counts a call while it runs.
struct Open(Arc<(Mutex<usize>, Condvar)>);

impl Open {
    fn count(open: &Arc<(Mutex<usize>, Condvar)>) -> Open {
        *open.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Open(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_begun_is_waited_for() {
        let works = Works::new();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let answer = works.begin(move || wait.recv().is_err()).await;
        assert!(!works.are_done_within(Duration::ZERO));
        drop(go);
        assert_eq!(answer.await, Ok(true));
        assert!(works.are_done_within(Duration::from_secs(60)));
        let panics = works.begin(|| if true { panic!("a call that panics is answered too") } else { 1 }).await;
        assert!(panics.await.is_err() && works.are_done_within(Duration::from_secs(60)));
    }
}
