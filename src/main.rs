//! `git-puff`, invoked as `git puff`.

use std::ffi::OsString;
use std::process::ExitCode;

use git_puff::app::{self, App};
use git_puff::cli::{Cli, Invocation, is_verbose_flag};
use git_puff::error::{Error, exit_code};
use git_puff::process::Cancellation;
use git_puff::trace;
use git_puff::ui::{Format, Ui};

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(other) => return say(&other),
    };
    let ui = Ui::new(cli.format(app::prefers_porcelain()));
    if let Err(warning) = trace::start(app::wanted_trace().as_deref(), cli.verbose, app::time_of_day) {
        ui.warn(&warning);
    }
    let cancellation = Cancellation::by_signals();
    let here = || {
        let app = App::open(cancellation.clone())?;
        let (setting, in_pager) = app.colours();
        ui.colour(setting, in_pager);
        ui.fit(app.environment.columns);
        Ok(app)
    };
    let call = Invocation { app: &here, ui: &ui, cancellation: &cancellation, serve_mcp: git_puff::mcp::serve };
    let words: Vec<OsString> = std::env::args_os().collect();
    let ended = trace::verb(&words, exit_code, || cli.run(&call));
    if let Err(error) = &ended {
        ui.failure(error);
    }
    ExitCode::from(exit_code(&ended))
}

/// Help and the version are answers; anything else that clap says is a wrong call, worded as all errors are.
fn say(said: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
    let ui = Ui::new(if wants_json { Format::Json } else { Format::Human });
    if !said.use_stderr() {
        ui.styled(&said.render().ansi().to_string());
        return ExitCode::SUCCESS;
    }
    let verb = std::env::args().skip(1).find(|word| !is_verbose_flag(word.as_ref())).unwrap_or_default();
    let error: Error = git_puff::cli::explain(said, &verb);
    ui.failure(&error);
    ExitCode::from(error.kind().exit_code())
}
