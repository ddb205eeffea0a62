//! What becomes of a run's record when it goes to another clone, and what is said of what stays or goes.
//!
//! A record is at home in the clone where it was started. What travels of it says whose home that is ([`Run::home`]) and
//! nothing that only means something there: who watches it, with which login, in which folders, under which branches.

use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Attention, Identity, Oid, Run, RunId, Schema, State, Time, documents};

impl Attention {
    /// Returns whether it is about the client of one machine, and means nothing on another.
    fn is_of_the_machine(&self) -> bool {
        use Attention::*;
        matches!(self, NeedsLogin | AttemptLimit | TaskNotFound | ClientTrouble | NeedsSignature)
    }
}

impl Run {
    /// Returns whether it was started in another clone: its agents, watcher and login are there, if anywhere.
    pub fn is_remote(&self) -> bool {
        self.home.is_some()
    }

    /// Returns whether it runs in another clone, as far as is known here.
    pub fn is_running_elsewhere(&self) -> bool {
        self.is_remote() && self.state.is_active()
    }

    /// Returns whether the provider may have something of it that is not in the record.
    pub fn has_more_to_come(&self) -> bool {
        matches!(self.state, State::Pending | State::Ready) && self.task_id.is_some()
    }

    /// Returns what of it may travel; `home` is whose clone it is at home in, where it does not say so already.
    pub fn exported(&self, home: &Identity) -> Run {
        let mut run = self.clone();
        run.home.get_or_insert_with(|| home.clone());
        run.profile = None;
        run.watch = None;
        if let Some(local) = &mut run.local {
            local.worktrees = PathBuf::new();
        }
        if is_of_a_machine(&run.prompt_file) {
            let name = Path::new(&run.prompt_file).file_name().map(|name| name.to_string_lossy().into_owned());
            run.prompt_file = name.unwrap_or_default();
        }
        if run.attention.as_ref().is_some_and(Attention::is_of_the_machine) {
            run.attention = None;
            run.reason = None;
        }
        run.variants.iter_mut().for_each(|variant| variant.branch = None);
        run
    }

    /// Returns a travelling record, with what `mine`, the record of this clone, has over it.
    pub fn received(mut self, mine: &Run) -> Run {
        self.home.clone_from(&mine.home);
        self.profile.clone_from(&mine.profile);
        self.watch.clone_from(&mine.watch);
        if let (Some(local), Some(mine)) = (&mut self.local, &mine.local) {
            local.worktrees.clone_from(&mine.worktrees);
            if self.home.is_none() {
                // Another clone does not decide what may be written here.
                local.confine = mine.confine;
            }
        }
        if !mine.is_remote() {
            self.prompt_file.clone_from(&mine.prompt_file);
            // What is run here is what was said here.
            self.check.clone_from(&mine.check);
        }
        let own = mine.attention.as_ref().filter(|attention| attention.is_of_the_machine());
        if own.is_some() && self.attention.is_none() && self.state == mine.state {
            self.attention = own.cloned();
            self.reason.clone_from(&mine.reason);
        }
        for variant in &mut self.variants {
            let mine = mine.variant(variant.index).filter(|mine| mine.commit == variant.commit);
            variant.branch = mine.and_then(|mine| mine.branch.clone());
        }
        self
    }

    /// Returns why this cannot be the record of the run `name` that came from another clone; none when it can.
    pub fn why_not_from_elsewhere(&self, name: &RunId, now: Time) -> Option<String> {
        const DAY: chrono::TimeDelta = chrono::TimeDelta::days(1);
        let folders = self.local.as_ref().is_some_and(|local| local.worktrees != PathBuf::new());
        let branches = self.variants.iter().any(|variant| variant.branch.is_some());
        let task = self.task_id.as_deref().filter(|task| task.parse::<super::TaskId>().is_err());
        let url = self.task_url.as_deref().filter(|url| !url.starts_with("https://") && !url.starts_with("http://"));
        if self.run != *name {
            Some(format!("it says that it is of '{}'", self.run))
        } else if self.home.is_none() || self.profile.is_some() || self.watch.is_some() || folders || branches {
            Some("it says what only a clone may say of itself: 'git puff sync' did not send it".to_owned())
        } else if is_of_a_machine(&self.prompt_file) {
            Some("it names a file of another machine".to_owned())
        } else if self.created_at > now + DAY {
            Some(format!("it is of the future: {}", self.created_at.to_rfc3339()))
        } else if let Some(task) = task {
            Some(format!("'{}' is not a task", super::first_line(task, 40)))
        } else if let Some(url) = url {
            Some(format!("'{}' is not the URL of a task", super::first_line(url, 40)))
        } else {
            self.why_no_variants()
        }
    }

    fn why_no_variants(&self) -> Option<String> {
        let most = super::MOST_VARIANTS;
        if self.best_of == 0 || self.best_of > most || self.variants.len() > most as usize {
            return Some(format!("it says that it has {} variants", self.variants.len().max(self.best_of as usize)));
        }
        let mut numbers: Vec<u32> = self.variants.iter().map(|variant| variant.index).collect();
        numbers.dedup();
        let in_order = numbers.len() == self.variants.len() && numbers.is_sorted();
        let in_range = numbers.iter().all(|number| (1..=most).contains(number));
        (!in_order || !in_range).then(|| "its variants are not numbered as variants are".to_owned())
    }
}

/// Returns whether a path that means nothing on another machine, or something else.
fn is_of_a_machine(path: &str) -> bool {
    let odd = |component| !matches!(component, Component::Normal(_) | Component::CurDir);
    Path::new(path).components().any(odd) || path.contains('\\')
}

/// `left.json`: what a travelling run has left where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftBehind {
    /// `puff.left/1`.
    #[schemars(extend("const" = Schema::of(documents::LEFT)))]
    pub schema: Schema,
    /// What was left, in order of paths.
    pub files: Vec<LeftFile>,
    /// What a newer git-puff wrote here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A file of a run's tree that did not travel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftFile {
    /// Its path in the run's tree.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// The name of its object.
    pub oid: Oid,
}

impl LeftBehind {
    /// Returns what says that these files were left.
    pub fn new(files: Vec<LeftFile>) -> LeftBehind {
        LeftBehind { schema: Schema::of(documents::LEFT), files, extra: Map::new() }
    }
}

/// `pruned.json`: a run was pruned, or restored, for everybody. Each of both is one more turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tombstone {
    /// `puff.pruned/1`.
    #[schemars(extend("const" = Schema::of(documents::PRUNED)))]
    pub schema: Schema,
    /// The run.
    pub run: RunId,
    /// How often it was pruned and brought back: odd while it is pruned.
    pub turn: u32,
    /// Who did so last.
    pub by: String,
    /// When.
    pub at: Time,
    /// The steps of its journal, as they travel, that went: a clone that has another one has later work.
    pub journal: Vec<Oid>,
    /// What a newer git-puff wrote here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Tombstone {
    /// Returns whether the run is pruned, and not restored since.
    pub fn is_pruned(&self) -> bool {
        self.turn % 2 == 1
    }

    /// Returns whether it says that this step of the run's journal is pruned.
    pub fn covers(&self, step: Oid) -> bool {
        self.is_pruned() && self.journal.contains(&step)
    }

    /// Returns what two that do not know of each other come to: the later turn counts; of equal ones, both.
    pub fn merged(&self, other: &Tombstone) -> Tombstone {
        let key = |stone: &Tombstone| (stone.turn, stone.at, stone.by.clone());
        let (later, earlier) = if key(self) >= key(other) { (self, other) } else { (other, self) };
        let mut merged = later.clone();
        if earlier.turn == later.turn {
            merged.journal.extend(&earlier.journal);
            merged.journal.sort();
            merged.journal.dedup();
        }
        let missing = earlier.extra.iter().filter(|(key, _)| !later.extra.contains_key(*key));
        merged.extra.extend(missing.map(|(key, value)| (key.clone(), value.clone())));
        merged
    }
}
