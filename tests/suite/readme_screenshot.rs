//! The picture in the README is what a terminal shows when its commands are typed.
//!
//! `PUFF_UPDATE=1 cargo test --test suite picture` draws it again.

use std::path::Path;
use std::process::Command;

use crate::support::agent_run::AgentRun;
use crate::support::terminal::{picture, played};
use crate::support::test_repo::TestRepo;

/// What is typed. One check at a time, so that what is said of them comes in one order.
const TYPED: [&str; 2] = ["git puff review @ --check 'sh test.sh' --jobs 1", "git puff pick @:1"];

/// A program with a bug, and its test.
const PROGRAM: [(&str, &str); 2] = [
    (
        "average.sh",
        "#!/bin/sh\n# Prints the average of the numbers it is given, rounded down.\nsum=0\nfor number in \"$@\"; do\n  \
         sum=$((sum + number))\ndone\necho $((sum / $#))\n",
    ),
    ("test.sh", "[ \"$(sh average.sh 2 4)\" = 3 ] && [ \"$(sh average.sh)\" = 0 ] && echo 'all is well'\n"),
];

/// Four agents, and what each does about it.
const AGENTS: [(&str, &str); 4] = [
    ("codex", "sed -i '2a [ $# -gt 0 ] || { echo 0; exit; }' average.sh"),
    ("claude", "sed -i 's/sum \\/ $#/sum \\/ ($# > 0 ? $# : 1)/' average.sh; echo '# no numbers: 0' >>average.sh"),
    ("gemini", "printf '#!/bin/sh\\necho 0\\n' >average.sh"),
    ("aider", "sed -i '2a [ $# -gt 0 ] || { echo 0; exit; }' average.sh"),
];

/// A run of all four, harvested.
fn harvested() -> AgentRun {
    let mut crew = AgentRun::new();
    crew.repo.fix_clock();
    for (file, text) in PROGRAM {
        crew.repo.commit(file, text, "Average numbers");
    }
    for (name, script) in AGENTS {
        crew.agent(name, script);
    }
    let agents = AGENTS.map(|(name, _)| ["--agent", name]).concat();
    let prompt = ["--prompt", "Fix average.sh: without any numbers it has to print 0", "--name", "fix-average"];
    crew.repo.puff(&[&["launch", "--harvest", "--interval", "1s"], &prompt[..], &agents].concat()).ok();
    crew.tournament_end("fix-average");
    crew
}

/// A call in the clone, with colours.
fn typed(repo: &TestRepo, line: &str) -> Command {
    let mut shell = repo.command("bash");
    shell.env("TERM", "xterm-256color").env("GIT_PAGER", "cat").args(["-c", line]);
    shell
}

/// What stands before how long something took.
const IN: &str = "&#160;in&#160;";

/// A picture without what differs each time: how long things took.
fn comparable(picture: &str) -> String {
    let mut text = String::new();
    for (number, piece) in picture.split(IN).enumerate() {
        let rest = piece.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let took = number > 0 && rest.starts_with('s') && rest.len() < piece.len();
        text += if number == 0 { "" } else { IN };
        text += if took { rest } else { piece };
    }
    text
}

#[test]
fn the_picture_in_the_readme_is_what_a_terminal_shows() {
    let crew = harvested();
    let script = TYPED.map(|line| format!("printf '\\033[1m$ %s\\033[m\\n' \"{line}\"; {line}; echo"));
    let terminal = played(typed(&crew.repo, &script.join("\n")), 110, 70);
    let drawn = picture(terminal.screen(), "Four attempts are tested and ranked, and one is picked");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/terminal.svg");
    if std::env::var_os("PUFF_UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept.contains("RANK") && kept.contains("cherry-picked&#160;onto"), "nothing to see in {}", path.display());
    assert_eq!(comparable(&kept), comparable(&drawn), "draw it again: PUFF_UPDATE=1 cargo test --test suite picture");
}
