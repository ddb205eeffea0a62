//! What the pre-push hook adds to a push that is no business of ours: `cargo bench --bench push`. The same push with and
//! without it, in turn, so that whatever else goes on is the same for both. Nothing here is asserted; the figures are for
//! reading.

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "support/figures.rs"]
#[allow(dead_code, reason = "this bench uses a part of it")]
mod figures;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use figures::{heading, median, say};
use support::test_repo::{TestRepo, run};

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

const COMMITS: usize = 1000;
const ROUNDS: usize = 41;

fn main() {
    heading("a push of 1,000 commits without variants to a repository beside it, whole processes");
    for (runs, packed) in [(0, false), (10, false), (100, false), (1000, false), (1000, true)] {
        let repo = place(runs, packed);
        let how = if packed { ", packed" } else { "" };
        let [without, with] = pushes(&repo);
        let added = |of: fn(&[Duration]) -> Duration| of(&with).saturating_sub(of(&without));
        say(&format!("git push without the hook, {runs} runs{how}, least"), least(&without), "");
        say(&format!("git push with the hook, {runs} runs{how}, least"), least(&with), "");
        say(&format!("added, {runs} runs{how}, least"), added(least), "goal: <= 25 ms");
        say(&format!("added, {runs} runs{how}, median"), added(|times| median(times.to_vec())), "goal: <= 25 ms");
        say(&format!("git puff hook pre-push alone, {runs} runs{how}, least"), alone(&repo), "");
    }
}

fn least(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}

/// A clone with commits that its origin has not, and so many runs.
fn place(runs: usize, packed: bool) -> TestRepo {
    let repo = TestRepo::new();
    run(repo.command("cp").args(["-a", "../origin.git", "../template.git"])).ok();
    let folder = repo.path("patches/var1");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("patch.diff"), repo.patch("notes.txt", "one\n2\n")).expect("a patch");
    let mut stream = String::new();
    if runs > 0 {
        let args = ["harvest", "--from", "../patches", "--base", "main", "--name", "model"];
        run(repo.command(PUFF).args(args)).ok();
        let record = repo.git(&["show", "refs/puff/runs/model:run.json"]);
        for number in 1..runs {
            let name = format!("run-{number}");
            let record = record.replace("\"model\"", &format!("\"{name}\"")).replace("/model/", &format!("/{name}/"));
            let _ = write!(
                stream,
                "commit refs/puff/runs/{name}\ncommitter A U Thor <a@example.com> 1790000000 +0000\ndata 1\nx\n\
                 M 644 inline run.json\ndata {}\n{record}\n",
                record.len()
            );
        }
    }
    let _ = write!(stream, "reset refs/heads/main\nfrom refs/heads/main^0\n");
    for number in 0..COMMITS {
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter A U Thor <a@example.com> {} +0000\ndata 40\n{:<40}\n\
             M 644 inline src/part{}/file{number}.rs\ndata 12\nfn f() {{}}  \n\n",
            1_790_000_000 + number,
            format!("Change number {number}"),
            number % 20
        );
    }
    let mut import = repo.command("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git");
    std::io::Write::write_all(&mut import.stdin.take().expect("a pipe"), stream.as_bytes()).expect("git reads");
    assert!(import.wait().expect("git ends").success());
    if packed {
        repo.git(&["pack-refs", "--all"]);
    }
    repo
}

/// The times of the same push, without and with the hook, in turn.
fn pushes(repo: &TestRepo) -> [Vec<Duration>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..2 * ROUNDS {
        let at = round % 2;
        run(repo.command(PUFF).args(["hook", if at == 0 { "uninstall" } else { "install" }])).ok();
        let (origin, template) = (repo.path("origin.git"), repo.path("template.git"));
        std::fs::remove_dir_all(&origin).expect("a folder");
        run(repo.command("cp").arg("-a").args([&template, &origin])).ok();
        repo.git(&["update-ref", "refs/remotes/origin/main", &repo.git_in(&template, &["rev-parse", "main"])]);
        let began = Instant::now();
        run(repo.command("git").args(["push", "-q", "origin", "main"])).ok();
        times[at].push(began.elapsed());
    }
    times
}

/// The least time of what git-puff itself does of it.
fn alone(repo: &TestRepo) -> Duration {
    let id = |place: &Path| repo.git_in(place, &["rev-parse", "main"]);
    let old = id(&repo.path("template.git"));
    repo.git(&["update-ref", "refs/remotes/origin/main", &old]);
    let line = format!("refs/heads/main {} refs/heads/main {old}\n", id(&repo.work()));
    let file = repo.path("lines");
    std::fs::write(&file, line).expect("a file");
    let once = || {
        let stdin = std::fs::File::open(&file).expect("a file");
        let began = Instant::now();
        run(repo.command(PUFF).args(["hook", "pre-push", "origin", "../origin.git"]).stdin(stdin)).ok();
        began.elapsed()
    };
    (0..ROUNDS).map(|_| once()).min().unwrap_or_default()
}
