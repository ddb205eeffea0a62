//! `pick --onto` in repositories of two sizes: what it costs must not follow from the size. Beside it, what git takes for
//! the same: a worktree to cherry-pick in, and, without one, `merge-tree`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::support::test_repo::{Ran, TestRepo, run};
use super::{PUFF, heading, median, say};

const SIZES: [usize; 2] = [1_000, 100_000];
const IN_A_FOLDER: usize = 100;
const ROUNDS: usize = 25;

/// Measures, and says what came out.
pub fn measure() {
    heading("one variant of four changed files onto a branch, whole processes, medians");
    let repo = TestRepo::empty();
    let layout = SIZES.map(|files| Place::new(&repo, files));
    let mut took = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        for (place, took) in layout.iter().zip(&mut took) {
            place.puff(&["undo", "try"]);
            let began = Instant::now();
            place.puff(&["pick", "try:1", "--onto", "release"]).ok();
            took.push(began.elapsed());
        }
    }
    let ours = took.map(median);
    for (files, time) in SIZES.iter().zip(ours) {
        say(&format!("git-puff pick --onto, {files} files"), time, "");
    }
    let ratio = ours[1].as_secs_f64() / ours[0].as_secs_f64();
    println!("  {:<58} {ratio:>9.2} x    (goal: <= 1.2)", "of them");
    for (files, place) in SIZES.iter().zip(&layout) {
        let [tree, worktree] = [place.git_without_worktree(), place.git_in_a_worktree()];
        say(&format!("git merge-tree, commit-tree, update-ref, {files} files"), tree, "without records, notes, undo");
        say(&format!("git worktree add, cherry-pick, worktree remove, {files} files"), worktree, "likewise");
    }
}

/// A bare repository with a harvested run `try` and a branch `release`.
struct Place<'l> {
    repo: &'l TestRepo,
    path: PathBuf,
}

impl Place<'_> {
    fn new(repo: &TestRepo, files: usize) -> Place<'_> {
        let path = repo.path(&format!("files-{files}.git"));
        repo.git_in(&repo.path("."), &["init", "-q", "--bare", path.to_str().expect("a path of letters")]);
        fill(repo, &path, files);
        let place = Place { repo, path };
        let folder = repo.path(&format!("export-{files}"));
        std::fs::create_dir_all(folder.join("var1")).expect("a folder");
        let patch =
            run(repo.command("git").current_dir(&place.path).args(["diff", "--full-index", "main", "change"])).bytes;
        std::fs::write(folder.join("var1/patch.diff"), patch).expect("a patch");
        let folder = folder.to_str().expect("a path of letters");
        place.puff(&["harvest", "--from", folder, "--base", "main", "--name", "try"]).ok();
        place
    }

    fn puff(&self, args: &[&str]) -> Ran {
        run(self.repo.command(PUFF).current_dir(&self.path).args(args))
    }

    fn git(&self, folder: &Path, args: &[&str]) -> String {
        self.repo.git_in(folder, args)
    }

    fn git_without_worktree(&self) -> Duration {
        let round = || {
            let before = self.git(&self.path, &["rev-parse", "release"]);
            let began = Instant::now();
            let merge = ["merge-tree", "--write-tree", "--merge-base=main", "release", "puff/try/var1"];
            let tree = self.git(&self.path, &merge);
            let commit = self.git(&self.path, &["commit-tree", "-p", "release", "-m", "Try", &tree]);
            self.git(&self.path, &["update-ref", "refs/heads/release", &commit, &before]);
            let took = began.elapsed();
            self.git(&self.path, &["update-ref", "refs/heads/release", &before]);
            took
        };
        self.puff(&["undo", "try"]);
        median((0..ROUNDS).map(|_| round()).collect())
    }

    fn git_in_a_worktree(&self) -> Duration {
        let worktree = self.repo.path("worktree");
        let shown = worktree.to_str().expect("a path of letters");
        let round = || {
            let before = self.git(&self.path, &["rev-parse", "release"]);
            let began = Instant::now();
            self.git(&self.path, &["worktree", "add", "-q", shown, "release"]);
            self.git(&worktree, &["cherry-pick", "puff/try/var1"]);
            self.git(&self.path, &["worktree", "remove", shown]);
            let took = began.elapsed();
            self.git(&self.path, &["update-ref", "refs/heads/release", &before]);
            took
        };
        round()
    }
}

/// Files in folders; a branch `change` with four of them changed, and one `release` with another one.
fn fill(repo: &TestRepo, path: &Path, files: usize) {
    let mut import = repo.command("git");
    let mut import =
        import.current_dir(path).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git runs");
    let mut stream = std::io::BufWriter::new(import.stdin.take().expect("a pipe"));
    let name = |number: usize| format!("part{}/unit{}/file_{number}", number / IN_A_FOLDER / 30, number / IN_A_FOLDER);
    let text = |number: usize, word: &str| -> String {
        (0..60)
            .map(|line| if line == 30 { format!("{word}\n") } else { format!("line {line} of {number}\n") })
            .collect()
    };
    let commit = |branch: &str, from: &str| {
        format!(
            "commit refs/heads/{branch}\ncommitter A U Thor <author@example.com> 1790000000 +0000\ndata 4\nWork\n{from}"
        )
    };
    let put = |stream: &mut dyn std::io::Write, number: usize, word: &str| {
        let text = text(number, word);
        write!(stream, "M 644 inline {}\ndata {}\n{text}\n", name(number), text.len()).expect("git reads");
    };
    stream.write_all(commit("main", "").as_bytes()).expect("git reads");
    (0..files).for_each(|number| put(&mut stream, number, "old"));
    stream.write_all(commit("change", "from refs/heads/main\n").as_bytes()).expect("git reads");
    (0..4).for_each(|at| put(&mut stream, at * files / 4 + 7, "new"));
    stream.write_all(commit("release", "from refs/heads/main\n").as_bytes()).expect("git reads");
    put(&mut stream, 3, "released");
    drop(stream);
    assert!(import.wait().expect("git runs").success());
}
