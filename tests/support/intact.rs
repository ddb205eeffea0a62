//! What has to be the same after a fault: what is the user's, byte by byte, and what git-puff's records say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;

use super::faults::Site;
use super::test_repo::{PATIENCE, TestRepo, run};

/// Everything that counts of a clone, by what it is: `file notes.txt`, `branch puff/fix/var1`, `run fix`, `note …`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture(pub BTreeMap<String, String>);

/// Fields of a run that say when something was done, and by which process.
const MOMENTS: [&str; 13] = [
    "created_at",
    "updated_at",
    "duration_s",
    "started_at",
    "ended_at",
    "at",
    "session",
    "watch",
    "last_poll_at",
    "tokens",
    "cost",
    "harvested_at",
    "cached",
];

impl Picture {
    /// The clone of a site, which has to be in order: no lock, no process, no worktree of nobody, no corrupt object.
    pub fn of(site: &Site) -> Result<Picture, String> {
        let repo = &site.repo;
        no_process(site)?;
        for folder in ["work", "origin.git"] {
            no_lock(&repo.path(folder))?;
        }
        let repositories = [Some(repo.work()), Some(repo.path("origin.git")).filter(|origin| origin.exists())];
        for repository in repositories.iter().flatten() {
            let fsck = run(repo.command("git").current_dir(repository).args(["fsck", "--strict", "--no-dangling"]));
            if fsck.code != 0 || !(fsck.stdout.clone() + &fsck.stderr).trim().is_empty() {
                return Err(format!("git fsck says: {}{}", fsck.stdout, fsck.stderr));
            }
        }
        let mut picture = Picture::default();
        picture.see_user(repo);
        picture.see_runs(site)?;
        Ok(picture)
    }

    fn put(&mut self, what: impl Into<String>, how: impl Into<String>) {
        self.0.insert(what.into(), how.into());
    }

    /// HEAD, index, stash, refs, configuration, hooks, worktrees, and every file, whether it is tracked, ignored or neither.
    fn see_user(&mut self, repo: &TestRepo) {
        let work = repo.work();
        let head = run(repo.command("git").args(["rev-parse", "--symbolic-full-name", "HEAD"])).stdout;
        self.put("HEAD", head);
        self.put("index", repo.git(&["ls-files", "--stage"]));
        self.put("stash", repo.git(&["stash", "list", "--format=%gd %H"]));
        self.put("state of git", repo.git(&["status"]).lines().take(3).collect::<Vec<_>>().join("\n"));
        for (file, text) in files_below(&work, &|path| path != work.join(".git")) {
            self.put(format!("file {}", file.display()), text);
        }
        for (file, text) in files_below(&work.join(".git/hooks"), &|_| true) {
            self.put(format!("hook {}", file.display()), text);
        }
        let mut settings: Vec<_> = repo.git(&["config", "--local", "--list"]).lines().map(str::to_owned).collect();
        settings.sort_unstable();
        self.put("settings", settings.join("\n"));
        for name in ["info/attributes", "info/exclude"] {
            let text = fs::read_to_string(work.join(".git").join(name)).unwrap_or_default();
            self.put(format!("git's {name}"), text);
        }
        self.put("worktrees", repo.git(&["worktree", "list", "--porcelain"]));
        // What is in the pool is made anew for each use.
        let pool = repo.path("work.puff/pool");
        for (file, _) in files_below(&repo.path("work.puff"), &|path| path != pool) {
            self.put(format!("worktree file {}", file.display()), "");
        }
        let slots = files_below(&repo.puff_dir().join("pool"), &|_| true).into_iter();
        let used = slots.filter(|(file, text)| file.ends_with("folder.json") && text.contains("\"used\":true")).count();
        self.put("workspaces in use", used.to_string());
        for (whose, folder) in [("", work), ("origin's ", repo.path("origin.git"))] {
            if folder.exists() {
                self.see_refs(repo, whose, &folder);
            }
        }
    }

    /// Every ref; those of notes and runs are told by what they say.
    fn see_refs(&mut self, repo: &TestRepo, whose: &str, folder: &Path) {
        let refs = repo.git_in(folder, &["for-each-ref", "--format=%(refname) %(objectname)"]);
        for (name, oid) in refs.lines().filter_map(|line| line.split_once(' ')) {
            if name.starts_with("refs/notes/") {
                for line in repo.git_in(folder, &["notes", "--ref", name, "list"]).lines() {
                    let (blob, object) = line.split_once(' ').expect("a note and its object");
                    let text = repo.git_in(folder, &["cat-file", "blob", blob]);
                    self.put(format!("{whose}note {name} on {object}"), without_moments(&text));
                }
            } else if name.starts_with("refs/puff/") {
                self.put(format!("{whose}ref {name}"), "");
            } else {
                self.put(format!("{whose}ref {name}"), oid);
            }
        }
    }

    /// What git-puff says of each run, and the bytes of its patches.
    fn see_runs(&mut self, site: &Site) -> Result<(), String> {
        let listed = site.puff(&["list", "--json"]);
        if listed.code != 0 {
            return Err(format!("list ended with {}: {}", listed.code, listed.stderr));
        }
        for run in listed.json()["runs"].as_array().into_iter().flatten() {
            let name = run["run"].as_str().expect("a run has a name");
            let shown = site.puff(&["show", name, "--json"]);
            if shown.code != 0 {
                return Err(format!("show {name} ended with {}: {}", shown.code, shown.stderr));
            }
            let mut shown = shown.json();
            strip(&mut shown);
            self.put(format!("run {name}"), format!("{shown:#}"));
            for variant in shown["variants"].as_array().into_iter().flatten() {
                if variant["patch_sha256"].is_string() {
                    let selector = format!("{name}:{}", variant["index"]);
                    let patch = site.puff(&["patch", &selector]);
                    if patch.code != 0 {
                        return Err(format!("patch {selector} ended with {}: {}", patch.code, patch.stderr));
                    }
                    self.put(format!("patch {selector}"), patch.stdout);
                }
            }
        }
        Ok(())
    }

    /// Leaves out what begins so.
    pub fn leave_out(&mut self, start: &str) {
        self.0.retain(|what, _| !what.starts_with(start));
    }

    /// Puts the lines of each note in order.
    pub fn sort_notes(&mut self) {
        for (_, told) in self.0.iter_mut().filter(|(what, _)| what.contains("note refs/notes/")) {
            let mut lines: Vec<&str> = told.lines().collect();
            lines.sort_unstable();
            *told = lines.join("\n");
        }
    }

    /// Is this what it has to be?
    pub fn compare(&self, seen: &Picture) -> Result<(), String> {
        let mut differences = Vec::new();
        for (what, how) in &self.0 {
            match seen.0.get(what) {
                None => differences.push(format!("- {what}: {}", differing("", how))),
                Some(other) if other != how => differences.push(format!("~ {what}: {}", differing(how, other))),
                Some(_) => {}
            }
        }
        let more = seen.0.iter().filter(|(what, _)| !self.0.contains_key(*what));
        differences.extend(more.map(|(what, how)| format!("+ {what}: {}", differing("", how))));
        if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
    }
}

/// The lines in which two texts differ, the first few of them.
fn differing(wanted: &str, seen: &str) -> String {
    let wanted_lines: Vec<&str> = wanted.lines().collect();
    let seen_lines: Vec<&str> = seen.lines().collect();
    let gone = wanted_lines.iter().filter(|line| !seen_lines.contains(line)).map(|line| format!("\n    - {line}"));
    let new = seen_lines.iter().filter(|line| !wanted_lines.contains(line)).map(|line| format!("\n    + {line}"));
    gone.take(8).chain(new.take(8)).collect()
}

/// Takes out of a document when things happened.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !MOMENTS.contains(&name.as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// A text with the durations of checks, and the moments in lines of JSON, left out.
fn without_moments(text: &str) -> String {
    let seconds = Regex::new(r"(before )?in \d+\.\ds|\d+\.\ds").expect("a pattern");
    let line = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(mut value) if value.is_object() => {
            strip(&mut value);
            value.to_string()
        }
        _ => seconds.replace_all(line, "…").into_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The files below a folder, by their names in it, and what they say. Links are told by where they point.
fn files_below(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(&next).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if !wanted(&path) {
                continue;
            }
            let name = path.strip_prefix(folder).expect("it is below").to_owned();
            if let Ok(target) = fs::read_link(&path) {
                found.push((name, format!("-> {}", target.display())));
            } else if path.is_dir() {
                folders.push(path);
            } else {
                found.push((name, String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned()));
            }
        }
    }
    found
}

/// Nothing may be locked: git's locks are files of that name. git-puff's own are held by processes.
fn no_lock(root: &Path) -> Result<(), String> {
    let below = files_below(root, &|path| !path.ends_with(".git/puff"));
    let locks: Vec<_> = below.iter().filter(|(file, _)| file.extension().is_some_and(|end| end == "lock")).collect();
    let names = locks.iter().map(|(file, _)| file.display().to_string()).collect::<Vec<_>>().join(", ");
    if locks.is_empty() { Ok(()) } else { Err(format!("locked: {names}")) }
}

/// Every process that was started has ended, or does so in time.
fn no_process(site: &Site) -> Result<(), String> {
    let started = Instant::now();
    loop {
        let left = site.processes();
        if left.is_empty() {
            return Ok(());
        }
        if started.elapsed() > PATIENCE / 4 {
            return Err(format!("still there: {left:?}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
