//! Real history: the patch of every commit, applied to its parent, gives the commit's own tree.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use git_tree_apply::{Mode, Objects};

use crate::judge::Verdict;
use crate::store::{Id, Store};

/// What became of the commits of a repository.
#[derive(Debug, Default, PartialEq, Eq)]
struct TestCounter {
    commits: usize,
    /// Those that git itself cannot show, since a blob of theirs is not in the repository.
    missing: usize,
    refused: Vec<String>,
    wrong: Vec<String>,
}

fn git(repo: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new("git").current_dir(repo).args(args).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The commits without merges of a repository, with their patches: one git for all of them. A commit of which a blob is
/// not here has none, and another git takes the rest.
struct Patches<'r> {
    repo: &'r Path,
    /// The commits that are still to come, the next one last.
    commits: Vec<Id>,
    git: Option<Git>,
}

struct Git {
    child: Child,
    lines: BufReader<ChildStdout>,
    line: Vec<u8>,
}

impl Patches<'_> {
    fn of(repo: &Path, count: usize) -> Patches<'_> {
        let listed = git(repo, &["rev-list", "--reverse", "--no-merges", &format!("--max-count={count}"), "--all"]);
        let commits = String::from_utf8_lossy(&listed).lines().map(|line| id(line).expect("a commit")).collect();
        Patches { repo, commits, git: None }
    }
}

impl Git {
    fn start(repo: &Path, commits: &[Id]) -> Git {
        let mut child = Command::new("git")
            .current_dir(repo)
            .args(["diff-tree", "--stdin", "--always", "--root", "-r", "-p", "-M", "--binary", "--full-index"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("git runs");
        let mut stdin = child.stdin.take().expect("its input");
        let input: String = commits.iter().rev().map(|commit| format!("{commit}\n")).collect();
        // It ends by itself: with the list, or with the reader.
        std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let lines = BufReader::with_capacity(1 << 20, child.stdout.take().expect("its output"));
        let mut git = Git { child, lines, line: Vec::new() };
        git.read();
        git
    }

    fn read(&mut self) {
        self.line.clear();
        self.lines.read_until(b'\n', &mut self.line).expect("git answers");
    }

    /// The next patch; none when git gave up in it. No line of a patch is a bare commit: each begins with a character of
    /// its own, or is a word of a header.
    fn patch(&mut self, commit: Id) -> Option<Vec<u8>> {
        let mut patch = Vec::new();
        if commit_of(&self.line) != Some(commit) {
            return None;
        }
        loop {
            self.read();
            if commit_of(&self.line).is_some() {
                return Some(patch);
            }
            if self.line.is_empty() {
                return self.child.wait().expect("git ends").success().then_some(patch);
            }
            patch.extend_from_slice(&self.line);
        }
    }
}

impl Iterator for Patches<'_> {
    type Item = (Id, Option<Vec<u8>>);

    fn next(&mut self) -> Option<(Id, Option<Vec<u8>>)> {
        let git = match &mut self.git {
            Some(git) => git,
            None if self.commits.is_empty() => return None,
            None => self.git.insert(Git::start(self.repo, &self.commits)),
        };
        let commit = self.commits.pop()?;
        let patch = git.patch(commit);
        if patch.is_none() {
            self.git = None;
        }
        Some((commit, patch))
    }
}

impl Drop for Git {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn commit_of(line: &[u8]) -> Option<Id> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    id(line)
}

/// The object with this whole name, of whichever format the repository is.
fn id(digits: &str) -> Option<Id> {
    let format = match digits.len() {
        40 => git2::ObjectFormat::Sha1,
        64 => git2::ObjectFormat::Sha256,
        _ => return None,
    };
    Id::from_str_ext(digits, format).ok()
}

/// Trees from before git settled on its modes hold 100664, which git reads as 100644, and writes so ever since.
fn git_sees_no_difference(repo: &Path, one: Id, other: Id) -> bool {
    git(repo, &["diff-tree", "-r", &one.to_string(), &other.to_string()]).is_empty()
}

/// Goes through the newest `count` commits that are no merges, in a copy that shares the objects: nothing is written
/// into the repository itself.
fn go_through(repo: &Path, count: usize) -> TestCounter {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("copy.git");
    let clone =
        ["clone", "-q", "--mirror", "--shared", &repo.to_string_lossy(), &copy.to_string_lossy()].map(str::to_owned);
    git(Path::new("."), &clone.each_ref().map(String::as_str));
    let ours = Store::open(&copy);
    let nothing = ours.write_tree(&[]).expect("the empty tree");
    let mut tally = TestCounter::default();
    for (id, patch) in Patches::of(&copy, count) {
        let Some(patch) = patch else {
            tally.missing += 1;
            continue;
        };
        tally.commits += 1;
        if tally.commits % 10_000 == 0 {
            eprintln!("{} commits", tally.commits);
        }
        let (tree, parents) = ours.trees_of(id);
        let base = parents.first().copied().unwrap_or(nothing);
        if patch.is_empty() {
            if tree != base {
                tally.wrong.push(format!("{id}: git shows nothing of it"));
            }
            continue;
        }
        match ours.apply_in(base, &patch, Mode::Plain) {
            Verdict::Tree(made) if made == tree => {}
            Verdict::Tree(made) if git_sees_no_difference(&copy, made, tree) => {}
            Verdict::Tree(_) => tally.wrong.push(id.to_string()),
            other => tally.refused.push(format!("{id}: {other:?}")),
        }
    }
    tally
}

/// The repository of this project; none where the sources come from a package.
fn this_project() -> Option<String> {
    let asked =
        Command::new("git").current_dir(env!("CARGO_MANIFEST_DIR")).args(["rev-parse", "--show-toplevel"]).output();
    let top = asked.ok().filter(|said| said.status.success())?.stdout;
    Some(String::from_utf8_lossy(&top).trim_end().to_owned())
}

/// This project's own history; `APPLY_HISTORY=REPO APPLY_HISTORY_COUNT=100000` goes through any other.
#[test]
fn every_commit_of_real_history_is_made_again() {
    let Some(repo) = std::env::var("APPLY_HISTORY").ok().or_else(this_project) else {
        return println!("left out: there is no repository, and APPLY_HISTORY names none");
    };
    let count = std::env::var("APPLY_HISTORY_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(1000);
    let tally = go_through(Path::new(&repo), count);
    let TestCounter { commits, missing, refused, wrong } = &tally;
    println!("{repo}: {commits} commits, {} refused, {} wrong ({missing} not whole here)", refused.len(), wrong.len());
    assert!(tally.commits > 0, "no commits in {repo}");
    assert!(tally.refused.is_empty() && tally.wrong.is_empty(), "{tally:#?}");
}
