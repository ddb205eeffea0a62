//! A program in a pseudo-terminal of its own: the other door, for programs that a person would talk to.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::Poll;

use pty_process::{OwnedReadPty, OwnedWritePty, Size};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::traced::Outcome;
use super::way::Way;
use super::{Cmd, Failure};
use crate::trace::Activity;

/// What a program in a terminal reads.
#[derive(Debug)]
pub enum Input {
    /// The terminal.
    Terminal,
    /// Nothing.
    Closed,
    /// This file.
    File(File),
}

/// A program that runs in a terminal. It leads a session and a process group of its own.
#[derive(Debug)]
pub struct Terminal {
    child: tokio::process::Child,
    pid: u32,
    traced: Activity,
}

/// What comes out of a terminal.
#[derive(Debug)]
pub struct PtyReader(OwnedReadPty);

/// What goes into a terminal: keys, and its size.
#[derive(Debug)]
pub struct PtyWriter(OwnedWritePty);

impl Terminal {
    /// Starts a program in a terminal of so many columns and rows. Its time limit does not count.
    ///
    /// # Errors
    /// When there is no such program, or the system has no terminal left.
    pub fn start(
        cmd: &Cmd,
        (columns, rows): (u16, u16),
        input: Input,
    ) -> Result<(Terminal, PtyReader, PtyWriter), Failure> {
        let failed = |cause: pty_process::Error| {
            let cause = match cause {
                pty_process::Error::Io(cause) => cause,
                other => io::Error::other(other),
            };
            cmd.start_failure(cause)
        };
        let traced = cmd.trace(Way::Agent);
        let (pty, pts) = pty_process::open().map_err(failed)?;
        pty.resize(Size::new(rows, columns)).map_err(failed)?;
        let command = pty_process::Command::from(tokio::process::Command::from(cmd.command(Way::Agent)));
        let command = match input {
            Input::Terminal => command,
            Input::Closed => command.stdin(Stdio::null()),
            Input::File(file) => command.stdin(file),
        };
        let child = command.spawn(pts).map_err(failed)?;
        let pid = child.id().unwrap_or_default();
        let (output, keys) = pty.into_split();
        Ok((Terminal { child, pid, traced }, PtyReader(output), PtyWriter(keys)))
    }

    /// The process that leads the group.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for the program itself.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let ended = self.child.wait().await;
        self.traced.ended(&Outcome(&ended));
        ended
    }
}

impl PtyReader {
    /// Waits until something is there, and reads as much of it as fits; nothing (0) when no process has the terminal open any
    /// more. The system hands out little at a time: a program that prints much is read in large pieces all the same.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = match self.0.read(buffer).await {
            // What Linux says at the end of a terminal's life.
            Err(cause) if cause.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => return Ok(0),
            read => read?,
        };
        while filled > 0 && filled < buffer.len() {
            // Asked once, without waiting: who waited here could be dropped with what has been read.
            let more = std::future::poll_fn(|context| {
                let mut rest = ReadBuf::new(&mut buffer[filled..]);
                Poll::Ready(match Pin::new(&mut self.0).poll_read(context, &mut rest) {
                    Poll::Ready(Ok(())) => rest.filled().len(),
                    // The end, or why, is said again by the next read.
                    Poll::Ready(Err(_)) | Poll::Pending => 0,
                })
            });
            match more.await {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }
}

impl PtyWriter {
    /// Types as much of `keys` as the terminal takes now, and answers how much.
    ///
    /// # Errors
    /// When no process has the terminal open any more.
    pub async fn write(&mut self, keys: &[u8]) -> io::Result<usize> {
        self.0.write(keys).await
    }

    /// Changes the size.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn resize(&self, (columns, rows): (u16, u16)) -> io::Result<()> {
        self.0.resize(Size::new(rows, columns)).map_err(io::Error::other)
    }
}
