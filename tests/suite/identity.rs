//! A name is not an identity: what was kept of a run that was pruned is not taken for a later one's of the same name.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::choice::Choice;
use crate::support::export::Export;
use crate::support::hooks::push;
use crate::support::test_repo::{TestRepo, wait_until};

/// The commit of the newest recovery point of a name.
fn point(repo: &TestRepo, name: &str) -> String {
    repo.git(&["rev-parse", &format!("refs/puff/trash/{name}")])
}

/// The names of the repairs.
fn repairs(repo: &TestRepo) -> String {
    repo.puff(&["doctor", "--repair", "--json"]).ok().json()["repairs"].to_string()
}

#[test]
fn a_new_run_of_a_pruned_name_is_not_an_interrupted_prune() {
    for fixed in [false, true] {
        let mut repo = TestRepo::new();
        if fixed {
            // As fast as can be: both say the same of the same moment.
            repo.set("GIT_PUFF_NOW", "2026-11-20T10:00:00Z");
        }
        let choice = Choice::in_repo(repo);
        let repo = &choice.repo;
        repo.puff(&["prune", "fix"]).ok();
        choice.import("fix");
        let before = choice.state();
        let found = repo.puff(&["doctor"]).ok().stdout;
        assert!(!found.contains("interrupted"), "{found}");
        let done = repairs(repo);
        assert!(!done.contains("ended"), "{done}");
        assert_eq!(choice.state(), before, "fixed: {fixed}");
        // It is picked and undone for itself.
        repo.puff(&["pick", "fix:2"]).ok();
        repo.puff(&["undo", "fix"]).ok();
        assert_eq!(choice.state(), before);
        repo.puff(&["undo", "fix"]).exits(1).complains(&["run 'fix' exists again"]);
    }
}

#[test]
fn the_recovery_points_of_two_runs_of_one_name_are_both_kept() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.puff(&["pick", "fix:1", "--branch", "picked"]).ok();
    let first = choice.state();
    repo.puff(&["prune", "fix"]).ok();
    let of_first = point(repo, "fix");
    // Other patches under the same name.
    let export = Export::new(repo, "second");
    export.patch(1, repo.patch("README", "second\n"));
    export.harvest(repo, &["--name", "fix"]).ok();
    let code = repo.git(&["rev-parse", "puff/fix/var1^{tree}"]);
    repo.puff(&["prune", "fix"]).ok();
    assert_eq!(repo.git(&["rev-parse", "refs/puff/trash/fix^"]), of_first);
    // By the name, the last one comes back.
    repo.puff(&["undo", "fix"]).ok();
    assert_eq!(repo.git(&["rev-parse", "puff/fix/var1^{tree}"]), code);
    repo.puff(&["harvest", "fix", "--recreate"]).ok();
    assert_eq!(repo.git(&["rev-parse", "puff/fix/var1^{tree}"]), code);
    assert_eq!(repo.show("fix")["variants"].as_array().unwrap().len(), 1);
    let said = repo.puff(&["undo", "fix"]).exits(1).complains(&["run 'fix' exists again"]).stderr;
    assert!(said.contains(&format!("git puff undo {}", &of_first[..10])), "{said}");
    // By its point, the first one: once the name is free.
    repo.puff(&["undo", &of_first]).exits(1).complains(&["run 'fix' exists again"]);
    repo.puff(&["prune", "fix"]).ok();
    let of_second = point(repo, "fix");
    repo.git(&["gc", "-q", "--prune=now"]);
    let ran = repo.puff(&["undo", &of_first[..10]]).ok();
    assert!(ran.stdout.contains("the prune of 'fix'"), "{}", ran.stdout);
    assert_eq!(repo.show("fix")["decision"]["variant"], 1);
    // The point of the second is there still, after the pick of the first.
    let kept = point(repo, "fix");
    assert_ne!(kept, of_second);
    repo.puff(&["undo", &kept]).exits(1).complains(&["run 'fix' exists again"]);
    let without = |state: &str| state.lines().filter(|line| !line.contains("trash")).collect::<Vec<_>>().join("\n");
    assert_eq!(without(&choice.state()), without(&first));
    repo.puff(&["undo", "fix"]).ok();
    assert_eq!(repo.show("fix")["decision"], Value::Null);
    repo.puff(&["prune", "fix"]).ok();
    repo.git(&["gc", "-q", "--prune=now"]);
    let points = repo.git(&["log", "--first-parent", "--format=%H %s", "refs/puff/trash/fix"]);
    let points: Vec<&str> = points.lines().filter(|line| line.contains("before the prune")).collect();
    assert_eq!(points.len(), 2, "{points:?}");
    repo.puff(&["undo", points[1].split(' ').next().unwrap()]).ok();
    assert_eq!(repo.git(&["rev-parse", "puff/fix/var1^{tree}"]), code);
}

#[test]
fn agents_of_a_reused_run_name_are_separate() {
    let crew = AgentRun::new();
    let repo = &crew.repo;
    crew.agent("old", "echo old >made").agent("new", "echo new >made");
    crew.launch(&["--agent", "old", "--name", "fix", "--harvest"]);
    crew.tournament_end("fix");
    repo.puff(&["prune", "fix"]).ok();
    // Ready, and not harvested: its work is in its worktree alone.
    crew.launch(&["--agent", "new", "--name", "fix"]);
    repo.puff(&["watch", "fix"]).ok();
    assert!(!repairs(repo).contains("ended"));
    assert_eq!(fs::read_to_string(crew.workspace_root().join("fix/var1/made")).unwrap(), "new\n");
    repo.puff(&["harvest", "fix"]).ok();
    assert_eq!(crew.file("fix", 1, "made"), "new");
    let kickoffs = fs::read_to_string(repo.work().join(".codex/bo4_runs.jsonl")).unwrap();
    assert_eq!(kickoffs.lines().count(), 2, "{kickoffs}");
    repo.puff(&["prune", "fix"]).ok();
    repo.puff(&["undo", "fix"]).ok();
    repo.puff(&["harvest", "fix"]).ok();
    assert_eq!(crew.file("fix", 1, "made"), "new");
}

#[test]
fn leftover_worktrees_of_an_earlier_run_block_its_name() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    crew.agent("good", "echo x >x");
    crew.tournament(&["--agent", "good:2", "--name", "fix", "--keep"]);
    let path = crew.workspace_root().join("fix/var2");
    repo.git_in(&path, &["switch", "-q", "-c", "mine"]);
    repo.puff(&["prune", "fix"]).ok();
    assert!(path.join("x").exists());
    crew.try_launch(&["--agent", "good:2", "--name", "fix"]).exits(1).complains(&["earlier run 'fix'", "fix/var2"]);
    repo.puff(&["show", "fix"]).exits(1);
    repo.git(&["worktree", "remove", "--force", path.to_str().unwrap()]);
    // A session of a run whose ref was lost is not one of the next run of that name.
    crew.tournament(&["--agent", "good", "--name", "fix"]);
    // Whoever watches puts back what is deleted.
    let lock = repo.puff_dir().join("locks/watcher");
    wait_until("nobody watches", || fs::File::open(&lock).is_ok_and(|file| file.try_lock_shared().is_ok()));
    repo.git(&["update-ref", "-d", "refs/puff/runs/fix"]);
    crew.try_launch(&["--agent", "good", "--name", "fix"]).exits(1).complains(&["earlier run 'fix'", "fix-var1"]);
    let export = Export::new(repo, "other");
    export.patch(1, repo.patch("README", "other\n"));
    repo.git(&["branch", "-D", "-q", "puff/fix/var1"]);
    export.harvest(repo, &["--name", "fix"]).ok();
    repo.puff(&["prune", "fix"]).ok();
    let session = crew.session("fix", 1);
    assert_eq!(session["state"], json!("exited"), "{session:#}");
}

#[test]
fn a_push_is_judged_by_the_run_that_its_commit_came_from() {
    let repo = TestRepo::new();
    let import = |name: &str, text: &str| {
        let export = Export::new(&repo, name);
        export.patch(1, repo.patch("notes.txt", text));
        export.harvest(&repo, &["--name", "fix"]).ok();
    };
    import("first", "one\n2\nthree\n");
    repo.puff(&["review", "fix", "--check", "true"]).ok();
    repo.git(&["branch", "reviewed", "puff/fix/var1"]);
    repo.puff(&["prune", "fix"]).ok();
    import("second", "one\n22\nthree\n");
    repo.git(&["branch", "not-reviewed", "puff/fix/var1"]);
    repo.puff(&["hook", "install"]).ok();
    // With the second run there, and with both pruned.
    for remote in ["a", "b"] {
        push(&repo, &["origin", &format!("reviewed:{remote}")]).ok();
        let refused = push(&repo, &["origin", &format!("not-reviewed:not-{remote}")]).exits(1);
        assert!(refused.stderr.contains("[unreviewed]"), "{}", refused.stderr);
        if remote == "a" {
            // What a remote has is not judged again.
            repo.puff(&["prune", "fix"]).ok();
            repo.git(&["push", "-q", "--no-verify", "origin", ":a"]);
            repo.git(&["fetch", "-q", "--prune", "origin"]);
        }
    }
}
