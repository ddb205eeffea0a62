//! `cas-start`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::shared;
use crate::app_server::{self, AppServerOptions};
use crate::cli::OutputFlags;
use crate::context::Context;
use crate::error::{Error, Exit, Kind, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{AppServer, AppServerStatus};
use crate::process;
use crate::settings;
use crate::store::read_app_server;
use crate::ui::{Format, Ui};

/// How long a server may take to answer, in milliseconds.
const TIMEOUT: u64 = 30_000;

/// Start the Codex app server of this repository in the background
///
/// There is one for a repository, whoever starts it. It listens on a Unix socket that only you can open, is ready when it
/// has answered 'initialize', keeps a log, and is started again when it dies: five times in a row at most, after ever longer
/// pauses.
#[derive(Debug, Args)]
pub struct CasStart {
    /// Where it runs [default: the top of the main worktree]
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Keep a copy of what is known of it (socket, process id, versions, ...) in this file, as JSON
    #[arg(long, value_name = "FILE")]
    state_file: Option<PathBuf>,
    /// How long it may take to answer what git-puff asks it; first of all, after its start
    #[arg(long, value_name = "N", default_value_t = TIMEOUT, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    server_request_timeout_ms: u64,
    /// A notification that it is not to send to git-puff; may be given several times
    #[arg(long, value_name = "METHOD")]
    opt_out_notification_method: Vec<String>,
    /// Write its log into this file, and what was there before into FILE.1 when it is full
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Run this program instead of the server: it gets --cwd, --state-file, --server-request-timeout-ms and
    /// --opt-out-notification-method as they are here, and is ready when it has written the state file, or, without one, when
    /// it has lived for a second
    #[arg(long, value_name = "FILE")]
    proxy_script: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff cas-start", does: "Start it; one that runs already is left alone." },
        Example {
            line: "git puff cas-start --porcelain --state-file cas.json",
            does: "Start it, and tell other programs where it listens.",
        },
    ],
    exits: &[(Kind::Failed, "It did not come up.")],
    files: &[manual::CAS],
    settings: &[settings::CODEX],
    variables: &[manual::CODEX_HOME],
    ..Manual::NONE
};

/// Starts it.
pub fn run(args: &CasStart, context: &Context, ui: &Ui) -> Result<Exit> {
    let options = options(args, context)?;
    let wanted = options.clone();
    let server = app_server::start(context, options)?;
    print(&server, ui);
    match server.status {
        AppServerStatus::FailedToStart => {
            let why = server.why.as_deref().unwrap_or("nobody knows why");
            Err(Error::failed(format!("cannot start the app server: {why}"))
                .hint(format!("its log has more: '{}'", server.log_path.display())))
        }
        AppServerStatus::AlreadyRunning if differs(&server, &wanted) => {
            ui.warn("it runs with other settings than these");
            ui.hint("'git puff cas-stop' ends it, and the next start uses them");
            Ok(Exit::Done)
        }
        _ => Ok(Exit::Done),
    }
}

/// Checks what is asked for.
fn options(args: &CasStart, context: &Context) -> Result<AppServerOptions> {
    let folder = args.cwd.as_ref().map(|folder| shared::absolute(context, folder));
    let top = || context.layout.top().unwrap_or(&context.repo.location().common_dir).to_owned();
    let cwd = folder.unwrap_or_else(top);
    if !cwd.is_dir() {
        return Err(Error::usage(format!("--cwd '{}' is no folder", cwd.display())).hint("name another one"));
    }
    if let Some(blank) = args.opt_out_notification_method.iter().find(|method| method.trim().is_empty()) {
        return Err(Error::usage(format!("--opt-out-notification-method '{blank}' is no method"))
            .hint("name one, such as thread/started"));
    }
    let state_file = file(context, "--state-file", args.state_file.as_deref())?;
    let log_file = file(context, "--log-file", args.log_file.as_deref())?;
    let proxy_script = args.proxy_script.as_ref().map(|script| shared::absolute(context, script));
    if let Some(file) = state_file.as_ref().filter(|file| file.exists() && proxy_script.is_none())
        && read_app_server(file).is_none()
    {
        return Err(Error::usage(format!(
            "--state-file '{}' is somebody else's: it holds no state of an app server",
            file.display()
        ))
        .hint("name a file that is not there"));
    }
    let program = match &proxy_script {
        Some(script) => process::find(&script.to_string_lossy()).ok_or_else(|| {
            Error::usage(format!("--proxy-script '{}' is no program", script.display()))
                .hint("name one that can be executed: with a line #! at its top, after chmod +x")
        })?,
        None => {
            let codex = context.profile().codex;
            process::find(&codex).ok_or_else(|| {
                Error::cannot_work(format!("there is no program '{codex}'")).hint(
                    "install it with 'npm install -g @openai/codex', or say where it is: git config puff.codex PATH",
                )
            })?
        }
    };
    Ok(AppServerOptions {
        program: shared::absolute(context, &program),
        proxy_script,
        cwd,
        state_file,
        log_file,
        timeout: Duration::from_millis(args.server_request_timeout_ms),
        opt_out: args.opt_out_notification_method.clone(),
    })
}

/// A file that can be written, as far as can be seen.
fn file(context: &Context, flag: &str, path: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(path) = path.map(|path| shared::absolute(context, path)) else { return Ok(None) };
    if path.is_dir() || !path.parent().is_some_and(Path::is_dir) {
        return Err(Error::usage(format!("cannot write {flag} '{}'", path.display()))
            .hint("name a file in a folder that is there"));
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

/// Prints how a server is: as JSON, as pairs, or as people read it.
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
