//! The supervisor of one session: a process of its own, from the start of the agent to its end.
//!
//! One loop waits for everything at once: what the agent prints, what clients type, who attaches, the agent's end,
//! and the time. Nothing in it waits for the disk to be free or for a slow reader, so that the agent never does.

mod monitor;

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use tokio::net::UnixListener;
use tokio::sync::mpsc;

use self::monitor::Monitor;
use super::attached::{Attached, Command};
use super::control::short;
use super::log::Writer;
use super::protocol::Step;
use super::{confinement, resume, session_workspace};
use crate::app::App;
use crate::error::{Result, ResultExt};
use crate::lock::FileLock;
use crate::model::{OwnWorktree, Session, SessionEnd, SessionId, SessionState, Stdin};
use crate::process::terminal::{Input, PtyReader, PtyWriter, Terminal};
use crate::process::{self, Cmd, Failure, Mark};
use crate::scratch::Scratch;
use crate::store::{SessionPlace, SessionRecord, SessionStore};

/// How often the state is judged.
const TICK: Duration = Duration::from_millis(500);
/// How long an agent may take to end after it was asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long output is waited for after the agent has ended: a child of it may have the terminal open.
const DRAIN: Duration = Duration::from_millis(500);
/// How often a record that only tells of more output is written.
const RECORD: Duration = Duration::from_secs(5);
/// How long a full disk is waited for to take the last record.
const LAST: Duration = Duration::from_secs(60);

/// Supervises a session that was recorded and not started, to its end. One that is supervised already, or that was
/// started before, is left alone.
///
/// # Errors
/// When its folder cannot be used.
pub fn run(app: &App, id: &SessionId) -> Result<()> {
    let store = SessionStore::new(&app.layout);
    let place = store.place(id);
    let lock = FileLock::attempt(&place.lock()).or_fail(|| format!("cannot lock the session '{id}'"))?;
    let session = store.load_raw(id)?;
    if lock.is_none() || place.is_started() || session.pid.is_some() || session.state.is_over() {
        return Ok(());
    }
    process::event_loop::run(supervise(app, &place.relative(), place.folder(), session))
}

/// A running session.
struct Supervisor<'c> {
    app: &'c App,
    place: &'c SessionPlace,
    session: Session,
    log: Writer,
    monitor: Monitor,
    attached: Attached,
    keyboard: PtyWriter,
    /// What is still to be typed.
    keys: Vec<u8>,
    began: Instant,
    recorded: Instant,
    /// When an agent that was asked to end is killed.
    kill_at: Option<Instant>,
    /// Go on from it in another session once it has ended.
    resume: bool,
    /// The agent's folder for temporary files, where it is confined.
    _scratch: Option<Scratch>,
}

async fn supervise(app: &App, place: &SessionPlace, named: &Path, mut session: Session) -> Result<()> {
    let id = session.id.clone();
    let log = Writer::begin(place, session.log_size).or_fail(|| format!("cannot write the log of '{id}'"))?;
    let listener = listen(place).or_fail(|| format!("cannot make the socket of '{id}'"))?;
    adopt_orphans();
    // An agent that ignored the end of its terminal would outlive a supervisor that is killed.
    app.cancellation.listen();
    place.mark_started().or_fail(|| format!("cannot record that the agent of '{id}' is started"))?;
    let ((terminal, output, keyboard), scratch) = match begin(place, named, &session) {
        Ok(started) => started,
        Err(failure) => {
            let missing = matches!(failure, Failure::NotFound { .. });
            session.state = SessionState::Exited;
            session.why = Some(failure.to_string());
            session.end = Some(SessionEnd { at: app.clock.now(), exit: Some(if missing { 127 } else { 126 }) });
            finalize(app, &mut session).await;
            return place.save(&session).or_fail(|| format!("cannot record the session '{id}'"));
        }
    };
    session.pid = Some(terminal.pid());
    session.why = Some("it has just started".to_owned());
    let monitor = Monitor::new(app, place, &session);
    place.save(&session).or_fail(|| format!("cannot record the session '{id}'"))?;
    let (commands, heard) = mpsc::channel(64);
    let attached = Attached::new(commands, session.size);
    let now = Instant::now();
    let supervisor = Supervisor {
        app,
        place,
        session,
        log,
        monitor,
        attached,
        keyboard,
        keys: Vec::new(),
        began: now,
        recorded: now,
        kill_at: None,
        resume: false,
        _scratch: scratch,
    };
    supervisor.work(terminal, output, listener, heard).await
}

fn listen(place: &SessionPlace) -> io::Result<UnixListener> {
    let _ = std::fs::remove_file(place.socket());
    let (path, _link) = short(&place.socket())?;
    UnixListener::bind(path)
}

/// Adopts what the agent started when its parent ends, so that it is found when the session is killed.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// An agent that runs, what it prints, and what is typed for it.
type Started = (Terminal, PtyReader, PtyWriter);

/// Starts the agent, with its folder for temporary files where it is confined. `named` is the folder of the session by its whole name, which marks its processes.
fn begin(
    place: &SessionPlace,
    named: &Path,
    session: &Session,
) -> std::result::Result<(Started, Option<Scratch>), Failure> {
    let (program, args) = match session.argv.split_first() {
        Some((program, args)) => (program.as_str(), args),
        None => ("", &[][..]),
    };
    let cmd = Cmd::new(program).args(args).cwd(&session.cwd).env("TERM", "xterm-256color").env(Mark::SESSION, named);
    // What git would take from us for the agent's own repository.
    let cmd = crate::git::TIES.iter().fold(cmd, |cmd, name| cmd.env_remove(name));
    let input = match session.stdin {
        Stdin::Terminal => Input::Terminal,
        Stdin::Closed => Input::Closed,
        Stdin::Prompt => crate::files::open(place.prompt()).map_or(Input::Closed, Input::File),
    };
    // Its command is one that confines itself.
    let scratch = session.confined.then(Scratch::make).transpose();
    let scratch = scratch.map_err(|cause| Failure::Start { program: program.to_owned(), cause })?;
    let cmd = scratch.iter().fold(cmd, |cmd, scratch| cmd.env(confinement::TMPDIR, scratch.path()));
    Ok((Terminal::start(&cmd, session.size, input)?, scratch))
}

impl Supervisor<'_> {
    async fn work(
        mut self,
        mut terminal: Terminal,
        mut output: PtyReader,
        listener: UnixListener,
        mut heard: mpsc::Receiver<Command>,
    ) -> Result<()> {
        let mut buffer = vec![0; 64 << 10];
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut end: Option<(Instant, io::Result<ExitStatus>)> = None;
        let mut open = true;
        while end.as_ref().is_none_or(|(at, _)| open && at.elapsed() < DRAIN) {
            tokio::select! {
                read = output.read(&mut buffer), if open => match read {
                    Ok(0) | Err(_) => open = false,
                    Ok(count) => self.printed(&buffer[..count]),
                },
                typed = self.keyboard.write(&self.keys), if open && !self.keys.is_empty() => match typed {
                    Ok(count) => drop(self.keys.drain(..count)),
                    Err(_) => self.keys.clear(),
                },
                status = terminal.wait(), if end.is_none() => end = Some((Instant::now(), status)),
                connection = listener.accept() => if let Ok((stream, _)) = connection {
                    self.attached.greet(stream);
                },
                Some(command) = heard.recv() => self.hear(command),
                _ = tick.tick() => self.tick(),
                () = self.app.cancellation.requested() => self.kill("its supervisor was asked to end"),
            }
        }
        let status = end.map(|(_, status)| status).unwrap_or_else(|| Err(io::ErrorKind::Other.into()));
        // What is still asked for is refused from here on, and kept waiting by nothing.
        drop(heard);
        self.finish(status).await
    }

    fn printed(&mut self, bytes: &[u8]) {
        self.log.append(bytes);
        self.session.printed += bytes.len() as u64;
        self.attached.show(bytes);
        let replies = self.monitor.printed(bytes);
        // Who is attached has a terminal that answers by itself.
        if !self.attached.any() {
            self.keys.extend_from_slice(&replies);
        }
    }

    fn hear(&mut self, command: Command) {
        match command {
            Command::Type { keys, remark } => {
                self.keys.extend_from_slice(&keys);
                if let Some(remark) = remark {
                    self.log.remark(&remark);
                }
                self.monitor.answered();
            }
            Command::Kill { why } => self.kill(&why),
            Command::Attach { client, size } => {
                let screen = self.monitor.redraw();
                self.attached.add(client, size, screen);
                self.resize();
            }
            Command::Resize { id, size } => {
                self.attached.set_size(id, size);
                self.resize();
            }
            Command::Detach { id } => {
                self.attached.remove(id);
                self.resize();
            }
        }
    }

    /// Makes the terminal as large as the smallest of the attached ones.
    fn resize(&mut self) {
        let size = self.attached.size();
        if size != self.session.size && self.keyboard.resize(size).is_ok() {
            self.session.size = size;
            self.monitor.resize(size);
        }
    }

    /// Asks the agent and its children to end; those that don't are killed later.
    fn kill(&mut self, why: &str) {
        if self.kill_at.is_none() {
            self.log.remark(&format!("ending it: {why}"));
            self.session.killed = Some(why.to_owned());
            self.kill_at = Some(Instant::now() + GRACE);
            self.signal(process::Signal::Terminate);
        }
    }

    fn signal(&self, signal: process::Signal) {
        let leader = self.session.pid.unwrap_or_default();
        process::signal_group(leader, signal);
        for pid in super::activity::processes(leader) {
            process::signal_process(pid, signal);
        }
    }

    fn tick(&mut self) {
        if self.kill_at.is_some_and(|at| at <= Instant::now()) {
            self.signal(process::Signal::Kill);
        }
        let limit = self.session.limit_s;
        if limit > 0 && self.began.elapsed() > Duration::from_secs(limit) {
            self.kill(&format!("its time limit of {} has passed", crate::model::Span(limit)));
        }
        let step = self.monitor.evaluate(&mut self.session, self.began.elapsed());
        self.act(step);
        self.session.log_trouble = self.log.trouble();
        let news = self.monitor.take_news();
        if news || self.recorded.elapsed() > RECORD {
            self.record();
        }
    }

    /// Does what the stuck-agent protocol says; every step is in the log.
    fn act(&mut self, step: Step) {
        match step {
            Step::Nothing => {}
            Step::Answer { text, enter, rule } => {
                self.log.remark(&format!("answered '{text}', as puff.session.answer '{rule}' allows"));
                self.keys.extend_from_slice(text.as_bytes());
                if enter {
                    self.keys.push(b'\r');
                }
                self.monitor.answered();
            }
            Step::Poke => {
                self.log.remark("poked: it was hung");
                self.session.pokes += 1;
                self.keys.push(b'\r');
                self.monitor.poked();
            }
            Step::KillAndResume => {
                if self.kill_at.is_none() {
                    self.resume = true;
                    self.kill("it was hung and a poke did not help; it is resumed");
                }
            }
            Step::Report(what) => self.log.remark(&what),
            Step::KillLoop => self.kill("it did the same over and over"),
        }
    }

    /// Starts the session that continues this one.
    async fn go_on(&mut self) {
        let session = self.session.clone();
        let start = move |app: &App| resume::start_after(app, &session).and_then(|next| super::start(app, next));
        match beside_the_loop(self.app, start).await.flatten() {
            Ok(next) => {
                self.log.remark(&format!("continues as '{}'", next.id));
                self.session.resumed_as = Some(next.id);
            }
            Err(error) => self.log.remark(&format!("could not be resumed: {error}")),
        }
    }

    /// Writes the record. What cannot be written now is written with the next one.
    fn record(&mut self) {
        self.session.last_output_at = self.monitor.last_output_at().or(self.session.last_output_at);
        if self.place.save(&self.session).is_ok() {
            self.recorded = Instant::now();
        }
    }

    async fn finish(mut self, status: io::Result<ExitStatus>) -> Result<()> {
        // What it left behind in the background ends with it.
        self.signal(process::Signal::Kill);
        let exit = status.ok().and_then(exit_code);
        self.monitor.end(&mut self.session);
        self.session.state = SessionState::Exited;
        self.session.why = Some(ending(exit, self.session.killed.as_deref()));
        self.session.end = Some(SessionEnd { at: self.app.clock.now(), exit });
        let failed = exit != Some(0) && self.session.agent_session.is_some();
        self.session.next = failed.then(|| format!("git puff session resume {}", self.session.id));
        self.session.log_trouble = self.log.trouble();
        if self.resume {
            self.go_on().await;
        }
        finalize(self.app, &mut self.session).await;
        let _ = std::fs::remove_file(self.place.socket());
        let since = Instant::now();
        loop {
            self.record();
            if self.recorded > since {
                break;
            }
            if since.elapsed() > LAST {
                let id = &self.session.id;
                return Err(crate::error::Error::cannot_work(format!("cannot record how '{id}' ended")));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.monitor.report_diagnosis(&self.session);
        Ok(())
    }
}

/// Finalizes the worktree before the record says that the session is over, so that no waiter finds one about to go.
async fn finalize(app: &App, session: &mut Session) {
    let ended = session.clone();
    let finalized = beside_the_loop(app, move |app| session_workspace::finalize(app, &ended)).await;
    // What cannot be removed now is named by 'doctor'.
    let finalized = finalized.ok().and_then(std::result::Result::ok).flatten();
    let not_finalized = || session.worktree.clone().map(|own| OwnWorktree { outcome: None, ..own });
    session.worktree = finalized.or_else(not_finalized);
}

/// Does something in another thread that may take long: git can look through a large worktree for minutes. Clients
/// that are connected are refused what they ask meanwhile, at once, and can leave.
///
/// # Errors
/// When the repository cannot be opened once more.
async fn beside_the_loop<T: Send + 'static>(app: &App, work: impl FnOnce(&App) -> T + Send + 'static) -> Result<T> {
    let seed = app.seed();
    let done = tokio::task::spawn_blocking(move || seed.open().map(|app| work(&app))).await;
    done.or_fail(|| "cannot do the work beside the session".to_owned())?
}

fn exit_code(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal))
}

fn ending(exit: Option<i32>, killed: Option<&str>) -> String {
    match (killed, exit) {
        (Some(why), _) => format!("it was ended: {why}"),
        (None, Some(0)) => "it has finished".to_owned(),
        (None, Some(code)) if code > 128 => format!("it was ended by signal {}", code - 128),
        (None, Some(code)) => format!("it ended with exit code {code}"),
        (None, None) => "cannot tell how it ended".to_owned(),
    }
}
