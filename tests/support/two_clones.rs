//! Two people with a clone each of the same origin, who have both opted it in for their runs.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::Value;

use super::export::Export;
use super::test_repo::{Ran, TestRepo, run};

/// The clones `work` and `theirs` of one test repository.
pub struct TwoClones {
    pub repo: TestRepo,
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Ours,
    Theirs,
}

impl TwoClones {
    pub fn new() -> TwoClones {
        let pair = TwoClones { repo: TestRepo::new() };
        let root = pair.repo.path("");
        pair.repo.git_in(&root, &["clone", "-q", "origin.git", "theirs"]);
        for (who, name, address) in
            [(Who::Ours, "Our Author", "our@example.com"), (Who::Theirs, "Their Author", "their@example.com")]
        {
            pair.git(who, &["config", "user.name", name]);
            pair.git(who, &["config", "user.email", address]);
            pair.git(who, &["config", "puff.sync.remote", "origin"]);
        }
        pair
    }

    pub fn folder(&self, who: Who) -> PathBuf {
        self.repo.path(if who == Who::Ours { "work" } else { "theirs" })
    }

    pub fn git(&self, who: Who, args: &[&str]) -> String {
        self.repo.git_in(&self.folder(who), args)
    }

    pub fn puff(&self, who: Who, args: &[&str]) -> Ran {
        run(self.repo.command("git").current_dir(self.folder(who)).arg("puff").args(args))
    }

    /// `git-puff …`, started and left to itself, so that a kill reaches it.
    pub fn spawn(&self, who: Who, args: &[&str]) -> Child {
        let mut command = self.repo.command(env!("CARGO_BIN_EXE_git-puff"));
        command
            .current_dir(self.folder(who))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("git-puff runs")
    }

    /// A run of imported variants, each of which makes `notes.txt` read otherwise.
    pub fn import(&self, who: Who, name: &str, texts: &[&str]) -> String {
        let export = Export::new(&self.repo, &format!("export-{name}"));
        for (at, text) in texts.iter().enumerate() {
            export.patch(at as u32 + 1, self.repo.patch("notes.txt", text));
        }
        self.puff(who, &["harvest", "--from", export.path(), "--base", "main", "--name", name]).ok();
        name.to_owned()
    }

    /// Synchronises; it has to go well.
    #[track_caller]
    pub fn sync(&self, who: Who) -> Value {
        self.puff(who, &["sync", "--json"]).ok().json()["remotes"][0].clone()
    }

    /// Both, one after the other, until there is nothing to do.
    #[track_caller]
    pub fn settle(&self) {
        for _ in 0..4 {
            for who in [Who::Ours, Who::Theirs] {
                self.sync(who);
            }
        }
        for who in [Who::Ours, Who::Theirs] {
            assert_eq!(self.sync(who)["runs"], serde_json::json!([]), "they do not come to rest");
        }
    }

    pub fn show(&self, who: Who, run: &str) -> Value {
        self.puff(who, &["show", run, "--json"]).ok().json()
    }

    /// What there is of a run at the remote.
    pub fn at_remote(&self, run: &str) -> Option<String> {
        let name = format!("refs/puff/runs/{run}");
        let listed =
            self.repo.git_in(&self.repo.path("origin.git"), &["for-each-ref", "--format=%(objectname)", &name]);
        (!listed.is_empty()).then_some(listed)
    }
}

/// What was done to a run.
pub fn did(outcome: &Value, run: &str) -> Vec<String> {
    let entries = outcome["runs"].as_array().expect("runs");
    let entry = entries.iter().find(|entry| entry["run"] == run);
    let did = entry.map(|entry| entry["did"].as_array().expect("did").clone()).unwrap_or_default();
    did.iter().map(|did| did.as_str().expect("a word").to_owned()).collect()
}

/// Why a run was not exchanged.
pub fn trouble(outcome: &Value, run: &str) -> Value {
    let entries = outcome["runs"].as_array().expect("runs");
    let entry = entries.iter().find(|entry| entry["run"] == run);
    entry.map(|entry| entry["trouble"].clone()).unwrap_or_else(|| panic!("nothing is said of {run}: {outcome:#}"))
}
