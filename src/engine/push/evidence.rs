//! Several runs may have made the same change: what counts is the best that is known of it.

use crate::model::{Level, Oid, PushFinding, RunId};

/// What the record of a run says of a change that is pushed.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// The run.
    pub run: Option<RunId>,
    /// It was started in another clone.
    pub is_remote: bool,
    /// The SHA-256 of the variant's patch.
    pub patch: Option<String>,
    /// What the variant makes: paths, and what is in them.
    pub made: Vec<(Vec<u8>, Oid)>,
    /// What is wrong by this record.
    pub findings: Vec<PushFinding>,
}

impl Record {
    /// Returns a record that does not know the change.
    pub fn of_nothing(findings: Vec<PushFinding>) -> Record {
        Record { run: None, is_remote: false, patch: None, made: Vec::new(), findings }
    }

    /// Returns whether it is about the same change as another one.
    fn is_of(&self, other: &Record) -> bool {
        let same_patch = self.patch.is_some() && self.patch == other.patch;
        self.run != other.run && (same_patch || !self.made.is_empty() && self.made == other.made)
    }

    /// Returns how bad it is: the worst finding, and how many there are.
    fn badness(&self) -> (Option<Level>, usize) {
        (self.findings.iter().map(|finding| finding.level).max(), self.findings.len())
    }
}

/// Returns the findings of those records that count: of several about the same change, the best one alone.
pub(super) fn best(records: Vec<Record>) -> Vec<PushFinding> {
    let counts = |(at, record): (usize, &Record)| {
        let is_better = |(other_at, other): (usize, &Record)| {
            // What others say does not outdo what was found out here.
            let may_outdo = !other.is_remote || record.is_remote;
            may_outdo && record.is_of(other) && (other.badness(), other_at) < (record.badness(), at)
        };
        !records.iter().enumerate().any(is_better)
    };
    let counting = records.iter().enumerate().filter(|(at, record)| counts((*at, *record)));
    counting.flat_map(|(_, record)| record.findings.clone()).collect()
}
