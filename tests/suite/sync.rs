//! Runs of two clones, brought together through a remote: `git puff sync`.

use serde_json::{Value, json};

use crate::support::two_clones::Who::{Ours, Theirs};
use crate::support::two_clones::{TwoClones, did};

#[test]
fn runs_of_two_clones_are_exchanged() {
    let pair = TwoClones::new();
    let ours = pair.import(Ours, "ours", &["a\n", "b\n"]);
    let theirs = pair.import(Theirs, "theirs", &["c\n"]);
    assert_eq!(did(&pair.sync(Ours), &ours), ["sent"]);
    let second = pair.sync(Theirs);
    assert_eq!((did(&second, &ours), did(&second, &theirs)), (vec!["received".into()], vec!["sent".into()]));
    assert_eq!(did(&pair.sync(Ours), &theirs), ["received"]);
    pair.settle();
    for (who, run, home) in [(Theirs, &ours, "Our Author"), (Ours, &theirs, "Their Author")] {
        let shown = pair.show(who, run);
        assert_eq!((&shown["home"]["name"], &shown["state"]), (&json!(home), &json!("harvested")));
        pair.puff(who, &["report", run]).ok();
        let patch = pair.puff(who, &["patch", &format!("{run}:1")]).ok().bytes;
        let other = if who == Ours { Theirs } else { Ours };
        assert_eq!(patch, pair.puff(other, &["patch", &format!("{run}:1")]).ok().bytes);
        // The notes were made again.
        let note = pair.git(who, &["notes", "--ref=puff/report", "show", "main"]);
        assert!(note.contains("Handoff: ours") && note.contains("Handoff: theirs"), "{note}");
    }
    assert_eq!(pair.show(Ours, &ours)["home"], Value::Null);
}

#[test]
fn concurrent_work_on_one_run_is_merged() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    pair.puff(Ours, &["review", &run, "--check", "true"]).ok();
    pair.puff(Theirs, &["pick", "fix:1"]).ok();
    assert_eq!(did(&pair.sync(Ours), &run), ["sent"]);
    assert_eq!(did(&pair.sync(Theirs), &run), ["merged", "sent"]);
    pair.settle();
    for who in [Ours, Theirs] {
        let shown = pair.show(who, &run);
        assert_eq!((&shown["state"], &shown["decision"]["variant"]), (&json!("picked"), &json!(1)), "{shown:#}");
        assert_eq!(shown["variants"][0]["checks"][0]["command"], "true");
    }
}
