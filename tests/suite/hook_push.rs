//! What `git push` is told: the rules for the work of variants, wherever it ended up; and that other work is no business of
//! ours.

use serde_json::Value;

use crate::support::choice::Choice;
use crate::support::export::{Export, patch_of};
use crate::support::hooks::push;
use crate::support::test_repo::{Ran, TestRepo};

/// A test repository with the hook, and a run `fix` of which each variant makes files read something.
fn repo_with(variants: &[&[(&str, &str)]]) -> TestRepo {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "fix");
    for (at, files) in variants.iter().enumerate() {
        let patch = patch_of(&repo, || files.iter().for_each(|(file, text)| repo.write(file, text)));
        export.patch(at as u32 + 1, patch);
    }
    export.put("var1/report.json", r#"{"prompt": "Count in digits", "messages": ["Done."]}"#);
    export.harvest(&repo, &["--name", "fix"]).ok();
    repo.puff(&["hook", "install"]).ok();
    repo
}

/// Two variants of a line.
fn two() -> TestRepo {
    repo_with(&[&[("notes.txt", "one\n2\nthree\n")], &[("notes.txt", "one\nzwei\nthree\n")]])
}

/// The findings of a push of HEAD: rule, level, variant, path and line of each, records left out.
fn found(repo: &TestRepo) -> Vec<(String, String, u64, String)> {
    let document = asked(repo, "HEAD");
    assert_eq!(document["schema"], "puff.push/1");
    let findings = document["findings"].as_array().expect("findings").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .filter(|finding| finding["rule"] != "records")
        .map(|finding| {
            let line = finding["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
            let place = text(&finding["path"]) + &line;
            (text(&finding["rule"]), text(&finding["level"]), finding["variant"].as_u64().unwrap_or(0), place)
        })
        .collect()
}

/// What is said of a push of a commit to a new branch, as JSON.
fn asked(repo: &TestRepo, commit: &str) -> Value {
    let commit = repo.git(&["rev-parse", commit]);
    let line = format!("HEAD {commit} refs/heads/x {}\n", "0".repeat(commit.len()));
    repo.puff_with_input(&["hook", "pre-push", "--json", "origin", "../origin.git"], line.as_bytes()).json()
}

fn is(rule: &str, level: &str, variant: u64, place: &str) -> (String, String, u64, String) {
    (rule.to_owned(), level.to_owned(), variant, place.to_owned())
}

fn unreviewed(variant: u64) -> [(String, String, u64, String); 1] {
    [is("unreviewed", "refuse", variant, "")]
}

#[test]
fn pushing_an_unreviewed_variant_is_refused_with_a_way_out() {
    let repo = two();
    let commit = repo.git(&["rev-parse", "--short", "puff/fix/var1"]);
    let refused: Ran = push(&repo, &["origin", "puff/fix/var1:theirs"]).exits(1);
    for words in [
        &format!(
            "error: {commit} 'Count in digits': is var1 of 'fix', which is neither reviewed nor picked [unreviewed]"
        ),
        "hint: git puff review fix; or pick it: git puff pick fix:1",
        "error: push to 'origin' refused for 1 reason",
        "git push --no-verify",
    ] {
        assert!(refused.stderr.contains(words), "no '{words}' in {}", refused.stderr);
    }
    assert_eq!(repo.git(&["ls-remote", "origin", "theirs"]), "");
    // Each way out is one.
    push(&repo, &["--no-verify", "origin", "puff/fix/var1:one"]).ok();
    let config = |level: &str| ["-c".to_owned(), format!("puff.prePush.unreviewed={level}")];
    let warned = repo.try_git(
        &[&config("warn").each_ref().map(String::as_str)[..], &["push", "origin", "puff/fix/var2:two"]].concat(),
    );
    assert!(warned.ok().stderr.contains("warning: "), "it is said");
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    push(&repo, &["origin", "puff/fix/var1:three"]).ok();
    // Another clone's mind of the same: a pick is as good as a review.
    let repo = two();
    repo.puff(&["pick", "fix:1"]).ok();
    push(&repo, &["origin", "main"]).ok();
}

#[test]
fn a_variant_is_found_after_rename_cherry_pick_and_rebase() {
    let repo = two();
    let on_a_branch = |name: &str| repo.git(&["checkout", "-q", "-b", name, "main"]);
    repo.git(&["branch", "-m", "puff/fix/var1", "mine"]);
    repo.git(&["checkout", "-q", "mine"]);
    assert_eq!(found(&repo), unreviewed(1));
    on_a_branch("picked");
    repo.commit("README", "more\n", "Before");
    repo.git(&["cherry-pick", "puff/fix/var2"]);
    repo.commit("src/new.rs", "fn new() {}\n", "After");
    assert_eq!(found(&repo), unreviewed(2));
    // Rebased onto something else, and amended.
    repo.git(&["checkout", "-q", "-b", "rebased", "mine"]);
    repo.git(&["rebase", "-q", "picked~2"]);
    repo.git(&[
        "commit",
        "-q",
        "--amend",
        "--author",
        "Somebody <else@example.com>",
        "--no-edit",
        "--date",
        "2026-11-25T10:00:00Z",
    ]);
    assert_eq!(found(&repo), unreviewed(1));
    // Squashed with other work, by the message that git proposes.
    on_a_branch("squashed");
    repo.commit("README", "other\n", "Before");
    repo.git(&["merge", "-q", "--squash", "mine"]);
    repo.git(&["commit", "-q", "--no-edit"]);
    assert_eq!(found(&repo), unreviewed(1));
    // The same, and no word of it in the message: it is known by what it brings.
    repo.git(&["commit", "-q", "--amend", "-m", "All mine"]);
    let quiet = repo.git(&["rev-parse", "HEAD"]);
    repo.commit("README", "after\n", "After");
    assert_eq!(found(&repo), unreviewed(1));
    assert_eq!(asked(&repo, "HEAD")["findings"][0]["commit"], quiet);
    // Merged.
    on_a_branch("merged");
    repo.commit("README", "ours\n", "Ours");
    repo.git(&["merge", "-q", "--no-edit", "mine"]);
    assert_eq!(found(&repo), unreviewed(1));
    // And on what the remote has already nothing is said.
    push(&repo, &["--no-verify", "-q", "origin", "merged:elsewhere"]).ok();
    repo.commit("README", "on top\n", "On top");
    assert_eq!(found(&repo), []);
}

#[test]
fn pushing_a_failed_or_unpicked_variant_is_refused() {
    let repo = two();
    repo.puff(&["review", "fix", "--check", "! grep zwei notes.txt"]).ok();
    repo.git(&["checkout", "-q", "puff/fix/var2"]);
    assert_eq!(found(&repo), [is("failed", "refuse", 2, "")]);
    let said = asked(&repo, "HEAD");
    assert!(said["findings"].to_string().contains("'! grep zwei notes.txt'"), "{said:#}");
    repo.git(&["checkout", "-q", "main"]);
    repo.puff(&["pick", "fix:1"]).ok();
    assert_eq!(found(&repo), []);
    repo.git(&["checkout", "-q", "puff/fix/var2"]);
    assert_eq!(found(&repo), [is("loser", "refuse", 2, ""), is("failed", "refuse", 2, "")]);
    // A record that went away with a prune is still known.
    repo.git(&["branch", "kept"]);
    repo.git(&["checkout", "-q", "kept"]);
    repo.puff(&["prune", "fix"]).ok();
    assert_eq!(found(&repo), [is("loser", "refuse", 2, ""), is("failed", "refuse", 2, "")]);
    repo.puff(&["undo", "fix"]).ok();
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["reset", "-q", "--hard", "HEAD"]);
    repo.puff(&["undo", "fix"]).ok();
    repo.puff(&["pick", "fix:2", "--force"]).ok();
    assert_eq!(found(&repo), [is("failed", "warn", 2, "")], "somebody took it, knowing that");
}

#[test]
fn a_risk_blocks_the_push_until_accepted() {
    let repo = repo_with(&[&[(".github/workflows/ci.yml", "on: push\n"), ("notes.txt", "one\n2\nthree\n")]]);
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.git(&["checkout", "-q", "puff/fix/var1"]);
    let workflow = is("risk", "refuse", 1, ".github/workflows/ci.yml");
    assert_eq!(found(&repo), [workflow]);
    let way = asked(&repo, "HEAD")["findings"].to_string();
    assert!(way.contains("git puff review fix --accept 'workflow:.github/workflows/ci.yml'"), "{way}");
    repo.puff(&["review", "fix", "--check", "true", "--accept", "workflow:.github/workflows/ci.yml"]).ok();
    assert_eq!(found(&repo), []);
}

#[test]
fn secrets_are_found_in_files() {
    let key = ["gh", "p_", &"Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3"[..36]].concat();
    let config = format!("a = 1\ntoken = {key}\n");
    let repo = repo_with(&[&[
        ("conf.ini", &config),
        ("error.log", "account\n"),
        ("notes.txt.rej", "@@\n"),
        ("notes.txt", "2\n"),
    ]]);
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.git(&["checkout", "-q", "puff/fix/var1"]);
    let secret = is("secret", "refuse", 1, "conf.ini");
    let wanted = [is("partial", "refuse", 1, "notes.txt.rej"), is("scratch", "refuse", 1, "error.log"), secret];
    assert_eq!(found(&repo), wanted);
    let said = asked(&repo, "HEAD").to_string();
    assert!(said.contains("line 2 looks like a GitHub token") && !said.contains(&key), "{said}");
    // Left out again, it is fine: an agent's scratch is no part of a variant.
    repo.git(&["rm", "-q", "error.log", "notes.txt.rej"]);
    repo.write("conf.ini", "a = 1\n");
    repo.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    assert_eq!(found(&repo), [is("partial", "refuse", 1, "")]);
    let said = asked(&repo, "HEAD").to_string();
    assert!(said.contains("only a part of var1") && said.contains("notes.txt.rej"), "{said}");
}

#[test]
fn a_secret_in_the_message_of_a_commit_is_found() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.puff(&["pick", "fix:1"]).ok();
    assert_eq!(found(repo), []);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    // The token is put together: nothing of its form is in this file.
    let token = format!("{}_{}", "ghp", "a1B2".repeat(9));
    let told = message.replacen('\n', &format!("\n\nTried with {token}.\n"), 1);
    repo.git(&["commit", "-q", "--amend", "-m", &told]);
    assert_eq!(found(repo), [is("secret", "refuse", 1, "")]);
    let document = asked(repo, "HEAD").to_string();
    assert!(document.contains("a GitHub token") && !document.contains(&token), "{document}");
}

#[test]
fn conflicts_and_parts_are_found() {
    let repo = repo_with(&[&[("notes.txt", "one\n2\nthree\n"), ("a", "a\n"), ("b", "b\n")]]);
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.git(&["checkout", "-q", "-b", "conflicted", "main"]);
    repo.commit("notes.txt", "one\nDOS\nthree\n", "Ours");
    assert_eq!(repo.try_git(&["cherry-pick", "puff/fix/var1"]).code, 1);
    repo.git(&["commit", "-q", "-a", "--no-edit"]);
    assert_eq!(found(&repo), [is("conflictMarker", "refuse", 1, "notes.txt:2")]);
    // Mended on top: what is pushed in the end has none.
    repo.commit("notes.txt", "one\n2\nthree\n", "Mend");
    assert_eq!(found(&repo), []);
    // A merge commit of a variant has no trailers, and its conflicts count.
    repo.git(&["checkout", "-q", "-b", "merged", "conflicted~2"]);
    assert_eq!(repo.try_git(&["merge", "--no-edit", "puff/fix/var1"]).code, 1);
    repo.git(&["commit", "-q", "-a", "--no-edit"]);
    assert_eq!(found(&repo), [is("conflictMarker", "refuse", 1, "notes.txt:2")]);
    // A part.
    repo.git(&["checkout", "-q", "-b", "part", "puff/fix/var1"]);
    repo.git(&["rm", "-q", "b"]);
    repo.git(&["commit", "-q", "--amend", "--no-edit"]);
    assert_eq!(found(&repo), [is("partial", "refuse", 1, "")]);
    assert!(asked(&repo, "HEAD").to_string().contains("is only a part of var1 of 'fix': b is missing"));
}

#[test]
fn a_patch_that_did_not_apply_and_was_put_in_by_hand_is_refused() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.commit("gone", "b\n", "By hand\n\nPuff-Run: fix\nPuff-Variant: 4/4");
    let findings = found(repo);
    assert!(findings.contains(&is("partial", "refuse", 4, "")), "{findings:?}");
    assert!(asked(repo, "HEAD").to_string().contains("is var4 of 'fix', which did not apply"));
}

#[test]
fn an_older_patch_of_a_variant_is_not_the_one_that_was_reviewed() {
    let repo = two();
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.git(&["checkout", "-q", "puff/fix/var1"]);
    assert_eq!(found(&repo), []);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let older = message.replace("Puff-Patch: ", "Puff-Patch: 0");
    repo.write("notes.txt", "one\nII\nthree\n");
    repo.git(&["commit", "-q", "-a", "--amend", "-m", &older]);
    assert_eq!(found(&repo), unreviewed(1));
    assert!(asked(&repo, "HEAD").to_string().contains("an earlier patch of var1 of 'fix'"));
}

#[test]
fn an_unsent_record_is_mentioned_once_per_push() {
    let repo = two();
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    let said = push(&repo, &["origin", "puff/fix/var1:a", "puff/fix/var2:b"]).ok();
    assert_eq!(said.stderr.matches("[records]").count(), 1, "{}", said.stderr);
    assert!(said.stderr.contains("git config --add puff.sync.remote origin; git puff sync --push origin"), "{said:?}");
    repo.git(&["config", "puff.sync.remote", "origin"]);
    repo.commit("README", "x\n", "Other");
    repo.git(&["cherry-pick", "puff/fix/var1"]);
    let said = push(&repo, &["--dry-run", "origin", "main"]).ok();
    assert!(said.stderr.contains("hint: git puff sync --push origin"), "{said:?}");
    // It goes along, or is known to be there, or nobody wants to know.
    let along = push(&repo, &["--dry-run", "origin", "main", "refs/puff/runs/fix"]).ok();
    assert!(!along.stderr.contains("records"), "{along:?}");
    let allowed = repo.try_git(&["-c", "puff.prePush.records=allow", "push", "--dry-run", "origin", "main"]).ok();
    assert!(!allowed.stderr.contains("records"), "{allowed:?}");
    repo.git(&["update-ref", "refs/puff/remotes/origin/runs/fix", "refs/puff/runs/fix"]);
    assert!(!push(&repo, &["origin", "main"]).ok().stderr.contains("records"));
}

#[test]
fn a_setting_that_can_not_be_used_is_named_with_its_origin_where_it_counts() {
    let repo = two();
    repo.git(&["config", "puff.prePush.loser", "maybe"]);
    repo.commit("README", "x\n", "Other work");
    push(&repo, &["-q", "origin", "main"]).ok();
    let refused = push(&repo, &["origin", "puff/fix/var1:x"]).exits(1);
    for words in ["puff.prePush.loser is 'maybe' (file:", "must be refuse, warn or allow", "push refused"] {
        assert!(refused.stderr.contains(words), "no '{words}' in {}", refused.stderr);
    }
    // However somebody writes the middle of it.
    repo.git(&["config", "--unset", "puff.prePush.loser"]);
    repo.git(&["config", "puff.prepush.unreviewed", "ALLOW"]);
    push(&repo, &["origin", "puff/fix/var1:x"]).ok();
}

#[test]
fn many_findings_are_counted_and_nothing_of_a_commit_reaches_the_terminal_raw() {
    let files: Vec<(String, String)> = (0..30).map(|n| (format!("{n}/error.log"), "x\n".into())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let repo = repo_with(&[&files]);
    repo.git(&["checkout", "-q", "puff/fix/var1"]);
    let trailers = repo.git(&["log", "-1", "--format=%(trailers)"]);
    repo.git(&["commit", "-q", "--amend", "-m", &format!("\u{1b}[2JClear\u{202e}\n\n{trailers}")]);
    let refused = push(&repo, &["origin", "HEAD:refs/heads/x"]).exits(1);
    assert!(refused.stderr.contains("and 11 more reasons to refuse the push"), "{}", refused.stderr);
    assert!(refused.stderr.contains("refused for 31 reasons"), "{}", refused.stderr);
    assert!(!refused.stderr.contains('\u{1b}') && !refused.stderr.contains('\u{202e}'), "{:?}", refused.stderr);
}

#[test]
fn a_hook_called_without_refs_reports_what_is_missing() {
    let repo = two();
    repo.puff(&["hook", "pre-push"]).exits(129).complains(&["no refs on standard input"]);
    let wrong = repo.puff_with_input(&["hook", "pre-push", "origin"], b"what is this\n");
    wrong.exits(129).complains(&["cannot read 'what is this'"]);
    repo.puff(&["hook", "pre-push", "origin", "../origin.git"]).ok();
}
