//! Programs that the user sees, and may have to answer.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::starting::keeping_open;
use super::traced::Outcome;
use super::way::Way;
use super::{Cmd, Failure, Output, run};

/// How long a program may take that works in the foreground of a request: git's hooks may run all tests.
const FOREGROUND_LIMIT: Duration = Duration::from_secs(3600);

/// Where programs run that the user sees. Clones are the same place.
#[derive(Clone, Debug, Default)]
pub enum Foreground {
    /// On the terminal of this process.
    #[default]
    Terminal,
    /// Behind a request from another program. No person is there to be asked or to edit anything: texts are taken as they
    /// are proposed, and what programs print is captured.
    Captured(Arc<Mutex<Vec<u8>>>),
}

impl Foreground {
    /// Returns a place whose output is captured.
    pub fn captured() -> Foreground {
        Foreground::Captured(Arc::default())
    }

    /// Returns what was captured so far: nothing on a terminal.
    pub fn output(&self) -> Vec<u8> {
        match self {
            Foreground::Terminal => Vec::new(),
            Foreground::Captured(output) => output.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Runs a program on the user's terminal (a pager, an editor), its standard input being ours or `input`.
    ///
    /// # Errors
    /// When it cannot be started or followed, or there is no terminal.
    pub fn run_on_terminal(&self, cmd: &Cmd, input: Option<&[u8]>) -> Result<ExitStatus, Failure> {
        let Foreground::Terminal = self else { return Err(cmd.needs_terminal()) };
        let traced = cmd.trace(Way::Seen);
        let ended = on_terminal(cmd, input);
        traced.ended(&Outcome(&ended));
        ended
    }

    /// Becomes another program: the terminal, the signals and the exit code are its own from here on. Where a process
    /// cannot become another one, waits for that one's end and ends as it did.
    ///
    /// Returns only why it could not be started.
    pub fn become_other(&self, cmd: &Cmd) -> Failure {
        let Foreground::Terminal = self else { return cmd.needs_terminal() };
        #[cfg(unix)]
        {
            let traced = cmd.trace(Way::Seen);
            let cause = std::os::unix::process::CommandExt::exec(&mut cmd.command(Way::Seen));
            traced.ended(&"not started");
            cmd.start_failure(cause)
        }
        #[cfg(not(unix))]
        match self.run_on_terminal(cmd, None) {
            Ok(status) => std::process::exit(status.code().unwrap_or(-1)),
            Err(failure) => failure,
        }
    }

    /// Runs a program in the user's foreground, its input and complaints being ours. What it prints is about the work, and
    /// so goes to standard error: standard output is for results.
    ///
    /// # Errors
    /// When it cannot be started or followed.
    pub fn run(&self, cmd: &Cmd) -> Result<ExitStatus, Failure> {
        if let Foreground::Captured(captured) = self {
            let output = run(&cmd.clone().env("GIT_EDITOR", ":").limit(FOREGROUND_LIMIT))?;
            let mut captured = captured.lock().unwrap_or_else(PoisonError::into_inner);
            captured.extend_from_slice(&output.stdout);
            captured.extend_from_slice(&output.stderr);
            return Ok(output.status);
        }
        let traced = cmd.trace(Way::Seen);
        let ended = to_stderr(cmd);
        traced.ended(&Outcome(&ended));
        ended
    }
}

fn on_terminal(cmd: &Cmd, input: Option<&[u8]>) -> Result<ExitStatus, Failure> {
    let mut command = cmd.command(Way::Seen);
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::inherit() });
    let mut child = command.spawn().map_err(|cause| cmd.start_failure(cause))?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A pager that is left early closes its input: that is no failure.
        let _ = io::Write::write_all(&mut pipe, input);
    }
    child.wait().map_err(|cause| Failure::Lost { program: cmd.name(), cause })
}

fn to_stderr(cmd: &Cmd) -> Result<ExitStatus, Failure> {
    let mut command = cmd.command(Way::Seen);
    command.stdout(Stdio::from(io::stderr()));
    keeping_open(&mut command, cmd.holds.clone());
    let mut child = command.spawn().map_err(|cause| cmd.start_failure(cause))?;
    child.wait().map_err(|cause| Failure::Lost { program: cmd.name(), cause })
}

/// Runs a program beside the user, who sees what it says about its work and can answer what it asks; what it answers
/// itself, on its standard output, is kept. It may take as long as the user lets it.
///
/// # Errors
/// When it cannot be started or followed.
pub fn run_beside_user(cmd: &Cmd) -> Result<Output, Failure> {
    let traced = cmd.trace(Way::Seen);
    let answer = beside_user(cmd);
    traced.ended(&Outcome(&answer));
    answer
}

fn beside_user(cmd: &Cmd) -> Result<Output, Failure> {
    let started = Instant::now();
    let mut command = cmd.command(Way::Seen);
    // The user is there to be asked, unless they have said otherwise.
    match std::env::var_os("GIT_TERMINAL_PROMPT") {
        Some(said) => command.env("GIT_TERMINAL_PROMPT", said),
        None => command.env_remove("GIT_TERMINAL_PROMPT"),
    };
    command.stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let child = command.spawn().map_err(|cause| cmd.start_failure(cause))?;
    let ended = child.wait_with_output().map_err(|cause| Failure::Lost { program: cmd.name(), cause })?;
    Ok(Output { status: ended.status, stdout: ended.stdout, stderr: Vec::new(), took: started.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_printed_on_a_terminal_is_captured() {
        let foreground = Foreground::captured();
        let asks = Cmd::shell("echo out; echo err >&2; (: </dev/tty) 2>/dev/null || echo $GIT_EDITOR; cat");
        assert!(foreground.run(&asks).unwrap().success());
        assert_eq!(String::from_utf8_lossy(&foreground.output()), "out\n:\nerr\n");
        assert!(foreground.run_on_terminal(&Cmd::new("true"), None).is_err());
        assert!(Foreground::Terminal.run_on_terminal(&Cmd::new("true"), None).is_ok());
    }
}
