//! What workspaces cost in a repository of 50,000 files: `cargo bench --bench workspaces [-- FILES]`, with private workspaces
//! and, beside them in the same run, with linked worktrees. Whole processes, as a user waits for them; nothing is asserted.
//!
//! Four agents change three files each. Then the same again with a warm pool, and reviews whose check does nothing, so that all
//! that is measured is what is around a check.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::time::{Duration, Instant};

use support::agent_run::AgentRun;
use support::test_repo::wait_until;

/// The files of a folder.
const IN_A_FOLDER: usize = 100;

fn main() {
    let wanted = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let files: usize = wanted.unwrap_or(50_000);
    let crew = repository(files);
    for kind in ["private", "linked"] {
        crew.repo.git(&["config", "puff.workspace", kind]);
        println!("\n{kind} workspaces, {files} files, four agents with three files each");
        tournament(&crew, &format!("{kind}-first"));
        tournament(&crew, &format!("{kind}-second"));
        review(&crew, &format!("{kind}-second"), "first review, base and four variants");
        review(&crew, &format!("{kind}-second"), "second review");
    }
}

fn repository(files: usize) -> AgentRun {
    let crew = AgentRun::new();
    for folder in 0..files.div_ceil(IN_A_FOLDER) {
        let path = crew.repo.work().join(format!("part{}/folder{folder}", folder / 50));
        fs::create_dir_all(&path).expect("a folder");
        for file in 0..IN_A_FOLDER {
            fs::write(path.join(format!("file{file}")), format!("{folder} {file}\n").repeat(5)).expect("a file");
        }
    }
    crew.repo.git(&["add", "--all"]);
    crew.repo.git(&["commit", "--quiet", "--message", "Many files"]);
    crew.agent(
        "edits",
        "for file in 1 2 3; do echo $$ >>part0/folder1/file$file; done; touch begun; while [ ! -e $LAB/go ]; do sleep 0.05; done",
    );
    crew
}

/// Launches four agents, waits until all are at work, lets them end, and harvests.
fn tournament(crew: &AgentRun, name: &str) {
    let began = Instant::now();
    crew.launch(&["--agent", "edits:4", "--jobs", "4", "--name", name]);
    say(&format!("{name}: launch returns"), began.elapsed());
    let begun = |variant: u32| crew.workspace_root().join(format!("{name}/var{variant}/begun")).exists();
    wait_until("all four are at work", || (1..=4).all(begun));
    say(&format!("{name}: all four are at work"), began.elapsed());
    fs::write(crew.repo.path("go"), "").expect("a file");
    crew.repo.puff(&["watch", name]).ok();
    fs::remove_file(crew.repo.path("go")).expect("it was there");
    timed(&format!("{name}: harvest"), || {
        crew.repo.puff(&["harvest", name]).ok();
    });
}

fn review(crew: &AgentRun, name: &str, what: &str) {
    timed(&format!("{name}: {what}"), || {
        crew.repo.puff(&["review", name, "--check", "true", "--fresh"]).ok();
    });
}

fn timed(what: &str, work: impl FnOnce()) {
    let began = Instant::now();
    work();
    say(what, began.elapsed());
}

fn say(what: &str, took: Duration) {
    println!("  {what:<58} {:>9.3} s", took.as_secs_f64());
}
