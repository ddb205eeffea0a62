//! `schema`: every document that is printed or kept is as its JSON Schema says.

use std::collections::BTreeSet;

use git_puff::model::documents::KINDS;
use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::mcp::Client;
use crate::support::schema::{check, check_as, faults};
use crate::support::test_repo::{TestRepo, run};

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// One run from its launch to its prune makes a document of every kind. What verbs print is also checked wherever a test
/// calls them with `--json`: see `run` of tests/support/test_repo.rs.
#[test]
fn a_document_of_every_kind_is_as_its_schema_says() {
    let crew = AgentRun::new();
    let repo = &crew.repo;
    crew.agent("one", "echo good >>notes.txt").agent("other", "seq 9999 >notes.txt");
    let id = crew.tournament(&["--agent", "one", "--agent", "other"])["run"].as_str().unwrap().to_owned();
    let kept = |name: &str| json_of(&repo.git(&["show", &format!("refs/puff/runs/{id}:{name}")]));
    let seen = repo.path("seen.json");
    let judge = format!(
        "cat >'{}'; echo '{{\"variants\":[{{\"variant\":\"A\",\"score\":1}},{{\"variant\":\"B\",\"score\":9}}]}}'",
        seen.display()
    );
    let session = format!("{id}-var1");
    repo.git(&["config", "puff.sync.remote", "origin"]);
    repo.git(&["config", "puff.sync.maxSize", "40k"]);
    let mut found = BTreeSet::new();
    for (args, code) in [
        (vec!["list"], 0),
        (vec!["show", &id], 0),
        (vec!["show", "nothing"], 1),
        (vec!["jobs"], 0),
        (vec!["session", "list"], 0),
        (vec!["session", "show", &session], 0),
        (vec!["preflight", &id], 0),
        (vec!["diff", &id, "--matrix"], 0),
        (vec!["review", &id, "--check", "test -e notes.txt", "--judge", &judge], 0),
        (vec!["pick", &format!("{id}:1")], 0),
        (vec!["prune", &id, "--dry-run"], 0),
        (vec!["config"], 0),
        (vec!["cas-status"], 1),
        (vec!["schema"], 0),
        (vec!["hook", "status"], 1),
        (vec!["init"], 0),
        (vec!["sync"], 0),
        (vec!["report", &id], 0),
        (vec!["log", &id], 0),
        (vec!["session", "log", &session], 0),
    ] {
        let ran = repo.puff(&[args.as_slice(), &["--json"]].concat()).exits(code);
        match serde_json::from_str(&ran.stdout) {
            Ok(document) => drop(found.insert(check(&document))),
            Err(_) => found.extend(ran.stdout.lines().map(|line| check(&json_of(line)))),
        }
    }
    found.insert(check(&repo.puff(&["doctor", "--json"]).json()));
    let head = repo.git(&["rev-parse", "HEAD"]);
    let pushed = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(head.len()));
    let push = ["hook", "pre-push", "--json", "origin", "../origin.git"];
    found.insert(check(&repo.puff_with_input(&push, pushed.as_bytes()).json()));
    found.insert(check(&kept("run.json")));
    found.insert(check(&kept("review.json")));
    found.insert(check(&kept("report.json")));
    found.insert(check(&json_of(&std::fs::read_to_string(&seen).unwrap())));
    found.insert(check(&json_of(&repo.git(&["show", &format!("refs/puff/trash/{id}:point.json")]))));
    let origin = repo.path("origin.git");
    let sent = |name: String| json_of(&repo.git_in(&origin, &["show", &name]));
    found.insert(check(&sent(format!("refs/puff/runs/{id}:left.json"))));
    let following = crew.launch(&["--agent", "one"]);
    let events = repo.puff(&["watch", &following, "--json"]).ok().stdout;
    found.extend(events.lines().map(|line| check(&json_of(line))));
    let lines = std::fs::read_to_string(repo.work().join(".codex/bo4_runs.jsonl")).unwrap();
    lines.lines().for_each(|line| check_as(&json_of(line), "runbook"));
    check_as(&kept("variants/var1/report.json"), "variant-report");
    check_as(&kept("variants/var1/meta.json"), "variant-meta");
    repo.git(&["remote", "add", "github", "https://github.com/acme/widgets.git"]);
    repo.git(&["config", "puff.remote", "github"]);
    check_as(&repo.puff(&["report", &id, "--format", "manifest"]).ok().json(), "manifest");
    found.extend(["runbook", "manifest", "variant-report", "variant-meta"].map(str::to_owned));
    let part = Client::new(repo).call("patch", json!({"variant": format!("{id}:1")}));
    found.insert(check(&part));
    found.insert(check(&repo.puff(&["prune", &id, "--json"]).ok().json()));
    found.insert(check(&repo.puff(&["sync", "--json"]).ok().json()));
    found.insert(check(&sent(format!("refs/puff/pruned/{id}:pruned.json"))));
    let missing: Vec<&str> = KINDS.iter().map(|kind| kind.name).filter(|kind| !found.contains(*kind)).collect();
    assert!(missing.is_empty(), "no document of these kinds was looked at: {missing:?}");
}

/// Whoever renames a field, drops one or invents a word breaks a promise; what a newer git-puff adds does not.
#[test]
fn a_document_that_violates_its_schema_is_detected() {
    let crew = AgentRun::new();
    crew.agent("one", "echo good >>notes.txt");
    let run = crew.tournament(&["--agent", "one"]);
    let broken = |change: fn(&mut Value)| {
        let mut run = run.clone();
        change(&mut run);
        faults(&run, "run")
    };
    assert_eq!(broken(|_| {}), Vec::<String>::new());
    assert_eq!(broken(|run| run["of_tomorrow"] = json!(1)), Vec::<String>::new());
    for (wanted, change) in [
        ("base_oid", (|run| run["base_oid"] = json!("main")) as fn(&mut Value)),
        ("state", |run| run["state"] = json!("finished")),
        ("schema", |run| run["schema"] = json!("puff.run/2")),
        ("task_id", |run| drop(run.as_object_mut().unwrap().remove("task_id"))),
        ("variants[0].apply", |run| run["variants"][0]["apply"] = json!("applied-4way")),
        ("duplicate_of", |run| {
            let variant = run["variants"][0].as_object_mut().unwrap();
            let value = variant.remove("duplicate_of").unwrap();
            variant.insert("twin_of".to_owned(), value);
        }),
    ] {
        let found = broken(change);
        assert!(found.iter().any(|fault| fault.contains(wanted)), "{wanted}: {found:?}");
    }
}

#[test]
fn the_schemas_are_printed() {
    let repo = TestRepo::empty();
    let puff = |args: &[&str]| run(repo.command(env!("CARGO_BIN_EXE_git-puff")).args(args));
    let list = puff(&["schema"]).ok().stdout;
    assert!(KINDS.iter().all(|kind| list.lines().any(|line| line.starts_with(&format!("{} ", kind.name)))), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80 && !line.contains('…')), "{list}");
    let all = puff(&["schema", "--json"]).ok().json()["schemas"].clone();
    assert_eq!(all.as_object().unwrap().len(), KINDS.len());
    let schema = puff(&["schema", "run"]).ok().json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema, all["run"]);
    puff(&["schema", "runn"]).exits(129).complains(&["'runn'"]);
}

/// A program that asked for JSON gets a document either way, and people the words; one document, whatever happens.
#[test]
fn a_call_that_fails_says_why_in_json() {
    let repo = TestRepo::new();
    let ran = repo.puff(&["show", "nothing", "--json"]).exits(1).complains(&["'nothing'"]);
    let error = ran.json();
    assert_eq!((&error["schema"], &error["exit"]), (&json!("puff.error/1"), &json!(1)));
    assert!(error["error"].as_str().unwrap().contains("'nothing'") && error["hint"].is_string(), "{error:#}");
    let wrong = repo.puff(&["list", "--jsn", "--json"]).exits(129).complains(&["--jsn"]).json();
    assert_eq!(wrong["exit"], 129);
    repo.git(&["config", "puff.interval", "soon"]);
    let bad = repo.puff(&["launch", "--prompt", "x", "--env", "e", "--json"]).exits(129).json();
    assert!(bad["error"].as_str().unwrap().contains("puff.interval is 'soon' (file:.git/config)"), "{bad:#}");
    assert_eq!(repo.puff(&["show", "nothing"]).exits(1).stdout, "");
}
