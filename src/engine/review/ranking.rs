//! Which variant is the best, by a rule that reads like a number: from left to right, in the order of what matters.
//!
//! | digits | what | how |
//! |---|---|---|
//! | thousands | class | 9 for A, 8 for B, 7 for C, 6 for D, 4 where no check was run; for E 5 when only such checks fail as fail on the base already, else up to 3 by the share that passes |
//! | hundreds | risks | 9 less one for each that counts and is not accepted; from nine on, 0 |
//! | tens and ones | judge | the mean score of all judges, 0 to 10, as 0 to 99 |
//! | first two decimals | behaviour | for which share of the inputs where one differs from the base it does as the others, or is backed by a third, in percent, at most 99 |
//! | next two | tests | the share of the new tests of others that it passes, in percent, at most 99 |
//!
//! No digit reaches into the one before it, so nothing outweighs what matters more. Equal numbers are ties.

use strum::{Display, EnumString};

use crate::model::{
    Check, CheckStatus, Class, Evidence, Likeness, Observation, Score, ScorePart, TestStanding, Verdict,
};

/// What is known of a variant that has a commit.
#[derive(Clone, Debug)]
pub struct Candidate<'r> {
    /// Its number.
    pub index: u32,
    /// The variant whose change is the same, if there is one with a lower number.
    pub twin_of: Option<u32>,
    /// How its checks ended.
    pub checks: &'r [Check],
    /// In a word.
    pub verdict: Verdict,
    /// What was seen in it.
    pub evidence: &'r Evidence,
    /// The mean of what judges said, from 0 to 10.
    pub judged: Option<f64>,
    /// How far it can be trusted.
    pub class: Option<Class>,
    /// Why.
    pub why: &'r [String],
    /// What tests say of it.
    pub tests: Option<&'r TestStanding>,
}

/// What a place depends on, in the order of what matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Criterion {
    Class,
    Risks,
    Judge,
    Behaviour,
    Tests,
}

/// A variant's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Rank {
    /// Its number.
    pub index: u32,
    /// From 1; tied ones share it.
    pub rank: u32,
    /// How that came about.
    pub score: Score,
}

/// Returns how the checks of a variant ended, in a word; `wanted` is how many there should be.
pub fn verdict(checks: &[Check], base: &[Check], wanted: usize) -> Verdict {
    if checks.is_empty() || checks.len() < wanted {
        return Verdict::Unchecked;
    }
    let failed = |check: &&Check| check.status != CheckStatus::Passed;
    let fails_on_base = |check: &Check| {
        let more =
            |base: &Check| matches!((base.tests, check.tests), (Some(base), Some(ours)) if ours.failed > base.failed);
        let breaks_more = base.iter().find(|base| base.command == check.command).is_some_and(more);
        let fails_there = match check.on_base {
            None | Some(CheckStatus::Passed) => false,
            // What could not be run there says nothing of what could be run here.
            Some(CheckStatus::Error) => check.status == CheckStatus::Error,
            Some(CheckStatus::Failed | CheckStatus::Timeout) => true,
        };
        fails_there && !breaks_more
    };
    let mut failing = checks.iter().filter(failed).peekable();
    if failing.peek().is_none() {
        Verdict::Passed
    } else if failing.all(fails_on_base) {
        Verdict::FailsOnBase
    } else {
        Verdict::Failed
    }
}

/// Ranks the candidates, the best first. Twins have the same score; a person has accepted the risks in `accepted`.
pub fn rank(candidates: &[Candidate<'_>], accepted: &[String]) -> Vec<Rank> {
    let mut ranking: Vec<(u64, Rank)> = candidates
        .iter()
        .map(|candidate| {
            let parts = parts(candidate, accepted);
            let whole: u64 = parts.iter().map(|(_, units, _)| units).sum();
            let part = |(of, units, why): (Criterion, u64, String)| ScorePart {
                name: of.to_string(),
                value: number(units),
                why,
            };
            let score = Score { total: number(whole), parts: parts.into_iter().map(part).collect() };
            (whole, Rank { index: candidate.index, rank: 0, score })
        })
        .collect();
    ranking.sort_by_key(|(whole, place)| (std::cmp::Reverse(*whole), place.index));
    let better = |whole: u64, all: &[(u64, Rank)]| all.iter().filter(|(other, _)| *other > whole).count() as u32;
    let ranks: Vec<u32> = ranking.iter().map(|(whole, _)| better(*whole, &ranking) + 1).collect();
    ranking.into_iter().zip(ranks).map(|((_, place), rank)| Rank { rank, ..place }).collect()
}

/// Points in ten-thousandths: whole numbers, so that equal is equal.
fn number(units: u64) -> f64 {
    units as f64 / 10_000.0
}

const THOUSAND: u64 = 1000 * 10_000;
const HUNDRED: u64 = 100 * 10_000;
const ONE: u64 = 10_000;
const HUNDREDTH: u64 = 100;

fn parts(one: &Candidate<'_>, accepted: &[String]) -> Vec<(Criterion, u64, String)> {
    let thousands = match one.class {
        Some(Class::A) => 9,
        Some(Class::B) => 8,
        Some(Class::C) => 7,
        Some(Class::D) => 6,
        Some(Class::E) if one.verdict == Verdict::FailsOnBase => 5,
        None => 4,
        Some(Class::E) => {
            let passed = one.checks.iter().filter(|check| check.status == CheckStatus::Passed).count() as u64;
            (3 * passed).checked_div(one.checks.len() as u64).unwrap_or(0)
        }
    };
    let why = match one.class {
        Some(class) => format!("{class}, {}", class.words()),
        None => "no check was run".to_owned(),
    };
    // What makes it a D is no other risk.
    let risks =
        risks(one.evidence, accepted).filter(|risk| !Observation::CHEATS.contains(&risk.kind.as_str())).count() as u64;
    let judged = one.judged.map_or(0, |score| (score.clamp(0.0, 10.0) * 9.9).round() as u64);
    let judge = one.judged.map_or_else(|| "not judged".to_owned(), |score| format!("{score:.1} of 10"));
    let (passed, failed) = one.others(None);
    let share = (99 * passed).checked_div(passed + failed).unwrap_or(0);
    let tests = match passed + failed {
        0 => "the others bring no new tests".to_owned(),
        all => format!("passes {passed} of {} of others", counted(all, "new test")),
    };
    let (same, of) = one.likeness();
    let behaviour = match of {
        0 => "nothing to compare".to_owned(),
        of => format!("as others, or backed by one, on {same} of {}", counted(of, "input")),
    };
    vec![
        (Criterion::Class, thousands * THOUSAND, why),
        (
            Criterion::Risks,
            9u64.saturating_sub(risks) * HUNDRED,
            if risks == 0 { "none".to_owned() } else { counted(risks, "risk") },
        ),
        (Criterion::Judge, judged * ONE, judge),
        (Criterion::Behaviour, (99 * same).checked_div(of).unwrap_or(0) * HUNDREDTH, behaviour),
        (Criterion::Tests, share, tests),
    ]
}

impl Candidate<'_> {
    /// Returns how many of the new tests of others pass and fail; those of one may be left out.
    pub(super) fn others(&self, without: Option<u32>) -> (u64, u64) {
        let others = self.tests.iter().flat_map(|tests| &tests.others).filter(|one| Some(one.variant) != without);
        others.fold((0, 0), |(passed, failed), one| (passed + one.passed, failed + one.failed))
    }

    /// Returns for how many inputs it does the same as the others, or is clearly ahead of one, and of how many.
    pub(super) fn likeness(&self) -> (u64, u64) {
        let all = self.tests.iter().flat_map(|tests| &tests.behaviour);
        let credit = |one: &Likeness| if one.is_ahead() { one.of } else { one.same + one.backed };
        all.fold((0, 0), |(same, of), one| (same + credit(one), of + one.of))
    }
}

/// Returns the findings that count against a variant.
pub fn risks<'e>(evidence: &'e Evidence, accepted: &'e [String]) -> impl Iterator<Item = &'e Observation> {
    evidence.findings.iter().filter(|finding| finding.counts && !finding.is_accepted(accepted))
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: CheckStatus, on_base: Option<CheckStatus>) -> Check {
        Check {
            command: "t".into(),
            status,
            exit: None,
            duration_s: 0.0,
            tail: String::new(),
            cached: false,
            on_base,
            tests: None,
            warm: false,
            confirmed: false,
        }
    }

    fn candidate<'r>(index: u32, checks: &'r [Check], evidence: &'r Evidence) -> Candidate<'r> {
        let verdict = verdict(checks, &[], checks.len());
        let class = Some(if verdict == Verdict::Passed { Class::B } else { Class::E });
        Candidate { index, twin_of: None, checks, verdict, evidence, judged: None, class, why: &[], tests: None }
    }

    fn risky(count: usize) -> Evidence {
        let finding =
            Observation { kind: "hook".into(), path: "x".into(), line: None, detail: String::new(), counts: true };
        Evidence { findings: vec![finding; count], ..Evidence::default() }
    }

    fn order(candidates: &[Candidate<'_>]) -> Vec<(u32, u32)> {
        rank(candidates, &[]).iter().map(|place| (place.index, place.rank)).collect()
    }

    #[test]
    fn nothing_outweighs_what_matters_more() {
        let (pass, fail) = ([check(CheckStatus::Passed, None)], [check(CheckStatus::Failed, None)]);
        let (risky, clean) = (risky(20), Evidence::default());
        let failing = Candidate { judged: Some(10.0), ..candidate(1, &fail, &clean) };
        assert_eq!(order(&[failing, candidate(2, &pass, &risky)]), [(2, 1), (1, 2)]);
        let one = self::risky(1);
        let liked = Candidate { judged: Some(10.0), ..candidate(1, &pass, &one) };
        let judged = Candidate { judged: Some(0.0), ..candidate(2, &pass, &clean) };
        assert_eq!(order(&[liked, judged]), [(2, 1), (1, 2)]);
        let backed = Candidate { class: Some(Class::A), ..candidate(1, &pass, &risky) };
        let better = Candidate { judged: Some(9.0), ..candidate(2, &pass, &clean) };
        assert_eq!(order(&[better, backed]), [(1, 1), (2, 2)]);
        let others = |passed, failed| TestStanding {
            others: vec![crate::model::OthersTests { variant: 3, passed, failed }],
            ..TestStanding::default()
        };
        let (most, few) = (others(3, 1), others(1, 3));
        let (most, few) = (Some(&most), Some(&few));
        let one = Candidate { tests: few, ..candidate(1, &pass, &clean) };
        assert_eq!(order(&[one, Candidate { tests: most, ..candidate(2, &pass, &clean) }]), [(2, 1), (1, 2)]);
    }

    #[test]
    fn the_parts_sum_to_the_score_and_say_why() {
        let pass = [check(CheckStatus::Passed, None)];
        let evidence = risky(1);
        let one = Candidate { judged: Some(8.0), ..candidate(1, &pass, &evidence) };
        let place = &rank(&[one], &[])[0];
        assert_eq!(place.score.total, 8879.0);
        assert_eq!(place.score.parts.iter().map(|part| part.value).sum::<f64>(), 8879.0);
        let why: Vec<_> = place.score.parts.iter().map(|part| part.why.as_str()).collect();
        assert_eq!(why, ["b, alone", "1 risk", "8.0 of 10", "nothing to compare", "the others bring no new tests"]);
        let accepted = ["hook:x".to_owned()];
        let one = candidate(1, &pass, &evidence);
        assert_eq!(rank(&[one], &accepted)[0].score.parts[1].why, "none");
    }

    #[test]
    fn what_is_equal_shares_a_place() {
        let pass = [check(CheckStatus::Passed, None)];
        let (clean, risky) = (Evidence::default(), risky(1));
        let all = [candidate(1, &pass, &risky), candidate(2, &pass, &clean), candidate(3, &pass, &clean)];
        assert_eq!(order(&all), [(2, 1), (3, 1), (1, 3)]);
    }

    #[test]
    fn what_was_broken_before_is_told_from_what_a_variant_broke() {
        use CheckStatus::*;
        let word = |checks: &[Check]| verdict(checks, &[], checks.len());
        assert_eq!(word(&[check(Passed, Some(Failed))]), Verdict::Passed);
        assert_eq!(word(&[check(Failed, Some(Timeout)), check(Passed, Some(Passed))]), Verdict::FailsOnBase);
        assert_eq!(word(&[check(Failed, Some(Failed)), check(Timeout, Some(Passed))]), Verdict::Failed);
        assert_eq!(word(&[check(Failed, None)]), Verdict::Failed);
        assert_eq!(word(&[check(Failed, Some(Error))]), Verdict::Failed);
        assert_eq!(word(&[check(Error, Some(Error))]), Verdict::FailsOnBase);
        assert_eq!(verdict(&[], &[], 0), Verdict::Unchecked);
        let counts = |failed| Some(crate::model::Counts { failed, ..Default::default() });
        let base = [Check { tests: counts(1), ..check(Failed, None) }];
        let more = [Check { tests: counts(2), ..check(Failed, Some(Failed)) }];
        assert_eq!(verdict(&more, &base, 1), Verdict::Failed);
    }
}
