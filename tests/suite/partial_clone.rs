//! Clones that have not everything: what is missing is brought here in one go, and where it cannot be, that is said.

use std::path::{Path, PathBuf};

use crate::support::choice::Choice;
use crate::support::export::{Export, patch_of};
use crate::support::test_repo::{Ran, TestRepo, run};

/// A test repository with an export of two variants that each change other files too, and a clone `part` that has not everything.
struct Part {
    repo: TestRepo,
    export: Export,
}

impl Part {
    fn new(clone: &[&str]) -> Part {
        let repo = TestRepo::new();
        let export = Export::new(&repo, "export");
        for variant in [1, 2] {
            let change = || {
                repo.write("src/parse.rs", format!("// variant {variant}\n"));
                let other = if variant == 1 { "notes.txt" } else { "README" };
                repo.write(other, format!("one\n{variant}\nthree\n"));
            };
            export.patch(variant, patch_of(&repo, change));
        }
        let origin = repo.path("origin.git");
        for allowed in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            repo.git_in(&origin, &["config", allowed, "true"]);
        }
        let url = format!("file://{}", origin.display());
        repo.git_in(&repo.path(""), &[&["clone", "-q"], clone, &[&url, "part"]].concat());
        Part { repo, export }
    }

    fn place(&self) -> PathBuf {
        self.repo.path("part")
    }

    fn puff(&self, args: &[&str]) -> Ran {
        run(self.repo.command("git").current_dir(self.place()).arg("puff").args(args))
    }

    fn harvest(&self) -> Ran {
        self.puff(&["harvest", "--from", self.export.path(), "--base", "origin/main", "--name", "fix"])
    }

    /// How often something was fetched: each time leaves a pack.
    fn fetches(&self) -> usize {
        packs(&self.place())
    }
}

fn packs(place: &Path) -> usize {
    let packs = std::fs::read_dir(place.join(".git/objects/pack")).unwrap().flatten();
    packs.filter(|pack| pack.path().extension().is_some_and(|kind| kind == "promisor")).count()
}

#[test]
fn one_harvest_fetches_all_that_its_patches_are_made_on_at_once() {
    for (filter, fetches) in [("--filter=blob:none", 1), ("--filter=tree:0", 2)] {
        let part = Part::new(&[filter, "--no-checkout"]);
        let before = part.fetches();
        part.harvest().ok();
        assert_eq!(part.fetches() - before, fetches, "{filter}");
        // All that is shown of it is here by now.
        part.puff(&["diff", "fix", "--matrix"]).ok();
        part.puff(&["diff", "fix", "1"]).ok();
        part.puff(&["report", "fix", "--format", "html"]).ok();
        part.puff(&["preflight", "fix"]).ok();
        assert_eq!(part.fetches() - before, fetches, "{filter}");
        part.repo.git_in(&part.place(), &["fsck", "--connectivity-only"]);
    }
}

#[test]
fn every_way_to_read_a_tree_brings_what_it_needs() {
    let part = Part::new(&["--filter=blob:none", "--no-checkout"]);
    let patch = part.repo.path("export/var1/patch.diff").display().to_string();
    let before = part.fetches();
    part.puff(&["preflight", "--patch", &patch, "--onto", "origin/main"]).ok();
    assert_eq!(part.fetches() - before, 1);

    // A run that was harvested elsewhere, of which only the refs are here.
    let part = Part::new(&["--filter=blob:none", "--no-checkout"]);
    part.export.harvest(&part.repo, &["--name", "fix"]).ok();
    part.repo.git(&["push", "-q", "origin", "refs/puff/*:refs/puff/*", "refs/heads/puff/*:refs/heads/puff/*"]);
    part.repo.git_in(
        &part.place(),
        &["fetch", "-q", "origin", "refs/puff/*:refs/puff/*", "refs/heads/puff/*:refs/heads/puff/*"],
    );
    part.puff(&["show", "fix"]).ok();
    let before = part.fetches();
    part.puff(&["diff", "fix", "--matrix"]).ok();
    // Git itself may bring what it needs to find renames.
    assert!(part.fetches() - before <= 2, "{}", part.fetches() - before);
    part.puff(&["review", "fix", "--check", "grep -q variant src/parse.rs"]).ok();
    part.puff(&["pick", "fix:1", "--onto", "main"]).exits(1).complains(&["in use"]);
    part.repo.git_in(&part.place(), &["checkout", "-q", "--detach"]);
    part.puff(&["pick", "fix:2", "--onto", "main"]).ok();
    assert_eq!(part.repo.git_in(&part.place(), &["show", "main:src/parse.rs"]), "// variant 2");
}

#[test]
fn without_its_remote_a_partial_clone_says_what_is_missing_and_changes_nothing() {
    let part = Part::new(&["--filter=blob:none", "--no-checkout"]);
    let url = part.repo.git_in(&part.place(), &["remote", "get-url", "origin"]);
    part.repo.git_in(&part.place(), &["remote", "set-url", "origin", "/nowhere"]);
    let ran = part.harvest().exits(1).complains(&["partial clone", "'origin'", "cannot be fetched"]);
    assert!(ran.stderr.contains("/nowhere"), "{}", ran.stderr);
    // An import is recorded whole or not at all: what it is made of is on the disk.
    assert_eq!(part.repo.git_in(&part.place(), &["for-each-ref", "refs/puff", "refs/heads/puff"]), "");
    part.repo.git_in(&part.place(), &["remote", "set-url", "origin", &url]);
    part.harvest().ok();
    assert_eq!(part.puff(&["show", "fix", "--json"]).ok().json()["variants"][1]["apply"], "applied");
}

#[test]
fn a_patch_of_an_unknown_object_is_rejected() {
    let part = Part::new(&["--filter=blob:none", "--no-checkout"]);
    let patch = part.repo.patch("notes.txt", "one\n2\nthree\n");
    let odd = String::from_utf8(patch).unwrap().replace("-two", "-zwei");
    let odd = odd.replacen(&odd[odd.find("index ").unwrap()..][..13], &format!("index {}", "ab".repeat(20)), 1);
    let file = part.repo.path("odd.diff");
    std::fs::write(&file, odd).unwrap();
    let ran = part.puff(&["preflight", "--patch", &file.display().to_string(), "--onto", "origin/main"]).exits(1);
    assert!(ran.stdout.starts_with("rejected - "), "{}", ran.stdout);
}

#[test]
fn shallow_and_sparse_clones_are_supported() {
    let part = Part::new(&["--depth=1"]);
    part.harvest().ok();
    part.puff(&["review", "fix", "--check", "grep -q variant src/parse.rs"]).ok();
    part.puff(&["pick", "fix:1"]).ok();
    assert_eq!(part.repo.git_in(&part.place(), &["show", "HEAD:src/parse.rs"]), "// variant 1");
    assert_eq!(part.repo.git_in(&part.place(), &["rev-parse", "--is-shallow-repository"]), "true");

    let part = Part::new(&["--filter=blob:none", "--sparse"]);
    let in_part = |args: &[&str]| part.repo.git_in(&part.place(), args);
    in_part(&["sparse-checkout", "set", "src"]);
    part.harvest().ok();
    assert_eq!(in_part(&["status", "--porcelain"]), "");
    // The branches have everything, whatever is checked out; so have the worktrees in which checks and agents work.
    assert_eq!(in_part(&["show", "puff/fix/var1:notes.txt"]), "one\n1\nthree");
    part.puff(&["review", "fix", "--check", "grep -q variant src/parse.rs"]).ok();
    part.puff(&["pick", "fix:1"]).ok();
    assert_eq!(in_part(&["show", "HEAD:notes.txt"]), "one\n1\nthree");
    assert_eq!(in_part(&["status", "--porcelain"]), "");
}

#[test]
fn a_sparse_worktree_hides_nothing_of_what_an_agent_leaves() {
    let choice = Choice::new();
    let repo = &choice.repo;
    repo.git(&["sparse-checkout", "set", "src"]);
    repo.git(&["config", "puff.agent.a.command", "sh -c 'echo made >src/made.txt'"]);
    let run = repo.puff(&["launch", "--prompt", "Make", "--agent", "a", "--harvest", "--json"]).ok().json();
    let run = repo.wait_for(run["run"].as_str().unwrap(), "harvested", |run| run["state"] == "harvested");
    let branch = run["variants"][0]["branch"].as_str().unwrap();
    assert_eq!(repo.git(&["diff", "--name-status", "main", branch]), "A\tsrc/made.txt");
}
