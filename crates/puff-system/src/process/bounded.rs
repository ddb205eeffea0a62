//! Programs that are not trusted: they may hang, fork away, or print without end. Of what they print, the
//! beginning and the end are kept; whatever they started ends with them; and they can be stopped from elsewhere.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use super::cmd::code;
use super::event_loop::block_on;
use super::traced::{End, Outcome};
use super::way::Way;
use super::{Cmd, Failure, GRACE, Mark, in_own_session, kill_group};

/// Tells programs in any thread to end. Clones tell the same.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Stop {
        Stop(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// From now on, nothing goes on.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Returns whether it was asked for.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    pub(super) async fn heard(&self) {
        // It only fails when no sender is left, and we are one.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

/// What a program printed: its beginning and its end, however much it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadAndTail {
    most: [usize; 2],
    head: Vec<u8>,
    tail: VecDeque<u8>,
    printed: u64,
}

impl HeadAndTail {
    /// Nothing yet; so many bytes of the beginning and of the end are going to be kept.
    pub fn new(head: usize, tail: usize) -> HeadAndTail {
        HeadAndTail { most: [head, tail], head: Vec::new(), tail: VecDeque::new(), printed: 0 }
    }

    /// Takes in what was printed next.
    pub fn add(&mut self, bytes: &[u8]) {
        let [head, tail] = self.most;
        self.printed += bytes.len() as u64;
        let (begin, rest) = bytes.split_at(bytes.len().min(head - self.head.len()));
        self.head.extend(begin);
        let rest = &rest[rest.len().saturating_sub(tail)..];
        let over = (self.tail.len() + rest.len()).saturating_sub(tail);
        self.tail.drain(..over);
        self.tail.extend(rest);
    }

    /// How many bytes were printed in all.
    pub fn printed(&self) -> u64 {
        self.printed
    }

    /// How many bytes between beginning and end are left out.
    pub fn left_out(&self) -> u64 {
        self.printed - (self.head.len() + self.tail.len()) as u64
    }

    /// The beginning and the end; one after the other they are all of it, where nothing is left out.
    pub fn parts(&mut self) -> (&[u8], &[u8]) {
        (&self.head, self.tail.make_contiguous())
    }

    /// Both parts, one after the other.
    pub fn bytes(&self) -> Vec<u8> {
        self.head.iter().chain(&self.tail).copied().collect()
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code; 128 and the signal's number where a signal ended it.
    With(i32),
    /// Its time limit passed.
    TimedOut,
    /// It was asked to stop.
    Stopped,
}

impl End for (Ended, Duration) {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ended::With(code) => write!(f, "exit {code}"),
            Ended::TimedOut => f.write_str("time limit passed"),
            Ended::Stopped => f.write_str("stopped"),
        }
    }
}

/// Runs a program to its end, however it behaves, and answers that with how long it took. Its limit is that of the call; zero is none. `hear` gets what it prints
/// as it comes, standard output and standard error: the second argument says which. Whatever it started and left behind
/// ends with it: its group, and what carries `mark`.
///
/// # Errors
/// When it cannot be started or followed.
pub fn run_bounded(
    cmd: &Cmd,
    mark: Mark<'_>,
    stop: &Stop,
    mut hear: impl FnMut(&[u8], Stream) + Send,
) -> Result<(Ended, Duration), Failure> {
    let cmd = cmd.clone().env(mark.name, mark.folder);
    let traced = cmd.trace(Way::Check);
    let ended = block_on(follow(&cmd, mark, stop, &mut hear));
    traced.ended(&Outcome(&ended));
    ended
}

/// Where a program printed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

async fn follow(
    cmd: &Cmd,
    mark: Mark<'_>,
    stop: &Stop,
    hear: &mut (dyn FnMut(&[u8], Stream) + Send),
) -> Result<(Ended, Duration), Failure> {
    use std::process::Stdio;
    let started = Instant::now();
    let mut command = cmd.command(Way::Check);
    command.stdin(if cmd.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    in_own_session(&mut command, None);
    let mut child = tokio::process::Command::from(command).spawn().map_err(|cause| cmd.start_failure(cause))?;
    let group = child.id();
    let mut out = Listener::new(child.stdout.take());
    let mut err = Listener::new(child.stderr.take());
    let pipe = child.stdin.take();
    let feed = async {
        if let (Some(mut pipe), Some(bytes)) = (pipe, &cmd.stdin) {
            // What does not read its input says so by its exit code, if it matters.
            let _ = pipe.write_all(bytes).await;
        }
        Ok::<(), ()>(())
    };
    tokio::pin!(feed);
    let limit = if cmd.limit.is_zero() { Duration::MAX } else { cmd.limit };
    let limit = tokio::time::sleep(limit);
    tokio::pin!(limit);
    let mut fed = false;
    let mut ended = None;
    // What it printed before its end is waited for, what others may still say is not.
    let mut last: Option<Instant> = None;
    let mut took = Duration::ZERO;
    while ended.is_none() || ((out.open || err.open) && last.is_some_and(|last| last.elapsed() < GRACE)) {
        let tick = tokio::time::sleep(GRACE);
        tokio::select! {
            count = out.read(), if out.open => out.heard(count, hear, Stream::Out),
            count = err.read(), if err.open => err.heard(count, hear, Stream::Err),
            _ = &mut feed, if !fed => fed = true,
            status = child.wait(), if ended.is_none() => {
                let status = status.map_err(|cause| Failure::Lost { program: cmd.name(), cause })?;
                ended = Some(Ended::With(code(status)));
            }
            () = &mut limit, if ended.is_none() => ended = Some(Ended::TimedOut),
            () = stop.heard(), if ended.is_none() => ended = Some(Ended::Stopped),
            () = tick => {}
        }
        if ended.is_some() && last.is_none() {
            took = started.elapsed();
            kill_group(group);
            mark.kill();
            last = Some(Instant::now());
        }
    }
    let _ = child.wait().await;
    Ok((ended.unwrap_or(Ended::Stopped), took))
}

/// One of the pipes that a program prints into.
pub(super) struct Listener<R> {
    pipe: Option<R>,
    buffer: Vec<u8>,
    pub open: bool,
}

impl<R: AsyncRead + Unpin> Listener<R> {
    pub fn new(pipe: Option<R>) -> Listener<R> {
        Listener { open: pipe.is_some(), pipe, buffer: vec![0; 64 << 10] }
    }

    pub async fn read(&mut self) -> usize {
        match &mut self.pipe {
            Some(pipe) => pipe.read(&mut self.buffer).await.unwrap_or(0),
            None => 0,
        }
    }

    pub fn heard(&mut self, count: usize, hear: &mut dyn FnMut(&[u8], Stream), stream: Stream) {
        self.open = count > 0;
        hear(&self.buffer[..count], stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(line: &str, limit: Duration) -> (Ended, [HeadAndTail; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark { name: "GIT_PUFF_TRIED", folder: folder.path() };
        let mut heard = [HeadAndTail::new(4, 6), HeadAndTail::new(4, 6)];
        let hear = |bytes: &[u8], stream| heard[stream as usize].add(bytes);
        let (ended, _) = run_bounded(&Cmd::shell(line).limit(limit), mark, &Stop::default(), hear).unwrap();
        assert!(!mark.kill(), "nothing is left of it");
        (ended, heard)
    }

    #[test]
    fn of_a_flood_the_beginning_and_the_end_are_kept() {
        let (ended, [out, err]) = ran("printf 0123456789abcdef; echo no >&2; exit 3", Duration::ZERO);
        assert_eq!((ended, out.bytes().as_slice(), out.left_out()), (Ended::With(3), b"0123abcdef".as_slice(), 6));
        assert_eq!((err.bytes().as_slice(), err.left_out()), (b"no\n".as_slice(), 0));
    }

    #[test]
    fn what_forks_away_ends_with_it() {
        let away = "setsid sh -c 'sleep 600' >/dev/null 2>&1 & setsid sh -c 'trap \"\" TERM; sleep 600' & echo x";
        assert_eq!(ran(away, Duration::ZERO).0, Ended::With(0));
        assert_eq!(ran(&format!("{away}; sleep 600"), Duration::from_millis(200)).0, Ended::TimedOut);
    }

    #[test]
    fn it_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let (stop, mark) = (Stop::default(), Mark { name: "GIT_PUFF_TRIED", folder: folder.path() });
        stop.stop();
        let (ended, _) = run_bounded(&Cmd::shell("sleep 600"), mark, &stop, |_, _| {}).unwrap();
        assert_eq!(ended, Ended::Stopped);
    }
}
