//! Mixed load: sixteen processes at a time launch, import, harvest, review, prune, undo, sync and repair in one clone; then
//! everything has to be as a model says. `PUFF_LOAD=60` does it for a minute; in the suite it is shorter.
//!
//! A run is changed by the thread that made it alone, so that each knows what has to become of it; what goes over all runs
//! (sync, repair, a harvest without a name) comes from all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::faults::Site;
use crate::support::intact::Picture;
use crate::support::test_repo::{PATIENCE, Ran, TestRepo, finish, wait_until};
use crate::{edit, export, repo};

const THREADS: u64 = 16;

/// What has to be there of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Imported,
    Launched,
}

/// The runs of a thread: of which kind each is, and whether it is there, or pruned.
type Model = BTreeMap<String, (Kind, bool)>;

/// Numbers that look random, the same in each run of the tests.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick(&mut self, from: &[String]) -> Option<String> {
        (!from.is_empty()).then(|| from[self.roll(from.len() as u64) as usize].clone())
    }
}

struct Worker<'l> {
    command: Box<dyn Fn(&str) -> Command + Send + 'l>,
    number: u64,
    dice: Dice,
    model: Model,
    calls: usize,
}

impl Worker<'_> {
    fn puff(&mut self, args: &[&str]) -> Ran {
        self.calls += 1;
        let mut command = (self.command)(env!("CARGO_BIN_EXE_git-puff"));
        finish(command.args(args).stdin(Stdio::null()).output().expect("git-puff runs"))
    }

    /// It has to go well; where another was faster it says so, and is called again.
    fn must(&mut self, args: &[&str]) -> Ran {
        let started = Instant::now();
        while started.elapsed() < 2 * PATIENCE {
            let ran = self.puff(args);
            assert!(!ran.stderr.contains("panicked"), "{args:?}: {}", ran.stderr);
            if ran.code == 0 {
                return ran;
            }
            assert!(says_busy(&ran), "{args:?} ended with {}: {}{}", ran.code, ran.stderr, ran.stdout);
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{args:?} never came through");
    }

    fn names(&self, kind: Option<Kind>, is_there: bool) -> Vec<String> {
        let fits = |(its, there): &(Kind, bool)| *there == is_there && kind.is_none_or(|kind| kind == *its);
        self.model.iter().filter(|(_, state)| fits(state)).map(|(name, _)| name.clone()).collect()
    }

    fn step(&mut self) {
        let name = format!("t{}-{}", self.number, self.model.len());
        match self.dice.roll(16) {
            0..4 => {
                self.must(&["harvest", "--from", "../export", "--base", "main", "--name", &name]);
                self.model.insert(name, (Kind::Imported, true));
            }
            4..6 => {
                self.must(&["launch", "--agent", "quick:1", "--harvest", "--prompt", "Trim", "--name", &name]);
                self.model.insert(name, (Kind::Launched, true));
            }
            6..8 => {
                if let Some(run) = self.dice.pick(&self.names(Some(Kind::Imported), true)) {
                    self.must(&["review", &run, "--check", "true"]);
                }
            }
            8..11 => {
                if let Some(run) = self.dice.pick(&self.names(Some(Kind::Imported), true)) {
                    self.must(&["prune", &run]);
                    self.model.insert(run, (Kind::Imported, false));
                }
            }
            11..13 => {
                if let Some(run) = self.dice.pick(&self.names(None, false)) {
                    self.must(&["undo", &run]);
                    self.model.insert(run, (Kind::Imported, true));
                }
            }
            13 => {
                let ran = self.puff(&["sync"]);
                let is_well = ran.code == 0 || (ran.code == 1 && says_busy(&ran));
                assert!(is_well && !ran.stderr.contains("panicked"), "{}: {}", ran.code, ran.stderr);
            }
            14 => {
                // What others are changing at this moment is not broken.
                let ran = self.puff(&["doctor", "--repair"]);
                assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
            }
            _ => {
                if let Some(run) = self.dice.pick(&self.names(None, true)) {
                    self.must(&["show", &run, "--json"]);
                    self.puff(&["harvest", &run]);
                }
            }
        }
    }
}

/// Returns whether a command ended because another process was faster, and says that it can be run again.
fn says_busy(ran: &Ran) -> bool {
    const WORDS: [&str; 6] = [
        "run the command again",
        "another git-puff is",
        "fix that, then",
        "busy",
        "try again",
        "wait until it has finished",
    ];
    WORDS.iter().any(|words| ran.stderr.contains(words))
}

#[test]
fn random_operations_match_a_model() {
    let repo = repo();
    export(&repo);
    crate::local::agent(&repo, "quick", "echo x >>$LAB/ran; echo x >made.txt");
    repo.git(&["config", "puff.sync.remote", "origin"]);
    edit(&repo);
    let site = Site::new(repo, None);
    let repo = &site.repo;
    let before = Picture::of(&site).unwrap();
    let seconds = std::env::var("PUFF_LOAD").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let end = Instant::now() + Duration::from_secs(seconds);
    let over = AtomicBool::new(false);

    let (models, calls) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| one_watcher_at_most(repo, &over));
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (caller, work) = (repo.caller(), repo.work());
                let command = move |program: &str| {
                    let mut command = caller(program);
                    command.current_dir(&work).env("GIT_PUFF_SEED", format!("thread {number}"));
                    command
                };
                scope.spawn(move || {
                    let dice = Dice(number * 77 + 5);
                    let mut worker = Worker { command: Box::new(command), number, dice, model: Model::new(), calls: 0 };
                    while Instant::now() < end {
                        worker.step();
                    }
                    (worker.model, worker.calls)
                })
            })
            .collect();
        let ended: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        sampler.join().expect("never two watchers");
        let ended: Vec<_> = ended.into_iter().map(|ended| ended.expect("every call went well")).collect();
        let calls: usize = ended.iter().map(|(_, calls)| calls).sum();
        (ended.into_iter().flat_map(|(model, _)| model).collect::<Model>(), calls)
    });
    println!("{calls} calls made {} runs in {seconds} s", models.len());
    let launched = models.iter().filter(|(_, (kind, _))| *kind == Kind::Launched).map(|(name, _)| name.clone());
    for name in launched.collect::<Vec<_>>() {
        repo.wait_for(&name, "harvested", |run| run["state"] == "harvested" && run["watch"]["active"] == false);
    }
    check(&site, &models, &before);
}

/// Looks at who holds the watcher's lock, again and again: by the kernel's list of locks there is never more than one.
fn one_watcher_at_most(repo: &TestRepo, over: &AtomicBool) {
    let path = repo.puff_dir().join("locks/watcher");
    while !over.load(Ordering::Relaxed) {
        if let Ok(meta) = path.metadata() {
            let inode = format!(":{} ", meta.ino());
            let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
            let held = locks.lines().filter(|line| line.contains(&inode) && !line.contains("->"));
            // The kernel's list is read in parts, and can change in between: a line may come twice, with another number.
            let holders: BTreeSet<&str> = held.filter_map(|line| Some(line.split_once(' ')?.1)).collect();
            assert!(holders.len() <= 1, "{locks}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn check(site: &Site, model: &Model, before: &Picture) {
    let repo = &site.repo;
    wait_until("every process has ended", || site.processes().is_empty());
    // What was changed since the last sync of all was begun goes to the remote now.
    repo.puff(&["sync"]).ok();
    // What git-puff finds itself is told first.
    let doctor = repo.puff(&["doctor", "--json"]).json();
    let found = doctor["checks"].as_array().unwrap().iter();
    let found: Vec<&Value> = found
        .filter(|check| {
            check["result"] != "ok" && !["codex_command", "sync"].contains(&check["name"].as_str().unwrap())
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");

    let mut after = Picture::of(site).unwrap();
    let listed = repo.puff(&["list", "--json"]).ok().json();
    let names: Vec<&str> = listed["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    let report = repo.git(&["notes", "--ref=puff/report", "show", "main"]);
    let records = repo.git(&["notes", "--ref=puff/runs", "show", "main"]);
    let at_remote = repo.git(&["ls-remote", "--refs", "origin", "refs/puff/runs/*"]);
    let at_remote: BTreeSet<&str> = at_remote.lines().filter_map(|line| line.rsplit('/').next()).collect();
    let book = std::fs::read_to_string(repo.work().join(".codex/bo4_runs.jsonl")).unwrap_or_default();
    for (name, (kind, is_there)) in model {
        assert_eq!(names.contains(&name.as_str()), *is_there, "{name}");
        let quoted = format!("\"run\":\"{name}\"");
        let count = |text: &str| text.lines().filter(|line| line.contains(&quoted)).count();
        assert_eq!(count(&records), usize::from(*is_there), "{name} in the records:\n{records}");
        assert_eq!(count(&book), usize::from(*kind == Kind::Launched), "{name} in the runbook:\n{book}");
        assert_eq!(report.contains(&format!("/{name}/var1")), *is_there, "{name} in the report");
        assert_eq!(at_remote.contains(name.as_str()), *is_there, "{name} at the remote");
        let branches = repo.git(&["for-each-ref", "--format=%(objectname)", &format!("refs/heads/puff/{name}/")]);
        if !is_there {
            assert_eq!(branches, "", "branches of {name}, which is pruned");
            repo.git(&["rev-parse", "--verify", "--quiet", &format!("refs/puff/trash/{name}")]);
            continue;
        }
        let run = repo.show(name);
        let variants = run["variants"].as_array().unwrap();
        assert_eq!(variants.len(), if *kind == Kind::Imported { 3 } else { 1 });
        let commits: Vec<&str> = variants.iter().map(|variant| variant["commit"].as_str().unwrap()).collect();
        assert_eq!(branches.lines().collect::<Vec<_>>(), commits, "{name}");
        for variant in variants.iter().filter(|_| *kind == Kind::Imported) {
            let patch = repo.puff(&["patch", &format!("{name}:{}", variant["index"])]).ok().bytes;
            let exported = repo.path(&format!("export/var{}/patch.diff", variant["index"]));
            assert_eq!(patch, std::fs::read(exported).unwrap(), "{name}");
        }
    }
    assert_eq!(names.len(), model.values().filter(|(_, is_there)| *is_there).count(), "{names:?}");
    let ran = std::fs::read_to_string(repo.path("ran")).unwrap_or_default();
    assert_eq!(ran.lines().count(), model.values().filter(|(kind, _)| *kind == Kind::Launched).count(), "each once");
    // What is the user's is as before.
    for start in
        ["run ", "ref refs/puff/", "ref refs/heads/puff/", "origin's ref refs/puff/", "note ", "patch ", "file .codex/"]
    {
        after.leave_out(start);
    }
    before.compare(&after).unwrap();
}
