//! The only writer to standard output and standard error, and their replacement when a verb is called within the
//! program.
//!
//! Results go to standard output, messages to standard error. No control character of a text reaches a terminal, even
//! if the caller forgot to clean it; JSON escapes them. A closed pipe (`… | head`) ends the program silently. Progress
//! bars are suspended while a line is written.

mod bars;
mod capture;

pub use self::bars::{Bar, Progress};
pub use self::capture::{OutputEvent, OutputListener};

use std::borrow::Cow;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use indicatif::MultiProgress;
use serde::Serialize;

use self::capture::CapturedOutput;
use crate::error::{Error, Kind};
use crate::model::Schema;
use crate::model::documents::{self, Failure};
use crate::process::{Cmd, Foreground};
use crate::render::tables::is_heading;
use crate::render::text::{clean_block, clean_line, cut, is_unsafe};

/// The width of an output that is not a terminal.
const COLUMNS: usize = 80;

/// Maximum width of an error, a hint or a cause, because other programs may print pages.
const LONGEST: usize = 500;

/// The exit code after a closed pipe: as a shell reports a program killed by SIGPIPE.
const CLOSED_PIPE: i32 = 141;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const HEADING: Style = Style::new().bold();

/// Returns the output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    Human,
    /// JSON documents.
    Json,
    /// `KEY=VALUE` lines.
    Porcelain,
}

/// The writer.
#[derive(Debug)]
pub struct Ui {
    format: Format,
    bars: OnceLock<MultiProgress>,
    /// Whether the document was printed: each call prints only one.
    answered: AtomicBool,
    /// The listener that receives the output instead of a terminal.
    captured: Option<CapturedOutput>,
    /// The width that the environment sets.
    columns: OnceLock<usize>,
}

impl Ui {
    /// Creates a writer of results in this format.
    pub fn new(format: Format) -> Ui {
        Ui::with(format, None)
    }

    /// Creates a writer that passes all output to a listener. Standard input is `input`, or unavailable.
    pub fn captured_by(listener: OutputListener, input: Option<Vec<u8>>, format: Format) -> Ui {
        Ui::with(format, Some(CapturedOutput { listener, input }))
    }

    fn with(format: Format, captured: Option<CapturedOutput>) -> Ui {
        Ui { format, bars: OnceLock::new(), answered: AtomicBool::new(false), captured, columns: OnceLock::new() }
    }

    /// Returns whether the output is captured by a listener.
    pub fn is_told(&self) -> bool {
        self.captured.is_some()
    }

    /// Sets colours as git's `color.ui` and `color.puff` do: `always`, `never`, or what the output supports.
    /// `in_pager` says that git runs a pager, which supports them.
    pub fn colour(&self, setting: Option<&str>, in_pager: bool) {
        let choice = match setting.map(str::to_ascii_lowercase).as_deref() {
            Some("always") => anstream::ColorChoice::Always,
            Some("never" | "false" | "no" | "off" | "0") => anstream::ColorChoice::Never,
            _ if in_pager => anstream::ColorChoice::Always,
            _ => return,
        };
        choice.write_global();
    }

    /// Returns the output format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns whether standard output is a terminal.
    pub fn is_terminal_out(&self) -> bool {
        !self.is_told() && io::stdout().is_terminal()
    }

    /// Returns whether standard error is a terminal.
    pub fn is_terminal_err(&self) -> bool {
        !self.is_told() && io::stderr().is_terminal()
    }

    /// Returns whether standard input may hold data: it is not a terminal.
    pub fn has_input(&self) -> bool {
        match &self.captured {
            Some(captured) => captured.input.is_some(),
            None => !io::stdin().is_terminal(),
        }
    }

    /// Reads all of standard input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn input(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns a reader of standard input.
    ///
    /// # Errors
    /// When there is none.
    pub fn reader(&self) -> io::Result<Box<dyn BufRead + '_>> {
        match &self.captured {
            Some(captured) => Ok(Box::new(captured.input()?)),
            None => Ok(Box::new(io::stdin().lock())),
        }
    }

    /// Sets the width from the environment, as git does; in git's pager there is no other source.
    pub fn fit(&self, columns: Option<usize>) {
        if let Some(columns) = columns {
            let _ = self.columns.set(columns);
        }
    }

    /// Returns the width in columns: the one that was set, or that of the terminal; 80 without a terminal.
    pub fn width(&self) -> usize {
        let said = self.columns.get().copied();
        said.or_else(|| terminal_columns().filter(|columns| *columns > 0)).unwrap_or(COLUMNS)
    }

    /// Writes one line of a result.
    pub fn line(&self, text: &str) {
        self.out(&format!("{}\n", clean_line(text)));
    }

    /// Writes a result of several lines; the headings of tables are bold on a terminal.
    pub fn block(&self, text: &str) {
        let text = ended(clean_block(text));
        let dressed = |line: &str| match line.trim_end() {
            heading if is_heading(heading) => format!("{HEADING}{heading}{HEADING:#}\n"),
            _ => line.to_owned(),
        };
        self.out(&text.split_inclusive('\n').map(dressed).collect::<String>());
    }

    /// Writes untrusted text, without terminal control sequences.
    pub fn words(&self, text: &str) {
        self.out(&clean_block(text));
    }

    /// Writes trusted text with its own colours: the help.
    pub fn styled(&self, text: &str) {
        self.out(text);
    }

    /// Writes a long result through git's pager (`pager` is git's command) on a terminal; otherwise, or when the pager
    /// cannot run, as [`Ui::block`] does.
    pub fn page(&self, text: &str, pager: Option<&str>) {
        let pager = pager.map(str::trim).filter(|pager| !matches!(*pager, "" | "cat"));
        let paged = match pager {
            Some(pager) if self.format == Format::Human && self.is_terminal_out() => page(&clean_block(text), pager),
            _ => false,
        };
        if !paged {
            self.block(text);
        }
    }

    /// Writes a JSON document, indented.
    pub fn json(&self, value: &impl Serialize) {
        self.answered.store(true, Ordering::Relaxed);
        if let Some(captured) = &self.captured {
            return captured.document(serde_json::to_value(value), OutputEvent::Document);
        }
        self.document(serde_json::to_string_pretty(value));
    }

    /// Writes a JSON document in a line: one of a stream.
    pub fn json_line(&self, value: &impl Serialize) {
        if let Some(captured) = &self.captured {
            return captured.document(serde_json::to_value(value), OutputEvent::Event);
        }
        self.document(serde_json::to_string(value));
    }

    fn document(&self, json: serde_json::Result<String>) {
        match json {
            Ok(json) => self.raw(format!("{}\n", escape_json(&json)).as_bytes()),
            Err(cause) => give_up(&io::Error::other(cause)),
        }
    }

    /// Writes `KEY=VALUE` lines; a value is one line, whatever it holds.
    pub fn pairs(&self, pairs: &[(&str, String)]) {
        let lines: String = pairs.iter().map(|(key, value)| format!("{key}={}\n", clean_line(value))).collect();
        self.raw(lines.as_bytes());
    }

    /// Writes bytes as they are (a patch); on a terminal, as harmless text.
    pub fn bytes(&self, bytes: &[u8]) {
        if self.is_terminal_out() {
            let text = clean_block(&String::from_utf8_lossy(bytes));
            self.raw(text.as_bytes());
        } else {
            self.raw(bytes);
        }
    }

    /// Prints a message.
    pub fn note(&self, text: &str) {
        if let Some(captured) = &self.captured {
            return captured.emit(OutputEvent::Note(text));
        }
        self.err(&ended(clean_block(text)));
    }

    /// Prints a warning; the command continues.
    pub fn warn(&self, text: &str) {
        if let Some(captured) = &self.captured {
            return captured.emit(OutputEvent::Warning(text));
        }
        self.err(&worded(WARNING, "warning", text));
    }

    /// Prints the next step.
    pub fn hint(&self, text: &str) {
        if let Some(captured) = &self.captured {
            return captured.emit(OutputEvent::Hint(text));
        }
        self.err(&worded(HINT, "hint", text));
    }

    /// Prints an error, its hint and its causes; a line each.
    pub fn error(&self, error: &Error) {
        if let Some(captured) = &self.captured {
            return captured.emit(OutputEvent::Error(error));
        }
        self.err(&error_lines(error));
    }

    /// Returns whether the user can be asked on a terminal.
    pub fn can_ask(&self) -> bool {
        self.captured.is_none() && io::stdin().is_terminal() && self.is_terminal_err()
    }

    /// Asks the user to confirm; false without a terminal.
    pub fn confirm(&self, question: &str) -> bool {
        if !io::stdin().is_terminal() || !self.is_terminal_err() {
            return false;
        }
        self.note(&format!("{question} [y/N]"));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// Prints the failure of the call; as a JSON document if JSON is requested and none was printed yet.
    pub fn failure(&self, error: &Error) {
        if self.format == Format::Json && !self.answered.load(Ordering::Relaxed) {
            self.json(&failure(error));
        }
        self.error(error);
    }

    /// Returns progress bars for watched runs, visible only on a terminal.
    pub fn progress(&self) -> Progress {
        Progress::new(self.shown_bars(), self.captured.clone())
    }

    fn shown_bars(&self) -> Option<MultiProgress> {
        let shown = self.format == Format::Human && self.is_terminal_err();
        shown.then(|| self.bars.get_or_init(MultiProgress::new).clone())
    }

    /// Returns a progress bar of `total` steps, visible only on a terminal.
    pub fn bar(&self, total: u64) -> Bar {
        Bar::new(self.shown_bars(), self.captured.clone(), total)
    }

    /// Writes text, which may contain colours, to standard output.
    fn out(&self, text: &str) {
        if let Some(captured) = &self.captured {
            let plain = anstream::adapter::strip_str(text).to_string();
            return captured.emit(OutputEvent::Bytes(plain.as_bytes()));
        }
        self.aside(|| {
            let mut out = anstream::stdout().lock();
            check(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        });
    }

    /// Writes bytes to standard output, unchanged.
    fn raw(&self, bytes: &[u8]) {
        if let Some(captured) = &self.captured {
            return captured.emit(OutputEvent::Bytes(bytes));
        }
        self.aside(|| {
            let mut out = io::stdout().lock();
            check(out.write_all(bytes).and_then(|()| out.flush()));
        });
    }

    /// Writes text, which may contain colours, to standard error. A failure cannot be reported.
    fn err(&self, text: &str) {
        self.aside(|| {
            let _ = anstream::stderr().lock().write_all(text.as_bytes());
        });
    }

    /// Writes while the progress bars are suspended.
    fn aside(&self, write: impl FnOnce()) {
        match self.bars.get() {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }
}

/// Returns the JSON document of a failure.
pub fn failure(error: &Error) -> Failure {
    Failure {
        schema: Schema::of(documents::ERROR),
        exit: error.kind().exit_code(),
        error: error.message().to_owned(),
        hint: error.next_step().map(str::to_owned),
        causes: error.causes(),
    }
}

/// Returns a line with a coloured prefix.
fn worded(style: Style, word: &str, text: &str) -> String {
    format!("{style}{word}:{style:#} {}\n", cut(clean_line(text).trim(), LONGEST))
}

fn error_lines(error: &Error) -> String {
    let mut lines = worded(ERROR, "error", error.message());
    lines.extend(error.next_step().map(|hint| worded(HINT, "hint", hint)));
    lines.extend(error.causes().iter().map(|cause| worded(Style::new(), "cause", cause)));
    lines
}

/// Adds a final line end to a non-empty text.
fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Escapes every unsafe character of JSON as `\uXXXX`; parsers read the same document.
fn escape_json(json: &str) -> Cow<'_, str> {
    // A list of a thousand runs is megabytes, and almost always plain ASCII.
    if json.bytes().all(|byte| byte == b'\n' || matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        // A line end is part of the layout: inside a string it is already escaped.
        if character != '\n' && is_unsafe(character) {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| escaped += &format!("\\u{unit:04x}"));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Shows a cleaned text in the pager, and waits for it; false when the pager could not be run.
fn page(text: &str, pager: &str) -> bool {
    // Defaults as in git, unless the user has set the variables, even to nothing.
    let line = format!("LESS=\"${{LESS-FRX}}\" LV=\"${{LV--c}}\"; export LESS LV; {pager}");
    let ended = Foreground::Terminal.run_on_terminal(&Cmd::shell(&line), Some(text.as_bytes()));
    // A shell exits with 126 or 127 when a program is not executable or not found.
    ended.is_ok_and(|status| !matches!(status.code(), Some(126 | 127)))
}

/// Ends the program when standard output cannot be written.
fn check(written: io::Result<()>) {
    match written {
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => std::process::exit(CLOSED_PIPE),
        Err(cause) => give_up(&cause),
        Ok(()) => {}
    }
}

/// Ends the program with an error, so that a result that was not written does not look complete.
fn give_up(cause: &io::Error) -> ! {
    let error = Error::failed("cannot write the result to standard output");
    let lines = error_lines(&error) + &worded(Style::new(), "cause", &cause.to_string());
    let _ = anstream::stderr().write_all(lines.as_bytes());
    std::process::exit(i32::from(Kind::Failed.exit_code()))
}

#[cfg(unix)]
fn terminal_columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn terminal_columns() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_carries_the_original_and_no_control_character() {
        let original = "a\u{1b}[2J\u{9b}b\u{7f}\u{202e}\u{e0041}\r\nü";
        let json = serde_json::to_string_pretty(&vec![original]).unwrap();
        let escaped = escape_json(&json);
        assert!(!escaped.chars().any(|c| c != '\n' && is_unsafe(c)), "{escaped}");
        assert!(escaped.contains("\\u009b"), "{escaped}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).unwrap(), [original]);
    }

    #[test]
    fn an_error_is_a_line_for_each_thing_to_know() {
        let error = Error::failed("'a\u{1b}[2Jb' is\nnot there").hint("look").because_it_said(&"no ".repeat(999));
        let lines = anstream::adapter::strip_str(&error_lines(&error)).to_string();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[..2], ["error: 'a�[2Jb' is not there", "hint: look"]);
        assert_eq!((lines.len(), crate::render::text::columns(lines[2]) <= 7 + LONGEST), (3, true));
    }
}
