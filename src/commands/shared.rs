//! Helpers that several verbs share.

use std::path::{Path, PathBuf};

use crate::app::{App, Environment};
use crate::commands::flags::{PromptArgs, RunArgs};
use crate::engine::Notice;
use crate::engine::intent::{Intent, WatchOptions};
use crate::engine::review::RecordedChecks;
use crate::error::{Error, Result};
use crate::model::{NotATask, Run, RunId, Schema, Selector, SessionId, Span, TaskId, documents};
use crate::render;
use crate::settings;
use crate::store::{Recorded, RunStore, Unreadable};
use crate::ui::{Format, Ui};

/// Returns a listener that prints notices on standard error.
pub fn listener<'u>(app: &'u App, ui: &'u Ui) -> impl Fn(Notice) + 'u {
    |notice| match notice {
        // The printed run shows it.
        Notice::Submitted { .. } => {}
        notice if notice.is_warning() => ui.warn(&notice.words(&app.display)),
        notice => ui.note(&notice.words(&app.display)),
    }
}

/// Returns the given prompt, and the name of its file.
///
/// # Errors
/// When it is not text, blank, or missing.
pub fn prompt(args: &PromptArgs, app: &App, ui: &Ui) -> Result<(String, Option<String>)> {
    match given_prompt(args, app, ui)? {
        Some(given) => Ok(given),
        None if !ui.has_input() => {
            Err(Error::usage("no prompt given").hint("use --prompt TEXT, --prompt-file FILE, or standard input"))
        }
        None => stdin_prompt(ui).map(|prompt| (prompt, None)),
    }
}

/// Returns the prompt of the flags, if given.
///
/// # Errors
/// When it is not text, or blank.
pub fn given_prompt(args: &PromptArgs, app: &App, ui: &Ui) -> Result<Option<(String, Option<String>)>> {
    if let Some(text) = &args.prompt {
        return Ok(Some((Intent::prompt(text.clone().into_bytes(), "--prompt")?, None)));
    }
    let Some(file) = &args.prompt_file else { return Ok(None) };
    if file.as_os_str() == "-" {
        return Ok(Some((stdin_prompt(ui)?, None)));
    }
    let shown = file.display().to_string();
    let bytes = app.read_named(&absolute(app, file)).map_err(|cause| {
        Error::usage(format!("cannot read the prompt file '{shown}'"))
            .hint("name an existing file, or use --prompt TEXT or standard input")
            .because(cause)
    })?;
    Ok(Some((Intent::prompt(bytes, &format!("'{shown}'"))?, Some(shown))))
}

fn stdin_prompt(ui: &Ui) -> Result<String> {
    Intent::prompt(input(ui)?, "standard input")
}

/// Reads all of standard input.
///
/// # Errors
/// When it cannot be read.
pub fn input(ui: &Ui) -> Result<Vec<u8>> {
    ui.input().map_err(|cause| {
        Error::usage("cannot read standard input").hint("use an argument, or name a file").because(cause)
    })
}

/// Resolves a path of the command line against the current directory.
pub fn absolute(app: &App, path: &Path) -> PathBuf {
    absolute_from(&app.environment, path)
}

/// Resolves a path without a repository.
pub fn absolute_from(environment: &Environment, path: &Path) -> PathBuf {
    environment.cwd.join(path)
}

/// Returns the commands of a repeatable flag, without duplicates.
///
/// # Errors
/// When one is blank.
pub fn commands(given: &[String], flag: &str) -> Result<Vec<String>> {
    let mut commands: Vec<String> = Vec::new();
    for command in given {
        if command.trim().is_empty() || command.contains('\0') {
            return Err(Error::usage(format!("{flag} '{command}' is not a command"))
                .hint(format!("give a shell command, such as {flag} 'make test'")));
        }
        if !commands.contains(command) {
            commands.push(command.clone());
        }
    }
    Ok(commands)
}

/// Asks whether checks that another clone named may run here: they are shell commands. False without a terminal.
pub fn trusts_checks(ui: &Ui, run: &str, named: &RecordedChecks) -> bool {
    let Some(from) = &named.from else { return true };
    let commands: String =
        named.commands.iter().map(|command| format!("  {}\n", render::text::clean_line(command))).collect();
    ui.confirm(&format!("the checks of '{run}' come from {from}:\n{commands}run them here, with your rights?"))
}

/// Parses a task id or the URL of a task.
///
/// # Errors
/// When it is neither.
pub fn task(text: &str) -> Result<TaskId> {
    text.parse().map_err(|cause: NotATask| {
        Error::usage(format!("'{text}' is neither a task id nor the URL of a task"))
            .hint("copy either from the task's page")
            .because(cause)
    })
}

/// Returns the value of `--best-of`, checked.
///
/// # Errors
/// When it is less than 1.
pub fn best_of(args: &RunArgs) -> Result<Option<u32>> {
    let number = args.best_of.map(|number| {
        u32::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
            Error::usage(format!("invalid --best-of {number}: a task has at least 1 attempt"))
                .hint("use --best-of N with N of at least 1")
        })
    });
    number.transpose()
}

/// Returns the options of watching: the flags, or else the settings.
///
/// # Errors
/// When a setting cannot be used.
pub fn watch_wish(app: &App, interval: Option<Span>, timeout: Option<Span>, harvest: bool) -> Result<WatchOptions> {
    let settings = &app.settings;
    Ok(WatchOptions {
        interval: interval.map_or_else(|| settings.span(settings::INTERVAL), Ok)?,
        timeout: timeout.map_or_else(|| settings.span(settings::TIMEOUT), Ok)?,
        harvest: harvest || settings.truth(settings::AUTO_HARVEST)?,
    })
}

/// Returns the run that a selector names.
///
/// # Errors
/// When there is none, or it names a variant.
pub fn find_run(app: &App, selector: &Selector) -> Result<Recorded> {
    if selector.variant.is_some() {
        return Err(Error::usage(format!("this command takes a run, not a variant ('{selector}')"))
            .hint(format!("remove ':{}'", selector.variant.unwrap_or(0))));
    }
    RunStore::new(app).find(selector)
}

/// Returns the number of the variant that a selector names; `what` completes "only a variant …" in the error.
///
/// # Errors
/// When it names a whole run.
pub fn variant_number(selector: &Selector, run: &Run, what: &str) -> Result<u32> {
    selector.variant.ok_or_else(|| {
        let hint = format!("write {}:N with N from 1 to {}", run.run, run.variants.len());
        Error::usage(format!("'{selector}' names a run, but only a variant {what}")).hint(hint)
    })
}

/// Returns every run, and warns about those that cannot be read.
///
/// # Errors
/// When the refs cannot be read.
pub fn all_runs(app: &App, ui: &Ui) -> Result<(Vec<Run>, Vec<Unreadable>)> {
    let (runs, unreadable) = all_recorded(app, ui)?;
    Ok((runs.into_iter().map(|recorded| recorded.run).collect(), unreadable))
}

/// Returns the same, with the step of its journal at which each run was read.
///
/// # Errors
/// When the refs cannot be read.
pub fn all_recorded(app: &App, ui: &Ui) -> Result<(Vec<Recorded>, Vec<Unreadable>)> {
    let (runs, unreadable) = RunStore::new(app).list()?;
    for run in &unreadable {
        let notice = Notice::Unreadable { run: run.name.clone(), why: run.error.message().to_owned() };
        ui.warn(&notice.words(&app.display));
    }
    Ok((runs, unreadable))
}

/// Prints several runs as one document.
pub fn print_runs_json(ui: &Ui, runs: &[Run]) {
    ui.json(&documents::Runs { schema: Schema::of(documents::RUNS), runs });
}

/// Prints a part of a log: as text, or as a document for each line. A last line without a line end counts.
pub fn print_log(ui: &Ui, run: Option<&RunId>, session: Option<&SessionId>, text: &str) {
    if ui.format() != Format::Json {
        return ui.words(text);
    }
    for text in text.lines() {
        ui.json_line(&documents::Line { schema: Schema::of(documents::LINE), run, session, text });
    }
}

/// Prints one run as JSON or as text.
pub fn print_run(app: &App, ui: &Ui, run: &Run) {
    match ui.format() {
        Format::Json => ui.json(run),
        _ => {
            // A run is shown even if its review cannot be read.
            let review = RunStore::new(app).load(&run.run).and_then(|recorded| RunStore::new(app).review(&recorded));
            let review = review.ok().flatten();
            ui.block(&render::tables::run(run, review.as_ref(), app.clock.now(), ui.width(), &app.display));
        }
    }
}
