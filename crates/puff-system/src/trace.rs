//! What git-puff does, as lines of text: for `-v`, and for `GIT_PUFF_TRACE`, which is to git-puff what `GIT_TRACE` is to git.
//!
//! A line is written when something starts and another one when it ends: a verb, a program, a poll, a wait for a lock. It has
//! the time of day, the process, what it is, its command line without secrets, and, at its end, how it ended and how long it
//! took:
//!
//! ```text
//! 10:20:30.123456 4711 git    git rev-parse HEAD (in /work)
//! 10:20:30.125012 4711 git    git rev-parse HEAD (in /work) -> exit 0 in 0.001556 s
//! ```
//!
//! Where something is done, there is a span of [`tracing`]; nothing is formatted unless [`start`] was told to. Each line is
//! written at once, so that several processes can append to one file. Standard output is never written to.

mod command_line;
mod mask;

use self::command_line::CommandLine;
pub use self::command_line::write as write_words;

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use tracing::field::{Empty, Field, Visit, display};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Span, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// The variable that asks for a trace, of this process and of every git-puff that it starts.
pub const VARIABLE: &str = "GIT_PUFF_TRACE";

/// Whether this process traces, and to where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// It does not.
    Off,
    /// To standard error.
    Stderr,
    /// To a file, which is appended to.
    File(PathBuf),
}

/// What [`start`] decided; unset in a process that does not trace and was not asked to.
static STARTED: OnceLock<Target> = OnceLock::new();

impl Target {
    /// Parses a value of the variable as git does one of `GIT_TRACE`: a truth value, the number of a descriptor from 2 to
    /// 9, or an absolute path. None for anything else.
    fn parse(value: &OsStr) -> Option<Target> {
        let lower = value.to_string_lossy().to_ascii_lowercase();
        match lower.as_str() {
            "" | "0" | "false" | "no" | "off" => Some(Target::Off),
            "1" | "2" | "true" | "yes" | "on" => Some(Target::Stderr),
            "3" | "4" | "5" | "6" | "7" | "8" | "9" => Some(Target::File(Path::new("/dev/fd").join(lower))),
            _ => Some(PathBuf::from(value)).filter(|path| path.is_absolute()).map(Target::File),
        }
    }

    /// Returns the value that tells another git-puff to trace to the same place.
    fn value(&self) -> &OsStr {
        match self {
            Target::Off => OsStr::new("0"),
            Target::Stderr => OsStr::new("1"),
            // A descriptor is inherited under the same number.
            Target::File(path) => path.strip_prefix("/dev/fd").unwrap_or(path).as_os_str(),
        }
    }

    /// Opens it to append lines; none when it is off.
    fn open(&self) -> io::Result<Option<Output>> {
        match self {
            Target::Off => Ok(None),
            Target::Stderr => Ok(Some(Output::Stderr)),
            // Command lines are private, also where the secrets in them were found.
            Target::File(path) => {
                let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
                Ok(Some(Output::File(file)))
            }
        }
    }
}

/// Starts tracing, if `-v` was given (`verbose`) or the variable asks for it; the flag counts before the variable. `now`
/// formats the time of day. To be called once, before anything is done.
///
/// # Errors
/// The warning for a value that cannot be used. There is no trace then, neither here nor in the programs started from here.
pub fn start(variable: Option<&OsStr>, verbose: bool, now: fn() -> String) -> Result<(), String> {
    let target = match variable {
        _ if verbose => Ok(Target::Stderr),
        None => return Ok(()),
        Some(value) => Target::parse(value).ok_or_else(|| {
            format!("unknown value '{}' of {VARIABLE}: use 1, or an absolute path", value.to_string_lossy())
        }),
    };
    let started = target.and_then(|target| match target.open() {
        Ok(output) => {
            output.into_iter().for_each(|output| write_to(output, now));
            Ok(target)
        }
        Err(cause) => Err(format!("cannot open '{}' for {VARIABLE}: {cause}", target.value().to_string_lossy())),
    });
    let (target, warning) = started.map_or_else(|warning| (Target::Off, Err(warning)), |target| (target, Ok(())));
    let _ = STARTED.set(target);
    warning
}

fn write_to(output: Output, now: fn() -> String) {
    let lines = Lines { output, pid: std::process::id(), now };
    // It only fails where this was done before.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines));
}

/// What a program that is started is told about the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inheritance {
    /// It traces to where this process does.
    Full,
    /// Likewise, but not to its standard error: that is read as its own words.
    NotToStderr,
    /// It does not trace: it is no program of ours, or runs one that is not.
    Nothing,
}

impl Inheritance {
    /// Returns the value of the variable in a program that is started now: `Some(None)` removes it, `None` leaves it.
    pub fn value(self) -> Option<Option<&'static OsStr>> {
        match (self, STARTED.get()) {
            (Inheritance::Nothing, _) => Some(None),
            (_, None) => None,
            // Off because of a value that cannot be used, too: it was warned of once.
            (_, Some(Target::Off)) => Some(None),
            (Inheritance::NotToStderr, Some(Target::Stderr)) => Some(None),
            (_, Some(target)) => Some(Some(target.value())),
        }
    }
}

/// Something that is being done. When it is dropped, its end is reported.
#[derive(Debug)]
pub struct Activity(Span);

impl Activity {
    /// Reports that something starts. Its kind is a word; `folder` is where it is done.
    pub fn start(what: &'static str, words: &dyn fmt::Display, folder: Option<&Path>) -> Activity {
        let folder = folder.map(|folder| display(folder.display()));
        Activity(tracing::info_span!("activity", what, words = %words, folder, end = Empty))
    }

    /// Records how it ended: `exit 0`.
    pub fn ended(&self, how: &dyn fmt::Display) {
        self.0.record("end", display(how));
    }
}

/// Reports something that took no time.
pub fn report(what: &'static str, words: &dyn fmt::Display, end: &dyn fmt::Display) {
    tracing::info!(what, words = %words, end = %end);
}

/// Carries out a verb of this program, with the words of its command line.
pub fn verb<T>(words: &[OsString], end: impl Fn(&T) -> u8, work: impl FnOnce() -> T) -> T {
    let verb = Activity::start("verb", &CommandLine(words), None);
    let done = verb.0.in_scope(work);
    verb.ended(&format_args!("exit {}", end(&done)));
    done
}

/// Where lines go.
enum Output {
    Stderr,
    File(File),
}

/// Formats spans and events as lines.
struct Lines {
    output: Output,
    pid: u32,
    now: fn() -> String,
}

impl Lines {
    fn write(&self, fields: &Fields, started: Option<Instant>) {
        let Fields { what, words, folder, end } = fields;
        let mut line = format!("{} {} {what:<8} {words}", (self.now)(), self.pid);
        if let Some(folder) = folder {
            let _ = write!(line, " (in {})", command_line::word(folder));
        }
        if let Some(end) = end {
            let _ = write!(line, " -> {end}");
        }
        if let Some(started) = started {
            let _ = write!(line, " in {:.6} s", started.elapsed().as_secs_f64());
        }
        line.push('\n');
        // A trace that cannot be written stops nothing.
        let _ = match &self.output {
            Output::Stderr => io::stderr().write_all(line.as_bytes()),
            Output::File(file) => (&*file).write_all(line.as_bytes()),
        };
    }
}

/// What a span or an event says.
#[derive(Default)]
struct Fields {
    what: String,
    words: String,
    /// Only where it is not the folder of this process.
    folder: Option<String>,
    end: Option<String>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "what" => self.what = text,
            // Those of a command line are masked already, and quoted.
            "words" => self.words = command_line::one_line(&text),
            "folder" => self.folder = Some(text).filter(|folder| !is_here(Path::new(folder))),
            "end" => self.end = Some(command_line::text(&text)),
            _ => {}
        }
    }
}

fn is_here(folder: &Path) -> bool {
    std::env::current_dir().is_ok_and(|here| here == folder)
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Lines {
    /// Libraries have spans of their own: only ours are meant.
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == module_path!()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        self.write(&fields, None);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert((fields, Instant::now()));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some((fields, _)) = span.extensions_mut().get_mut::<(Fields, Instant)>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.write(&fields, None);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if let Some((fields, started)) = span.extensions_mut().get_mut::<(Fields, Instant)>() {
            fields.end.get_or_insert_with(|| "ended".to_owned());
            self.write(fields, Some(*started));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_what_they_mean_to_git() {
        let parse = |value: &str| Target::parse(OsStr::new(value));
        assert!(["", "0", "False", "no"].iter().all(|value| parse(value) == Some(Target::Off)));
        assert!(["1", "2", "TRUE", "on"].iter().all(|value| parse(value) == Some(Target::Stderr)));
        assert_eq!(parse("/tmp/trace"), Some(Target::File("/tmp/trace".into())));
        assert_eq!(parse("5").as_ref().map(Target::value), Some(OsStr::new("5")));
        assert!(["trace.log", "./trace", "12", "~/trace"].iter().all(|value| parse(value).is_none()));
    }
}
