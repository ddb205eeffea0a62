//! Sitting at the terminal of a session: the user's own terminal shows it and types into it.

use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::Duration;

use rustix::termios::{self, OptionalActions, Termios};

use super::control::{self, Frame};
use crate::place::SessionPlace;

/// Control-\: no agent uses it, and no shell types it by accident.
const LEAVE: u8 = 0x1c;

/// The polling interval of the window size.
const SIZE: Duration = Duration::from_millis(250);

/// Puts the terminal back as programs expect it: no alternate screen, no mouse, no pasting marks, a visible cursor.
const RESET: &[u8] =
    b"\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>\x1b[?25h\x1b[0m\r\n";

/// How looking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The one who looked has left.
    Left,
    /// The session has ended, or let go.
    Ended,
}

/// Returns whether standard input and output are a terminal.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A client that is attached to a session.
#[derive(Debug)]
pub struct Viewer {
    stream: UnixStream,
    early: Vec<u8>,
    size: (u16, u16),
}

/// A terminal that gives every key as it is typed, until this goes.
struct Raw(Termios);

impl Raw {
    fn begin() -> io::Result<Raw> {
        let usual = termios::tcgetattr(io::stdin())?;
        let mut raw = usual.clone();
        raw.make_raw();
        termios::tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Raw(usual))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = io::stdout().write_all(RESET).and_then(|()| io::stdout().flush());
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

fn window() -> (u16, u16) {
    match termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => (80, 24),
    }
}

impl Viewer {
    /// Attaches to a session.
    ///
    /// # Errors
    /// When its supervisor does not answer.
    pub fn attach(place: &SessionPlace) -> io::Result<Viewer> {
        let size = window();
        let (stream, early) = control::attach(place, size)?;
        Ok(Viewer { stream, early, size })
    }

    /// Shows output and sends keys until the user leaves.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    pub fn run(self) -> io::Result<End> {
        let raw = Raw::begin()?;
        let (ends, ended) = mpsc::channel();
        let (keys, typed) = mpsc::channel::<Vec<u8>>();
        let mut stream = self.stream.try_clone()?;
        let early = self.early;
        let seen = ends.clone();
        std::thread::Builder::new().spawn(move || {
            let _ = show(&early, &mut stream);
            let _ = seen.send(End::Ended);
        })?;
        // It may sit in a read for ever: it ends with this program.
        std::thread::Builder::new().spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = io::stdin().read(&mut buffer) {
                if keys.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
            let _ = ends.send(End::Left);
        })?;
        let end = steer(&self.stream, self.size, &typed, &ended);
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        drop(raw);
        Ok(end)
    }
}

fn show(early: &[u8], stream: &mut UnixStream) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(early)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        out.flush()?;
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => out.write_all(&buffer[..count])?,
        }
    }
}

/// Sends keys and sizes until the user leaves.
fn steer(
    mut stream: &UnixStream,
    mut size: (u16, u16),
    typed: &mpsc::Receiver<Vec<u8>>,
    ended: &mpsc::Receiver<End>,
) -> End {
    loop {
        match typed.recv_timeout(SIZE) {
            Ok(keys) => {
                let leave = keys.iter().position(|key| *key == LEAVE);
                let keys = &keys[..leave.unwrap_or(keys.len())];
                if !keys.is_empty() && stream.write_all(&Frame::Keys(keys.to_vec()).encode()).is_err() {
                    return End::Ended;
                }
                if leave.is_some() {
                    return End::Left;
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return End::Left,
        }
        if let Ok(end) = ended.try_recv() {
            return end;
        }
        let now = window();
        if now != size {
            size = now;
            if stream.write_all(&Frame::Size(now.0, now.1).encode()).is_err() {
                return End::Ended;
            }
        }
    }
}
