//! Outside judges: what they are shown, what they answer, and what becomes of those that don't.

use std::fs;

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::export::Export;
use crate::support::responses::{Responses, Turn};
use crate::support::test_repo::{TestRepo, newest_codex};

/// A judge: a script for `sh`.
fn script(repo: &TestRepo, name: &str, body: &str) -> String {
    let path = repo.path("bin").join(name);
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    repo.command("chmod").arg("+x").arg(&path).status().unwrap();
    path.display().to_string()
}

fn run_of(repo: &TestRepo, notes: &[&str]) -> String {
    let export = Export::new(repo, "export");
    for (at, text) in notes.iter().enumerate() {
        export.patch(at as u32 + 1, repo.patch("notes.txt", text));
    }
    export.harvest(repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned()
}

fn judges(repo: &TestRepo, run: &str) -> Value {
    let json = repo.git(&["show", &format!("refs/puff/runs/{run}:review.json")]);
    serde_json::from_str::<Value>(&json).unwrap()["judges"].clone()
}

#[test]
fn a_judge_does_not_see_agent_names() {
    let crew = AgentRun::new();
    crew.agent("famous", "echo good >>notes.txt").agent("unknown", "echo bad >>notes.txt");
    let run = crew.tournament(&["--agent", "famous", "--agent", "unknown"]);
    let id = run["run"].as_str().unwrap();
    let seen = crew.repo.path("seen.json");
    let judge = script(
        &crew.repo,
        "judge",
        &format!(
            "cat >'{}'; echo '{{\"variants\":[{{\"variant\":\"A\",\"score\":1,\"reason\":\"a\"}},{{\"variant\":\"B\",\"score\":9,\"reason\":\"b\"}}]}}'",
            seen.display()
        ),
    );
    crew.repo.puff(&["review", id, "--check", "test -e notes.txt", "--judge", &judge]).ok();
    let text = fs::read_to_string(&seen).unwrap();
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["schema"], "puff.judge/1");
    assert!(shown["prompt"].as_str().unwrap().starts_with("Trim the input"), "{text}");
    for word in ["famous", "unknown", "A U Thor", "author@", "puff/", "var1", "var2", id] {
        assert!(!text.contains(word), "'{word}' is in:\n{text}");
    }
    let patch = |at: usize| shown["variants"][at]["patch"].as_str().unwrap();
    assert!(patch(0).starts_with("diff --git a/notes.txt b/notes.txt\n"), "{text}");
    assert_eq!(shown["variants"][0]["checks"][0]["status"], "passed");
    // The letters lead back to the variants.
    let good = if patch(0).contains("good") { 1.0 } else { 9.0 };
    let opinions = judges(&crew.repo, id)[0]["opinions"].clone();
    assert_eq!((&opinions[0]["variant"], &opinions[0]["score"]), (&json!(1), &json!(good)));
    let best = if good == 9.0 { 1 } else { 2 };
    let report = crew.repo.puff(&["report", id]).ok().stdout;
    assert!(report.contains(&format!("Pick var{best}")) && report.contains("9 of 10. b"), "{report}");
}

#[test]
fn a_judge_works_in_a_folder_of_its_own_with_the_variants_to_read() {
    let repo = TestRepo::new();
    let run = run_of(&repo, &["a\n", "b\n"]);
    let log = repo.path("log");
    let tree = |letter: &str| format!("$(cat \"$GIT_PUFF_VARIANTS/{letter}/notes.txt\")");
    let body = format!(
        "cat >/dev/null; echo \"$PWD $(cat notes.txt | head -1) {} {}\" >'{log}'; echo mine >notes.txt; echo mine >made.txt\n\
         ls -ld \"$GIT_PUFF_VARIANTS\"/A/ \"$GIT_PUFF_VARIANTS\"/A/notes.txt | cut -c1-10 >>'{log}'\n\
         echo '{{\"variants\":[{{\"variant\":\"A\",\"score\":1}},{{\"variant\":\"B\",\"score\":2}}]}}'",
        tree("A"),
        tree("B"),
        log = log.display()
    );
    // Its program is named from where the user is.
    fs::write(repo.work().join("judge"), format!("#!/bin/sh\n{body}\n")).unwrap();
    repo.command("chmod").args(["+x", "judge"]).status().unwrap();
    let before = repo.git(&["status", "--porcelain"]);
    repo.puff(&["review", &run, "--check", "true", "--judge", "./judge"]).ok();
    assert_eq!(repo.git(&["status", "--porcelain"]), before);
    let said = fs::read_to_string(&log).unwrap();
    let mut lines = said.lines();
    let words: Vec<&str> = lines.next().unwrap().split(' ').collect();
    assert!(words[0].contains("/work.puff/"), "{said}");
    let mut shown = words[words.len() - 2..].to_vec();
    shown.sort_unstable();
    assert_eq!(shown, ["a", "b"], "{said}");
    assert_eq!(lines.collect::<Vec<_>>(), ["dr-xr-xr-x", "-r--r--r--"]);
    assert_eq!(judges(&repo, &run)[0]["error"], Value::Null);
    let left = fs::read_dir(repo.path("home")).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.starts_with("git-puff-")).collect::<Vec<_>>(), [""; 0], "what it read is gone");
}

#[test]
fn each_judge_sees_the_variants_in_an_order_of_its_own() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    for at in 1..=5 {
        export.patch(at, repo.patch("notes.txt", format!("{at}\n")));
    }
    export.harvest(&repo, &["--name", "fix"]).ok();
    let order = |name: &str, judge: &str| -> Vec<String> {
        let document: Value = serde_json::from_slice(&fs::read(repo.path(name)).unwrap()).unwrap();
        let variants = document["variants"].as_array().unwrap().clone();
        let letters: Vec<&str> = variants.iter().map(|one| one["variant"].as_str().unwrap()).collect();
        assert_eq!(letters, ["A", "B", "C", "D", "E"], "{judge}");
        variants.iter().map(|one| one["patch"].as_str().unwrap().lines().last().unwrap().to_owned()).collect()
    };
    for name in ["one", "other"] {
        script(&repo, name, &format!("cat >'{}'; echo {{}}", repo.path(&format!("{name}.json")).display()));
    }
    let ask = || repo.puff(&["review", "fix", "--check", "true", "--judge", "one", "--judge", "other"]);
    ask().ok();
    let orders = || (order("one.json", "one"), order("other.json", "other"));
    // These two names would make the same order.
    let first = orders();
    assert_ne!(first.0, first.1);
    ask().ok();
    assert_eq!(orders(), first, "who is asked again is asked the same");
}

#[test]
fn an_invalid_answer_of_a_judge_is_named_and_ignored() {
    let repo = TestRepo::new();
    let run = run_of(&repo, &["a\n", "b\n"]);
    let one = |letter: &str, score: &str| format!("{{\"variant\":\"{letter}\",\"score\":{score},\"reason\":\"r\"}}");
    let answer = |entries: &[String]| format!("echo '{{\"variants\":[{}]}}'", entries.join(","));
    let good = script(&repo, "good", &answer(&[one("A", "8"), one("B", "6")]));
    let mut args = vec![
        "review".to_owned(),
        run.clone(),
        "--timeout".to_owned(),
        "2s".to_owned(),
        "--judge".to_owned(),
        good.clone(),
    ];
    let bad = [
        ("nonsense", "echo 'I like the first one.'".to_owned(), "not the requested JSON"),
        ("silent", "true".to_owned(), "printed nothing"),
        ("stranger", answer(&[one("A", "1"), one("Z", "1")]), "'Z'"),
        ("partial", answer(&[one("A", "1")]), "left out B"),
        ("twice", answer(&[one("A", "1"), one("A", "2")]), "scored A twice"),
        ("eleven", answer(&[one("A", "11"), one("B", "1")]), "is 11, not from 0 to 10"),
        ("fails", "echo 'no credit' >&2; exit 4".to_owned(), "exit code 4: no credit"),
        ("hangs", "sleep 600".to_owned(), "no answer within 2s"),
        ("floods", "head -c 3000000 /dev/zero".to_owned(), "more than"),
    ];
    for (name, body, _) in &bad {
        args.extend(["--judge".to_owned(), script(&repo, name, body)]);
    }
    args.extend(["--judge".to_owned(), "no-such-judge".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = repo.puff(&args).ok();
    let said = judges(&repo, &run);
    for (at, (name, _, why)) in bad.iter().enumerate() {
        let error = said[at + 1]["error"].as_str().unwrap();
        assert!(error.contains(why), "{name}: {error}");
        assert!(ran.stderr.contains(&format!("{name}' failed and does not count")), "{}", ran.stderr);
    }
    assert_eq!((&said[0]["error"], &said[0]["opinions"][0]["reason"]), (&Value::Null, &json!("r")));
    let mean = &repo.show(&run)["variants"][0]["score"]["parts"][2];
    assert!(["8.0 of 10", "6.0 of 10"].contains(&mean["why"].as_str().unwrap()), "{mean}");
}

#[test]
fn several_judges_are_combined_and_asked_once() {
    let repo = TestRepo::new();
    // Twins are shown once, and scored alike.
    let run = run_of(&repo, &["a\n", "a\n"]);
    let log = repo.path("asked");
    let says = |name: &str, score: u32| {
        let answer = format!("{{\"variants\":[{{\"variant\":\"A\",\"score\":{score},\"reason\":\"\"}}]}}");
        script(&repo, name, &format!("echo x >>'{}'; cat >/dev/null; echo '{answer}'", log.display()))
    };
    repo.git(&["config", "--add", "puff.judge", &says("one", 4)]);
    repo.git(&["config", "--add", "puff.judge", &says("other", 7)]);
    for _ in 0..2 {
        let seen = repo.puff(&["review", &run, "--check", "true", "--json"]).ok().json();
        for variant in 0..2 {
            assert_eq!(seen["variants"][variant]["score"]["parts"][2]["why"], "5.5 of 10");
        }
    }
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 2);
    assert_eq!(judges(&repo, &run)[0]["cached"], true);
    repo.puff(&["review", &run, "--check", "true", "--fresh"]).ok();
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 4);
}

#[test]
fn the_judge_of_contrib_asks_the_real_codex() {
    needs!("codex-newest");
    let service = Responses::start(|conversation| {
        let said = conversation.said().join("\n");
        // The question ends in the document, which has the variants in their order.
        let at = |word: &str| said.find(word);
        let (a, b) = if at("+good") < at("+bad") { (9, 2) } else { (2, 9) };
        let one = |letter, score| json!({"variant": letter, "score": score, "reason": "I read it."});
        Turn::Say(json!({"variants": [one("A", a), one("B", b)]}).to_string())
    });
    let mut repo = TestRepo::new();
    let run = run_of(&repo, &["bad\n", "good\n"]);
    repo.set("LOOPBACK_KEY", "none");
    repo.set("CODEX", &newest_codex().display().to_string());
    service.write_config(&repo.path("codex-home"), "");
    let judge = concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/judge-codex");
    let ran = repo.puff(&["review", &run, "--check", "true", "--judge", judge]).ok();
    let said = judges(&repo, &run);
    assert_eq!(said[0]["error"], Value::Null, "{}", ran.stderr);
    assert_eq!(
        (&said[0]["opinions"][1]["score"], &said[0]["opinions"][1]["reason"]),
        (&json!(9.0), &json!("I read it."))
    );
    // The form of the answer was asked for, as the service sees it.
    let requests = service.requests();
    let format = &requests.last().unwrap()["text"]["format"];
    assert_eq!((&format["type"], &format["schema"]["required"]), (&json!("json_schema"), &json!(["variants"])));
    assert_eq!(
        repo.puff(&["show", &run, "--json"]).ok().json()["variants"][1]["score"]["parts"][2]["why"],
        "9.0 of 10"
    );
}
