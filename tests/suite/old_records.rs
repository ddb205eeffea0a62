//! Records of earlier versions keep opening: the one that is checked in was written by the first git-puff, of a run of
//! the official client that had been harvested.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::test_repo::{TestRepo, finish};

const RECORD: &str = include_str!("../records/run-1.json");

/// A repository of the time before the steps of a journal said what they are, and before recovery points said of which
/// history they are: `fix` is picked onto `release`, with a report that was made again since; `gone` is pruned; and the
/// prune of `half` was killed before its end.
const JOURNAL: &[u8] = include_bytes!("../records/journal-1.bundle");

/// A test repository that has that repository beside its own branches.
fn journal() -> TestRepo {
    let repo = TestRepo::new();
    let bundle = repo.path("journal.bundle");
    std::fs::write(&bundle, JOURNAL).unwrap();
    let refspecs = ["refs/heads/release", "refs/heads/puff/*", "refs/puff/*", "refs/notes/*"];
    let refspecs = refspecs.map(|name| format!("{name}:{name}"));
    let mut args = vec!["fetch", "-q", bundle.to_str().unwrap()];
    args.extend(refspecs.iter().map(String::as_str));
    repo.git(&args);
    repo
}

/// Puts a run of this record into the test repository, as another clone would have sent it.
fn keep(repo: &TestRepo, record: &str, name: &str) {
    let mut child = repo.command("git");
    let child = child.args(["hash-object", "-w", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), record.as_bytes()).unwrap();
    let blob = finish(child.wait_with_output().unwrap()).stdout;
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{},run.json", blob.trim())]);
    let tree = repo.git(&["write-tree"]);
    repo.git(&["reset", "-q", "--hard"]);
    let commit = repo.git(&["commit-tree", &tree, "-m", "sent by a colleague"]);
    repo.git(&["update-ref", &format!("refs/puff/runs/{name}"), &commit]);
}

#[test]
fn a_record_of_the_first_version_is_listed_shown_and_changed() {
    let repo = TestRepo::new();
    let mut record: Value = serde_json::from_str(RECORD).unwrap();
    record["base_oid"] = json!(repo.git(&["rev-parse", "HEAD"]));
    // What a later version may have added stays where it is.
    record["from_the_future"] = json!({"kept": true});
    record["variants"][0]["mood"] = json!("good");
    let name = record["run"].as_str().unwrap().to_owned();
    keep(&repo, &record.to_string(), &name);

    let shown = repo.show("@");
    for (field, value) in record.as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    assert!(repo.puff(&["list"]).ok().stdout.contains(&name));
    assert!(repo.puff(&["report", "@"]).ok().stdout.contains("3 applied"));

    repo.puff(&["doctor", "--repair"]);
    let changed = repo.show("@");
    assert_eq!(changed["from_the_future"], json!({"kept": true}));
    assert_eq!(changed["variants"][0]["mood"], json!("good"));
}

#[test]
fn a_pick_of_an_earlier_version_is_undone() {
    let repo = journal();
    assert_eq!(repo.git(&["rev-parse", "release"]), repo.git(&["rev-parse", "puff/fix/var1"]));
    let ran = repo.puff(&["undo", "fix"]).ok();
    assert!(ran.stdout.contains("the pick of var1 of 'fix'"), "{}", ran.stdout);
    assert_eq!(repo.show("fix")["decision"], Value::Null);
    assert_eq!(repo.git(&["rev-parse", "release"]), repo.git(&["rev-parse", "puff/fix/var1~1"]));
    repo.puff(&["undo", "fix"]).exits(1).complains(&["nothing to undo"]);
    repo.puff(&["pick", "fix:2", "--onto", "release"]).ok();
    repo.puff(&["undo", "fix"]).ok();
    assert_eq!(repo.git(&["for-each-ref", "refs/puff/trash/fix"]), "");
}

#[test]
fn a_prune_of_an_earlier_version_is_undone_or_ended() {
    let repo = journal();
    repo.puff(&["undo", "gone"]).ok();
    assert_eq!(repo.show("gone")["state"], "harvested");
    repo.git(&["rev-parse", "--verify", "puff/gone/var2"]);
    let found = repo.puff(&["doctor"]).ok();
    assert!(found.stdout.contains("the prune of 'half' was interrupted"), "{}", found.stdout);
    repo.puff(&["doctor", "--repair"]).ok();
    repo.puff(&["show", "half"]).exits(1);
    repo.puff(&["undo", "half"]).ok();
    assert_eq!(repo.show("half")["state"], "harvested");
    repo.git(&["rev-parse", "--verify", "puff/half/var1"]);
}
