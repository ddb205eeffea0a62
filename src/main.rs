//! `git-puff`, invoked as `git puff`.

use std::process::ExitCode;

use git_puff::app::App;
use git_puff::cli::{Cli, Invocation};
use git_puff::error::Error;
use git_puff::process::Cancellation;
use git_puff::ui::{Format, Ui};

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(other) => return say(&other),
    };
    let ui = Ui::new(cli.format(git_puff::app::prefers_porcelain()));
    let cancellation = Cancellation::by_signals();
    let here = || {
        let app = App::open(cancellation.clone())?;
        let (setting, in_pager) = app.colours();
        ui.colour(setting, in_pager);
        ui.fit(app.environment.columns);
        Ok(app)
    };
    match cli.run(&Invocation { app: &here, ui: &ui, cancellation: &cancellation, serve_mcp: git_puff::mcp::serve }) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            ui.failure(&error);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Help and the version are answers; anything else that clap says is a wrong call, worded as all errors are.
fn say(said: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
    let ui = Ui::new(if wants_json { Format::Json } else { Format::Human });
    if !said.use_stderr() {
        ui.styled(&said.render().ansi().to_string());
        return ExitCode::SUCCESS;
    }
    let verb = std::env::args().nth(1).unwrap_or_default();
    let error: Error = git_puff::cli::explain(said, &verb);
    ui.failure(&error);
    ExitCode::from(error.kind().exit_code())
}
