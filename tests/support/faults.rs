//! Faults at numbered points of a verb: what injects them, a place that is put back before each, and the sweep.
//!
//! `tests/support/faults.c` runs a program and kills it, or lets a system call of it fail, at a point by its number. How that
//! is done, and why so, is told there. Nothing of it is in the product.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::cloud::Cloud;
use super::intact::Picture;
use super::test_repo::{PATIENCE, Ran, TestRepo, finish, run};

/// What is done to the verb at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Kill,
    KillOne,
    NoSpace,
    BrokenDisk,
}

impl Fault {
    pub const ALL: [Fault; 4] = [Fault::Kill, Fault::KillOne, Fault::NoSpace, Fault::BrokenDisk];

    /// As the tracer and the table call it.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Kill => "kill",
            Fault::KillOne => "kill-one",
            Fault::NoSpace => "enospc",
            Fault::BrokenDisk => "eio",
        }
    }
}

/// A test repository that can be put back to how it was, and the cloud that it speaks to, if any.
pub struct Site {
    pub repo: TestRepo,
    pub cloud: Option<Cloud>,
    /// The number of the trial: makes prompts differ where a service remembers them.
    pub trial: usize,
    kept: TempDir,
}

impl Site {
    /// Keeps the test repository as it is now.
    pub fn new(repo: TestRepo, cloud: Option<Cloud>) -> Site {
        let kept = tempfile::Builder::new().prefix("puff-kept-").tempdir().expect("a temporary folder");
        copy(&repo.path(""), kept.path());
        Site { repo, cloud, trial: 0, kept }
    }

    /// Puts the test repository back. What runs there is ended first.
    pub fn restore(&mut self) {
        self.end_processes();
        for entry in fs::read_dir(self.repo.path("")).expect("the test repository").flatten() {
            let path = entry.path();
            let removed =
                if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.unwrap_or_else(|why| panic!("cannot remove {}: {why}", path.display()));
        }
        copy(self.kept.path(), &self.repo.path(""));
        // The copy has other inodes than the index says.
        self.repo.git(&["update-index", "-q", "--refresh"]);
        self.trial += 1;
    }

    /// The processes of this test repository, as `pid command line`: they all have its home. Those that were just started by the test
    /// itself have ended by now.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let mark = format!("HOME={}", self.repo.path("home").display());
        let of = |entry: fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse::<u32>().ok()?;
            let environ = fs::read(entry.path().join("environ")).ok()?;
            let line = String::from_utf8_lossy(&fs::read(entry.path().join("cmdline")).ok()?).replace('\0', " ");
            environ.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes()).then_some((pid, line))
        };
        fs::read_dir("/proc").expect("/proc").flatten().filter_map(of).collect()
    }

    /// Ends all of them.
    pub fn end_processes(&self) {
        let started = std::time::Instant::now();
        loop {
            let found = self.processes();
            if found.is_empty() {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "they don't end: {found:?}");
            let pids = found.iter().map(|(pid, _)| pid.to_string());
            let _ = Command::new("kill").arg("-9").args(pids).stderr(Stdio::null()).status();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    /// `git-puff …` with a fault at a point of it; answers how it ended, when every process that it started has. Without a
    /// fault, its points are counted.
    pub fn faulted(&self, fault: Option<Fault>, point: usize, args: &[String]) -> Ran {
        let mut command = self.repo.command("timeout");
        command.args(["-s", "KILL", "120"]).arg(tracer()).arg(fault.map_or("count", Fault::name));
        command.arg(point.to_string()).arg(self.log()).arg(env!("CARGO_BIN_EXE_git-puff")).args(args);
        finish(command.output().expect("the tracer runs"))
    }

    /// The points that the last verb came by, a line each.
    pub fn points(&self) -> Vec<String> {
        fs::read_to_string(self.log()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn log(&self) -> PathBuf {
        self.kept.path().with_extension("points")
    }

    /// `git-puff …`, as it is.
    pub fn puff(&self, args: &[&str]) -> Ran {
        run(self.repo.command(env!("CARGO_BIN_EXE_git-puff")).args(args))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.end_processes();
        let _ = fs::remove_file(self.log());
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).output().expect("cp runs");
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
}

/// Makes every lock file older by a minute.
fn age_locks(root: &Path) {
    let mut find = Command::new("find");
    find.arg(root).args(["-name", "*.lock", "-exec", "touch", "-d", "-1 minute", "{}", "+"]);
    find.stderr(Stdio::null()).status().expect("find runs");
}

/// The tracer, compiled once.
fn tracer() -> &'static Path {
    static TRACER: OnceLock<PathBuf> = OnceLock::new();
    TRACER.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/faults.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (fresh, ready) = (folder.join(format!("faults-{}", std::process::id())), folder.join("faults"));
        let mut cc = Command::new("cc");
        let made = cc.args(["-O1", "-Wall", "-o"]).arg(&fresh).arg(source).output().expect("a C compiler");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::rename(&fresh, &ready).expect("a file");
        ready
    })
}

/// A verb that is swept.
pub struct Verb<'a> {
    pub name: &'a str,
    /// What is done after each restoration, before the verb.
    pub arrange: &'a dyn Fn(&Site),
    /// The call.
    pub call: &'a dyn Fn(&Site) -> Vec<String>,
    /// Whether the second call ended as it may: with 0, where this says nothing else.
    pub again: &'a dyn Fn(&Ran) -> bool,
    /// What a user does whom the second call tells what to do, beside repairing.
    pub way_out: &'a dyn Fn(&Site, &Ran),
    /// What else happens after the repair: a watcher is awaited, for instance.
    pub settle: &'a dyn Fn(&Site),
    /// Points that are tried in any case, by their lines: those at which something was lost once.
    pub also: &'a dyn Fn(&str) -> bool,
    /// What is left out of the comparison: what differs rightly, by how far the first call came.
    pub project: &'a dyn Fn(&mut Picture),
    /// What else has to be so in the end.
    pub check: &'a dyn Fn(&Site) -> Result<(), String>,
}

impl Default for Verb<'_> {
    fn default() -> Self {
        Verb {
            name: "",
            arrange: &|_| {},
            call: &|_| Vec::new(),
            again: &|ran| ran.code == 0,
            way_out: &|_, _| {},
            settle: &|_| {},
            also: &|_| false,
            project: &|_| {},
            check: &|_| Ok(()),
        }
    }
}

impl Verb<'_> {
    /// Sweeps over the points of the verb; panics with all that did not recover.
    #[track_caller]
    pub fn sweep(&self, site: &mut Site) {
        // The same without a fault, which is what has to come of it.
        site.restore();
        (self.arrange)(site);
        let args = (self.call)(site);
        let counted = site.faulted(None, 0, &args);
        assert!([0, 3].contains(&counted.code), "{}: {args:?}: {counted:?}", self.name);
        let lines = site.points();
        let count = lines.len();
        let numbered = lines.iter().zip(1..).filter(|(line, _)| (self.also)(line));
        let also: Vec<usize> = numbered.map(|(_, number)| number).collect();
        let wanted = self.afterwards(site, &args).unwrap_or_else(|why| panic!("{} without a fault: {why}", self.name));
        let mut wrong = Vec::new();
        for fault in Fault::ALL {
            let points = chosen(count, fault, &also);
            let before = wrong.len();
            for point in &points {
                site.restore();
                (self.arrange)(site);
                let args = (self.call)(site);
                let first = site.faulted(Some(fault), *point, &args);
                let at = site.points();
                let at = at.iter().find(|line| line.ends_with("<==")).cloned().unwrap_or_default();
                let seen = self.afterwards(site, &args).and_then(|picture| wanted.compare(&picture));
                if let Err(why) = seen {
                    let said = first.stderr.trim();
                    let (name, fault, code) = (self.name, fault.name(), first.code);
                    let told = format!("{name} {fault} {point} of {count}: {at}\nit ended with {code}: {said}\n{why}");
                    // A sweep of hours is read while it goes on.
                    println!("{told}\n");
                    wrong.push(told);
                    if let Ok(folder) = std::env::var("PUFF_FAULTS_KEEP") {
                        copy(&site.repo.path(""), &Path::new(&folder).join(format!("{name}-{fault}-{point}")));
                    }
                }
            }
            println!(
                "{:<16} {:<8} {:>5} of {count:>5} points, {} not recovered",
                self.name,
                fault.name(),
                points.len(),
                wrong.len() - before
            );
        }
        assert!(wrong.is_empty(), "{} of {} did not recover:\n\n{}", self.name, wrong.len(), wrong.join("\n\n"));
    }

    /// The verb again, the repair, and what there is then.
    fn afterwards(&self, site: &Site, args: &[String]) -> Result<Picture, String> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let again = site.puff(&args);
        // A minute goes by: nobody can take a lock for one of a git that is at work.
        age_locks(&site.repo.path(""));
        let repair = site.puff(&["doctor", "--repair"]);
        if repair.stderr.contains("error:") {
            return Err(format!("the repair ended with {}: {}", repair.code, repair.stderr));
        }
        // What git's locks are in the way of, works after the repair.
        if !(self.again)(&again) {
            (self.way_out)(site, &again);
            let third = site.puff(&args);
            if !(self.again)(&third) {
                let said = |ran: &Ran| format!("{}: {}", ran.code, ran.stderr.trim());
                return Err(format!("again it ended with {}\nafter the repair with {}", said(&again), said(&third)));
            }
        }
        (self.settle)(site);
        let mut picture = Picture::of(site)?;
        (self.project)(&mut picture);
        (self.check)(site)?;
        Ok(picture)
    }
}

/// The points to try: every fifth with `PUFF_FAULTS=fifth`, and else no more than so many of each fault; all of them with `PUFF_FAULTS=all`, one with
/// `PUFF_FAULTS=N`. Each fault begins at another, so that together they come by more.
fn chosen(count: usize, fault: Fault, also: &[usize]) -> Vec<usize> {
    const AT_MOST: usize = 3;
    let wish = std::env::var("PUFF_FAULTS").unwrap_or_default();
    if let Ok(point) = wish.parse::<usize>() {
        return vec![point];
    }
    let step = match wish.as_str() {
        "all" => 1,
        "fifth" => 5,
        _ => 5.max(count.div_ceil(AT_MOST)),
    };
    let first = Fault::ALL.iter().position(|each| *each == fault).expect("it is one") * step / Fault::ALL.len() + 1;
    let mut points: Vec<usize> = (first..=count).step_by(step).chain(also.iter().copied()).collect();
    points.sort_unstable();
    points.dedup();
    points
}
