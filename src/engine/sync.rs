//! Runs of several clones, brought together through a remote.
//!
//! Of every run a record travels that holds nothing of its own clone; the remote has it in
//! `refs/puff/runs/<run>`, and what was last seen there is in `refs/puff/remotes/<remote>/runs/<run>`. In this order, so
//! that a kill at any point leaves what the next sync continues from: what the remote has is fetched; what is new of it
//! becomes a step of our journals, all of them at once; notes are made again; and what the remote does not have is
//! sent. Nothing is ever sent by force: where another clone was faster, it starts again.

mod branches;
mod derive;
pub(super) mod export;
mod incoming;
mod join;
pub(super) mod journal;
mod known;
mod receive;
mod scan;
mod tombstones;
mod tree;
mod troubles;

use std::collections::{BTreeMap, BTreeSet};

use self::known::KnownSteps;
use self::receive::Received;
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::git::{ExchangeFailure, RefStep, Sending, Sent};
use crate::lock::FileLock;
use crate::model::documents::{Did, Outcome};
use crate::model::{Oid, RunId};
use crate::settings;
use crate::store::{PRUNED, REMOTES, RUNS};

/// How often it starts again where another clone was faster.
const ROUNDS: usize = 5;

/// What is to be exchanged.
#[derive(Clone, Debug, Default)]
pub struct SyncOptions {
    /// What the remote has comes here.
    pub fetch: bool,
    /// What is here goes to the remote.
    pub push: bool,
    /// The branches of variants too.
    pub branches: bool,
    /// Nothing is changed, here or there.
    pub dry_run: bool,
    /// These go whatever looks like a secret in them.
    pub despite: Vec<RunId>,
    /// The user's hooks are asked.
    pub verify: bool,
    /// A person sees it, and can be asked by git.
    pub on_terminal: bool,
}

/// Returns the remotes that were opted in, or the one of them that is named.
///
/// # Errors
/// When there is none, or the one that is named is none of them, or no remote.
pub fn remotes(app: &App, named: Option<&str>) -> Result<Vec<String>> {
    let mut opted: Vec<String> = Vec::new();
    for setting in app.settings.all(settings::SYNC_REMOTE) {
        if !opted.contains(&setting.value) {
            opted.push(setting.value);
        }
    }
    let opt_in = |remote: &str| {
        format!("its users would see prompts and messages; enable it: git config --add puff.sync.remote {remote}")
    };
    let chosen = named.map_or_else(|| opted.clone(), |named| vec![named.to_owned()]);
    for remote in &chosen {
        if remote.starts_with('-') || !app.repo.has_remote(remote) {
            return Err(Error::failed(format!("no remote named '{remote}' in this repository"))
                .hint("'git remote -v' lists the remotes; puff.sync.remote takes names, not URLs"));
        }
        if !opted.contains(remote) {
            return Err(Error::failed(format!("sync with '{remote}' is not enabled")).hint(opt_in(remote)));
        }
    }
    if chosen.is_empty() {
        return Err(Error::failed("sync is not enabled for any remote").hint(opt_in("origin")));
    }
    Ok(chosen)
}

/// Returns the runs that a remote does not have as they are here, as far as is known without asking it. What travelled
/// of a run is remembered for speed alone: one of which that was forgotten is among them.
///
/// # Errors
/// When the refs cannot be read.
pub fn unshared(app: &App, remote: &str) -> Result<Vec<RunId>> {
    let repo = &app.repo;
    let tracking = format!("{REMOTES}{remote}/runs/");
    let (here, there) = (named(repo.refs_under(RUNS)?, RUNS), named(repo.refs_under(&tracking)?, &tracking));
    let known = KnownSteps::read(app);
    let is_there =
        |run: &RunId, step: Oid| known.of(run, step).is_some_and(|exported| there.get(run) == Some(&exported));
    Ok(here.into_iter().filter(|(run, step)| !is_there(run, *step)).map(|(run, _)| run).collect())
}

/// Exchanges runs with a remote that was opted in.
///
/// # Errors
/// When nothing could be exchanged at all. What fails for one run alone is in the outcome.
pub fn sync(app: &App, remote: &str, options: &SyncOptions) -> Result<Outcome> {
    let most = app.settings.bytes(settings::SYNC_MAX_SIZE)?.0;
    app.layout.prepare()?;
    let path = app.layout.sync_lock();
    let lock = FileLock::attempt(&path).or_fail(|| format!("cannot acquire lock '{}'", path.display()))?;
    let _lock = lock.ok_or_else(|| {
        Error::failed("another 'git puff sync' is running in this repository")
            .hint("wait until it has finished, then try again")
    })?;
    let exchange = Exchange { app, remote, options, most };
    let mut outcome = Outcome::new(remote, options.dry_run);
    for round in 0..ROUNDS {
        let there = exchange.read_remote(round > 0)?;
        let received = exchange.receive(&there, &mut outcome)?;
        if !exchange.send(&there, received, &mut outcome, round + 1 == ROUNDS)? {
            break;
        }
    }
    Ok(outcome)
}

/// One exchange with one remote.
struct Exchange<'e> {
    app: &'e App,
    remote: &'e str,
    options: &'e SyncOptions,
    /// The most bytes of a file that travels.
    most: u64,
}

/// What the remote has, as far as is known here.
#[derive(Debug, Default)]
struct There {
    runs: BTreeMap<RunId, Oid>,
    pruned: BTreeMap<RunId, Oid>,
    /// Refs among the runs that are none.
    odd: Vec<String>,
    /// What is there and was not fetched.
    unseen: BTreeSet<RunId>,
    /// Branches there, by their full names, where the remote was asked for them alone.
    branches: Option<BTreeMap<String, Oid>>,
}

impl Exchange<'_> {
    fn tracking(&self, what: &str) -> String {
        format!("{REMOTES}{}/{what}/", self.remote)
    }

    /// Finds out what the remote has. `again` says that it has changed since that was asked.
    fn read_remote(&self, again: bool) -> Result<There> {
        let unreachable = |cause: ExchangeFailure| {
            Error::failed(format!("cannot reach the remote '{}'", self.remote))
                .hint(format!("try 'git ls-remote {}'; nothing was changed there", self.remote))
                .because(cause)
        };
        let options = self.options;
        if options.dry_run {
            let patterns = [format!("{RUNS}*"), format!("{PRUNED}*")];
            let refs = self.app.repo.remote_refs(self.remote, &patterns, options.on_terminal).map_err(unreachable)?;
            return Ok(self.sort(refs, RUNS, PRUNED, true));
        }
        if options.fetch || again {
            let mut refspecs = vec![
                format!("+{RUNS}*:{}*", self.tracking("runs")),
                format!("+{PRUNED}*:{}*", self.tracking("pruned")),
            ];
            refspecs.extend(self.branch_refspec()?);
            self.app.repo.fetch_refs(self.remote, &refspecs, options.on_terminal).map_err(unreachable)?;
        }
        if !(options.fetch || again) {
            // What was seen there last may be gone, or of another remote by now: it is asked.
            return self.ask().map_err(unreachable)?;
        }
        let refs = self.app.repo.refs_under(&format!("{REMOTES}{}/", self.remote))?;
        Ok(self.sort(refs, &self.tracking("runs"), &self.tracking("pruned"), false))
    }

    /// Asks the remote what it has, without fetching it, and puts down what is not as it was seen last.
    fn ask(&self) -> Result<Result<There>, ExchangeFailure> {
        let mut patterns = vec![format!("{RUNS}*"), format!("{PRUNED}*")];
        if self.options.branches {
            match crate::engine::branches::prefix(self.app) {
                Ok(prefix) => patterns.push(format!("refs/heads/{prefix}*")),
                Err(error) => return Ok(Err(error)),
            }
        }
        let refs = self.app.repo.remote_refs(self.remote, &patterns, self.options.on_terminal)?;
        Ok(self.put_down(refs))
    }

    fn put_down(&self, refs: Vec<(String, Oid)>) -> Result<There> {
        let repo = &self.app.repo;
        let (branches, refs): (Vec<_>, Vec<_>) =
            refs.into_iter().partition(|(name, _)| name.starts_with("refs/heads/"));
        let tracked = format!("{REMOTES}{}/", self.remote);
        let there: BTreeMap<String, Oid> = refs
            .iter()
            .filter_map(|(name, oid)| Some((format!("{tracked}{}", name.strip_prefix("refs/puff/")?), *oid)))
            .collect();
        let seen: BTreeMap<String, Oid> = repo.refs_under(&tracked)?.into_iter().collect();
        let mut steps = Vec::new();
        for (name, old) in &seen {
            match there.get(name) {
                None => steps.push(RefStep { name: name.clone(), old: Some(*old), new: None }),
                Some(new) if new != old && repo.has_commit(*new) => {
                    steps.push(RefStep { name: name.clone(), old: Some(*old), new: Some(*new) });
                }
                Some(_) => {}
            }
        }
        let new = there.iter().filter(|(name, oid)| !seen.contains_key(*name) && repo.has_commit(**oid));
        steps.extend(new.map(|(name, oid)| RefStep { name: name.clone(), old: None, new: Some(*oid) }));
        self.set(&steps)?;
        let mut there = self.sort(refs, RUNS, PRUNED, true);
        there.branches = self.options.branches.then(|| branches.into_iter().collect());
        Ok(there)
    }

    /// Sorts refs by what they are of. Those that the remote was `asked` for need not be here.
    fn sort(&self, refs: Vec<(String, Oid)>, runs: &str, pruned: &str, asked: bool) -> There {
        let mut there = There::default();
        for (name, oid) in refs {
            let (kind, last) = match (name.strip_prefix(runs), name.strip_prefix(pruned)) {
                (Some(last), _) => (&mut there.runs, last),
                (_, Some(last)) => (&mut there.pruned, last),
                _ => continue,
            };
            match last.parse::<RunId>() {
                Ok(run) => {
                    if asked && !self.app.repo.has_commit(oid) {
                        there.unseen.insert(run.clone());
                    }
                    kind.insert(run, oid);
                }
                Err(_) => there.odd.push(last.to_owned()),
            }
        }
        there
    }

    /// Sends what the remote does not have. Returns whether another clone was faster, so that all starts again.
    fn send(&self, there: &There, received: Received, outcome: &mut Outcome, is_last: bool) -> Result<bool> {
        let Received { mut known, outgoing } = received;
        if !self.options.push {
            self.keep(&mut known)?;
            return Ok(false);
        }
        let mut sendings = Vec::new();
        for (run, step) in &outgoing.runs {
            sendings.push((run, Did::Sent, Sending { name: run.ref_name(), new: Some(*step), old: None }));
        }
        for (run, (stone, is_pruned)) in &outgoing.pruned {
            let did = if *is_pruned { Did::PruneSent } else { Did::RevivalSent };
            sendings.push((run, did, Sending { name: format!("{PRUNED}{run}"), new: Some(*stone), old: None }));
        }
        for run in &outgoing.gone {
            let old = there.runs.get(run).copied();
            sendings.push((run, Did::PruneSent, Sending { name: run.ref_name(), new: None, old }));
        }
        for (run, sending) in self.branches(&outgoing.alive, there.branches.as_ref(), outcome)? {
            sendings.push((run, Did::BranchSent, sending));
        }
        if sendings.is_empty() || self.options.dry_run {
            sendings.iter().for_each(|(run, did, _)| outcome.did(run, *did));
            self.keep(&mut known)?;
            return Ok(false);
        }
        let only: Vec<Sending> = sendings.iter().map(|(.., sending)| sending.clone()).collect();
        let answers = self.app.repo.push_refs(self.remote, &only, self.options.verify, self.options.on_terminal);
        let answers = answers.map_err(|cause| {
            Error::failed(format!("cannot push runs to '{}'", self.remote))
                .hint(format!(
                    "what it sent was received; 'git push --dry-run {}' shows what blocks the push",
                    self.remote
                ))
                .because(cause)
        })?;
        let (mut steps, mut behind) = (Vec::new(), false);
        for ((run, did, sending), sent) in sendings.iter().zip(answers) {
            match sent {
                Sent::Done => {
                    outcome.did(run, *did);
                    // It was pruned meanwhile, without a word: the next round undoes it there.
                    let is_pruned = *did == Did::Sent && self.app.repo.ref_target(&sending.name).is_none();
                    behind |= is_pruned && self.options.fetch && !is_last;
                    steps.extend(self.seen(sending));
                }
                Sent::Behind if is_last || !self.options.fetch => outcome.trouble(run, troubles::behind(self.remote)),
                Sent::Behind => behind = true,
                Sent::Refused(said) => outcome.trouble(run, troubles::refused(self.remote, &sending.name, &said)),
            }
        }
        self.set(&steps)?;
        self.keep(&mut known)?;
        Ok(behind)
    }

    /// Returns the step by which what was sent is seen to be there.
    fn seen(&self, sending: &Sending) -> Option<RefStep> {
        let last = sending.name.strip_prefix("refs/puff/")?;
        let name = format!("{REMOTES}{}/{last}", self.remote);
        let old = self.app.repo.ref_target(&name);
        (old != sending.new).then_some(RefStep { name, old, new: sending.new })
    }

    fn set(&self, steps: &[RefStep]) -> Result<()> {
        let _lock = self.app.layout.lock_for_writing()?;
        Ok(self.app.repo.change_refs(steps, "puff: sync")?)
    }

    fn keep(&self, known: &mut KnownSteps) -> Result<()> {
        if !self.options.dry_run {
            let there = self.app.repo.refs_under(RUNS)?;
            let there: BTreeSet<String> = there.into_iter().map(|(name, _)| name).collect();
            known.keep(self.app, |run| there.contains(&run.ref_name()));
        }
        Ok(())
    }
}

/// Returns the part of a ref's name after its folder.
fn named(refs: Vec<(String, Oid)>, folder: &str) -> BTreeMap<RunId, Oid> {
    let parsed = refs.into_iter().filter_map(|(name, oid)| Some((name.strip_prefix(folder)?.parse().ok()?, oid)));
    parsed.collect()
}
