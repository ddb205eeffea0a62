//! What the supervisor knows of its agent: the screen, what it printed, what its processes do, and what follows.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::app::App;
use crate::model::{Session, SessionAgent, SessionState, Time};
use crate::session::activity::Activity;
use crate::session::agents::Reader;
use crate::session::diagnose::{self, Evidence, Limits, Repeats};
use crate::session::notice::Notifier;
use crate::session::protocol::{self, AnswerRule, Situation, Step};
use crate::session::replies::Replies;
use crate::session::{configured, screen};
use crate::settings;
use crate::store::{SessionPlace, SessionRecord};

/// How much unseen output is drawn at a look: more than that passed faster than anybody could have seen it.
const DRAWN: usize = 1 << 20;

/// Processes are sampled only when nothing has been printed for this long.
const QUIET: Duration = Duration::from_secs(2);

/// A screen that has not changed for this long can be read as a whole.
const STILL: Duration = Duration::from_secs(3);

/// The sampling interval of processes.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(2);

pub(super) struct Monitor {
    parser: vt100::Parser<Replies>,
    /// What was printed since the screen was last drawn.
    unseen: Vec<u8>,
    last_output: Option<Instant>,
    last_output_at: Option<Time>,
    screen: Vec<String>,
    screen_hash: u64,
    screen_since: Instant,
    activity: Activity,
    sampled_at: Instant,
    reader: Reader,
    repeats: Repeats,
    began: Instant,
    /// The still screen that was last compared for a loop.
    shown: u64,
    limits: Limits,
    answers: Vec<AnswerRule>,
    /// The questions that were answered, by a rule or by a user.
    answered: Vec<u64>,
    /// The question that is open.
    asks: Option<u64>,
    poked: Option<Instant>,
    /// The state that was last reported.
    reported: Option<SessionState>,
    messenger: Notifier,
    news: bool,
    clock: crate::app::Clock,
    place: SessionPlace,
}

impl Monitor {
    pub(super) fn new(app: &App, place: &SessionPlace, session: &Session) -> Monitor {
        let span = |key| app.settings.span(key).map(|span| Duration::from_secs(span.0)).ok();
        let (columns, rows) = screen::cells(session.size);
        Monitor {
            parser: vt100::Parser::new_with_callbacks(rows, columns, 0, Replies::default()),
            unseen: Vec::new(),
            last_output: None,
            last_output_at: None,
            screen: Vec::new(),
            screen_hash: 0,
            screen_since: Instant::now(),
            activity: Activity::of(session.pid.unwrap_or_default()),
            sampled_at: Instant::now(),
            reader: Reader::new(),
            repeats: Repeats::new(),
            began: Instant::now(),
            shown: 0,
            limits: Limits {
                after: span(settings::STUCK_AFTER).unwrap_or(Duration::from_secs(300)),
                poke: span(settings::STUCK_POKE).unwrap_or(Duration::from_secs(600)),
            },
            answers: configured::answer_rules(&app.settings).unwrap_or_default(),
            answered: Vec::new(),
            asks: None,
            poked: None,
            reported: None,
            messenger: Notifier::new(&app.settings, place),
            news: false,
            clock: app.clock.clone(),
            place: place.clone(),
        }
    }

    /// Takes what was printed, and answers what a terminal would answer to it.
    pub(super) fn printed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.last_output = Some(Instant::now());
        self.reader.feed(bytes);
        self.repeats.output(bytes, self.began.elapsed());
        self.unseen.extend_from_slice(bytes);
        if self.unseen.len() > 2 * DRAWN {
            self.unseen.drain(..self.unseen.len() - DRAWN);
        }
        if Replies::may_ask(bytes) {
            self.draw();
        }
        self.parser.callbacks_mut().take()
    }

    fn draw(&mut self) {
        let from = self.unseen.len().saturating_sub(DRAWN);
        self.parser.process(&self.unseen[from..]);
        self.unseen.clear();
        self.unseen.shrink_to(64 << 10);
        let lines = screen::lines(self.parser.screen());
        let mut hasher = DefaultHasher::new();
        lines.hash(&mut hasher);
        let hash = hasher.finish();
        if hash != self.screen_hash {
            self.screen_hash = hash;
            self.screen_since = Instant::now();
            self.screen = lines;
        }
    }

    /// Returns what draws the screen as it is.
    pub(super) fn redraw(&mut self) -> Vec<u8> {
        self.draw();
        let screen = self.parser.screen();
        format!("\x1b[2J\x1b[H{}", screen.state_formatted()).into_bytes()
    }

    pub(super) fn resize(&mut self, size: (u16, u16)) {
        self.draw();
        let (columns, rows) = screen::cells(size);
        self.parser.screen_mut().set_size(rows, columns);
    }

    /// Records that a client typed something.
    pub(super) fn answered(&mut self) {
        self.answered.extend(self.asks.take());
    }

    /// Records that the session was poked.
    pub(super) fn poked(&mut self) {
        self.poked = Some(Instant::now());
    }

    /// Judges, and says what the protocol would do.
    pub(super) fn evaluate(&mut self, session: &mut Session, running: Duration) -> Step {
        if !self.unseen.is_empty() {
            self.draw();
            self.last_output_at = Some(self.clock.now());
        }
        let quiet = self.last_output.map(|at| at.elapsed());
        if quiet.unwrap_or(running) < QUIET {
            self.activity.printed();
        } else if self.sampled_at.elapsed() >= SAMPLE_INTERVAL {
            self.activity.sample();
            self.sampled_at = Instant::now();
        }
        for ran in self.reader.take_commands() {
            self.repeats.command(&ran);
        }
        let still = self.screen_since.elapsed();
        if still > STILL && self.shown != self.screen_hash {
            self.shown = self.screen_hash;
            self.repeats.screen(&self.screen, running);
        }
        let repetition = self.repeats.found();
        let evidence = Evidence {
            quiet,
            running,
            idle: self.activity.idle(),
            moving: Some(self.activity.moving()),
            screen: &self.screen,
            still,
            repeats: repetition.as_ref(),
            rate_limited: self.reader.rate_limited(),
        };
        let diagnosis = diagnose::diagnose(&evidence, &self.limits, session.id.as_str());
        self.recognise(session);
        let changed = session.state != diagnosis.state;
        if changed || session.why.as_deref() != Some(&diagnosis.why) {
            // The evidence of activity changes with every sample, and is not reported.
            self.news |= changed || diagnosis.state != SessionState::Working;
            session.state = diagnosis.state;
            session.why = Some(diagnosis.why.clone());
            session.next = diagnosis.next.clone();
        }
        for milestone in self.reader.take_milestones() {
            self.messenger.send(session, &milestone.to_string());
        }
        if changed && needs_someone(diagnosis.state) {
            self.messenger.send(session, diagnosis.state.as_str());
        }
        self.asks = diagnosis.screen;
        let situation = Situation {
            diagnosis: &diagnosis,
            auto: session.auto,
            pokes: session.pokes,
            poked: self.poked.map(|at| at.elapsed()),
            resumes: session.resumes,
            resumable: session.agent_session.is_some(),
            answered: &self.answered,
            answers: &self.answers,
        };
        let step = protocol::decide(&situation);
        let previously_reported =
            std::mem::replace(&mut self.reported, matches!(step, Step::Report(_)).then_some(diagnosis.state));
        // It is decided anew at every look, and told once.
        if self.reported.is_some() && previously_reported == self.reported { Step::Nothing } else { step }
    }

    /// The agent's own name for the session, once it has told it. After a resume it also tells whether the context came
    /// along.
    fn recognise(&mut self, session: &mut Session) {
        let Some(said) = self.reader.agent_session() else { return };
        if session.resumed_from.is_some() && session.context_kept.is_none() {
            session.context_kept = Some(session.agent_session.as_deref() == Some(said));
            self.news = true;
        }
        if let Some(agent) = self.reader.agent().filter(|_| session.agent == SessionAgent::Command) {
            session.agent = SessionAgent::Named(agent.to_owned());
        }
        if session.agent_session.as_deref() != Some(said) {
            session.agent_session = Some(said.to_owned());
            self.news = true;
        }
    }

    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    pub(super) fn last_output_at(&self) -> Option<Time> {
        self.last_output_at
    }

    /// Evaluates what came with the end.
    pub(super) fn end(&mut self, session: &mut Session) {
        if !self.unseen.is_empty() {
            self.last_output_at = Some(self.clock.now());
            self.draw();
        }
        self.recognise(session);
        self.fill_in(session);
    }

    /// Fills in what the agent's output told, and what changed in its folder.
    fn fill_in(&self, session: &mut Session) {
        if let Some(message) = self.reader.last_message() {
            session.last_message = Some(message.to_owned());
        }
        session.tokens = self.reader.tokens().or(session.tokens);
        session.checks = self.reader.checks().to_vec();
        if let Some(start) = session.start_tree {
            // Not by where the folder says that its repository is: the agent may have written that.
            session.changed = self.place.work_folder().and_then(|folder| folder.changed_since(start).ok());
        }
    }

    /// Says how it ended.
    pub(super) fn report_diagnosis(&mut self, session: &Session) {
        self.messenger.send(session, "ended");
        self.messenger.wait();
    }
}

/// Returns whether `puff.notify` is called for this state.
fn needs_someone(state: SessionState) -> bool {
    matches!(state, SessionState::Waiting | SessionState::Hung | SessionState::Looping | SessionState::RateLimited)
}
