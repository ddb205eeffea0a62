//! What the remote has becomes a step of our journals; what it does not have is found out.

use std::collections::{BTreeMap, BTreeSet};

use super::derive::{self, Arrival, Derivations, correct, derive_all};
use super::export::Exporter;
use super::incoming::prove;
use super::join::join;
use super::known::KnownSteps;
use super::scan::suspects;
use super::tombstones::TombstonesByRun;
use super::tree::{RUN, VIEWS, files};
use super::troubles;
use super::{Exchange, There, named};
use crate::engine::handoff;
use crate::engine::tombstones::is_about;
use crate::error::{Error, Result};
use crate::git::{NewCommit, RefFailure, RefStep};
use crate::model::documents::{Did, Outcome, Trouble};
use crate::model::{LeftFile, Oid, Run, RunId, subject_of};
use crate::store::{PRUNED, REMOTES, REVIEW, RUNS, Recorded};

/// How often the steps are made again, where another process changed a run meanwhile.
const TRIES: usize = 20;

/// What is known after the remote's runs are here.
#[derive(Default)]
pub(super) struct Received {
    pub known: KnownSteps,
    pub outgoing: Outgoing,
}

/// What the remote does not have.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Runs, and what of them travels.
    pub runs: BTreeMap<RunId, Oid>,
    /// What is said of those that were pruned, and whether it is of a prune.
    pub pruned: BTreeMap<RunId, (Oid, bool)>,
    /// Runs that are to go there.
    pub gone: Vec<RunId>,
    /// Runs that the remote has, or is going to have.
    pub alive: Vec<(Run, Oid)>,
}

/// What is to be done to one run.
#[derive(Default)]
struct Plan {
    /// The newest step of its journal here when this was planned.
    ours: Option<Oid>,
    /// Its journal here, before and afterwards.
    step: Option<(Option<Oid>, Oid)>,
    /// The record afterwards, where it is a new one.
    run: Option<Run>,
    /// What travels of it afterwards.
    exported: Option<Oid>,
    send: bool,
    prune: Option<String>,
    gone: bool,
    did: Option<Did>,
    both: BTreeSet<&'static str>,
    left: Vec<LeftFile>,
    trouble: Option<Trouble>,
}

impl Plan {
    fn trouble(trouble: Trouble) -> Plan {
        Plan { trouble: Some(trouble), ..Plan::default() }
    }
}

impl Exchange<'_> {
    /// Takes in what the remote has.
    pub(super) fn receive(&self, there: &There, outcome: &mut Outcome) -> Result<Received> {
        for odd in &there.odd {
            outcome.of(&crate::model::first_line(odd, 60)).trouble = Some(troubles::odd(self.remote));
        }
        let stones = self.stones(there, outcome)?;
        let known = KnownSteps::read(self.app);
        for _ in 0..TRIES {
            let plans = self.plans(there, &stones, &known)?;
            if self.options.dry_run || self.take(&plans, &stones, outcome)? {
                return Ok(self.conclude(plans, known, stones, outcome));
            }
        }
        Err(Error::failed("other processes keep changing the runs").hint("try again"))
    }

    fn plans(&self, there: &There, stones: &TombstonesByRun, known: &KnownSteps) -> Result<BTreeMap<RunId, Plan>> {
        let repo = &self.app.repo;
        let (here, said) = self.here()?;
        let runs: BTreeSet<&RunId> = here.keys().chain(there.runs.keys()).collect();
        let mut elsewhere: BTreeMap<RunId, Vec<Oid>> = BTreeMap::new();
        for (name, oid) in repo.refs_under(REMOTES)? {
            if let Some(run) = name.rsplit_once("/runs/").and_then(|(_, run)| run.parse().ok()) {
                elsewhere.entry(run).or_default().push(oid);
            }
        }
        let work = || {
            let derived = self.derive(&here, there, known)?;
            let plan = |run: &RunId| {
                let (ours, theirs) = (here.get(run).copied(), there.runs.get(run).copied());
                let by = stones.of.get(run).filter(|stone| stone.is_pruned());
                // Of most runs there is no news.
                let exported = ours.and_then(|ours| known.of(run, ours));
                if exported.is_some() && exported == theirs && by.is_none() {
                    return Plan { exported, ..Plan::default() };
                }
                // It was pruned or restored since the tombstones were merged: the next sync goes by the new one.
                if stones.here.contains_key(run) && said.get(run) != stones.here.get(run) && !self.options.dry_run {
                    return Plan::default();
                }
                if there.unseen.contains(run) && !self.options.dry_run {
                    return Plan::trouble(troubles::behind(self.remote));
                }
                if there.unseen.contains(run) {
                    let did = if ours.is_some() { Did::Updated } else { Did::Received };
                    return Plan { did: Some(did), ..Plan::default() };
                }
                let seen = elsewhere.get(run).map(Vec::as_slice).unwrap_or_default();
                self.plan(run, (ours, theirs), seen, stones, known, &derived)
            };
            let each = |run: &RunId| (run.clone(), Plan { ours: here.get(run).copied(), ..plan(run) });
            Ok(runs.iter().map(|run| each(run)).collect())
        };
        if self.options.dry_run {
            repo.dry_run(work)
        } else {
            repo.ref_batch(|| self.app.layout.lock_for_writing(), work)
        }
    }

    /// Returns the runs here, and the tombstones of those that were pruned. Under the lock, so that both are of one
    /// moment: whatever is changed before it is released is seen, and whatever is changed after that sees that a sync
    /// is in progress.
    fn here(&self) -> Result<(BTreeMap<RunId, Oid>, BTreeMap<RunId, Oid>)> {
        let _lock = (!self.options.dry_run).then(|| self.app.layout.lock_for_writing()).transpose()?;
        let repo = &self.app.repo;
        Ok((named(repo.refs_under(RUNS)?, RUNS), named(repo.refs_under(PRUNED)?, PRUNED)))
    }

    /// Returns what is to be done to a run that is at these steps here and there; `seen` is what any remote has of it.
    fn plan(
        &self,
        run: &RunId,
        (ours, theirs): (Option<Oid>, Option<Oid>),
        seen: &[Oid],
        stones: &TombstonesByRun,
        known: &KnownSteps,
        derived: &Derivations,
    ) -> Plan {
        let stone = stones.of.get(run).filter(|stone| stone.is_pruned());
        let gone = stone.is_some_and(|stone| theirs.is_some_and(|theirs| stone.covers(theirs)));
        let Some(ours) = ours else {
            return match (theirs, stone) {
                (Some(_), Some(_)) if gone => Plan { gone, ..Plan::default() },
                (Some(theirs), Some(stone)) if is_about(self.app, stone, theirs) => {
                    Plan::trouble(troubles::later_there(run, self.remote))
                }
                (Some(theirs), _) if self.is_pruned_here(run, theirs, stones) => Plan::default(),
                (Some(theirs), _) if self.options.fetch => self.new_here(run, theirs, derived),
                _ => Plan::default(),
            };
        };
        let mut exporter = match self.exporter(run, theirs, seen, known) {
            Ok(exporter) => exporter,
            Err(error) => return Plan::trouble(troubles::incoming(&error, run.as_str(), self.remote)),
        };
        let exported = match exporter.of(ours) {
            Ok(exported) => exported,
            Err(error) => return Plan::trouble(troubles::outgoing(&error, run)),
        };
        if let Some(stone) = stone.filter(|stone| is_about(self.app, stone, exported)) {
            let covered = stone.covers(exported);
            return Plan {
                gone,
                prune: (covered && self.options.fetch).then(|| stone.by.clone()),
                trouble: (!covered).then(|| troubles::pruned_elsewhere(run, &stone.by)),
                ..Plan::default()
            };
        }
        // An earlier run of that name goes there first; this one is sent by the next sync.
        if gone {
            return Plan { gone, ..Plan::default() };
        }
        let there = theirs.filter(|theirs| !exporter.journal.follows(exported, *theirs));
        let plan = match there {
            None => Ok(Plan { exported: Some(exported), send: theirs != Some(exported), ..Plan::default() }),
            Some(_) if !self.options.fetch => Ok(Plan::trouble(troubles::behind(self.remote))),
            Some(theirs) => self.bring_together(run, ours, exported, theirs, &mut exporter, derived),
        };
        let plan = plan.unwrap_or_else(|error| Plan::trouble(troubles::incoming(&error, run.as_str(), self.remote)));
        self.hold_back(run, theirs, &exporter, plan)
    }

    fn exporter(&self, run: &RunId, theirs: Option<Oid>, seen: &[Oid], known: &KnownSteps) -> Result<Exporter<'_>> {
        let tips: Vec<Oid> = seen.iter().copied().chain(theirs).collect();
        let mut exporter = Exporter::new(self.app, self.most, &tips)?;
        known.steps(run).for_each(|(step, exported)| exporter.know(step, exported));
        Ok(exporter)
    }

    /// Plans the receipt of a run that was not here before.
    fn new_here(&self, name: &RunId, theirs: Oid, derived: &Derivations) -> Plan {
        let arrive = || {
            prove(self.app, name, theirs)?;
            self.arrive(None, theirs, derived)
        };
        match arrive() {
            Ok((step, run, left)) => Plan {
                step: Some((None, step)),
                run: Some(run),
                exported: Some(theirs),
                did: Some(Did::Received),
                left,
                ..Plan::default()
            },
            Err(error) => Plan::trouble(troubles::incoming(&error, name.as_str(), self.remote)),
        }
    }

    /// Plans the merge of a run that went on at the remote, and perhaps here too.
    fn bring_together(
        &self,
        name: &RunId,
        ours: Oid,
        exported: Oid,
        theirs: Oid,
        exporter: &mut Exporter<'_>,
        derived: &Derivations,
    ) -> Result<Plan> {
        let repo = &self.app.repo;
        let (other, ..) = prove(self.app, name, theirs)?;
        let mut plan = Plan { exported: Some(theirs), did: Some(Did::Updated), ..Plan::default() };
        if !exporter.journal.follows(theirs, exported) {
            let base = exporter.journal.common(exported, theirs);
            if base.is_none() && !is_same_import(&files(repo, exported)?.run(repo)?, &other) {
                return Ok(Plan::trouble(troubles::unrelated(name, self.remote)));
            }
            let joined = join(self.app, base, exported, theirs)?;
            exporter.journal.take_in(repo, joined.step)?;
            plan = Plan {
                exported: Some(joined.step),
                did: Some(Did::Merged),
                send: true,
                both: joined.both,
                ..Plan::default()
            };
        }
        let arrived = plan.exported.unwrap_or(theirs);
        let (step, run, left) = self.arrive(Some((ours, exported)), arrived, derived)?;
        Ok(Plan { step: Some((Some(ours), step)), run: Some(run), left, ..plan })
    }

    /// Derives what follows from the patches of the runs that arrive. Nothing is taken in by a dry run.
    fn derive(&self, here: &BTreeMap<RunId, Oid>, there: &There, known: &KnownSteps) -> Result<Derivations> {
        if self.options.dry_run || !self.options.fetch {
            return Ok(Derivations::new());
        }
        let repo = &self.app.repo;
        let arrival = |(run, theirs): (&RunId, &Oid)| -> Option<Arrival> {
            let ours = here.get(run).copied();
            if there.unseen.contains(run) || ours.is_some_and(|ours| known.of(run, ours) == Some(*theirs)) {
                return None;
            }
            let mine = ours.and_then(|ours| files(repo, ours).and_then(|files| files.run(repo)).ok());
            Some((run.clone(), *theirs, mine))
        };
        let arrivals: Vec<Arrival> = there.runs.iter().filter_map(arrival).collect();
        derive_all(self.app, &arrivals)
    }

    /// Returns the step of our journal by which what travelled arrives; `ours` is our newest step, and what travels of
    /// it. What is our own stays, and what can be derived says what was derived here.
    fn arrive(
        &self,
        ours: Option<(Oid, Oid)>,
        arrived: Oid,
        derived: &Derivations,
    ) -> Result<(Oid, Run, Vec<LeftFile>)> {
        let repo = &self.app.repo;
        let own = ours.map(|(ours, _)| files(repo, ours)).transpose()?.unwrap_or_default();
        let mine = ours.is_some().then(|| own.run(repo)).transpose()?;
        let mut merged = files(repo, arrived)?;
        let (came, left) = (merged.run(repo)?, merged.left(repo)?);
        let is_pure = ours.is_none_or(|(ours, exported)| ours == exported);
        let mut run = match &mine {
            Some(mine) if !is_pure => came.clone().received(mine),
            _ => came.clone(),
        };
        let claimed = merged.review(repo)?;
        let mut review = claimed.clone();
        if !self.options.dry_run {
            correct(derived, &merged, &mut run, review.as_mut(), mine.as_ref());
        }
        if is_pure && run == came && review == claimed {
            return Ok((arrived, came, left));
        }
        for file in &left {
            if own.0.get(&file.path) == Some(&file.oid) {
                merged.0.insert(file.path.clone(), file.oid);
            }
        }
        merged.put(repo, RUN, &run)?;
        if let Some(review) = review.as_ref().filter(|review| Some(*review) != claimed.as_ref()) {
            merged.put(repo, REVIEW, review)?;
        }
        merged.put_left(repo, left)?;
        if VIEWS.iter().any(|view| own.0.contains_key(*view)) {
            let prompt = merged.prompt(repo)?;
            for (path, bytes) in handoff::files(&run, &prompt, review.as_ref()) {
                if let Some(bytes) = bytes {
                    merged.0.insert(path, repo.write_blob(&bytes)?);
                }
            }
        }
        let message = repo.commit(arrived)?.message;
        let message = derive::message(self.remote, &subject_of(&message), arrived);
        let parents: Vec<Oid> = ours.map(|(ours, _)| ours).into_iter().chain([arrived]).collect();
        let new = NewCommit {
            tree: merged.write(repo)?,
            parents: &parents,
            identity: &self.app.journalist(),
            at: self.app.clock.now().max(run.updated_at),
            message: &message,
        };
        let left = merged.left(repo)?;
        Ok((repo.write_commit(&new)?, run, left))
    }

    /// Holds back a run that holds what looks like a secret.
    fn hold_back(&self, run: &RunId, theirs: Option<Oid>, exporter: &Exporter<'_>, plan: Plan) -> Plan {
        let Some(exported) = plan.exported.filter(|_| plan.send && self.options.push) else { return plan };
        if self.options.despite.contains(run) {
            return plan;
        }
        let there = theirs.map(|theirs| exporter.journal.up_to(theirs)).unwrap_or_default();
        let trouble = match suspects(self.app, &exporter.journal.since(exported, &there), theirs) {
            Ok(suspects) if suspects.is_empty() => return plan,
            Ok(suspects) => troubles::secret(run, suspects),
            Err(error) => troubles::outgoing(&error, run),
        };
        Plan { send: false, trouble: Some(trouble), ..plan }
    }

    /// Makes the notes of what is new again, and then puts all journals where they belong: who is killed before does
    /// both again. Returns whether no other process was faster.
    fn take(&self, plans: &BTreeMap<RunId, Plan>, stones: &TombstonesByRun, outcome: &mut Outcome) -> Result<bool> {
        let changed = plans.iter().filter_map(|(name, plan)| Some((name, plan.step?, plan.run.as_ref()?)));
        let (mut steps, mut recorded) = (Vec::new(), Vec::new());
        for (name, (old, new), run) in changed {
            steps.push(RefStep { name: name.ref_name(), old, new: Some(new) });
            if run.variants.iter().any(|variant| variant.apply.is_some()) {
                recorded.push(Recorded { run: run.clone(), head: new });
            }
        }
        if steps.is_empty() {
            return Ok(true);
        }
        let is_new = |plan: &Plan| plan.step.is_some_and(|(old, _)| old.is_none());
        let created: Vec<(&RunId, Oid)> = plans
            .iter()
            .filter(|(_, plan)| is_new(plan))
            .filter_map(|(run, plan)| Some((run, plan.exported?)))
            .collect();
        let lock = self.app.layout.lock_for_writing()?;
        // Under the lock nothing changes any more: no run gets notes that does not get its ref.
        if steps.iter().any(|step| self.app.repo.ref_target(&step.name) != step.old)
            || created.iter().any(|(run, theirs)| self.is_pruned_here(run, *theirs, stones))
        {
            return Ok(false);
        }
        if let Err(error) = handoff::write_all_notes(self.app, &lock, &recorded, "sync") {
            let warning = format!("cannot rebuild the notes: {}; 'git puff doctor --repair' retries", error.message());
            if !outcome.warnings.contains(&warning) {
                outcome.warnings.push(warning);
            }
        }
        match self.app.repo.change_refs(&steps, "puff: sync") {
            Ok(()) => Ok(true),
            Err(RefFailure::Moved(_)) => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }

    fn conclude(
        &self,
        plans: BTreeMap<RunId, Plan>,
        mut known: KnownSteps,
        stones: TombstonesByRun,
        outcome: &mut Outcome,
    ) -> Received {
        let mut outgoing = Outgoing { pruned: stones.outgoing, ..Outgoing::default() };
        // What was pruned since stays here.
        let here = self.app.repo.refs_under(RUNS).map(|refs| named(refs, RUNS)).unwrap_or_default();
        for (name, plan) in plans {
            if let Some(did) = plan.did {
                outcome.did(&name, did);
                let entry = outcome.of(name.as_str());
                entry.both = plan.both.iter().map(|what| (*what).to_owned()).collect();
                entry.left = plan.left;
                entry.base_missing =
                    plan.run.as_ref().map(|run| run.base_oid).filter(|base| !self.app.repo.has_commit(*base));
            }
            let is_held = plan.trouble.is_some();
            if let Some(trouble) = plan.trouble {
                outcome.trouble(&name, trouble);
            }
            if let Some(by) = plan.prune {
                self.prune(&name, &by, outcome);
            }
            // The run may have gone on since: what travels was found out of the step that it was at then.
            let now = plan.step.map(|(_, new)| new).or(plan.ours).filter(|_| here.contains_key(&name));
            if let (Some(now), Some(exported)) = (now, plan.exported) {
                known.learn(&name, now, exported);
                if plan.send {
                    outgoing.runs.insert(name.clone(), exported);
                }
                if !is_held && self.options.branches {
                    let run = plan
                        .run
                        .or_else(|| files(&self.app.repo, now).and_then(|files| files.run(&self.app.repo)).ok());
                    outgoing.alive.extend(run.map(|run| (run, now)));
                }
            }
            if plan.gone {
                outgoing.gone.push(name);
            }
        }
        Received { known, outgoing }
    }
}

/// Returns whether these are the same folder of patches, imported in two places.
fn is_same_import(one: &Run, other: &Run) -> bool {
    let patches = |run: &Run| run.variants.iter().map(|variant| variant.patch_sha256.clone()).collect::<Vec<_>>();
    let imports = one.is_imported() && other.is_imported();
    imports && one.base_oid == other.base_oid && patches(one) == patches(other)
}
