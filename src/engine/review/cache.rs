//! What checks and judges answered, kept so that nothing runs twice on the same content.
//!
//! Each answer is a file of its own, written when it is there: what a review found out before it was killed stays. A
//! time limit that passed, and what could not be run, are asked again. Answers are forgotten a month after their last
//! use.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::choice::results::TestResult;
use crate::model::{Check, CheckStatus, Judge, Oid, PathChange, Risk};
use crate::session::confinement::Rules;
use crate::session::workspace_files;
use crate::settings;
use crate::store::sha256;

/// How long an answer is kept after it was used last.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// What running a check came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// How it ended.
    pub check: Check,
    /// What it changed in the worktree.
    pub touched: Vec<PathChange>,
    /// What became of refs and hooks meanwhile.
    pub traces: Vec<Risk>,
    /// The files that git obeys that were written meanwhile with the content that they had.
    #[serde(default)]
    pub rewritten: Vec<String>,
    /// What it said of each test.
    #[serde(default)]
    pub results: Vec<TestResult>,
    /// Whether it ran confined.
    #[serde(default)]
    pub confined: bool,
    /// On the base: it ran unconfined for the sake of `puff.workspace.setup`.
    #[serde(default)]
    pub by_setup: bool,
}

impl Answer {
    /// Takes in what was done to the repository by what ran before this: the setup, or the same check the first time.
    pub fn after(&mut self, traces: Vec<Risk>, rewritten: Vec<String>) {
        self.traces.splice(0..0, traces);
        self.rewritten.splice(0..0, rewritten);
    }

    /// Returns whether a signal from outside ended it.
    pub fn was_killed(&self) -> bool {
        self.check.exit.is_some_and(|code| KILLED.contains(&code))
    }
}

/// The exit codes of a check that a signal from outside ended (128 and SIGHUP, SIGINT, SIGKILL, SIGTERM): the user, or
/// a system that is out of memory. They say nothing of the code that was checked.
const KILLED: [i32; 4] = [129, 130, 137, 143];

/// The answers of this repository.
pub(super) struct Answers<'c> {
    app: &'c App,
}

impl<'c> Answers<'c> {
    pub fn new(app: &'c App) -> Answers<'c> {
        Answers { app }
    }

    /// Returns how a check ended on this content, confined by these rules or unconfined.
    pub fn check(&self, tree: Oid, command: &str, rules: Option<&Rules>) -> Option<Answer> {
        let mut answer: Answer = self.read(&self.check_key(tree, command, rules))?;
        answer.check.cached = true;
        Some(answer)
    }

    /// Keeps how a check ended, where it would end so again.
    pub fn keep_check(&self, tree: Oid, answer: &Answer, rules: Option<&Rules>) {
        if matches!(answer.check.status, CheckStatus::Passed | CheckStatus::Failed) && !answer.was_killed() {
            self.keep_refusal(tree, answer, rules);
        }
    }

    /// Keeps how a check ended, whatever it was: where it ends well unconfined, the way it ended confined decides.
    pub fn keep_refusal(&self, tree: Oid, answer: &Answer, rules: Option<&Rules>) {
        self.write(&self.check_key(tree, &answer.check.command, rules.filter(|_| answer.confined)), answer);
    }

    /// Returns what a judge said of exactly this.
    pub fn judge(&self, command: &str, document: &[u8]) -> Option<Judge> {
        let judge: Judge = self.read(&judge_key(command, document))?;
        Some(Judge { cached: true, ..judge })
    }

    /// Keeps what a judge said; one that failed is asked again.
    pub fn keep_judge(&self, document: &[u8], judge: &Judge) {
        if judge.error.is_none() {
            self.write(&judge_key(&judge.command, document), judge);
        }
    }

    /// Forgets what was not used for long.
    pub fn forget_old(&self) {
        for entry in std::fs::read_dir(self.app.layout.cache("answers")).into_iter().flatten().flatten() {
            let used = entry.metadata().and_then(|meta| meta.modified()).ok();
            if used.and_then(|used| used.elapsed().ok()).is_some_and(|age| age > KEPT) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Returns the cache key of a check: its content, command, and what else decides how it ends: the wrapper, the
    /// setup, which ignored files are there, and what it may do where it is confined.
    fn check_key(&self, tree: Oid, command: &str, rules: Option<&Rules>) -> String {
        let settings = &self.app.settings;
        let brought = workspace_files::identity(self.app);
        let around = [settings::CHECK_WRAPPER, settings::WORKSPACE_SETUP].map(|key| settings.text(key));
        let key = ("check by test", tree, command, around, brought);
        let key = match rules {
            Some(rules) => serde_json::to_vec(&(key, rules)),
            None => serde_json::to_vec(&key),
        };
        sha256(&key.unwrap_or_default())
    }

    fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let path = self.app.layout.cache("answers").join(key);
        let read = serde_json::from_slice(&crate::files::read(&path).ok()?).ok()?;
        // It was used: it is kept for longer.
        if let Ok(file) = crate::files::ours().append(true).open(&path) {
            let _ = file.set_modified(std::time::SystemTime::now());
        }
        Some(read)
    }

    fn write(&self, key: &str, value: &impl Serialize) {
        let folder = self.app.layout.cache("answers");
        let json = serde_json::to_vec(value).unwrap_or_default();
        // What is not kept runs again.
        let _ = std::fs::create_dir_all(&folder);
        let _ = self.app.layout.replace(&folder.join(key), &json);
    }
}

fn judge_key(command: &str, document: &[u8]) -> String {
    sha256(&[b"judge\0", command.as_bytes(), b"\0", document].concat())
}
