//! Renders the state of the app server.

use super::text::clean_line;
use crate::model::{AppServer, AppServerStatus};

/// Returns the state of the server, or the result of a command, in a few lines.
pub fn told(server: &AppServer) -> String {
    let status = server.status;
    let version = server.version.as_deref().map(|version| format!(" {}", clean_line(version))).unwrap_or_default();
    let named = match &server.proxy_script {
        Some(script) => format!("the proxy {}", clean_line(&script.display().to_string())),
        None => format!("the Codex app server{version}"),
    };
    let mut text = match status {
        AppServerStatus::Starting => format!("{named} is starting"),
        AppServerStatus::Running => format!("{named} runs"),
        AppServerStatus::Restarting => format!("{named} died and is being restarted"),
        AppServerStatus::Failed => format!("{named} kept dying"),
        AppServerStatus::Stopped => format!("stopped {named}"),
        AppServerStatus::Started => format!("started {named}"),
        AppServerStatus::AlreadyRunning => format!("{named} already runs"),
        AppServerStatus::FailedToStart => format!("{named} did not start"),
        AppServerStatus::NotRunning => "no app server runs".to_owned(),
        AppServerStatus::StillRunning => format!("{named} still runs"),
        AppServerStatus::Orphaned => format!("{named} runs without its supervisor"),
        AppServerStatus::Silent => format!("{named} runs, but does not respond"),
    };
    if let Some(pid) = server.pid {
        text += &format!(" (process {pid})");
    }
    text.push('\n');
    let lives = matches!(
        status,
        AppServerStatus::Running | AppServerStatus::Started | AppServerStatus::AlreadyRunning | AppServerStatus::Silent
    );
    if let Some(socket) = server.socket.as_ref().filter(|_| lives) {
        text += &format!("  listens on {}\n", clean_line(&socket.display().to_string()));
    }
    if let Some(why) = server.why.as_deref().filter(|_| status != AppServerStatus::FailedToStart) {
        text += &format!("  {}\n", clean_line(why));
    }
    if status != AppServerStatus::NotRunning && status != AppServerStatus::Stopped {
        text += &format!("  its log: {}\n", clean_line(&server.log_path.display().to_string()));
    }
    text
}
