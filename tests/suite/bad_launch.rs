//! Launches that cannot be: each is refused with the value at fault, before anything is recorded, paid or left behind.

use std::fs;

use crate::support::export::Export;
use crate::support::fake_codex::FakeCodex;
use crate::support::test_repo::{Ran, TestRepo};

/// What every launch here has, so that only one thing is wrong at a time.
const GOOD: [&str; 4] = ["submit", "--env", "acme/widgets", "--prompt=Trim"];

#[test]
fn empty_and_binary_prompts_are_refused() {
    let (repo, codex) = repo();
    fs::write(repo.path("blank.md"), " \n\t\n").unwrap();
    fs::write(repo.path("binary.md"), b"\x7fELF\xff\xfe").unwrap();
    fs::write(repo.path("nul.md"), b"Trim\0it").unwrap();
    fs::write(repo.path("large.md"), "x".repeat(5 << 20)).unwrap();
    for (args, words) in [
        (&["--prompt", ""][..], "--prompt is empty"),
        (&["--prompt", " \n\t "], "--prompt is empty"),
        (&["--prompt-file", "../blank.md"], "'../blank.md' is empty"),
        (&["--prompt-file", "../binary.md"], "'../binary.md' is not text"),
        (&["--prompt-file", "../nul.md"], "'../nul.md' is not text"),
        (&["--prompt-file", "../large.md"], "'../large.md' has 5 MiB"),
        (&["--prompt-file", "../nowhere.md"], "cannot read the prompt file '../nowhere.md'"),
        (&["--prompt-file", "src"], "cannot read the prompt file 'src'"),
        (&["--prompt", "a", "--prompt-file", "../blank.md"], "--prompt-file"),
        (&["--intent", "../nowhere.md"], "cannot read the intent file '../nowhere.md'"),
        (&["--intent", "../blank.md"], "'../blank.md' is empty"),
        (&[], "standard input is empty"),
    ] {
        refused(repo.puff(&[&["submit", "--env", "acme/widgets"], args].concat()), 129, &[words]);
    }
    for (input, words) in [(&b" \n"[..], "is empty"), (b"\xff\xfe\0", "is not text")] {
        let ran = repo.puff_with_input(&["launch", "--env", "acme/widgets"], input);
        refused(ran, 129, &["standard input", words]);
    }
    untouched(&repo, &codex);
}

#[test]
fn settings_of_an_intent_file_are_checked() {
    let (repo, codex) = repo();
    for (settings, words) in [
        ("env: acme/widgets\nbest_of: 2\n", "cannot read the settings"),
        ("best-of: many\n", "cannot read the settings"),
        ("env: [\n", "cannot read the settings"),
        ("env: acme/widgets\nname: Not A Name\n", "'Not A Name'"),
        ("env: acme/widgets\nbest-of: 5\n", "best of 5"),
        ("env: acme/widgets\nbest-of: 0\n", "best of 0"),
    ] {
        fs::write(repo.path("intent.md"), format!("---\n{settings}---\nTrim\n")).unwrap();
        refused(repo.puff(&["submit", "--intent", "../intent.md"]), 129, &[words]);
    }
    // One that is wrong keeps the others from being paid.
    fs::write(repo.path("good.md"), "---\nenv: acme/widgets\n---\nTrim\n").unwrap();
    refused(repo.puff(&["submit", "--intent", "../good.md", "../intent.md"]), 129, &["best of 0"]);
    untouched(&repo, &codex);
}

#[test]
fn a_launch_needs_an_environment() {
    let (repo, codex) = repo();
    refused(repo.puff(&["submit", "--prompt", "Trim"]), 129, &["no cloud environment"]);
    untouched(&repo, &codex);
}

#[test]
fn a_base_has_to_be_a_branch_that_the_remote_has() {
    let (repo, codex) = repo();
    let commit = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["branch", "only-here"]);
    for (base, code, words) in [
        ("nope", 1, "no branch 'nope'"),
        ("only-here", 1, "no branch 'only-here'"),
        (commit.as_str(), 129, commit.as_str()),
        ("main~1", 129, "'main~1'"),
        ("", 129, "''"),
        ("-x", 129, "'-x'"),
        ("a b", 1, "'a b'"),
    ] {
        refused(repo.puff(&[&GOOD[..], &[&format!("--base={base}")]].concat()), code, &[words]);
    }
    repo.git(&["checkout", "-q", "only-here"]);
    refused(repo.puff(&GOOD), 1, &["no branch 'only-here'"]);
    repo.git(&["checkout", "-q", "--detach"]);
    refused(repo.puff(&GOOD), 129, &["HEAD is detached"]);
    repo.puff(&[&GOOD[..], &["--base", "main"]].concat()).ok();
    assert_eq!(codex.paid().len(), 1);
}

#[test]
fn a_remote_is_needed_and_a_silent_one_is_only_warned_of() {
    let (repo, codex) = repo();
    refused(repo.puff(&[&["-c", "puff.remote=upstream"], &GOOD[..]].concat()), 129, &["-c"]);
    let ran = repo.try_git(&[&["-c", "puff.remote=upstream", "puff"], &GOOD[..]].concat());
    refused(ran, 128, &["no remote named 'upstream'"]);
    untouched(&repo, &codex);

    repo.git(&["remote", "set-url", "origin", "/nowhere/at/all"]);
    let ran = repo.puff(&GOOD).ok();
    assert!(ran.stderr.contains("warning: 'origin' does not respond"), "{}", ran.stderr);
    refused(repo.puff(&[&GOOD[..], &["--base", "never-seen"]].concat()), 1, &["'never-seen'", "'origin'"]);
    assert_eq!(codex.paid().len(), 1);
}

#[test]
fn a_number_of_attempts_is_what_the_client_takes() {
    let (repo, codex) = repo();
    for number in ["0", "-1", "5", "x", "", "4294967297", "1.5"] {
        let ran = repo.puff(&[&GOOD[..], &["--best-of", number]].concat());
        refused(ran, 129, &[if number.is_empty() { "--best-of" } else { number }]);
    }
    let ran = repo.try_git(&[&["-c", "puff.bestOf=9", "puff"], &GOOD[..]].concat());
    refused(ran, 129, &["best of 9"]);
    untouched(&repo, &codex);
}

#[test]
fn a_branch_named_like_the_prefix_is_an_error() {
    let (repo, codex) = repo();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("README", "One.\n"));
    repo.git(&["branch", "puff"]);
    refused(repo.puff(&GOOD), 1, &["the branch 'puff'"]);
    refused(export.harvest(&repo, &[]), 1, &["the branch 'puff'"]);
    untouched(&repo, &codex);

    // The hint names two ways out; both are.
    repo.git(&["config", "puff.branchPrefix", "tries/of-"]);
    let run = export.harvest(&repo, &["--json"]).ok().json();
    let branch = run["variants"][0]["branch"].as_str().unwrap().to_owned();
    assert_eq!(branch, format!("tries/of-{}/var1", run["run"].as_str().unwrap()));
    repo.git(&["rev-parse", "--verify", &format!("refs/heads/{branch}")]);

    for bad in ["a..b/", "a b/", "/a/", "a//", "a.lock/", "~x", "a\\"] {
        repo.git(&["config", "puff.branchPrefix", bad]);
        refused(repo.puff(&GOOD), 129, &["puff.branchPrefix", &format!("'{bad}'"), ".git/config"]);
    }
    assert_eq!(codex.paid(), []);
}

#[test]
fn a_missing_identity_is_an_error() {
    let (repo, codex) = repo();
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("README", "One.\n"));
    repo.git(&["config", "--global", "--remove-section", "user"]);
    repo.git(&["config", "--global", "user.useConfigOnly", "true"]);
    refused(repo.puff(&GOOD), 128, &["name and address"]);
    refused(export.harvest(&repo, &[]), 128, &["name and address"]);
    refused(repo.puff(&["adopt", "task_e_1"]), 128, &["name and address"]);
    untouched(&repo, &codex);
}

#[test]
fn a_limit_on_attempts_is_kept() {
    let (repo, codex) = repo();
    repo.git(&["config", "puff.attemptLimit", "5"]);
    repo.puff(&GOOD).ok();
    refused(repo.puff(&GOOD), 1, &["8 in 24 hours", "puff.attemptLimit is 5"]);
    repo.puff(&[&GOOD[..], &["--best-of", "1"]].concat()).ok();
    assert_eq!(codex.paid().len(), 2);
}

#[test]
fn a_name_is_free_and_a_name() {
    let (repo, codex) = repo();
    for bad in ["Trim It", "../x", "-x", "", "a.lock", &"a".repeat(41)] {
        refused(repo.puff(&[&GOOD[..], &[&format!("--name={bad}")]].concat()), 129, &["--name"]);
    }
    untouched(&repo, &codex);
    repo.puff(&[&GOOD[..], &["--name", "trim-it"]].concat()).ok();
    refused(repo.puff(&[&GOOD[..], &["--name", "trim-it"]].concat()), 129, &["'trim-it'"]);
    assert_eq!(codex.paid().len(), 1);
}

fn repo() -> (TestRepo, FakeCodex) {
    let repo = TestRepo::new();
    let codex = FakeCodex::official(&repo);
    (repo, codex)
}

#[track_caller]
fn refused(ran: Ran, code: i32, words: &[&str]) {
    let errors = ran.exits(code).complains(words).stderr;
    assert_eq!(errors.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{errors}");
}

/// Nothing was paid, nothing recorded, and the worktree has nothing in it that was not there before.
#[track_caller]
fn untouched(repo: &TestRepo, codex: &FakeCodex) {
    assert_eq!(codex.paid(), []);
    assert_eq!(repo.git(&["for-each-ref", "refs/puff", "refs/heads/puff/", "refs/notes"]), "");
    assert_eq!(repo.git(&["status", "--porcelain", "--untracked-files=all"]), "");
}
