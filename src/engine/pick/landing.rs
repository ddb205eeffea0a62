//! The tree that a pick lands, and whether it has passed.

use super::{Goal, PickOperation, reasons, record, short};
use crate::app::App;
use crate::engine::preflight;
use crate::engine::review::{
    RecordedChecks, TreeVerdict, Watcher, check_tree, checks_of, is_reviewed, kept_verdict, reviewed_elsewhere,
};
use crate::error::{Error, Result, ResultExt};
use crate::model::{Oid, PickMethod, PickPoint, Run};
use crate::store::{Recorded, RecoveryPoint, RunStore};

/// A tree that would land, and the commit that it lands on.
pub(super) type Landing = (Oid, Oid);

/// How the tree that lands is checked before anything moves.
pub struct LandingChecks<'l> {
    /// It lands all the same where it fails.
    pub force: bool,
    /// No check runs, and nothing is asked.
    pub no_check: bool,
    /// Says whether checks that another clone named may run here.
    pub trusts: &'l dyn Fn(&str, &RecordedChecks) -> bool,
    /// Receives the progress.
    pub watch: Watcher<'l>,
}

/// What is known of a tree that would land.
pub(super) enum Known {
    /// It is the variant's own, which was reviewed.
    Reviewed,
    /// The user does not want to know.
    Skipped,
    /// This is what its checks said.
    Verdict(TreeVerdict),
    /// The checks have to run.
    Open(Landing),
}

impl Goal {
    /// Returns what lands; none where git leaves conflicts to be resolved first.
    ///
    /// # Errors
    /// When an object is missing.
    pub(super) fn landing(&self, operation: &PickOperation<'_>) -> Result<Option<Landing>> {
        let (repo, base) = (&operation.app.repo, operation.run().base_oid);
        let own = || Ok::<_, Error>(repo.commit(operation.commit)?.tree);
        match self {
            Goal::Branch(_) => Ok(Some((own()?, base))),
            Goal::Onto(_, _, before, tree) => Ok(Some((*tree, *before))),
            Goal::Here(_, _, before) if *before == base => Ok(Some((own()?, base))),
            Goal::Here(how, _, before) => {
                let below = (*how != PickMethod::Merge).then_some(base);
                let tree = match repo.merged_tree(below, *before, operation.commit) {
                    Ok(tree) => tree,
                    // An older git: the patch says nearly the same.
                    Err(_) => repo.object_batch(|| {
                        let onto = repo.commit(*before)?.tree;
                        let applied = preflight::variant(operation.app, operation.recorded, operation.variant, onto)?;
                        Ok(applied.tree)
                    })?,
                };
                Ok(tree.map(|tree| (tree, *before)))
            }
        }
    }

    fn name(&self) -> &str {
        match self {
            Goal::Here(_, name, _) | Goal::Onto(_, name, _, _) | Goal::Branch(name) => short(name),
        }
    }
}

impl LandingChecks<'_> {
    /// Returns the checks that what lands has to pass: those of the variant, or else those that the same change was reviewed with
    /// in another run.
    pub(super) fn wanted(&self, app: &App, recorded: &Recorded, index: u32) -> Result<RecordedChecks> {
        let wanted = checks_of(app, recorded, index)?;
        let commit = recorded.run.variant(index).and_then(|variant| variant.commit);
        let Some(commit) = commit.filter(|_| wanted.commands.is_empty()) else { return Ok(wanted) };
        match reviewed_elsewhere(app, app.repo.commit(commit)?.tree, &recorded.run.run)? {
            Some((other, index)) => checks_of(app, &other, index),
            None => Ok(wanted),
        }
    }

    /// Returns what is known of what lands. `ran` is what the checks said just now.
    pub(super) fn known(
        &self,
        operation: &PickOperation<'_>,
        wanted: &RecordedChecks,
        landing: Landing,
        ran: Option<&TreeVerdict>,
    ) -> Result<Known> {
        let PickOperation { app, recorded, variant, commit, .. } = operation;
        let is_own = app.repo.commit(*commit)?.tree == landing.0;
        if is_own && is_reviewed(app, recorded, variant.index, &wanted.commands)? {
            return Ok(Known::Reviewed);
        }
        // The same change, reviewed in another run.
        let twin = if is_own { reviewed_elsewhere(app, landing.0, &recorded.run.run)? } else { None };
        if let Some((other, index)) = twin
            && is_reviewed(app, &other, index, &wanted.commands)?
        {
            return Ok(Known::Reviewed);
        }
        if self.no_check {
            return Ok(Known::Skipped);
        }
        let kept = || kept_verdict(app, &recorded.run, landing.0, &wanted.commands);
        let known = ran.filter(|ran| ran.tree == landing.0).cloned().or_else(kept);
        Ok(known.map_or(Known::Open(landing), Known::Verdict))
    }

    /// Runs the checks on what lands.
    pub(super) fn run(
        &mut self,
        app: &App,
        run: &Run,
        index: u32,
        landing: Landing,
        wanted: &RecordedChecks,
    ) -> Result<TreeVerdict> {
        if wanted.from.is_some() && !(self.trusts)(run.run.as_str(), wanted) {
            return Err(wanted
                .refusal(run.run.as_str())
                .hint(format!("'git puff review {} --trust-checks' runs them; or pick without: --no-check", run.run)));
        }
        check_tree(app, run, index, landing, &wanted.commands, self.watch)
    }

    /// Returns the verdict, if it may land with it.
    pub(super) fn accept(&self, operation: &PickOperation<'_>, goal: &Goal, found: TreeVerdict) -> Result<TreeVerdict> {
        let target = format!("{}:{}", operation.run().run, operation.variant.index);
        self.judge(&found, &operation.variant.name(), operation.run(), goal.name(), &target).map(|()| found)
    }

    fn judge(&self, found: &TreeVerdict, name: &str, run: &Run, onto: &str, again: &str) -> Result<()> {
        let Some(failure) = found.failure.as_ref().filter(|_| !self.force) else { return Ok(()) };
        let what = format!("{name} of '{}' fails {failure} on '{onto}'; nothing has moved", run.run);
        let failed = found.checks.iter().find(|check| check.status != crate::model::CheckStatus::Passed);
        let tail = failed.map(|check| check.tail.trim_end().lines().rev().take(TAIL).collect::<Vec<_>>());
        let tail: Vec<&str> = tail.unwrap_or_default().into_iter().rev().collect();
        Err(Error::failed(what)
            .hint(format!("to take it all the same: git puff pick {again} --force"))
            .because_it_said(&tail.join("\n")))
    }

    /// Checks what conflicts were resolved to, before git makes a commit of it.
    pub(super) fn resolved(&mut self, app: &App, point: &RecoveryPoint, pick: &PickPoint) -> Result<()> {
        let recorded = RunStore::new(app).load(&point.recovery.run)?;
        let wanted = self.wanted(app, &recorded, pick.variant)?;
        let Some(parent) = pick.before.filter(|_| !wanted.commands.is_empty()) else { return Ok(()) };
        let verdict = match self.no_check {
            true => None,
            false => {
                let tree = app.repo.index_tree().or_fail(|| "cannot read the index".to_owned())?;
                let Some(tree) = tree else { return Ok(()) };
                let known = kept_verdict(app, &recorded.run, tree, &wanted.commands);
                let known =
                    known.map_or_else(|| self.run(app, &recorded.run, pick.variant, (tree, parent), &wanted), Ok)?;
                self.judge(&known, &format!("var{}", pick.variant), &recorded.run, short(&pick.onto), "--continue")?;
                Some(known)
            }
        };
        let subject = format!("pick: var{} is being taken, its conflicts are resolved", pick.variant);
        record(app, &recorded, &subject, |run| {
            if let Some(decision) = &mut run.decision {
                decision.tree = verdict.as_ref().map(|verdict| verdict.tree);
                decision.checks = verdict.iter().flat_map(|verdict| verdict.checks.clone()).collect();
                decision.reasons.extend(reasons::landing(verdict.as_ref(), verdict.is_none()));
            }
        })
        .map(drop)
    }
}

/// How many lines of what a failed check printed are shown.
const TAIL: usize = 8;
