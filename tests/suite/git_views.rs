//! What git itself shows of a run: its journal, the notes, the runbook log.

use std::fmt::Write;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::export::Export;
use crate::support::fake_codex::{FakeCodex, PROMPT, TASK};
use crate::support::test_repo::{Ran, TestRepo, finish};

#[test]
fn the_journal_of_a_run_is_read_with_git_log() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.phase("partial");
    let id = submitted(&repo);
    repo.puff(&["harvest", &id]).ok();
    codex.phase("ready");
    repo.puff(&["harvest", &id]).ok();

    let journal = repo.git(&["log", "--reverse", "--format=%s", &format!("refs/puff/runs/{id}")]);
    let base = &repo.git(&["rev-parse", "main"])[..10];
    let wanted = [
        &format!("intent: best of 4 on main ({base})"),
        &format!("submitted as {TASK}"),
        "collected: the patch of variant 1, 4",
        "harvested: 2 applied, 1 skipped",
        "collected: the patch of variant 3",
        "harvested: 3 applied, 1 skipped",
    ];
    assert_eq!(journal.lines().collect::<Vec<_>>(), wanted);
    // Every step is whole: the prompt is there from the first on, and git finds nothing to complain about.
    assert_eq!(repo.git(&["show", &format!("refs/puff/runs/{id}~5:prompt.md")]) + "\n", PROMPT);
    assert_eq!(repo.git(&["fsck", "--strict", "--no-dangling"]), "");
    let files = repo.git(&["ls-tree", "-r", "--name-only", &format!("refs/puff/runs/{id}")]);
    for file in ["prompt.md", "report.json", "report.md", "run.json", "variants/var1/meta.json"] {
        assert!(files.lines().any(|line| line == file), "no {file} in:\n{files}");
    }
    assert_eq!(repo.git(&["show", &format!("refs/puff/runs/{id}:report.md")]), report(&repo, &id).trim_end());
}

#[test]
fn the_note_on_the_base_has_a_section_a_run_and_keeps_what_others_wrote() {
    let repo = TestRepo::new();
    repo.git(&["notes", "--ref", "puff/report", "add", "-m", "Written by hand before.", "main"]);
    imported(&repo, "one", "one");
    imported(&repo, "two", "two");
    let note = || repo.git(&["notes", "--ref", "puff/report", "show", "main"]) + "\n";
    assert_eq!(note(), format!("Written by hand before.\n\n{}\n{}", report(&repo, "one"), report(&repo, "two")));
    repo.git(&["notes", "--ref", "puff/report", "append", "-m", "Written by hand after.", "main"]);
    let before = note();

    // A run that changes is replaced in place, and the other one and the words of others stay.
    let old = report(&repo, "one");
    repo.git(&["branch", "-D", "-q", "puff/one/var1"]);
    repo.puff(&["harvest", "one"]).ok();
    let new = report(&repo, "one");
    assert_ne!(old, new);
    assert_eq!(note(), before.replace(&old, &new));
    assert!(note().starts_with("Written by hand before.\n") && note().ends_with("Written by hand after.\n"));

    // A variant's commit has that variant's part.
    let part = repo.git(&["notes", "--ref", "puff/report", "show", "puff/two/var1"]);
    assert!(part.starts_with("# Handoff: two\n\nVariant 1 of 1: completed"), "{part}");
    let log = repo.git(&["log", "-1", "--notes=puff/report", "puff/two/var1"]);
    assert!(log.contains("Notes (puff/report):\n    # Handoff: two\n"), "{log}");
}

#[test]
fn the_machine_readable_note_has_a_line_a_run() {
    let repo = TestRepo::new();
    repo.git(&["notes", "--ref", "puff/runs", "add", "-m", "{\"run\":\"of-another-tool\",\"x\":1}", "main"]);
    imported(&repo, "one", "one");
    imported(&repo, "two", "two");
    repo.git(&["branch", "-D", "-q", "puff/one/var1"]);
    repo.puff(&["harvest", "one"]).ok();
    let note = repo.git(&["notes", "--ref", "puff/runs", "show", "main"]);
    let lines: Vec<Value> = note.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let runs: Vec<_> = lines.iter().map(|line| line["run"].as_str().unwrap()).collect();
    assert_eq!(runs, ["of-another-tool", "one", "two"]);
    assert_eq!(lines[0]["x"], 1);
    for (line, id) in lines.iter().skip(1).zip(["one", "two"]) {
        let run = repo.show(id);
        assert_eq!(line["schema"], "puff.run/1");
        for field in ["run", "state", "base_oid", "best_of", "created_at", "variants"] {
            assert_eq!(line[field], run[field], "{field}");
        }
    }
}

#[test]
fn notes_of_many_objects_are_read_and_written_as_git_has_them() {
    // Flat, as git has a few, and in folders and folders of folders, as git has ever more.
    for depth in 0..=2 {
        let repo = TestRepo::new();
        let others = many_notes(&repo, 300, depth);
        imported(&repo, "one", "one");
        let listed = repo.git(&["notes", "--ref", "puff/report", "list"]);
        // Every other note, and one more: the variant's.
        assert_eq!(listed.lines().count(), others.len() + 1);
        for (object, text) in [&others[0], &others[149], &others[298]] {
            assert_eq!(&repo.git(&["notes", "--ref", "puff/report", "show", object]), text);
        }
        let note = repo.git(&["notes", "--ref", "puff/report", "show", "main"]) + "\n";
        assert_eq!(note, format!("On the base.\n\n{}", report(&repo, "one")));
        let paths = repo.git(&["ls-tree", "-r", "--name-only", "refs/notes/puff/report"]);
        assert!(paths.lines().all(|path| path.len() > others[0].0.len()), "a folder of so many is split");
        // Git would join two notes of one object without a word.
        assert_eq!(paths.lines().count(), others.len() + 1);

        // What git writes is read again, and git finds what we write again.
        repo.git(&["notes", "--ref", "puff/report", "append", "-m", "By git.", "main"]);
        imported(&repo, "two", "two");
        let note = repo.git(&["notes", "--ref", "puff/report", "show", "main"]);
        assert!(
            note.contains("By git.") && note.contains("# Handoff: one") && note.contains("# Handoff: two"),
            "{note}"
        );
        assert_eq!(repo.git(&["notes", "--ref", "puff/report", "list"]).lines().count(), others.len() + 2);
        let before = repo.fingerprint();
        repo.puff(&["harvest", "two"]).ok();
        repo.puff(&["doctor", "--repair"]);
        assert_eq!(repo.fingerprint(), before);
        assert_eq!(repo.git(&["fsck", "--strict", "--no-dangling"]), "");
    }
}

#[test]
fn every_kickoff_is_a_line_of_the_runbook_log() {
    let repo = TestRepo::new();
    FakeCodex::headless_a(&repo);
    repo.commit("prompts/trim.md", PROMPT, "Keep the prompt");
    repo.git(&["push", "-q"]);
    let first = repo.puff(&["submit", "--env", "acme/widgets", "--best-of", "2", "--prompt-file", "prompts/trim.md"]);
    first.ok();
    let first = repo.show("@");
    let log = || std::fs::read_to_string(repo.work().join(".codex/bo4_runs.jsonl")).unwrap();
    let line: Value = serde_json::from_str(&log()).unwrap();
    let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys[..5], ["task_id", "env", "base", "best_of", "prompt_file"]);
    for field in ["task_id", "env", "base", "best_of", "run", "base_oid", "provider", "created_at"] {
        assert_eq!(line[field], first[field], "{field}");
    }
    assert_eq!(line["prompt_file"], "prompts/trim.md");

    // Lines of others, torn and strange ones: the next line is whole, and theirs stay as they are.
    let strange = format!(
        "{}{{\"task_id\":\"task_old\",\"env\":\"e\",\"base\":\"main\",\"best_of\":4,\"prompt_file\":\"p\"}}\r\n\r\n\
        {{\"no\": \"kickoff\"}}\n\u{feff}\nnot json\n{{\"task_id\":\"torn",
        log()
    );
    std::fs::write(repo.work().join(".codex/bo4_runs.jsonl"), &strange).unwrap();
    submitted(&repo);
    let after = log();
    let added = after.strip_prefix(&strange).expect("lines are only added");
    let line: Value = serde_json::from_str(added.strip_prefix('\n').expect("the torn line has ended")).unwrap();
    assert_eq!(line["run"], repo.show("@")["run"]);
    // An inline prompt's copy is where the line says.
    assert_eq!(repo.git(&["show", line["prompt_file"].as_str().unwrap()]) + "\n", PROMPT);

    // Doctor names the lines that cannot be read, and they are in nobody's way.
    let doctor = repo.puff(&["doctor", "--repair"]);
    for number in [4, 5, 6, 7] {
        assert!(doctor.stdout.contains(&format!("line {number} of the runbook log")), "{}", doctor.stdout);
    }
    assert!(!doctor.stdout.contains("line 2 of") && !doctor.stdout.contains("line 3 of"), "{}", doctor.stdout);
    assert_eq!(log(), after);
    // The log is ours, so a worktree with nothing else in it is clean: nothing is warned of.
    assert!(!repo.puff(&["submit", "--env", "acme/widgets", "--prompt", "x"]).ok().stderr.contains("in no commit"));
}

/// Writes notes on objects that nobody has, and one on the base, under so many folders, with `git fast-import`,
/// and answers them. Half of them begin with the digits of the base, so that its own note is among them.
fn many_notes(repo: &TestRepo, count: usize, depth: usize) -> Vec<(String, String)> {
    let base = repo.git(&["rev-parse", "main"]);
    let object = |number: usize| {
        let digits =
            format!("{:0width$x}", (number as u128 + 1) * 0x0123_4567_89ab_cdef_0123_4567_89ab, width = base.len());
        if number.is_multiple_of(2) {
            digits.chars().rev().collect()
        } else {
            format!("{}{}", &base[..4], &digits[4..])
        }
    };
    let mut notes: Vec<_> = (1..count).map(|number| (object(number), format!("Note {number}"))).collect();
    notes.push((base.clone(), "On the base.\n".to_owned()));
    let mut stream = String::from("commit refs/notes/puff/report\ncommitter A <a@example.com> 1 +0000\ndata 0\n");
    for (object, text) in &notes {
        let folders: String = (0..depth).map(|at| format!("{}/", &object[2 * at..2 * at + 2])).collect();
        let name = folders + &object[2 * depth..];
        write!(stream, "M 100644 inline {name}\ndata {}\n{text}\n", text.len()).unwrap();
    }
    let mut child = repo.command("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    let ran: Ran = finish(child.wait_with_output().unwrap());
    ran.ok();
    assert_eq!(repo.git(&["notes", "--ref", "puff/report", "list"]).lines().count(), count);
    notes
}

fn submitted(repo: &TestRepo) -> String {
    repo.puff(&["submit", "--env", "acme/widgets", "--prompt", PROMPT, "--porcelain"]).ok().value("RUN")
}

fn report(repo: &TestRepo, id: &str) -> String {
    repo.puff(&["report", id]).ok().stdout
}

fn imported(repo: &TestRepo, text: &str, name: &str) {
    let export = Export::new(repo, name);
    export.patch(1, repo.patch("README", format!("{text}\n")));
    export.harvest(repo, &["--name", name]).ok();
}
