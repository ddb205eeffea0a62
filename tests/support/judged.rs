//! A run with a review, as `git puff review` records one, made by hand: with everything in it that a report can show.

use std::process::Stdio;

use serde_json::{Value, json};

use super::export::{Export, patch_of};
use super::test_repo::{TestRepo, finish};

/// The run's name.
pub const RUN: &str = "trim-input";

/// What was asked.
pub const PROMPT: &str = "Trim white space around the input before it is read.\n\nRules 3 and 4 get their input from users, \
    who paste it with spaces and line ends. Keep the other rules as they are.\n";

/// Text that is a script, an end of one, a comment, an attribute, and that moves a cursor or turns the order around.
pub const HOSTILE: &str = "</script><script>alert('x')</script><!-- \" onload='alert(1)' <img src=http://203.0.113.7/x \
    onerror=alert(2)> &lt; \u{202e}\u{1b}[2J";

/// A hostile name of a file.
pub const HOSTILE_FILE: &str = "docs/<script>alert(3)<\u{200b}script>'\".md";

/// A parser of so many rules.
fn parser(rules: usize, change: impl Fn(usize) -> Option<String>) -> String {
    let mut text = String::from("//! Reads numbers with units.\n\nuse std::num::ParseIntError;\n\n");
    for rule in 0..rules {
        text += &change(rule).unwrap_or_else(|| untouched(rule));
    }
    text
}

fn untouched(rule: usize) -> String {
    format!(
        "/// Reads rule {rule}.\nfn rule_{rule}(input: &str) -> Result<u32, ParseIntError> {{\n    \
        let value = input.parse::<u32>()?;\n    Ok(value * {rule})\n}}\n\n"
    )
}

fn trimmed(rule: usize, how: &str) -> String {
    format!(
        "/// Reads rule {rule}, white space around it aside.\nfn rule_{rule}(input: &str) -> Result<u32, ParseIntError> {{\n    \
        let value = input{how}.parse::<u32>()?;\n    Ok(value * {rule})\n}}\n\n"
    )
}

/// A test repository with a harvested run of four: a small good one, a larger good one, one that breaks a test and is as hostile as
/// it can be, and one in conflict. No review yet.
pub fn harvested() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("src/parse.rs", parser(12, |_| None), "Read numbers with units");
    repo.commit("README.md", "# Units\n\nReads numbers.\n", "Say what it is");
    let export = Export::new(&repo, "export");
    let change =
        |files: &[(&str, String)]| patch_of(&repo, || files.iter().for_each(|(path, text)| repo.write(path, text)));
    let one = |rule: usize, how: &str| (rule == 3 || rule == 4).then(|| trimmed(rule, how));
    let test = "#[test]\nfn trims() {\n    assert_eq!(rule_3(\" 4 \"), Ok(12));\n}\n".to_owned();
    export.patch(
        1,
        change(&[
            (
                "src/parse.rs",
                parser(12, |rule| match rule {
                    1 => Some(format!(
                        "/// The first one.
{}",
                        untouched(rule)
                    )),
                    3 | 9 => Some(trimmed(rule, ".trim_start().trim_end()")),
                    _ => None,
                }),
            ),
            ("README.md", "# Units\n\nReads numbers, trimmed.\n\nMore to come.\n".into()),
            ("src/extra.rs", "pub fn extra() {}\n".repeat(40)),
        ]),
    );
    export.patch(
        2,
        change(&[
            ("src/parse.rs", parser(12, |rule| one(rule, ".trim()"))),
            ("tests/trims.rs", test),
            ("README.md", "# Units\n\nReads numbers, white space aside.\n".into()),
        ]),
    );
    export.patch(
        3,
        change(&[
            (
                "src/parse.rs",
                parser(12, |rule| (rule == 3).then(|| trimmed(rule, &format!(".trim() /* {HOSTILE} */")))),
            ),
            (HOSTILE_FILE, format!("{HOSTILE}\nwindow.pwned = true\n")),
            ("notes.txt", "one\r\ntwo\r\nthree".into()),
            ("blob.bin", "\0\u{1}binary".into()),
        ]),
    );
    export
        .patch(4, "diff --git a/README.md b/README.md\n--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-gone\n+here\n");
    let said = |text: &str| json!({"prompt": PROMPT, "messages": [text]});
    export.report(
        2,
        &said("I trim the input before it is read, in the two rules that take it from users.\n\nAll tests pass."),
    );
    export.report(3, &said(HOSTILE));
    export.harvest(&repo, &["--name", RUN]);
    repo
}

/// The same with a review in which the second variant is recommended; `change` may change the two documents.
pub fn reviewed(change: impl FnOnce(&mut Value, &mut Value)) -> TestRepo {
    let repo = harvested();
    let (mut run, mut review) = (record(&repo, "run.json"), Value::Null);
    judge(&mut run, &mut review);
    change(&mut run, &mut review);
    keep(&repo, &[("run.json", &run), ("review.json", &review)]);
    repo
}

fn record(repo: &TestRepo, file: &str) -> Value {
    serde_json::from_str(&repo.git(&["show", &format!("refs/puff/runs/{RUN}:{file}")])).expect("JSON")
}

/// Writes documents into the run's tree, as a step of its journal.
pub fn keep(repo: &TestRepo, files: &[(&str, &Value)]) {
    let run = format!("refs/puff/runs/{RUN}");
    let mut listing = repo.git(&["ls-tree", &run]);
    for (name, document) in files {
        let mut child = repo
            .command("git")
            .args(["hash-object", "-w", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("git runs");
        serde_json::to_writer(child.stdin.take().expect("stdin is piped"), document).expect("git reads");
        let blob = finish(child.wait_with_output().expect("git ends")).ok().stdout;
        listing = listing
            .lines()
            .filter(|line| !line.ends_with(&format!("\t{name}")))
            .fold(String::new(), |all, line| all + line + "\n");
        listing += &format!("100644 blob {}\t{name}\n", blob.trim());
    }
    let mut child = repo
        .command("git")
        .arg("mktree")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("stdin is piped"), listing.as_bytes()).expect("git reads");
    let tree = finish(child.wait_with_output().expect("git ends")).ok().stdout;
    let commit = repo.git(&["commit-tree", "-p", &run, "-m", "reviewed", tree.trim()]);
    repo.git(&["update-ref", &run, &commit]);
}

/// What a review of these variants finds.
fn judge(run: &mut Value, review: &mut Value) {
    run["state"] = "reviewed".into();
    run["title"] = "Trim white space around the input before it is read".into();
    let check = |command: &str, status: &str, exit: i32, seconds: f64, tail: &str| {
        json!({"command": command, "status": status, "exit": exit, "duration_s": seconds, "tail": tail, "cached": false,
            "on_base": if command.contains("lint") { "failed" } else { "passed" }})
    };
    let tests = |failed: u64| {
        let (status, exit) = if failed > 0 { ("failed", 101) } else { ("passed", 0) };
        let tail = format!(
            "running 24 tests\ntest rule_3::trims ... {}\n\ntest result: {} passed; {failed} failed\n",
            if failed > 0 { "FAILED" } else { "ok" },
            24 - failed
        );
        let mut check = check("cargo test", status, exit, 12.4, &tail);
        check["tests"] = json!({"passed": 24 - failed, "failed": failed, "skipped": 1});
        check
    };
    let lint = || check("npm run lint", "failed", 1, 2.31, "2 problems in files that nobody touched\n");
    let mut hostile = tests(2);
    hostile["tail"] = format!("{}\n{HOSTILE}\n", hostile["tail"].as_str().unwrap_or_default()).into();
    let mut cached = tests(0);
    cached["cached"] = true.into();
    let part = |name: &str, value: f64, why: &str| json!({"name": name, "value": value, "why": why});
    let scores = [
        json!({"total": 62.5, "parts": [part("checks", 60.0, "every check passes that passes on the base"),
            part("agreement", 6.5, "57 % like the others"), part("size", -4.0, "72 changed lines, the smallest has 15")]}),
        json!({"total": 78.0, "parts": [part("checks", 60.0, "every check passes that passes on the base"),
            part("tests", 10.0, "adds a test"), part("agreement", 8.0, "61 % like the others"), part("size", 0.0, "15 changed lines")]}),
        json!({"total": -12.0, "parts": [part("checks", 0.0, "cargo test fails, which passes on the base"),
            part("risks", -15.0, "one finding counts against it"), part("agreement", 3.0, HOSTILE)]}),
    ];
    let all_checks = [json!([cached, lint()]), json!([tests(0), lint()]), json!([hostile, lint()])];
    for (at, (checks, score)) in all_checks.into_iter().zip(scores).enumerate() {
        run["variants"][at]["checks"] = checks;
        run["variants"][at]["score"] = score;
        run["variants"][at]["agent"] = ["codex", "claude", "<b>codex</b>"][at].into();
    }
    let evidence = |bytes: u64, files: Value, added: Value, findings: Value, agreement: f64| json!({"patch_bytes": bytes, "files": files, "tests_added": added, "tests_removed": [], "findings": findings, "agreement": agreement});
    let finding = |kind: &str, path: &str, line: u64, detail: &str, counts: bool| json!({"kind": kind, "path": path, "line": line, "detail": detail, "counts": counts});
    let variants = json!([
        {"index": 1, "commit": run["variants"][0]["commit"], "verdict": "fails-on-base", "rank": 2, "touched": [],
            "evidence": evidence(2314, json!(["README.md", "src/extra.rs", "src/parse.rs"]), json!([]),
                json!([finding("generated", "src/extra.rs", 1, "looks generated", false)]), 0.57)},
        {"index": 2, "commit": run["variants"][1]["commit"], "verdict": "fails-on-base", "class": "a", "why": ["passes all 24 tests of the base as they were (2 failed before)"], "rank": 1, "touched": [],
            "evidence": evidence(1312, json!(["README.md", "src/parse.rs", "tests/trims.rs"]), json!(["trims"]), json!([]), 0.61)},
        {"index": 3, "commit": run["variants"][2]["commit"], "verdict": "failed", "class": "e", "why": [HOSTILE], "rank": 3, "touched": ["M Cargo.lock"],
            "evidence": evidence(1520, json!([HOSTILE_FILE, "src/parse.rs"]), json!([]),
                json!([finding("debugging", HOSTILE_FILE, 2, HOSTILE, true), finding("whitespace", "notes.txt", 1, "ends with a carriage return", false)]), 0.22)},
        {"index": 4, "commit": null, "verdict": "no-commit", "rank": null, "touched": [], "evidence": evidence(96, json!(["README.md"]), json!([]), json!([]), 0.0)},
    ]);
    let name = |index: u32| format!("var{index}");
    let pair = |a: u32, b: u32, likeness: f64| json!({"a": name(a), "b": name(b), "likeness": likeness, "shared_lines": 8, "same": false, "files": [{"path": "src/parse.rs", "likeness": likeness, "shared_lines": 8}]});
    let compared = |index: u32, agreement: f64, only: u64, files: Value| json!({"name": name(index), "run": RUN, "index": index, "files": 3, "insertions": 10, "deletions": 5, "agreement": agreement, "only_here": only, "only_files": files});
    *review = json!({
        "schema": "puff.review/1", "run": RUN, "base_oid": run["base_oid"], "reviewed_at": "2026-11-20T10:05:00Z",
        "commands": ["cargo test", "npm run lint"],
        "base": [check("cargo test", "passed", 0, 11.9, "test result: 23 passed; 0 failed\n"), lint()],
        "variants": variants,
        "judges": [
            {"command": "judge --model one", "error": null, "duration_s": 21.25, "opinions": [
                {"variant": 1, "letter": "C", "score": 6.5, "reason": "Right, but two calls where one does."},
                {"variant": 2, "letter": "A", "score": 9.0, "reason": "The smallest change that does it, with a test."},
                {"variant": 3, "letter": "B", "score": 1.0, "reason": HOSTILE}]},
            {"command": "judge --model two", "error": "it answered no JSON", "duration_s": 3.0, "opinions": []}],
        "comparison": {
            "schema": "puff.matrix/1", "run": RUN, "base_oid": run["base_oid"],
            "variants": [compared(1, 0.57, 41, json!(["src/extra.rs"])), compared(2, 0.61, 4, json!(["tests/trims.rs"])), compared(3, 0.22, 12, json!([HOSTILE_FILE, "blob.bin"]))],
            "pairs": [pair(1, 2, 0.81), pair(1, 3, 0.09), pair(2, 3, 0.35)],
            "files": [{"path": "src/parse.rs", "variants": ["var1", "var2", "var3"], "same": false, "binary": false, "agreed_lines": 3},
                {"path": HOSTILE_FILE, "variants": ["var3"], "same": false, "binary": false, "agreed_lines": 0}],
            "same": [], "agreed_lines": 3, "nearest": "var2", "left_out": [{"name": "var4", "why": "its patch conflicts with the base"}], "meaning": {}},
        "recommendation": {"variant": 2, "tied": [],
            "reasons": ["Only npm run lint fails, and that fails on the base as well.", "It is the smallest of those that pass, and the only one that adds a test.", "It is nearest to what the others do."],
            "follow_ups": ["npm run lint fails on the base as well: repair it there."],
            "residual_risk": ["rule_7 and rule_9 read input too and are not trimmed by it, while var1 trims rule_9."]},
        "accepted": ["whitespace:notes.txt"],
    });
}
