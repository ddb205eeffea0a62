//! What is lost is made again from the run refs; what is damaged is named, and stands in nobody's way.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::choice::Choice;
use crate::support::export::Export;
use crate::support::fake_codex::{FakeCodex, PROMPT};
use crate::support::test_repo::{Ran, TestRepo, run, wait_until};

#[test]
fn everything_but_the_run_refs_is_rebuilt() {
    let repo = TestRepo::new();
    let id = harvested(&repo);
    imported(&repo, "one", "one");
    let runbook = repo.work().join(".codex/bo4_runs.jsonl");
    let views = |repo: &TestRepo| {
        let refs = repo.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/puff"]);
        let notes = ["report", "runs"].map(|name| {
            let of = |object: &str| repo.try_git(&["notes", "--ref", &format!("puff/{name}"), "show", object]).stdout;
            (of("main"), of(&format!("puff/{id}/var1")), of("puff/one/var1"))
        });
        (refs, notes, repo.puff(&["report", &id]).ok().stdout)
    };
    let (before, log) = (views(&repo), fs::read_to_string(&runbook).unwrap());

    fs::remove_dir_all(repo.work().join(".codex")).unwrap();
    fs::remove_dir_all(repo.puff_dir()).unwrap();
    for name in [&format!("refs/heads/puff/{id}/var1")[..], "refs/heads/puff/one/var1", "refs/notes/puff/report"] {
        repo.git(&["update-ref", "-d", name]);
    }
    repo.git(&["update-ref", "-d", "refs/notes/puff/runs"]);
    let warned = repo.puff(&["doctor"]).ok();
    for words in ["no line in the runbook log", "/var1' is gone", "doctor --repair"] {
        assert!(warned.stdout.contains(words), "no '{words}' in:\n{}", warned.stdout);
    }
    assert!(!repo.work().join(".codex").exists(), "looking changes nothing");

    let repairs = repairs(repo.puff(&["doctor", "--repair", "--json"]).ok());
    let wanted = |words: &str| repairs.iter().any(|word| word.contains(words));
    assert!(
        wanted(&format!("added {id} to the runbook log")) && wanted("recreated the branch puff/one/var1"),
        "{repairs:#?}"
    );
    assert_eq!(views(&repo), before);
    assert_eq!(fs::read_to_string(&runbook).unwrap(), log);

    // The notes alone.
    for name in ["refs/notes/puff/report", "refs/notes/puff/runs"] {
        repo.git(&["update-ref", "-d", name]);
    }
    let repairs = self::repairs(repo.puff(&["doctor", "--repair", "--json"]).ok());
    assert_eq!(
        repairs.iter().filter(|word| word.starts_with("rewrote the report and notes")).count(),
        2,
        "{repairs:#?}"
    );
    assert_eq!(views(&repo), before);

    let fingerprint = repo.fingerprint();
    assert_eq!(self::repairs(repo.puff(&["doctor", "--repair", "--json"]).ok()), [""; 0]);
    assert_eq!(repo.fingerprint(), fingerprint);
}

#[test]
fn a_report_that_is_missing_or_of_another_time_is_made_again() {
    let repo = TestRepo::new();
    let id = harvested(&repo);
    let report = repo.puff(&["report", &id]).ok().stdout;
    // The newest step, without its reports.
    edit_run(&repo, &id, |index| {
        for file in ["report.md", "report.json"] {
            index(&["rm", "-q", "--cached", file]);
        }
    });
    let repairs = repairs(repo.puff(&["doctor", "--repair", "--json"]).ok());
    assert_eq!(repairs, [format!("rewrote the report and notes of {id}")]);
    assert_eq!(repo.git(&["show", &format!("refs/puff/runs/{id}:report.md")]) + "\n", report);
    repo.git(&["cat-file", "-e", &format!("refs/puff/runs/{id}:report.json")]);
}

#[test]
fn stale_ref_locks_of_killed_processes_do_not_stop_writes() {
    let repo = TestRepo::new();
    let id = harvested(&repo);
    let locks = [format!("refs/puff/runs/{id}.lock"), format!("refs/heads/puff/{id}/var1.lock")];
    let lock = |name: &str| fs::write(repo.work().join(".git").join(name), "").unwrap();
    let there = |name: &str| repo.work().join(".git").join(name).exists();
    lock(&locks[0]);
    lock("refs/notes/puff/report.lock");
    imported(&repo, "one", "one");
    assert!(repo.git(&["notes", "--ref", "puff/report", "show", "main"]).contains("# Handoff: one"));
    repo.git(&["branch", "-D", "-q", &format!("puff/{id}/var3")]);
    repo.puff(&["harvest", &id]).ok();
    assert_eq!(repo.show(&id)["variants"][2]["branch"], Value::Null);

    locks.iter().for_each(|name| lock(name));
    let warned = repo.puff(&["doctor"]).ok();
    assert!(warned.stdout.contains("a stale lock"), "{}", warned.stdout);
    assert!(locks.iter().all(|name| there(name)));
    let repairs = repairs(repo.puff(&["doctor", "--repair", "--json"]).ok());
    assert_eq!(repairs.iter().filter(|word| word.starts_with("removed a stale lock")).count(), 2, "{repairs:?}");
    assert!(!locks.iter().any(|name| there(name)));
    // The user's own refs are the user's own business.
    lock("refs/heads/main.lock");
    repo.puff(&["doctor", "--repair"]).ok();
    assert!(there("refs/heads/main.lock"));
}

#[test]
fn a_run_of_a_newer_git_puff_is_named_and_unchanged() {
    let repo = TestRepo::new();
    FakeCodex::headless_a(&repo);
    imported(&repo, "one", "one");
    record(&repo, "newer", br#"{"schema":"puff.run/2","run":"newer","shape":["unlike","ours"]}"#);
    let before = repo.git(&["rev-parse", "refs/puff/runs/newer"]);
    for args in [&["show", "newer"][..], &["report", "newer"], &["harvest", "newer"], &["watch", "newer"]] {
        repo.puff(args).exits(128).complains(&["'newer'", "newer git-puff", "puff.run/2"]);
    }
    let list = repo.puff(&["list", "--json"]).exits(128);
    assert!(list.stderr.contains("'newer'"), "{}", list.stderr);
    let runs = list.json();
    assert_eq!(runs["runs"].as_array().unwrap().iter().map(|run| &run["run"]).collect::<Vec<_>>(), ["one"]);
    let doctor = repo.puff(&["doctor", "--repair"]).exits(1);
    assert!(doctor.stdout.contains("newer git-puff"), "{}", doctor.stdout);
    // Neither a name nor an import takes its place.
    let export = Export::new(&repo, "other");
    export.patch(1, repo.patch("README", "other\n"));
    assert_ne!(export.harvest(&repo, &["--name", "newer"]).code, 0);
    repo.puff(&["harvest"]);
    assert_eq!(repo.git(&["rev-parse", "refs/puff/runs/newer"]), before);
    // The others go on.
    repo.puff(&["harvest", "one"]).ok();
    repo.puff(&["show", "one"]).ok();
}

#[test]
fn an_unreadable_record_is_named_and_unchanged() {
    let repo = TestRepo::new();
    FakeCodex::headless_a(&repo);
    imported(&repo, "one", "one");
    record(&repo, "torn", b"{\"schema\":\"puff.run/1\",\"run\":");
    record(&repo, "other-kind", br#"{"schema":"puff.report/1"}"#);
    record(&repo, "text", b"no JSON at all\n");
    repo.git(&["update-ref", "refs/puff/runs/blob", &repo.git(&["rev-parse", "main:README"])]);
    repo.git(&["update-ref", "refs/puff/runs/empty", "main"]);
    // One whose commit is gone, as a full disk may leave it.
    let gone = repo.git(&["commit-tree", "-m", "gone", "main^{tree}"]);
    repo.git(&["update-ref", "refs/puff/runs/gone", &gone]);
    fs::remove_file(repo.work().join(".git/objects").join(&gone[..2]).join(&gone[2..])).unwrap();
    let refs = || repo.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/puff"]);
    let before = refs();

    for id in ["torn", "other-kind", "text", "blob", "empty", "gone"] {
        let ran = repo.puff(&["show", id]);
        assert!(ran.code == 128 || ran.code == 1, "{id}: {}", ran.code);
        ran.complains(&[]);
    }
    for id in ["torn", "other-kind", "text", "empty"] {
        repo.puff(&["show", id]).exits(128).complains(&[&format!("'{id}'"), "cannot read"]);
    }
    let list = repo.puff(&["list", "--json"]).exits(128);
    assert_eq!(list.json()["runs"].as_array().unwrap().len(), 1);
    assert_eq!(list.stderr.lines().filter(|line| line.starts_with("warning: ")).count(), 6, "{}", list.stderr);
    let doctor = repo.puff(&["doctor", "--repair"]).exits(1);
    assert!(doctor.stdout.contains("'torn'") && doctor.stdout.contains("'empty'"), "{}", doctor.stdout);
    assert_eq!(refs(), before);

    // The other runs, and new ones, go on.
    repo.puff(&["harvest", "one"]).ok();
    repo.puff(&["submit", "--env", "acme/widgets", "--prompt", "Trim"]).ok();
    assert_eq!(repo.show("@")["state"], "pending");
}

#[test]
fn what_a_later_version_adds_to_a_record_survives_a_change() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.phase("partial");
    let id = submitted(&repo);
    repo.puff(&["harvest", &id]).ok();
    let mut document: Value =
        serde_json::from_str(&repo.git(&["show", &format!("refs/puff/runs/{id}:run.json")])).unwrap();
    document["mood"] = json!({"of": ["the", "day"]});
    document["variants"][0]["colour"] = json!("green");
    document["attention"] = json!("needs-coffee");
    repo.write("run.json", document.to_string());
    edit_run(&repo, &id, |index| {
        let blob = repo.git(&["hash-object", "-w", "run.json"]);
        index(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},run.json")]);
        index(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},a-file-of-tomorrow")]);
    });

    codex.phase("ready");
    let run = repo.puff(&["harvest", &id, "--json"]).ok().json();
    assert_eq!((&run["state"], &run["mood"]), (&"harvested".into(), &json!({"of": ["the", "day"]})));
    assert_eq!((&run["variants"][0]["colour"], &run["attention"]), (&"green".into(), &"needs-coffee".into()));
    repo.git(&["cat-file", "-e", &format!("refs/puff/runs/{id}:a-file-of-tomorrow")]);
}

/// A run of the cloud with three branches.
fn harvested(repo: &TestRepo) -> String {
    let codex = FakeCodex::headless_a(repo);
    codex.phase("ready");
    let id = submitted(repo);
    repo.puff(&["harvest", &id]).ok();
    id
}

fn submitted(repo: &TestRepo) -> String {
    repo.puff(&["submit", "--env", "acme/widgets", "--prompt", PROMPT, "--porcelain"]).ok().value("RUN")
}

fn imported(repo: &TestRepo, text: &str, name: &str) {
    let export = Export::new(repo, name);
    export.patch(1, repo.patch("README", format!("{text}\n")));
    export.harvest(repo, &["--name", name]).ok();
}

fn repairs(ran: Ran) -> Vec<String> {
    let document = ran.json();
    let repairs = document["repairs"].as_array().expect("repairs");
    repairs.iter().map(|word| word.as_str().expect("text").to_owned()).collect()
}

/// Makes a run ref by hand, with this record.
fn record(repo: &TestRepo, name: &str, json: &[u8]) {
    repo.write("record", json);
    let blob = repo.git(&["hash-object", "-w", "record"]);
    fs::remove_file(repo.work().join("record")).unwrap();
    let index = repo.path("home/index");
    let git = |args: &[&str]| run(repo.command("git").env("GIT_INDEX_FILE", &index).args(args)).ok().stdout;
    git(&["read-tree", "--empty"]);
    git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},run.json")]);
    let tree = git(&["write-tree"]);
    let commit = repo.git(&["commit-tree", "-m", "by hand", tree.trim()]);
    repo.git(&["update-ref", &format!("refs/puff/runs/{name}"), &commit]);
}

/// Adds a step to a run's journal by hand; `edit` changes an index that holds its tree.
fn edit_run(repo: &TestRepo, id: &str, edit: impl FnOnce(&dyn Fn(&[&str]))) {
    let (name, index) = (format!("refs/puff/runs/{id}"), repo.path("home/index"));
    let git = |args: &[&str]| run(repo.command("git").env("GIT_INDEX_FILE", &index).args(args)).ok().stdout;
    git(&["read-tree", &name]);
    edit(&|args| drop(git(args)));
    let tree = git(&["write-tree"]);
    let commit = repo.git(&["commit-tree", "-m", "by hand", "-p", &name, tree.trim()]);
    repo.git(&["update-ref", &name, &commit]);
}

#[test]
fn orphaned_branches_are_found_and_removed_only_with_a_recovery_point() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let branches = ["puff/fix/var1", "puff/fix/var2", "puff/fix/var3"];
    let tips: Vec<String> = branches.iter().map(|branch| repo.git(&["rev-parse", branch])).collect();
    repo.puff(&["prune", "fix"]).ok();
    // As a harvest or a sync leaves them that was at it when the run was pruned.
    repo.git(&["branch", "puff/fix/var1", &tips[0]]);
    repo.git(&["branch", "puff/fix/var2", &tips[1]]);
    repo.git(&["branch", "puff/gone/var1", &tips[0]]);
    repo.git(&["switch", "-q", "-c", "puff/fix/var3", &tips[2]]);
    repo.commit("mine.txt", "mine\n", "Mine");
    repo.git(&["switch", "-q", "puff/fix/var2"]);
    let lost = repo.git(&["commit-tree", "-m", "Lost\n\nPuff-Run: lost\nPuff-Variant: 1/1", "main^{tree}"]);
    repo.git(&["branch", "puff/lost/var1", &lost]);

    let found = repo.puff(&["doctor"]).ok().stdout;
    let is_found = |branch: &str| found.contains(&format!("the branch '{branch}' belongs to no run"));
    assert!(is_found("puff/fix/var1") && is_found("puff/fix/var2") && is_found("puff/lost/var1"), "{found}");
    assert!(!is_found("puff/fix/var3"), "work of somebody's own: {found}");
    assert!(!is_found("puff/gone/var1"), "it is another run's commit: {found}");
    let done = repairs(repo.puff(&["doctor", "--repair", "--json"]).ok());
    let deleted: Vec<&String> = done.iter().filter(|word| word.starts_with("deleted the branch")).collect();
    assert!(deleted.len() == 1 && deleted[0].contains("puff/fix/var1"), "{done:?}");
    let left = repo.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads/puff"]);
    assert_eq!(left, "puff/fix/var2\npuff/fix/var3\npuff/gone/var1\npuff/lost/var1");
    repo.git(&["switch", "-q", "main"]);
    repo.git(&["branch", "-D", "-q", "puff/fix/var3"]);
    repo.puff(&["undo", "fix"]).ok();
    assert_eq!(repo.git(&["rev-parse", "puff/fix/var1", "puff/fix/var3"]), format!("{}\n{}", tips[0], tips[2]));
}

#[test]
fn empty_review_folders_are_removed() {
    let choice = Choice::new();
    let repo = &choice.repo;
    let workspace_root = repo.path("work.puff");
    fs::create_dir_all(workspace_root.join("fix")).unwrap();
    fs::create_dir_all(workspace_root.join("full")).unwrap();
    fs::write(workspace_root.join("full/note"), "").unwrap();
    let found = repo.puff(&["doctor"]).ok().stdout;
    assert!(found.contains("work.puff/fix' is empty") && !found.contains("work.puff/full'"), "{found}");
    let done = repairs(repo.puff(&["doctor", "--repair", "--json"]).ok());
    assert!(done.iter().any(|word| word.starts_with("removed the empty folder")), "{done:?}");
    assert!(!workspace_root.join("fix").exists() && workspace_root.join("full/note").exists());
}

#[test]
fn the_runbook_has_each_line_once() {
    let repo = TestRepo::new();
    let id = harvested(&repo);
    let runbook = repo.work().join(".codex/bo4_runs.jsonl");
    let count = || fs::read_to_string(&runbook).unwrap().lines().filter(|line| line.contains(&id)).count();
    assert_eq!(count(), 1);
    fs::remove_file(&runbook).unwrap();
    // Several repairs that have all found it missing.
    let lock = fs::File::options().create(true).truncate(false).write(true).open(repo.puff_dir().join("locks/write"));
    let lock = lock.unwrap();
    lock.lock().unwrap();
    let mut at_once: Vec<_> =
        (0..4).map(|_| repo.spawn(&["doctor", "--repair"], std::process::Stdio::null())).collect();
    lock.unlock().unwrap();
    assert_eq!(at_once.iter_mut().filter_map(|child| child.wait().unwrap().code()).count(), 4);
    assert_eq!(count(), 1, "{}", fs::read_to_string(&runbook).unwrap());
}

#[test]
fn a_prefix_that_makes_no_branch_is_refused() {
    let repo = TestRepo::new();
    for bad in
        ["-x", "-x/", "--upload-pack=/", "refs/heads/", "HEAD/", "/x/", "x//", "a b/", "a..b/", "x.lock/", ".x/", "@{"]
    {
        repo.git(&["config", "puff.branchPrefix", bad]);
        let export = Export::new(&repo, "one");
        export.patch(1, repo.patch("README", "one\n"));
        assert_ne!(export.harvest(&repo, &["--name", "one"]).code, 0, "{bad}");
        let found = repo.puff(&["doctor"]).exits(1).stdout;
        assert!(found.contains("branchPrefix") || found.contains("branchprefix"), "{bad}: {found}");
        repo.puff(&["show", "one"]).exits(1);
    }
}

#[test]
fn a_lock_that_a_killed_git_left_is_removed_and_one_in_use_is_not() {
    let repo = TestRepo::new();
    let lock = |name: &str, age: u64| {
        let path = repo.work().join(".git").join(name);
        let file = std::fs::File::create(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
        path
    };
    let mut running = repo.command("git").args(["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().unwrap();
    let old = lock("config.lock", 0);
    let age = || old.metadata().unwrap().modified().unwrap().elapsed().unwrap();
    wait_until("the lock is old enough for an orphan", || age() > std::time::Duration::from_secs(11));
    repo.puff(&["doctor", "--repair"]);
    assert!(old.exists(), "a git runs here that was started before it, and may hold it");

    let older = lock("index.lock", 3600);
    std::fs::remove_file(&old).unwrap();
    repo.puff(&["doctor", "--repair"]);
    assert!(!older.exists(), "the git that runs was started after it");
    drop(running.stdin.take());
    running.wait().unwrap();

    let (young, old) = (lock("HEAD.lock", 0), lock("config.lock", 60));

    let said = repo.puff(&["doctor", "--porcelain"]).stdout;
    let locks: Vec<&str> = said.lines().filter(|line| line.starts_with("CHECK=locks")).collect();
    assert_eq!(locks, [format!("CHECK=locks RESULT=warn VALUE={}", old.display())]);
    repo.puff(&["doctor", "--repair"]);
    assert!(!old.exists() && young.exists());
}
