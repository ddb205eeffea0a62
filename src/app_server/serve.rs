//! Runs the server once, from its start to its end.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use super::client::{self, Welcome};
use super::log::Log;
use super::mark;
use crate::app::App;
use crate::model::{AppServer, AppServerStatus};
use crate::process::{Cmd, Mark, Service, ServiceEvent, Signal};
use crate::store::AppServerPlace;

/// Polling interval for a stop request and for readiness.
const TICK: Duration = Duration::from_millis(100);
/// Time limit to stop after the system's request.
const GRACE: Duration = Duration::from_secs(5);
/// Time after which a proxy without a state file counts as ready.
const SETTLED: Duration = Duration::from_secs(1);

/// How a server ended.
pub(super) enum End {
    /// On request.
    Wanted,
    /// By itself, or because it was not ready in time.
    Died {
        /// The reason.
        why: String,
        /// How long it was ready.
        ready: Option<Duration>,
    },
}

/// A supervised server.
pub(super) struct SupervisedServer<'c> {
    pub(super) app: &'c App,
    pub(super) place: AppServerPlace,
    pub(super) server: AppServer,
    pub(super) log: Log,
    /// The socket's path, or a shorter link to it within the length limit of socket addresses.
    pub(super) listen: PathBuf,
}

/// Returns the command that starts the server, or the proxy in its place.
fn call(server: &AppServer, folder: &Path, listen: &Path) -> Cmd {
    let cmd = Cmd::new(&server.program).cwd(&server.cwd).env(Mark::APP_SERVER, folder).env_remove("RUST_BACKTRACE");
    // Variables of git would apply to the repositories of its threads.
    let cmd = crate::git::TIES.iter().fold(cmd, |cmd, name| cmd.env_remove(name));
    if server.proxy_script.is_none() {
        let mut url = std::ffi::OsString::from("unix://");
        url.push(listen);
        return cmd.args(["app-server", "--listen"]).arg(url);
    }
    let mut cmd = cmd.arg("--cwd").arg(&server.cwd);
    if let Some(file) = &server.state_file {
        cmd = cmd.arg("--state-file").arg(file);
    }
    cmd = cmd.arg("--server-request-timeout-ms").arg(server.server_request_timeout_ms.to_string());
    server
        .opt_out_notification_methods
        .iter()
        .fold(cmd, |cmd, method| cmd.arg("--opt-out-notification-method").arg(method))
}

impl SupervisedServer<'_> {
    /// Runs the server once.
    pub(super) async fn live(&mut self) -> End {
        let listen = self.listen.clone();
        let _ = std::fs::remove_file(self.place.socket());
        let written = self.written();
        let began = Instant::now();
        let mut service = match Service::start(&call(&self.server, self.place.folder(), &listen)) {
            Ok(service) => service,
            Err(failure) => return End::Died { why: failure.to_string(), ready: None },
        };
        self.server.pid = Some(service.pid());
        self.save();
        let limit = Duration::from_millis(self.server.server_request_timeout_ms);
        let mut ready: Option<Instant> = None;
        let mut greeting: Option<oneshot::Receiver<std::io::Result<Welcome>>> = None;
        // The time of the kill after a stop request; and the reason, if the end was not requested.
        let mut end: Option<Option<Instant>> = None;
        let mut late: Option<String> = None;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let ended = loop {
            tokio::select! {
                happening = service.next() => match happening {
                    ServiceEvent::Printed(bytes) => self.log.append(&bytes),
                    ServiceEvent::Ended(how) => break how,
                },
                _ = tick.tick() => {
                    match self.place.asked_to_end() {
                        Some(true) => { service.signal(Signal::Kill); end = Some(None); }
                        Some(false) if end.is_none() => { service.signal(Signal::Terminate); end = Some(None); }
                        _ => {}
                    }
                    if matches!(end, Some(Some(at)) if at <= Instant::now()) {
                        service.signal(Signal::Kill);
                    }
                    if ready.is_some() || end.is_some() || late.is_some() {
                        continue;
                    }
                    match self.greet(&mut greeting, began, written, limit) {
                        Some(welcome) => {
                            ready = Some(Instant::now());
                            self.welcome(welcome);
                        }
                        None if began.elapsed() > limit => {
                            late = Some(format!("it was not ready within {} ms", limit.as_millis()));
                            service.signal(Signal::Kill);
                        }
                        None => {}
                    }
                }
                () = self.app.cancellation.requested() => if end.is_none() {
                    service.signal(Signal::Terminate);
                    end = Some(Some(Instant::now() + GRACE));
                },
            }
        };
        // Its background processes are stopped too.
        service.signal(Signal::Kill);
        mark(&self.place).kill();
        let _ = std::fs::remove_file(self.place.socket());
        self.server.pid = None;
        if end.is_some() {
            return End::Wanted;
        }
        let said = self.log.last_words();
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        let why = late.unwrap_or_else(|| match ended {
            Ok(code) if code > 128 => format!("it was killed by signal {}", code - 128),
            Ok(code) => format!("it ended with exit code {code}"),
            Err(cause) => format!("cannot read its exit status ({cause})"),
        });
        End::Died { why: why + &said, ready: ready.map(|ready| ready.elapsed()) }
    }

    /// Checks whether the server has answered; for a proxy, whether it has written its state file or has run for a
    /// while.
    fn greet(
        &self,
        greeting: &mut Option<oneshot::Receiver<std::io::Result<Welcome>>>,
        began: Instant,
        written: Option<SystemTime>,
        limit: Duration,
    ) -> Option<Option<Welcome>> {
        if self.server.proxy_script.is_some() {
            let is_ready = match &self.server.state_file {
                Some(_) => self.written() != written && self.written().is_some(),
                None => began.elapsed() > SETTLED,
            };
            return is_ready.then_some(None);
        }
        if let Some(running) = greeting.as_mut() {
            let answer = running.try_recv();
            if matches!(answer, Err(oneshot::error::TryRecvError::Empty)) {
                return None;
            }
            *greeting = None;
            if let Ok(Ok(welcome)) = answer {
                return Some(Some(welcome));
            }
        }
        if self.place.socket().exists() {
            let (socket, left) = (self.place.socket(), limit.saturating_sub(began.elapsed()));
            let opt_out = self.server.opt_out_notification_methods.clone();
            let (sender, receiver) = oneshot::channel();
            // If no thread can be started, the sender is dropped, and the next tick retries.
            let greet = move || drop(sender.send(client::initialize(&socket, left, &opt_out)));
            let _ = std::thread::Builder::new().spawn(greet);
            *greeting = Some(receiver);
        }
        None
    }

    /// Returns the modification time of the proxy's state file.
    fn written(&self) -> Option<SystemTime> {
        self.server.state_file.as_ref()?.metadata().ok()?.modified().ok()
    }

    fn welcome(&mut self, welcome: Option<Welcome>) {
        if let Some(welcome) = welcome {
            self.server.version = welcome.version();
            self.server.user_agent = welcome.user_agent;
            self.server.codex_home = welcome.codex_home;
        }
        self.server.status = AppServerStatus::Running;
        self.server.why = None;
        self.server.ready_at = Some(self.app.clock.now());
        self.remark("it is ready");
        self.save();
    }

    /// Writes the record. After a failure, the next change writes it.
    pub(super) fn save(&mut self) {
        if let Err(cause) = self.place.save(&self.server) {
            self.remark(&format!("cannot record its state: {cause}"));
        }
    }

    pub(super) fn remark(&mut self, words: &str) {
        let at = self.app.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        self.log.remark(&at, words);
    }
}
