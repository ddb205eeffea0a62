use serde_json::json;

use super::*;
use crate::model::{Check, CheckStatus, PickMethod, VariantStatus};

fn sample() -> Run {
    let run = json!({
        "schema": "puff.run/1", "run": "fix", "task_id": "t", "task_url": null, "provider": "codex-cloud", "dialect": null,
        "profile": null, "env": null, "base": "main", "base_oid": "1".repeat(40), "best_of": 2, "prompt_file": "p",
        "state": "pending", "attention": null, "parent": null, "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z", "watch": null, "future": {"a": 1, "b": [1, 2]},
        "variants": [{"index": 1, "status": "pending"}, {"index": 2, "status": "pending"}],
    });
    serde_json::from_value(run).unwrap()
}

fn changed_at(minute: u32, change: impl Fn(&mut Run)) -> Run {
    let mut run = sample();
    run.updated_at += chrono::TimeDelta::minutes(i64::from(minute));
    change(&mut run);
    run
}

/// Puts two together, both ways round: the same comes of it.
fn merge_both_ways(base: &Run, one: &Run, other: &Run) -> RunMerge {
    let merged = RunMerge::of(Some((base, None)), (one, None), (other, None)).unwrap();
    let turned = RunMerge::of(Some((base, None)), (other, None), (one, None)).unwrap();
    let text = |merge_both_ways: &RunMerge| serde_json::to_string(&merge_both_ways.run).unwrap();
    assert_eq!(text(&merged), text(&turned));
    merged
}

fn complete(run: &mut Run, index: u32, digit: &str) {
    let variant = run.variant_mut(index).unwrap();
    variant.status = VariantStatus::Completed;
    variant.revision += 1;
    variant.apply = Some(Apply::Applied);
    variant.commit = Some(digit.repeat(40).parse().unwrap());
    variant.patch_sha256 = Some(digit.repeat(64));
}

use crate::model::Apply;

#[test]
fn what_one_side_changed_counts_and_unknown_fields_are_kept() {
    let base = sample();
    let one = changed_at(1, |run| {
        complete(run, 1, "a");
        run.extra.insert("future".into(), json!({"a": 2, "b": [1, 2]}));
    });
    let other = changed_at(2, |run| {
        complete(run, 2, "b");
        run.extra.insert("future".into(), json!({"a": 1, "b": [3], "c": true}));
    });
    let merged = merge_both_ways(&base, &one, &other);
    assert_eq!(merged.run.count(VariantStatus::Completed), 2);
    assert_eq!(merged.run.extra["future"], json!({"a": 2, "b": [3], "c": true}));
    assert_eq!((merged.run.updated_at, merged.both.len()), (other.updated_at, 0));
}

#[test]
fn a_state_is_as_far_as_the_variants_bear_out() {
    let base = changed_at(1, |run| {
        complete(run, 1, "a");
        complete(run, 2, "b");
        run.state = State::Harvested;
    });
    let picked = |variant: u32, minute: u32| {
        let mut run = base.clone();
        run.updated_at += chrono::TimeDelta::minutes(i64::from(minute));
        run.state = State::Picked;
        run.decision = Some(Decision {
            variant,
            how: PickMethod::Branch,
            onto: "refs/heads/x".into(),
            before: None,
            after: Some("c".repeat(40).parse().unwrap()),
            decided_at: run.updated_at,
            reasons: Vec::new(),
        });
        run
    };
    // A pick and a new patch elsewhere: it stays decided, with the new patch.
    let mut revised = base.clone();
    revised.updated_at += chrono::TimeDelta::minutes(9);
    complete(&mut revised, 2, "d");
    let merged = merge_both_ways(&base, &picked(1, 5), &revised);
    assert_eq!((merged.run.state, merged.run.variant(2).unwrap().revision), (State::Picked, 2));
    // Two picks: the later stands, and says that there was another.
    let merged = merge_both_ways(&base, &picked(1, 5), &picked(2, 6));
    let decision = merged.run.decision.unwrap();
    assert_eq!((decision.variant, merged.both.contains("decision")), (2, true));
    assert!(decision.reasons[0].contains("var1 was taken elsewhere, onto x"), "{:?}", decision.reasons);
    // A pick taken back while nothing else happened.
    let merged = merge_both_ways(&picked(1, 5), &base, &picked(1, 5));
    assert_eq!((merged.run.state, merged.run.decision), (State::Harvested, None));
    // Cancelled here, finished there: what was made counts.
    let cancelled = changed_at(7, |run| run.state = State::Cancelled);
    assert_eq!(merge_both_ways(&sample(), &cancelled, &base).run.state, State::Harvested);
    // Ready there, still open here.
    let mut open = base.clone();
    open.variants.push(Variant::new(3));
    open.state = State::Pending;
    assert_eq!(merge_both_ways(&base, &open, &picked(1, 5)).run.state, State::Picked);
    let mut reviewed = base.clone();
    reviewed.state = State::Reviewed;
    assert_eq!(merge_both_ways(&base, &open, &reviewed).run.state, State::Pending);
}

#[test]
fn two_patches_of_one_variant_are_one_sides_and_nothing_is_lost_of_checks() {
    let base = sample();
    let one = changed_at(1, |run| complete(run, 1, "a"));
    let other = changed_at(2, |run| {
        complete(run, 1, "b");
        complete(run, 1, "b");
    });
    let merged = merge_both_ways(&base, &one, &other);
    assert_eq!(merged.run.variant(1), other.variant(1), "the later revision");
    assert!(merged.both.contains("variants") && merged.artifacts.contains_key(&1));

    let check = |command: &str| Check {
        command: command.into(),
        status: CheckStatus::Passed,
        exit: Some(0),
        duration_s: 1.0,
        tail: String::new(),
        cached: false,
        on_base: None,
        tests: None,
    };
    let review = |command: &str, minute: u32| -> (Run, Review) {
        let mut run = one.clone();
        run.updated_at += chrono::TimeDelta::minutes(i64::from(minute));
        run.variant_mut(1).unwrap().checks.push(check(command));
        let review = json!({
            "schema": "puff.review/1", "run": "fix", "base_oid": "1".repeat(40), "reviewed_at": run.updated_at,
            "commands": [command], "base": [], "variants": [], "judges": [], "comparison": null,
            "recommendation": {"variant": null, "tied": [], "reasons": []}, "accepted": [format!("risk:{command}")],
        });
        (run, serde_json::from_value(review).unwrap())
    };
    let ((here, mine), (there, theirs)) = (review("make", 3), review("lint", 4));
    let both = RunMerge::of(Some((&one, None)), (&here, Some(&mine)), (&there, Some(&theirs))).unwrap();
    let turned = RunMerge::of(Some((&one, None)), (&there, Some(&theirs)), (&here, Some(&mine))).unwrap();
    assert_eq!((&both.run, &both.review), (&turned.run, &turned.review));
    let merged = both.review.unwrap();
    assert_eq!(
        (merged.commands, merged.accepted),
        (vec!["lint".to_owned(), "make".into()], vec!["risk:lint".to_owned(), "risk:make".into()])
    );
    assert_eq!(both.run.variant(1).unwrap().checks.len(), 2);
}
