//! Judges a push: whether it sends work of an agent that is not reviewed, or that must not be published.
//!
//! Which commits came from a variant is read off their trailers (`trailers`), wherever they ended up, and off what they
//! bring (`similarity`), where the trailers were removed. All commits are read once, and only their
//! own bytes are read: no file is looked into unless one of them came from a run.

mod content;
mod evidence;
mod known;
mod rules;
mod similarity;
mod trailers;
mod updates;
mod verdicts;

pub use self::updates::{Update, of_pre_commit, read};

use std::collections::HashSet;

pub use self::rules::Checker;
use self::trailers::RunTrailers;
use crate::app::App;
use crate::error::Result;
use crate::git::{Outgoing, is_valid_ref_name};
use crate::model::Oid;

/// A commit that came from a run.
#[derive(Clone, Debug)]
pub struct Suspect {
    commit: Outgoing,
    /// What it says of itself, or what was found in it.
    trailers: Vec<RunTrailers>,
    /// It says nothing of itself, and brings a commit of a variant in: a merge.
    is_merge: bool,
}

impl Suspect {
    /// Returns the commit.
    pub fn commit_id(&self) -> Oid {
        self.commit.id
    }
}

/// A push, by the remote's name, and what it does there.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The remote, as it was named.
    pub remote: Option<String>,
    /// What it does to each ref.
    pub updates: Vec<Update>,
}

impl Sent {
    /// Returns whether it sends anything that could have come from a variant. Notes and records do not.
    pub fn concerns_us(&self) -> bool {
        self.updates.iter().any(Update::sends_work)
    }

    fn tips(&self) -> HashSet<Oid> {
        let sent = self.updates.iter().filter(|update| update.sends_work());
        sent.filter_map(|update| update.local).collect()
    }

    /// Returns what the remote has, as far as is known here.
    fn known(&self, app: &App) -> Result<HashSet<Oid>> {
        let mut known: HashSet<Oid> = self.updates.iter().filter_map(|update| update.remote).collect();
        let seen = self.remote.as_ref().map(|remote| format!("refs/remotes/{remote}/"));
        if let Some(seen) = seen.filter(|seen| is_valid_ref_name(&format!("{seen}x"))) {
            known.extend(app.repo.refs_under(&seen)?.into_iter().map(|(_, at)| at));
        }
        Ok(known)
    }
}

/// Returns the commits of a push that came from a run.
///
/// # Errors
/// When they cannot be read.
pub fn suspects(app: &App, sent: &Sent) -> Result<Vec<Suspect>> {
    let tips = sent.tips();
    let outgoing = app.repo.outgoing(&tips, &sent.known(app)?, trailers::may_say)?;
    let claiming = outgoing.iter().filter_map(|commit| {
        let trailers = trailers::read(commit.message.as_deref()?);
        (!trailers.is_empty()).then(|| Suspect { commit: commit.clone(), trailers, is_merge: false })
    });
    let mut suspects: Vec<Suspect> = claiming.collect();
    similarity::add(app, &tips, &outgoing, &mut suspects)?;
    if suspects.is_empty() {
        return Ok(suspects);
    }
    // A merge of a variant may hold what its conflicts left.
    let ids: HashSet<Oid> = suspects.iter().map(|suspect| suspect.commit.id).collect();
    for merge in outgoing.iter().filter(|commit| commit.parents.len() > 1 && !ids.contains(&commit.id)) {
        let merged = suspects.iter().find(|suspect| merge.parents.contains(&suspect.commit.id));
        if let Some(trailers) = merged.map(|merged| merged.trailers.clone()) {
            suspects.push(Suspect { commit: merge.clone(), trailers, is_merge: true });
        }
    }
    Ok(suspects)
}

/// Returns the checker of what is sent, by the settings that count here.
///
/// # Errors
/// When a setting cannot be used.
pub fn checker<'c>(app: &'c App, sent: &'c Sent) -> Result<Checker<'c>> {
    Checker::new(app, sent)
}
