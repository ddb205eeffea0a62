//! The log of a session: every byte it printed, or the newest of them.
//!
//! A log with a limit is kept in pieces. The newest is `log`; a full one becomes `log.<offset>`, named by where it
//! begins in the whole output, and the oldest goes as soon as the others hold enough. What git-puff did is in it as an
//! application program command (ECMA-48, 8.3.2), which every terminal overlooks.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::place::SessionPlace;

/// How many pieces a full log has, beside the one that is being written.
const PIECES: u64 = 8;

/// The smallest piece.
const SMALLEST: u64 = 4 << 10;

/// What a remark of git-puff begins and ends with.
const REMARK: (&[u8], &[u8]) = (b"\x1b_git-puff: ", b"\x1b\\");

/// Writes a log. What cannot be written is counted, and said in the log as soon as that is possible again.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    file: File,
    /// Where the newest piece begins, and how long it is.
    start: u64,
    length: u64,
    /// How long a piece becomes; none when there is only one.
    piece: Option<u64>,
    limit: u64,
    full: VecDeque<(u64, u64)>,
    missed: u64,
    trouble: Option<String>,
}

impl Writer {
    /// Begins the log of a session; `limit` bytes of it are kept, 0 for all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(place: &SessionPlace, limit: u64) -> io::Result<Writer> {
        let file = puff_system::files::ours().create(true).append(true).open(place.log())?;
        Ok(Writer {
            folder: place.folder().to_owned(),
            length: file.metadata()?.len(),
            file,
            start: 0,
            piece: (limit > 0).then(|| (limit / PIECES).max(SMALLEST)),
            limit,
            full: VecDeque::new(),
            missed: 0,
            trouble: None,
        })
    }

    /// Adds output.
    pub fn append(&mut self, bytes: &[u8]) {
        if self.missed > 0 {
            let gap = format!("{} bytes are missing here: the log could not be written", self.missed);
            if self.write(&[REMARK.0, gap.as_bytes(), REMARK.1].concat()).is_ok() {
                self.missed = 0;
                self.trouble = None;
            }
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = self.piece.map_or(usize::MAX, |piece| (piece - self.length.min(piece)) as usize);
            let now = &rest[..rest.len().min(room.max(1))];
            if let Err(cause) = self.write(now) {
                self.missed += rest.len() as u64;
                self.trouble = Some(cause.to_string());
                return;
            }
            rest = &rest[now.len()..];
            if self.piece.is_some_and(|piece| self.length >= piece) {
                self.turn_over();
            }
        }
    }

    /// Adds what git-puff did, in words.
    pub fn remark(&mut self, words: &str) {
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.append(&[REMARK.0, words.as_bytes(), REMARK.1].concat());
    }

    /// Returns why the log cannot be written, while that is so, and how many bytes are missing.
    pub fn trouble(&self) -> Option<String> {
        let why = self.trouble.as_ref()?;
        Some(format!("{} bytes of output are not in the log: {why}", self.missed))
    }

    /// Writes all bytes or none, so that what is missing is known.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(cause) = self.file.write_all(bytes) {
            let _ = self.file.set_len(self.length);
            return Err(cause);
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Starts a new piece when the newest is full.
    fn turn_over(&mut self) {
        // There is a `log` at every moment: the full one has both names until the next one takes the first.
        let (log, next) = (self.folder.join("log"), self.folder.join("log.next"));
        let turn = || {
            let piece = piece_path(&self.folder, self.start);
            // Where a file system knows no second name, the piece is a copy.
            fs::hard_link(&log, &piece).or_else(|_| fs::copy(&log, &piece).map(drop))?;
            let _ = fs::remove_file(&next);
            let file = File::options().create_new(true).append(true).open(&next)?;
            fs::rename(&next, &log)?;
            Ok::<_, io::Error>(file)
        };
        let turned = turn();
        let Ok(file) = turned else {
            // It goes on growing; nothing is lost.
            self.piece = self.piece.map(|piece| piece.saturating_mul(2));
            return;
        };
        self.file = file;
        self.full.push_back((self.start, self.length));
        self.start += self.length;
        self.length = 0;
        let mut kept: u64 = self.full.iter().map(|(_, length)| length).sum();
        while let Some((start, length)) = self.full.front().copied().filter(|(_, length)| kept - length >= self.limit) {
            let _ = fs::remove_file(piece_path(&self.folder, start));
            self.full.pop_front();
            kept -= length;
        }
    }
}

fn piece_path(folder: &Path, start: u64) -> PathBuf {
    folder.join(format!("log.{start:016}"))
}

/// A piece that can be read: where it begins in the whole output.
struct Piece {
    start: u64,
    file: File,
    length: u64,
}

/// Returns the pieces that there are, oldest first.
fn pieces(place: &SessionPlace) -> io::Result<Vec<Piece>> {
    // The newest first: when it is turned over meanwhile, it is met again under its other name.
    let newest = puff_system::files::ours().read(true).open(place.log())?;
    let itself = newest.metadata()?.ino();
    let mut found = Vec::new();
    let mut starts: Vec<u64> = fs::read_dir(place.folder())?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("log.")?.parse().ok())
        .collect();
    starts.sort_unstable();
    let mut end = 0;
    let mut newest_start = None;
    for start in starts {
        // An old piece may go while we look.
        let piece = puff_system::files::ours().read(true).open(piece_path(place.folder(), start));
        let Ok(file) = piece else { continue };
        let meta = file.metadata()?;
        if meta.ino() == itself {
            newest_start = Some(start);
            break;
        }
        end = start + meta.len();
        found.push(Piece { start, length: meta.len(), file });
    }
    let length = newest.metadata()?.len();
    found.push(Piece { start: newest_start.unwrap_or(end), file: newest, length });
    Ok(found)
}

/// Returns the last bytes of a log, at most `most`.
///
/// # Errors
/// When it cannot be read.
pub fn tail(place: &SessionPlace, most: u64) -> io::Result<Vec<u8>> {
    let mut parts = Vec::new();
    let mut wanted = most;
    for mut piece in pieces(place)?.into_iter().rev() {
        let take = piece.length.min(wanted);
        piece.file.seek(SeekFrom::Start(piece.length - take))?;
        let mut part = Vec::new();
        piece.file.take(take).read_to_end(&mut part)?;
        parts.push(part);
        wanted -= take;
        if wanted == 0 {
            break;
        }
    }
    parts.reverse();
    Ok(parts.concat())
}

/// Reads a log as it grows.
#[derive(Debug)]
pub struct Follower<'p> {
    place: &'p SessionPlace,
    at: u64,
    file: Option<File>,
}

impl<'p> Follower<'p> {
    /// Starts `back` bytes before the end.
    ///
    /// # Errors
    /// When there is no log.
    pub fn begin(place: &'p SessionPlace, back: u64) -> io::Result<Follower<'p>> {
        let pieces = pieces(place)?;
        let first = pieces.first().map_or(0, |piece| piece.start);
        let end = pieces.last().map_or(0, |piece| piece.start + piece.length);
        Ok(Follower { place, at: end.saturating_sub(back).max(first), file: None })
    }

    /// Returns what has come since, at most a few MiB at once; empty when nothing has.
    ///
    /// # Errors
    /// When the log is gone.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        const MOST: u64 = 4 << 20;
        let mut part = Vec::new();
        if let Some(file) = &mut self.file {
            (&mut *file).take(MOST).read_to_end(&mut part)?;
        }
        if part.is_empty() {
            // Nothing more in this piece: the output goes on in the next one, if there is one.
            let at = self.at;
            let next = pieces(self.place)?.into_iter().find(|piece| piece.start + piece.length > at);
            if let Some(mut piece) = next {
                // The oldest may be gone before it was read.
                self.at = at.max(piece.start);
                piece.file.seek(SeekFrom::Start(self.at - piece.start))?;
                (&mut piece.file).take(MOST).read_to_end(&mut part)?;
                self.file = Some(piece.file);
            }
        }
        self.at += part.len() as u64;
        Ok(part)
    }
}

/// Returns output as people and programs read it: without the sequences that steer a terminal, remarks on lines of
/// their own.
pub fn text_of(output: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = output;
    while let Some(at) = rest.windows(REMARK.0.len()).position(|window| window == REMARK.0) {
        let behind = &rest[at + REMARK.0.len()..];
        let end = behind.windows(2).position(|window| window == REMARK.1).unwrap_or(behind.len());
        text += &plain(&rest[..at]);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text += &format!("[git-puff] {}\n", String::from_utf8_lossy(&behind[..end]));
        rest = &behind[(end + 2).min(behind.len())..];
    }
    text + &plain(rest)
}

fn plain(output: &[u8]) -> String {
    let stripped = anstream::adapter::strip_bytes(output).into_vec();
    let text = String::from_utf8_lossy(&stripped);
    // A bare return begins the line again: what a spinner wrote before is gone from the screen too.
    let lines = text.split('\n').map(|line| {
        let line = line.trim_end_matches('\r');
        line.rsplit('\r').next().unwrap_or(line)
    });
    let lines: Vec<&str> = lines.collect();
    lines.join("\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path) -> SessionPlace {
        let place = SessionPlace::new(folder.join("s"));
        fs::create_dir_all(place.folder()).unwrap();
        place
    }

    #[test]
    fn a_log_without_a_limit_is_all_that_was_printed() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        let mut writer = Writer::begin(&place, 0).unwrap();
        let output: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        output.chunks(777).for_each(|chunk| writer.append(chunk));
        assert_eq!(fs::read(place.log()).unwrap(), output);
        assert_eq!(tail(&place, 10).unwrap(), output[output.len() - 10..]);
    }

    #[test]
    fn a_log_with_a_limit_keeps_the_newest_and_little_more() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        let limit = PIECES * SMALLEST;
        let mut writer = Writer::begin(&place, limit).unwrap();
        let output: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        let mut follower = Follower::begin(&place, 0).unwrap();
        let mut followed = Vec::new();
        for chunk in output.chunks(1000) {
            writer.append(chunk);
            followed.extend(follower.read().unwrap());
        }
        assert_eq!(tail(&place, limit).unwrap(), output[output.len() - limit as usize..]);
        let sizes = fs::read_dir(place.folder()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
        assert!(sizes.sum::<u64>() <= limit + 2 * SMALLEST);
        loop {
            let more = follower.read().unwrap();
            if more.is_empty() {
                break;
            }
            followed.extend(more);
        }
        assert_eq!(followed, output);
    }

    #[test]
    fn people_read_words_and_remarks_without_what_steers_a_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        let mut writer = Writer::begin(&place, 0).unwrap();
        writer.append(b"\x1b[31mred\x1b[0m 10%\r20%\rdone\r\nnext");
        writer.remark("poked");
        writer.append("\x1b]0;title\x07gr\u{fc}n\n".as_bytes());
        assert_eq!(text_of(&tail(&place, 1000).unwrap()), "done\nnext\n[git-puff] poked\ngr\u{fc}n\n");
    }
}
