//! Which variant is the best, by a rule that reads like a number: from left to right, in the order of what matters.
//!
//! | digits | what | how |
//! |---|---|---|
//! | thousands | checks | 9 when all pass; 5 and more when only such fail as fail on the base already; 4 where none was run; up to 3 by the share that passes |
//! | hundreds | risks | 9 less one for each that counts and is not accepted; from nine on, 0 |
//! | tens and ones | judge | the mean score of all judges, 0 to 10, as 0 to 99 |
//! | first two decimals | agreement | the mean likeness to the other variants in percent, at most 99 |
//! | next two | size | one for each other variant that changes more lines, at most 99 |
//!
//! No digit reaches into the one before it, so nothing outweighs what matters more. Equal numbers are ties.

use strum::{Display, EnumString};

use crate::model::{Check, CheckStatus, Evidence, Observation, Score, ScorePart, Verdict};

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
    /// Lines added and removed.
    pub lines: u64,
}

/// What a place depends on, in the order of what matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Criterion {
    Checks,
    Risks,
    Judge,
    Agreement,
    Size,
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
            let parts = parts(candidate, candidates, accepted);
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

fn parts(one: &Candidate<'_>, all: &[Candidate<'_>], accepted: &[String]) -> Vec<(Criterion, u64, String)> {
    let passed = one.checks.iter().filter(|check| check.status == CheckStatus::Passed).count() as u64;
    let of = one.checks.len() as u64;
    let share = |most: u64| (most * passed).checked_div(of).unwrap_or(0);
    let (thousands, why) = match one.verdict {
        Verdict::Passed => (9, format!("{} passed", counted(of, "check"))),
        Verdict::FailsOnBase => (5 + share(3), format!("{passed} of {of} passed; the others fail on the base too")),
        Verdict::Unchecked | Verdict::NoCommit => (4, "no check was run".to_owned()),
        Verdict::Failed => (share(3), format!("{passed} of {} passed", counted(of, "check"))),
    };
    let risks = risks(one.evidence, accepted).count() as u64;
    let judged = one.judged.map_or(0, |score| (score.clamp(0.0, 10.0) * 9.9).round() as u64);
    let judge = one.judged.map_or_else(|| "not judged".to_owned(), |score| format!("{score:.1} of 10"));
    let percent = one.evidence.agreement.map_or(0, |share| ((share * 100.0).round() as u64).min(99));
    let agreement = match one.evidence.agreement {
        Some(share) => format!("{:.0}% like the others on average", share * 100.0),
        None => "no other variant to compare with".to_owned(),
    };
    let larger = all.iter().filter(|other| other.twin_of.is_none() && other.lines > one.lines).count() as u64;
    vec![
        (Criterion::Checks, thousands * THOUSAND, why),
        (
            Criterion::Risks,
            9u64.saturating_sub(risks) * HUNDRED,
            if risks == 0 { "none".to_owned() } else { counted(risks, "risk") },
        ),
        (Criterion::Judge, judged * ONE, judge),
        (Criterion::Agreement, percent * HUNDREDTH, agreement),
        (Criterion::Size, larger.min(99), format!("{} changed", counted(one.lines, "line"))),
    ]
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
        Candidate { index, twin_of: None, checks, verdict, evidence, judged: None, lines: 10 }
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
        let (risky, clean) = (risky(20), Evidence { agreement: Some(1.0), ..Evidence::default() });
        let failing = Candidate { judged: Some(10.0), lines: 0, ..candidate(1, &fail, &clean) };
        assert_eq!(order(&[failing, candidate(2, &pass, &risky)]), [(2, 1), (1, 2)]);
        let one = self::risky(1);
        let liked = Candidate { judged: Some(10.0), ..candidate(1, &pass, &one) };
        let judged = Candidate { judged: Some(0.0), lines: 9999, ..candidate(2, &pass, &clean) };
        assert_eq!(order(&[liked, judged]), [(2, 1), (1, 2)]);
        let small = Candidate { lines: 1, ..candidate(1, &pass, &risky) };
        let better = Candidate { judged: Some(0.2), ..candidate(2, &pass, &risky) };
        assert_eq!(order(&[small, better]), [(2, 1), (1, 2)]);
    }

    #[test]
    fn the_parts_sum_to_the_score_and_say_why() {
        let pass = [check(CheckStatus::Passed, None)];
        let evidence = Evidence { agreement: Some(0.5), ..risky(1) };
        let one = Candidate { judged: Some(8.0), ..candidate(1, &pass, &evidence) };
        let other = Candidate { lines: 20, ..candidate(2, &pass, &evidence) };
        let place = &rank(&[one, other], &[])[0];
        assert_eq!(place.score.total, 9879.5001);
        assert_eq!(place.score.parts.iter().map(|part| part.value).sum::<f64>(), 9879.5001);
        let why: Vec<_> = place.score.parts.iter().map(|part| part.why.as_str()).collect();
        assert_eq!(
            why,
            ["1 check passed", "1 risk", "8.0 of 10", "50% like the others on average", "10 lines changed"]
        );
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
