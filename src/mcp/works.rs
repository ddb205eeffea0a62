//! Calls at work, in threads of their own.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

/// How many calls are at work at once; more wait for a place.
const AT_ONCE: usize = 64;

/// The calls at work.
#[derive(Clone)]
pub struct Works {
    open: Arc<(Mutex<usize>, Condvar)>,
    places: Arc<Semaphore>,
}

impl Works {
    /// None yet.
    pub fn new() -> Works {
        Works { open: Arc::default(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Does something in a thread of its own; none when it ended without an answer.
    pub async fn begin<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let (sender, receiver) = oneshot::channel();
        let open = Open::count(&self.open);
        // A thread that cannot be had drops the sender: that is an answer too.
        let _ = std::thread::Builder::new().name("call".to_owned()).spawn(move || {
            let _held = (open, place);
            // A repository that is shared with a group widens the mask, and each may have names shown in its own way: the
            // next one need not.
            crate::process::own_mask();
            crate::model::shown::look_alone();
            let _ = sender.send(work());
        });
        receiver
    }

    /// Waits until all that was begun is done; false when that takes longer than this.
    pub fn are_done_within(&self, time: Duration) -> bool {
        let (open, ended) = &*self.open;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let (open, _) = ended.wait_timeout_while(open, time, |open| *open > 0).unwrap_or_else(PoisonError::into_inner);
        *open == 0
    }
}

/// One of the calls, for as long as it is at work.
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
