//! Real history: the patch of every commit, applied to its parent, gives the commit's own tree.

use std::path::Path;
use std::process::Command;

use git_puff::model::Oid;
use git_puff::patch::onto::{self, Mode, Outcome};
use git_puff::patch::parse;

use crate::judge::open;

/// What became of the commits of a repository.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    commits: usize,
    refused: Vec<String>,
    wrong: Vec<String>,
}

fn git(repo: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new("git").current_dir(repo).args(args).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Goes through the newest `count` commits that are no merges, in a copy that shares the objects: nothing is written
/// into the repository itself.
fn go_through(repo: &Path, count: usize) -> Tally {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("copy.git");
    let clone =
        ["clone", "-q", "--bare", "--shared", &repo.to_string_lossy(), &copy.to_string_lossy()].map(str::to_owned);
    git(Path::new("."), &clone.each_ref().map(String::as_str));
    let ours = open(&copy);
    let listed =
        git(&copy, &["log", "--no-merges", "--min-parents=1", "--format=%H %T %P", &format!("-{count}"), "HEAD"]);
    let mut tally = Tally::default();
    for line in String::from_utf8_lossy(&listed).lines() {
        let mut words = line.split(' ');
        let (Some(commit), Some(tree), Some(parent)) = (words.next(), words.next(), words.next()) else { continue };
        let patch = git(&copy, &["diff-tree", "-r", "-p", "-M", "--binary", "--full-index", parent, commit]);
        if patch.is_empty() {
            continue;
        }
        tally.commits += 1;
        let base = ours.commit(parent.parse().expect("a commit")).expect("the parent").tree;
        let said = match parse::parse(&patch) {
            Ok(files) => onto::apply(&ours, base, &files, Mode::Plain).expect("the tree can be read"),
            Err(why) => {
                tally.refused.push(format!("{commit}: {why}"));
                continue;
            }
        };
        match said {
            Outcome::Tree(made) if made == tree.parse::<Oid>().expect("a tree") => {}
            Outcome::Tree(_) => tally.wrong.push(commit.to_owned()),
            other => tally.refused.push(format!("{commit}: {other:?}")),
        }
    }
    tally
}

/// This project's own history; `tests/history REPO [COUNT]` goes through any other.
#[test]
fn every_commit_of_real_history_is_made_again() {
    let repo = std::env::var("PUFF_HISTORY").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let count = std::env::var("PUFF_HISTORY_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(1000);
    let tally = go_through(Path::new(&repo), count);
    println!("{repo}: {} commits, {} refused, {} wrong", tally.commits, tally.refused.len(), tally.wrong.len());
    assert!(tally.commits > 0, "no commits in {repo}");
    assert!(tally.refused.is_empty() && tally.wrong.is_empty(), "{tally:#?}");
}
