//! From what was found out to what is recorded: verdicts, places, a recommendation, and the report.

use super::cache::Answer;
use super::ranking::{Candidate, Rank, rank, verdict};
use super::recommend::Grounds;
use super::survey::Survey;
use super::{Found, ReviewOptions};
use crate::app::App;
use crate::engine::handoff;
use crate::error::{Error, Result, ResultExt};
use crate::model::{
    ChangeKind, Check, CheckStatus, Evidence, Judge, Observation, PathChange, Review, Reviewed, RiskKind, Run, State,
    StepKind, Time, Variant, Verdict, documents,
};
use crate::store::{Change, REVIEW, Recorded, RunStore};

/// All that was found out, before it is judged.
pub(super) struct Draft {
    run: Run,
    commands: Vec<String>,
    pub base: Vec<Check>,
    base_touched: Vec<PathChange>,
    base_findings: Vec<Observation>,
    variants: Vec<CheckedVariant>,
    comparison: Option<crate::model::Comparison>,
    pub judges: Vec<Judge>,
    accepted: Vec<String>,
    at: Time,
}

/// One variant, with what its checks came to.
struct CheckedVariant {
    variant: Variant,
    twin_of: Option<u32>,
    checks: Vec<Check>,
    verdict: Verdict,
    evidence: Evidence,
    touched: Vec<PathChange>,
}

/// Returns the risks that a person takes: those that were said now, and those of earlier reviews.
///
/// # Errors
/// When one names nothing that there is.
pub(super) fn accept(
    store: &RunStore<'_>,
    recorded: &Recorded,
    survey: &Survey,
    options: &ReviewOptions,
) -> Result<Vec<String>> {
    let before = store.review(recorded)?;
    let mut accepted = before.as_ref().map(|review| review.accepted.clone()).unwrap_or_default();
    // What checks did to refs and hooks is known from the last review alone.
    let earlier = before.iter().flat_map(|review| &review.variants).map(|reviewed| &reviewed.evidence);
    let seen = survey.evidence.iter().map(|(_, evidence)| evidence).chain(earlier);
    let risks: Vec<&Observation> =
        seen.flat_map(|evidence| &evidence.findings).filter(|finding| finding.counts).collect();
    for word in &options.accept {
        if !risks.iter().any(|risk| risk.is_named(word)) {
            let mut there: Vec<String> = risks.iter().map(|risk| format!("{}:{}", risk.kind, risk.path)).collect();
            there.sort();
            there.dedup();
            let hint = match there.as_slice() {
                [] => "its variants have none: leave --accept out".to_owned(),
                some => format!("there are: {}; a kind alone stands for all of it", some.join(", ")),
            };
            return Err(Error::usage(format!("no risk named '{word}' in run '{}'", recorded.run.run)).hint(hint));
        }
        if !accepted.contains(word) {
            accepted.push(word.clone());
        }
    }
    Ok(accepted)
}

impl Draft {
    /// Puts together what was found out.
    ///
    /// # Errors
    /// When a commit is missing.
    pub fn new(
        app: &App,
        recorded: &Recorded,
        survey: Survey,
        found: Found,
        options: &ReviewOptions,
        accepted: Vec<String>,
    ) -> Result<Draft> {
        let run = recorded.run.clone();
        let none = Vec::new();
        let of = |commit| -> Result<Vec<&Answer>> {
            let answers = found.get(&app.repo.commit(commit)?.tree).unwrap_or(&none);
            // In the order that was asked for, whichever came first.
            let named = |command: &String| answers.iter().find(|answer| answer.check.command == *command);
            Ok(options.commands.iter().filter_map(named).collect())
        };
        let on_base = of(run.base_oid)?;
        let base: Vec<Check> = on_base.iter().map(|answer| answer.check.clone()).collect();
        let base_touched = touched(&on_base);
        let base_findings = of_base(&on_base);
        let mut of_variants: Vec<(u32, &Answer)> = Vec::new();
        for variant in &run.variants {
            let answers = variant.commit.map(of).transpose()?.unwrap_or_default();
            of_variants.extend(answers.into_iter().map(|answer| (variant.index, answer)));
        }
        let mut variants: Vec<CheckedVariant> = Vec::new();
        let mut evidence = survey.evidence.into_iter();
        for variant in &run.variants {
            let mut evidence = evidence.next().map(|(_, evidence)| evidence).unwrap_or_default();
            let answers = variant.commit.map(of).transpose()?.unwrap_or_default();
            let checks: Vec<Check> = answers.iter().map(|answer| beside_base(&answer.check, &base)).collect();
            evidence.findings.extend(answers.iter().flat_map(|answer| &answer.traces).map(Observation::from));
            let repeated = repeated(&answers, &base_findings, &of_variants);
            evidence.findings.extend(repeated);
            let verdict = match variant.commit {
                None => Verdict::NoCommit,
                Some(_) => verdict(&checks, &base, options.commands.len()),
            };
            let tree = variant.commit.map(|commit| app.repo.commit(commit)).transpose()?.map(|commit| commit.tree);
            let same = |elder: &&CheckedVariant| {
                let commit = elder.variant.commit.and_then(|commit| app.repo.commit(commit).ok());
                tree.is_some() && commit.map(|commit| commit.tree) == tree
            };
            let twin_of = variants.iter().find(same).map(|elder| elder.variant.index);
            let touched = touched(&answers);
            variants.push(CheckedVariant { variant: variant.clone(), twin_of, checks, verdict, evidence, touched });
        }
        let (commands, comparison, at) = (options.commands.clone(), survey.comparison, app.clock.now());
        Ok(Draft {
            run,
            commands,
            base,
            base_touched,
            base_findings,
            variants,
            comparison,
            judges: Vec::new(),
            accepted,
            at,
        })
    }

    /// Returns the variants that can be taken.
    pub fn candidates(&self) -> Vec<Candidate<'_>> {
        let with_commit = self.variants.iter().filter(|seen| seen.variant.commit.is_some());
        with_commit
            .map(|seen| Candidate {
                index: seen.variant.index,
                twin_of: seen.twin_of,
                checks: &seen.checks,
                verdict: seen.verdict,
                evidence: &seen.evidence,
                judged: Judge::mean(&self.judges, seen.variant.index),
                lines: seen.variant.insertions.unwrap_or(0) + seen.variant.deletions.unwrap_or(0),
            })
            .collect()
    }

    fn review(&self, ranking: &[Rank]) -> Review {
        let candidates = self.candidates();
        let touched = |index: u32| -> Vec<PathChange> {
            let seen = self.variants.iter().find(|seen| seen.variant.index == index);
            let touched = seen.map(|seen| seen.touched.clone()).unwrap_or_default();
            touched
                .into_iter()
                .filter(|change| !self.base_touched.contains(change) && change.kind != ChangeKind::Added)
                .collect()
        };
        let grounds = Grounds {
            candidates: &candidates,
            ranking,
            commands: &self.commands,
            base: &self.base,
            base_findings: &self.base_findings,
            judges: &self.judges,
            accepted: &self.accepted,
            touched: &touched,
        };
        let reviewed = |seen: &CheckedVariant| Reviewed {
            index: seen.variant.index,
            commit: seen.variant.commit,
            verdict: seen.verdict,
            rank: ranking.iter().find(|place| place.index == seen.variant.index).map(|place| place.rank),
            evidence: seen.evidence.clone(),
            touched: seen.touched.clone(),
        };
        Review {
            schema: Review::schema(),
            run: self.run.run.clone(),
            base_oid: self.run.base_oid,
            reviewed_at: self.at,
            commands: self.commands.clone(),
            base: self.base.clone(),
            base_touched: self.base_touched.clone(),
            base_findings: self.base_findings.clone(),
            variants: self.variants.iter().map(reviewed).collect(),
            judges: self.judges.clone(),
            comparison: self.comparison.clone(),
            recommendation: grounds.conclude(),
            accepted: self.accepted.clone(),
            extra: Default::default(),
        }
    }
}

/// Draws verdicts, places and recommendation of a review up again, from what the run and the review hold: two reviews
/// went into it.
pub fn draw_up(run: &mut Run, review: &mut Review) {
    let wanted = review.commands.len();
    for reviewed in &mut review.variants {
        let Some(variant) = run.variant_mut(reviewed.index).filter(|variant| variant.commit == reviewed.commit) else {
            continue;
        };
        variant.checks = variant.checks.iter().map(|check| beside_base(check, &review.base)).collect();
        if reviewed.commit.is_some() {
            reviewed.verdict = verdict(&variant.checks, &review.base, wanted);
        }
    }
    let of = |reviewed: &Reviewed| run.variant(reviewed.index).filter(|variant| variant.commit == reviewed.commit);
    let known = review.variants.iter().filter(|reviewed| reviewed.commit.is_some());
    let candidates: Vec<Candidate<'_>> = known
        .filter_map(|reviewed| {
            let variant = of(reviewed)?;
            Some(Candidate {
                index: variant.index,
                twin_of: variant.duplicate_of,
                checks: &variant.checks,
                verdict: reviewed.verdict,
                evidence: &reviewed.evidence,
                judged: Judge::mean(&review.judges, variant.index),
                lines: variant.insertions.unwrap_or(0) + variant.deletions.unwrap_or(0),
            })
        })
        .collect();
    let ranking = rank(&candidates, &review.accepted);
    let touched = |index: u32| -> Vec<PathChange> {
        let touched = review.variant(index).map(|reviewed| reviewed.touched.clone()).unwrap_or_default();
        let own = |change: &PathChange| !review.base_touched.contains(change) && change.kind != ChangeKind::Added;
        touched.into_iter().filter(own).collect()
    };
    let grounds = Grounds {
        candidates: &candidates,
        ranking: &ranking,
        commands: &review.commands,
        base: &review.base,
        base_findings: &review.base_findings,
        judges: &review.judges,
        accepted: &review.accepted,
        touched: &touched,
    };
    review.recommendation = grounds.conclude();
    for reviewed in &mut review.variants {
        reviewed.rank = ranking.iter().find(|place| place.index == reviewed.index).map(|place| place.rank);
    }
    for variant in &mut run.variants {
        variant.score = ranking.iter().find(|place| place.index == variant.index).map(|place| place.score.clone());
    }
}

fn touched(answers: &[&Answer]) -> Vec<PathChange> {
    let mut touched: Vec<PathChange> = answers.iter().flat_map(|answer| &answer.touched).cloned().collect();
    touched.sort();
    touched.dedup();
    touched
}

/// Returns what the checks left in the repository when they ran on the base. It is no variant's.
fn of_base(answers: &[&Answer]) -> Vec<Observation> {
    let mut found: Vec<Observation> = Vec::new();
    for risk in answers.iter().flat_map(|answer| &answer.traces) {
        let finding = Observation { counts: false, ..Observation::from(risk) };
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    found
}

/// Returns what the checks of a variant wrote again into files that the base, or another variant, had changed before:
/// it may be the same change, of which nothing else is to be seen. It counts only where the base does not do it too.
fn repeated(answers: &[&Answer], base: &[Observation], variants: &[(u32, &Answer)]) -> Vec<Observation> {
    let file = |path: &str| path.split_once(':').map_or(path, |(file, _)| file).to_owned();
    let own: Vec<String> = answers.iter().flat_map(|answer| &answer.traces).map(|risk| file(&risk.path)).collect();
    let mut found: Vec<Observation> = Vec::new();
    for answer in answers {
        for path in answer.rewritten.iter().filter(|path| !own.contains(path)) {
            let other = |(_, other): &&(u32, &Answer)| other.traces.iter().any(|risk| file(&risk.path) == *path);
            let by_base = base.iter().find(|finding| file(&finding.path) == *path).map(|_| "the base".to_owned());
            let by_variant = || variants.iter().find(other).map(|(index, _)| format!("var{index}"));
            let counts = by_base.is_none();
            let Some(first) = by_base.or_else(by_variant) else { continue };
            let command = &answer.check.command;
            let detail = format!("was written again while '{command}' ran, with what a check of {first} left there");
            let kind = if counts { RiskKind::Config } else { RiskKind::Concurrent };
            if !found.iter().any(|finding| finding.path == *path) {
                found.push(Observation { kind: kind.to_string(), path: path.clone(), line: None, detail, counts });
            }
        }
    }
    found
}

fn beside_base(check: &Check, base: &[Check]) -> Check {
    let on_base = base.iter().find(|base| base.command == check.command).map(|base| base.status);
    Check { on_base, ..check.clone() }
}

/// Records a review in the run, with its report, in one step, and writes the notes. What became of a variant meanwhile
/// stays: its result is then of what it was.
pub(super) fn record(app: &App, store: &RunStore<'_>, draft: &Draft) -> Result<Run> {
    let id = &draft.run.run;
    let ranking = rank(&draft.candidates(), &draft.accepted);
    let review = draft.review(&ranking);
    let prompt = store.prompt(&store.load(id)?)?;
    let views = |run: &Run| handoff::files(run, &prompt, Some(&review));
    let json = documents::to_json(&review).or_fail(|| "cannot write the review as JSON".to_owned())?;
    let outcome = store.update(id, app.clock.now(), |run| {
        for seen in &draft.variants {
            let Some(variant) = run.variant_mut(seen.variant.index) else { continue };
            if variant.commit != seen.variant.commit {
                continue;
            }
            variant.checks = seen.checks.clone();
            variant.score = ranking.iter().find(|place| place.index == variant.index).map(|place| place.score.clone());
        }
        if run.state == State::Harvested && review.outdated(run).is_empty() {
            run.advance(State::Reviewed).or_fail(|| format!("cannot review the run '{id}'"))?;
        }
        let files = vec![(REVIEW.to_owned(), Some(json.clone()))];
        Ok(Some(Change {
            files,
            views: Some(&views),
            ..Change::new(StepKind::Review, subject(&review, &draft.variants))
        }))
    })?;
    handoff::write_notes(app, &outcome.recorded, "review")?;
    Ok(outcome.recorded.run)
}

fn subject(review: &Review, variants: &[CheckedVariant]) -> String {
    let with = variants.iter().filter(|seen| seen.variant.commit.is_some()).count();
    let passed = variants.iter().filter(|seen| seen.verdict == Verdict::Passed).count();
    let failed = |seen: &&CheckedVariant| seen.checks.iter().any(|check| check.status != CheckStatus::Passed);
    let how = match (review.commands.len(), variants.iter().filter(failed).count()) {
        (0, _) => "no check was run".to_owned(),
        (_, 0) if passed == with => format!("all {with} pass"),
        _ => format!("{passed} of {with} pass"),
    };
    let best = match (review.recommendation.variant, review.recommendation.tied.as_slice()) {
        (Some(best), _) => format!(", var{best} is the best"),
        (None, []) => String::new(),
        (None, tied) => format!(", {} are tied", tied.len()),
    };
    format!("reviewed: {how}{best}")
}
