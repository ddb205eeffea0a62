//! The only door to other programs.
//!
//! A program called through here gets its standard input from us or none at all, is in a session of its own (so
//! that neither it nor its children can ask the user's terminal for anything) or asks nobody, has a time limit after which the
//! whole group is killed, and can't flood our memory. Waiting is done by tokio: output, input, the end of the
//! program and the time limit truly wait on each other.

mod bounded;
mod caller;
mod guard;
mod marked;
mod service;
mod stdio;
#[cfg(unix)]
pub mod terminal;

pub use bounded::{Ended, Excerpt, Stop, Stream, run_bounded};
pub use caller::Caller;
pub use guard::Guard;
pub use marked::Mark;
pub use service::{Happening, Service};
pub use stdio::take_stdio;

use std::cell::{OnceCell, RefCell};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// The most that one program may print before it is stopped: a patch is never larger than this.
const MOST_OUTPUT: u64 = 512 << 20;

/// How long a program may take that works in the foreground of a caller: git's hooks may run all tests.
const FOREGROUND_LIMIT: Duration = Duration::from_secs(3600);

/// How long output is waited for after the program itself has ended: a child of it may hold the pipe open.
const GRACE: Duration = Duration::from_secs(2);

/// A call of another program, built up and then run.
#[derive(Clone, Debug)]
pub struct Cmd {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, Option<OsString>)>,
    cwd: Option<PathBuf>,
    stdin: Option<Vec<u8>>,
    limit: Duration,
    holds: Option<Arc<File>>,
    asks_nobody: bool,
}

/// What a program that ran to its end left behind.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
    /// How long it took.
    pub took: Duration,
}

impl Output {
    /// Exit code 0.
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// Its complaints as text, without trailing white space.
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim_end().to_owned()
    }
}

/// Why a program has no [`Output`].
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such program.
    #[error("there is no program '{program}'")]
    NotFound {
        /// What was looked for.
        program: String,
    },
    /// It could not be started.
    #[error("'{program}' could not be started")]
    Start {
        /// What was to be started.
        program: String,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// It was killed because it took too long.
    #[error("'{program}' gave no answer within {} seconds and was ended", limit.as_secs_f32())]
    TimedOut {
        /// What took too long.
        program: String,
        /// How long it had.
        limit: Duration,
    },
    /// It was killed because it printed too much.
    #[error("'{program}' printed more than {} MiB and was ended", MOST_OUTPUT >> 20)]
    TooMuch {
        /// What printed too much.
        program: String,
    },
    /// Waiting for it, or reading what it printed, failed.
    #[error("'{program}' could not be followed to its end")]
    Lost {
        /// What was lost.
        program: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

impl Cmd {
    /// A call of `program`: a path, or a name that is looked up on `PATH`. No input, one minute.
    pub fn new(program: impl AsRef<OsStr>) -> Cmd {
        Cmd {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            // Whatever asks for a password must not hang: neither git nor what git calls.
            env: vec![("GIT_TERMINAL_PROMPT".into(), Some("0".into()))],
            cwd: None,
            stdin: None,
            limit: Duration::from_secs(60),
            holds: None,
            asks_nobody: false,
        }
    }

    /// A line for the shell, as git runs the commands of its configuration.
    pub fn shell(line: &str) -> Cmd {
        Cmd::new("sh").args(["-c", line])
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Cmd {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Cmd {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment; later settings win.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Cmd {
        self.env.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes a variable out of its environment.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Cmd {
        self.env.push((name.as_ref().to_owned(), None));
        self
    }

    /// Where it runs.
    pub fn cwd(mut self, folder: impl AsRef<Path>) -> Cmd {
        self.cwd = Some(folder.as_ref().to_owned());
        self
    }

    /// What it reads; without this its standard input is empty.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Cmd {
        self.stdin = Some(bytes.into());
        self
    }

    /// How long it may take.
    pub fn limit(mut self, limit: Duration) -> Cmd {
        self.limit = limit;
        self
    }

    /// Lets it keep a file open, and with it the lock on that file: the lock then lasts until both this program and
    /// that one have ended.
    pub fn holds(mut self, file: Option<Arc<File>>) -> Cmd {
        self.holds = file;
        self
    }

    /// Says that it has nothing to ask anybody, nor has what it calls: it needs no session of its own, and a program that
    /// needs none is started without a copy of this one.
    pub fn asks_nobody(mut self) -> Cmd {
        self.asks_nobody = true;
        self
    }

    /// The program as the user would name it.
    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.args);
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(cwd) = &self.cwd {
            command.current_dir(cwd);
        }
        command
    }

    fn needs_terminal(&self) -> Failure {
        self.start_failure(io::Error::new(io::ErrorKind::Unsupported, "there is no terminal here"))
    }

    fn start_failure(&self, cause: io::Error) -> Failure {
        let program = self.name();
        // A missing working folder is NotFound too; that one is our own mistake, not a missing program.
        let missing = cause.kind() == io::ErrorKind::NotFound && self.cwd.as_ref().is_none_or(|cwd| cwd.is_dir());
        if missing { Failure::NotFound { program } } else { Failure::Start { program, cause } }
    }
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.to_string_lossy())?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", arg.to_string_lossy()))
    }
}

/// Runs a program to its end.
///
/// # Errors
/// When it can't be started or followed, takes too long or prints too much. A non-zero exit is not an error.
pub fn run(cmd: &Cmd) -> Result<Output, Failure> {
    if !is_waiting() {
        return block_on(follow(cmd));
    }
    let lost = |_| Failure::Lost { program: cmd.name(), cause: io::ErrorKind::Other.into() };
    std::thread::scope(|scope| scope.spawn(|| block_on(follow(cmd))).join().map_err(lost)?)
}

/// Are we called by something that waits already, as a supervisor does? It can't wait twice in one thread.
fn is_waiting() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
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
/// When it can't be started or the log can't be opened.
pub fn start_detached(cmd: &Cmd, log: &Path) -> Result<u32, Failure> {
    let open = || std::fs::OpenOptions::new().create(true).append(true).open(log);
    let mut command = cmd.command();
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

/// Runs a program on the user's terminal (a pager, an editor), its standard input being ours or `input`.
///
/// # Errors
/// When it can't be started or followed, or this thread works for a [`Caller`], who has no terminal.
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

/// Becomes another program: the terminal, the signals and the exit code are its own from here on. Where a process can't
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
/// and so goes to standard error: standard output is for results. For a [`Caller`] it is kept; then nobody is there to be
/// asked or to edit anything, and texts are taken as they are proposed.
///
/// # Errors
/// When it can't be started or followed.
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
/// When it can't be started or followed.
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

/// What ended a [`pause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The time passed.
    Elapsed,
    /// Someone wants this program to end.
    Interrupted,
}

/// Waits for `time`, or until the user interrupts or the system ends this program. From the first call on, such a
/// signal no longer ends the program at once: it is answered by this and every later pause.
pub fn pause(time: Duration) -> Wake {
    if is_waiting() {
        // Whoever waits above us hears the signals.
        std::thread::sleep(time);
        return Wake::Elapsed;
    }
    block_on(async {
        tokio::select! {
            () = interrupted() => Wake::Interrupted,
            () = tokio::time::sleep(time) => Wake::Elapsed,
        }
    })
}

/// Lets what is made from here on have these permissions too, whatever the user's mask takes away: `0o060` for the group.
pub fn widen(mode: u32) {
    #[cfg(unix)]
    {
        use rustix::fs::Mode;
        use rustix::process::umask;
        // A folder that may be read may be gone into.
        let folder = mode | (mode & 0o044) >> 2;
        let before = umask(Mode::empty());
        umask(before & !Mode::from_bits_truncate(folder as _));
    }
    #[cfg(not(unix))]
    let _ = mode;
}

/// Gives this thread a mask of its own: what [`widen`] does from here on concerns it, what it starts, and nobody else. Where
/// threads can't have one, they go on sharing it.
pub fn own_mask() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{UnshareFlags, unshare_unsafe};
        // SAFETY: only the mask and the working folder stop being shared, and no thread changes the latter.
        #[allow(unsafe_code)]
        let _ = unsafe { unshare_unsafe(UnshareFlags::FS) };
    }
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
    let started = Instant::now();
    let mut command = cmd.command();
    command.stdin(if cmd.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    match &cmd.holds {
        None if cmd.asks_nobody => in_own_group(&mut command),
        holds => in_own_session(&mut command, holds.clone()),
    }
    let mut child = tokio::process::Command::from(command).spawn().map_err(|cause| cmd.start_failure(cause))?;
    let group = child.id();

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

/// A session of its own: no controlling terminal to ask, no share in the user's Ctrl-C, and a process group that
/// can be ended as a whole. `holds` stays open in it.
#[cfg(unix)]
fn in_own_session(command: &mut std::process::Command, holds: Option<Arc<File>>) {
    use std::os::unix::process::CommandExt;
    // SAFETY: between fork and exec only `setsid` is called, which is async-signal-safe and allocates nothing.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?));
    }
    keeping_open(command, holds);
}

/// Leaves a file open in the program that is to be started.
#[cfg(unix)]
fn keeping_open(command: &mut std::process::Command, file: Option<Arc<File>>) {
    use std::os::unix::process::CommandExt;
    let Some(file) = file else { return };
    // SAFETY: between fork and exec only `fcntl` is called, which is async-signal-safe and allocates nothing.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || Ok(rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?));
    }
}

#[cfg(not(unix))]
fn in_own_session(_: &mut std::process::Command, _: Option<Arc<File>>) {}

/// A process group that can be ended as a whole, and has no share in the user's Ctrl-C.
#[cfg(unix)]
fn in_own_group(command: &mut std::process::Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_own_group(_: &mut std::process::Command) {}

#[cfg(not(unix))]
fn keeping_open(_: &mut std::process::Command, _: Option<Arc<File>>) {}

/// What a program can be told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End, please.
    Terminate,
    /// End now.
    Kill,
}

#[cfg(unix)]
impl Signal {
    fn number(self) -> rustix::process::Signal {
        match self {
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Kill => rustix::process::Signal::KILL,
        }
    }
}

/// Tells a whole process group; one that is gone hears nothing.
#[cfg(unix)]
pub fn signal_group(leader: u32, signal: Signal) {
    if let Some(group) = rustix::process::Pid::from_raw(leader as i32) {
        let _ = rustix::process::kill_process_group(group, signal.number());
    }
}

/// Tells a process.
#[cfg(unix)]
pub fn signal_process(pid: u32, signal: Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid as i32) {
        let _ = rustix::process::kill_process(pid, signal.number());
    }
}

/// Tells a whole process group; one that is gone hears nothing.
#[cfg(not(unix))]
pub fn signal_group(_: u32, _: Signal) {}

fn kill_group(leader: Option<u32>) {
    leader.into_iter().for_each(|leader| signal_group(leader, Signal::Kill));
}

/// The signals that ask this program to end, kept between pauses so that none is missed.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    async fn next(&mut self) {
        let [int, term, hup] = &mut self.0;
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
            _ = hup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Until someone wants this program to end, or the [`Caller`] that this thread works for wants no more of it.
pub(crate) async fn interrupted() {
    match Caller::of_thread() {
        Some(caller) => tokio::select! {
            () = caller.ends() => {}
            () = signalled() => {}
        },
        None => signalled().await,
    }
}

/// Until a signal asks this program to end.
async fn signalled() {
    thread_local!(static SIGNALS: RefCell<Option<Signals>> = const { RefCell::new(None) });
    let kept = SIGNALS.with(|signals| signals.borrow_mut().take());
    // Held by a guard: a pause that ends by its time drops this future in the middle.
    struct Keep(Option<Signals>);
    impl Drop for Keep {
        fn drop(&mut self) {
            SIGNALS.with(|signals| *signals.borrow_mut() = self.0.take());
        }
    }
    let mut keep = Keep(kept.or_else(|| Signals::listen().ok()));
    match &mut keep.0 {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// Waits here for something that waits on several things.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    thread_local!(static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() });
    RUNTIME.with(|runtime| {
        let build = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.get_or_init(|| build().expect("the system refuses even an event queue"));
        runtime.block_on(future)
    })
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
