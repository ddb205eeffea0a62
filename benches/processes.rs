//! Whole processes, as a user waits for them: `cargo bench`. Nothing here is asserted; the figures are for reading.

#[path = "support/full.rs"]
mod full;
#[path = "../tests/support/mod.rs"]
mod support;

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use divan::Bencher;
use full::{export, full, full_in, harvest};
use support::test_repo::{TestRepo, finish};

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

/// Formats, as git is told to use them.
const REFTABLE: (&str, &str) = ("GIT_DEFAULT_REF_FORMAT", "reftable");
const SHA256: (&str, &str) = ("GIT_DEFAULT_HASH", "sha256");

fn main() {
    divan::main();
}

/// The yardstick: what git itself takes to say its version.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn git_version(bencher: Bencher) {
    let repo = empty();
    bencher.bench(|| quietly(repo.command("git").arg("--version")));
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn puff_version(bencher: Bencher) {
    let repo = empty();
    bencher.bench(|| quietly(repo.command(PUFF).arg("--version")));
}

/// What every verb pays before it begins.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn list_no_runs(bencher: Bencher) {
    let repo = empty();
    bencher.bench(|| quietly(repo.command(PUFF).arg("list")));
}

/// A thousand runs, each a loose ref with loose objects: as git-puff writes them.
#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_loose(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<TestRepo> = OnceLock::new();
    let repo = LAB.get_or_init(|| full(false));
    bencher.bench(|| quietly(repo.command(PUFF).args(args)));
}

/// The same after `git gc`.
#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_packed(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<TestRepo> = OnceLock::new();
    let repo = LAB.get_or_init(|| full(true));
    bencher.bench(|| quietly(repo.command(PUFF).args(args)));
}

/// The same in the formats that git 3.0 will make.
#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_reftable_sha1(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<TestRepo> = OnceLock::new();
    let repo = LAB.get_or_init(|| full_in(&[REFTABLE], false));
    bencher.bench(|| quietly(repo.command(PUFF).args(args)));
}

#[divan::bench(sample_count = 50, sample_size = 1, args = [&["list"][..], &["list", "--json"][..]])]
fn thousand_reftable_sha256(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<TestRepo> = OnceLock::new();
    let repo = LAB.get_or_init(|| full_in(&[REFTABLE, SHA256], false));
    bencher.bench(|| quietly(repo.command(PUFF).args(args)));
}

/// What a shell waits for at TAB behind `git puff show`, with a thousand runs, and with the beginning of one.
#[divan::bench(sample_count = 100, sample_size = 1, args = [&["complete", "--", "show", ""][..], &["complete", "--", "show", "run-77"][..], &["complete", "--", "harvest", "--"][..]])]
fn tab(bencher: Bencher, args: &[&str]) {
    static LAB: OnceLock<TestRepo> = OnceLock::new();
    let repo = LAB.get_or_init(|| full(true));
    bencher.bench(|| quietly(repo.command(PUFF).args(args)));
}

/// The same where no listing has remembered anything yet: nothing is written by a TAB, so each is like the first.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn tab_after_nothing(bencher: Bencher) {
    static LAB: OnceLock<TestRepo> = OnceLock::new();
    let repo = LAB.get_or_init(|| {
        let repo = full(true);
        std::fs::remove_file(repo.puff_dir().join("cache/records")).expect("what was remembered");
        repo
    });
    bencher.bench(|| quietly(repo.command(PUFF).args(["complete", "--", "show", ""])));
}

/// A folder with four exported variants, up to branches, notes and report; every time as a new run.
#[divan::bench(sample_count = 30, sample_size = 1, args = [&[][..], &[SHA256][..], &[REFTABLE][..], &[REFTABLE, SHA256][..]])]
fn harvest_four(bencher: Bencher, format: &[(&str, &str)]) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let repo = TestRepo::with_variables(format);
    export(&repo);
    let name = || format!("try-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    bencher.with_inputs(name).bench_values(|name| quietly(repo.command(PUFF).args(harvest(&name))));
}

/// Runs it, without the look at its documents that the tests take.
fn quietly(command: &mut Command) {
    finish(command.output().expect("the program runs")).ok();
}

/// A repository without runs.
fn empty() -> &'static TestRepo {
    static LAB: OnceLock<TestRepo> = OnceLock::new();
    LAB.get_or_init(TestRepo::new)
}
