//! What changes in the repository that all share while agents and checks run: whose it is, and what is said of it.

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::export::Export;
use crate::support::hooks::push;
use crate::support::test_repo::{TestRepo, wait_until};

/// Begins, waits to be let go, and leaves something.
const WAITS: &str =
    "touch \"$LAB/begun-$(basename \"$PWD\")\"; while [ ! -e \"$LAB/go\" ]; do sleep 0.05; done; echo x >x";

/// The shared files that git obeys, each changed.
const OBEYED: &str = "common=$(cd \"$(git rev-parse --git-common-dir)\" && pwd); git config core.pager evil
    git config -f \"$common/config.worktree\" core.editor evil; echo x >>\"$common/info/exclude\"
    echo '* -text' >\"$common/info/attributes\"; echo /nowhere >\"$common/objects/info/alternates\"
    mkdir -p \"$common/hooks\"; echo x >\"$common/hooks/helper\"";

fn risks(run: &Value, variant: usize) -> Vec<(String, String)> {
    named(&run["variants"][variant - 1]["risks"])
}

fn named(risks: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let risks = risks.as_array().expect("a list");
    risks.iter().map(|risk| (text(&risk["kind"]), text(&risk["path"]))).collect()
}

fn wanted(risks: &[(&str, &str)]) -> Vec<(String, String)> {
    risks.iter().map(|(kind, path)| ((*kind).to_owned(), (*path).to_owned())).collect()
}

/// Launches attempts that wait, and answers the run once all have begun.
fn begin(crew: &AgentRun, attempts: u32) -> String {
    crew.agent("waits", WAITS);
    let run = crew.launch(&["--agent", &format!("waits:{attempts}"), "--jobs", "9", "--harvest"]);
    for attempt in 1..=attempts {
        wait_until("it has begun", || crew.repo.path(&format!("begun-var{attempt}")).exists());
    }
    run
}

fn end(crew: &AgentRun, run: &str) -> Value {
    std::fs::write(crew.repo.path("go"), "").expect("a file");
    crew.tournament_end(run)
}

fn import(repo: &TestRepo, name: &str, text: &str) {
    let export = Export::new(repo, name);
    export.patch(1, repo.patch("notes.txt", text));
    export.harvest(repo, &["--name", name]).ok();
}

#[test]
fn configuration_attributes_and_ignore_rules_that_an_agent_changes_are_risks() {
    let crew = AgentRun::new().linked();
    crew.agent("sets", &format!("{OBEYED}\necho x >x"));
    let run = crew.tournament(&["--agent", "sets"]);
    let all = wanted(&[
        ("config", ".git/config.worktree:core.editor"),
        ("config", ".git/config:core.pager"),
        ("config", ".git/info/exclude"),
        ("config", ".git/info/attributes"),
        ("config", ".git/objects/info/alternates"),
        ("hook", ".git/hooks/helper"),
    ]);
    assert_eq!(risks(&run, 1), all);
    let shown = crew.repo.puff(&["show", &format!("{}:1", run["run"].as_str().unwrap())]).ok().stdout;
    assert!(
        shown.contains("config: .git/config:core.pager, was set: git obeys it while the agent was running"),
        "{shown}"
    );
}

#[test]
fn what_a_check_changes_there_is_a_risk_that_stops_a_push() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.workspace", "linked"]);
    repo.confine_nothing();
    import(&repo, "fix", "one\n2\nthree\n");
    let check =
        "! grep -q 2 notes.txt || { git config core.pager evil; mkdir \"$(git rev-parse --git-common-dir)/remotes\"
        echo 'URL: evil' >\"$(git rev-parse --git-common-dir)/remotes/origin\"; }";
    repo.puff(&["review", "fix", "--check", check]).ok();
    let json = repo.git(&["show", "refs/puff/runs/fix:review.json"]);
    let review: Value = serde_json::from_str(&json).unwrap();
    let findings = named(&review["variants"][0]["evidence"]["findings"]);
    assert_eq!(findings, wanted(&[("config", ".git/config:core.pager"), ("config", ".git/remotes/origin")]));
    repo.puff(&["hook", "install"]).ok();
    repo.puff(&["pick", "fix:1"]).ok();
    let refused = push(&repo, &["-q", "origin", "main"]);
    assert!(refused.code != 0 && refused.stderr.contains("config:.git/config:core.pager"), "{}", refused.stderr);
    repo.puff(&["review", "fix", "--accept", "config"]).ok();
    push(&repo, &["-q", "origin", "main"]).ok();
}

#[test]
fn what_a_check_changes_on_the_base_is_named_and_hides_no_variant() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.workspace", "linked"]);
    import(&repo, "fix", "one\n2\nthree\n");
    let check = "git config core.pager evil; echo '* -text' >\"$(git rev-parse --git-common-dir)/info/attributes\"";
    repo.puff(&["review", "fix", "--check", check, "--jobs", "1"]).ok();
    let review: Value = serde_json::from_str(&repo.git(&["show", "refs/puff/runs/fix:review.json"])).unwrap();
    let of_base = wanted(&[("config", ".git/config:core.pager"), ("config", ".git/info/attributes")]);
    assert_eq!(named(&review["base_findings"]), of_base, "{review:#}");
    let again = wanted(&[("concurrent", ".git/config"), ("concurrent", ".git/info/attributes")]);
    assert_eq!(named(&review["variants"][0]["evidence"]["findings"]), again, "{review:#}");
    let shown = repo.puff(&["show", "fix"]).ok().stdout;
    assert!(shown.contains("on the base, config: .git/config:core.pager was set"), "{shown}");
    let report = repo.puff(&["report", "fix"]).ok().stdout;
    assert!(report.contains("- base: config, `.git/config:core.pager`, `was set"), "{report}");
}

#[test]
fn a_variant_that_repeats_anothers_setting_has_the_same_risk() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.workspace", "linked"]);
    repo.confine_nothing();
    let export = Export::new(&repo, "fix");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export.patch(2, repo.patch("notes.txt", "one\n2!\nthree\n"));
    export.harvest(&repo, &["--name", "fix"]).ok();
    let check = "! grep -q 2 notes.txt || git config core.pager evil";
    repo.puff(&["review", "fix", "--check", check, "--jobs", "1"]).ok();
    let review: Value = serde_json::from_str(&repo.git(&["show", "refs/puff/runs/fix:review.json"])).unwrap();
    let findings = |variant: usize| named(&review["variants"][variant]["evidence"]["findings"]);
    assert_eq!(findings(0), wanted(&[("config", ".git/config:core.pager")]), "{review:#}");
    assert_eq!(findings(1), wanted(&[("config", ".git/config")]), "{review:#}");
}

#[test]
fn concurrent_changes_of_the_user_are_not_risks_of_an_agent() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    import(repo, "fix", "one\n2\nthree\n");
    import(repo, "other", "one\nzwei\nthree\n");
    let run = begin(&crew, 2);
    repo.commit("mine.txt", "x\n", "Work of the user");
    repo.git(&["branch", "topic"]);
    repo.git(&["tag", "v2"]);
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo.commit("feature.txt", "x\n", "Work on a feature");
    repo.git(&["switch", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-edit", "feature"]);
    repo.git(&["branch", "-m", "topic", "renamed"]);
    repo.write("notes.txt", "stashed\n");
    repo.git(&["stash", "-q"]);
    repo.puff(&["pick", "fix:1"]).ok();
    repo.puff(&["pick", "other:1", "--branch", "taken"]).ok();
    let linked = repo.path("linked");
    repo.git(&["worktree", "add", "-q", "-b", "linked", linked.to_str().unwrap()]);
    repo.git_in(&linked, &["commit", "-q", "--allow-empty", "-m", "There"]);
    repo.git(&["switch", "-q", "--detach"]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "Nowhere"]);
    let ended = end(&crew, &run);
    assert_eq!((risks(&ended, 1), risks(&ended, 2)), (vec![], vec![]), "{ended:#}");
}

#[test]
fn own_changes_are_not_risks_and_harmless_ones_do_not_count() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    let run = begin(&crew, 1);
    repo.puff(&["init"]).ok();
    repo.puff(&["hook", "install"]).ok();
    repo.git(&["config", "pull.rebase", "true"]);
    let ended = end(&crew, &run);
    assert_eq!(risks(&ended, 1), wanted(&[("concurrent", ".git/config:pull.rebase")]), "{ended:#}");
    // A hook that only looks like it is not it.
    repo.puff(&["hook", "uninstall"]).ok();
    crew.agent("forges", "cd \"$(git rev-parse --git-common-dir)/hooks\"; printf '#!/bin/sh\\n# >>> git-puff\\nevil\\n# <<< git-puff\\n' >pre-push");
    let forged = crew.tournament(&["--agent", "forges"]);
    assert_eq!(risks(&forged, 1), wanted(&[("hook", ".git/hooks/pre-push")]), "{forged:#}");
}

#[test]
fn what_an_agent_does_to_refs_is_named_even_where_the_user_works_too() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    crew.agent(
        "moves",
        &format!(
            "{WAITS}; git update-ref refs/heads/main HEAD~1; git branch x; echo y >>notes.txt; git stash -q
             git config user.name evil; git commit -q --allow-empty -m theirs; git tag theirs; echo x >x"
        ),
    );
    let run = crew.launch(&["--agent", "moves", "--harvest"]);
    wait_until("it has begun", || repo.path("begun-var1").exists());
    repo.commit("mine.txt", "x\n", "Work of the user");
    repo.git(&["branch", "topic"]);
    let ended = end(&crew, &run);
    let all = wanted(&[
        ("ref", "refs/heads/main"),
        ("ref", "refs/heads/x"),
        ("ref", "refs/stash"),
        ("ref", "refs/tags/theirs"),
        ("config", ".git/config:user.name"),
    ]);
    assert_eq!(risks(&ended, 1), all, "{ended:#}");
}

#[test]
fn ref_changes_of_unclear_origin_only_warn() {
    let crew = AgentRun::new().linked();
    let repo = &crew.repo;
    repo.git(&["tag", "old"]);
    repo.puff(&["hook", "install"]).ok();
    let run = begin(&crew, 1);
    repo.git(&["tag", "-d", "old"]);
    let earlier = repo.git(&["rev-parse", "HEAD~1"]);
    repo.git(&["branch", "anybodys", &earlier]);
    let ended = end(&crew, &run);
    let open = [("concurrent", "refs/tags/old"), ("concurrent", "refs/heads/anybodys")];
    assert_eq!(risks(&ended, 1), wanted(&open));
    let shown = repo.puff(&["show", &format!("{run}:1")]).ok().stdout;
    let words = format!("refs/heads/anybodys, was made at {} while variant 1 was running", &earlier[..7]);
    assert!(shown.contains(&words) && !shown.contains("risks"), "{shown}");
    repo.puff(&["review", &run, "--check", "true"]).ok();
    let parts = repo.show(&run)["variants"][0]["score"]["parts"].to_string();
    assert!(parts.contains(&json!("none").to_string()), "{parts}");
    repo.puff(&["pick", &format!("{run}:1")]).ok();
    push(repo, &["-q", "origin", "main"]).ok();
}
