//! Runs that go to a remote and come from one: `cargo bench --bench sync`. Whole processes, as a user waits for them, over
//! a repository beside it. Nothing here is asserted; the figures are for reading.

#[path = "support/figures.rs"]
#[allow(dead_code, reason = "a part of them is used here")]
mod figures;
#[path = "support/full.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod full;
#[path = "../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use figures::{heading, median, say};
use support::test_repo::{TestRepo, run};

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

const RUNS: usize = 500;

fn main() {
    heading(&format!("sync of {RUNS} runs of one commit, by the file protocol"));
    let repo = TestRepo::new();
    full::fill(&repo, RUNS);
    let (ours, theirs) = (repo.work(), repo.path("theirs"));
    repo.git_in(&repo.path(""), &["clone", "-q", "origin.git", "theirs"]);
    for folder in [&ours, &theirs] {
        repo.git_in(folder, &["config", "puff.sync.remote", "origin"]);
        repo.git_in(folder, &["config", "user.name", "Author"]);
        repo.git_in(folder, &["config", "user.email", "author@example.com"]);
    }
    say("all are sent", sync(&repo, &ours), "");
    say("all are received", sync(&repo, &theirs), "");
    say("nothing is new, here", nothing(&repo, &ours), "");
    say("nothing is new, there", nothing(&repo, &theirs), "");
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for number in 0..5 {
        run(repo.command(PUFF).args(full::harvest(&format!("new-{number}")))).ok();
        sent.push(sync(&repo, &ours));
        received.push(sync(&repo, &theirs));
    }
    say("one is new and sent", median(sent), "");
    say("one is new and received", median(received), "");
    let listed = run(repo.command(PUFF).current_dir(&theirs).args(["list", "--json"])).ok().json();
    assert_eq!(listed["runs"].as_array().map(Vec::len), Some(RUNS + 6));
}

/// One exchange both ways.
fn sync(repo: &TestRepo, folder: &Path) -> Duration {
    let began = Instant::now();
    run(repo.command(PUFF).current_dir(folder).arg("sync")).ok();
    began.elapsed()
}

fn nothing(repo: &TestRepo, folder: &Path) -> Duration {
    median((0..15).map(|_| sync(repo, folder)).collect())
}
