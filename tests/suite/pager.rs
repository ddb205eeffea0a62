//! Long results on a real terminal go through the pager that git would take.

use std::fs;
use std::io::Read;
use std::process::Command;

use pty_process::Size;

use crate::support::choice::Choice;
use crate::support::test_repo::{TestRepo, make_executable};

/// What is seen on a terminal of so many columns.
fn seen(command: Command, columns: u16) -> String {
    let (mut pty, pts) = pty_process::blocking::open().expect("a terminal");
    pty.resize(Size::new(24, columns)).expect("a size");
    let mut child = pty_process::blocking::Command::from(command).spawn(pts).expect("the program runs");
    let (mut seen, mut some) = (Vec::new(), [0; 4096]);
    // A terminal that nobody holds any more is an error to read from.
    while let Ok(count @ 1..) = pty.read(&mut some) {
        seen.extend_from_slice(&some[..count]);
    }
    assert!(child.wait().expect("it ends").success(), "{}", String::from_utf8_lossy(&seen));
    String::from_utf8_lossy(&seen).into_owned()
}

/// `git … puff list` with these words before `puff` and these variables, on a terminal.
fn list(repo: &TestRepo, words: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = repo.command("git");
    command.env_remove("GIT_PAGER").env_remove("PAGER").env_remove("LESS").env_remove("COLUMNS").env("TERM", "xterm");
    command.args(words).args(["puff", "list"]).envs(variables.iter().copied());
    seen(command, 120)
}

/// A run with a title that fills any line, and a pager that says whose it is and how it was called.
fn repo() -> Choice {
    let choice = Choice::new();
    let path = choice.repo.path("bin/pager");
    fs::write(&path, "#!/bin/sh\necho \"paged for $1, LESS=${LESS-unset}, COLUMNS=${COLUMNS-unset}\"\nexec cat\n")
        .unwrap();
    make_executable(&path);
    choice
}

#[test]
fn the_pager_is_the_one_that_git_would_take() {
    let choice = repo();
    let repo = &choice.repo;
    let by = |who: &str| format!("paged for {who},");
    assert!(list(repo, &[], &[("PAGER", "pager user")]).contains(&by("user")));
    assert!(list(repo, &["-c", "core.pager=pager core"], &[("PAGER", "pager user")]).contains(&by("core")));
    let all = [("PAGER", "pager user"), ("GIT_PAGER", "pager git")];
    assert!(list(repo, &["-c", "core.pager=pager core"], &all).contains(&by("git")));
    for words in [&["--no-pager"][..], &["-c", "pager.puff=false"], &["-P"]] {
        let shown = list(repo, words, &all);
        assert!(shown.contains("fix") && !shown.contains("paged for"), "{words:?}: {shown}");
    }
    for none in ["", "cat", "no-such-pager"] {
        let shown = list(repo, &[], &[("GIT_PAGER", none)]);
        assert!(shown.contains("fix"), "'{none}': {shown}");
    }
    // Who pipes it pages it himself.
    let mut piped = repo.command("git");
    piped.args(["puff", "list"]).env("GIT_PAGER", "pager git");
    assert!(!crate::support::test_repo::run(&mut piped).ok().stdout.contains("paged for"));
}

#[test]
fn less_is_told_what_git_tells_it_unless_the_user_has() {
    let choice = repo();
    let pager = ("GIT_PAGER", "pager git");
    assert!(list(&choice.repo, &[], &[pager]).contains("LESS=FRX,"));
    assert!(list(&choice.repo, &[], &[pager, ("LESS", "M")]).contains("LESS=M,"));
    assert!(list(&choice.repo, &[], &[pager, ("LESS", "")]).contains("LESS=,"));
}

#[test]
fn behind_the_pager_of_git_itself_the_width_of_the_terminal_counts() {
    let choice = repo();
    let repo = &choice.repo;
    let long = "word ".repeat(60);
    let export = crate::support::export::Export::new(repo, "long");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export.put("var1/report.json", format!(r#"{{"prompt": "{long}"}}"#));
    export.harvest(repo, &["--name", "long"]).ok();
    let widest = |shown: &str| {
        let lines = shown.lines().filter(|line| line.contains("word word"));
        lines.map(|line| line.trim_end().chars().count()).max().unwrap_or(0)
    };
    let direct = list(repo, &["--no-pager"], &[]);
    assert!((81..=120).contains(&widest(&direct)), "{direct}");
    let pager = [("GIT_PAGER", "pager git")];
    for words in [&["-p"][..], &["-c", "pager.puff=true"]] {
        let paged = list(repo, words, &pager);
        assert_eq!(paged.matches("paged for git,").count(), 1, "{paged}");
        assert_eq!(widest(&paged), widest(&direct), "{paged}");
    }
    assert_eq!(widest(&list(repo, &[], &pager)), widest(&direct));
}
