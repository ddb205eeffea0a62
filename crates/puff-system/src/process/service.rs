//! A program that runs in the background: what it prints is heard as it comes, and it is ended as a group.

use std::io;
use std::process::Stdio;

use super::bounded::Listener;
use super::cmd::code;
use super::traced::Outcome;
use super::way::Way;
use super::{Cmd, Failure, Signal, in_own_session, signal_group};
use crate::trace::Activity;

/// A running program, in a session and a process group of its own, with nothing to read.
pub struct Service {
    child: tokio::process::Child,
    pid: u32,
    out: Listener<tokio::process::ChildStdout>,
    err: Listener<tokio::process::ChildStderr>,
    traced: Activity,
}

/// What happens to a program.
#[derive(Debug)]
pub enum ServiceEvent {
    /// It printed this.
    Printed(Vec<u8>),
    /// It ended, with this code; 128 and the signal's number where a signal ended it.
    Ended(io::Result<i32>),
}

impl Service {
    /// Starts it. Its time limit does not count.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(cmd: &Cmd) -> Result<Service, Failure> {
        let traced = cmd.trace(Way::Server);
        let mut command = cmd.command(Way::Server);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        in_own_session(&mut command, None);
        let mut child = tokio::process::Command::from(command).spawn().map_err(|cause| cmd.start_failure(cause))?;
        let (out, err) = (Listener::new(child.stdout.take()), Listener::new(child.stderr.take()));
        Ok(Service { pid: child.id().unwrap_or_default(), child, out, err, traced })
    }

    /// Its process id, for people to look at; it is no other program's until its end was heard of.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Tells its whole group.
    pub fn signal(&self, signal: Signal) {
        signal_group(self.pid, signal);
    }

    /// Waits for what happens next. After its end, nothing does.
    pub async fn next(&mut self) -> ServiceEvent {
        loop {
            let mut heard = Vec::new();
            let mut hear = |bytes: &[u8], _| heard.extend_from_slice(bytes);
            tokio::select! {
                // What it printed before its end comes before that.
                biased;
                count = self.out.read(), if self.out.open => self.out.heard(count, &mut hear, super::Stream::Out),
                count = self.err.read(), if self.err.open => self.err.heard(count, &mut hear, super::Stream::Err),
                status = self.child.wait() => {
                    let ended = status.map(code);
                    self.traced.ended(&Outcome(&ended));
                    return ServiceEvent::Ended(ended);
                }
            }
            if !heard.is_empty() {
                return ServiceEvent::Printed(heard);
            }
        }
    }
}
