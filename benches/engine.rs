//! The patch engine beside git and libgit2, in one run: `cargo bench --bench engine [-- PART…]`, where a part is
//! `apply`, `harvest`, `size` or `history`. Nothing here is asserted; the figures are for reading.
//!
//! Whoever is compared does the same: makes the same trees of the same patches, starts with the same objects, and
//! flushes what it writes. Every figure is a median unless it says otherwise, and those that are compared take turns. Where the disk would be
//! what is measured, `TMPDIR=/dev/shm` takes it out: there, flushing costs nothing.

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "support/figures.rs"]
mod figures;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use figures::{heading, median, say, times, wanted, words};
use git_puff::git::{Location, Repo};
use git_puff::model::Oid;
use git_puff::patch;
use support::test_repo::{TestRepo, run};

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
const IN_A_FOLDER: usize = 80;
const VARIANTS: usize = 4;
const CHANGED: usize = 4;

/// As git-puff has libgit2 do it: what is kept is flushed. A temporary index is not kept.
const FLUSHED: [&str; 4] = ["-c", "core.fsync=loose-object,reference", "-c", "core.fsyncMethod=fsync"];

fn main() {
    let wanted = wanted();
    let repo = TestRepo::empty();
    if wanted("apply") || wanted("harvest") {
        let [small, large] = [SMALL, LARGE].map(|files| Place::with_files(&repo, files));
        if wanted("apply") {
            apply(&repo, &small, &large);
        }
        if wanted("harvest") {
            harvest(&repo, &large);
        }
    }
    if wanted("size") {
        size(&repo);
        hunks(&repo);
    }
    if wanted("history") {
        history(&repo);
    }
}

/// A variant onto its base, by us, git and libgit2.
fn apply(repo: &TestRepo, small: &Place, large: &Place) {
    const ROUNDS: usize = 5;
    heading("one variant of four changed files onto its base, per variant");
    for (what, fresh) in [("new objects, flushed", true), ("objects there already", false)] {
        let mut took = [const { Vec::new() }; 6];
        for _ in 0..ROUNDS {
            for (index, place) in [small, large].into_iter().enumerate() {
                let mut time = |who: usize, all: &dyn Fn() -> (Duration, Vec<Oid>)| {
                    if fresh {
                        place.forget();
                    }
                    let (time, trees) = all();
                    assert_eq!(trees, place.trees, "other trees than git's");
                    took[2 * who + index].push(time / VARIANTS as u32);
                };
                // Each is quick, and the first one meets whatever the others left.
                (0..5).for_each(|_| time(0, &|| place.ours()));
                time(1, &|| place.git(repo));
                time(2, &|| place.libgit2());
            }
        }
        let [small_ours, ours, small_git, git, small_libgit2, libgit2] = took.map(median);
        say(&format!("git-puff, {SMALL} files, {what}"), small_ours, "");
        say(&format!("git-puff, {LARGE} files, {what}"), ours, &times(ours, small_ours, "its time at 1,000", "<= 1.5"));
        say(&format!("git, {SMALL} files, {what}"), small_git, &times(small_git, small_ours, "ours", ""));
        say(&format!("git, {LARGE} files, {what}"), git, &times(git, ours, "ours", ">= 200"));
        say(&format!("libgit2, {SMALL} files, {what}"), small_libgit2, &times(small_libgit2, small_ours, "ours", ""));
        say(&format!("libgit2, {LARGE} files, {what}"), libgit2, &times(libgit2, ours, "ours", ">= 100"));
    }
}

/// Four variants up to branches, as a user waits for them.
fn harvest(repo: &TestRepo, place: &Place) {
    const ROUNDS: usize = 5;
    heading(&format!("four exported variants up to their branches, {LARGE} files, whole processes"));
    let folder = repo.path("export");
    for (index, patch) in place.patches.iter().enumerate() {
        let variant = folder.join(format!("var{}", index + 1));
        fs::create_dir_all(&variant).expect("a folder");
        fs::write(variant.join("patch.diff"), patch).expect("a patch");
    }
    let folder = folder.display().to_string();
    let command = || {
        let mut command = repo.command(PUFF);
        command.current_dir(&place.path).args(["harvest", "--from", &folder, "--base", "main", "--name", "try"]);
        command
    };
    let (mut ours, mut gits) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..5 {
            place.forget();
            let began = Instant::now();
            run(&mut command()).ok();
            ours.push(began.elapsed());
        }
        let branch = |number: usize| format!("refs/heads/puff/try/var{number}^{{tree}}");
        let trees = (1..=VARIANTS).map(|number| repo.git_in(&place.path, &["rev-parse", &branch(number)]));
        assert_eq!(trees.map(|tree| oid(&tree)).collect::<Vec<_>>(), place.trees, "other trees than git's");
        place.forget();
        gits.push(place.git_to_branches(repo));
    }
    let (ours, git) = (median(ours), median(gits));
    say("git-puff harvest --from", ours, "");
    say("git read-tree, apply, write-tree, commit-tree, update-ref", git, &times(git, ours, "ours", ">= 40"));

    // What is private of a mapped file is what was written to, and a pack is only read.
    let (mut whole, mut private) = (0, 0);
    for _ in 0..ROUNDS {
        place.forget();
        let mut child = command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("git-puff runs");
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        while child.try_wait().expect("git-puff runs").is_none() {
            whole = whole.max(kib(&process.join("status"), "VmHWM:"));
            private = private.max(kib(&process.join("smaps_rollup"), "Private_Dirty:"));
        }
    }
    println!("  {:<58} {private:>8} KiB  (goal: < 60 MiB)", "private memory at most (sampled)");
    println!("  {:<58} {whole:>8} KiB", "resident at most, mapped packs and all (its own count)");
}

/// Does twice the patch take twice the time?
fn size(repo: &TestRepo) {
    heading("a large patch: the fastest");
    let place = |mib: usize| {
        // Of twelve lines one is changed, and a long one follows it that is new.
        let text = |file: usize, new: bool| {
            let mut text = String::new();
            for line in 0..mib * 890 {
                let number = file * 1_000_000 + line;
                _ = match (line % 12, new) {
                    (5, true) => writeln!(text, "fn changed_{number}() {{}}\n{}", words(number, 60).repeat(6)),
                    _ => writeln!(text, "    let value_{number} = compute({});", number % 977),
                };
            }
            text
        };
        let files: Vec<_> = (0..20).map(|file| (format!("src/file_{file}.rs"), text(file, false))).collect();
        let new: Vec<_> = (0..20).map(|file| (format!("src/file_{file}.rs"), text(file, true))).collect();
        Place::of(repo, &format!("size-{mib}"), &files, &[new], &[])
    };
    let layout = [25, 50].map(place);
    let sizes = layout.each_ref().map(|place| place.patches[0].len() as f64 / f64::from(1 << 20));
    let [half, whole] = fastest(&layout);
    let each = |took: Duration, mib: f64| format!("{mib:.1} MiB: {:.2} ms per MiB", took.as_secs_f64() * 1000.0 / mib);
    say(&each(half, sizes[0]), half, "");
    say(&each(whole, sizes[1]), whole, &times(whole, half, "half of it", "about 2"));
}

/// Does twice the hunks of one file take twice the time?
fn hunks(repo: &TestRepo) {
    heading("many hunks in one file: the fastest");
    let counts = [100_000, 200_000];
    let layout = counts.map(|hunks: usize| {
        let text = |new: bool| {
            (0..hunks * 8).fold(String::new(), |mut text, line| {
                let word = if new && line % 8 == 4 { "other" } else { "line" };
                _ = writeln!(text, "{word} {line}");
                text
            })
        };
        let file = |new| vec![("list.txt".to_owned(), text(new))];
        Place::of(repo, &format!("hunks-{hunks}"), &file(false), &[file(true)], &["-U1"])
    });
    let [half, whole] = fastest(&layout);
    say(&format!("{} hunks", counts[0]), half, "");
    say(&format!("{} hunks", counts[1]), whole, &times(whole, half, "half of them", "about 2"));
}

/// The least that each of two takes, by turns: where one alone is looked at, whatever else goes on only adds to it.
fn fastest(layout: &[Place; 2]) -> [Duration; 2] {
    let mut took = [Duration::MAX; 2];
    for _ in 0..9 {
        for (place, took) in layout.iter().zip(&mut took) {
            place.forget();
            let (time, trees) = place.ours();
            assert_eq!(trees, place.trees, "other trees than git's");
            *took = time.min(*took);
        }
    }
    took
}

/// The patches of real history onto their parents. `PUFF_BENCH_HISTORY` names another repository than this project's,
/// `PUFF_BENCH_HISTORY_COUNT` how many of its commits.
fn history(repo: &TestRepo) {
    const ROUNDS: usize = 5;
    let source = std::env::var("PUFF_BENCH_HISTORY").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let count = std::env::var("PUFF_BENCH_HISTORY_COUNT").unwrap_or_else(|_| "500".to_owned());
    let path = repo.path("history.git");
    let clone = ["clone", "-q", "--bare", "--no-hardlinks", &source, &path.display().to_string()].map(str::to_owned);
    repo.git_in(&repo.path("."), &clone.each_ref().map(String::as_str));
    repo.git_in(&path, &["repack", "-q", "-a", "-d"]);
    let list = ["log", "--no-merges", "--min-parents=1", "--format=%H %T %P", &format!("-{count}")].map(str::to_owned);
    let listed = repo.git_in(&path, &list.each_ref().map(String::as_str));
    let folder = repo.path("history");
    fs::create_dir(&folder).expect("a folder");
    let (mut commits, mut lines) = (Vec::new(), String::new());
    for line in listed.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let (commit, tree, parent) = (words[0], words[1], words[2]);
        let args = ["diff-tree", "-r", "-p", "-M", "--binary", "--full-index", parent, commit];
        let patch = run(repo.command("git").current_dir(&path).args(args)).bytes;
        if !patch.is_empty() {
            let file = folder.join(format!("{commit}.patch"));
            fs::write(&file, &patch).expect("a patch");
            _ = writeln!(lines, "{parent} {}", file.display());
            commits.push((parent.to_owned(), oid(tree), file));
        }
    }
    fs::write(repo.path("lines"), lines).expect("a file");
    heading(&format!("the patches of {} commits of real history, read from files", commits.len()));
    let (mut ours, mut libgit2s, mut wrong) = (Vec::new(), Vec::new(), [0, 0]);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let input = fs::File::open(repo.path("lines")).expect("a file");
        let mut command = repo.command(PUFF);
        let said = run(command.current_dir(&path).args(["preflight", "--batch"]).stdin(input)).ok().stdout;
        ours.push(began.elapsed());
        assert_eq!(said.lines().count(), commits.len());
        let made = |(line, (_, tree, _)): (&str, &(String, Oid, PathBuf))| {
            line.split(' ').nth(1).is_none_or(|made| made != tree.to_string())
        };
        wrong[0] = said.lines().zip(&commits).filter(|pair| made(*pair)).count();

        let began = Instant::now();
        let opened = git2::Repository::open(&path).expect("a repository");
        let made = |(parent, tree, file): &&(String, Oid, PathBuf)| {
            let base = opened.revparse_single(parent).and_then(|parent| parent.peel_to_tree()).expect("a tree");
            by_libgit2(&opened, &base, &fs::read(file).expect("a patch")) != Some(*tree)
        };
        wrong[1] = commits.iter().filter(made).count();
        libgit2s.push(began.elapsed());
    }
    let (ours, libgit2) = (median(ours), median(libgit2s));
    let rate = |who: &str, took: Duration, wrong: usize| {
        format!("{who}: {:.0} commits/s, {wrong} not as in history", commits.len() as f64 / took.as_secs_f64())
    };
    say(&rate("git-puff preflight --batch", ours, wrong[0]), ours, "");
    say(&rate("libgit2", libgit2, wrong[1]), libgit2, &times(libgit2, ours, "ours", ">= 3"));
}

/// A repository with patches for it, its objects in one pack.
struct Place {
    path: PathBuf,
    base: Oid,
    patches: Vec<Vec<u8>>,
    /// The patches again, as files.
    files: Vec<PathBuf>,
    /// What git makes of each.
    trees: Vec<Oid>,
    /// The files of the pack of the base.
    pack: Vec<PathBuf>,
}

type Texts = Vec<(String, String)>;

impl Place {
    /// So many files of a few KiB, in folders that are a few deep, and four variants of four changed files.
    fn with_files(repo: &TestRepo, count: usize) -> Place {
        let folders = count.div_ceil(IN_A_FOLDER);
        let fan = (1..).find(|fan| fan * fan * fan >= folders).expect("a number");
        let file = |number: usize| {
            let folder = number / IN_A_FOLDER;
            let (part, unit, group) = (folder / (fan * fan), folder / fan % fan, folder % fan);
            let name = format!("part{part}/unit{unit}/group{group}/file_{}.rs", number % IN_A_FOLDER);
            let lines = 40 + number * 7919 % 120;
            let text = (0..lines).fold(String::new(), |text, line| text + &words(number * 200 + line, 30) + "\n");
            (name, text)
        };
        let files: Texts = (0..count).map(file).collect();
        let variant = |variant: usize| {
            let changed = (0..CHANGED).map(|at| (variant * CHANGED + at) * (count / VARIANTS / CHANGED) + 13);
            let change = |number: usize| {
                let (name, text) = &files[number];
                let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
                lines[10] = format!("let variant = {variant};");
                lines.insert(30, format!("// {}", words(number + variant, 40)));
                (name.clone(), lines.join("\n") + "\n")
            };
            changed.map(change).collect()
        };
        let variants: Vec<Texts> = (0..VARIANTS).map(variant).collect();
        Place::of(repo, &format!("files-{count}"), &files, &variants, &[])
    }

    /// These files, and the patches that `git diff` makes of the variants.
    fn of(repo: &TestRepo, name: &str, files: &Texts, variants: &[Texts], options: &[&str]) -> Place {
        let path = repo.path(name);
        repo.git_in(&repo.path("."), &["init", "-q", name]);
        let mut import = repo.command("git");
        // Files are no versions of each other: unpacking one must not take all of them.
        import.current_dir(&path).args(["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--depth=0"]);
        let mut import = import.stdin(Stdio::piped()).spawn().expect("git runs");
        let mut stream = std::io::BufWriter::new(import.stdin.take().expect("a pipe"));
        let commit =
            "commit refs/heads/main\ncommitter A U Thor <author@example.com> 1790000000 +0000\ndata 6\nBegin\n";
        stream.write_all(commit.as_bytes()).expect("git reads");
        for (name, text) in files {
            write!(stream, "M 644 inline {name}\ndata {}\n{text}\n", text.len()).expect("git reads");
        }
        drop(stream);
        assert!(import.wait().expect("git runs").success());

        // The new files stay in here, so that the repository has no object of them yet.
        let beside = repo.path(&format!("{name}-edited"));
        fs::create_dir(&beside).expect("a folder");
        repo.git_in(&beside, &["init", "-q"]);
        let put = |texts: &mut dyn Iterator<Item = &(String, String)>| {
            for (name, text) in texts {
                fs::create_dir_all(beside.join(name).parent().expect("a folder")).expect("a folder");
                fs::write(beside.join(name), text).expect("a file");
            }
        };
        let changed = |name: &String| variants.iter().flatten().any(|(changed, _)| changed == name);
        put(&mut files.iter().filter(|(name, _)| changed(name)));
        repo.git_in(&beside, &["add", "--all"]);
        let (mut patches, mut paths, mut trees) = (Vec::new(), Vec::new(), Vec::new());
        for (index, variant) in variants.iter().enumerate() {
            put(&mut variant.iter());
            let patch = run(repo.command("git").current_dir(&beside).arg("diff").args(options)).bytes;
            repo.git_in(&beside, &["add", "--all"]);
            trees.push(oid(&repo.git_in(&beside, &["write-tree"])));
            put(&mut files.iter().filter(|(name, _)| changed(name)));
            repo.git_in(&beside, &["add", "--all"]);
            paths.push(repo.path(&format!("{name}-{index}.patch")));
            fs::write(&paths[index], &patch).expect("a patch");
            patches.push(patch);
        }
        let base = oid(&repo.git_in(&path, &["rev-parse", "main^{tree}"]));
        let pack = entries(&path.join(".git/objects/pack"));
        let mut place = Place { path, base, patches, files: paths, trees, pack };
        if !files.iter().all(|(name, _)| changed(name)) {
            place.trees = place.git(repo).1;
        }
        place
    }

    /// Takes away everything that is not in the pack of the base.
    fn forget(&self) {
        let git = self.path.join(".git");
        for entry in fs::read_dir(git.join("objects")).expect("a folder").flatten() {
            if entry.file_name().len() == 2 {
                fs::remove_dir_all(entry.path()).expect("a folder");
            }
        }
        for file in entries(&git.join("objects/pack")).iter().filter(|file| !self.pack.contains(file)) {
            fs::remove_file(file).expect("a file");
        }
        for folder in ["puff", "refs/puff", "refs/notes", "refs/heads/puff"] {
            let _ = fs::remove_dir_all(git.join(folder));
            let _ = fs::remove_dir_all(git.join("logs").join(folder));
        }
    }

    fn ours(&self) -> (Duration, Vec<Oid>) {
        let opened = open(&self.path.join(".git"));
        let began = Instant::now();
        let apply = |patch: &Vec<u8>| patch::apply(&opened, self.base, patch).expect("the tree can be read");
        let trees = self.patches.iter().map(|patch| apply(patch).tree.expect("it fits")).collect();
        (began.elapsed(), trees)
    }

    fn git(&self, repo: &TestRepo) -> (Duration, Vec<Oid>) {
        let began = Instant::now();
        let trees = self.files.iter().map(|file| oid(&self.git_to_tree(repo, file))).collect();
        (began.elapsed(), trees)
    }

    fn git_to_tree(&self, repo: &TestRepo, patch: &Path) -> String {
        let index = repo.path("temporary-index");
        let git = |args: &[&str]| {
            let mut command = repo.command("git");
            command.current_dir(&self.path).env("GIT_INDEX_FILE", &index).args(FLUSHED).args(args);
            run(&mut command).ok().stdout.trim_end().to_owned()
        };
        git(&["read-tree", &self.base.to_string()]);
        git(&["apply", "--cached", "--whitespace=nowarn", &patch.display().to_string()]);
        let tree = git(&["write-tree"]);
        fs::remove_file(&index).expect("an index");
        tree
    }

    fn git_to_branches(&self, repo: &TestRepo) -> Duration {
        let began = Instant::now();
        for (index, patch) in self.files.iter().enumerate() {
            let tree = self.git_to_tree(repo, patch);
            let git = |args: &[&str]| repo.git_in(&self.path, &[&FLUSHED, args].concat());
            let commit = git(&["commit-tree", "-p", "main", "-m", "Try", &tree]);
            git(&["update-ref", &format!("refs/heads/puff/git/var{}", index + 1), &commit, ""]);
        }
        began.elapsed()
    }

    fn libgit2(&self) -> (Duration, Vec<Oid>) {
        let opened = git2::Repository::open(&self.path).expect("a repository");
        let began = Instant::now();
        let base = git2::Oid::from_bytes(self.base.as_bytes()).and_then(|base| opened.find_tree(base)).expect("a tree");
        let apply = |patch: &Vec<u8>| by_libgit2(&opened, &base, patch).expect("it fits");
        let trees = self.patches.iter().map(apply).collect();
        (began.elapsed(), trees)
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect()
}

fn by_libgit2(opened: &git2::Repository, base: &git2::Tree<'_>, patch: &[u8]) -> Option<Oid> {
    let diff = git2::Diff::from_buffer(patch).ok()?;
    let mut index = opened.apply_to_tree(base, &diff, None).ok()?;
    Oid::from_bytes(index.write_tree_to(opened).ok()?.as_bytes())
}

fn open(git_dir: &Path) -> Repo {
    let git_dir = git_dir.canonicalize().expect("a path");
    Repo::open(Location::bare(&git_dir)).expect("a repository")
}

fn oid(digits: &str) -> Oid {
    digits.parse().expect("a name")
}

/// A number of a file like /proc/PID/status; 0 when the process is gone.
fn kib(file: &Path, key: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
