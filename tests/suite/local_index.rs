//! What an agent changed is found whatever became of the index, and however soon after the checkout.

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;

/// One file with one digit in it, in the worktree as it was committed.
fn digit() -> AgentRun {
    let crew = AgentRun::new();
    crew.repo.commit("digit", "1\n", "Count");
    crew
}

#[test]
fn an_edit_of_the_same_size_in_the_second_of_the_checkout_is_taken() {
    let crew = digit();
    // It lasts into the next second: then the edit is older than whatever is written afterwards.
    crew.agent("quick", "echo 3 >digit; sleep 1");
    let run = crew.tournament(&["--agent", "quick:3"]);
    assert_eq!(each(&run, "apply"), ["applied"; 3], "{run:#}");
    for variant in 1..=3 {
        assert_eq!(crew.file(run["run"].as_str().unwrap(), variant, "digit"), "3");
    }
}

#[test]
fn an_edit_of_the_same_size_after_the_agent_itself_checked_the_file_out_is_taken() {
    let crew = digit();
    crew.agent("back", "echo 2 >digit; git checkout -q -- digit; echo 3 >digit; sleep 1");
    crew.agent("resets", "echo 2 >digit; git reset -q --hard; echo 3 >digit; sleep 1");
    let run = crew.tournament(&["--agent", "back", "--agent", "resets"]);
    assert_eq!(each(&run, "apply"), ["applied"; 2], "{run:#}");
}

#[test]
fn a_session_names_an_edit_of_the_same_size_in_the_second_of_the_checkout() {
    let crew = digit();
    let repo = &crew.repo;
    for name in ["one", "two", "three"] {
        repo.write("digit", "2\n");
        repo.git(&["checkout", "-q", "--", "digit"]);
        repo.puff(&["session", "start", "--name", name, "--", "sh", "-c", "echo 3 >digit; sleep 1"]).ok();
        repo.puff(&["session", "wait", name]).ok();
        let shown = repo.puff(&["session", "show", name, "--json"]).ok().json();
        assert_eq!(shown["changed"], serde_json::json!(["M digit"]), "{shown:#}");
    }
}

#[test]
fn a_split_index_without_checksums_is_read_completely() {
    let crew = digit();
    crew.repo.git(&["config", "core.splitIndex", "true"]);
    crew.repo.git(&["config", "index.skipHash", "true"]);
    crew.agent("edits", "echo 3 >digit");
    // With these settings, git's own next index has nothing of the base any more.
    crew.agent("commits", "echo 3 >digit; git add digit; git commit -qm three || :");
    let run = crew.tournament(&["--agent", "edits", "--agent", "commits"]);
    assert_eq!(each(&run, "apply"), ["applied"; 2], "{run:#}");
    for variant in 1..=2 {
        let branch = format!("puff/{}/var{variant}", run["run"].as_str().unwrap());
        assert_eq!(crew.repo.git(&["diff", "--name-status", "main", &branch]), "M\tdigit");
    }
}

#[test]
fn a_pick_that_would_delete_untracked_files_is_refused() {
    let crew = digit();
    crew.agent("hides", "echo 3 >digit; git rm -rq --cached .; echo '*' >.gitignore; git add -f .gitignore");
    crew.agent("deletes", "rm -rf digit README notes.txt src; echo all >new");
    let run = crew.tournament(&["--agent", "hides", "--agent", "deletes"]);
    let (hides, deletes) = (&run["variants"][0], &run["variants"][1]);
    assert!(hides["reason"].as_str().unwrap().contains("it would delete all of them"), "{run:#}");
    assert_eq!(deletes["apply"], "applied", "what is really deleted may be: {run:#}");
    let worktree = crew.workspace_root().join(run["run"].as_str().unwrap()).join("var1");
    assert_eq!(std::fs::read_to_string(worktree.join("digit")).unwrap(), "3\n");
}
