//! Partial clones: what was left at a remote, brought here when it is needed.
//!
//! Git does the same for itself, object by object; here many are asked for at once. libgit2 does not know of it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::program::run;
use super::repo::Repo;
use crate::Oid;
use puff_system::error::Error;

/// How long a remote may take to send what was left there.
const LIMIT: Duration = Duration::from_secs(600);

impl Repo {
    /// May objects of this repository be at a remote only?
    pub fn is_partial(&self) -> bool {
        !self.location().promisors.is_empty()
    }

    /// Brings those of the objects here that are only at a remote, all in one go. Those that don't come are missed when
    /// they are read. Where everything is here, nothing is asked.
    pub fn bring(&self, objects: impl IntoIterator<Item = Oid>) {
        if !self.is_partial() {
            return;
        }
        let refused = &self.refused;
        let is_new = |id: &Oid| !self.is_here(*id) && !refused.borrow().contains_key(id);
        let wanted: BTreeSet<Oid> = objects.into_iter().filter(is_new).collect();
        for remote in &self.location().promisors {
            let open: Vec<Oid> = wanted.iter().filter(|id| !self.is_here(**id)).copied().collect();
            if open.is_empty() {
                break;
            }
            // What git itself calls for this.
            let call = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags"];
            let more = ["--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin", "--"];
            let names: String = open.iter().map(|id| format!("{id}\n")).collect();
            let git = self.git().args(call).args(more).arg(remote).stdin(names).limit(LIMIT);
            if let Err(failure) = run(&git) {
                let failure = failure.to_string();
                refused.borrow_mut().extend(open.into_iter().map(|id| (id, failure.clone())));
            }
        }
        refused.borrow_mut().retain(|id, _| !wanted.contains(id) || !self.is_here(*id));
    }

    /// Brings one object here; returns whether it came.
    pub(super) fn brings(&self, id: Oid) -> bool {
        self.bring([id]);
        self.is_partial() && self.is_here(id)
    }

    fn is_here(&self, id: Oid) -> bool {
        self.is_unwritten(id) || self.inner.odb().is_ok_and(|odb| odb.exists(self.raw(id)))
    }

    /// An object cannot be read.
    pub(super) fn missing(&self, kind: &str, id: Oid, cause: git2::Error) -> Error {
        let promisors = &self.location().promisors;
        let refused = self.refused.borrow().get(&id).cloned();
        match (promisors.as_slice(), refused) {
            ([first, ..], Some(why)) => Error::failed(format!(
                "the {kind} {id} was left at the remote '{}' of this partial clone, and cannot be fetched",
                promisors.join("' or '")
            ))
            .hint(format!("when the remote answers again, run the command again; 'git fetch {first}' tries it"))
            .because_it_said(&why),
            _ => Error::failed(format!("cannot read the {kind} {id}"))
                .hint("check the repository with 'git fsck'")
                .because(cause),
        }
    }
}
