//! Codex Cloud, through the `codex` program.
//!
//! Three kinds of that program are in use, and each says other things to other questions (`dialect`). How it is run
//! is in `client`; what it prints is read by the pure functions of `parse` and `complaint`, which have the recorded
//! output of the real programs beside them.

mod client;
mod dialect;
mod error_parser;
mod headless;
mod kind;
mod official;
mod parse;
mod profile;

pub use dialect::Dialect;

use std::path::Path;

use self::client::Client;
pub use kind::CodexCloudKind;

use self::profile::CodexProfile;
use crate::model::{Profile, TaskId, Time};
use crate::provider::{
    AttemptObservations, Collection, Failure, Observation, Provider, Question, RetryPolicy, Submission, SubmitFailure,
    Task, TaskStatus, TaskSummary,
};

/// What it is called in a sentence.
const TITLE: &str = "Codex Cloud";

/// How many calls of the client run at once: each costs 75 ms of CPU and 67 MiB.
const PARALLEL_CALLS: usize = 4;

/// How many pages of the list are looked through for a task before it is asked for by name.
const MOST_PAGES: usize = 50;

/// Codex Cloud as one profile sees it.
pub struct CodexCloud {
    client: Client,
    dialect: Dialect,
    version: Option<String>,
}

/// Where the client is run.
#[derive(Clone, Debug)]
pub struct ClientEnv<'a> {
    /// The folder that it may leave its `error.log` in.
    pub cwd: &'a Path,
    /// The repository's common git directory, by which it finds the remotes.
    pub git_dir: &'a Path,
    /// A file that keeps what was found out about the program.
    pub cache: &'a Path,
    /// How often a read that fails for now is tried again.
    pub patience: RetryPolicy,
}

impl CodexCloud {
    /// Finds the program of a profile and how it is to be spoken to. `dialect` overrides what its `--help` says.
    ///
    /// # Errors
    /// When there is no such program, or it is none that we can use.
    pub fn open(profile: &CodexProfile, dialect: Option<Dialect>, at: &ClientEnv<'_>) -> Result<CodexCloud, Failure> {
        let client = Client::find(profile, at)?;
        let known = dialect::recognise(&client, at.cache)?;
        Ok(CodexCloud { client, dialect: dialect.unwrap_or(known.dialect), version: known.version })
    }

    /// Looks through the list for these tasks: further pages only while one of them is not found.
    fn find(&self, wanted: &[Question]) -> Result<Vec<Option<parse::ListedTask>>, Failure> {
        let mut found: Vec<Option<parse::ListedTask>> = vec![None; wanted.len()];
        let mut page = self.dialect.first_page();
        for _ in 0..MOST_PAGES {
            let output = self.client.read(&self.dialect.list(None, &page))?;
            let listed = parse::list(&output.stdout)?;
            let next = self.dialect.next_page(&page, &listed);
            for task in listed.tasks {
                if let Some(place) = wanted.iter().position(|question| question.id.as_str() == task.id) {
                    found[place] = Some(task);
                }
            }
            match next {
                Some(next) if found.iter().any(Option::is_none) => page = next,
                _ => break,
            }
        }
        Ok(found)
    }
}

impl Provider for CodexCloud {
    fn profile(&self) -> Option<Profile> {
        Some(self.client.profile().into())
    }

    fn program(&self) -> Option<&Path> {
        Some(self.client.program())
    }

    fn dialect(&self) -> Option<&str> {
        Some(self.dialect.as_str())
    }

    fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    fn most_attempts(&self) -> Option<u32> {
        self.dialect.most_attempts()
    }

    fn check(&self, env: Option<&str>) -> Result<(), Failure> {
        if let Some(env) = env {
            self.dialect.check_env(env)?;
        }
        let output = self.client.read_about(env, &self.dialect.list(env, &self.dialect.smallest_page()))?;
        parse::list(&output.stdout).map(drop)
    }

    fn submit(&self, submission: &Submission<'_>) -> Result<Task, SubmitFailure> {
        self.dialect.check_env(submission.env)?;
        let said = match self.dialect {
            Dialect::Official => self.client.submit(&official::submit(submission), submission)?,
            Dialect::HeadlessA => self.client.submit(&headless::submit_by_stdin(submission), submission)?,
            Dialect::HeadlessB => {
                let prompt = self.client.prompt_file(submission.prompt)?;
                self.client.submit(&headless::submit_by_file(submission, prompt.path()), submission)?
            }
        };
        let task = parse::submitted(&said).ok_or_else(|| SubmitFailure::Lost {
            what: "codex ended well, but named no task".to_owned(),
            said: String::from_utf8_lossy(&said).into_owned(),
        })?;
        let url = task.url.or_else(|| Some(self.client.task_url(&task.id)));
        Ok(Task { id: task.id, url })
    }

    fn observe(&self, tasks: &[Question]) -> Result<Vec<Observation>, Failure> {
        let listed = self.find(tasks)?;
        let mut answers = Vec::with_capacity(tasks.len());
        for (question, listed) in tasks.iter().zip(listed) {
            answers.push(match listed {
                Some(task) => task.observed(),
                None => self.describe_unlisted(&question.id)?,
            });
        }
        self.sweep(tasks, &mut answers);
        Ok(answers)
    }

    fn collect(&self, task: &Question) -> Result<Collection, Failure> {
        match self.dialect {
            Dialect::Official => official::collect(&self.client, task),
            Dialect::HeadlessA | Dialect::HeadlessB => headless::collect(&self.client, &task.id),
        }
    }

    fn cancel(&self, _: &Question) -> Result<(), Failure> {
        Err(Failure::Impossible("the codex program has no command that ends a cloud task".to_owned()))
    }

    fn describe(&self, task: &TaskId) -> Result<TaskSummary, Failure> {
        let url = |id: &TaskId| self.client.task_url(id);
        let question = Question { id: task.clone(), attempts: 1, sweep: false };
        let listed = self.find(std::slice::from_ref(&question))?.pop().flatten().and_then(|found| found.summary(url));
        let unlisted = |status, title| TaskSummary {
            id: task.clone(),
            url: Some(url(task)),
            title,
            status,
            updated_at: None,
            env_label: None,
            attempts: None,
            prompt: None,
        };
        match self.dialect {
            Dialect::Official => match listed {
                Some(listed) => Ok(listed),
                None => official::status(&self.client, task).map(|(status, title)| unlisted(status, title)),
            },
            Dialect::HeadlessA | Dialect::HeadlessB => {
                let shown = headless::collect(&self.client, task)?;
                let prompt = shown.attempts_made.iter().find_map(|made| made.prompt.clone());
                let summary = listed.unwrap_or_else(|| unlisted(headless::overall(&shown), String::new()));
                let attempts = summary.attempts.or(Some(shown.attempts_made.len() as u32));
                Ok(TaskSummary { prompt, attempts, ..summary })
            }
        }
    }

    fn recent(&self, env: Option<&str>, since: Time) -> Result<Vec<TaskSummary>, Failure> {
        let young = |task: &parse::ListedTask| {
            let at: Option<Time> = task.updated_at.as_deref().and_then(|at| at.parse().ok());
            at.is_none_or(|at| at >= since)
        };
        let mut found: Vec<parse::ListedTask> = Vec::new();
        let mut page = self.dialect.first_page();
        for _ in 0..MOST_PAGES {
            let output = self.client.read_about(env, &self.dialect.list(env, &page))?;
            let listed = parse::list(&output.stdout)?;
            let next = self.dialect.next_page(&page, &listed);
            // What changed last comes first, so behind an older task there are only older ones.
            let more = listed.tasks.last().is_some_and(young);
            for task in listed.tasks.into_iter().filter(young) {
                // A task that changes meanwhile moves up, and some clients show earlier pages again.
                if !found.iter().any(|known| known.id == task.id) {
                    found.push(task);
                }
            }
            match next {
                Some(next) if more => page = next,
                _ => break,
            }
        }
        Ok(found.into_iter().filter_map(|task| task.summary(|id| self.client.task_url(id))).collect())
    }
}

impl CodexCloud {
    /// Asks by its name for a task that no page of the list shows.
    fn describe_unlisted(&self, task: &TaskId) -> Result<Observation, Failure> {
        let silent = Observation {
            status: None,
            attempts: None,
            updated_at: None,
            news: AttemptObservations::None,
            trouble: None,
        };
        let answer = match self.dialect {
            Dialect::Official => official::status(&self.client, task)
                .map(|(status, _)| Observation { status: Some(status), ..silent.clone() }),
            Dialect::HeadlessA | Dialect::HeadlessB => headless::collect(&self.client, task).map(|shown| Observation {
                status: Some(headless::overall(&shown)),
                attempts: shown.attempts,
                news: headless::news(&shown),
                ..silent.clone()
            }),
        };
        match answer {
            Err(Failure::NoSuchTask { .. }) => Ok(silent),
            other => other,
        }
    }

    /// Asks about the attempts of every task that has finished, several calls at a time. What fails for one task is
    /// said with that task: the others' answers hold.
    fn sweep(&self, tasks: &[Question], answers: &mut [Observation]) {
        let through = |answer: &Observation| answer.status.is_some_and(|status| status != TaskStatus::Pending);
        let asked: Vec<usize> = (0..tasks.len())
            .filter(|at| tasks[*at].sweep && through(&answers[*at]) && answers[*at].news == AttemptObservations::None)
            .collect();
        let ask = |at: &usize| self.dialect.sweep(&tasks[*at].id, attempts_of(&tasks[*at], &answers[*at]));
        let calls: Vec<_> = asked.iter().map(ask).collect();
        let outputs = self.client.read_all(&calls, PARALLEL_CALLS);
        for (at, output) in asked.into_iter().zip(outputs) {
            let news = match self.dialect {
                Dialect::Official => official::count(output, attempts_of(&tasks[at], &answers[at])),
                Dialect::HeadlessA | Dialect::HeadlessB => headless::each(output),
            };
            match news {
                Ok(news) => answers[at].news = news,
                Err(failure) => answers[at].trouble = Some(failure.to_string()),
            }
        }
    }
}

/// Returns how many attempts a task has, by the better of two sources.
fn attempts_of(question: &Question, answer: &Observation) -> u32 {
    answer.attempts.unwrap_or(question.attempts).max(question.attempts)
}
