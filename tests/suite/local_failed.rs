//! Agents that end badly with good work: a branch of it is made for whoever asks.

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;

/// As one that ran into its limit of turns: the work is done, the end is not well.
const LIMITED: &str = "echo good >good.txt; echo 'Reached max turns'; exit 3";

#[test]
fn a_failed_variant_that_is_named_gets_a_branch_that_is_reviewed_and_picked() {
    let crew = AgentRun::new();
    crew.agent("makes", "echo x >x").agent("limited", LIMITED);
    let run = crew.tournament(&["--agent", "makes", "--agent", "limited"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!((each(&run, "apply"), &run["state"]), (vec![json!("applied"), json!("skipped")], &json!("harvested")));
    let said = crew.repo.puff(&["harvest", id]).ok().stderr;
    assert!(said.contains(&format!("git puff harvest {id} --variant 2")), "{said}");
    let seen = crew.repo.puff(&["harvest", id, "--variant", "2", "--json"]).ok().json();
    let failed = &seen["variants"][1];
    assert_eq!((&failed["status"], &failed["apply"]), (&json!("failed"), &json!("applied")), "{failed:#}");
    assert_eq!(failed["reason"], "it ended with exit code 3");
    assert_eq!(crew.file(id, 2, "good.txt"), "good");
    let body = crew.repo.git(&["log", "-1", "--format=%B", &format!("puff/{id}/var2")]);
    assert!(body.contains("\nPuff-Status: failed\n"), "{body}");
    // Later harvests leave it as it is, whatever they are about.
    for args in [&["harvest", id][..], &["harvest", id, "--variant", "1"], &["harvest", id, "--recreate"]] {
        let before = crew.repo.git(&["rev-parse", &format!("puff/{id}/var2")]);
        crew.repo.puff(args).ok();
        let again = crew.repo.show(id);
        assert_eq!(
            (&again["variants"][1]["apply"], &again["variants"][1]["commit"]),
            (&json!("applied"), &json!(before))
        );
    }
    crew.repo.puff(&["review", id, "--check", "test -e good.txt"]).ok();
    let report = crew.repo.puff(&["report", id]).ok().stdout;
    assert!(report.contains("failed") && report.contains("it ended with exit code 3"), "{report}");
    crew.repo.puff(&["pick", &format!("{id}:2")]).ok();
    assert_eq!(crew.repo.git(&["show", "HEAD:good.txt"]), "good");
    let note = crew.repo.git(&["notes", "--ref", "puff/report", "show", &format!("puff/{id}/var2")]);
    assert!(note.contains("exit code 3"), "{note}");
}

#[test]
fn a_run_of_failed_variants_is_harvested_when_they_are_included() {
    let crew = AgentRun::new();
    crew.agent("limited", LIMITED).agent("fails", "exit 4");
    let id = crew.launch(&["--agent", "limited", "--agent", "fails"]);
    crew.repo.puff(&["watch", &id]).exits(2);
    crew.repo.puff(&["harvest", &id]).exits(2);
    assert_eq!(crew.repo.show(&id)["state"], "error");
    let seen = crew.repo.puff(&["harvest", "--include-failed", "--json"]).ok().json();
    let seen = seen["runs"].as_array().map_or(seen.clone(), |runs| runs[0].clone());
    assert_eq!((&seen["state"], each(&seen, "status")), (&json!("harvested"), vec![json!("failed"); 2]), "{seen:#}");
    assert_eq!(each(&seen, "apply"), ["applied", "skipped"]);
    assert_eq!(each(&seen, "reason"), ["it ended with exit code 3", "it ended with exit code 4"]);
    assert_eq!(seen["variants"][1]["branch"], Value::Null);
    crew.repo.puff(&["harvest", &id]).ok();
    assert_eq!(crew.repo.show(&id)["variants"][0]["apply"], "applied");
    crew.repo.puff(&["review", &id, "--check", "test -e good.txt"]).ok();
    crew.repo.puff(&["pick", &format!("{id}:1")]).ok();
    crew.repo.puff(&["undo", &id]).ok();
    crew.repo.puff(&["prune", &id]).ok();
}
