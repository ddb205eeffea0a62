//! Output that is captured for another program instead of a terminal.

use std::fmt;
use std::io;
use std::sync::Arc;

use serde_json::Value;

use crate::error::Error;

/// A message or a result of a verb, as a value.
#[derive(Debug)]
pub enum OutputEvent<'s> {
    /// A result: a JSON document.
    Document(Value),
    /// One of a stream of results.
    Event(Value),
    /// A result that is not a document: text, or the bytes of a patch.
    Bytes(&'s [u8]),
    /// A message.
    Note(&'s str),
    /// A warning.
    Warning(&'s str),
    /// The next step.
    Hint(&'s str),
    /// A failure of a part of the work.
    Error(&'s Error),
    /// The progress of the work.
    Step {
        /// The number of completed steps.
        done: u64,
        /// The number of all steps.
        total: u64,
        /// The current step.
        line: &'s str,
    },
}

/// Receives the output of a verb.
pub type OutputListener = Arc<dyn Fn(OutputEvent<'_>) + Send + Sync>;

/// A listener that replaces the terminal, and the replacement of standard input.
#[derive(Clone)]
pub(super) struct CapturedOutput {
    pub listener: OutputListener,
    pub input: Option<Vec<u8>>,
}

impl CapturedOutput {
    pub fn emit(&self, event: OutputEvent<'_>) {
        (self.listener)(event);
    }

    pub fn document(&self, json: serde_json::Result<Value>, of: impl FnOnce(Value) -> OutputEvent<'static>) {
        match json {
            Ok(json) => self.emit(of(json)),
            Err(cause) => {
                self.emit(OutputEvent::Error(&Error::failed("cannot write the result as JSON").because(cause)))
            }
        }
    }

    pub fn input(&self) -> io::Result<&[u8]> {
        let none = || io::Error::new(io::ErrorKind::Unsupported, "standard input is not available");
        self.input.as_deref().ok_or_else(none)
    }
}

impl fmt::Debug for CapturedOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CapturedOutput")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::{Format, Ui};
    use super::*;

    #[test]
    fn who_hears_instead_of_a_terminal_gets_values() {
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&said);
        let listener: OutputListener = Arc::new(move |said| kept.lock().unwrap().push(format!("{said:?}")));
        let ui = Ui::captured_by(Arc::clone(&listener), Some(b"given".to_vec()), Format::Json);
        assert_eq!((ui.format(), ui.has_input(), ui.input().unwrap()), (Format::Json, true, b"given".to_vec()));
        ui.json(&["\u{1b}"]);
        ui.warn("careful");
        ui.bytes(b"\xff");
        ui.bar(3).show(1, "one");
        let wanted = [
            "Document(Array [String(\"\\u{1b}\")])",
            "Warning(\"careful\")",
            "Bytes([255])",
            "Step { done: 1, total: 3, line: \"one\" }",
        ];
        assert_eq!(*said.lock().unwrap(), wanted);
        let silent = Ui::captured_by(listener, None, Format::Human);
        assert!(!silent.has_input() && silent.input().is_err() && !silent.is_terminal_out());
    }
}
