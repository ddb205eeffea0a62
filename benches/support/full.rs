//! A repository with many runs.

use crate::support::test_repo::{TestRepo, run};

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

/// How many runs the full repositories have.
pub const RUNS: usize = 1000;

/// The words that harvest the four variants as a run of this name.
pub fn harvest(name: &str) -> [&str; 7] {
    ["harvest", "--from", "../patches", "--base", "main", "--name", name]
}

/// Writes four variants beside the clone.
pub fn export(repo: &TestRepo) {
    for index in 1..=4 {
        let folder = repo.path(&format!("patches/var{index}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let patch = repo.patch("notes.txt", format!("one\ntwo\n{index}\n"));
        std::fs::write(folder.join("patch.diff"), patch).expect("a patch");
    }
}

/// A repository with many runs, each like one that was really harvested.
pub fn full(packed: bool) -> TestRepo {
    full_in(&[], packed)
}

/// The same in a format.
pub fn full_in(format: &[(&str, &str)], packed: bool) -> TestRepo {
    let repo = TestRepo::with_variables(format);
    fill(&repo, RUNS);
    if packed {
        repo.git(&["gc", "--quiet"]);
    }
    repo
}

/// Harvests one run, and makes so many more like it.
pub fn fill(repo: &TestRepo, runs: usize) {
    export(repo);
    run(repo.command(PUFF).args(harvest("model"))).ok();
    let record = repo.git(&["show", "refs/puff/runs/model:run.json"]);
    let mut stream = String::new();
    for number in 0..runs {
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
    let file = repo.path("stream");
    std::fs::write(&file, stream).expect("a file");
    let script = format!("git -c fastimport.unpackLimit=1000000 fast-import --quiet <'{}'", file.display());
    run(repo.command("sh").args(["-c", &script])).ok();
    let listed = run(repo.command(PUFF).args(["list", "--json"])).ok().json();
    assert_eq!(listed["runs"].as_array().map(Vec::len), Some(runs + 1));
}
