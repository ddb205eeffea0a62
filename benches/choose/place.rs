//! A repository with a harvested run.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::support::test_repo::{TestRepo, run};
use super::{PUFF, words};

const IN_A_FOLDER: usize = 80;

/// What the run of a place is like.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Files in the repository.
    pub files: usize,
    /// How many lines those have that are changed; the others have a few.
    pub lines: usize,
    /// Variants of the run.
    pub variants: usize,
    /// Files that each of them changes, the same for all.
    pub changed: usize,
    /// Lines that each changes in each file: half of them as all others do.
    pub edits: usize,
}

/// A repository with a run of the name `try`.
pub struct Place<'l> {
    repo: &'l TestRepo,
    path: PathBuf,
}

impl<'l> Place<'l> {
    pub fn new(repo: &'l TestRepo, name: &str, shape: Shape) -> Place<'l> {
        let path = repo.path(name);
        repo.git_in(&repo.path("."), &["init", "-q", name]);
        let mut import = repo.command("git");
        import.current_dir(&path).args(["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--depth=0"]);
        let mut import = import.stdin(Stdio::piped()).spawn().expect("git runs");
        let mut stream = BufWriter::new(import.stdin.take().expect("a pipe"));
        let mut commit = |branch: &str, from: &str, files: usize, text: &dyn Fn(usize) -> String| {
            let who = "committer A U Thor <author@example.com> 1790000000 +0000\ndata 6\nBegin\n";
            write!(stream, "commit refs/heads/{branch}\n{who}{from}").expect("git reads");
            for file in 0..files {
                let (name, text) = (name_of(file), text(file));
                write!(stream, "M 644 inline {name}\ndata {}\n{text}\n", text.len()).expect("git reads");
            }
        };
        commit("main", "", shape.files, &|file| text_of(shape, file, None));
        for variant in 0..shape.variants {
            let text = |file| text_of(shape, file, Some(variant));
            commit(&format!("made{variant}"), "from refs/heads/main\n", shape.changed, &text);
        }
        drop(stream);
        assert!(import.wait().expect("git runs").success());
        let export = repo.path(&format!("{name}-export"));
        for variant in 0..shape.variants {
            let args = ["diff", "--binary", "--full-index", "main", &format!("made{variant}")];
            let patch = run(repo.command("git").current_dir(&path).args(args)).bytes;
            let folder = export.join(format!("var{}", variant + 1));
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("patch.diff"), patch).expect("a patch");
        }
        let export = export.display().to_string();
        let args = ["harvest", "--from", &export, "--base", "main", "--name", "try"];
        run(repo.command(PUFF).current_dir(&path).args(args)).ok();
        repo.git_in(&path, &["repack", "-q", "-a", "-d"]);
        Place { repo, path }
    }

    fn puff(&self, args: &[&str]) -> Duration {
        let began = Instant::now();
        run(self.repo.command(PUFF).current_dir(&self.path).args(args)).ok();
        began.elapsed()
    }

    /// The least of several times: whatever else goes on only adds to it.
    pub fn time(&self, args: &[&str]) -> Duration {
        (0..9).map(|_| self.puff(args)).min().unwrap_or_default()
    }
}

fn name_of(file: usize) -> String {
    let folder = file / IN_A_FOLDER;
    format!("part{}/unit{}/file_{}.rs", folder / 40, folder % 40, file % IN_A_FOLDER)
}

fn text_of(shape: Shape, file: usize, variant: Option<usize>) -> String {
    let apart = shape.lines / shape.edits.max(1);
    let line = |number: usize| {
        let seed = file * shape.lines + number;
        let edit = variant.filter(|_| number.is_multiple_of(apart) && number / apart < shape.edits);
        match edit {
            None => words(seed, 30) + "\n",
            Some(_) if (number / apart).is_multiple_of(2) => format!("let everyone = {seed};\n"),
            Some(variant) => format!("let own = {seed} + {variant};\n"),
        }
    };
    (0..if file < shape.changed { shape.lines } else { 5 }).map(line).collect()
}
