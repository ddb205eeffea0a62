//! Trying again: `git puff retry`.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::choice::Choice;
use crate::support::cloud_env::each;

const PROMPT: &str = "# Trim\n\n- the input\n# and the output\n";

/// A crew of one agent, and a run of it whose check failed.
fn failed() -> (AgentRun, String) {
    let crew = AgentRun::new();
    crew.agent("echoes", "cat >said");
    let run = crew.repo.puff(&["launch", "--agent", "echoes:2", "--harvest", "--prompt", PROMPT, "--json"]).ok().json();
    let id = run["run"].as_str().unwrap().to_owned();
    let mut run = crew.tournament_end(&id);
    run["check"] = json!(["make test"]);
    run["variants"][0]["checks"] = json!([{"command": "make test", "status": "failed", "exit": 2, "duration_s": 1.0,
        "tail": "one test\n\u{1b}[31mfailed\n", "cached": false}]);
    run["variants"][1]["risks"] = json!([{"kind": "secret", "path": "key.txt", "detail": "looks like a key"}]);
    Choice::record_in(&crew.repo, &id, &run);
    (crew, id)
}

/// What the agent of a run was asked.
fn asked(crew: &AgentRun, run: &str) -> String {
    crew.repo.git(&["show", &format!("refs/puff/runs/{run}:prompt.md")])
}

#[test]
fn the_prompt_is_edited_above_the_previous_results() {
    let (crew, id) = failed();
    let seen = crew.repo.path("seen.md");
    crew.repo
        .set_editor(&format!("f() {{ cp \"$1\" '{}'; sed -i 's/the input/all input/' \"$1\"; }}; f", seen.display()));
    let new = crew.repo.puff(&["retry", &id, "--edit", "--json"]).ok().json();
    let text = fs::read_to_string(&seen).unwrap();
    let (prompt, findings) = text.split_once("\n# ---- >8").unwrap();
    assert_eq!(prompt, PROMPT);
    for words in
        [&*format!("# Results of {id}: "), "# - failed (exit 2): make test", "#     one test", "secret: key.txt, looks"]
    {
        assert!(findings.contains(words), "'{words}' is not in:\n{findings}");
    }
    assert!(findings.lines().skip(1).all(|line| line.starts_with('#')) && !text.contains('\u{1b}'), "{findings}");

    let run = new["run"].as_str().unwrap();
    assert_eq!(asked(&crew, run) + "\n", PROMPT.replace("the input", "all input"));
    assert_eq!(
        (&new["parent"], &new["check"], each(&new, "agent")),
        (&json!(id), &json!(["make test"]), vec![json!("echoes"); 2])
    );
    crew.tournament_end(run);
    assert!(!crew.repo.puff_dir().join(format!("PROMPT_EDITMSG-{id}.md")).exists());
}

#[test]
fn settings_may_be_changed_and_without_changes_it_is_the_same() {
    let (crew, id) = failed();
    let new = crew
        .repo
        .puff(&["retry", &id, "--best-of", "1", "--base", "main~1", "--prompt", "Other", "--json"])
        .ok()
        .json();
    assert_eq!((&new["best_of"], &new["base_oid"]), (&json!(1), &json!(crew.repo.git(&["rev-parse", "main~1"]))));
    assert_eq!(asked(&crew, new["run"].as_str().unwrap()), "Other");
    crew.repo.set_editor("true");
    let same = crew.repo.puff(&["retry", &id, "--edit", "--json"]).ok().json();
    assert_eq!(asked(&crew, same["run"].as_str().unwrap()) + "\n", PROMPT);
    for run in [&new, &same] {
        crew.tournament_end(run["run"].as_str().unwrap());
    }
}

#[test]
fn an_edited_prompt_is_kept_when_the_retry_fails() {
    let (crew, id) = failed();
    let runs = || crew.repo.git(&["for-each-ref", "refs/puff/runs"]);
    let before = runs();
    let kept = crew.repo.puff_dir().join(format!("PROMPT_EDITMSG-{id}.md"));
    for (editor, code, words) in [
        ("false", 1, "ended with"),
        ("f() { sed -i '/ >8 /d' \"$1\"; }; f", 1, "cannot find the line that ends the prompt"),
        ("f() { sed -i '1,/output/d' \"$1\"; }; f", 129, "is empty"),
    ] {
        crew.repo.set_editor(editor);
        let ran = crew.repo.puff(&["retry", &id, "--edit"]).exits(code).complains(&[words]);
        assert!(kept.exists(), "{editor}: {}", ran.stderr);
        assert_eq!(runs(), before, "{editor}");
    }
    crew.repo.set_editor("f() { sed -i 's/the input/mine/' \"$1\"; }; f");
    let ran = crew.repo.puff(&["retry", &id, "--edit", "--base", "nowhere"]).exits(1).complains(&["'nowhere'"]);
    assert!(ran.stderr.contains(kept.to_str().unwrap()), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&kept).unwrap(), PROMPT.replace("the input", "mine"));
    assert_eq!(runs(), before);
}

#[test]
fn an_import_has_nothing_to_repeat() {
    let choice = Choice::new();
    choice.repo.puff(&["retry", "fix"]).exits(1).complains(&["'fix'", "import"]);
    assert_eq!(choice.repo.show("fix")["parent"], Value::Null);
}
