//! Records of earlier versions keep opening: the one that is checked in was written by the first git-puff, of a run of
//! the official client that had been harvested.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::lab::{Lab, finish};

const RECORD: &str = include_str!("../records/run-1.json");

/// Puts a run of this record into the lab, as another clone would have sent it.
fn keep(lab: &Lab, record: &str, name: &str) {
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
    let lab = Lab::new();
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
