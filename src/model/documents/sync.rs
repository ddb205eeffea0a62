//! What `sync` answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::SYNC;
use crate::model::{LeftFile, Oid, RunId, Schema};

/// What was exchanged with other clones.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Synced<'a> {
    /// `puff.sync/1`.
    #[schemars(extend("const" = Schema::of(SYNC)))]
    pub schema: Schema,
    /// Nothing was changed: it is what would have been done.
    pub dry_run: bool,
    /// Each remote that runs went to and came from.
    pub remotes: &'a [Outcome],
}

/// Something in a run that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct Suspect {
    /// The file of the run's tree.
    pub path: String,
    /// The line of it, or of the text in it.
    pub line: usize,
    /// What it looks like, with its article.
    pub kind: &'static str,
    /// How it begins.
    pub begins: String,
}

/// What a sync with a remote did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outcome {
    /// The remote.
    pub remote: String,
    /// Nothing was changed: it is what would have been done.
    pub dry_run: bool,
    /// Runs of which there is something to say, in order of names.
    pub runs: Vec<Entry>,
    /// What went wrong beside, that keeps no run from going on: a sentence each.
    pub warnings: Vec<String>,
}

/// What there is to say of a run.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Entry {
    /// Its name; of a ref that is no run's, what it is called.
    pub run: String,
    /// What was done, in order.
    pub did: Vec<Did>,
    /// What both sides had changed, each otherwise, where two journals were merged.
    pub both: Vec<String>,
    /// Files that stayed in the clone that has them.
    pub left: Vec<LeftFile>,
    /// The commit that its variants start from, where that is not here.
    pub base_missing: Option<Oid>,
    /// What a prune left alone, a sentence each.
    pub kept: Vec<String>,
    /// Why it was not exchanged, or not all of it.
    pub trouble: Option<Trouble>,
}

/// Something that was done to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It came, and was not here before.
    Received,
    /// What was done elsewhere came.
    Updated,
    /// What was done in two places was merged.
    Merged,
    /// It was pruned elsewhere, and here now.
    Pruned,
    /// Its prune was undone elsewhere, and it is here again.
    Revived,
    /// It went to the remote.
    Sent,
    /// That it was pruned went to the remote.
    PruneSent,
    /// That it is back went to the remote.
    RevivalSent,
    /// A branch of a variant went to the remote.
    BranchSent,
}

impl Did {
    /// Returns the words for it: `received`; `would` says that it was not really done.
    pub fn words(self, would: bool) -> &'static str {
        match (self, would) {
            (Did::Received, false) => "received",
            (Did::Received, true) => "would be received",
            (Did::Updated, false) => "updated",
            (Did::Updated, true) => "would be updated",
            (Did::Merged, false) => "merged",
            (Did::Merged, true) => "would be merged",
            (Did::Pruned, false) => "pruned here, as it was elsewhere",
            (Did::Pruned, true) => "would be pruned here, as it was elsewhere",
            (Did::Revived, false) => "brought back",
            (Did::Revived, true) => "would be brought back",
            (Did::Sent, false) => "sent",
            (Did::Sent, true) => "would be sent",
            (Did::PruneSent, false) => "pruned there",
            (Did::PruneSent, true) => "would be pruned there",
            (Did::RevivalSent, false) => "brought back there",
            (Did::RevivalSent, true) => "would be brought back there",
            (Did::BranchSent, false) => "branch sent",
            (Did::BranchSent, true) => "branch would be sent",
        }
    }
}

/// Why a run, or a part of it, was not exchanged.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trouble {
    /// In a word: `secret`, `newer`, `invalid`, `unrelated`, `pruned`, `kept`, `behind`, `refused`, `unreadable`, `base`.
    #[schemars(with = "String")]
    pub kind: TroubleKind,
    /// In a sentence.
    pub what: String,
    /// How to get on.
    pub hint: String,
    /// What looks like a secret, where that is why.
    pub suspects: Vec<Suspect>,
}

/// Why a run was not exchanged, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// Something in it looks like a secret.
    Secret,
    /// A newer git-puff wrote it.
    Newer,
    /// It is not a run, or not a valid one.
    Invalid,
    /// Another run has its name.
    Unrelated,
    /// It was pruned on one side, and has later work on the other.
    Pruned,
    /// It was pruned there, and cannot be pruned here.
    Kept,
    /// The remote has something newer.
    Behind,
    /// The remote rejected it.
    Refused,
    /// It cannot be read here.
    Unreadable,
    /// The remote lacks the commit that its branch stands on.
    Base,
}

impl Outcome {
    /// Returns a sync in which nothing was done yet.
    pub fn new(remote: &str, dry_run: bool) -> Outcome {
        Outcome { remote: remote.to_owned(), dry_run, runs: Vec::new(), warnings: Vec::new() }
    }

    /// Returns what is said of a run.
    pub fn of(&mut self, run: &str) -> &mut Entry {
        let at = match self.runs.binary_search_by(|entry| entry.run.as_str().cmp(run)) {
            Ok(at) => at,
            Err(at) => {
                self.runs.insert(at, Entry { run: run.to_owned(), ..Entry::default() });
                at
            }
        };
        &mut self.runs[at]
    }

    /// Records what was done to a run.
    pub fn did(&mut self, run: &RunId, did: Did) {
        let entry = self.of(run.as_str());
        if !entry.did.contains(&did) {
            entry.did.push(did);
        }
    }

    /// Records that a run was not exchanged, or not whole; the first reason counts.
    pub fn trouble(&mut self, run: &RunId, trouble: Trouble) {
        self.of(run.as_str()).trouble.get_or_insert(trouble);
    }

    /// Returns whether something was not exchanged.
    pub fn is_partial(&self) -> bool {
        self.runs.iter().any(|entry| entry.trouble.is_some())
    }

    /// Returns how many runs each thing was done to, in order.
    pub fn counts(&self) -> Vec<(Did, usize)> {
        let mut counts: BTreeMap<u8, (Did, usize)> = BTreeMap::new();
        for did in self.runs.iter().flat_map(|entry| &entry.did) {
            counts.entry(*did as u8).or_insert((*did, 0)).1 += 1;
        }
        counts.into_values().collect()
    }
}
