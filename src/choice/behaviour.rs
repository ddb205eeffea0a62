//! What variants give for the same inputs, beside each other and beside the base.
//!
//! An input that has the form of those that tests pass tells more than one that has not, which right code may answer in many
//! ways: only the first kind counts. What a variant's new tests pass counts as well: its author thought of it.

use std::collections::BTreeMap;

use super::blocks::unmarked;
use super::classes::{Base, Subject};
use super::probes;
use super::results::{Outcome, RAISES, TestResult};
use crate::model::Likeness;

/// What stands for the value that a test wants.
const WANTED: &str = "=";

type Id = (String, String);

/// Variants that may be right, and how far the others go along with each: from 0, never, to 1.
pub struct Peers<'s> {
    eligible: Vec<&'s Subject>,
    trust: BTreeMap<u32, f64>,
}

/// How many times as much trust has to be on one side of a question as on the other.
const CLEARLY: f64 = 1.5;

/// What each gives for each input.
pub struct Behaviour<'a> {
    marker: &'a str,
    /// The calls of probes, by marker and test.
    inputs: &'a BTreeMap<(String, String), String>,
    on_base: BTreeMap<Id, String>,
    given: BTreeMap<u32, BTreeMap<Id, String>>,
}

/// Where a test comes from, by the marker in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// A new test of a variant, as it is.
    New(u32),
    /// A test that passes something else: the number of the probe.
    Probe(usize),
}

/// An input that counts.
struct Pair<'b> {
    id: &'b Id,
    mine: &'b str,
    yours: &'b str,
    base: Option<&'b String>,
}

impl Pair<'_> {
    /// Returns whether both do what the base does, which tells nothing.
    fn is_as_base(&self) -> bool {
        self.base.is_some_and(|base| base == self.mine && base == self.yours)
    }
}

impl<'a> Behaviour<'a> {
    /// Takes in what ran. `marker` begins the markers of copies.
    pub fn new(
        base: &Base,
        subjects: &[Subject],
        marker: &'a str,
        inputs: &'a BTreeMap<(String, String), String>,
    ) -> Behaviour<'a> {
        let gives = |tests: &[TestResult]| -> Vec<(Id, String)> {
            let copies = tests.iter().filter(|test| source(&test.name, marker).is_some());
            copies.filter_map(|test| Some((test.id(), given(test)?))).collect()
        };
        let all = |joint: &[TestResult], beside: &[TestResult]| {
            gives(joint).into_iter().chain(gives(beside)).collect::<BTreeMap<Id, String>>()
        };
        Behaviour {
            marker,
            inputs,
            on_base: all(&base.joint, &base.beside),
            given: subjects.iter().map(|one| (one.index, all(&one.joint, &one.beside))).collect(),
        }
    }

    /// Returns the inputs that count, for which both gave something.
    fn pairs<'b>(&'b self, one: &Subject, other: &Subject) -> impl Iterator<Item = Pair<'b>> {
        self.pairs_of(one, other, false)
    }

    /// Returns the inputs that have the form of those that tests pass, or those that have not.
    fn pairs_of<'b>(&'b self, one: &Subject, other: &Subject, wild: bool) -> impl Iterator<Item = Pair<'b>> {
        let theirs = &self.given[&other.index];
        let is_asked = move |name: &str| {
            let is_wild = matches!(source(name, self.marker), Some(Source::Probe(number)) if probes::is_wild(number));
            is_wild == wild
        };
        self.given[&one.index]
            .iter()
            .filter(move |((_, name), _)| is_asked(name))
            .filter_map(|(id, mine)| Some(Pair { id, mine, yours: theirs.get(id)?, base: self.on_base.get(id) }))
    }

    /// Weighs variants by how alike each behaves to the others of other code: one that is mostly alone tells little of others.
    pub fn peers<'s>(&self, eligible: Vec<&'s Subject>) -> Peers<'s> {
        let trust = |one: &&Subject| {
            let others = eligible.iter().filter(|other| other.shape != one.shape);
            let (mut same, mut all) = (0.0, 0.0);
            for pair in others.flat_map(|other| self.pairs(one, other)).filter(|pair| !pair.is_as_base()) {
                all += 1.0;
                same += f64::from(u8::from(pair.mine == pair.yours));
            }
            let share = if all > 0.0 { same / all } else { 0.0 };
            (one.index, share * share)
        };
        Peers { trust: eligible.iter().map(trust).collect(), eligible }
    }

    /// Returns how much trust those deserve who give this for an input, and how many there are. Those of one code count once.
    fn behind<'s>(&self, id: &Id, value: &str, peers: &Peers<'s>, is_asked: impl Fn(&Subject) -> bool) -> (f64, usize) {
        let gives = |one: &&&Subject| self.given[&one.index].get(id).is_some_and(|given| given == value);
        let mut shapes: BTreeMap<&str, f64> = BTreeMap::new();
        for one in peers.eligible.iter().filter(|one| is_asked(one)).filter(gives) {
            shapes.insert(&one.shape, peers.trust[&one.index]);
        }
        (shapes.values().sum(), shapes.len())
    }

    /// Compares two variants; none where no input tells either from the base.
    pub fn likeness(&self, one: &Subject, other: &Subject, peers: &Peers<'_>) -> Option<Likeness> {
        let mut likeness = Likeness { variant: other.index, ..Likeness::default() };
        let mut said_is_value = false;
        for pair in self.pairs(one, other).filter(|pair| !pair.is_as_base()) {
            likeness.of += 1;
            if pair.mine == pair.yours {
                likeness.same += 1;
                continue;
            }
            self.weigh(&pair, [one, other], peers, &mut likeness);
            // Two values tell more than a value and an error.
            let is_value = pair.mine != RAISES && pair.yours != RAISES;
            if likeness.differs.is_none() || is_value && !said_is_value {
                let said = self.said(pair.id, (one.index, pair.mine), (other.index, pair.yours));
                said_is_value = is_value && said.is_some();
                likeness.differs = said.or(likeness.differs);
            }
        }
        // Where nothing else tells them apart, what has another form may: as far as it tells one from the other.
        if likeness.same == likeness.of {
            let is_value = |pair: &Pair<'_>| pair.mine != RAISES && pair.yours != RAISES && pair.mine != pair.yours;
            for pair in self.pairs_of(one, other, true).filter(is_value) {
                self.weigh(&pair, [one, other], peers, &mut likeness);
            }
        }
        (likeness.of > 0).then_some(likeness)
    }

    /// Counts on whose side thirds and the base are, for an input where two differ.
    fn weigh(&self, pair: &Pair<'_>, of: [&Subject; 2], peers: &Peers<'_>, likeness: &mut Likeness) {
        let is_third = |third: &Subject| of.iter().all(|one| one.shape != third.shape);
        let as_base = |value: &str| pair.base.is_some_and(|base| base == value);
        // What a third keeps as well may be as it should be.
        let keeps = |value: &str| as_base(value) && self.behind(pair.id, value, peers, is_third).1 == 0;
        likeness.kept += u64::from(keeps(pair.mine));
        likeness.other_kept += u64::from(keeps(pair.yours));
        // That code raises something, or does what it did before, is no agreement on what is right.
        let says_little = |value: &str| value == RAISES || as_base(value);
        let behind =
            |value: &str| if says_little(value) { 0.0 } else { self.behind(pair.id, value, peers, is_third).0 };
        let (mine, yours) = (behind(pair.mine), behind(pair.yours));
        likeness.backed += u64::from(mine > CLEARLY * yours);
        likeness.opposed += u64::from(yours > CLEARLY * mine);
    }

    /// Returns on how many inputs two give the same, of those where both depart from the base.
    pub fn departures(&self, one: &Subject, other: &Subject) -> (usize, usize) {
        let departs = |pair: &Pair<'_>| {
            let differs = |value: &str| pair.base.is_none_or(|base| base != value);
            differs(pair.mine) && differs(pair.yours) && pair.mine != RAISES
        };
        let both: Vec<bool> = self.pairs(one, other).filter(departs).map(|pair| pair.mine == pair.yours).collect();
        (both.iter().filter(|same| **same).count(), both.len())
    }

    /// Returns whether several others agree against what a new test wants, and few but its author are for it.
    pub fn is_contradicted(&self, test: &TestResult, author: u32, peers: &Peers<'_>) -> bool {
        let id = test.id();
        let is_other = |one: &Subject| one.index != author;
        let wanted = self.behind(&id, WANTED, peers, is_other).0;
        let others =
            peers.eligible.iter().filter(|one| is_other(one)).filter_map(|one| self.given[&one.index].get(&id));
        let against = |value: &String| {
            let (trust, count) = self.behind(&id, value, peers, is_other);
            count > 1 && trust > CLEARLY * wanted
        };
        others.filter(|value| *value != WANTED && *value != RAISES).any(against)
    }

    /// Returns an example of the task that a variant does not do, in words. One that the base does may describe what is wrong;
    /// one that several agree against may have been misread.
    pub fn misses_example(&self, subject: &Subject, peers: &Peers<'_>) -> Option<String> {
        let is_example = |name: &str| {
            matches!(source(name, self.marker), Some(Source::Probe(number)) if probes::is_example(number))
                && self.input(name).is_some()
        };
        self.given[&subject.index].iter().find_map(|(id, value)| {
            let is_told = is_example(&id.1)
                && value != WANTED
                && self.on_base.get(id).is_none_or(|base| base != WANTED)
                && (self.behind(id, WANTED, peers, |_| true).1 > 0 || self.behind(id, value, peers, |_| true).1 == 1);
            let input = self.input(&id.1).filter(|_| is_told)?;
            Some(format!("gives {} for {input}, and not what the task says", in_words(value)))
        })
    }

    /// Returns the call of a probe, as it is in the copy.
    fn input(&self, name: &str) -> Option<&String> {
        let Source::Probe(_) = source(name, self.marker)? else { return None };
        let marker = format!("{}{}", self.marker, word(name, self.marker)?);
        self.inputs.get(&(marker.clone(), unmarked(name, &marker)?))
    }

    /// Says where two variants differ: `f('1m30'): var1 gives 90, var3 gives 60`.
    fn said(&self, (_, name): &Id, (one, mine): (u32, &str), (other, yours): (u32, &str)) -> Option<String> {
        let input = match source(name, self.marker)? {
            Source::Probe(_) => self.input(name)?.clone(),
            Source::New(author) => {
                format!("var{author}'s test '{}'", unmarked(name, &format!("{}v{author}", self.marker))?)
            }
        };
        Some(format!("{input}: var{one} gives {}, var{other} gives {}", in_words(mine), in_words(yours)))
    }
}

fn in_words(value: &str) -> String {
    match value {
        WANTED => "what the test wants".to_owned(),
        RAISES => "an error".to_owned(),
        value => value.to_owned(),
    }
}

/// Returns what a test got for its input.
fn given(test: &TestResult) -> Option<String> {
    match test.outcome {
        Outcome::Passed => Some(WANTED.to_owned()),
        Outcome::Failed => Some(test.actual.clone().unwrap_or_else(|| RAISES.to_owned())),
        Outcome::Skipped => None,
    }
}

/// Returns what a marker ends in: `v2`, `p3`, `v2p3`.
fn word<'n>(name: &'n str, marker: &str) -> Option<&'n str> {
    let rest = &name[name.find(marker)? + marker.len()..];
    Some(&rest[..rest.find(['_', ' '])?])
}

fn source(name: &str, marker: &str) -> Option<Source> {
    let word = word(name, marker)?;
    if let Some((_, number)) = word.rsplit_once('p') {
        return number.parse().ok().map(Source::Probe);
    }
    word.strip_prefix('v')?.parse().ok().map(Source::New)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str, actual: Option<&str>) -> TestResult {
        let outcome = if actual.is_some() { Outcome::Failed } else { Outcome::Passed };
        TestResult { group: String::new(), name: name.to_owned(), outcome, actual: actual.map(str::to_owned) }
    }

    /// A variant that gives these for the probes 1, 2 and so on, each of code of its own.
    fn gives(index: u32, values: &[Option<&str>]) -> Subject {
        let tests = values.iter().enumerate().map(|(at, value)| test(&format!("test_qp{}_a", at + 1), *value));
        Subject { index, passes: true, joint: tests.collect(), shape: index.to_string(), ..Subject::default() }
    }

    fn beside(base: &[Option<&str>], subjects: &[Subject]) -> Likeness {
        let inputs = (1..9).map(|number| ((format!("qp{number}"), "test_a".to_owned()), format!("f({number})")));
        let inputs = inputs.collect();
        let base = Base { joint: gives(0, base).joint, ..Base::default() };
        let behaviour = Behaviour::new(&base, subjects, "q", &inputs);
        let peers = behaviour.peers(subjects.iter().collect());
        behaviour.likeness(&subjects[0], &subjects[1], &peers).unwrap()
    }

    #[test]
    fn a_third_tells_which_of_two_to_take() {
        let (one, other) = (gives(1, &[Some("1"), Some("2")]), gives(2, &[Some("1"), Some("3")]));
        let base = [Some("0"), Some("0")];
        let alone = beside(&base, &[one.clone(), other.clone()]);
        assert_eq!((alone.same, alone.of, alone.backed, alone.is_ahead()), (1, 2, 0, false));
        assert_eq!(alone.differs.as_deref(), Some("f(2): var1 gives 2, var2 gives 3"));
        let third = gives(3, &[Some("1"), Some("2")]);
        assert!(beside(&base, &[one.clone(), other.clone(), third.clone()]).is_ahead());
        assert!(!beside(&base, &[other.clone(), one.clone(), third.clone()]).is_ahead());
        // The same code again is no third, and an error no agreement.
        let again = Subject { shape: "1".to_owned(), ..third };
        assert!(!beside(&base, &[one, other, again]).is_ahead());
        let errors = [gives(1, &[Some(RAISES)]), gives(2, &[Some("3")]), gives(3, &[Some(RAISES)])];
        assert!(!beside(&base, &errors).is_ahead());
    }

    #[test]
    fn what_does_as_the_base_does_is_behind_unless_a_third_does_too() {
        let base = [Some("0"), Some("0"), Some("0")];
        let (mended, kept) =
            (gives(1, &[Some("1"), Some("2"), Some("3")]), gives(2, &[Some("1"), Some("0"), Some("0")]));
        assert!(beside(&base, &[mended.clone(), kept.clone()]).is_ahead());
        assert!(!beside(&base, &[kept.clone(), mended.clone()]).is_ahead());
        let third = gives(3, &[Some("1"), Some("0"), Some("0")]);
        assert!(!beside(&base, &[mended, kept, third]).is_ahead());
    }

    #[test]
    fn another_form_counts_where_nothing_else_tells() {
        // The fourth probe is of another form.
        let base = [Some("0"), Some("0"), Some("0"), Some("5")];
        let one = gives(1, &[Some("1"), Some("2"), None, Some("4")]);
        let other = gives(2, &[Some("1"), Some("2"), None, Some("5")]);
        let likeness = beside(&base, &[one, other]);
        assert_eq!((likeness.same, likeness.of, likeness.other_kept), (3, 3, 1));
    }

    #[test]
    fn a_test_that_several_contradict_does_not_count() {
        let new = |index: u32, actual: Option<&str>| Subject {
            beside: vec![test("test_qv1_b", actual)],
            ..gives(index, &[Some("1")])
        };
        let subjects = [new(1, None), new(2, Some("7")), new(3, Some("7"))];
        let inputs = BTreeMap::new();
        let base = Base { joint: gives(0, &[Some("0")]).joint, ..Base::default() };
        let behaviour = Behaviour::new(&base, &subjects, "q", &inputs);
        let peers = behaviour.peers(subjects.iter().collect());
        assert!(behaviour.is_contradicted(&test("test_qv1_b", None), 1, &peers));
        let peers = behaviour.peers(subjects[..2].iter().collect());
        assert!(!behaviour.is_contradicted(&test("test_qv1_b", None), 1, &peers));
    }
}
