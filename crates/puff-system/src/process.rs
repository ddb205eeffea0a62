//! The only door to other programs.
//!
//! A program called through here gets its standard input from us or none at all, is in a session of its own (so
//! that neither it nor its children can ask the user's terminal for anything) or asks for nothing, has a time limit after which the
//! whole group is killed, and cannot flood our memory. Waiting is done by tokio: output, input, the end of the
//! program and the time limit truly wait on each other.

mod bounded;
mod cmd;
pub mod confine;
pub mod event_loop;
mod foreground;
mod guard;
mod inside;
mod interrupt;
mod kill;
mod marked;
mod service;
mod starting;
mod stdio;
#[cfg(unix)]
pub mod terminal;
mod traced;
mod umask;
mod way;

pub use bounded::{Ended, HeadAndTail, Stop, Stream, run_bounded};
pub use cmd::{Cmd, Failure, Output};
pub use foreground::{Foreground, run_beside_user};
use guard::GroupGuard;
pub use guard::Guard;
pub use inside::{git_runs_in, runs_in};
pub use interrupt::{Cancellation, Wake};
#[cfg(unix)]
pub use kill::signal_process;
pub use kill::{Signal, signal_group};
pub use marked::Mark;
pub use service::{Service, ServiceEvent};
pub use stdio::take_stdio;
pub use umask::{own_mask, widen};

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use event_loop::block_on;
use kill::kill_group;
use starting::{in_own_group, in_own_session};
use traced::Outcome;
use way::Way;

/// The most that one program may print before it is stopped: a patch is never larger than this.
const MOST_OUTPUT: u64 = 512 << 20;

/// How long output is waited for after the program itself has ended: a child of it may hold the pipe open.
const GRACE: Duration = Duration::from_secs(2);

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started or followed, takes too long or prints too much. A non-zero exit is not an error.
pub fn run(cmd: &Cmd) -> Result<Output, Failure> {
    block_on(follow(cmd))
}

/// Runs two programs at the same time.
pub fn run_both(one: &Cmd, other: &Cmd) -> (Result<Output, Failure>, Result<Output, Failure>) {
    block_on(async { tokio::join!(follow(one), follow(other)) })
}

/// Runs several programs, at most `at_once` at a time; the answers are in the order of the calls.
pub fn run_all(cmds: &[Cmd], at_once: usize) -> Vec<Result<Output, Failure>> {
    block_on(async {
        let mut answers = Vec::with_capacity(cmds.len());
        for batch in cmds.chunks(at_once.max(1)) {
            let mut tasks = Vec::new();
            for cmd in batch {
                let (cmd, name) = (cmd.clone(), cmd.name());
                tasks.push((name, tokio::spawn(async move { follow(&cmd).await })));
            }
            for (program, task) in tasks {
                let lost = |cause| Failure::Lost { program, cause: io::Error::other(cause) };
                answers.push(task.await.map_err(lost).and_then(|answer| answer));
            }
        }
        answers
    })
}

/// Starts a program that outlives this one, its output appended to `log`, and answers its process id (for people
/// to look at: nothing may be decided by it).
///
/// # Errors
/// When it cannot be started or the log cannot be opened.
pub fn start_detached(cmd: &Cmd, log: &Path) -> Result<u32, Failure> {
    let traced = cmd.trace(Way::Detached);
    let started = detach(cmd, log);
    traced.ended(&Outcome(&started));
    started
}

fn detach(cmd: &Cmd, log: &Path) -> Result<u32, Failure> {
    let open = || crate::files::ours().create(true).append(true).open(log);
    let mut command = cmd.command(Way::Detached);
    let logs = open().and_then(|out| Ok((out.try_clone()?, out)));
    let (out, err) = logs.map_err(|cause| Failure::Start { program: cmd.name(), cause })?;
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    // It is not a part of what we are a part of, and does not end with that.
    for name in Mark::OF_OTHERS.iter().filter(|name| !cmd.env.iter().any(|(set, _)| set == **name)) {
        command.env_remove(name);
    }
    in_own_session(&mut command, None);
    let child = command.spawn().map_err(|cause| cmd.start_failure(cause))?;
    Ok(child.id())
}

/// Is another program of ours to be found on `PATH` (or at this path)?
pub fn find(program: &str) -> Option<PathBuf> {
    let given = Path::new(program);
    if given.components().count() > 1 {
        return is_program(given).then(|| given.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| is_program(candidate))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file() || path.with_extension("cmd").is_file()
}

async fn follow(cmd: &Cmd) -> Result<Output, Failure> {
    let traced = cmd.trace(Way::Captured);
    let answer = follow_to_end(cmd).await;
    traced.ended(&Outcome(&answer));
    answer
}

async fn follow_to_end(cmd: &Cmd) -> Result<Output, Failure> {
    let started = Instant::now();
    let mut command = cmd.command(Way::Captured);
    command.stdin(if cmd.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    match &cmd.holds {
        None if cmd.asks_nobody => in_own_group(&mut command),
        holds => in_own_session(&mut command, holds.clone()),
    }
    let guard = cmd.ends_with_us.then(GroupGuard::start).flatten();
    let mut child = tokio::process::Command::from(command).spawn().map_err(|cause| cmd.start_failure(cause))?;
    let group = child.id();
    // Dropped in the end, when there is nothing left to end.
    let _guard = guard.zip(group).map(|(guard, group)| guard.of(group));

    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut out = child.stdout.take().expect("stdout is piped").take(MOST_OUTPUT + 1);
    let mut err = child.stderr.take().expect("stderr is piped").take(MOST_OUTPUT + 1);
    let pipe = child.stdin.take();
    let feed = async {
        if let (Some(mut pipe), Some(bytes)) = (pipe, &cmd.stdin) {
            // A program that does not read what it is given says so by its exit code, if it matters.
            let _ = pipe.write_all(bytes).await;
        }
    };
    let finished = async {
        let talk = async {
            let reads = async { tokio::try_join!(out.read_to_end(&mut stdout), err.read_to_end(&mut stderr)) };
            tokio::join!(feed, reads).1
        };
        tokio::pin!(talk);
        tokio::select! {
            ended = child.wait() => {
                // Its own children may hold the pipes open; what they would still say is not waited for.
                let _ = tokio::time::timeout(GRACE, talk).await;
                ended
            }
            // All that it could print is here, or more than we take: only the end is missing.
            talked = &mut talk => match talked {
                Ok((out, err)) if (out.max(err) as u64) > MOST_OUTPUT => Err(io::ErrorKind::FileTooLarge.into()),
                Ok(_) => child.wait().await,
                Err(cause) => Err(cause),
            },
        }
    };
    let program = cmd.name();
    let answer = match tokio::time::timeout(cmd.limit, finished).await {
        Ok(Ok(status)) => return Ok(Output { status, stdout, stderr, took: started.elapsed() }),
        Ok(Err(cause)) if cause.kind() == io::ErrorKind::FileTooLarge => Failure::TooMuch { program },
        Ok(Err(cause)) => Failure::Lost { program, cause },
        Err(_) => Failure::TimedOut { program, limit: cmd.limit },
    };
    kill_group(group);
    let _ = child.wait().await;
    Err(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_goes_in_and_output_comes_out_whole() {
        let large = vec![b'x'; 3 << 20];
        let output = run(&Cmd::new("cat").stdin(large.clone())).unwrap();
        assert!(output.success());
        assert_eq!(output.stdout, large);
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_its_children() {
        let cmd = Cmd::shell("sleep 600 & sleep 600").limit(Duration::from_millis(100));
        assert!(matches!(run(&cmd), Err(Failure::TimedOut { .. })));
    }

    #[test]
    fn a_child_that_holds_the_pipe_does_not_hold_us() {
        let started = Instant::now();
        let output = run(&Cmd::shell("sleep 600 & echo done")).unwrap();
        assert_eq!(output.stdout, b"done\n");
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_missing_program_is_named() {
        let failure = run(&Cmd::new("no-such-program-here")).unwrap_err();
        assert_eq!(failure.to_string(), "there is no program 'no-such-program-here'");
    }

    #[test]
    fn answers_keep_the_order_of_the_calls() {
        let cmds: Vec<_> = (0..5).map(|n| Cmd::shell(&format!("sleep 0.0{}; echo {n}", 5 - n))).collect();
        let said: Vec<_> = run_all(&cmds, 3).into_iter().map(|answer| answer.unwrap().stdout).collect();
        assert_eq!(said, [b"0\n", b"1\n", b"2\n", b"3\n", b"4\n"]);
    }

    #[test]
    fn a_called_program_has_no_terminal() {
        let output = run(&Cmd::shell("(: </dev/tty) 2>/dev/null && echo tty || echo none")).unwrap();
        assert_eq!(output.stdout, b"none\n");
    }
}
