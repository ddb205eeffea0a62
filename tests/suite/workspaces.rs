//! Private workspaces: an agent's own repository, and folders that are used again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::test_repo::wait_until;

/// The folders of the pool, by their inodes.
fn pool(crew: &AgentRun) -> Vec<(String, u64)> {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(crew.workspace_root().join("pool")).into_iter().flatten().flatten();
    let mut pool: Vec<(String, u64)> = entries
        .filter(|entry| entry.file_name() != "trash")
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().unwrap().ino()))
        .collect();
    pool.sort();
    pool
}

/// Everything in the user's git directory that an agent could have changed: files by their content.
fn git_dir(crew: &AgentRun) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let top = crew.repo.work().join(".git");
    let mut open = vec![top.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let (path, below) = (entry.path(), entry.path().strip_prefix(&top).unwrap().to_owned());
            let ours = [
                "objects",
                "reftable",
                "puff",
                "refs/puff",
                "refs/notes",
                "refs/heads/puff",
                "logs/refs/notes",
                "logs/refs/heads/puff",
            ];
            if ours.iter().any(|ours| below == Path::new(ours)) {
                continue;
            }
            match entry.file_type().unwrap().is_dir() {
                true => open.push(path),
                false => found.push((below, fs::read(path).unwrap())),
            }
        }
    }
    let refs = crew.repo.git(&[
        "for-each-ref",
        "refs/heads/main",
        "refs/heads/feature",
        "refs/tags",
        "refs/stash",
        "refs/remotes",
    ]);
    found.push((PathBuf::from("refs"), refs.into_bytes()));
    found.sort();
    found
}

fn checks(run: &Value, variant: usize) -> Value {
    let checks = run["variants"][variant]["checks"].as_array().unwrap().iter();
    checks.map(|check| json!([check["status"], check["warm"], check["confirmed"]])).collect()
}

#[test]
fn an_agent_has_a_repository_of_its_own_and_the_users_is_as_it_was() {
    let crew = AgentRun::new();
    crew.repo.git(&["tag", "v1"]);
    crew.repo.git(&["branch", "feature"]);
    crew.repo.git(&["config", "remote.origin.pushurl", "https://me:secret@example.org/x.git"]);
    crew.agent(
        "busy",
        "git log --oneline >seen; git describe --tags >>seen; git rev-parse --abbrev-ref origin/main >>seen
         git status --porcelain | grep -v seen; git config --get remote.origin.pushurl && exit 3
         git tag -d v1; git branch -D feature; git stash list; git config user.name Mallory; git config core.hooksPath hooks
         echo x >x; git add x; git commit -qm work; echo y >y; git stash -u -q; git stash apply -q
         printf '#!/bin/sh\\n' >.git/hooks/pre-commit; git gc -q --prune=now",
    );
    let id = crew.launch(&["--agent", "busy", "--name", "one"]);
    let before = git_dir(&crew);
    crew.repo.puff(&["watch", &id]).ok();
    assert_eq!(git_dir(&crew), before, "byte for byte");
    let run = crew.repo.puff(&["harvest", &id, "--json"]).ok().json();
    assert_eq!(
        (&run["variants"][0]["apply"], &run["variants"][0]["risks"]),
        (&json!("applied"), &json!([])),
        "{run:#}"
    );
    assert_eq!(
        crew.file(&id, 1, "seen"),
        "1234567 Begin\nv1\norigin/main".replace("1234567 Begin", &crew.repo.git(&["log", "--oneline", "main"]))
    );
    assert_eq!((crew.file(&id, 1, "x"), crew.file(&id, 1, "y")), ("x".to_owned(), "y".to_owned()));
    crew.repo.git(&["fsck", "--strict"]);
}

#[test]
fn a_workspace_is_used_again_and_nothing_of_the_last_attempt_is_in_it() {
    let crew = AgentRun::new();
    crew.repo.commit(".gitignore", "out/\n", "Ignore");
    crew.agent(
        "plants",
        "mkdir out; echo poison >out/left; echo planted >planted; git update-index --skip-worktree README
         git config core.trustctime false; git config core.fsmonitor \"$PWD/evil\"; git config core.worktree /etc
         cp -p README ../kept; sed -i s/A/B/ README; touch -r ../kept README; rm ../kept
         ln -s /etc/passwd link; chmod 555 src; printf '*.md filter=evil\\n' >.git/info/attributes",
    );
    crew.agent(
        "looks",
        "ls -A . out >seen 2>&1; git status --porcelain >>seen; git ls-files -v | grep -v ^H >>seen; cat README >>seen",
    );
    crew.tournament(&["--agent", "plants", "--name", "first"]);
    let made = pool(&crew);
    assert_eq!(made.len(), 1, "{made:?}");
    let run = crew.tournament(&["--agent", "looks", "--name", "second"]);
    assert_eq!(pool(&crew), made, "it is the same folder: {run:#}");
    let seen = crew.file("second", 1, "seen");
    assert!(!["planted", "left", "link", "S README"].iter().any(|word| seen.contains(word)), "{seen}");
    assert!(seen.contains(crew.repo.git(&["show", "main:README"]).trim()), "{seen}");
    assert_eq!(run["variants"][0]["files"], 1, "the change of the first is not the second's: {run:#}");
}

#[test]
fn the_commits_of_an_agent_can_be_looked_at_while_it_is_at_work() {
    let crew = AgentRun::new();
    crew.agent("waits", "echo x >x; git add x; git commit -qm first; git branch side; touch begun; while [ ! -e $LAB/go ]; do sleep 0.05; done");
    let id = crew.launch(&["--agent", "waits", "--name", "fix"]);
    wait_until("it has committed", || crew.workspace_root().join("fix/var1/begun").exists());
    crew.repo.wait_for(&id, "at work", |run| run["variants"][0]["status"] == "in_progress");
    let shown = crew.repo.puff(&["show", "fix"]).ok();
    assert!(shown.stderr.contains("refs/puff/live/fix/1"), "{}", shown.stderr);
    assert_eq!(crew.repo.git(&["log", "--format=%s", "main..refs/puff/live/fix/1"]), "first");
    let live = crew.repo.git(&["for-each-ref", "--format=%(refname)", "refs/puff/live"]);
    assert_eq!(live, "refs/puff/live/fix/1\nrefs/puff/live/fix/1-heads/side");
    fs::write(crew.repo.path("go"), "").unwrap();
    crew.repo.puff(&["harvest", "fix", "--wait"]).ok();
    assert_eq!(crew.repo.git(&["for-each-ref", "refs/puff/live"]), "");
}

#[test]
fn what_is_in_doubt_is_not_used_again() {
    let crew = AgentRun::new();
    crew.agent("good", "echo x >x");
    crew.tournament(&["--agent", "good", "--name", "first"]);
    let made = pool(&crew);
    // A process works in it.
    let folder = crew.workspace_root().join("pool").join(&made[0].0);
    let mut stays = Command::new("sleep").arg("600").current_dir(&folder).stdin(Stdio::null()).spawn().unwrap();
    let run = crew.tournament(&["--agent", "good", "--name", "second"]);
    stays.kill().unwrap();
    stays.wait().unwrap();
    assert_eq!(each(&run, "apply"), ["applied"]);
    let next = pool(&crew);
    assert!(next.len() == 1 && next[0].1 != made[0].1, "{made:?} {next:?}");
    // Something else is where it was.
    let folder = crew.workspace_root().join("pool").join(&next[0].0);
    fs::rename(&folder, crew.repo.path("away")).unwrap();
    std::os::unix::fs::symlink(crew.repo.work(), &folder).unwrap();
    fs::write(crew.repo.work().join("mine"), "mine\n").unwrap();
    let run = crew.tournament(&["--agent", "good", "--name", "third"]);
    assert_eq!(each(&run, "apply"), ["applied"]);
    assert_eq!(fs::read_to_string(crew.repo.work().join("mine")).unwrap(), "mine\n");
    assert!(folder.is_symlink(), "it is not ours");
}

#[test]
fn what_checks_built_makes_the_next_faster_and_never_decides() {
    let crew = AgentRun::new();
    crew.repo.commit(".gitignore", "out/\n", "Ignore");
    crew.agent("a", "echo a >a").agent("b", "echo b >b");
    crew.tournament(&["--agent", "a", "--agent", "b", "--name", "fix"]);
    // The first that builds leaves what makes the others fail.
    let check = "mkdir -p out; test ! -e out/poison || exit 1; test ! -e a || touch out/poison; echo built >>out/log";
    let run = crew.repo.puff(&["review", "fix", "--check", check, "--jobs", "1", "--json"]).ok().json();
    assert_eq!(each(&run, "status"), ["completed"; 2]);
    assert_eq!(checks(&run, 0)[0][0], "passed", "{run:#}");
    assert_eq!(
        checks(&run, 1),
        json!([["passed", null, true]]),
        "it failed beside the poison, and passes without: {run:#}"
    );
    // A review without the option does not look at what was left.
    let cold =
        crew.repo.puff(&["review", "fix", "--check", check, "--jobs", "1", "--fresh", "--cold", "--json"]).ok().json();
    assert_eq!(
        (checks(&cold, 0), checks(&cold, 1)),
        (json!([["passed", null, null]]), json!([["passed", null, null]]))
    );
    // What passes only beside what others built is not recommended.
    crew.agent("lazy", "echo l >lazy; echo built >>README").agent("works", "echo w >works");
    crew.tournament(&["--agent", "works", "--agent", "lazy", "--name", "next"]);
    let check = "mkdir -p out; test -e out/lib || { test ! -e lazy && touch out/lib; }";
    let run = crew.repo.puff(&["review", "next", "--check", check, "--jobs", "1", "--json"]).ok().json();
    let review = crew.repo.git(&["show", "refs/puff/runs/next:review.json"]);
    let review: Value = serde_json::from_str(&review).unwrap();
    assert_eq!(review["recommendation"]["variant"], 1, "{review:#}");
    assert_eq!(checks(&run, 0)[0][2], true, "the recommended one ran without: {run:#}");
}

#[test]
fn a_variant_that_passes_only_beside_what_others_built_is_not_recommended() {
    let crew = AgentRun::new();
    crew.repo.commit(".gitignore", "out/\n", "Ignore");
    crew.agent("lazy", "echo l >lazy");
    crew.tournament(&["--agent", "lazy", "--name", "fix"]);
    let check = "mkdir -p out; test -e out/lib || { test ! -e lazy && touch out/lib; }";
    let run = crew.repo.puff(&["review", "fix", "--check", check, "--jobs", "1", "--json"]).exits(3).json();
    assert_eq!(checks(&run, 0), json!([["failed", null, true]]), "{run:#}");
}

#[test]
fn where_none_can_be_made_linked_worktrees_do_and_doctor_says_why() {
    let crew = AgentRun::new();
    crew.agent("where", "git rev-parse --git-common-dir >where");
    fs::create_dir_all(crew.repo.puff_dir()).unwrap();
    fs::write(crew.repo.puff_dir().join("pool"), "in the way").unwrap();
    let run = crew.tournament(&["--agent", "where", "--name", "fix"]);
    assert_eq!(each(&run, "apply"), ["applied"]);
    assert_eq!(crew.file("fix", 1, "where"), crew.repo.work().join(".git").display().to_string());
    let doctor = crew.repo.puff(&["doctor", "--porcelain"]).stdout;
    assert!(doctor.contains("CHECK=workspaces RESULT=warn VALUE=linked"), "{doctor}");
    fs::remove_file(crew.repo.puff_dir().join("pool")).unwrap();
    crew.tournament(&["--agent", "where", "--name", "next"]);
    assert_eq!(crew.file("next", 1, "where"), ".git");
    let doctor = crew.repo.puff(&["doctor", "--porcelain"]).stdout;
    assert!(doctor.contains("CHECK=workspaces RESULT=ok VALUE=1"), "{doctor}");
}

#[test]
fn what_a_lost_run_left_is_named_with_a_way_out_of_it() {
    let crew = AgentRun::new();
    let repo = &crew.repo;
    crew.agent("good", "echo x >x");
    crew.tournament(&["--agent", "good", "--name", "fix", "--keep"]);
    let lock = repo.puff_dir().join("locks/watcher");
    wait_until("nobody watches", || fs::File::open(&lock).is_ok_and(|file| file.try_lock_shared().is_ok()));
    repo.git(&["update-ref", "-d", "refs/puff/runs/fix"]);
    fs::remove_dir_all(repo.puff_dir().join("sessions/fix-var1")).unwrap();
    let folder = crew.workspace_root().join("fix/var1");
    let remove = format!("rm -r '{}'", folder.display());
    assert!(repo.puff(&["doctor"]).stdout.contains(&remove));
    let refused = crew.try_launch(&["--agent", "good", "--name", "fix"]).exits(1).complains(&["earlier run 'fix'"]);
    assert!(refused.stderr.contains("remove that folder"), "{}", refused.stderr);
    fs::remove_dir_all(&folder).unwrap();
    assert!(repo.puff(&["doctor"]).stdout.contains("is gone, but git-puff still has its record"));
    repo.puff(&["doctor", "--repair"]);
    assert!(!repo.puff(&["doctor"]).stdout.contains("still has its record"));
    repo.git(&["branch", "-D", "-q", "puff/fix/var1"]);
    let run = crew.tournament(&["--agent", "good", "--name", "fix"]);
    assert_eq!(each(&run, "apply"), ["applied"]);
}

#[test]
fn a_workspace_can_be_where_a_linked_worktree_was_removed_by_git() {
    let crew = AgentRun::new().linked();
    crew.agent("where", "git rev-parse --git-common-dir >where");
    crew.tournament(&["--agent", "where", "--name", "fix", "--keep"]);
    let folder = crew.workspace_root().join("fix/var1");
    crew.repo.git(&["worktree", "remove", "--force", folder.to_str().unwrap()]);
    crew.repo.puff(&["prune", "fix"]).ok();
    crew.repo.git(&["config", "--unset", "puff.workspace"]);
    crew.tournament(&["--agent", "where", "--name", "fix"]);
    assert_eq!(crew.file("fix", 1, "where"), ".git");
}

#[test]
fn the_pool_is_pruned_by_its_settings_and_by_name() {
    let crew = AgentRun::new();
    crew.agent("good", "echo x >x");
    crew.tournament(&["--agent", "good:3", "--name", "first"]);
    assert_eq!(pool(&crew).len(), 3);
    crew.repo.git(&["config", "puff.pool.max", "1"]);
    crew.tournament(&["--agent", "good", "--name", "second"]);
    assert_eq!(pool(&crew).len(), 1);
    let would = crew.repo.puff(&["prune", "--pool", "--dry-run"]).ok().stdout;
    assert!(would.starts_with("would remove 1 workspace ("), "{would}");
    let pruned = crew.repo.puff(&["prune", "--pool", "--json"]).ok().json();
    assert_eq!((&pruned["pool"]["workspaces"], &pruned["runs"]), (&json!(1), &json!([])));
    assert!(!crew.workspace_root().exists());
    assert_eq!(crew.repo.git(&["for-each-ref", "refs/puff/pool"]), "");
}

#[test]
fn git_puff_inside_a_workspace_finds_its_run() {
    let crew = AgentRun::new();
    crew.agent("asks", "git puff list >listed; git -C src puff show fix --json >shown");
    let run = crew.tournament(&["--agent", "asks", "--name", "fix", "--keep"]);
    assert_eq!(each(&run, "apply"), ["applied"], "{run:#}");
    assert!(crew.file("fix", 1, "listed").contains("fix"));
    // A workspace that says so of itself is not believed.
    let other = AgentRun::new();
    other.repo.git(&["config", "puff.home", &crew.repo.work().join(".git").display().to_string()]);
    let listed = other.repo.puff(&["list"]).ok().stdout;
    assert!(!listed.contains("fix"), "{listed}");
}

#[test]
fn what_an_agent_staged_by_force_or_untracked_counts_and_nothing_else_of_its_index() {
    let crew = AgentRun::new();
    crew.repo.commit(".gitignore", "dist/\n", "Ignore");
    crew.repo.commit("secret.env", "KEY=1\n", "A mistake");
    crew.agent(
        "means",
        "mkdir dist; echo built >dist/app; echo other >dist/other; git add -f dist/app
         git rm -q --cached secret.env; echo secret.env >>.gitignore; git commit -qam means; git rm -q --cached README",
    );
    let run = crew.tournament(&["--agent", "means", "--name", "fix"]);
    assert_eq!(
        crew.repo.git(&["diff", "--name-status", "main", "puff/fix/var1"]),
        "M\t.gitignore\nA\tdist/app\nD\tsecret.env",
        "{run:#}"
    );
}

#[test]
fn a_worktree_that_an_agent_makes_with_its_own_repository_is_excluded_and_kept_where_it_has_work() {
    let crew = AgentRun::new();
    crew.agent("plain", "git worktree add -q sub; echo x >x");
    crew.agent(
        "works",
        "git worktree add -q sub -b side; cd sub; echo s >s; git add s; git commit -qm s; cd ..; echo x >x",
    );
    let run = crew.tournament(&["--agent", "plain", "--agent", "works", "--name", "fix"]);
    let kinds = |variant: usize| run["variants"][variant]["risks"][0]["kind"].clone();
    assert_eq!((kinds(0), kinds(1)), (json!("worktree"), json!("worktree-work")), "{run:#}");
    for variant in 1..=2 {
        assert_eq!(crew.repo.git(&["diff", "--name-status", "main", &format!("puff/fix/var{variant}")]), "A\tx");
    }
    assert_eq!(crew.left(), ["fix"]);
    assert!(crew.workspace_root().join("fix/var2/sub/s").exists() && !crew.workspace_root().join("fix/var1").exists());
}
