//! Several things at work in threads of their own, while somebody may want all of it to end.

use tokio::sync::mpsc::{self, UnboundedSender};

use crate::process::{self, Stop};

/// What is done in a thread of its own; it tells what comes of it.
pub(super) type Work<'w, N> = Box<dyn FnOnce(UnboundedSender<N>) + Send + 'w>;

/// Lets each of these work, and tells what they send. False when somebody wanted it to end before they were through: then
/// `stop` has told them so.
pub(super) fn attend<N: Send>(stop: &Stop, works: Vec<Work<'_, N>>, mut tell: impl FnMut(N)) -> bool {
    let (sender, mut news) = mpsc::unbounded_channel();
    std::thread::scope(|scope| {
        for work in works {
            let sender = sender.clone();
            scope.spawn(move || work(sender));
        }
        drop(sender);
        let mut whole = true;
        process::block_on(async {
            loop {
                tokio::select! {
                    told = news.recv() => match told {
                        Some(told) => tell(told),
                        None => break,
                    },
                    () = process::interrupted(), if whole => {
                        whole = false;
                        stop.stop();
                    }
                }
            }
        });
        whole
    })
}
