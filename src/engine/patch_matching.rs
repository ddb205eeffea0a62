//! Which patch is which variant.
//!
//! Where the provider tells each attempt's place, that is the number. Where it does not, numbers shift between calls,
//! so patches are matched by their bytes, as a multiset: what matches stays, what is left over on both sides is a new
//! revision of the same variant, and what is left after that is new.

use crate::model::{Run, Variant, VariantStatus};
use crate::provider::{Attempt, Collection};
use crate::store::sha256;

/// A variant that got a patch, or another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The variant's number.
    pub index: u32,
    /// Which of the collected attempts it is.
    pub attempt: usize,
    /// The patch is another than before (or the first).
    pub changed: bool,
}

/// Gives every collected attempt its variant, and the variants their status, patch and revision. Answers who is who.
pub fn bind(run: &mut Run, collection: &Collection) -> Vec<Bound> {
    let total = collection.attempts.unwrap_or(0).max(run.best_of);
    grow(run, total);
    let made = &collection.attempts_made;
    let sums: Vec<Option<String>> = made.iter().map(|attempt| attempt.patch().map(sha256)).collect();
    let numbers = if made.iter().all(|attempt| attempt.placement.is_some()) {
        made.iter().map(|attempt| attempt.placement.unwrap_or(0) + 1).collect()
    } else {
        number_by_patch(run, &sums)
    };
    let mut bound = Vec::new();
    for (attempt, (index, sum)) in numbers.into_iter().zip(sums).enumerate() {
        grow(run, index);
        let Some(variant) = run.variant_mut(index) else { continue };
        let changed = sum.is_some() && variant.patch_sha256 != sum;
        take(variant, &made[attempt], sum, changed);
        bound.push(Bound { index, attempt, changed });
    }
    mark_duplicates(run);
    bound
}

/// Makes sure that variants 1..=total exist.
pub fn grow(run: &mut Run, total: u32) {
    for index in run.variants.len() as u32 + 1..=total {
        run.variants.push(Variant::new(index));
    }
}

fn take(variant: &mut Variant, attempt: &Attempt, sum: Option<String>, changed: bool) {
    // A patch that is here is never given up for a status that came late or wrong.
    // What was cancelled did not fail.
    let ended = variant.status == VariantStatus::Cancelled && attempt.status == VariantStatus::Failed;
    if !ended && (variant.patch_sha256.is_none() || sum.is_some()) {
        variant.status = attempt.status;
    }
    if attempt.placement.is_some() {
        variant.placement = attempt.placement;
    }
    if let Some(last) = attempt.messages.as_ref().and_then(|messages| messages.last()) {
        variant.message = Some(shorten(last));
    }
    if changed {
        variant.revision += 1;
        variant.patch_sha256 = sum;
        variant.apply = None;
        variant.reason = attempt.reason.clone();
        variant.conflicts.clear();
        variant.forget_review();
        (variant.files, variant.insertions, variant.deletions) = (None, None, None);
    } else if attempt.patch().is_none() && attempt.reason.is_some() {
        variant.reason = attempt.reason.clone();
    }
}

/// Returns as much of a message as a record carries; the whole is in the variant's report.
fn shorten(message: &str) -> String {
    const MOST: usize = 1000;
    match message.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// Numbers for patches that come without places.
fn number_by_patch(run: &Run, sums: &[Option<String>]) -> Vec<u32> {
    let mut numbers: Vec<Option<u32>> = vec![None; sums.len()];
    let mut known: Vec<&Variant> = run.variants.iter().filter(|variant| variant.patch_sha256.is_some()).collect();
    for (number, sum) in numbers.iter_mut().zip(sums) {
        if let Some(at) = known.iter().position(|variant| variant.patch_sha256 == *sum) {
            *number = Some(known.remove(at).index);
        }
    }
    // Both sides are in the provider's order, so what is left over pairs up in order. Then come the variants without a
    // patch, those first that are known to have completed, then new ones.
    let revised = known.into_iter().map(|variant| variant.index);
    let empty = |completed: bool| {
        let without = run.variants.iter().filter(|variant| variant.patch_sha256.is_none());
        without.filter(move |v| (v.status == VariantStatus::Completed) == completed).map(|variant| variant.index)
    };
    let beyond = run.variants.len() as u32 + 1..;
    let mut free = revised.chain(empty(true)).chain(empty(false)).chain(beyond);
    numbers.into_iter().map(|number| number.or_else(|| free.next()).unwrap_or(0)).collect()
}

/// Names, for every patch that an earlier variant has too, that variant.
fn mark_duplicates(run: &mut Run) {
    let sums: Vec<(u32, Option<String>)> =
        run.variants.iter().map(|variant| (variant.index, variant.patch_sha256.clone())).collect();
    for variant in &mut run.variants {
        let first = sums.iter().find(|(_, sum)| sum.is_some() && *sum == variant.patch_sha256);
        variant.duplicate_of = first.map(|(index, _)| *index).filter(|index| *index < variant.index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Work;

    fn run() -> Run {
        let json = r#"{"schema":"puff.run/1","run":"r","task_id":"t","task_url":null,"provider":"codex-cloud",
            "dialect":"official","profile":null,"env":"e","base":"main",
            "base_oid":"0123456789012345678901234567890123456789","best_of":4,"prompt_file":"p","state":"pending",
            "attention":null,"parent":null,"created_at":"2026-11-20T10:00:00Z","updated_at":"2026-11-20T10:00:00Z",
            "watch":null,"variants":[]}"#;
        serde_json::from_str(json).unwrap()
    }

    fn made(patches: &[&str]) -> Collection {
        let attempt = |patch: &&str| Attempt {
            placement: None,
            status: VariantStatus::Completed,
            work: Some(Work::Patch(patch.as_bytes().to_vec())),
            messages: None,
            prompt: None,
            exported: None,
            reason: None,
            risks: Vec::new(),
        };
        Collection { attempts_made: patches.iter().map(attempt).collect(), ..Collection::default() }
    }

    fn patches(run: &Run) -> Vec<(u32, u32, Option<String>)> {
        let shown = |v: &Variant| (v.index, v.revision, v.patch_sha256.clone());
        run.variants.iter().filter(|v| v.patch_sha256.is_some()).map(shown).collect()
    }

    fn sum(patch: &str) -> Option<String> {
        Some(sha256(patch.as_bytes()))
    }

    #[test]
    fn a_late_attempt_renumbers_nobody() {
        let mut run = run();
        bind(&mut run, &made(&["one", "four"]));
        let bound = bind(&mut run, &made(&["one", "three", "four"]));
        assert_eq!(patches(&run), [(1, 1, sum("one")), (2, 1, sum("four")), (3, 1, sum("three"))]);
        assert_eq!(bound.iter().map(|b| (b.index, b.changed)).collect::<Vec<_>>(), [(1, false), (3, true), (2, false)]);
    }

    #[test]
    fn what_is_left_over_on_both_sides_is_a_new_revision() {
        let mut run = run();
        bind(&mut run, &made(&["one", "four"]));
        bind(&mut run, &made(&["one, better", "four"]));
        assert_eq!(patches(&run), [(1, 2, sum("one, better")), (2, 1, sum("four"))]);
        bind(&mut run, &made(&["one, better", "three", "four, better"]));
        assert_eq!(run.variants.iter().map(|v| v.revision).collect::<Vec<_>>(), [2, 2, 1, 0]);
    }

    #[test]
    fn twins_stay_two_variants() {
        let mut run = run();
        bind(&mut run, &made(&["same", "same", "other"]));
        assert_eq!(run.variants.iter().map(|v| v.duplicate_of).collect::<Vec<_>>(), [None, Some(1), None, None]);
        bind(&mut run, &made(&["same", "same", "other"]));
        assert_eq!(run.variants.iter().map(|v| v.revision).collect::<Vec<_>>(), [1, 1, 1, 0]);
    }

    #[test]
    fn a_service_that_shows_less_takes_nothing_away() {
        let mut run = run();
        bind(&mut run, &made(&["one", "two"]));
        let before = run.clone();
        assert_eq!(bind(&mut run, &made(&["two"])).len(), 1);
        assert_eq!(run, before);
    }

    #[test]
    fn places_are_numbers() {
        let mut run = run();
        let attempt = |placement, patch: Option<&str>, status| Attempt {
            placement: Some(placement),
            status,
            work: patch.map(|patch| Work::Patch(patch.as_bytes().to_vec())),
            messages: Some(vec![format!("{placement}")]),
            prompt: None,
            exported: None,
            reason: None,
            risks: Vec::new(),
        };
        let attempts_made = vec![
            attempt(0, Some("one"), VariantStatus::Completed),
            attempt(1, None, VariantStatus::Failed),
            attempt(3, Some("four"), VariantStatus::Completed),
        ];
        bind(&mut run, &Collection { attempts: Some(4), attempts_made, ..Collection::default() });
        assert_eq!(patches(&run), [(1, 1, sum("one")), (4, 1, sum("four"))]);
        assert_eq!(run.variants[1].status, VariantStatus::Failed);
        assert_eq!(run.variants[3].message.as_deref(), Some("3"));
    }
}
