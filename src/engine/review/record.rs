//! From what was found out to what is recorded: verdicts, places, a recommendation, and the report.

use std::collections::{BTreeMap, HashMap};

use super::cache::Answer;
use super::ranking::{Candidate, rank, verdict};
use super::recommend::Grounds;
use super::survey::Survey;
use super::{Found, ReviewOptions};
use crate::app::App;
use crate::choice::classes::Standing;
use crate::engine::handoff;
use crate::error::{Error, Result, ResultExt};
use crate::model::{
    ChangeKind, Check, CheckStatus, Class, Judge, Observation, PathChange, Recommendation, Review, Reviewed, RiskKind,
    Run, State, StepKind, Variant, Verdict, documents,
};
use crate::store::{Change, REVIEW, Recorded, RunStore};

/// All that was found out, before it is judged.
pub(super) struct Draft {
    /// The run, its variants with what their checks came to.
    run: Run,
    /// The review, without ranks and recommendation.
    pub review: Review,
    /// By the number of a variant, the first one whose commit has the same tree.
    twins: BTreeMap<u32, u32>,
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
        found: &Found,
        options: &ReviewOptions,
        accepted: Vec<String>,
    ) -> Result<Draft> {
        let mut run = recorded.run.clone();
        let none = Vec::new();
        let of = |commit| -> Result<Vec<&Answer>> {
            let answers = found.get(&app.repo.commit(commit)?.tree).unwrap_or(&none);
            // In the order that was asked for, whichever came first.
            let named = |command: &String| answers.iter().find(|answer| answer.check.command == *command);
            Ok(options.commands.iter().filter_map(named).collect())
        };
        let on_base = of(run.base_oid)?;
        let mut review = Review {
            schema: Review::schema(),
            run: run.run.clone(),
            base_oid: run.base_oid,
            reviewed_at: app.clock.now(),
            commands: options.commands.clone(),
            base: on_base.iter().map(|answer| answer.check.clone()).collect(),
            base_touched: touched(&on_base),
            base_findings: of_base(&on_base),
            confinement: None,
            variants: Vec::new(),
            judges: Vec::new(),
            comparison: survey.comparison,
            recommendation: Recommendation::default(),
            accepted,
            extra: Default::default(),
        };
        let mut of_variants: Vec<(u32, &Answer)> = Vec::new();
        for variant in &run.variants {
            let answers = variant.commit.map(of).transpose()?.unwrap_or_default();
            of_variants.extend(answers.into_iter().map(|answer| (variant.index, answer)));
        }
        let (mut twins, mut first) = (BTreeMap::new(), HashMap::new());
        let mut evidence = survey.evidence.into_iter();
        for variant in &mut run.variants {
            let mut evidence = evidence.next().map(|(_, evidence)| evidence).unwrap_or_default();
            let answers = variant.commit.map(of).transpose()?.unwrap_or_default();
            variant.checks = answers.iter().map(|answer| answer.check.clone()).collect();
            evidence.findings.extend(answers.iter().flat_map(|answer| &answer.traces).map(Observation::from));
            evidence.findings.extend(repeated(&answers, &review.base_findings, &of_variants));
            if let Some(commit) = variant.commit {
                let first = *first.entry(app.repo.commit(commit)?.tree).or_insert(variant.index);
                twins.extend((first != variant.index).then_some((variant.index, first)));
            }
            review.variants.push(Reviewed {
                index: variant.index,
                commit: variant.commit,
                verdict: Verdict::NoCommit,
                class: None,
                why: Vec::new(),
                tests: None,
                rank: None,
                evidence,
                touched: touched(&answers),
            });
        }
        judge_checks(&mut run, &mut review);
        Ok(Draft { run, review, twins })
    }

    /// Takes in what tests say of the variants; those with the same content share it.
    pub fn take(&mut self, standings: &BTreeMap<u32, Standing>) {
        for reviewed in &mut self.review.variants {
            let elder = self.twins.get(&reviewed.index).copied().unwrap_or(reviewed.index);
            let Some(standing) = standings.get(&elder).filter(|_| reviewed.verdict != Verdict::Unchecked) else {
                continue;
            };
            reviewed.class = Some(standing.class);
            reviewed.why = standing.why.clone();
            reviewed.evidence.findings.extend(standing.findings.iter().cloned());
            let tests = &standing.tests;
            let names_any = tests.base.passed + tests.base.failed + tests.base.skipped + tests.own > 0;
            reviewed.tests = (names_any || !tests.others.is_empty()).then(|| tests.clone());
            if reviewed.verdict == Verdict::Passed || standing.class == Class::E {
                continue;
            }
            if standing.is_forgiven {
                reviewed.verdict = Verdict::Passed;
            } else {
                // It ran once more since, without what others had built.
                reviewed.class = Some(Class::E);
                reviewed.why = vec!["fails its own checks without what other checks had built".to_owned()];
            }
        }
    }

    /// Returns the variant that would be recommended by what is known now, or those between which nothing decides.
    pub fn leaders(&self) -> Vec<u32> {
        let (mut run, mut review) = (self.run.clone(), self.review.clone());
        conclude(&mut run, &mut review, |variant| self.twins.get(&variant.index).copied());
        review.recommendation.variant.map_or(review.recommendation.tied, |variant| vec![variant])
    }

    /// Returns the variants that can be taken.
    pub fn candidates(&self) -> Vec<Candidate<'_>> {
        candidates(&self.run, &self.review, |variant| self.twins.get(&variant.index).copied())
    }
}

/// Draws verdicts, places and recommendation of a review up again, from what the run and the review hold: two reviews
/// went into it.
pub fn draw_up(run: &mut Run, review: &mut Review) {
    judge_checks(run, review);
    conclude(run, review, |variant| variant.duplicate_of);
}

/// Compares the checks of the variants that are as the review saw them with those of the base, and judges them.
fn judge_checks(run: &mut Run, review: &mut Review) {
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
}

/// Returns the variants that can be taken; `twin_of` answers the elder variant that is the same.
fn candidates<'r>(run: &'r Run, review: &'r Review, twin_of: impl Fn(&Variant) -> Option<u32>) -> Vec<Candidate<'r>> {
    let of = |reviewed: &Reviewed| run.variant(reviewed.index).filter(|variant| variant.commit == reviewed.commit);
    let known = review.variants.iter().filter(|reviewed| reviewed.commit.is_some());
    let candidate = |reviewed: &'r Reviewed| {
        let variant = of(reviewed)?;
        Some(Candidate {
            index: variant.index,
            twin_of: twin_of(variant),
            checks: &variant.checks,
            verdict: reviewed.verdict,
            class: class(reviewed, &review.accepted),
            why: &reviewed.why,
            tests: reviewed.tests.as_ref(),
            evidence: &reviewed.evidence,
            judged: Judge::mean(&review.judges, variant.index),
        })
    };
    known.filter_map(candidate).collect()
}

/// Returns the class of a variant: by its verdict where no test was told from others, and A instead of C where a person has
/// accepted what it changes of its tests.
fn class(reviewed: &Reviewed, accepted: &[String]) -> Option<Class> {
    match (reviewed.class, reviewed.verdict) {
        (Some(Class::C), _) if reviewed.cheats().count() > 0 && !reviewed.has_open_cheat(accepted) => Some(Class::A),
        (Some(class), _) => Some(class),
        (None, Verdict::Passed) => Some(Class::B),
        (None, Verdict::Failed | Verdict::FailsOnBase) => Some(Class::E),
        (None, Verdict::Unchecked | Verdict::NoCommit) => None,
    }
}

/// Ranks the variants and recommends one: into the review, and the scores into the run.
fn conclude(run: &mut Run, review: &mut Review, twin_of: impl Fn(&Variant) -> Option<u32>) {
    let candidates = candidates(run, review, twin_of);
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
pub(super) fn record(app: &App, store: &RunStore<'_>, known: &Recorded, draft: Draft) -> Result<Run> {
    let Draft { run: mut seen, mut review, twins } = draft;
    conclude(&mut seen, &mut review, |variant| twins.get(&variant.index).copied());
    let id = &known.run.run;
    let known = store.refresh(known)?;
    let prompt = store.prompt(&known)?;
    let views = |run: &Run| handoff::files(run, &prompt, Some(&review));
    let json = documents::to_json(&review).or_fail(|| "cannot write the review as JSON".to_owned())?;
    let outcome = store.update_known(&known, app.clock.now(), |run| {
        for seen in &seen.variants {
            if let Some(variant) = run.variant_mut(seen.index).filter(|variant| variant.commit == seen.commit) {
                variant.checks = seen.checks.clone();
                variant.score = seen.score.clone();
            }
        }
        if run.state == State::Harvested && review.outdated(run).is_empty() {
            run.advance(State::Reviewed).or_fail(|| format!("cannot review the run '{id}'"))?;
        }
        let files = vec![(REVIEW.to_owned(), Some(json.clone()))];
        Ok(Some(Change { files, views: Some(&views), ..Change::new(StepKind::Review, subject(&seen, &review)) }))
    })?;
    handoff::write_notes(app, &outcome.recorded, "review")?;
    Ok(outcome.recorded.run)
}

fn subject(run: &Run, review: &Review) -> String {
    let with = review.variants.iter().filter(|seen| seen.commit.is_some()).count();
    let passed = review.variants.iter().filter(|seen| seen.verdict == Verdict::Passed).count();
    let failed = |variant: &&Variant| variant.checks.iter().any(|check| check.status != CheckStatus::Passed);
    let how = match (review.commands.len(), run.variants.iter().filter(failed).count()) {
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
