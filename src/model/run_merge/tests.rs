use serde_json::json;

use super::*;
use crate::model::{Apply, Check, CheckStatus, Confine, Local, PickMethod, VariantStatus};

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
fn what_is_confined_stays_as_it_was_asked_for() {
    let local = |confine: Option<Confine>, keep| Local { jobs: 1, keep, limit_s: 0, worktrees: "w".into(), confine };
    for asked in [Some(Confine::All), None] {
        let base = changed_at(1, |run| run.local = Some(local(asked, false)));
        let one = changed_at(2, |run| run.local = Some(local(asked, true)));
        let other = changed_at(3, |run| run.local = Some(local(Some(Confine::Off), false)));
        assert_eq!(merge_both_ways(&base, &one, &other).run.local, Some(local(asked, true)));
    }
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
            tree: None,
            checks: Vec::new(),
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
        warm: false,
        confirmed: false,
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

/// Every field of a variant, otherwise than [`sample`] has it.
fn other_variant() -> Value {
    json!({
        "index": 1, "status": "completed", "agent": "codex", "revision": 2, "apply": "applied", "branch": "puff/fix/var1",
        "commit": "a".repeat(40), "patch_sha256": "b".repeat(64), "files": 1, "insertions": 2, "deletions": 3,
        "reason": "r", "conflicts": ["c"], "duplicate_of": 2, "risks": [{"kind": "ci", "path": "ci.yml", "detail": "d"}],
        "checks": [{
            "command": "make", "status": "passed", "exit": 0, "duration_s": 1.0, "tail": "", "cached": false,
        }],
        "score": {"total": 1.0, "parts": []}, "placement": 3, "message": "m", "ignored": {"count": 1, "paths": ["x"]},
    })
}

/// Every field of a run, otherwise than [`sample`] has it.
fn other_run() -> Value {
    let later = "2026-02-02T00:00:00Z";
    json!({
        "schema": "puff.run/1", "run": "fix", "task_id": "u", "task_url": "https://u", "provider": "local",
        "dialect": "official", "profile": {"codex": "c", "codex_home": null, "service": null}, "env": "e",
        "local": {"jobs": 1, "keep": true, "limit_s": 2, "worktrees": "w"},
        "base": "next", "base_oid": "2".repeat(40), "best_of": 3, "prompt_file": "q", "title": "t", "state": "ready",
        "attention": "needs-login", "reason": "r", "parent": "dad", "created_at": later, "updated_at": later,
        "submitted_at": later, "progress_at": later, "observed": "o",
        "watch": {
            "active": false, "interval_s": 1, "timeout_s": 2, "harvest": true, "max_active": 3, "started_at": later,
            "ended_at": later, "ending": "success",
        },
        "identity": {"name": "n", "email": "m"}, "check": ["make"],
        "decision": {
            "variant": 1, "how": "branch", "onto": "x", "before": null, "after": null, "decided_at": later, "reasons": [],
        },
        "home": {"name": "n", "email": "m"}, "variants": [other_variant(), {"index": 2, "status": "completed"}],
    })
}

fn names(value: &Value) -> BTreeSet<&str> {
    object(value).keys().map(String::as_str).collect()
}

#[test]
fn the_tables_have_every_field_under_its_name_in_json() {
    let (run, variant) = (other_run(), other_variant());
    assert_eq!(rules::RUN.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), names(&run));
    assert_eq!(VARIANT.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), names(&variant));
    let properties = |schema: schemars::Schema| schema.get("properties").unwrap().clone();
    assert_eq!(names(&properties(schemars::schema_for!(Run))), names(&run));
    assert_eq!(names(&properties(schemars::schema_for!(Variant))), names(&variant));
}

#[test]
fn each_field_that_one_side_changed_is_merged() {
    let base = sample();
    for (name, rule) in rules::RUN.iter().filter(|(_, rule)| *rule != RunRule::Own) {
        let mut changed = value(&base).unwrap();
        changed[name] = other_run()[name].clone();
        let changed: Run = serde_json::from_value(changed).unwrap();
        let merged = serde_json::to_value(merge_both_ways(&base, &changed, &base).run).unwrap();
        let is_fixed = *rule == RunRule::AsAsked && !value(&base).unwrap()[name].is_null();
        let expected = if is_fixed { &base } else { &changed };
        assert_eq!(merged[name], value(expected).unwrap()[name], "{name}");
    }
    for (name, _) in VARIANT.iter().filter(|(_, rule)| *rule != VariantRule::Review) {
        let mut changed = value(&base).unwrap();
        changed["variants"][0][name] = other_variant()[name].clone();
        let changed: Run = serde_json::from_value(changed).unwrap();
        let merged = serde_json::to_value(merge_both_ways(&base, &changed, &base).run).unwrap();
        assert_eq!(merged["variants"][0][name], value(&changed).unwrap()["variants"][0][name], "{name}");
    }
}

#[test]
fn fields_of_a_newer_version_are_merged_in_runs_and_in_variants() {
    let base = sample();
    let one = changed_at(1, |run| {
        run.extra.insert("mine".into(), json!({"a": 1}));
        run.variants[0].extra.insert("mine".into(), json!([1]));
    });
    let other = changed_at(2, |run| {
        run.extra.insert("yours".into(), json!(true));
        run.variants[0].extra.insert("yours".into(), json!("x"));
        // The patch is one side's; what this version does not know is not part of it.
        complete(run, 1, "b");
    });
    let merged = merge_both_ways(&base, &one, &other).run;
    assert_eq!((&merged.extra["mine"], &merged.extra["yours"]), (&json!({"a": 1}), &json!(true)));
    let variant = &merged.variants[0];
    assert_eq!((&variant.extra["mine"], &variant.extra["yours"]), (&json!([1]), &json!("x")));
    assert_eq!(variant.revision, 1);
}
