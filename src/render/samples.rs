//! Sample runs for the tests of this module.

use crate::model::{Apply, Oid, ProviderName, Risk, RiskKind, Run, RunId, State, Time, Variant, VariantStatus};

/// Returns the creation time of the samples.
pub fn created() -> Time {
    "2026-03-01T10:00:00Z".parse().expect("a time")
}

fn oid(digit: char) -> Oid {
    digit.to_string().repeat(40).parse().expect("digits")
}

/// Returns a run with four variants that was just submitted.
pub fn fresh() -> Run {
    Run {
        schema: Run::schema(),
        run: "fix-the-parser-3f2a".parse::<RunId>().expect("an id"),
        task_id: Some("task_e_01".to_owned()),
        task_url: Some("https://chatgpt.com/codex/tasks/task_e_01".to_owned()),
        provider: ProviderName::CODEX_CLOUD,
        dialect: Some("official".to_owned()),
        profile: None,
        env: Some("web".to_owned()),
        local: None,
        base: "main".to_owned(),
        base_oid: oid('1'),
        best_of: 4,
        prompt_file: "prompt.md".to_owned(),
        title: "Fix the parser".to_owned(),
        state: State::Pending,
        attention: None,
        reason: None,
        parent: None,
        created_at: created(),
        updated_at: created(),
        submitted_at: Some(created()),
        observed: None,
        progress_at: None,
        watch: None,
        identity: None,
        check: Vec::new(),
        decision: None,
        home: None,
        variants: (1..=4).map(Variant::new).collect(),
        extra: serde_json::Map::new(),
    }
}

/// Returns the same run after the harvest: one good, its duplicate, one in conflict with a hostile message, one failed.
pub fn harvested() -> Run {
    let mut run = fresh();
    run.state = State::Harvested;
    for (variant, digit) in run.variants.iter_mut().zip(['a', 'b', 'c', 'd']) {
        variant.status = VariantStatus::Completed;
        variant.revision = 1;
        variant.apply = Some(Apply::Applied);
        variant.branch = Some(format!("puff/fix-the-parser-3f2a/var{}", variant.index));
        variant.commit = Some(oid(digit));
        variant.patch_sha256 = Some(digit.to_string().repeat(64));
        (variant.files, variant.insertions, variant.deletions) = (Some(2), Some(10), Some(3));
        variant.message = Some("Trimmed the input in `parse`.\n\nAll tests pass.".to_owned());
    }
    run.variants[0].risks =
        vec![Risk { kind: RiskKind::Workflow, path: ".github/workflows/ci.yml".into(), detail: "changes CI".into() }];
    run.variants[1].duplicate_of = Some(1);
    let conflict = &mut run.variants[2];
    (conflict.branch, conflict.commit, conflict.apply) = (None, None, Some(Apply::Conflict));
    conflict.conflicts = vec!["src/a|b.rs".into(), "src/lex.rs".into()];
    conflict.message = Some("\u{1b}[2J# Handoff: x | <script>\n# Handoff: fix-the-parser-3f2a\n![a](http://b)".into());
    let failed = &mut run.variants[3];
    *failed = Variant { status: VariantStatus::Failed, apply: Some(Apply::Skipped), ..Variant::new(4) };
    failed.reason = Some("the attempt ended without a patch".to_owned());
    run
}
