//! What to take, and why: sentences out of what a review found.

use super::leader::{Leading, beside, leading};
use super::ranking::{Candidate, Rank, risks};
use crate::choice::tests_named::is_test_file;
use crate::model::{
    Against, Check, CheckStatus, Class, Evidence, Judge, Observation, PathChange, Recommendation, Undecided, Verdict::*,
};

/// How many of a kind are named; the others are counted.
const NAMED: usize = 5;

/// All that counts for a recommendation.
pub(super) struct Grounds<'r> {
    pub candidates: &'r [Candidate<'r>],
    pub ranking: &'r [Rank],
    /// The commands that were run.
    pub commands: &'r [String],
    pub base: &'r [Check],
    /// What the checks left in the repository when they ran on the base.
    pub base_findings: &'r [Observation],
    pub judges: &'r [Judge],
    pub accepted: &'r [String],
    /// What the checks changed in the worktree of a variant, and not in that of the base.
    pub touched: &'r dyn Fn(u32) -> Vec<PathChange>,
}

impl Grounds<'_> {
    /// Draws the conclusion.
    pub fn conclude(&self) -> Recommendation {
        let acceptable = |one: &Candidate<'_>| match one.class {
            Some(class) => class <= Class::B,
            None => self.commands.is_empty() && one.verdict == Unchecked,
        };
        // A twin is not another choice.
        let choices: Vec<(&Rank, &Candidate<'_>)> = self
            .ranking
            .iter()
            .filter_map(|place| Some((place, self.candidate(place.index)?)))
            .filter(|(_, candidate)| candidate.twin_of.is_none() && acceptable(candidate))
            .collect();
        let Some(leading) = leading(&choices) else {
            return Recommendation {
                reasons: self.why_none(),
                against: self.against(None),
                follow_ups: self.fix_base(),
                residual_risk: self.left_by_base(),
                ..Recommendation::default()
            };
        };
        let (first, best) = match leading {
            Leading::One(choice) => choice,
            Leading::Open(undecided) => return self.open(undecided),
        };
        let mut reasons = vec![match best.verdict {
            Passed => format!("it passes {}", self.all_checks(best)),
            _ => "no check was run: this rests on the changes alone".to_owned(),
        }];
        reasons.extend(best.why.iter().cloned());
        let twins: Vec<u32> =
            self.candidates.iter().filter(|one| one.twin_of == Some(best.index)).map(|one| one.index).collect();
        if !twins.is_empty() {
            reasons.push(format!("{} made the same change", list(&twins)));
        }
        match choices.iter().find(|(place, _)| place.index != first.index) {
            Some((next, other)) => reasons.extend(beside_another(best, other).or_else(|| self.ahead(first, next))),
            None if self.candidates.iter().all(|one| one.index == best.index || one.twin_of == Some(best.index)) => {
                reasons.push("it is the only candidate".to_owned());
            }
            None => reasons.push("no other passes".to_owned()),
        }
        Recommendation {
            variant: Some(best.index),
            tied: Vec::new(),
            reasons,
            against: self.against(Some(best.index)),
            undecided: None,
            follow_ups: self.follow_ups(best),
            residual_risk: self.residual_risk(best),
        }
    }

    /// Says that nothing tells the right one of these.
    fn open(&self, undecided: Undecided) -> Recommendation {
        let between = list(&undecided.between);
        let reason = match &undecided.input {
            Some(input) => {
                format!("{between} differ, and nothing backs one of them more: for {input}: which is right?")
            }
            None => format!("{between} are equal in all evidence that counts: choose one yourself"),
        };
        let tied = undecided.between.clone();
        let first = tied.first().and_then(|index| self.candidate(*index));
        let why = first.into_iter().flat_map(|one| one.why.iter().map(|why| format!("var{}: {why}", one.index)));
        Recommendation {
            variant: None,
            reasons: std::iter::once(reason).chain(why).collect(),
            against: self.against(None).into_iter().filter(|against| !tied.contains(&against.variant)).collect(),
            tied,
            undecided: Some(undecided),
            follow_ups: self.fix_base(),
            residual_risk: self.unknowns(),
        }
    }

    /// Returns why not the others.
    fn against(&self, best: Option<u32>) -> Vec<Against> {
        let others = self
            .candidates
            .iter()
            .filter(|one| Some(one.index) != best && one.twin_of.is_none_or(|twin| Some(twin) != best));
        let why = |one: &Candidate<'_>| {
            let differs = best.and_then(|best| {
                let of = one.tests?.behaviour.iter().find(|likeness| likeness.variant == best)?;
                Some(format!("differs for {}", of.differs.clone()?))
            });
            match one.class {
                Some(Class::D | Class::E) => one.why.first().cloned(),
                Some(Class::C) => one.why.last().cloned(),
                _ => differs.or_else(|| one.why.last().cloned()),
            }
        };
        others.filter_map(|one| Some(Against { variant: one.index, why: why(one)? })).collect()
    }

    fn candidate(&self, index: u32) -> Option<&Candidate<'_>> {
        self.candidates.iter().find(|candidate| candidate.index == index)
    }

    fn all_checks(&self, best: &Candidate<'_>) -> String {
        let tests: u64 = best.checks.iter().filter_map(|check| check.tests).map(|tests| tests.passed).sum();
        let commands = names(self.commands.iter().map(|command| format!("'{command}'")));
        match tests {
            0 => commands,
            1 => format!("{commands} (1 test)"),
            tests => format!("{commands} ({tests} tests)"),
        }
    }

    /// Describes by what one is ahead of the next: the first part that differs. None where both are the same in all.
    fn ahead(&self, first: &Rank, next: &Rank) -> Option<String> {
        let mut pairs = first.score.parts.iter().zip(&next.score.parts);
        let (one, other) = pairs.find(|(one, other)| one.value != other.value)?;
        Some(format!("it is ahead of var{} by its {}: {}, against {}", next.index, one.name, one.why, other.why))
    }

    fn why_none(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        for candidate in self.candidates.iter().filter(|candidate| candidate.twin_of.is_none()) {
            let failing = candidate.checks.iter().filter(|check| check.status != CheckStatus::Passed);
            let failing: Vec<String> = failing.map(how).collect();
            let name = format!("var{}", candidate.index);
            let said = candidate.why.first().filter(|_| candidate.class != Some(Class::E));
            if let (Some(why), false) = (said, candidate.verdict == Unchecked) {
                reasons.push(format!("{name}: {why}"));
                continue;
            }
            reasons.push(match candidate.verdict {
                Unchecked | NoCommit => format!("{name} was not checked"),
                FailsOnBase => format!("{name} fails what fails on the base already: {}", names(failing.into_iter())),
                _ => format!("{name} fails {}", names(failing.into_iter())),
            });
        }
        let some = self.candidates.iter().any(|one| one.verdict == Passed);
        reasons.insert(0, if some { "none can be recommended" } else { "no variant passes" }.to_owned());
        reasons
    }

    /// Returns what is to be done about checks that could not even be run on the base. What fails there is what tasks are for,
    /// whether a variant mends it or none does.
    fn fix_base(&self) -> Vec<String> {
        let could_not = self.base.iter().filter(|check| check.status == CheckStatus::Error);
        let todo = could_not.map(|check| {
            let why = check.tail.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            format!("see why '{}' could not be run on the base: {why}", check.command)
        });
        todo.collect()
    }

    fn follow_ups(&self, best: &Candidate<'_>) -> Vec<String> {
        let mut todo = self.fix_base();
        for (kind, what) in [
            ("conflict-marker", "resolve"),
            ("debugging", "take out"),
            ("whitespace", "clean up"),
            ("unfinished", "finish"),
        ] {
            let spots = spots_of(best.evidence, kind);
            if !spots.is_empty() {
                todo.push(format!("{what} the {kind} in {}", names(spots.into_iter())));
            }
        }
        let code = best.evidence.files.iter().any(|path| is_code(path));
        let tests = best.evidence.files.iter().any(|path| is_test_file(path));
        if best.evidence.tests_added.is_empty() && code && !tests {
            todo.push("write a test: the change comes with none".to_owned());
        }
        for other in self.candidates.iter().filter(|one| one.index != best.index && one.twin_of.is_none()) {
            let more = other.evidence.tests_added.iter().filter(|test| !best.evidence.tests_added.contains(test));
            let more: Vec<String> = more.cloned().collect();
            if !more.is_empty() {
                todo.push(format!("review the tests that only var{} adds: {}", other.index, names(more.into_iter())));
            }
        }
        todo
    }

    fn residual_risk(&self, best: &Candidate<'_>) -> Vec<String> {
        let mut left: Vec<String> = risks(best.evidence, self.accepted)
            .map(|risk| format!("{}: {} {}", risk.kind, risk.path, risk.detail))
            .collect();
        let accepted = best.evidence.findings.iter().filter(|finding| finding.counts);
        let accepted = accepted.filter(|finding| finding.is_accepted(self.accepted));
        left.extend(accepted.map(|risk| format!("accepted: {}: {}", risk.kind, risk.path)));
        if !best.evidence.tests_removed.is_empty() {
            left.push(format!("it removes tests: {}", names(best.evidence.tests_removed.iter().cloned())));
        }
        let unseen = best.evidence.findings.iter().filter(|finding| finding.kind == "binary" && !finding.counts);
        let unseen: Vec<String> = unseen.map(|finding| finding.path.clone()).collect();
        if !unseen.is_empty() {
            left.push(format!("the content of {} was not inspected", names(unseen.into_iter())));
        }
        let touched = (self.touched)(best.index);
        if !touched.is_empty() {
            left.push(format!("a check changed what it checked: {}", names(touched.iter().map(PathChange::to_string))));
        }
        left.extend(self.unknowns());
        left
    }

    /// Returns what the checks changed in the repository that all share, whichever variant they run on.
    fn left_by_base(&self) -> Vec<String> {
        let left = self.base_findings.iter();
        left.map(|found| format!("on the base, {}: {} {}", found.kind, found.path, found.detail)).collect()
    }

    /// Returns what stays unknown, whichever is picked.
    fn unknowns(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        if self.commands.is_empty() {
            unknown.push("no check was run: name checks with --check or puff.check".to_owned());
        }
        unknown.extend(self.left_by_base());
        let silent = self.judges.iter().filter_map(|judge| Some((judge, judge.error.as_ref()?)));
        unknown.extend(silent.map(|(judge, error)| format!("judge '{}' gave no answer: {error}", judge.command)));
        unknown
    }
}

/// Describes a check and how it ended: `'cargo test' (exit 101)`.
fn how(check: &Check) -> String {
    let how = match (check.status, check.exit) {
        (CheckStatus::Passed, _) => "passed".to_owned(),
        (CheckStatus::Timeout, _) => "its time limit passed".to_owned(),
        (CheckStatus::Error, _) => "it could not be run".to_owned(),
        (CheckStatus::Failed, Some(code)) => format!("exit {code}"),
        (CheckStatus::Failed, None) => "failed".to_owned(),
    };
    format!("'{}' ({how})", check.command)
}

/// Says what tells a variant from another by what each does for the same inputs.
fn beside_another(one: &Candidate<'_>, other: &Candidate<'_>) -> Option<String> {
    let likeness = beside(one, other).filter(|likeness| likeness.is_ahead())?;
    let inputs = |count: u64| if count == 1 { "1 input".to_owned() } else { format!("{count} inputs") };
    Some(match likeness.backed {
        0 => format!("where they differ, var{} still does as the base on {}", other.index, inputs(likeness.other_kept)),
        backed => format!("where it differs from var{}, a third does as it does on {}", other.index, inputs(backed)),
    })
}

fn spots_of(evidence: &Evidence, kind: &str) -> Vec<String> {
    let found = evidence.findings.iter().filter(|finding| finding.kind == kind);
    found.filter_map(|finding| Some(format!("{}:{}", finding.path, finding.line?))).collect()
}

fn is_code(path: &str) -> bool {
    const CODE: [&str; 26] = [
        "rs", "py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "go", "java", "kt", "c", "cc", "cpp", "h", "hpp", "cs",
        "rb", "php", "swift", "scala", "ex", "exs", "hs", "lua", "sh",
    ];
    path.rsplit_once('.').is_some_and(|(_, end)| CODE.contains(&end))
}

fn list(variants: &[u32]) -> String {
    let names: Vec<String> = variants.iter().map(|index| format!("var{index}")).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// Returns the first few, and how many more.
fn names(names: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = names.collect();
    let more = all.len().saturating_sub(NAMED);
    let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}
