//! Every command that README and `docs/` show is run, as it stands there.
//!
//! A fenced block of shell is played line by line in the scene that the comment above it names; blocks of one scene in one
//! document follow each other. What is between backticks in a sentence is tried too, with its placeholders filled in: it has
//! to be a call that git and git-puff understand. So have the examples of the manual.

use std::path::Path;

use git_puff::cli::MANUALS;
use git_puff::manual::listed;

use crate::support::choice::Choice;
use crate::support::scenes::{ELSEWHERE, Scene};
use crate::support::test_repo::run;

const DOCUMENTS: [&str; 5] =
    ["README.md", "docs/how-it-works.md", "docs/puff-sh.md", "docs/recovery.md", "docs/security.md"];

/// What stands for something in a sentence, and what it is taken for.
const PLACEHOLDERS: [(&str, &str); 14] = [
    ("RUN:N", "fix:1"),
    ("RUN", "fix"),
    ("VERB", "show"),
    ("TASK", "task_e_1"),
    ("TEXT", "y"),
    ("ID", "fix-var1"),
    ("DIR", "folder"),
    ("REV", "main"),
    ("REF", "main"),
    ("FILE", "README"),
    ("RISK", "lockfile"),
    ("CMD", "true"),
    ("NAME", "origin"),
    ("D", "1s"),
];

/// What lines may read.
const FILES: [(&str, &str); 5] = [
    ("task.md", "Count in digits\n"),
    ("other.md", "Count in words\n"),
    ("a.md", "Count in digits\n"),
    ("b.md", "Count in letters\n"),
    ("some.diff", "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n"),
];

/// What is understood, and refused for what the place has not: a line, and a part of the refusal.
const REFUSED: [(&str, &str); 2] = [
    ("git puff session attach shell", "needs a terminal"),
    ("git puff review @ --accept workflow", "no risk named 'workflow' in run 'fix'"),
];

/// A fenced block of shell: where it stands, the scene it plays in, and its lines.
struct Block {
    place: String,
    scene: String,
    lines: Vec<String>,
}

fn read(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{document}: {why}"))
}

fn blocks(document: &str) -> Vec<Block> {
    let text = read(document);
    let (mut blocks, mut scene) = (Vec::new(), None);
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(named) = line.strip_prefix("<!-- scene: ").and_then(|rest| rest.strip_suffix(" -->")) {
            scene = Some(named.to_owned());
        } else if line == "```sh" {
            let place = format!("{document}:{}", number + 1);
            let scene = scene.take().unwrap_or_else(|| panic!("{place}: no scene is named above this block"));
            let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            blocks.push(Block { place, scene, lines: body.map(uncommented).filter(|line| !line.is_empty()).collect() });
        }
    }
    blocks
}

/// A line without what is a comment to the shell.
fn uncommented(line: &str) -> String {
    let (mut quote, mut before) = (None, ' ');
    let mut end = line.len();
    for (at, letter) in line.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if letter == '#' && before.is_whitespace() => {
                end = at;
                break;
            }
            None => {}
        }
        before = letter;
    }
    line[..end].trim().to_owned()
}

/// Calls of git between backticks, with their placeholders filled in.
fn spoken(document: &str) -> Vec<String> {
    let text = read(document);
    let mut fenced = false;
    let prose = text.lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced
    });
    let prose = prose.collect::<Vec<_>>().join(" ");
    let spans = prose.split('`').skip(1).step_by(2);
    let calls = spans.filter(|span| span.starts_with("git ") || span.starts_with("git-puff "));
    let filled = |call: &str| {
        call.split(' ')
            .map(|word| PLACEHOLDERS.iter().find(|(name, _)| *name == word).map_or(word, |(_, it)| it))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut calls: Vec<String> = calls.map(filled).collect();
    calls.sort();
    calls.dedup();
    calls
}

#[test]
fn every_code_block_of_the_documentation_runs() {
    needs!("codex");
    for document in DOCUMENTS {
        let mut scenes: Vec<(String, Scene)> = Vec::new();
        for block in blocks(document) {
            if !scenes.iter().any(|(name, _)| *name == block.scene) {
                scenes.push((block.scene.clone(), Scene::named(&block.scene)));
            }
            let scene =
                scenes.iter().find(|(name, _)| *name == block.scene).map(|(_, scene)| scene).expect("it is set");
            for line in &block.lines {
                if !ELSEWHERE.iter().any(|(elsewhere, _)| elsewhere == line) {
                    scene.play(&block.place, line);
                }
            }
        }
    }
}

/// What is too large for a test is done by CI, with the same words.
#[test]
fn lines_left_out_here_are_run_by_other_tests() {
    let shown: Vec<String> = DOCUMENTS.iter().flat_map(|name| blocks(name)).flat_map(|block| block.lines).collect();
    for (line, (file, words)) in ELSEWHERE {
        assert!(shown.iter().any(|shown| shown == line), "no document shows '{line}' any more");
        assert!(read(file).contains(words), "'{words}' is not in {file}: nobody runs '{line}'");
    }
}

#[test]
fn every_command_in_the_text_parses() {
    let spoken = |document| spoken(document).into_iter().map(move |call| (document, call));
    let calls: Vec<_> = DOCUMENTS.into_iter().flat_map(spoken).collect();
    assert_understood(calls.iter().map(|(document, call)| (*document, call.as_str())));
}

/// The examples of `--help` and the man pages.
#[test]
fn every_example_of_the_manual_is_understood() {
    let listed = listed(MANUALS);
    let examples = listed.iter().flat_map(|(verb, manual)| manual.examples.iter().map(|it| (verb.as_str(), it.line)));
    assert_understood(examples);
}

/// Types each line in a repository of its own. It may say no, but not that it does not know what was meant.
fn assert_understood<'l>(lines: impl Iterator<Item = (&'l str, &'l str)>) {
    let choice = Choice::new();
    let mut wrong = Vec::new();
    for (number, (place, line)) in lines.enumerate() {
        let folder = choice.copy(&format!("try-{number}"));
        for (file, text) in FILES {
            std::fs::write(folder.join(file), text).expect("a file");
        }
        let ran = run(choice.repo.command("bash").current_dir(folder).args(["-c", line]));
        let unknown = ran.code == 129 || ran.code == 127 || ran.stderr.contains("is not a git command");
        let refused = REFUSED.iter().any(|(refused, why)| *refused == line && ran.stderr.contains(why));
        if (unknown && !refused) || ran.stderr.contains("panicked") {
            wrong.push(format!("{place}: {line}\n  exit {}: {}", ran.code, ran.stderr.trim().replace('\n', "\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
