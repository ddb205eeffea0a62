//! Telling the user's command, `puff.notify`, about a session.

use std::thread::JoinHandle;
use std::time::Duration;

use crate::model::Session;
use crate::process::{self, Cmd};
use crate::settings::{self, Settings};
use crate::store::SessionPlace;

/// How many calls are running at once: an agent that changes its state all the time starts no more.
const MOST_RUNNING: usize = 8;

/// How long the command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the command beside everything else: a session never waits for it.
#[derive(Debug)]
pub struct Notifier {
    command: Option<String>,
    place: SessionPlace,
    running: Vec<JoinHandle<()>>,
}

impl Notifier {
    /// Returns what is configured.
    pub fn new(settings: &Settings, place: &SessionPlace) -> Notifier {
        Notifier { command: settings.text(settings::NOTIFY), place: place.clone(), running: Vec::new() }
    }

    /// Tells of something: the session as JSON on the command's standard input, with what happened as `event`.
    pub fn send(&mut self, session: &Session, event: &str) {
        let Some(command) = &self.command else { return };
        let mut document = serde_json::to_value(session).unwrap_or_default();
        document["event"] = event.into();
        let json = document.to_string().into_bytes();
        let call = Cmd::shell(command).stdin(json).cwd(self.place.folder()).limit(LIMIT);
        self.running.retain(|running| !running.is_finished());
        if self.running.len() >= MOST_RUNNING {
            eprintln!("puff.notify: '{event}' is not sent: {MOST_RUNNING} calls are running already");
            return;
        }
        let tell = move || match process::run(&call) {
            Ok(output) if output.success() => {}
            // Into the supervisor's own log.
            Ok(output) => eprintln!("puff.notify: {} {}", output.status, output.complaint()),
            Err(failure) => eprintln!("puff.notify: {failure}"),
        };
        match std::thread::Builder::new().spawn(tell) {
            Ok(running) => self.running.push(running),
            Err(cause) => eprintln!("puff.notify: '{event}' is not sent: no thread can be started ({cause})"),
        }
    }

    /// Waits for what is still being told.
    pub fn wait(&mut self) {
        for running in self.running.drain(..) {
            let _ = running.join();
        }
    }
}
