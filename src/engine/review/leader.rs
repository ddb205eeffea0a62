//! Which of several variants leads, where their class, risks and judges are the same: by what each does for the same inputs, and
//! by tests that neither of two wrote.

use super::ranking::{Candidate, Criterion, Rank};
use crate::model::{Class, Likeness, Undecided};

/// By how many points of a hundred one has to be ahead in the tests of thirds.
const CLEAR: i64 = 15;

/// A variant with its place.
pub(super) type Choice<'r> = (&'r Rank, &'r Candidate<'r>);

/// What came of it.
pub(super) enum Leading<'r> {
    /// One leads, or will do as well as others that behave alike.
    One(Choice<'r>),
    /// Nothing that ran tells the right one of these.
    Open(Undecided),
}

/// Returns which of the choices, the best place first, is to be taken; none where there is no choice.
pub(super) fn leading<'r>(choices: &[Choice<'r>]) -> Option<Leading<'r>> {
    let first = choices.first()?.0;
    let is_level = |place: &Rank| {
        let value = |place: &Rank, what: Criterion| {
            place.score.parts.iter().find(|part| part.name == what.to_string()).map_or(0.0, |part| part.value)
        };
        let decides = [Criterion::Class, Criterion::Risks, Criterion::Judge];
        decides.into_iter().all(|what| value(place, what) == value(first, what))
    };
    let field = Field { level: choices.iter().copied().filter(|(place, _)| is_level(place)).collect() };
    Some(field.leading())
}

struct Field<'r> {
    level: Vec<Choice<'r>>,
}

impl<'r> Field<'r> {
    fn leading(&self) -> Leading<'r> {
        let others = |one: u32| self.level.iter().filter(move |(place, _)| place.index != one);
        let is_beaten = |(place, one): &Choice<'r>| others(place.index).any(|(_, other)| self.beats(other, one));
        let leads = |choice: &&Choice<'r>| {
            let (place, one) = **choice;
            others(place.index).all(|(_, other)| !is_unlike(one, other) || self.beats(one, other)) && !is_beaten(choice)
        };
        // Where several lead, one that does what the base does where others don't is the last to be taken.
        let kept = |(place, one): &&Choice<'r>| -> i64 {
            let of = |other: &Choice<'r>| beside(one, other.1).map_or(0, |one| one.kept as i64 - one.other_kept as i64);
            others(place.index).map(of).sum()
        };
        let Some(leader) = self.level.iter().filter(leads).min_by_key(kept) else {
            let mut open: Vec<&Choice<'r>> = self.level.iter().filter(|choice| !is_beaten(choice)).collect();
            if open.len() < 2 {
                open = self.level.iter().collect();
            }
            let between = open.iter().map(|(place, _)| place.index).collect();
            let pairs =
                open.iter().enumerate().flat_map(|(at, (_, one))| open[at + 1..].iter().map(move |of| (one, of)));
            let input = pairs.into_iter().find_map(|(one, (_, other))| differs(one, other));
            return Leading::Open(Undecided { between, input });
        };
        // Those that are backed by each other, and alike: each will do.
        let (place, one) = leader;
        let is_same = |other: u32| one.tests.is_some_and(|tests| tests.same_code.contains(&other));
        let alike = others(place.index).filter(|(other, of)| {
            one.class != Some(Class::A) && other.rank == place.rank && !is_same(other.index) && !self.beats(one, of)
        });
        let alike: Vec<u32> = alike.map(|(other, _)| other.index).collect();
        if alike.is_empty() {
            return Leading::One(*leader);
        }
        Leading::Open(Undecided { between: std::iter::once(place.index).chain(alike).collect(), input: None })
    }

    /// Returns whether evidence tells one from the other as the better one.
    fn beats(&self, one: &Candidate<'_>, other: &Candidate<'_>) -> bool {
        if beside(one, other).is_some_and(Likeness::is_ahead) {
            return true;
        }
        if beside(other, one).is_some_and(Likeness::is_ahead) {
            return false;
        }
        // What the tests of each want of the other says no more than that they differ.
        let (mine, theirs) = (one.others(Some(other.index)), other.others(Some(one.index)));
        let ahead = share(mine) - share(theirs);
        let is_backed = one.class == Some(Class::A);
        let has_double = is_backed && self.has_double(one) && !self.has_double(other);
        has_double && ahead >= 0 || ahead >= CLEAR && (is_backed || mine.1 == 0 && theirs.1 > 0)
    }

    /// Returns whether another of different code does the same for all inputs that were tried, but for one in fifty.
    fn has_double(&self, one: &Candidate<'_>) -> bool {
        one.tests.iter().flat_map(|tests| &tests.behaviour).any(|likeness| {
            likeness.same * 50 >= likeness.of * 49
                && self.level.iter().any(|(place, _)| place.index == likeness.variant)
        })
    }
}

/// Returns how a variant behaves beside another.
pub(super) fn beside<'c>(one: &Candidate<'c>, other: &Candidate<'_>) -> Option<&'c Likeness> {
    one.tests?.behaviour.iter().find(|likeness| likeness.variant == other.index)
}

/// Returns whether two give something else for an input.
fn is_unlike(one: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    let of = |one, other| beside(one, other).is_some_and(|likeness| likeness.same < likeness.of);
    of(one, other) || of(other, one)
}

/// Returns an input where two differ, and what each gives.
fn differs(one: &Candidate<'_>, other: &Candidate<'_>) -> Option<String> {
    let of = |one, other| beside(one, other)?.differs.clone();
    of(one, other).or_else(|| of(other, one))
}

fn share((passed, failed): (u64, u64)) -> i64 {
    (100 * passed).checked_div(passed + failed).map_or(0, |share| share as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::review::ranking::rank;
    use crate::model::{Evidence, OthersTests, TestStanding, Verdict};

    /// Returns who leads of variants of a class with these tests, numbered from 1, or between whom it is open.
    fn leads(class: Class, all: &[TestStanding]) -> Result<u32, Vec<u32>> {
        let evidence = Evidence::default();
        let candidates: Vec<Candidate<'_>> = all
            .iter()
            .enumerate()
            .map(|(at, tests)| Candidate {
                index: at as u32 + 1,
                twin_of: None,
                checks: &[],
                verdict: Verdict::Passed,
                evidence: &evidence,
                judged: None,
                class: Some(class),
                why: &[],
                tests: Some(tests),
            })
            .collect();
        let ranks = rank(&candidates, &[]);
        let choices: Vec<Choice<'_>> = ranks
            .iter()
            .filter_map(|place| Some((place, candidates.iter().find(|one| one.index == place.index)?)))
            .collect();
        match leading(&choices).expect("a choice") {
            Leading::One((place, _)) => Ok(place.index),
            Leading::Open(undecided) => Err(undecided.between),
        }
    }

    fn like(variant: u32, same: u64, of: u64) -> Likeness {
        Likeness { variant, same, of, differs: (same < of).then(|| "f(1)".to_owned()), ..Likeness::default() }
    }

    fn standing(behaviour: Vec<Likeness>, others: &[(u32, u64, u64)]) -> TestStanding {
        let others = others.iter().map(|(variant, passed, failed)| OthersTests {
            variant: *variant,
            passed: *passed,
            failed: *failed,
        });
        TestStanding { behaviour, others: others.collect(), ..TestStanding::default() }
    }

    #[test]
    fn nothing_tells_between_two_that_differ() {
        let all = [standing(vec![like(2, 3, 9)], &[(2, 3, 0)]), standing(vec![like(1, 3, 9)], &[(1, 1, 2)])];
        // What the first wants of the second is no more than that they differ.
        assert_eq!(leads(Class::A, &all), Err(vec![1, 2]));
    }

    #[test]
    fn one_that_another_doubles_leads() {
        let all = [
            standing(vec![like(2, 3, 9), like(3, 3, 9)], &[]),
            standing(vec![like(1, 3, 9), like(3, 9, 9)], &[]),
            standing(vec![like(1, 3, 9), like(2, 9, 9)], &[]),
        ];
        assert_eq!(leads(Class::A, &all), Ok(2));
    }

    #[test]
    fn the_tests_of_thirds_tell() {
        let all = [
            standing(vec![like(2, 3, 9)], &[(3, 1, 2)]),
            standing(vec![like(1, 3, 9)], &[(3, 3, 0)]),
            standing(vec![], &[]),
        ];
        assert_eq!(leads(Class::A, &all[..2]), Ok(2));
    }

    #[test]
    fn of_those_that_are_alone_and_alike_a_person_chooses_but_not_between_the_same_code() {
        let alike = [standing(vec![], &[]), standing(vec![], &[])];
        assert_eq!(leads(Class::B, &alike), Err(vec![1, 2]));
        assert_eq!(leads(Class::A, &alike), Ok(1));
        let same = TestStanding { same_code: vec![2], ..TestStanding::default() };
        assert_eq!(leads(Class::B, &[same, TestStanding { same_code: vec![1], ..TestStanding::default() }]), Ok(1));
    }
}
