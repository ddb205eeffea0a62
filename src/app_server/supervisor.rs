//! The supervisor process of the app server.

use std::time::{Duration, Instant};

use super::log::Log;
use super::mark;
use super::serve::{End, SupervisedServer};
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::model::{AppServer, AppServerStatus};
use crate::process::{self, Wake};
use crate::session::control::short;
use crate::store::AppServerPlace;

/// Maximum number of consecutive restarts.
const RESTARTS: u32 = 5;
/// The pause before the first restart; each later one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// Running time after which the count of consecutive restarts is reset.
const HEALTHY: Duration = Duration::from_secs(60);
/// Polling interval for a stop request while no server runs.
const TICK: Duration = Duration::from_millis(100);

/// Supervises the server that `record` describes, until it is stopped or keeps dying. Does nothing if another
/// supervisor runs.
///
/// # Errors
/// When the record is invalid, or the folder cannot be used.
pub fn run(app: &App, record: &str) -> Result<()> {
    let server: AppServer = serde_json::from_str(record).map_err(|cause| {
        Error::usage("cannot parse the record of the app server")
            .hint("run 'git puff cas-start' instead")
            .because(cause)
    })?;
    app.layout.prepare()?;
    let place = AppServerPlace::of(&app.layout);
    let Some(_lock) = place.lock().or_fail(|| "cannot lock the app server".to_owned())? else { return Ok(()) };
    let before = place.load();
    // The link, if needed, exists as long as this process.
    let (listen, _link) = short(&place.socket()).or_fail(|| "cannot create a short link to the socket".to_owned())?;
    let log = Log::open(&server.log_path);
    let log = log.or_fail(|| format!("cannot write the log '{}'", server.log_path.display()))?;
    let socket = server.proxy_script.is_none().then(|| listen.clone());
    let started_at = Some(app.clock.now());
    let server = AppServer { supervisor: Some(std::process::id()), socket, started_at, ..server };
    let mut supervisor = SupervisedServer { app, place, server, log, listen };
    supervisor.save();
    clear(&supervisor.place, before);
    process::event_loop::run(supervisor.work());
    Ok(())
}

/// Cleans up after a killed supervisor: its server and child processes, a pending stop request, the socket, and the
/// link to it.
fn clear(place: &AppServerPlace, before: Option<AppServer>) {
    mark(place).kill();
    place.forget_request();
    let _ = std::fs::remove_file(place.socket());
    let link = before.and_then(|before| Some(before.socket?.parent()?.to_owned()));
    if let Some(link) = link.filter(|link| std::fs::read_link(link).is_ok_and(|target| target == place.folder())) {
        let _ = std::fs::remove_file(&link);
        let _ = link.parent().map(std::fs::remove_dir);
    }
}

impl SupervisedServer<'_> {
    async fn work(&mut self) {
        let mut died = 0;
        loop {
            self.remark("starting it");
            let (why, ready) = match self.live().await {
                End::Wanted => return self.finish(AppServerStatus::Stopped, None, "stopped"),
                End::Died { why, ready } => (why, ready),
            };
            if ready.is_none() && self.server.ready_at.is_none() {
                return self.finish(AppServerStatus::Failed, Some(why.clone()), &why);
            }
            died = if ready.is_some_and(|ready| ready > HEALTHY) { 1 } else { died + 1 };
            let Some(pause) = pause_after(died) else {
                let why = format!("it died {died} times in a row, the last time because {why}");
                return self.finish(AppServerStatus::Failed, Some(why.clone()), &why);
            };
            self.remark(&format!("{why}; starting it again in {} s", pause.as_secs()));
            self.server.status = AppServerStatus::Restarting;
            self.server.why = Some(why);
            self.server.restarts += 1;
            self.save();
            if self.rest(pause).await == Wake::Interrupted {
                return self.finish(AppServerStatus::Stopped, None, "stopped");
            }
        }
    }

    /// Waits before the next start; a stop request ends the wait.
    async fn rest(&self, pause: Duration) -> Wake {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = self.app.cancellation.requested() => return Wake::Interrupted,
            }
            if self.place.asked_to_end().is_some() {
                return Wake::Interrupted;
            }
        }
        Wake::Elapsed
    }

    fn finish(&mut self, status: AppServerStatus, why: Option<String>, remark: &str) {
        self.remark(remark);
        self.server.status = status;
        self.server.why = why;
        self.server.ended_at = Some(self.app.clock.now());
        self.place.forget_request();
        self.save();
    }
}

/// Returns the pause before the next start after `died` consecutive deaths (at least 1); none for no restart.
fn pause_after(died: u32) -> Option<Duration> {
    (died <= RESTARTS).then(|| PAUSE * 2u32.pow(died - 1))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn a_short_name_that_a_killed_supervisor_left_goes_and_no_other_does() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let layout = crate::layout::Layout::new(folder.path(), None);
        layout.prepare().map_err(io::Error::other)?;
        let place = AppServerPlace::of(&layout);
        let link = |target: &Path| -> io::Result<PathBuf> {
            let link = tempfile::tempdir()?.keep().join("s");
            std::os::unix::fs::symlink(target, &link)?;
            Ok(link)
        };
        for (target, goes) in [(place.folder(), true), (folder.path(), false)] {
            let link = link(target)?;
            let record = include_str!("../../tests/records/cas.json");
            let mut server: AppServer = serde_json::from_str(record)?;
            server.socket = Some(link.join("socket"));
            clear(&place, Some(server));
            assert_eq!(link.parent().is_some_and(Path::exists), !goes);
            if !goes {
                std::fs::remove_dir_all(link.parent().unwrap_or(&link))?;
            }
        }
        Ok(())
    }

    #[test]
    fn after_each_death_the_pause_is_longer_and_after_the_sixth_it_stays_dead() {
        let pauses: Vec<u64> = (1..).map_while(pause_after).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16]);
    }
}
