//! Programs that the user sees, and may have to answer.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::starting::keeping_open;
use super::{Caller, Cmd, Failure, Output, run};

/// How long a program may take that works in the foreground of a caller: git's hooks may run all tests.
const FOREGROUND_LIMIT: Duration = Duration::from_secs(3600);

/// Runs a program on the user's terminal (a pager, an editor), its standard input being ours or `input`.
///
/// # Errors
/// When it cannot be started or followed, or this thread works for a [`Caller`], who has no terminal.
pub fn run_on_terminal(cmd: &Cmd, input: Option<&[u8]>) -> Result<ExitStatus, Failure> {
    if Caller::of_thread().is_some() {
        return Err(cmd.needs_terminal());
    }
    let mut command = cmd.command();
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::inherit() });
    let mut child = command.spawn().map_err(|cause| cmd.start_failure(cause))?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A pager that is left early closes its input: that is no failure.
        let _ = io::Write::write_all(&mut pipe, input);
    }
    child.wait().map_err(|cause| Failure::Lost { program: cmd.name(), cause })
}

/// Becomes another program: the terminal, the signals and the exit code are its own from here on. Where a process cannot
/// become another one, waits for that one's end and ends as it did.
///
/// Answers only why it could not be started.
pub fn become_other(cmd: &Cmd) -> Failure {
    if Caller::of_thread().is_some() {
        return cmd.needs_terminal();
    }
    #[cfg(unix)]
    {
        let cause = std::os::unix::process::CommandExt::exec(&mut cmd.command());
        cmd.start_failure(cause)
    }
    #[cfg(not(unix))]
    match run_on_terminal(cmd, None) {
        Ok(status) => std::process::exit(status.code().unwrap_or(-1)),
        Err(failure) => failure,
    }
}

/// Runs a program in the user's foreground, its input and complaints being ours. What it prints is said about the work,
/// and so goes to standard error: standard output is for results. For a [`Caller`] it is kept; then no person is there to be
/// asked or to edit anything, and texts are taken as they are proposed.
///
/// # Errors
/// When it cannot be started or followed.
pub fn run_in_foreground(cmd: &Cmd) -> Result<ExitStatus, Failure> {
    if let Some(caller) = Caller::of_thread() {
        let output = run(&cmd.clone().env("GIT_EDITOR", ":").limit(FOREGROUND_LIMIT))?;
        caller.hear(&output.stdout);
        caller.hear(&output.stderr);
        return Ok(output.status);
    }
    let mut command = cmd.command();
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
    let started = Instant::now();
    let mut command = cmd.command();
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
