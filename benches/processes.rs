//! Whole processes, as a user waits for them: `cargo bench`. Nothing here is asserted; the figures are for reading.

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use divan::Bencher;
use support::lab::{Lab, run};

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

/// Formats, as git is told to use them.
const REFTABLE: (&str, &str) = ("GIT_DEFAULT_REF_FORMAT", "reftable");
const SHA256: (&str, &str) = ("GIT_DEFAULT_HASH", "sha256");

/// How many runs the full repositories have.
const RUNS: usize = 1000;

fn main() {
    divan::main();
}

/// The yardstick: what git itself takes to say its version.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn git_version(bencher: Bencher) {
    let lab = empty();
    bencher.bench(|| quietly(lab.command("git").arg("--version")));
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn puff_version(bencher: Bencher) {
    let lab = empty();
    bencher.bench(|| quietly(lab.command(PUFF).arg("--version")));
}

/// What every verb pays before it begins.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn list_no_runs(bencher: Bencher) {
    let lab = empty();
    bencher.bench(|| quietly(lab.command(PUFF).arg("list")));
}

/// A thousand runs, each a loose ref with loose objects: as git-puff writes them.
#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_loose(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<Lab> = OnceLock::new();
    let lab = LAB.get_or_init(|| full(false));
    bencher.bench(|| quietly(lab.command(PUFF).args(args)));
}

/// The same after `git gc`.
#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_packed(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<Lab> = OnceLock::new();
    let lab = LAB.get_or_init(|| full(true));
    bencher.bench(|| quietly(lab.command(PUFF).args(args)));
}

/// The same in the formats that git 3.0 will make.
#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_reftable_sha1(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<Lab> = OnceLock::new();
    let lab = LAB.get_or_init(|| full_in(&[REFTABLE], false));
    bencher.bench(|| quietly(lab.command(PUFF).args(args)));
}

#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_reftable_sha256(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<Lab> = OnceLock::new();
    let lab = LAB.get_or_init(|| full_in(&[REFTABLE, SHA256], false));
    bencher.bench(|| quietly(lab.command(PUFF).args(args)));
}

/// What a shell waits for at TAB behind `git puff show`, with a thousand runs, and with the beginning of one.
#[divan::bench(sample_count = 100, sample_size = 1, args = [&["complete", "--", "show", ""][..], &["complete", "--", "show", "run-77"][..], &["complete", "--", "harvest", "--"][..]])]
fn tab(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<Lab> = OnceLock::new();
    let lab = LAB.get_or_init(|| full(true));
    bencher.bench(|| quietly(lab.command(PUFF).args(args)));
}

/// The same where no listing has remembered anything yet: nothing is written by a TAB, so each is like the first.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn tab_after_nothing(bencher: Bencher) {
    static LAB: OnceLock<Lab> = OnceLock::new();
    let lab = LAB.get_or_init(|| {
        let lab = full(true);
        std::fs::remove_file(lab.puff_dir().join("cache/records")).expect("what was remembered");
        lab
    });
    bencher.bench(|| quietly(lab.command(PUFF).args(["complete", "--", "show", ""])));
}

/// A folder with four exported variants, up to branches, notes and report; every time as a new run.
#[divan::bench(sample_count = 30, sample_size = 1, args = [&[][..], &[SHA256][..], &[REFTABLE][..], &[REFTABLE, SHA256][..]])]
fn harvest_four(bencher: Bencher, format: &[(&str, &str)]) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let lab = Lab::with_variables(format);
    export(&lab);
    let name = || format!("try-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    bencher.with_inputs(name).bench_values(|name| quietly(lab.command(PUFF).args(harvest(&name))));
}

fn quietly(command: &mut Command) {
    run(command).ok();
}

/// A repository without runs.
fn empty() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(Lab::new)
}

fn harvest(name: &str) -> [&str; 7] {
    ["harvest", "--from", "../patches", "--base", "main", "--name", name]
}

/// Writes four variants beside the clone.
fn export(lab: &Lab) {
    for index in 1..=4 {
        let folder = lab.path(&format!("patches/var{index}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let patch = lab.patch("notes.txt", format!("one\ntwo\n{index}\n"));
        std::fs::write(folder.join("patch.diff"), patch).expect("a patch");
    }
}

/// A repository with many runs, each like one that was really harvested.
fn full(packed: bool) -> Lab {
    full_in(&[], packed)
}

/// The same in a format.
fn full_in(format: &[(&str, &str)], packed: bool) -> Lab {
    let lab = Lab::with_variables(format);
    export(&lab);
    quietly(lab.command(PUFF).args(harvest("model")));
    let record = lab.git(&["show", "refs/puff/runs/model:run.json"]);
    let mut stream = String::new();
    for number in 0..RUNS {
        let time = format!("2026-11-{:02}T{:02}:{:02}:00.000Z", 1 + number / 720, number / 60 % 12, number % 60);
        let name = format!("run-{number}");
        let mut document: serde_json::Value = serde_json::from_str(&record).expect("a run");
        document["task_id"] = format!("task_e_{number:032}").into();
        document["task_url"] = format!("https://chatgpt.com/codex/tasks/task_e_{number:032}").into();
        document["created_at"] = time.into();
        let document =
            serde_json::to_string_pretty(&document).expect("JSON").replace("\"model\"", &format!("\"{name}\""));
        let document = document.replace("/model/", &format!("/{name}/")).replace("/model:", &format!("/{name}:"));
        stream += &format!(
            "commit refs/puff/runs/{name}\ncommitter A U Thor <author@example.com> {} +0000\ndata 9\nharvested\n\
             M 644 inline run.json\ndata {}\n{document}\nM 644 inline prompt.md\ndata {}\n{name}\n\n",
            1_790_000_000 + number,
            document.len(),
            name.len(),
        );
    }
    let file = lab.path("stream");
    std::fs::write(&file, stream).expect("a file");
    let script = format!("git -c fastimport.unpackLimit=1000000 fast-import --quiet <'{}'", file.display());
    quietly(lab.command("sh").args(["-c", &script]));
    if packed {
        lab.git(&["gc", "--quiet"]);
    }
    let listed = run(lab.command(PUFF).args(["list", "--json"])).ok().json();
    assert_eq!(listed["runs"].as_array().map(Vec::len), Some(RUNS + 1));
    lab
}
