//! The rules, each with its own setting.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;

use git_tree_apply::parse::{FilePatch, Name, parse};

use super::content::{self, ContentFinding};
use super::evidence::{Record, best};
use super::known::KnownRun;
use super::trailers::RunTrailers;
use super::verdicts::Verdicts;
use super::{Sent, Suspect};
use crate::app::App;
use crate::error::Result;
use crate::git::TreeChange;
use crate::model::{Apply, Level, Observation, Oid, PushFinding, RiskKind, Rule, RunId, Variant, first_line};
use crate::settings::{self, Key};
use crate::store::REMOTES;

const RULES: [(Rule, Key); 9] = [
    (Rule::Unreviewed, settings::PRE_PUSH_UNREVIEWED),
    (Rule::Failed, settings::PRE_PUSH_FAILED),
    (Rule::Loser, settings::PRE_PUSH_LOSER),
    (Rule::Risk, settings::PRE_PUSH_RISK),
    (Rule::Partial, settings::PRE_PUSH_PARTIAL),
    (Rule::ConflictMarker, settings::PRE_PUSH_CONFLICT_MARKER),
    (Rule::Secret, settings::PRE_PUSH_SECRET),
    (Rule::Scratch, settings::PRE_PUSH_SCRATCH),
    (Rule::Records, settings::PRE_PUSH_RECORDS),
];

/// How many paths are named in a line; the others are counted.
const PATHS: usize = 3;

const AMEND: &str = "remove it from the commit: 'git commit --amend' for the newest, 'git rebase -i' for an older one";

const REWORD: &str = "reword it: 'git commit --amend' for the newest, 'git rebase -i' for an older one";

/// Goes by the rules.
pub struct Checker<'c> {
    app: &'c App,
    sent: &'c Sent,
    levels: BTreeMap<Rule, Level>,
    tips: Vec<Oid>,
}

/// What a finding is about.
struct About<'s> {
    suspect: &'s Suspect,
    trailer: &'s RunTrailers,
}

impl<'c> Checker<'c> {
    /// Reads the settings of the push check.
    ///
    /// # Errors
    /// When one cannot be used.
    pub fn new(app: &'c App, sent: &'c Sent) -> Result<Checker<'c>> {
        let level = |(rule, key): (Rule, Key)| Ok((rule, app.settings.level(key)?));
        let levels = RULES.into_iter().map(level).collect::<Result<_>>()?;
        let tips = sent.tips().into_iter().filter_map(|tip| app.repo.commit(tip).ok()).map(|tip| tip.tree);
        Ok(Checker { app, sent, levels, tips: tips.collect() })
    }

    /// Looks at all of them. What cannot be judged is told to `unjudged`, and keeps nothing else from being judged: a
    /// fault of git-puff must not stop a push.
    ///
    /// # Errors
    /// When no patch can be made.
    pub fn all(&self, suspects: &[Suspect], unjudged: &mut dyn FnMut(String)) -> Result<Vec<PushFinding>> {
        let ids: Vec<Oid> = suspects.iter().map(|suspect| suspect.commit.id).collect();
        let patches = self.app.repo.patches(&ids)?;
        let runs: HashSet<&RunId> =
            suspects.iter().flat_map(|suspect| &suspect.trailers).map(|trailer| &trailer.run).collect();
        let known: HashMap<&RunId, Vec<KnownRun>> =
            runs.into_iter().map(|id| (id, KnownRun::all(self.app, id))).collect();
        let (mut findings, mut records) = (Vec::new(), Vec::new());
        for (suspect, patch) in suspects.iter().zip(&patches) {
            findings.extend(self.of_message(suspect, &known)?);
            // A merge that changes nothing, an empty commit: there is nothing to judge.
            if patch.is_empty() {
                continue;
            }
            let mut cannot =
                |cause: &dyn Display| unjudged(format!("{}: {cause}", self.app.display.oid(suspect.commit.id)));
            match parse(patch) {
                Ok(files) => {
                    let judged = self.one(suspect, &files, &known, &mut findings, &mut records);
                    judged.unwrap_or_else(|error| cannot(&error));
                }
                Err(cause) => cannot(&cause),
            }
        }
        let mut findings: Vec<PushFinding> = best(records).into_iter().chain(findings).collect();
        findings.retain(|finding: &PushFinding| finding.level != Level::Allow);
        Ok(findings)
    }

    /// Returns what looks like a secret in the message of a commit: it goes out with it.
    fn of_message(&self, suspect: &Suspect, known: &HashMap<&RunId, Vec<KnownRun>>) -> Result<Option<PushFinding>> {
        let Some(first) = suspect.trailers.first() else { return Ok(None) };
        // Whole, not line by line: an agent may have wrapped what it quotes.
        let (_, message) = self.app.repo.authorship(suspect.commit.id)?;
        let secrets = git_tree_apply::secrets::find_all(&message);
        let Some(secret) = secrets.first() else { return Ok(None) };
        let runs =
            suspect.trailers.iter().filter_map(|trailer| KnownRun::of_trailers(known.get(&trailer.run)?, trailer));
        let detail = format!("its message has what looks like {} ('{}…')", secret.kind, secret.begins);
        let observation = Observation {
            kind: "secret".to_owned(),
            path: String::new(),
            line: None,
            detail: detail.clone(),
            counts: true,
        };
        if runs.into_iter().any(|known| known.accepts(&observation)) {
            return Ok(None);
        }
        let about = About { suspect, trailer: first };
        let way = format!("{REWORD}; if it is not a secret: git -c puff.prePush.secret=allow push");
        Ok(Some(self.finding(&about, Rule::Secret, None, &detail, &way)))
    }

    fn one(
        &self,
        suspect: &Suspect,
        files: &[FilePatch<'_>],
        known: &HashMap<&RunId, Vec<KnownRun>>,
        findings: &mut Vec<PushFinding>,
        records: &mut Vec<Record>,
    ) -> Result<()> {
        let Some(first) = suspect.trailers.first() else { return Ok(()) };
        let about = About { suspect, trailer: first };
        for seen in content::markers(files) {
            if self.is_left(&seen.path)? {
                let way = "resolve it, and put that into the same commit or one on top";
                findings.push(self.finding(&about, Rule::ConflictMarker, Some(&seen), &seen.detail, way));
            }
        }
        if suspect.is_merge {
            return Ok(());
        }
        let known = |trailer: &RunTrailers| KnownRun::of_trailers(known.get(&trailer.run)?, trailer);
        for trailer in &suspect.trailers {
            let about = About { suspect, trailer };
            if let Some(known) = known(trailer) {
                records.push(self.by_record(&about, known, files, records)?);
            }
        }
        for seen in content::rejected(files) {
            findings.push(self.finding(&about, Rule::Partial, Some(&seen), &seen.detail, AMEND));
        }
        for seen in content::scratch(files) {
            findings.push(self.finding(&about, Rule::Scratch, Some(&seen), &seen.detail, AMEND));
        }
        for risk in content::secrets(files) {
            let accepted = suspect.trailers.iter().filter_map(known);
            if accepted.into_iter().any(|known| known.accepts(&Observation::from(&risk))) {
                continue;
            }
            let seen = ContentFinding { path: risk.path, line: None, detail: risk.detail };
            let way = format!(
                "{AMEND}; if it is not a secret: git puff review {} --accept 'secret:{}'",
                first.run, seen.path
            );
            findings.push(self.finding(&about, Rule::Secret, Some(&seen), &seen.detail, &way));
        }
        Ok(())
    }

    /// Returns what the record of its run says of a variant.
    fn by_record(
        &self,
        about: &About<'_>,
        known: &KnownRun,
        files: &[FilePatch<'_>],
        before: &[Record],
    ) -> Result<Record> {
        let id = &about.trailer.run;
        let told: Vec<PushFinding> = before.iter().flat_map(|record| &record.findings).cloned().collect();
        let mut findings: Vec<PushFinding> = self.records(about, known, &told).into_iter().collect();
        let Some((variant, is_it)) = known.variant(about.trailer) else { return Ok(Record::of_nothing(findings)) };
        let verified = known.verify(self.app, variant);
        let mut add = |rule: Rule, seen: Option<&ContentFinding>, detail: &str, way: &str| {
            let mut finding = self.finding(about, rule, seen, detail, way);
            finding.variant = Some(variant.index);
            // It was picked with that known.
            if rule == Rule::Failed && verified.is_ok() && known.is_picked(variant) {
                finding.level = finding.level.min(Level::Warn);
            }
            findings.push(finding);
        };
        let name = variant.name();
        if let Some(decision) = known.decision().filter(|_| !known.is_picked(variant)) {
            let detail = format!("is {name} of '{id}', of which var{} was picked", decision.variant);
            let way = format!("leave it out; or undo the decision: git puff undo {id}");
            add(Rule::Loser, None, &detail, &way);
        }
        if let Some(apply) = variant.apply.filter(|apply| apply.is_failure()) {
            let how = if apply == Apply::Conflict { "applied only with conflicts" } else { "did not apply" };
            let reason = variant.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let way = format!("compare it with the whole: git puff patch {id}:{}", variant.index);
            add(Rule::Partial, None, &format!("is {name} of '{id}', which {how}{reason}"), &way);
        }
        let changes = self.changes(variant, known)?;
        let missing = self.missing(about, &changes, files)?;
        if !missing.is_empty() {
            let way = format!("pick all of it: git puff pick {id}:{}", variant.index);
            let detail = format!("is only a part of {name} of '{id}': {} is missing", named(&missing));
            add(Rule::Partial, None, &detail, &way);
        }
        let counts = is_it && verified.is_ok();
        let verdicts = if counts {
            Verdicts::of(self.app, known, variant, about.suspect.commit.tree)?
        } else {
            Verdicts::default()
        };
        match &verdicts.review {
            Some(review) if review.cheats => {
                let detail = format!("is {}, which {}", review.of, review.why);
                let way = format!("pick another: 'git puff show {id}' shows them");
                add(Rule::Failed, None, &detail, &way);
            }
            Some(review) if !review.failed.is_empty() => {
                let detail = format!("is {}, which failed {}", review.of, named(&review.failed));
                let way = format!("see 'git puff show {id}'; pick one that passes: git puff pick {id}:N");
                add(Rule::Failed, None, &detail, &way);
            }
            None if !(verdicts.has_passed || counts && known.is_picked(variant)) => {
                let detail = match (is_it, &verified) {
                    (true, Err(error)) => {
                        format!("is {name} of '{id}', whose record does not count: {}", error.message())
                    }
                    (true, Ok(())) => format!("is {name} of '{id}', which is neither reviewed nor picked"),
                    (false, _) => format!("has an earlier patch of {name} of '{id}', which is not reviewed"),
                };
                let way = format!("git puff review {id}; or pick it: git puff pick {id}:{}", variant.index);
                add(Rule::Unreviewed, None, &detail, &way);
            }
            _ => {}
        }
        if let Some(failure) = &verdicts.failure {
            let detail = format!("is {name} of '{id}' on another commit, where it fails {failure}");
            let way = format!("mend it in the same commit or one on top; or leave it out: git puff undo {id}");
            add(Rule::Failed, None, &detail, &way);
        }
        for observation in risks(known, variant) {
            // What was in a file that was left out is not pushed.
            let is_of_file = changes.iter().any(|change| Name(&change.path).to_string() == observation.path);
            let is_there = files.iter().any(|file| is_about(file, observation.path.as_bytes())) || !is_of_file;
            if is_there && !known.accepts(&observation) {
                let seen = ContentFinding { path: observation.path.clone(), line: None, detail: String::new() };
                let way =
                    format!("inspect it, then accept it: git puff review {id} --accept '{}'", accept(&observation));
                add(Rule::Risk, Some(&seen), &format!("{} ({})", observation.detail, observation.kind), &way);
            }
        }
        let made = changes.into_iter().filter_map(|change| Some((change.path, change.new?.1))).collect();
        Ok(Record {
            run: Some(id.clone()),
            is_remote: known.run.is_remote(),
            patch: variant.patch_sha256.clone(),
            made,
            findings,
        })
    }

    /// Returns the record of a run that would stay behind; said once a run.
    fn records(&self, about: &About<'_>, known: &KnownRun, findings: &[PushFinding]) -> Option<PushFinding> {
        let (id, remote) = (&about.trailer.run, self.sent.remote.as_deref()?);
        let is_said = findings.iter().any(|finding| finding.rule == Rule::Records && finding.run == *id);
        if is_said || known.is_pruned || !self.app.repo.has_remote(remote) {
            return None;
        }
        let goes_along = self.sent.updates.iter().any(|update| update.local.is_some() && update.name == id.ref_name());
        let is_there = self.app.repo.ref_target(&format!("{REMOTES}{remote}/runs/{id}")).is_some();
        if goes_along || is_there {
            return None;
        }
        let opted = self.app.settings.all(settings::SYNC_REMOTE).iter().any(|setting| setting.value == remote);
        let way = match opted {
            true => format!("git puff sync --push {remote}"),
            false => format!("git config --add puff.sync.remote {remote}; git puff sync --push {remote}"),
        };
        let detail = format!("comes from the run '{id}', whose record '{remote}' does not have");
        Some(self.finding(about, Rule::Records, None, &detail, &way))
    }

    /// Returns what a variant changes; nothing where its commit is not here.
    fn changes(&self, variant: &Variant, known: &KnownRun) -> Result<Vec<TreeChange>> {
        let (repo, base) = (&self.app.repo, known.run.base_oid);
        match variant.commit.filter(|commit| repo.has_commit(*commit) && repo.has_commit(base)) {
            Some(commit) => {
                let (old, new) = (repo.commit(base)?.tree, repo.commit(commit)?.tree);
                Ok(repo.tree_changes(Some(old), Some(new))?.0)
            }
            None => Ok(Vec::new()),
        }
    }

    /// Paths of a variant that a commit leaves out.
    fn missing(&self, about: &About<'_>, changes: &[TreeChange], files: &[FilePatch<'_>]) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        for change in changes.iter().filter(|change| !files.iter().any(|file| is_about(file, &change.path))) {
            let path = Name(&change.path).to_string();
            let there = self.app.repo.entry(about.suspect.commit.tree, &change.path)?;
            if there.map(|entry| (entry.kind, entry.oid)) != change.new && !content::is_scratch(&path) {
                missing.push(path);
            }
        }
        Ok(missing)
    }

    /// Returns whether a marker is still in the file as it is pushed in the end.
    fn is_left(&self, path: &str) -> Result<bool> {
        let repo = &self.app.repo;
        for tree in &self.tips {
            let Some(entry) = repo.entry(*tree, path.as_bytes())? else { continue };
            let text = repo.blob(entry.oid)?;
            if text.split(|byte| *byte == b'\n').any(|line| crate::engine::review::conflict_marker(line).is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn finding(
        &self,
        about: &About<'_>,
        rule: Rule,
        seen: Option<&ContentFinding>,
        detail: &str,
        way_out: &str,
    ) -> PushFinding {
        let commit = &about.suspect.commit;
        PushFinding {
            rule,
            level: self.levels.get(&rule).copied().unwrap_or(Level::Refuse),
            commit: commit.id,
            subject: first_line(commit.message.as_deref().unwrap_or_default(), 72),
            run: about.trailer.run.clone(),
            variant: about.trailer.variant,
            path: seen.map(|seen| seen.path.clone()),
            line: seen.and_then(|seen| seen.line),
            detail: detail.to_owned(),
            way_out: way_out.to_owned(),
        }
    }
}

/// Returns whether this part of a patch is about the file of that path.
fn is_about(file: &FilePatch<'_>, path: &[u8]) -> bool {
    [&file.old_name, &file.new_name].into_iter().flatten().any(|name| name == path)
}

/// Returns what of a variant a person has to take: what the harvest said of it, and refs, hooks and configuration that
/// changed while its checks ran. What looks like a secret has a rule of its own; what may be another's work stops
/// nothing.
fn risks(known: &KnownRun, variant: &Variant) -> Vec<Observation> {
    let of_harvest =
        variant.risks.iter().filter(|risk| risk.kind != RiskKind::Secret && risk.counts()).map(Observation::from);
    let reviewed = known.review.as_ref().and_then(|review| review.variant(variant.index));
    let findings = reviewed.into_iter().flat_map(|reviewed| &reviewed.evidence.findings);
    let of_checks = findings.filter(|found| found.kind.parse().is_ok_and(|kind: RiskKind| kind.is_outside())).cloned();
    let mut risks: Vec<Observation> = Vec::new();
    for found in of_harvest.chain(of_checks) {
        if !risks.contains(&found) {
            risks.push(found);
        }
    }
    risks
}

/// Returns the word by which it is taken.
fn accept(observation: &Observation) -> String {
    if observation.path.is_empty() {
        observation.kind.clone()
    } else {
        format!("{}:{}", observation.kind, observation.path)
    }
}

/// Returns the first of some things, and how many more there are.
fn named(things: &[String]) -> String {
    let more = things.len().saturating_sub(PATHS);
    let named = things.iter().take(PATHS).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}
