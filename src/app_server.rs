//! The Codex app server of a repository, in the background.
//!
//! A detached supervisor process starts it, waits until it has answered `initialize`, writes its log, restarts it when
//! it dies, and stops it with all its child processes. The supervisor holds a lock while it runs, because a process id
//! would not prove that it lives. Processes of a killed supervisor are found by the marker in their environment.

pub mod client;
mod log;
mod serve;
pub mod supervisor;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::app::App;
use crate::error::{Error, Kind, Result, ResultExt};
use crate::model::{AppServer, AppServerStatus, Schema, documents};
use crate::process::{self, Cmd, Mark, Wake};
use crate::store::AppServerPlace;

/// Time limit for a supervisor to start, and to record its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time limit for a server to stop.
const END: Duration = Duration::from_secs(10);
/// Polling interval.
const TICK: Duration = Duration::from_millis(10);

/// The options of a server.
#[derive(Clone, Debug)]
pub struct AppServerOptions {
    /// The codex program, or the user's own.
    pub program: PathBuf,
    /// The user's own program, if given.
    pub proxy_script: Option<PathBuf>,
    /// Its working directory.
    pub cwd: PathBuf,
    /// The state file for other programs.
    pub state_file: Option<PathBuf>,
    /// Its log file, if not beside the record.
    pub log_file: Option<PathBuf>,
    /// Time limit of a response.
    pub timeout: Duration,
    /// The notifications that it does not send to git-puff.
    pub opt_out: Vec<String>,
}

/// Returns the marker in the environment of every process of the server.
fn mark(place: &AppServerPlace) -> Mark<'_> {
    Mark { name: Mark::APP_SERVER, folder: place.folder() }
}

/// Returns the record of a server that has not started yet.
fn blank(app: &App, options: AppServerOptions) -> AppServer {
    let log = AppServerPlace::of(&app.layout).log();
    AppServer {
        schema: Schema::of(documents::CAS),
        status: AppServerStatus::Starting,
        why: None,
        pid: None,
        supervisor: None,
        socket: None,
        program: options.program,
        proxy_script: options.proxy_script,
        cwd: options.cwd,
        log_path: options.log_file.unwrap_or(log),
        state_file: options.state_file,
        server_request_timeout_ms: options.timeout.as_millis() as u64,
        opt_out_notification_methods: options.opt_out,
        git_puff: env!("CARGO_PKG_VERSION").to_owned(),
        version: None,
        user_agent: None,
        codex_home: None,
        started_at: None,
        ready_at: None,
        ended_at: None,
        restarts: 0,
    }
}

/// Returns the record of a server that never ran.
fn none(app: &App) -> AppServer {
    let cwd = app.layout.top().unwrap_or(&app.repo.location().common_dir).to_owned();
    let program = PathBuf::from(app.codex_program());
    let nothing = AppServerOptions {
        program,
        proxy_script: None,
        cwd,
        state_file: None,
        log_file: None,
        timeout: Duration::ZERO,
        opt_out: Vec::new(),
    };
    AppServer { status: AppServerStatus::NotRunning, ..blank(app, nothing) }
}

/// Starts the server, unless one runs, and waits until it is ready or has failed. The status is `started`,
/// `already_running` or `failed_to_start`.
///
/// # Errors
/// When no supervisor can be started.
pub fn start(app: &App, options: AppServerOptions) -> Result<AppServer> {
    app.layout.prepare()?;
    let place = AppServerPlace::of(&app.layout);
    let before = place.load();
    let limit = options.timeout + PATIENCE;
    let wanted = blank(app, options);
    let ours = if place.is_supervised() { None } else { Some(spawn(app, &place, &wanted)?) };
    let begun = Instant::now();
    let mut last = None;
    loop {
        let supervised = place.is_supervised();
        // Read after the lock was checked, because a supervisor records its end before it releases the lock.
        let seen = place.load();
        // A new supervisor may not have written its record yet: what is read once may be the previous record.
        let settled = std::mem::replace(&mut last, seen.clone()) == seen;
        let seen = seen.filter(|seen| settled && (ours.is_none() && supervised || before.as_ref() != Some(seen)));
        let of_ours = |seen: &AppServer| ours.is_some() && seen.supervisor == ours;
        match seen {
            Some(seen) if supervised && seen.status == AppServerStatus::Running => {
                let status = if of_ours(&seen) { AppServerStatus::Started } else { AppServerStatus::AlreadyRunning };
                return Ok(AppServer { status, ..seen });
            }
            Some(seen) if !supervised => {
                let gone = || "its supervisor ended without recording why".to_owned();
                let ended = matches!(seen.status, AppServerStatus::Failed | AppServerStatus::Stopped);
                let why = if ended { seen.why.clone() } else { Some(gone()) };
                return Ok(AppServer { status: AppServerStatus::FailedToStart, pid: None, why, ..seen });
            }
            _ => {}
        }
        if !supervised && begun.elapsed() > PATIENCE || begun.elapsed() > limit + PATIENCE {
            let said = crate::files::read_to_string(place.supervisor_log()).unwrap_or_default();
            return Err(cannot_start("its supervisor does not start", &place).because_it_said(&last_words(&said)));
        }
        if app.cancellation.pause(TICK) == Wake::Interrupted {
            return Err(Error::new(Kind::Interrupted, "stopped waiting for the app server").hint(
                "the server keeps starting: 'git puff cas-status' shows its state, 'git puff cas-stop' stops it",
            ));
        }
    }
}

fn spawn(app: &App, place: &AppServerPlace, wanted: &AppServer) -> Result<u32> {
    let program = app.environment.program.clone();
    let program = program.ok_or_else(|| cannot_start("cannot find the git-puff program", place))?;
    let record = serde_json::to_string(wanted).or_fail(|| "the options contain a path that is not UTF-8".to_owned())?;
    let call = Cmd::new(program)
        .args(["app-server", &record])
        .env("GIT_DIR", &app.repo.location().git_dir)
        .env(Mark::APP_SERVER, place.folder())
        .cwd(place.folder());
    let started = process::start_detached(&call, &place.supervisor_log());
    started.map_err(|cause| cannot_start("cannot start its supervisor", place).because(cause))
}

fn cannot_start(why: &str, place: &AppServerPlace) -> Error {
    Error::cannot_work(format!("cannot start the app server: {why}"))
        .hint(format!("see its log '{}'", place.supervisor_log().display()))
}

/// Stops the server with all its child processes, immediately if `at_once`. The status is `stopped`, `not_running` or
/// `still_running`.
///
/// # Errors
/// When the request cannot be sent.
pub fn stop(app: &App, at_once: bool) -> Result<AppServer> {
    let place = AppServerPlace::of(&app.layout);
    if !place.is_supervised() {
        let left = mark(&place).kill();
        let status = if left { AppServerStatus::Stopped } else { AppServerStatus::NotRunning };
        return Ok(AppServer { status, ..settled(app, &place) });
    }
    place.ask_to_end(at_once).or_fail(|| "cannot send the stop request to the app server".to_owned())?;
    let mut gone = until_gone(app, &place, END)?;
    if !gone && at_once {
        // A supervisor that does not respond is killed too.
        mark(&place).kill();
        gone = until_gone(app, &place, PATIENCE)?;
    }
    if gone {
        return Ok(AppServer { status: AppServerStatus::Stopped, ..settled(app, &place) });
    }
    let server = place.load().unwrap_or_else(|| none(app));
    Ok(AppServer { status: AppServerStatus::StillRunning, ..server })
}

fn until_gone(app: &App, place: &AppServerPlace, limit: Duration) -> Result<bool> {
    let begun = Instant::now();
    while place.is_supervised() {
        if begun.elapsed() > limit {
            return Ok(false);
        }
        if app.cancellation.pause(TICK) == Wake::Interrupted {
            return Err(Error::new(Kind::Interrupted, "stopped waiting for the app server to stop")
                .hint("the stop request was sent: 'git puff cas-status' shows its state"));
        }
    }
    Ok(true)
}

/// Returns the record of a server that is gone, corrected if its supervisor was killed.
fn settled(app: &App, place: &AppServerPlace) -> AppServer {
    let Some(mut server) = place.load() else { return none(app) };
    if !matches!(server.status, AppServerStatus::Failed | AppServerStatus::Stopped)
        && let Ok(Some(_lock)) = place.lock()
    {
        server.status = AppServerStatus::Stopped;
        server.why = Some("its supervisor was killed".to_owned());
        server.pid = None;
        server.ended_at = Some(app.clock.now());
        let _ = place.save(&server);
    }
    server
}

/// Returns the current state of the server; sends it a request if it runs.
pub fn status(app: &App) -> AppServer {
    let place = AppServerPlace::of(&app.layout);
    let supervised = place.is_supervised();
    let Some(server) = place.load() else { return none(app) };
    let as_it_is = |status, why: Option<String>| AppServer { status, why, ..server.clone() };
    if !supervised {
        if mark(&place).is_carried() {
            return as_it_is(AppServerStatus::Orphaned, Some("its supervisor was killed".to_owned()));
        }
        let failed = server.status == AppServerStatus::Failed;
        let status = if failed { AppServerStatus::Failed } else { AppServerStatus::NotRunning };
        return AppServer { pid: None, ..as_it_is(status, server.why.clone()) };
    }
    match (&server.socket, server.status) {
        (Some(socket), AppServerStatus::Running) => {
            let limit = Duration::from_millis(server.server_request_timeout_ms);
            match client::initialize(socket, limit, &server.opt_out_notification_methods) {
                Ok(_) => server,
                Err(cause) => as_it_is(AppServerStatus::Silent, Some(format!("it does not respond: {cause}"))),
            }
        }
        _ => server,
    }
}

/// Returns the last non-empty lines as one.
fn last_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}
