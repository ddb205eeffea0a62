//! Faults at numbered points: every verb that changes something is killed, and given ENOSPC and EIO, at points of its disk,
//! ref and process operations (`tests/support/faults.rs`). Then the same verb again, `doctor --repair`, and everything has to
//! be as if there had been no fault: no run, patch, branch, note or file of the user lost or changed, no lock, no process,
//! no worktree of nobody, `git fsck` content.
//!
//! In the suite at most three points are tried for each fault, and every fifth with `PUFF_FAULTS=fifth`;
//! `tests/faults/sweep [VERB]` tries all, and prints the table. `PUFF_FAULTS=N` tries the N-th alone, and `PUFF_FAULTS_KEEP=FOLDER` keeps a copy of what was left by a
//! fault that was not recovered from. Linux alone: it takes ptrace and seccomp.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod cloud;
mod load;
mod local;

use crate::support::export::Export;
use crate::support::faults::{Site, Verb};
use crate::support::intact::Picture;
use crate::support::test_repo::{Ran, TestRepo};

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// A test repository with files of the user of every kind. The verbs that want a clean worktree find one that is clean to them.
fn repo() -> TestRepo {
    let mut repo = TestRepo::new();
    repo.fix_clock();
    repo.commit(".gitignore", "build/\n", "Ignore what is built");
    repo.git(&["push", "-q"]);
    repo.write("notes.txt", "stashed\n");
    repo.git(&["stash", "-q"]);
    repo.write("untracked.txt", "untracked\n");
    repo.write("build/out", "ignored\n");
    repo
}

/// Changes of a tracked file, one staged and one not.
fn edit(repo: &TestRepo) {
    repo.write("README", "staged\n");
    repo.git(&["add", "README"]);
    repo.write("src/parse.rs", "// edited\n");
}

/// Patches to import in `export`.
fn export(repo: &TestRepo) {
    let export = Export::new(repo, "export");
    for (variant, text) in [(1, "one\n2\nthree\n"), (2, "one\ntwo\n3\n"), (3, "1\ntwo\nthree\n")] {
        export.patch(variant, repo.patch("notes.txt", text));
    }
    export.report(1, &serde_json::json!({"prompt": "Count", "messages": ["Done."]}));
}

/// The import of `export` as a run.
fn import(name: &str) -> Vec<String> {
    words(&format!("harvest --from ../export --base main --name {name}"))
}

/// A test repository in which two runs were imported.
fn imported() -> TestRepo {
    let repo = repo();
    export(&repo);
    for name in ["fix", "other"] {
        let args = import(name);
        repo.puff(&args.iter().map(String::as_str).collect::<Vec<_>>()).ok();
    }
    repo
}

fn refused(words: &'static str) -> impl Fn(&Ran) -> bool {
    move |ran| ran.code == 0 || ran.stderr.contains(words)
}

#[test]
fn harvest_from() {
    let repo = repo();
    export(&repo);
    edit(&repo);
    Verb { name: "harvest --from", call: &|_| import("fix"), ..Verb::default() }.sweep(&mut Site::new(repo, None));
}

#[test]
fn review() {
    let repo = imported();
    edit(&repo);
    let call = |_: &Site| ["review", "fix", "--check", "test -s notes.txt"].map(str::to_owned).to_vec();
    Verb { name: "review", call: &call, ..Verb::default() }.sweep(&mut Site::new(repo, None));
}

#[test]
fn pick() {
    let call = |_: &Site| words("pick fix:1");
    let again = refused("is decided already");
    // One that git has begun is taken back, or ended, by whoever reads of it.
    let way_out = |site: &Site, ran: &Ran| {
        if ran.stderr.contains("git puff pick --abort") {
            site.puff(&["pick", "--abort"]);
        }
    };
    // Where git has written the files, and not yet said what it is at.
    let also = |line: &str| line.contains("CHERRY_PICK_HEAD.lock");
    Verb { name: "pick", call: &call, again: &again, way_out: &way_out, also: &also, ..Verb::default() }
        .sweep(&mut Site::new(imported(), None));
}

#[test]
fn pick_onto() {
    let repo = imported();
    repo.git(&["branch", "next"]);
    edit(&repo);
    let call = |_: &Site| words("pick fix:1 --onto next");
    let again = refused("is decided already");
    Verb { name: "pick --onto", call: &call, again: &again, ..Verb::default() }.sweep(&mut Site::new(repo, None));
}

#[test]
fn prune() {
    let repo = imported();
    edit(&repo);
    let again = refused("no run named");
    Verb { name: "prune", call: &|_| words("prune fix"), again: &again, ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}

#[test]
fn undo_of_a_prune() {
    let repo = imported();
    edit(&repo);
    repo.puff(&["prune", "fix"]).ok();
    let again = refused("nothing to undo");
    Verb { name: "undo (prune)", call: &|_| words("undo fix"), again: &again, ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}

#[test]
fn undo_of_a_pick() {
    let repo = imported();
    repo.puff(&["pick", "fix:1"]).ok();
    let again = refused("nothing to undo");
    Verb { name: "undo (pick)", call: &|_| words("undo fix"), again: &again, ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}

#[test]
fn init_with_hooks() {
    let repo = repo();
    edit(&repo);
    Verb { name: "init --hooks", call: &|_| words("init --hooks"), ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}

#[test]
fn init_undo() {
    let repo = repo();
    edit(&repo);
    repo.puff(&["init", "--hooks"]).ok();
    Verb { name: "init --undo", call: &|_| words("init --undo"), ..Verb::default() }.sweep(&mut Site::new(repo, None));
}

#[test]
fn hook_install() {
    let repo = repo();
    edit(&repo);
    Verb { name: "hook install", call: &|_| words("hook install"), ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}

#[test]
fn hook_uninstall() {
    let repo = repo();
    edit(&repo);
    repo.puff(&["hook", "install"]).ok();
    Verb { name: "hook uninstall", call: &|_| words("hook uninstall"), ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}

#[test]
fn sync_push() {
    let repo = imported();
    edit(&repo);
    repo.git(&["config", "puff.sync.remote", "origin"]);
    Verb { name: "sync --push", call: &|_| words("sync --push"), ..Verb::default() }.sweep(&mut Site::new(repo, None));
}

#[test]
fn sync_fetch() {
    let repo = imported();
    repo.git(&["config", "puff.sync.remote", "origin"]);
    repo.puff(&["sync", "--push"]).ok();
    let root = repo.path("");
    repo.git_in(&root, &["clone", "-q", "origin.git", "fresh"]);
    std::fs::remove_dir_all(repo.work()).unwrap();
    std::fs::rename(repo.path("fresh"), repo.work()).unwrap();
    repo.git(&["config", "puff.sync.remote", "origin"]);
    repo.write("untracked.txt", "untracked\n");
    edit(&repo);
    Verb { name: "sync --fetch", call: &|_| words("sync --fetch"), ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}

#[test]
fn repair() {
    let repo = imported();
    edit(&repo);
    repo.git(&["branch", "-D", "puff/other/var1"]);
    for name in ["refs/notes/puff/report", "refs/notes/puff/runs"] {
        repo.git(&["update-ref", "-d", name]);
    }
    // What could be repaired of one run is there first: sections of a note are in the order in which they were written.
    let project = |picture: &mut Picture| picture.sort_notes();
    Verb { name: "doctor --repair", call: &|_| words("doctor --repair"), project: &project, ..Verb::default() }
        .sweep(&mut Site::new(repo, None));
}
