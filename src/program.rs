//! The whole program: from the words of a call to its exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::app::{self, App, Providers};
use crate::cli::{self, Cli, Invocation, is_verbose_flag};
use crate::error::{Error, exit_code};
use crate::mcp;
use crate::process::Cancellation;
use crate::trace;
use crate::ui::{Format, Ui};

/// Runs a call with these providers; the first of `words` is the program.
pub fn run(words: &[OsString], providers: &Providers) -> ExitCode {
    let cli = match Cli::read(words) {
        Ok(cli) => cli,
        Err(other) => return answer(words, &other),
    };
    let ui = Ui::new(cli.format(app::prefers_porcelain()));
    if let Err(warning) = trace::start(app::wanted_trace().as_deref(), cli.verbose, app::time_of_day) {
        ui.warn(&warning);
    }
    let cancellation = Cancellation::by_signals();
    let open = || {
        let app = App::open(cancellation.clone(), providers.clone())?;
        let (setting, in_pager) = app.colours();
        ui.colour(setting, in_pager);
        ui.fit(app.environment.columns);
        Ok(app)
    };
    let call = Invocation { app: &open, ui: &ui, serve_mcp: &|| mcp::serve(&cancellation, providers) };
    let ended = trace::verb(words, exit_code, || cli.run(&call));
    if let Err(error) = &ended {
        ui.failure(error);
    }
    ExitCode::from(exit_code(&ended))
}

/// Prints what clap answers to a call: help and the version, or what is wrong, worded as all errors are.
fn answer(words: &[OsString], said: &clap::Error) -> ExitCode {
    let wants_json = words.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let ui = Ui::new(if wants_json { Format::Json } else { Format::Human });
    if !said.use_stderr() {
        ui.styled(&said.render().ansi().to_string());
        return ExitCode::SUCCESS;
    }
    let verb = words.iter().skip(1).find(|word| !is_verbose_flag(word)).map(|word| word.to_string_lossy());
    let error: Error = cli::explain(said, &verb.unwrap_or_default());
    ui.failure(&error);
    ExitCode::from(error.kind().exit_code())
}
