//! What is lost is made again from the run refs; what is damaged is named, and stands in nobody's way.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::choice::Choice;
use crate::support::export::Export;
use crate::support::fake_codex::{FakeCodex, PROMPT};
use crate::support::test_repo::{Ran, TestRepo, run, wait_until};

#[test]
fn everything_but_the_run_refs_is_made_again() {
    let lab = TestRepo::new();
    let id = harvested(&lab);
    imported(&lab, "one", "one");
    let runbook = lab.work().join(".codex/bo4_runs.jsonl");
    let views = |lab: &TestRepo| {
        let refs = lab.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/puff"]);
        let notes = ["report", "runs"].map(|name| {
            let of = |object: &str| lab.try_git(&["notes", "--ref", &format!("puff/{name}"), "show", object]).stdout;
            (of("main"), of(&format!("puff/{id}/var1")), of("puff/one/var1"))
        });
        (refs, notes, lab.puff(&["report", &id]).ok().stdout)
    };
    let (before, log) = (views(&lab), fs::read_to_string(&runbook).unwrap());

    fs::remove_dir_all(lab.work().join(".codex")).unwrap();
    fs::remove_dir_all(lab.puff_dir()).unwrap();
    for name in [&format!("refs/heads/puff/{id}/var1")[..], "refs/heads/puff/one/var1", "refs/notes/puff/report"] {
        lab.git(&["update-ref", "-d", name]);
    }
    lab.git(&["update-ref", "-d", "refs/notes/puff/runs"]);
    let warned = lab.puff(&["doctor"]).ok();
    for words in ["no line in the runbook log", "/var1' is gone", "doctor --repair"] {
        assert!(warned.stdout.contains(words), "no '{words}' in:\n{}", warned.stdout);
    }
    assert!(!lab.work().join(".codex").exists(), "looking changes nothing");

    let repairs = repairs(lab.puff(&["doctor", "--repair", "--json"]).ok());
    let wanted = |words: &str| repairs.iter().any(|word| word.contains(words));
    assert!(
        wanted(&format!("added {id} to the runbook log")) && wanted("recreated the branch puff/one/var1"),
        "{repairs:#?}"
    );
    assert_eq!(views(&lab), before);
    assert_eq!(fs::read_to_string(&runbook).unwrap(), log);

    // The notes alone.
    for name in ["refs/notes/puff/report", "refs/notes/puff/runs"] {
        lab.git(&["update-ref", "-d", name]);
    }
    let repairs = self::repairs(lab.puff(&["doctor", "--repair", "--json"]).ok());
    assert_eq!(
        repairs.iter().filter(|word| word.starts_with("rewrote the report and notes")).count(),
        2,
        "{repairs:#?}"
    );
    assert_eq!(views(&lab), before);

    let fingerprint = lab.fingerprint();
    assert_eq!(self::repairs(lab.puff(&["doctor", "--repair", "--json"]).ok()), [""; 0]);
    assert_eq!(lab.fingerprint(), fingerprint);
}

#[test]
fn a_report_that_is_missing_or_of_another_time_is_made_again() {
    let lab = TestRepo::new();
    let id = harvested(&lab);
    let report = lab.puff(&["report", &id]).ok().stdout;
    // The newest step, without its reports.
    edit_run(&lab, &id, |index| {
        for file in ["report.md", "report.json"] {
            index(&["rm", "-q", "--cached", file]);
        }
    });
    let repairs = repairs(lab.puff(&["doctor", "--repair", "--json"]).ok());
    assert_eq!(repairs, [format!("rewrote the report and notes of {id}")]);
    assert_eq!(lab.git(&["show", &format!("refs/puff/runs/{id}:report.md")]) + "\n", report);
    lab.git(&["cat-file", "-e", &format!("refs/puff/runs/{id}:report.json")]);
}

#[test]
fn a_lock_of_a_ref_that_a_kill_left_behind_stops_nobody() {
    let lab = TestRepo::new();
    let id = harvested(&lab);
    let locks = [format!("refs/puff/runs/{id}.lock"), format!("refs/heads/puff/{id}/var1.lock")];
    let lock = |name: &str| fs::write(lab.work().join(".git").join(name), "").unwrap();
    let there = |name: &str| lab.work().join(".git").join(name).exists();
    lock(&locks[0]);
    lock("refs/notes/puff/report.lock");
    imported(&lab, "one", "one");
    assert!(lab.git(&["notes", "--ref", "puff/report", "show", "main"]).contains("# Handoff: one"));
    lab.git(&["branch", "-D", "-q", &format!("puff/{id}/var3")]);
    lab.puff(&["harvest", &id]).ok();
    assert_eq!(lab.show(&id)["variants"][2]["branch"], Value::Null);

    locks.iter().for_each(|name| lock(name));
    let warned = lab.puff(&["doctor"]).ok();
    assert!(warned.stdout.contains("a stale lock"), "{}", warned.stdout);
    assert!(locks.iter().all(|name| there(name)));
    let repairs = repairs(lab.puff(&["doctor", "--repair", "--json"]).ok());
    assert_eq!(repairs.iter().filter(|word| word.starts_with("removed a stale lock")).count(), 2, "{repairs:?}");
    assert!(!locks.iter().any(|name| there(name)));
    // The user's own refs are the user's own business.
    lock("refs/heads/main.lock");
    lab.puff(&["doctor", "--repair"]).ok();
    assert!(there("refs/heads/main.lock"));
}

#[test]
fn a_run_of_a_newer_git_puff_is_named_and_left_alone() {
    let lab = TestRepo::new();
    FakeCodex::headless_a(&lab);
    imported(&lab, "one", "one");
    record(&lab, "newer", br#"{"schema":"puff.run/2","run":"newer","shape":["unlike","ours"]}"#);
    let before = lab.git(&["rev-parse", "refs/puff/runs/newer"]);
    for args in [&["show", "newer"][..], &["report", "newer"], &["harvest", "newer"], &["watch", "newer"]] {
        lab.puff(args).exits(128).complains(&["'newer'", "newer git-puff", "puff.run/2"]);
    }
    let list = lab.puff(&["list", "--json"]).exits(128);
    assert!(list.stderr.contains("'newer'"), "{}", list.stderr);
    let runs = list.json();
    assert_eq!(runs["runs"].as_array().unwrap().iter().map(|run| &run["run"]).collect::<Vec<_>>(), ["one"]);
    let doctor = lab.puff(&["doctor", "--repair"]).exits(1);
    assert!(doctor.stdout.contains("newer git-puff"), "{}", doctor.stdout);
    // Neither a name nor an import takes its place.
    let export = Export::new(&lab, "other");
    export.patch(1, lab.patch("README", "other\n"));
    assert_ne!(export.harvest(&lab, &["--name", "newer"]).code, 0);
    lab.puff(&["harvest"]);
    assert_eq!(lab.git(&["rev-parse", "refs/puff/runs/newer"]), before);
    // The others go on.
    lab.puff(&["harvest", "one"]).ok();
    lab.puff(&["show", "one"]).ok();
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_left_alone() {
    let lab = TestRepo::new();
    FakeCodex::headless_a(&lab);
    imported(&lab, "one", "one");
    record(&lab, "torn", b"{\"schema\":\"puff.run/1\",\"run\":");
    record(&lab, "other-kind", br#"{"schema":"puff.report/1"}"#);
    record(&lab, "text", b"no JSON at all\n");
    lab.git(&["update-ref", "refs/puff/runs/blob", &lab.git(&["rev-parse", "main:README"])]);
    lab.git(&["update-ref", "refs/puff/runs/empty", "main"]);
    // One whose commit is gone, as a full disk may leave it.
    let gone = lab.git(&["commit-tree", "-m", "gone", "main^{tree}"]);
    lab.git(&["update-ref", "refs/puff/runs/gone", &gone]);
    fs::remove_file(lab.work().join(".git/objects").join(&gone[..2]).join(&gone[2..])).unwrap();
    let refs = || lab.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/puff"]);
    let before = refs();

    for id in ["torn", "other-kind", "text", "blob", "empty", "gone"] {
        let ran = lab.puff(&["show", id]);
        assert!(ran.code == 128 || ran.code == 1, "{id}: {}", ran.code);
        ran.complains(&[]);
    }
    for id in ["torn", "other-kind", "text", "empty"] {
        lab.puff(&["show", id]).exits(128).complains(&[&format!("'{id}'"), "cannot read"]);
    }
    let list = lab.puff(&["list", "--json"]).exits(128);
    assert_eq!(list.json()["runs"].as_array().unwrap().len(), 1);
    assert_eq!(list.stderr.lines().filter(|line| line.starts_with("warning: ")).count(), 6, "{}", list.stderr);
    let doctor = lab.puff(&["doctor", "--repair"]).exits(1);
    assert!(doctor.stdout.contains("'torn'") && doctor.stdout.contains("'empty'"), "{}", doctor.stdout);
    assert_eq!(refs(), before);

    // The other runs, and new ones, go on.
    lab.puff(&["harvest", "one"]).ok();
    lab.puff(&["submit", "--env", "acme/widgets", "--prompt", "Trim"]).ok();
    assert_eq!(lab.show("@")["state"], "pending");
}

#[test]
fn what_a_later_version_adds_to_a_record_survives_a_change() {
    let lab = TestRepo::new();
    let codex = FakeCodex::headless_a(&lab);
    codex.phase("partial");
    let id = submitted(&lab);
    lab.puff(&["harvest", &id]).ok();
    let mut document: Value =
        serde_json::from_str(&lab.git(&["show", &format!("refs/puff/runs/{id}:run.json")])).unwrap();
    document["mood"] = json!({"of": ["the", "day"]});
    document["variants"][0]["colour"] = json!("green");
    document["attention"] = json!("needs-coffee");
    lab.write("run.json", document.to_string());
    edit_run(&lab, &id, |index| {
        let blob = lab.git(&["hash-object", "-w", "run.json"]);
        index(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},run.json")]);
        index(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},a-file-of-tomorrow")]);
    });

    codex.phase("ready");
    let run = lab.puff(&["harvest", &id, "--json"]).ok().json();
    assert_eq!((&run["state"], &run["mood"]), (&"harvested".into(), &json!({"of": ["the", "day"]})));
    assert_eq!((&run["variants"][0]["colour"], &run["attention"]), (&"green".into(), &"needs-coffee".into()));
    lab.git(&["cat-file", "-e", &format!("refs/puff/runs/{id}:a-file-of-tomorrow")]);
}

/// A run of the cloud with three branches.
fn harvested(lab: &TestRepo) -> String {
    let codex = FakeCodex::headless_a(lab);
    codex.phase("ready");
    let id = submitted(lab);
    lab.puff(&["harvest", &id]).ok();
    id
}

fn submitted(lab: &TestRepo) -> String {
    lab.puff(&["submit", "--env", "acme/widgets", "--prompt", PROMPT, "--porcelain"]).ok().value("RUN")
}

fn imported(lab: &TestRepo, text: &str, name: &str) {
    let export = Export::new(lab, name);
    export.patch(1, lab.patch("README", format!("{text}\n")));
    export.harvest(lab, &["--name", name]).ok();
}

fn repairs(ran: Ran) -> Vec<String> {
    let document = ran.json();
    let repairs = document["repairs"].as_array().expect("repairs");
    repairs.iter().map(|word| word.as_str().expect("text").to_owned()).collect()
}

/// Makes a run ref by hand, with this record.
fn record(lab: &TestRepo, name: &str, json: &[u8]) {
    lab.write("record", json);
    let blob = lab.git(&["hash-object", "-w", "record"]);
    fs::remove_file(lab.work().join("record")).unwrap();
    let index = lab.path("home/index");
    let git = |args: &[&str]| run(lab.command("git").env("GIT_INDEX_FILE", &index).args(args)).ok().stdout;
    git(&["read-tree", "--empty"]);
    git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},run.json")]);
    let tree = git(&["write-tree"]);
    let commit = lab.git(&["commit-tree", "-m", "by hand", tree.trim()]);
    lab.git(&["update-ref", &format!("refs/puff/runs/{name}"), &commit]);
}

/// Adds a step to a run's journal by hand; `edit` changes an index that holds its tree.
fn edit_run(lab: &TestRepo, id: &str, edit: impl FnOnce(&dyn Fn(&[&str]))) {
    let (name, index) = (format!("refs/puff/runs/{id}"), lab.path("home/index"));
    let git = |args: &[&str]| run(lab.command("git").env("GIT_INDEX_FILE", &index).args(args)).ok().stdout;
    git(&["read-tree", &name]);
    edit(&|args| drop(git(args)));
    let tree = git(&["write-tree"]);
    let commit = lab.git(&["commit-tree", "-m", "by hand", "-p", &name, tree.trim()]);
    lab.git(&["update-ref", &name, &commit]);
}

#[test]
fn branches_of_no_run_are_found_and_go_only_where_they_are_kept() {
    let choice = Choice::new();
    let lab = &choice.lab;
    let branches = ["puff/fix/var1", "puff/fix/var2", "puff/fix/var3"];
    let tips: Vec<String> = branches.iter().map(|branch| lab.git(&["rev-parse", branch])).collect();
    lab.puff(&["prune", "fix"]).ok();
    // As a harvest or a sync leaves them that was at it when the run was pruned.
    lab.git(&["branch", "puff/fix/var1", &tips[0]]);
    lab.git(&["branch", "puff/fix/var2", &tips[1]]);
    lab.git(&["branch", "puff/gone/var1", &tips[0]]);
    lab.git(&["switch", "-q", "-c", "puff/fix/var3", &tips[2]]);
    lab.commit("mine.txt", "mine\n", "Mine");
    lab.git(&["switch", "-q", "puff/fix/var2"]);
    let lost = lab.git(&["commit-tree", "-m", "Lost\n\nPuff-Run: lost\nPuff-Variant: 1/1", "main^{tree}"]);
    lab.git(&["branch", "puff/lost/var1", &lost]);

    let found = lab.puff(&["doctor"]).ok().stdout;
    let is_found = |branch: &str| found.contains(&format!("the branch '{branch}' belongs to no run"));
    assert!(is_found("puff/fix/var1") && is_found("puff/fix/var2") && is_found("puff/lost/var1"), "{found}");
    assert!(!is_found("puff/fix/var3"), "work of somebody's own: {found}");
    assert!(!is_found("puff/gone/var1"), "it is another run's commit: {found}");
    let done = repairs(lab.puff(&["doctor", "--repair", "--json"]).ok());
    let deleted: Vec<&String> = done.iter().filter(|word| word.starts_with("deleted the branch")).collect();
    assert!(deleted.len() == 1 && deleted[0].contains("puff/fix/var1"), "{done:?}");
    let left = lab.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads/puff"]);
    assert_eq!(left, "puff/fix/var2\npuff/fix/var3\npuff/gone/var1\npuff/lost/var1");
    lab.git(&["switch", "-q", "main"]);
    lab.git(&["branch", "-D", "-q", "puff/fix/var3"]);
    lab.puff(&["undo", "fix"]).ok();
    assert_eq!(lab.git(&["rev-parse", "puff/fix/var1", "puff/fix/var3"]), format!("{}\n{}", tips[0], tips[2]));
}

#[test]
fn empty_folders_of_reviews_go() {
    let choice = Choice::new();
    let lab = &choice.lab;
    let workspace_root = lab.path("work.puff");
    fs::create_dir_all(workspace_root.join("fix")).unwrap();
    fs::create_dir_all(workspace_root.join("full")).unwrap();
    fs::write(workspace_root.join("full/note"), "").unwrap();
    let found = lab.puff(&["doctor"]).ok().stdout;
    assert!(found.contains("work.puff/fix' is empty") && !found.contains("work.puff/full'"), "{found}");
    let done = repairs(lab.puff(&["doctor", "--repair", "--json"]).ok());
    assert!(done.iter().any(|word| word.starts_with("removed the empty folder")), "{done:?}");
    assert!(!workspace_root.join("fix").exists() && workspace_root.join("full/note").exists());
}

#[test]
fn a_line_of_the_runbook_is_there_once_whoever_adds_it() {
    let lab = TestRepo::new();
    let id = harvested(&lab);
    let runbook = lab.work().join(".codex/bo4_runs.jsonl");
    let count = || fs::read_to_string(&runbook).unwrap().lines().filter(|line| line.contains(&id)).count();
    assert_eq!(count(), 1);
    fs::remove_file(&runbook).unwrap();
    // Several repairs that have all found it missing.
    let lock = fs::File::options().create(true).truncate(false).write(true).open(lab.puff_dir().join("locks/write"));
    let lock = lock.unwrap();
    lock.lock().unwrap();
    let mut at_once: Vec<_> = (0..4).map(|_| lab.spawn(&["doctor", "--repair"], std::process::Stdio::null())).collect();
    lock.unlock().unwrap();
    assert_eq!(at_once.iter_mut().filter_map(|child| child.wait().unwrap().code()).count(), 4);
    assert_eq!(count(), 1, "{}", fs::read_to_string(&runbook).unwrap());
}

#[test]
fn a_prefix_that_makes_no_branch_is_refused() {
    let lab = TestRepo::new();
    for bad in
        ["-x", "-x/", "--upload-pack=/", "refs/heads/", "HEAD/", "/x/", "x//", "a b/", "a..b/", "x.lock/", ".x/", "@{"]
    {
        lab.git(&["config", "puff.branchPrefix", bad]);
        let export = Export::new(&lab, "one");
        export.patch(1, lab.patch("README", "one\n"));
        assert_ne!(export.harvest(&lab, &["--name", "one"]).code, 0, "{bad}");
        let found = lab.puff(&["doctor"]).exits(1).stdout;
        assert!(found.contains("branchPrefix") || found.contains("branchprefix"), "{bad}: {found}");
        lab.puff(&["show", "one"]).exits(1);
    }
}

#[test]
fn a_lock_that_a_killed_git_left_is_removed_and_one_in_use_is_not() {
    let lab = TestRepo::new();
    let lock = |name: &str, age: u64| {
        let path = lab.work().join(".git").join(name);
        let file = std::fs::File::create(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
        path
    };
    let mut running = lab.command("git").args(["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().unwrap();
    let old = lock("config.lock", 0);
    let age = || old.metadata().unwrap().modified().unwrap().elapsed().unwrap();
    wait_until("the lock is old enough for an orphan", || age() > std::time::Duration::from_secs(11));
    lab.puff(&["doctor", "--repair"]);
    assert!(old.exists(), "a git runs here that was started before it, and may hold it");

    let older = lock("index.lock", 3600);
    std::fs::remove_file(&old).unwrap();
    lab.puff(&["doctor", "--repair"]);
    assert!(!older.exists(), "the git that runs was started after it");
    drop(running.stdin.take());
    running.wait().unwrap();

    let (young, old) = (lock("HEAD.lock", 0), lock("config.lock", 60));

    let said = lab.puff(&["doctor", "--porcelain"]).stdout;
    let locks: Vec<&str> = said.lines().filter(|line| line.starts_with("CHECK=locks")).collect();
    assert_eq!(locks, [format!("CHECK=locks RESULT=warn VALUE={}", old.display())]);
    lab.puff(&["doctor", "--repair"]);
    assert!(!old.exists() && young.exists());
}
