//! Words that mean nothing here, words that try to mean too much, and readers that go away.

use serde_json::{Value, json};

use crate::support::export::Export;
use crate::support::fake_codex::{FakeCodex, PROMPT};
use crate::support::test_repo::{Ran, TestRepo, finish};

/// Clears the screen, goes back to the line's beginning, turns the text around, sets the window's title.
const HOSTILE: &str = "Trim\u{1b}[2J\u{1b}]0;pwned\u{7}\rit \u{202e}now\u{9b}1A\u{200b}";

#[test]
fn a_missing_run_is_named() {
    let repo = TestRepo::new();
    repo.puff(&["show", "@"]).exits(1).complains(&["no runs yet"]);
    imported(&repo, "one", "tidy-up-one");
    imported(&repo, "two", "tidy-up-two");
    for verb in ["show", "report", "harvest", "watch", "stop", "cancel", "log", "patch"] {
        repo.puff(&[verb, "nope"]).exits(1).complains(&["'nope'"]);
        let ran = repo.puff(&[verb, "tidy-up"]).exits(1);
        ran.complains(&["'tidy-up' fits 2 runs", "tidy-up-one, tidy-up-two"]);
        repo.puff(&[verb, ""]).exits(129).complains(&[]);
    }
    repo.puff(&["retry", "nope"]).exits(1).complains(&["'nope'"]);
    // A beginning is enough where it is the only one.
    assert_eq!(repo.show("tidy-up-o")["run"], "tidy-up-one");
    for hostile in ["../../heads/main", "refs/heads/main", "a b", "*", "tidy-up-*", "-x", "\u{1b}[2J", "a\nb"] {
        let ran = repo.puff(&["show", "--", hostile]).exits(1).complains(&[]);
        harmless(&ran);
    }
}

#[test]
fn a_missing_variant_is_named() {
    let repo = TestRepo::new();
    imported(&repo, "one", "one");
    for verb in ["show", "patch"] {
        repo.puff(&[verb, "one:9"]).exits(1).complains(&["no variant 9"]);
        for none in ["one:0", "one:", "one:x", "one:-1", "one:99999999999", ":1"] {
            repo.puff(&[verb, none]).exits(129).complains(&[none]);
        }
    }
    repo.puff(&["patch", "one"]).exits(129).complains(&["'one' names a run"]);
    for verb in ["harvest", "report", "watch"] {
        repo.puff(&[verb, "one:1"]).exits(129).complains(&["takes a run, not a variant ('one:1')"]);
    }
    assert_eq!(repo.puff(&["patch", "@:1"]).ok().bytes, repo.puff(&["patch", "one:var1"]).ok().bytes);
}

#[test]
fn a_length_of_time_is_a_number_and_a_unit() {
    let repo = TestRepo::new();
    let codex = FakeCodex::official(&repo);
    for bad in ["soon", "", "-1", "5x", "1.5h", "s", "99999999999999999999s", "9999999999999999h", "5 m"] {
        for flag in ["--interval", "--timeout"] {
            let flag = format!("{flag}={bad}");
            repo.puff(&["launch", "--env", "e", "--prompt", "Trim", &flag]).exits(129).complains(&[bad]);
            repo.puff(&["watch", &flag]).exits(129).complains(&[bad]);
        }
    }
    assert_eq!(codex.paid(), []);
}

#[test]
fn a_usage_error_names_the_help_page() {
    let repo = TestRepo::new();
    for (args, words, hint) in [
        (&["lunch"][..], "'lunch'", "git puff -h"),
        (&["list", "--colour"], "--colour", "git puff list -h"),
        (&["--nonsense"], "--nonsense", "git puff -h"),
        (&["show"], "RUN", "git puff show -h"),
        (&["list", "extra"], "extra", "git puff list -h"),
        (&["launch", "--json", "--porcelain", "--prompt", "x"], "--porcelain", "git puff launch -h"),
        (&["adopt", "not a task"], "'not a task'", "task"),
        (&["adopt", "task_x", "--best-of", "0"], "0", "git puff adopt -h"),
        (&["adopt", "task_x", "--best-of", "4000000000"], "4000000000", "git puff adopt -h"),
        (&["report", "@", "--format", "docx"], "docx", "md"),
        (&["log", "@", "--bytes", "many"], "many", "git puff log -h"),
    ] {
        let ran = repo.puff(args).exits(129).complains(&[words]);
        // Who asked for JSON gets the error as a document, too.
        assert_eq!(ran.stdout.is_empty(), !args.contains(&"--json"), "{}", ran.stdout);
        assert!(ran.stderr.contains(hint), "no '{hint}' in:\n{}", ran.stderr);
    }
}

#[test]
fn untrusted_text_is_escaped_on_a_terminal() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "export");
    let good = repo.patch("README", "One.\n");
    export.patch(1, &good);
    export.report(1, &json!({"prompt": HOSTILE, "messages": ["First.", HOSTILE]}));
    export.report(2, &json!({"status": "failed", "messages": [HOSTILE]}));
    let path = "src/\\033[2J\\342\\200\\256x";
    export.patch(
        3,
        format!("diff --git \"a/{path}\" \"b/{path}\"\n--- \"a/{path}\"\n+++ \"b/{path}\"\n@@ -1 +1 @@\n-a\n+b\n"),
    );

    let ran = export.harvest(&repo, &[]).exits(3);
    harmless(&ran);
    let id = repo.show("@")["run"].as_str().unwrap().to_owned();
    for args in [
        &["list"][..],
        &[],
        &["show", &id],
        &["show", &format!("{id}:1")],
        &["show", &format!("{id}:3")],
        &["report", &id],
        &["doctor"],
        &["jobs"],
    ] {
        harmless(&repo.puff(args));
    }
    // JSON is harmless too, and carries the original.
    for args in [&["list", "--json"][..], &["show", &id, "--json"], &["report", &id, "--format", "json"]] {
        let ran = repo.puff(args).ok();
        harmless(&ran);
        let document = ran.json();
        let run = [&document["runs"][0], &document["run"], &document].into_iter().find(|run| run["title"].is_string());
        assert_eq!(run.expect("a run")["variants"][0]["message"], HOSTILE);
    }
    // Whoever reads history with git is as safe.
    for args in [
        &["log", "--format=%B", &format!("puff/{id}/var1")][..],
        &["log", "--format=%B", &format!("refs/puff/runs/{id}")],
        &["notes", "--ref", "puff/report", "show", "main"],
        &["notes", "--ref", "puff/report", "show", &format!("puff/{id}/var1")],
    ] {
        let text = repo.git(args);
        assert!(!text.contains(['\u{1b}', '\r', '\u{9b}', '\u{7}']), "{text:?}");
    }
}

#[test]
fn client_output_is_escaped_on_a_terminal() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    let id = repo.puff(&["submit", "--env", "acme/widgets", "--prompt", HOSTILE, "--porcelain"]).ok();
    harmless(&id);
    // The original is what the agent gets.
    assert_eq!(codex.paid()[0].stdin, HOSTILE);
    let id = id.value("RUN");
    FakeCodex::scripted(&repo, "printf 'Error: \\033[2Jno\\rsuch \\342\\200\\256thing\\n' >&2; exit 1\n");
    let ran = repo.puff(&["harvest", &id]);
    assert_ne!(ran.code, 0);
    harmless(&ran);
    harmless(&repo.puff(&["show", &id]));
    harmless(&repo.puff(&["doctor"]));
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let repo = TestRepo::new();
    imported(&repo, "one", "one");
    for args in
        [&["list"][..], &["show", "one"], &["show", "one", "--json"], &["patch", "one:1"], &["report", "one"], &[]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = repo.command(env!("CARGO_BIN_EXE_git-puff"));
        let ran = finish(command.args(args).stdout(writer).output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (141, ""), "{args:?}");
    }
    // A disk that is full is another matter.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = finish(repo.command(env!("CARGO_BIN_EXE_git-puff")).args(["list"]).stdout(full).output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with("error: cannot write the result"), "{}", ran.stderr);
}

#[test]
fn every_json_document_begins_with_its_schema() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.phase("ready");
    let begins = |ran: Ran, kind: &str| -> Value {
        let start = format!("{{\n  \"schema\": \"puff.{kind}/1\"");
        assert!(ran.stdout.starts_with(&start), "not a {kind}:\n{}\n{}", ran.stdout, ran.stderr);
        ran.json()
    };
    let run = begins(repo.puff(&["submit", "--env", "acme/widgets", "--prompt", PROMPT, "--json"]), "run");
    let id = run["run"].as_str().unwrap();
    for line in repo.puff(&["watch", id, "--interval", "1s", "--json"]).ok().stdout.lines() {
        assert!(line.starts_with("{\"schema\":\"puff.event/1\""), "{line}");
    }
    for (args, kind) in [
        (&["list", "--json"][..], "runs"),
        (&["--json"], "runs"),
        (&["show", id, "--json"], "run"),
        (&["show", &format!("{id}:1"), "--json"], "run"),
        (&["harvest", id, "--json"], "run"),
        (&["harvest", "--json"], "runs"),
        (&["report", id, "--format", "json"], "report"),
        (&["jobs", "--json"], "jobs"),
        (&["doctor", "--json"], "doctor"),
        (&["doctor", "--repair", "--json"], "doctor"),
        (&["adopt", run["task_id"].as_str().unwrap(), "--json"], "run"),
        (&["retry", id, "--json"], "run"),
        (&["stop", "--all", "--json"], "runs"),
    ] {
        let ran = repo.puff(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        begins(ran, kind);
    }
}

/// A run of one variant.
fn imported(repo: &TestRepo, text: &str, name: &str) {
    let export = Export::new(repo, name);
    export.patch(1, repo.patch("README", format!("{text}\n")));
    export.harvest(repo, &["--name", name]).ok();
}

/// Nothing on either output moves a cursor, or turns text around.
#[track_caller]
fn harmless(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let bad = text.chars().find(|c| {
            (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}')
        });
        assert_eq!(bad, None, "in {text:?}");
    }
}
