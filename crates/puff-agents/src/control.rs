//! Talking to a supervisor: a Unix socket in the session's folder, which only the user can open.
//!
//! A request is one line of JSON, and so is its answer. After `attach` the connection is the terminal: what is printed
//! comes as it is, and keys and sizes go in frames.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::place::SessionPlace;

/// The longest path that a socket may have everywhere (`sun_path`, macOS has the shortest).
const LONGEST: usize = 100;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a supervisor is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Type this.
    Send {
        /// The keys.
        text: String,
        /// What to write into the log, where that should be told.
        remark: Option<String>,
    },
    /// End the agent, its children with it.
    Kill {
        /// Who wants that, and why.
        why: String,
    },
    /// Show the terminal on this connection.
    Attach {
        /// The columns and rows of the one who looks.
        size: (u16, u16),
    },
}

/// What a supervisor answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Why it was not done; null when it was.
    pub refused: Option<String>,
}

/// A frame from one who is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Keys that were typed.
    Keys(Vec<u8>),
    /// The terminal has this number of columns and rows now.
    Size(u16, u16),
}

impl Frame {
    /// Returns a letter, the length, and the bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (letter, bytes) = match self {
            Frame::Keys(keys) => (b'k', keys.clone()),
            Frame::Size(columns, rows) => (b's', [columns.to_be_bytes(), rows.to_be_bytes()].concat()),
        };
        let mut frame = vec![letter];
        frame.extend((bytes.len() as u32).to_be_bytes());
        frame.extend(bytes);
        frame
    }

    /// Takes the first whole frame out of what has come; none while it is not whole.
    ///
    /// # Errors
    /// When it is no frame.
    pub fn take(bytes: &mut Vec<u8>) -> io::Result<Option<Frame>> {
        let Some((head, rest)) = bytes.split_first_chunk::<5>() else { return Ok(None) };
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if length > 1 << 20 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let frame = match (head[0], body) {
            (b'k', keys) => Frame::Keys(keys.to_vec()),
            (b's', [a, b, c, d]) => Frame::Size(u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        bytes.drain(..5 + length);
        Ok(Some(frame))
    }
}

/// Returns a path to a socket that is short enough: its folder by a short name, where its own is too long. The short
/// name goes with what is returned beside it.
///
/// # Errors
/// When no short name can be made.
pub fn short(socket: &Path) -> io::Result<(PathBuf, Option<ShortName>)> {
    if socket.as_os_str().len() <= LONGEST {
        return Ok((socket.to_owned(), None));
    }
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    match tempfile::Builder::new().prefix("puff-").tempdir() {
        Ok(temporary) => {
            let link = temporary.path().join("s");
            std::os::unix::fs::symlink(folder, &link)?;
            Ok((link.join(name), Some(ShortName::Link(temporary))))
        }
        // Where there is no place for temporary files, Linux has short names of its own.
        Err(_) if cfg!(target_os = "linux") => {
            let open = std::fs::File::open(folder)?;
            let path = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())).join(name);
            Ok((path, Some(ShortName::Open(open))))
        }
        Err(cause) => Err(cause),
    }
}

/// What a short name needs as long as it is used.
#[derive(Debug)]
pub enum ShortName {
    /// The link.
    Link(tempfile::TempDir),
    /// The folder, open.
    Open(std::fs::File),
}

/// Asks the supervisor of a session.
///
/// # Errors
/// When no supervisor listens, or no answer comes.
pub fn ask(place: &SessionPlace, request: &Request) -> io::Result<Reply> {
    let (mut stream, mut answers) = open(place)?;
    say(&mut stream, request)?;
    hear(&mut answers)
}

/// Attaches to a session: the connection, once the supervisor agrees, and the first that it showed.
///
/// # Errors
/// When no supervisor listens, or it refuses.
pub fn attach(place: &SessionPlace, size: (u16, u16)) -> io::Result<(UnixStream, Vec<u8>)> {
    let (mut stream, mut answers) = open(place)?;
    say(&mut stream, &Request::Attach { size })?;
    match hear(&mut answers)?.refused {
        Some(why) => Err(io::Error::other(why)),
        None => {
            stream.set_read_timeout(None)?;
            let early = answers.buffer().to_vec();
            Ok((stream, early))
        }
    }
}

fn open(place: &SessionPlace) -> io::Result<(UnixStream, BufReader<UnixStream>)> {
    let (path, _link) = short(&place.socket())?;
    // A link may lead to a socket of another user, who would be told what is meant for the agent.
    let kind = place.socket().symlink_metadata()?.file_type();
    if !std::os::unix::fs::FileTypeExt::is_socket(&kind) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a socket"));
    }
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let answers = BufReader::new(stream.try_clone()?);
    Ok((stream, answers))
}

fn say(stream: &mut UnixStream, request: &Request) -> io::Result<()> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn hear(answers: &mut BufReader<UnixStream>) -> io::Result<Reply> {
    let mut line = String::new();
    answers.by_ref().take(1 << 16).read_line(&mut line)?;
    if line.is_empty() {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    Ok(serde_json::from_str(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_in_whatever_pieces() {
        let frames = [Frame::Keys(b"ls\r".to_vec()), Frame::Size(80, 24), Frame::Keys(Vec::new())];
        let sent: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        let (mut come, mut taken) = (Vec::new(), Vec::new());
        for byte in sent {
            come.push(byte);
            taken.extend(Frame::take(&mut come).unwrap());
        }
        assert_eq!(taken, frames);
        assert!(Frame::take(&mut vec![b'?', 0, 0, 0, 0]).is_err());
        assert!(Frame::take(&mut vec![b'k', 255, 0, 0, 0]).is_err());
    }

    #[test]
    fn a_long_path_has_a_short_name_as_long_as_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("x".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        std::fs::write(deep.join("control"), "here").unwrap();
        let (path, link) = short(&deep.join("control")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"here");
        assert!(path.as_os_str().len() <= LONGEST);
        drop(link);
        assert!(!path.exists());
    }
}
