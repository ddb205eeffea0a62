//! Two records of one run that went on in two places, merged field by field.
//!
//! What one side changed counts; where both changed something, what is known better does, by a rule that does not ask
//! which side is whose: two people who put the same together come to the same. Fields that this git-puff does not know
//! are merged as the others are.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use self::rules::{LocalRule, RunRule, VARIANT, VariantRule};
use super::{Decision, Review, Run, State, Time, Variant, VariantStatus};

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeSide {
    /// The first.
    Ours,
    /// The second.
    Theirs,
}

/// What two records come to.
#[derive(Clone, Debug)]
pub struct RunMerge {
    /// The run.
    pub run: Run,
    /// What the last review found out.
    pub review: Option<Review>,
    /// Whose artifacts a variant has, where the two sides have different ones.
    pub artifacts: BTreeMap<u32, MergeSide>,
    /// What both sides changed, each otherwise: what was decided is in the record, the rest in the journal.
    pub both: BTreeSet<&'static str>,
    /// Reviews of both sides went into one, so that its ranking is to be drawn up again.
    pub reviewed_twice: bool,
}

/// A record and its review.
pub type RecordWithReview<'a> = (&'a Run, Option<&'a Review>);

impl RunMerge {
    /// Puts two records together that have `base` in common, if anything.
    ///
    /// # Errors
    /// When what comes of it is no record: then one of the two is none.
    pub fn of(
        base: Option<RecordWithReview<'_>>,
        one: RecordWithReview<'_>,
        other: RecordWithReview<'_>,
    ) -> Result<RunMerge, serde_json::Error> {
        let values =
            Values { base: base.map(|(run, _)| value(run)).transpose()?, one: value(one.0)?, other: value(other.0)? };
        let newer = if (one.0.updated_at, values.one.to_string()) >= (other.0.updated_at, values.other.to_string()) {
            MergeSide::Ours
        } else {
            MergeSide::Theirs
        };
        let mut merge = Merge { newer, both: BTreeSet::new(), artifacts: BTreeMap::new() };
        let base_run = base.map(|(run, _)| run);
        let mut fields = merge.fields(&values);
        fields.insert("variants".to_owned(), Value::Array(merge.variants(base_run, one.0, other.0)?));
        let mut run: Run = serde_json::from_value(Value::Object(fields))?;
        run.decision = merge.decision(base_run, one.0, other.0);
        run.created_at = one.0.created_at.min(other.0.created_at);
        run.updated_at = one.0.updated_at.max(other.0.updated_at);
        run.progress_at = one.0.progress_at.max(other.0.progress_at);
        run.submitted_at = earlier(one.0.submitted_at, other.0.submitted_at);
        let (review, reviewed_twice) = merge.review(base.and_then(|(_, review)| review), one, other, &mut run);
        run.state = merge.state(base_run, one.0, other.0, &run, review.as_ref());
        let need = |run: &Run| (run.attention.clone(), run.reason.clone());
        (run.attention, run.reason) =
            merge.whole("attention", base_run.map(need).as_ref(), &need(one.0), &need(other.0)).clone();
        if run.state != one.0.state && run.state != other.0.state {
            (run.attention, run.reason) = (None, None);
        }
        Ok(RunMerge { run, review, artifacts: merge.artifacts, both: merge.both, reviewed_twice })
    }
}

/// The three records as JSON, with the keys of all objects in order.
struct Values {
    base: Option<Value>,
    one: Value,
    other: Value,
}

fn value<T: Serialize>(record: &T) -> Result<Value, serde_json::Error> {
    serde_json::to_value(record).map(in_order)
}

/// Returns the same value, whatever order its keys were written in.
fn in_order(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<String, Value> =
                fields.into_iter().map(|(key, value)| (key, in_order(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(in_order).collect()),
        plain => plain,
    }
}

fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

struct Merge {
    newer: MergeSide,
    both: BTreeSet<&'static str>,
    artifacts: BTreeMap<u32, MergeSide>,
}

impl Merge {
    fn newer<'v, T: ?Sized>(&self, one: &'v T, other: &'v T) -> &'v T {
        match self.newer {
            MergeSide::Ours => one,
            MergeSide::Theirs => other,
        }
    }

    /// Merges two values that are taken whole.
    fn whole<'v, T: PartialEq>(&mut self, name: &'static str, base: Option<&T>, one: &'v T, other: &'v T) -> &'v T {
        match changed(base, one, other) {
            Some(MergeSide::Ours) => one,
            Some(MergeSide::Theirs) => other,
            None => {
                self.both.insert(name);
                self.newer(one, other)
            }
        }
    }

    /// Returns the fields of a run; those with a rule of their own as one side has them.
    fn fields(&mut self, values: &Values) -> Map<String, Value> {
        let (one, other) = (object(&values.one), object(&values.other));
        let base = values.base.as_ref().map(object);
        let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        let mut fields = Map::new();
        for name in names {
            let of = |fields: &'_ Map<String, Value>| fields.get(name.as_str()).cloned();
            let before = base.and_then(of);
            let merged = match RunRule::of(name) {
                RunRule::Own => of(one),
                RunRule::AsAsked if before.is_some() => before,
                RunRule::AsAsked | RunRule::ThreeWay => {
                    self.value(before.as_ref(), of(one).as_ref(), of(other).as_ref())
                }
                RunRule::Local => {
                    let merged = self.value(before.as_ref(), of(one).as_ref(), of(other).as_ref());
                    merged.map(|merged| as_asked(merged, before.as_ref()))
                }
            };
            fields.extend(merged.map(|value| (name.clone(), value)));
        }
        fields
    }

    /// Merges any value, objects field by field.
    fn value(&mut self, base: Option<&Value>, one: Option<&Value>, other: Option<&Value>) -> Option<Value> {
        // What is not there is as good as null: fields may be left out.
        let null = Value::Null;
        let (here, there) = (one.unwrap_or(&null), other.unwrap_or(&null));
        match changed(Some(base.unwrap_or(&null)), here, there) {
            Some(MergeSide::Ours) => one.cloned(),
            Some(MergeSide::Theirs) => other.cloned(),
            None => match (here, there) {
                (Value::Object(here), Value::Object(there)) => {
                    let before = base.and_then(Value::as_object);
                    let names: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
                    let merged = names.into_iter().filter_map(|name| {
                        let before = before.and_then(|before| before.get(name));
                        Some((name.clone(), self.value(before, here.get(name), there.get(name))?))
                    });
                    Some(Value::Object(merged.collect()))
                }
                (Value::Null, _) => other.cloned(),
                (_, Value::Null) => one.cloned(),
                _ => {
                    self.both.insert("fields");
                    Some(self.newer(here, there).clone())
                }
            },
        }
    }

    fn variants(&mut self, base: Option<&Run>, one: &Run, other: &Run) -> Result<Vec<Value>, serde_json::Error> {
        let base = base.map(numbered).transpose()?.unwrap_or_default();
        let (one, other) = (numbered(one)?, numbered(other)?);
        let numbers: BTreeSet<u32> = one.keys().chain(other.keys()).copied().collect();
        let merged = numbers.into_iter().filter_map(|number| match (one.get(&number), other.get(&number)) {
            (Some(one), Some(other)) => Some(self.variant(base.get(&number).map(|(_, base)| base), one, other)),
            (one, other) => one.or(other).map(|(_, variant)| variant.clone()),
        });
        Ok(merged.collect())
    }

    fn variant(&mut self, base: Option<&Value>, one: &(&Variant, Value), other: &(&Variant, Value)) -> Value {
        let patches = (of_patch(&one.1), of_patch(&other.1));
        let side = match changed(base.map(of_patch).as_ref(), &patches.0, &patches.1) {
            Some(side) => side,
            None => {
                self.both.insert("variants");
                self.better(one.0, other.0)
            }
        };
        if patches.0 != patches.1 {
            self.artifacts.insert(one.0.index, side);
        }
        let (one, other) = (object(&one.1), object(&other.1));
        let chosen = if side == MergeSide::Ours { one } else { other };
        let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        let mut fields = Map::new();
        for name in names {
            let value = match VariantRule::of(name) {
                VariantRule::Patch => chosen.get(name).cloned(),
                // The review that stands is not known yet.
                VariantRule::Review => one.get(name).cloned(),
                VariantRule::ThreeWay => {
                    let before = base.and_then(|base| base.get(name));
                    self.value(before, one.get(name), other.get(name))
                }
            };
            fields.extend(value.map(|value| (name.clone(), value)));
        }
        Value::Object(fields)
    }

    /// Returns the side that knows more of a variant: a later patch, an end, a commit.
    fn better(&self, one: &Variant, other: &Variant) -> MergeSide {
        let known = |variant: &Variant| {
            let completed = variant.status == VariantStatus::Completed;
            let (has_patch, has_commit) = (variant.patch_sha256.is_some(), variant.commit.is_some());
            let is_applied = variant.apply.is_some();
            (variant.revision, has_patch, completed, has_commit, is_applied, variant.status.is_terminal())
        };
        match known(one).cmp(&known(other)) {
            std::cmp::Ordering::Greater => MergeSide::Ours,
            std::cmp::Ordering::Less => MergeSide::Theirs,
            std::cmp::Ordering::Equal => self.newer,
        }
    }

    /// Returns the later decision; its reasons say that there was another one.
    fn decision(&mut self, base: Option<&Run>, one: &Run, other: &Run) -> Option<Decision> {
        let before = base.map(|base| &base.decision);
        match changed(before, &one.decision, &other.decision) {
            Some(MergeSide::Ours) => one.decision.clone(),
            Some(MergeSide::Theirs) => other.decision.clone(),
            None => {
                self.both.insert("decision");
                let key = |decision: &Decision| (decision.decided_at, decision.variant, format!("{decision:?}"));
                let (Some(one), Some(other)) = (&one.decision, &other.decision) else {
                    return one.decision.clone().or_else(|| other.decision.clone());
                };
                let (later, earlier) = if key(one) >= key(other) { (one, other) } else { (other, one) };
                let mut decision = later.clone();
                let onto = earlier.onto.strip_prefix("refs/heads/").unwrap_or(&earlier.onto);
                let at = earlier.after.map_or(String::new(), |after| format!(", at {}", after.short()));
                let reason = format!("var{} was taken elsewhere, onto {onto}{at}", earlier.variant);
                if earlier.variant != later.variant && !decision.reasons.contains(&reason) {
                    decision.reasons.push(reason);
                }
                Some(decision)
            }
        }
    }

    /// Returns the review that stands, and what it says of the variants; whether it came of two.
    fn review(
        &mut self,
        base: Option<&Review>,
        one: RecordWithReview<'_>,
        other: RecordWithReview<'_>,
        run: &mut Run,
    ) -> (Option<Review>, bool) {
        let same = |review: Option<&Review>| review.map(|review| format!("{review:?}"));
        let side = changed(Some(&same(base)), &same(one.1), &same(other.1));
        let (stands, beside) = match (side, one.1, other.1) {
            (Some(MergeSide::Ours), ..) => (one, None),
            (Some(MergeSide::Theirs), ..) => (other, None),
            (None, Some(review), Some(second)) => {
                self.both.insert("review");
                let key = |review: &Review| (review.reviewed_at, format!("{review:?}"));
                if key(review) >= key(second) { (one, Some(other)) } else { (other, Some(one)) }
            }
            // One side has lost it: that is none of its steps.
            (None, Some(_), None) => (one, None),
            (None, ..) => (other, None),
        };
        for variant in &mut run.variants {
            let at = |known: RecordWithReview<'_>| {
                known.0.variant(variant.index).filter(|at| at.commit == variant.commit).cloned()
            };
            let (first, second) = (at(stands), beside.and_then(at));
            match first {
                Some(first) => {
                    variant.checks = first.checks;
                    variant.score = first.score;
                }
                None => variant.forget_review(),
            }
            add_checks(variant, second);
        }
        let mut review = stands.1.cloned();
        if let (Some(review), Some((_, Some(earlier)))) = (&mut review, beside) {
            put_beside(review, earlier);
        }
        (review, beside.is_some())
    }

    /// Returns how far the run is: as far as the side that is further, as far as its variants bear it out.
    fn state(&self, base: Option<&Run>, one: &Run, other: &Run, run: &Run, review: Option<&Review>) -> State {
        use State::*;
        let order = [Queued, Submitting, Pending, Cancelled, Error, Ready, Harvested, Reviewed, Picked];
        let place = |state: State| order.iter().position(|at| *at == state);
        let furthest = match changed(base.map(|base| &base.state), &one.state, &other.state) {
            Some(MergeSide::Ours) => one.state,
            Some(MergeSide::Theirs) => other.state,
            None if place(one.state) >= place(other.state) => one.state,
            None => other.state,
        };
        let decided = run.decision.as_ref().is_some_and(|decision| decision.after.is_some());
        let open = !run.variants.is_empty() && !run.is_complete();
        let outdated = review.is_none_or(|review| !review.outdated(run).is_empty());
        match furthest {
            Ready | Harvested | Reviewed | Picked if decided => Picked,
            Ready | Harvested | Reviewed | Picked if open => Pending,
            Harvested | Reviewed | Picked if run.has_unharvested() => Ready,
            Reviewed | Picked if outdated => Harvested,
            Picked => Reviewed,
            state => state,
        }
    }
}

/// Returns which side has changed something; either where both come to the same, none where both changed it otherwise.
fn changed<T: PartialEq + ?Sized>(base: Option<&T>, one: &T, other: &T) -> Option<MergeSide> {
    if one == other || base == Some(other) {
        Some(MergeSide::Ours)
    } else if base == Some(one) {
        Some(MergeSide::Theirs)
    } else {
        None
    }
}

/// Returns how agents on a machine work, with what was asked for once as the common base has it.
fn as_asked(mut merged: Value, base: Option<&Value>) -> Value {
    if let (Some(fields), Some(base)) = (merged.as_object_mut(), base.and_then(Value::as_object)) {
        let is_asked = |name: &String| LocalRule::of(name) == LocalRule::AsAsked;
        fields.retain(|name, _| !is_asked(name));
        let asked = base.iter().filter(|(name, _)| is_asked(name));
        fields.extend(asked.map(|(name, value)| (name.clone(), value.clone())));
    }
    merged
}

fn object(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

/// Returns the variants of a run by their numbers, each as it is and as JSON.
fn numbered(run: &Run) -> Result<BTreeMap<u32, (&Variant, Value)>, serde_json::Error> {
    run.variants.iter().map(|variant| Ok((variant.index, (variant, value(variant)?)))).collect()
}

/// Returns what a variant says of its patch.
fn of_patch(variant: &Value) -> Vec<Value> {
    let names = VARIANT.iter().filter(|(_, rule)| *rule == VariantRule::Patch);
    names.map(|(name, _)| variant.get(name).cloned().unwrap_or_default()).collect()
}

/// Checks that only the other review ran on the same commit.
fn add_checks(variant: &mut Variant, other: Option<Variant>) {
    for check in other.map(|other| other.checks).unwrap_or_default() {
        if !variant.checks.iter().any(|known| known.command == check.command) {
            variant.checks.push(check);
        }
    }
}

/// Adds what an earlier review has over a later one: commands, judges, and risks that a person took.
fn put_beside(review: &mut Review, earlier: &Review) {
    fn add<T: Clone>(to: &mut Vec<T>, from: &[T], same: impl Fn(&T, &T) -> bool) {
        for one in from {
            if !to.iter().any(|known| same(known, one)) {
                to.push(one.clone());
            }
        }
    }
    add(&mut review.commands, &earlier.commands, |one, other| one == other);
    add(&mut review.base, &earlier.base, |one, other| one.command == other.command);
    add(&mut review.base_touched, &earlier.base_touched, |one, other| one == other);
    add(&mut review.base_findings, &earlier.base_findings, |one, other| one == other);
    add(&mut review.judges, &earlier.judges, |one, other| one.command == other.command);
    add(&mut review.accepted, &earlier.accepted, |one, other| one == other);
    let missing = earlier.extra.iter().filter(|(key, _)| !review.extra.contains_key(*key));
    let missing: Vec<_> = missing.map(|(key, value)| (key.clone(), value.clone())).collect();
    review.extra.extend(missing);
}

#[cfg(test)]
mod tests;
