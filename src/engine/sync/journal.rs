//! The steps of a run's journal and how they follow each other: a few dozen, held in memory. Steps that were only just
//! made, and are not on the disk, are among them.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::git::Repo;
use crate::model::Oid;

/// The most steps that a journal can have. One has some ten; more than this is a mistake or malice.
const LONGEST: usize = 20_000;

/// Steps and what they follow.
#[derive(Default)]
pub(in crate::engine) struct Journal {
    parents: HashMap<Oid, Vec<Oid>>,
}

impl Journal {
    /// Takes in a step and all before it.
    ///
    /// # Errors
    /// When one is missing, or there are absurdly many.
    pub fn take_in(&mut self, repo: &Repo, tip: Oid) -> Result<()> {
        let mut open = vec![tip];
        while let Some(step) = open.pop() {
            if self.parents.contains_key(&step) {
                continue;
            }
            if self.parents.len() >= LONGEST {
                return Err(Error::failed(format!("its journal has more than {LONGEST} steps")));
            }
            let parents = repo.commit(step)?.parents;
            open.extend(&parents);
            self.parents.insert(step, parents);
        }
        Ok(())
    }

    /// Returns a step and all before it.
    pub fn up_to(&self, tip: Oid) -> HashSet<Oid> {
        let (mut seen, mut open) = (HashSet::new(), vec![tip]);
        while let Some(step) = open.pop() {
            if seen.insert(step) {
                open.extend(self.parents.get(&step).into_iter().flatten());
            }
        }
        seen
    }

    /// Returns whether `later` follows `earlier`, or is the same.
    pub fn follows(&self, later: Oid, earlier: Oid) -> bool {
        later == earlier || self.up_to(later).contains(&earlier)
    }

    /// Returns the last step that two have in common; of several, always the same one.
    pub fn common(&self, one: Oid, other: Oid) -> Option<Oid> {
        let shared = self.up_to(other);
        let common: Vec<Oid> = self.up_to(one).into_iter().filter(|step| shared.contains(step)).collect();
        // Steps before another common one have fewer before them.
        common.into_iter().max_by_key(|step| (self.up_to(*step).len(), *step))
    }

    /// Returns the steps up to `tip` without those up to any of `but`, each after those it follows.
    pub fn since(&self, tip: Oid, but: &HashSet<Oid>) -> Vec<Oid> {
        let (mut ordered, mut seen, mut open) = (Vec::new(), HashSet::new(), vec![(tip, false)]);
        while let Some((step, is_through)) = open.pop() {
            if is_through {
                ordered.push(step);
            } else if !but.contains(&step) && seen.insert(step) {
                open.push((step, true));
                open.extend(self.parents.get(&step).into_iter().flatten().map(|parent| (*parent, false)));
            }
        }
        ordered
    }

    /// Returns what a step follows.
    pub fn parents(&self, step: Oid) -> &[Oid] {
        self.parents.get(&step).map(Vec::as_slice).unwrap_or_default()
    }
}
