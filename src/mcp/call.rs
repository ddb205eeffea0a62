//! One tool call: its verb, the verb's captured output, and the result.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::Parser;
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Map, Value, json};

use super::allow::{Allowed, refused};
use super::allowed_folders::AllowedFolders;
use super::arguments::{self, Args, wrong};
use super::text::{self, outside};
use super::tools::{Answer, ITEMS, MOST_ITEMS, MOST_TEXT, TEXT, Tool};
use crate::app::{App, Providers};
use crate::cli::{self, Cli, Invocation};
use crate::error::{Error, Exit, Kind, Result, exit_code};
use crate::model::Schema;
use crate::model::documents::RUNS;
use crate::process::{Cancellation, Foreground};
use crate::render::text::clean_block;
use crate::trace;
use crate::ui::{self, OutputEvent, Ui};

/// The progress of a call.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The completed and total steps, if known.
    pub step: Option<(u64, u64)>,
    /// The current step.
    pub line: String,
}

/// The output of a verb.
#[derive(Default)]
struct CapturedOutput {
    documents: Vec<Value>,
    /// The runs named in its events.
    runs: Vec<String>,
    bytes: Vec<u8>,
    notes: Vec<String>,
}

/// What a call is given to open a repository with.
#[derive(Clone)]
pub struct CallContext {
    /// When the request has ended.
    pub cancellation: Cancellation,
    /// The providers that runs can have.
    pub providers: Providers,
}

/// A tool call and its progress listener.
pub struct Call<'c> {
    /// The tool.
    pub tool: &'static Tool,
    /// Its arguments.
    pub args: Args,
    /// The folders it may use.
    pub places: &'c AllowedFolders,
    /// How its repository is opened.
    pub context: CallContext,
    /// Receives its progress.
    pub report: Arc<dyn Fn(Progress) + Send + Sync>,
}

impl Call<'_> {
    /// Runs the call and returns its result. A failure is a result too.
    pub fn run(mut self) -> CallToolResult {
        for (name, usual) in self.tool.usual {
            self.args.entry(*name).or_insert_with(|| (*usual).into());
        }
        let captured = Arc::new(Mutex::new(CapturedOutput::default()));
        let foreground = Foreground::captured();
        let result = self.perform(&captured, &foreground);
        let captured = std::mem::take(&mut *lock(&captured));
        self.answer(captured, &foreground, result).unwrap_or_else(|error| failure(&error, Vec::new()))
    }

    fn perform(&self, captured: &Arc<Mutex<CapturedOutput>>, foreground: &Foreground) -> Result<Exit> {
        let named = match self.args.get("repository") {
            None | Some(Value::Null) => None,
            Some(Value::String(named)) => Some(named.as_str()),
            Some(other) => return Err(wrong("repository", other, "a folder")),
        };
        let words = self.tool.words(&self.args)?;
        let folder = self.places.folder(named)?;
        for path in arguments::paths(self.tool.verb, &self.args) {
            self.places.path(path, Some(&folder))?;
        }
        let done = self.run_command(words, &folder, captured, foreground);
        if let Some(then) = self.tool.then.filter(|_| done.is_ok() || self.tool.waits) {
            let seen = lock(captured).runs.clone();
            for words in then(&self.args, &seen) {
                self.run_command(words, &folder, captured, foreground)?;
            }
        }
        done
    }

    /// Runs a command line in a folder.
    fn run_command(
        &self,
        words: Vec<OsString>,
        folder: &Path,
        captured: &Arc<Mutex<CapturedOutput>>,
        foreground: &Foreground,
    ) -> Result<Exit> {
        let cli = Cli::try_parse_from(&words).map_err(|said| cli::explain(&said, self.tool.verb[0]))?;
        let (captured, report) = (Arc::clone(captured), Arc::clone(&self.report));
        let ui = Ui::captured_by(
            Arc::new(move |event| lock(&captured).record(event, report.as_ref())),
            None,
            cli.format(false),
        );
        let here = || {
            let CallContext { cancellation, providers } = self.context.clone();
            let mut app = App::open_in(folder, cancellation, foreground.clone(), providers)?;
            let allowed = Allowed::of(&app.settings, |name| Tool::named(name).is_some())?;
            if self.tool.is_allowed(&allowed) {
                app.permissions = allowed.permissions(self.tool.name);
                app.within = self.places.roots().to_vec();
                Ok(app)
            } else {
                Err(refused(self.tool.name, self.tool.groups))
            }
        };
        let call = Invocation { app: &here, ui: &ui, serve_mcp: &|| Err(Error::usage("a tool cannot serve")) };
        trace::verb(&words, exit_code, || cli.run(&call))
    }

    fn answer(
        &self,
        captured: CapturedOutput,
        foreground: &Foreground,
        result: Result<Exit>,
    ) -> Result<CallToolResult> {
        let CapturedOutput { mut documents, bytes, mut notes, .. } = captured;
        if self.tool.answer == Answer::Runs {
            documents = vec![json!({"schema": Schema::of(RUNS), "runs": documents})];
        }
        let said = String::from_utf8_lossy(&foreground.output()).trim_end().to_owned();
        if !said.is_empty() {
            notes.push(format!("git said:\n{said}"));
        }
        let exit = exit_code(&result);
        match result {
            // For a tool that waits, "not finished yet" and "failed" are results, not errors.
            Err(error) if self.tool.waits && matches!(error.kind(), Kind::Timeout | Kind::TaskError) => {
                notes.push(sentence(&error));
            }
            Err(error) => {
                let kept = documents.iter().map(ToString::to_string).chain(notes).collect();
                return Ok(failure(&error, kept));
            }
            Ok(Exit::With(Kind::Failed)) if documents.is_empty() && bytes.is_empty() => {
                return Ok(failure(&Error::failed(notes.join("; ")), Vec::new()));
            }
            Ok(_) => {}
        }
        let mut meta = Map::new();
        meta.insert("git-puff/exit".into(), exit.into());
        let (structured, mut content) = match (self.tool.answer, documents.pop()) {
            (Answer::Done, _) => (None, Vec::new()),
            (Answer::List(_, field), Some(document)) => self.page(document, field).map(whole)?,
            (_, Some(document)) => whole(document),
            (_, None) => {
                let (offset, limit) = (number(&self.args, "offset", 0)?, number(&self.args, "limit", TEXT)?);
                let part = text::part(&bytes, offset, limit.min(MOST_TEXT));
                meta.insert("git-puff/outside".into(), json!(["text"]));
                (serde_json::to_value(&part).ok(), vec![ContentBlock::text(text::fenced(&part))])
            }
        };
        // Text that is printed beside a document.
        if !bytes.is_empty() && structured.as_ref().is_some_and(|document| document.get("text").is_none()) {
            content.push(ContentBlock::text(text::fenced(&text::part(&bytes, 0, TEXT))));
        }
        let fields = structured.as_ref().map(outside).unwrap_or_default();
        if !fields.is_empty() {
            notes.push(format!("in this document, {} are {}", fields.join(", "), text::NOTICE));
            meta.insert("git-puff/outside".into(), fields.into());
        }
        if exit != 0 {
            notes.push(format!("exit code {exit}"));
        }
        if !notes.is_empty() || content.is_empty() {
            let notes = if notes.is_empty() { "done".to_owned() } else { notes.join("\n") };
            content.push(ContentBlock::text(clean_block(&notes)));
        }
        let mut answer = CallToolResult::success(content).with_meta(Some(MetaObject(meta)));
        answer.structured_content = structured;
        Ok(answer)
    }

    /// Returns a page of a list, with the offset of the next one.
    fn page(&self, mut document: Value, field: &str) -> Result<Value> {
        let (offset, limit) =
            (number(&self.args, "offset", 0)?, number(&self.args, "limit", ITEMS)?.clamp(1, MOST_ITEMS));
        let Some(items) = document.get_mut(field).and_then(Value::as_array_mut) else { return Ok(document) };
        let total = items.len();
        let end = offset.saturating_add(limit).min(total);
        if offset == 0 && end == total {
            return Ok(document);
        }
        items.truncate(end);
        items.drain(..offset.min(end));
        let next = (end < total).then_some(end);
        document["page"] = json!({"offset": offset, "next_offset": next, "total": total});
        Ok(document)
    }
}

fn lock(captured: &Mutex<CapturedOutput>) -> MutexGuard<'_, CapturedOutput> {
    captured.lock().unwrap_or_else(PoisonError::into_inner)
}

impl CapturedOutput {
    fn record(&mut self, event: OutputEvent<'_>, report: &(dyn Fn(Progress) + Send + Sync)) {
        let message = match event {
            OutputEvent::Document(document) => return self.documents.push(document),
            OutputEvent::Bytes(bytes) => return self.bytes.extend_from_slice(bytes),
            OutputEvent::Event(event) => {
                let run = event["run"].as_str().unwrap_or_default().to_owned();
                if !self.runs.contains(&run) {
                    self.runs.push(run);
                }
                let changes: Vec<&str> =
                    event["changes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                return report(Progress { step: None, line: changes.join("; ") });
            }
            OutputEvent::Step { done, total, line } => {
                return report(Progress { step: Some((done, total)), line: line.to_owned() });
            }
            OutputEvent::Note(text) => text.to_owned(),
            OutputEvent::Warning(text) => format!("warning: {text}"),
            OutputEvent::Hint(text) => format!("hint: {text}"),
            OutputEvent::Error(error) => sentence(error),
        };
        report(Progress { step: None, line: message.clone() });
        self.notes.push(message);
    }
}

/// Returns a document and the same as text, for clients without structured content; a long text is replaced by a note
/// that asks for a page.
fn whole(document: Value) -> (Option<Value>, Vec<ContentBlock>) {
    let mut text = Short::default();
    let text = match serde_json::to_writer(&mut text, &document) {
        Ok(()) => String::from_utf8_lossy(&text.0).into_owned(),
        Err(_) => format!("more than {MOST_TEXT} bytes: see the structured content, or use a smaller 'limit'"),
    };
    (Some(document), vec![ContentBlock::text(text)])
}

/// Collects at most `MOST_TEXT` bytes.
#[derive(Default)]
struct Short(Vec<u8>);

impl io::Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_TEXT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn number(args: &Args, name: &str, usual: usize) -> Result<usize> {
    match args.get(name) {
        None | Some(Value::Null) => Ok(usual),
        Some(value) => value
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| wrong(name, value, "a whole number")),
    }
}

/// Formats an error with its hint and causes, a line each.
fn sentence(error: &Error) -> String {
    let hint = error.next_step().map(|hint| format!("hint: {hint}"));
    let causes = error.causes().into_iter().map(|cause| format!("cause: {cause}"));
    let lines: Vec<String> = std::iter::once(format!("error: {}", error.message())).chain(hint).chain(causes).collect();
    lines.join("\n")
}

/// Returns the result of a failed call; `more` holds its messages.
pub fn failure(error: &Error, more: Vec<String>) -> CallToolResult {
    let content = std::iter::once(sentence(error)).chain(more).map(|text| ContentBlock::text(clean_block(&text)));
    let mut answer = CallToolResult::error(content.collect());
    answer.structured_content = serde_json::to_value(ui::failure(error)).ok();
    answer
}
