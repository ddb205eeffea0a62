//! The branches of variants, where they go and come with their runs: as git pushes and fetches branches.

use std::collections::{BTreeMap, HashMap};

use super::Exchange;
use super::troubles;
use crate::engine::branches;
use crate::error::Result;
use crate::git::Sending;
use crate::model::documents::Outcome;
use crate::model::{Oid, Run, RunId};

impl Exchange<'_> {
    /// Returns what fetches them, as remote-tracking branches.
    pub(super) fn branch_refspec(&self) -> Result<Option<String>> {
        if !self.options.branches {
            return Ok(None);
        }
        let prefix = branches::prefix(self.app)?;
        Ok(Some(format!("+refs/heads/{prefix}*:refs/remotes/{}/{prefix}*", self.remote)))
    }

    /// Returns the branches that the remote does not have as they are here.
    pub(super) fn branches<'r>(
        &self,
        runs: &'r [(Run, Oid)],
        there: Option<&BTreeMap<String, Oid>>,
        outcome: &mut Outcome,
    ) -> Result<Vec<(&'r RunId, Sending)>> {
        let repo = &self.app.repo;
        let (mut sendings, mut is_there) = (Vec::new(), HashMap::new());
        for (run, _) in runs {
            for branch in run.variants.iter().filter_map(|variant| variant.branch.as_ref()) {
                let name = format!("refs/heads/{branch}");
                let Some(tip) = repo.ref_target(&name) else { continue };
                let seen = match there {
                    Some(there) => there.get(&name).copied(),
                    None => repo.ref_target(&format!("refs/remotes/{}/{branch}", self.remote)),
                };
                if seen == Some(tip) {
                    continue;
                }
                if seen.is_some_and(|seen| !repo.is_ancestor(seen, tip).unwrap_or(false)) {
                    outcome.trouble(&run.run, troubles::branch_moved(self.remote, branch));
                    continue;
                }
                // With a branch goes all that it stands on: commits that were not pushed are not ours to push.
                let base = run.base_oid;
                let pushed = *is_there.entry(base).or_insert_with(|| repo.is_on_remote(self.remote, base));
                if !pushed {
                    outcome.trouble(&run.run, troubles::base(self.remote, branch, &self.app.display.oid(base)));
                    continue;
                }
                sendings.push((&run.run, Sending { name, new: Some(tip), old: None }));
            }
        }
        Ok(sendings)
    }
}
