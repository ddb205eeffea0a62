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

/// A lab that has that repository beside its own branches.
fn journal() -> TestRepo {
    let lab = TestRepo::new();
    let bundle = lab.path("journal.bundle");
    std::fs::write(&bundle, JOURNAL).unwrap();
    let refspecs = ["refs/heads/release", "refs/heads/puff/*", "refs/puff/*", "refs/notes/*"];
    let refspecs = refspecs.map(|name| format!("{name}:{name}"));
    let mut args = vec!["fetch", "-q", bundle.to_str().unwrap()];
    args.extend(refspecs.iter().map(String::as_str));
    lab.git(&args);
    lab
}

/// Puts a run of this record into the lab, as another clone would have sent it.
fn keep(lab: &TestRepo, record: &str, name: &str) {
    let mut child = lab.command("git");
    let child = child.args(["hash-object", "-w", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), record.as_bytes()).unwrap();
    let blob = finish(child.wait_with_output().unwrap()).stdout;
    lab.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{},run.json", blob.trim())]);
    let tree = lab.git(&["write-tree"]);
    lab.git(&["reset", "-q", "--hard"]);
    let commit = lab.git(&["commit-tree", &tree, "-m", "sent by a colleague"]);
    lab.git(&["update-ref", &format!("refs/puff/runs/{name}"), &commit]);
}

#[test]
fn a_record_of_the_first_version_is_listed_shown_and_changed() {
    let lab = TestRepo::new();
    let mut record: Value = serde_json::from_str(RECORD).unwrap();
    record["base_oid"] = json!(lab.git(&["rev-parse", "HEAD"]));
    // What a later version may have added stays where it is.
    record["from_the_future"] = json!({"kept": true});
    record["variants"][0]["mood"] = json!("good");
    let name = record["run"].as_str().unwrap().to_owned();
    keep(&lab, &record.to_string(), &name);

    let shown = lab.show("@");
    for (field, value) in record.as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    assert!(lab.puff(&["list"]).ok().stdout.contains(&name));
    assert!(lab.puff(&["report", "@"]).ok().stdout.contains("3 applied"));

    lab.puff(&["doctor", "--repair"]);
    let changed = lab.show("@");
    assert_eq!(changed["from_the_future"], json!({"kept": true}));
    assert_eq!(changed["variants"][0]["mood"], json!("good"));
}

#[test]
fn a_pick_of_an_earlier_version_is_undone() {
    let lab = journal();
    assert_eq!(lab.git(&["rev-parse", "release"]), lab.git(&["rev-parse", "puff/fix/var1"]));
    let ran = lab.puff(&["undo", "fix"]).ok();
    assert!(ran.stdout.contains("the pick of var1 of 'fix'"), "{}", ran.stdout);
    assert_eq!(lab.show("fix")["decision"], Value::Null);
    assert_eq!(lab.git(&["rev-parse", "release"]), lab.git(&["rev-parse", "puff/fix/var1~1"]));
    lab.puff(&["undo", "fix"]).exits(1).complains(&["nothing to undo"]);
    lab.puff(&["pick", "fix:2", "--onto", "release"]).ok();
    lab.puff(&["undo", "fix"]).ok();
    assert_eq!(lab.git(&["for-each-ref", "refs/puff/trash/fix"]), "");
}

#[test]
fn a_prune_of_an_earlier_version_is_undone_or_ended() {
    let lab = journal();
    lab.puff(&["undo", "gone"]).ok();
    assert_eq!(lab.show("gone")["state"], "harvested");
    lab.git(&["rev-parse", "--verify", "puff/gone/var2"]);
    let found = lab.puff(&["doctor"]).ok();
    assert!(found.stdout.contains("the prune of 'half' was interrupted"), "{}", found.stdout);
    lab.puff(&["doctor", "--repair"]).ok();
    lab.puff(&["show", "half"]).exits(1);
    lab.puff(&["undo", "half"]).ok();
    assert_eq!(lab.show("half")["state"], "harvested");
    lab.git(&["rev-parse", "--verify", "puff/half/var1"]);
}
