//! Which changes of tests that passed on the base have a reason: the task asks for them, or all variants that pass made the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Trials;
use super::entrant::Entrant;
use crate::choice::classes::bare;
use crate::choice::excuses;
use crate::choice::results::{Outcome, TestResult};
use crate::choice::surface::Part;

impl Trials<'_> {
    /// Finds out which changes of tests that passed on the base have a reason.
    pub(super) fn excuse(&mut self) {
        let held = |test: &str| {
            let of = |found: &&TestResult| bare(&found.name) == test;
            let outcomes: Vec<Outcome> = self.base.own.iter().filter(of).map(|found| found.outcome).collect();
            !outcomes.is_empty() && outcomes.iter().all(|outcome| *outcome == Outcome::Passed)
        };
        let passing: Vec<&Entrant> = self.entrants.iter().filter(|entrant| entrant.is_tried).collect();
        let mut excused: Vec<(BTreeMap<String, String>, BTreeMap<String, String>)> = Vec::new();
        for entrant in &self.entrants {
            let others: Vec<&&Entrant> =
                passing.iter().filter(|other| other.subject.shape != entrant.subject.shape).collect();
            let (mut tests, mut files) = (BTreeMap::new(), BTreeMap::new());
            for change in entrant.subject.changes.iter().filter(|change| held(&change.test)) {
                let asked = match change.text {
                    None => excuses::to_remove(&self.prompt, &change.was),
                    Some(_) => excuses::to_change(&self.prompt, &change.was),
                };
                let of = |other: &&&Entrant| other.subject.changes.iter().find(|one| one.test == change.test).cloned();
                let alike = others.iter().any(|other| of(other).is_some_and(|one| one.text == change.text));
                let all = others.iter().all(|other| of(other).is_some());
                let asked = asked.or_else(|| (alike && all).then(|| "all variants that pass do".to_owned()));
                tests.extend(asked.map(|why| (change.test.clone(), why)));
            }
            for path in entrant.subject.surface.iter().filter(|path| self.surface.part(path) == Some(Part::Support)) {
                let of =
                    |entrant: &Entrant| entrant.changes.iter().find(|change| change.path == path.as_bytes()).cloned();
                let ours = of(entrant);
                if ours.as_ref().is_some_and(|ours| ours.old.is_none()) {
                    continue;
                }
                let asked = excuses::to_change(&self.prompt, path);
                let alike = others.iter().any(|other| of(other).map(|one| one.new) == ours.as_ref().map(|one| one.new));
                let all = others.iter().all(|other| of(other).is_some());
                let asked = asked.or_else(|| (alike && all).then(|| "all variants that pass do".to_owned()));
                files.extend(asked.map(|why| (path.clone(), why)));
            }
            excused.push((tests, files));
        }
        let removed: BTreeSet<(String, String)> = self
            .entrants
            .iter()
            .zip(&excused)
            .filter(|(entrant, _)| entrant.is_tried)
            .flat_map(|(entrant, (tests, _))| {
                let gone = entrant.subject.changes.iter().filter(|change| change.text.is_none());
                let asked = gone.filter_map(|change| Some((change.test.clone(), tests.get(&change.test)?.clone())));
                asked.filter(|(_, why)| why.starts_with("the task")).collect::<Vec<_>>()
            })
            .collect();
        for (entrant, (tests, files)) in self.entrants.iter_mut().zip(excused) {
            let keeps =
                removed.iter().find(|(test, _)| !entrant.subject.changes.iter().any(|change| change.test == *test));
            entrant.subject.keeps = keeps.map(|(test, why)| format!("keeps what {test} is about, though {why}"));
            let blob = |path: &String| {
                let change = entrant.changes.iter().find(|change| change.path == path.as_bytes())?;
                Some((path.clone(), change.new?.1.to_string()))
            };
            entrant.subject.excused_blobs = files.keys().filter_map(blob).collect();
            (entrant.subject.excused, entrant.subject.excused_files) = (tests, files);
        }
    }
}
