//! `cas-start`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::shared;
use crate::app::App;
use crate::app_server::{self, AppServerOptions};
use crate::commands::flags::OutputFlags;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{AppServer, AppServerStatus};
use crate::process;
use crate::settings;
use crate::store::read_app_server;
use crate::ui::{Format, Ui};

/// Default time limit for a response of the server, in milliseconds.
const TIMEOUT: u64 = 30_000;

/// Start the Codex app server of this repository in the background
///
/// A repository has one app server. It listens on a Unix socket that only you can open, is ready when it has answered
/// 'initialize', keeps a log, and is restarted when it dies: at most five times in a row, with increasing delays.
#[derive(Debug, Args)]
pub struct CasStart {
    /// Working directory of the server [default: the top of the main worktree]
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Keep a copy of its state (socket, process id, versions, ...) in this file, as JSON
    #[arg(long, value_name = "FILE")]
    state_file: Option<PathBuf>,
    /// Time limit for each response to git-puff, the first one after the start included
    #[arg(long, value_name = "N", default_value_t = TIMEOUT, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    server_request_timeout_ms: u64,
    /// A notification that the server does not send to git-puff; may be given several times
    #[arg(long, value_name = "METHOD")]
    opt_out_notification_method: Vec<String>,
    /// Write its log to FILE, and rotate it to FILE.1 when it is full
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Run this program instead of the server, with the values of --cwd, --state-file, --server-request-timeout-ms and
    /// --opt-out-notification-method; it is ready when it has written the state file or, without --state-file, after
    /// one second
    #[arg(long, value_name = "FILE")]
    proxy_script: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff cas-start", does: "Start the server, unless it already runs." },
        Example {
            line: "git puff cas-start --porcelain --state-file cas.json",
            does: "Start the server, and print its socket for other programs.",
        },
    ],
    exits: &[(Kind::Failed, "The server did not start.")],
    files: &[manual::CAS],
    settings: &[settings::CODEX],
    variables: &[manual::CODEX_HOME],
    ..Manual::NONE
};

/// Runs `cas-start`.
pub fn run(args: &CasStart, app: &App, ui: &Ui) -> Result<Exit> {
    let options = options(args, app)?;
    let wanted = options.clone();
    let server = app_server::start(app, options)?;
    print(&server, ui);
    match server.status {
        AppServerStatus::FailedToStart => {
            let why = server.why.as_deref().unwrap_or("unknown cause");
            Err(Error::failed(format!("cannot start the app server: {why}"))
                .hint(format!("see its log '{}'", server.log_path.display())))
        }
        AppServerStatus::AlreadyRunning if differs(&server, &wanted) => {
            ui.warn("the app server already runs with other settings");
            ui.hint("run 'git puff cas-stop', then start it again");
            Ok(Exit::Done)
        }
        _ => Ok(Exit::Done),
    }
}

/// Returns the options of the server, checked.
fn options(args: &CasStart, app: &App) -> Result<AppServerOptions> {
    let folder = args.cwd.as_ref().map(|folder| shared::absolute(app, folder));
    let top = || app.layout.top().unwrap_or(&app.repo.location().common_dir).to_owned();
    let cwd = folder.unwrap_or_else(top);
    if !cwd.is_dir() {
        return Err(Error::usage(format!("--cwd '{}' is not a folder", cwd.display())).hint("name an existing folder"));
    }
    if let Some(blank) = args.opt_out_notification_method.iter().find(|method| method.trim().is_empty()) {
        return Err(Error::usage(format!("--opt-out-notification-method '{blank}' is not a method"))
            .hint("give the name of a notification, such as thread/started"));
    }
    let state_file = file(app, "--state-file", args.state_file.as_deref())?;
    let log_file = file(app, "--log-file", args.log_file.as_deref())?;
    let proxy_script = args.proxy_script.as_ref().map(|script| shared::absolute(app, script));
    if let Some(file) = state_file.as_ref().filter(|file| file.exists() && proxy_script.is_none())
        && read_app_server(file).is_none()
    {
        return Err(Error::usage(format!(
            "cannot overwrite --state-file '{}': it is not the state file of an app server",
            file.display()
        ))
        .hint("name a file that does not exist yet"));
    }
    let program = match &proxy_script {
        Some(script) => process::find(&script.to_string_lossy()).ok_or_else(|| {
            Error::usage(format!("--proxy-script '{}' is not an executable program", script.display()))
                .hint("name a script that starts with '#!' and is executable (chmod +x)")
        })?,
        None => {
            let codex = app.codex_program();
            process::find(&codex).ok_or_else(|| {
                Error::cannot_work(format!("cannot find the program '{codex}'"))
                    .hint("install it with 'npm install -g @openai/codex', or set its path: git config puff.codex PATH")
            })?
        }
    };
    Ok(AppServerOptions {
        program: shared::absolute(app, &program),
        proxy_script,
        cwd,
        state_file,
        log_file,
        timeout: Duration::from_millis(args.server_request_timeout_ms),
        opt_out: args.opt_out_notification_method.clone(),
    })
}

/// Returns the absolute path of a file that `flag` names; an error when it cannot be written.
fn file(app: &App, flag: &str, path: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(path) = path.map(|path| shared::absolute(app, path)) else { return Ok(None) };
    if path.is_dir() || !path.parent().is_some_and(Path::is_dir) {
        return Err(
            Error::usage(format!("cannot write {flag} '{}'", path.display())).hint("name a file in an existing folder")
        );
    }
    Ok(Some(path))
}

fn differs(server: &AppServer, wanted: &AppServerOptions) -> bool {
    let same = server.proxy_script == wanted.proxy_script
        && server.cwd == wanted.cwd
        && server.state_file == wanted.state_file
        && wanted.log_file.as_ref().is_none_or(|file| *file == server.log_path)
        && server.opt_out_notification_methods == wanted.opt_out;
    !same
}

/// Prints the state of a server: as JSON, as pairs, or as text.
pub(super) fn print(server: &AppServer, ui: &Ui) {
    match ui.format() {
        Format::Json => ui.json(server),
        Format::Porcelain => ui.pairs(&[
            ("CAS_STATUS", server.status.as_str().to_owned()),
            ("PID", server.pid.map(|pid| pid.to_string()).unwrap_or_default()),
            ("LOG_PATH", server.log_path.display().to_string()),
        ]),
        Format::Human => ui.block(&crate::render::app_server::told(server)),
    }
}
