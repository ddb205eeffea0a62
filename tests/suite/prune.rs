//! Removing runs: `git puff prune`, and `git puff undo` after it.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::choice::Choice;
use crate::support::test_repo::wait_until;

/// What a prune said that it keeps: what it is, its name, and why.
fn kept(document: &Value) -> Vec<(String, String, String)> {
    let text = |entry: &Value, field: &str| entry[field].as_str().expect("text").to_owned();
    let entries =
        document["runs"].as_array().expect("runs").iter().flat_map(|run| run["kept"].as_array().expect("kept"));
    entries.map(|entry| (text(entry, "what"), text(entry, "name"), text(entry, "why"))).collect()
}

#[test]
fn prune_removes_a_run_and_undo_restores_it_exactly() {
    let choice = Choice::new();
    let repo = &choice.repo;
    choice.import("other");
    repo.git(&["notes", "--ref=puff/report", "append", "-m", "By hand.", "main"]);
    let before = choice.state();
    let would = repo.puff(&["prune", "fix", "--dry-run", "--json"]).ok().json();
    assert_eq!(choice.state(), before);
    let removed = repo.puff(&["prune", "fix", "--json"]).ok().json();
    assert_eq!(
        (&would["runs"], &would["dry_run"], &removed["dry_run"]),
        (&removed["runs"], &json!(true), &json!(false))
    );
    let run = &removed["runs"][0];
    assert_eq!((&removed["schema"], &run["run"]), (&json!("puff.prune/1"), &json!("fix")));
    assert_eq!(run["branches"], json!(["puff/fix/var1", "puff/fix/var2", "puff/fix/var3"]));
    assert!(run["bytes"]["objects"].as_u64().unwrap() > 1000, "{run:#}");
    let listed = repo.puff(&["list", "--json"]).ok().json();
    assert_eq!(listed["runs"].as_array().unwrap().iter().map(|run| &run["run"]).collect::<Vec<_>>(), ["other"]);
    let left = repo.git(&["notes", "--ref=puff/report", "show", "main"]);
    assert!(!left.contains("Handoff: fix") && left.contains("Handoff: other") && left.contains("By hand."), "{left}");
    assert_eq!(repo.git(&["for-each-ref", "refs/heads/puff/fix", "refs/puff/runs/fix"]), "");
    // Nothing that is kept is garbage.
    repo.git(&["reflog", "expire", "--expire=all", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    repo.puff(&["show", "fix"]).exits(1).complains(&["'fix'"]);
    let run = repo.puff(&["undo", "--json"]).ok().json();
    assert_eq!(run["run"], "fix");
    assert_eq!(choice.state(), before);
    repo.puff(&["undo"]).exits(1).complains(&["nothing to undo"]);
    repo.puff(&["undo", "fix"]).exits(1).complains(&["nothing to undo", "'fix'"]);
}

#[test]
fn the_runs_are_named_or_told_by_what_they_are() {
    let mut choice = Choice::new();
    choice.import("other");
    choice.repo.puff(&["pick", "other:2"]).ok();
    let names = |args: &[&str]| -> Vec<String> {
        let document = choice.repo.puff(&[&["prune", "-n", "--json"], args].concat()).ok().json();
        document["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["fix", "other", "fix"]), ["fix", "other"]);
    assert_eq!(names(&["--picked"]), ["other"]);
    assert_eq!(names(&["fix", "--picked"]), [""; 0]);
    assert_eq!(names(&["--older-than", "1h"]), [""; 0]);
    assert_eq!(names(&["--older-than", "0"]), ["fix", "other"]);
    choice.repo.puff(&["prune"]).exits(129).complains(&["no runs given"]);
    choice.repo.puff(&["prune", "--older-than", "soon"]).exits(129).complains(&["soon"]);
    choice.repo.puff(&["prune", "nope"]).exits(1).complains(&["'nope'"]);
    choice.repo.puff(&["prune", "fix:1"]).exits(129).complains(&["takes a run, not a variant"]);
    // One of several that cannot go keeps all that were named.
    let before = choice.state();
    choice.repo.puff(&["prune", "fix", "nope"]).exits(1);
    assert_eq!(choice.state(), before);
    choice.repo.set("GIT_PUFF_NOW", "2036-11-20T10:00:00Z");
    let ran = choice.repo.puff(&["prune", "--older-than", "2w"]).ok();
    assert!(ran.stdout.contains("removed fix: 3 branches") && ran.stdout.contains("removed other"), "{}", ran.stdout);
    let left = choice.repo.puff(&["undo", "fi"]).ok();
    assert!(left.stdout.contains("undid the prune of 'fix'"), "{}", left.stdout);
}

#[test]
fn branches_with_commits_of_the_user_are_kept_unless_they_are_elsewhere() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let grow = |variant: u32, file: &str| {
        repo.git(&["switch", "-q", &format!("puff/fix/var{variant}")]);
        repo.commit(file, "mine\n", "Mine");
        let tip = repo.commit(file, "mine\nall mine\n", "More of mine");
        repo.git(&["switch", "-q", "main"]);
        tip
    };
    let tip = grow(1, "mine1.txt");
    let linked = repo.path("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "puff/fix/var3"]);
    let would = repo.puff(&["prune", "fix", "-n", "--json"]).ok().json();
    let stays = kept(&would);
    assert_eq!(stays.len(), 2, "{stays:?}");
    assert_eq!((&*stays[0].1, stays[0].2.contains(&tip[..10])), ("puff/fix/var1", true));
    assert_eq!((&*stays[1].1, stays[1].2.contains("is checked out in")), ("puff/fix/var3", true));

    let goes = |why: &str| {
        let would = repo.puff(&["prune", "fix", "-n", "--json"]).ok().json();
        assert!(kept(&would).iter().all(|entry| entry.1 != "puff/fix/var1"), "{why}: {would:#}");
    };
    let stays = |why: &str| {
        let would = repo.puff(&["prune", "fix", "-n", "--json"]).ok().json();
        assert!(kept(&would).iter().any(|entry| entry.1 == "puff/fix/var1"), "{why}: {would:#}");
    };
    let main = repo.git(&["rev-parse", "main"]);
    let again = || repo.git(&["reset", "-q", "--hard", &main]);
    repo.git(&["push", "-q", "origin", "puff/fix/var1"]);
    goes("it is pushed");
    repo.git(&["push", "-q", "origin", ":puff/fix/var1"]);
    stays("it is not pushed any more");
    repo.git(&["merge", "-q", "--no-edit", "puff/fix/var1"]);
    goes("it is merged");
    again();
    repo.git(&["merge", "-q", "--squash", "puff/fix/var1"]);
    repo.git(&["commit", "-q", "-m", "Squashed"]);
    repo.commit("mine1.txt", "mine\nall mine\nand theirs\n", "Since then");
    repo.commit("notes.txt", "since then\n", "Since then, here too");
    goes("it is squash-merged, and the files have gone on");
    again();
    repo.git(&["cherry-pick", "puff/fix/var1~1", "puff/fix/var1"]);
    repo.commit("mine1.txt", "other\n", "Since then");
    goes("its own commits were cherry-picked");
    again();
    repo.commit("mine1.txt", "mine\nall mine\n", "By hand");
    goes("what it made is there, by whatever way");
    again();
    repo.commit("mine1.txt", "mine\n", "Half of it");
    stays("half of it is not all");
    again();

    let ran = repo.puff(&["prune", "fix"]).ok();
    assert!(ran.stderr.contains("kept the branch 'puff/fix/var1'"), "{}", ran.stderr);
    assert_eq!(
        repo.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads/puff"]),
        "puff/fix/var1\npuff/fix/var3"
    );
    repo.puff(&["undo"]).ok();
    assert_eq!(repo.git(&["rev-parse", "puff/fix/var1"]), tip);
}

#[test]
fn undo_restores_worktrees_with_their_files() {
    let crew = AgentRun::new().linked();
    crew.agent("good", "echo x >x; echo ignored >.gitignore; echo big >ignored");
    let run = crew.tournament(&["--agent", "good:3", "--keep"]);
    let id = run["run"].as_str().unwrap().to_owned();
    let path = |variant: u32| crew.workspace_root().join(&id).join(format!("var{variant}"));
    fs::write(path(1).join("README"), "changed\n").unwrap();
    fs::write(path(1).join("mine.bin"), b"\xff\0mine").unwrap();
    fs::remove_file(path(1).join("notes.txt")).unwrap();
    crew.repo.git_in(&path(2), &["switch", "-q", "-c", "mine"]);
    crew.repo.git(&["worktree", "lock", "--reason", "on a stick", path(3).to_str().unwrap()]);
    let status = crew.repo.git_in(&path(1), &["status", "--porcelain"]);

    let removed = crew.repo.puff(&["prune", &id, "--json"]).ok().json();
    assert_eq!(removed["runs"][0]["worktrees"], json!([path(1)]));
    assert!(removed["runs"][0]["bytes"]["worktrees"].as_u64().unwrap() > 20);
    let stays = kept(&removed);
    assert_eq!(stays.iter().map(|entry| &*entry.0).collect::<Vec<_>>(), ["worktree"; 2], "{stays:?}");
    assert!(!path(1).exists() && path(2).join("x").exists() && path(3).join("x").exists());
    assert!(!crew.repo.puff_dir().join(format!("sessions/{id}-var1")).exists());

    // Where something else is by now, nothing is brought back.
    fs::create_dir_all(path(1)).unwrap();
    fs::write(path(1).join("else"), "").unwrap();
    crew.repo.puff(&["undo"]).exits(1).complains(&["something else is in", "var1"]);
    crew.repo.puff(&["show", &id]).exits(1);
    fs::remove_dir_all(path(1)).unwrap();
    crew.repo.puff(&["undo"]).ok();
    assert_eq!(crew.repo.git_in(&path(1), &["status", "--porcelain"]), status);
    assert_eq!(fs::read(path(1).join("mine.bin")).unwrap(), b"\xff\0mine");
    assert!(!path(1).join("ignored").exists(), "what git ignores is told to be gone");
    assert_eq!(crew.repo.show(&id)["state"], "harvested");
}

#[test]
fn undo_restores_a_half_removed_worktree() {
    undo_restores_what_is_half_removed(&AgentRun::new().linked(), ".git/worktrees/var1/locked");
}

#[test]
fn undo_restores_a_half_removed_workspace() {
    undo_restores_what_is_half_removed(&AgentRun::new(), ".git/puff/pool/1/locked");
}

#[test]
fn undo_restores_a_workspace_with_what_was_committed_in_it() {
    let crew = AgentRun::new();
    crew.agent("good", "echo x >x; git add x; git commit -qm mine; echo y >y");
    crew.tournament(&["--agent", "good", "--keep", "--name", "fix"]);
    let path = crew.workspace_root().join("fix/var1");
    let (commit, status) =
        (crew.repo.git_in(&path, &["rev-parse", "HEAD"]), crew.repo.git_in(&path, &["status", "--porcelain"]));
    crew.repo.puff(&["prune", "fix"]).ok();
    assert!(!path.exists());
    crew.repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    crew.repo.git(&["gc", "--quiet", "--prune=now"]);
    crew.repo.puff(&["undo"]).ok();
    assert_eq!(crew.repo.git_in(&path, &["rev-parse", "HEAD"]), commit);
    assert_eq!(crew.repo.git_in(&path, &["status", "--porcelain"]), status);
}

fn undo_restores_what_is_half_removed(crew: &AgentRun, lock: &str) {
    crew.agent("good", "echo x >x");
    let run = crew.tournament(&["--agent", "good", "--keep"]);
    let id = run["run"].as_str().unwrap();
    let path = crew.workspace_root().join(id).join("var1");
    for then in ["prune", "undo"] {
        let when = "[ \"$1\" = committed ] && echo \"$stdin\" | grep -q refs/puff/trash";
        Choice::kill_from_hook(&crew.repo.work(), "reference-transaction", when, "");
        let mut prune = crew.repo.spawn(&["prune", id], Stdio::null());
        assert!(!prune.wait().unwrap().success());
        fs::remove_file(crew.repo.work().join(".git/hooks/reference-transaction")).unwrap();
        // As if that kill had come a little later.
        fs::write(crew.repo.work().join(lock), "git-puff: it is being pruned\n").unwrap();
        fs::remove_file(path.join("x")).unwrap();
        fs::remove_file(path.join("README")).unwrap();
        crew.repo.puff(&[then, id]).ok();
        if then == "prune" {
            assert!(!path.exists());
            crew.repo.puff(&["undo"]).ok();
        }
        assert_eq!(crew.repo.git_in(&path, &["status", "--porcelain"]), "?? x", "{then}");
    }
}

#[test]
fn an_active_run_is_not_pruned() {
    let crew = AgentRun::new();
    crew.agent("waits", "echo begun >begun; while [ ! -e $LAB/go ]; do sleep 0.05; done");
    let run = crew.launch(&["--agent", "waits"]);
    crew.repo.puff(&["prune", &run]).exits(1).complains(&["is being watched"]);
    let ran = crew.repo.puff(&["prune", "--older-than", "0"]).ok();
    assert!(ran.stderr.contains("it is pending") && ran.stdout.is_empty(), "{}", ran.stderr);
    crew.repo.puff(&["stop", &run]).ok();
    crew.repo.puff(&["prune", &run]).exits(1).complains(&["is pending"]);
    fs::write(crew.repo.path("go"), "").unwrap();
    crew.repo.puff(&["watch", &run]).ok();
    // Ready, and never harvested: what only fits is kept, what is named goes, with its work.
    let ran = crew.repo.puff(&["prune", "--older-than", "0"]).ok();
    assert!(ran.stderr.contains("not all of its variants were harvested"), "{}", ran.stderr);
    crew.repo.puff(&["prune", &run]).ok();
    assert_eq!(crew.left(), [""; 0]);
    crew.repo.puff(&["undo"]).ok();
    crew.repo.puff(&["harvest", &run]).ok();
    assert_eq!(crew.file(&run, 1, "begun"), "begun");
}

#[test]
fn a_run_under_review_is_not_pruned() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.confine_nothing();
    let (begun, go) = (repo.path("begun"), repo.path("go"));
    let check = format!("echo >'{}'; while [ ! -e '{}' ]; do sleep 0.05; done", begun.display(), go.display());
    let mut review = repo.spawn(&["review", "fix", "--check", &check], Stdio::null());
    wait_until("the check runs", || begun.exists());
    repo.puff(&["prune", "fix"]).exits(1).complains(&["is being reviewed"]);
    fs::write(&go, "").unwrap();
    review.wait().unwrap();
    let run = repo.puff(&["pick", "fix:2", "--json"]).ok().json();
    let reasons = run["decision"]["reasons"].to_string();
    assert!(reasons.contains("recommended") && reasons.contains("Its check passed."), "{reasons}");
    repo.puff(&["prune", "fix"]).ok();
    repo.puff(&["undo"]).ok();
    assert_eq!(repo.show("fix")["decision"], run["decision"]);
}

#[test]
fn a_record_cannot_remove_foreign_branches_or_worktrees() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let tip = repo.git(&["rev-parse", "main"]);
    repo.git(&["branch", "precious"]);
    let mut run: Value = serde_json::from_str(&repo.git(&["show", "refs/puff/runs/fix:run.json"])).unwrap();
    (run["variants"][0]["branch"], run["variants"][0]["commit"]) = (json!("precious"), json!(tip));
    choice.record("fix", &run);
    let removed = repo.puff(&["prune", "fix", "--json"]).ok().json();
    assert_eq!(kept(&removed)[0].1, "precious");
    assert_eq!(repo.git(&["rev-parse", "precious"]), tip);
}

#[test]
fn a_killed_prune_is_continued_or_undone() {
    let choice = Choice::new();
    choice.import("other");
    let wanted = choice.state();
    let undisturbed = choice.copy("undisturbed");
    choice.puff_in(&undisturbed, &["prune", "fix"]).ok();
    let gone = |place: &std::path::Path| {
        let state = choice.state_of(place);
        state.lines().filter(|line| !line.starts_with("refs/puff/trash")).collect::<Vec<_>>().join("\n")
    };
    let pruned = gone(&undisturbed);
    let check = |place: std::path::PathBuf, what: &str| {
        // Both ways from here, each in a copy of its own.
        let other = place.with_extension("other");
        crate::support::test_repo::run(choice.repo.command("cp").args(["-a"]).args([&place, &other])).ok();
        if choice.puff_in(&place, &["show", "fix"]).code == 0 {
            choice.puff_in(&place, &["prune", "fix"]).ok();
        }
        assert_eq!(gone(&place), pruned, "{what}");
        let undone = choice.puff_in(&other, &["undo", "fix"]);
        assert!(undone.code == 0 || undone.stderr.contains("nothing to undo"), "{what}: {}", undone.stderr);
        assert_eq!(choice.state_of(&other), wanted, "{what}");
        choice.puff_in(&place, &["undo", "fix"]).ok();
        assert_eq!(choice.state_of(&place), wanted, "{what}");
    };
    for (number, delay) in [2, 5, 8, 11, 14, 17, 20, 24, 28, 33, 40].into_iter().enumerate() {
        let place = choice.copy(&format!("killed-{number}"));
        choice.kill_in(&place, &["prune", "fix"], Duration::from_millis(delay));
        check(place, &format!("after {delay} ms"));
    }
    for (number, (state, name)) in
        [("prepared", "trash/fix"), ("committed", "trash/fix"), ("prepared", "runs/fix"), ("committed", "runs/fix")]
            .into_iter()
            .enumerate()
    {
        let place = choice.copy(&format!("hooked-{number}"));
        let when = format!("[ \"$1\" = {state} ] && echo \"$stdin\" | grep -q refs/puff/{name}");
        Choice::kill_from_hook(&place, "reference-transaction", &when, "");
        choice.puff_in(&place, &["prune", "fix"]).exits(-1);
        fs::remove_file(place.join(".git/hooks/reference-transaction")).unwrap();
        choice.idle(&place, "fix");
        if name == "trash/fix" && state == "committed" {
            let said = choice.puff_in(&place, &["doctor"]).stdout;
            assert!(said.contains("the prune of 'fix' was interrupted"), "{said}");
        }
        check(place, &format!("{state} {name}"));
    }
}
