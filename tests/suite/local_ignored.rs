//! Files that git ignores and that an agent made: they are named, and kept where the user says so.

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;

/// A crew whose repository ignores logs, builds and `.env`, with an agent that leaves some of each and hides its notes.
fn crew() -> AgentRun {
    let crew = AgentRun::new();
    crew.repo.commit(".gitignore", "*.log\nbuild/\n.env\n", "Ignore what is made");
    crew.repo.write(".env", "TOKEN=x\n");
    crew.repo.git(&["config", "puff.worktree.copy", ".env"]);
    crew.agent(
        "hides",
        "mkdir -p notes build; echo '*' >notes/.gitignore; echo plan >notes/plan.md; echo r >report.log\n\
         for n in 1 2 3 4; do echo $n >build/$n.o; done; echo more >>.env; echo x >x",
    );
    crew
}

fn ignored(run: &Value, variant: usize) -> (u64, Vec<String>) {
    let ignored = &run["variants"][variant - 1]["ignored"];
    let paths = ignored["paths"].as_array().cloned().unwrap_or_default();
    (ignored["count"].as_u64().unwrap_or(0), paths.iter().map(|path| path.as_str().unwrap().to_owned()).collect())
}

#[test]
fn new_ignored_files_are_named_without_those_that_were_brought() {
    let crew = crew();
    crew.repo.git(&["config", "puff.worktree.setup", "mkdir build; echo s >build/setup.o"]);
    crew.agent("tidy", "echo y >y");
    let run = crew.tournament(&["--agent", "hides", "--agent", "tidy"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["applied"; 2]);
    let named = ["report.log", "notes/.gitignore", "notes/plan.md", "build/ (4 files)"].map(str::to_owned).to_vec();
    assert_eq!(ignored(&run, 1), (7, named));
    assert_eq!(run["variants"][1]["ignored"], Value::Null);
    assert_eq!(crew.repo.git(&["ls-tree", "-r", "--name-only", &format!("puff/{id}/var1"), "notes", "x"]), "x");
    for args in [["harvest", id], ["show", id], ["report", id]] {
        let said = crew.repo.puff(&args).ok().stdout;
        assert!(said.contains("7 new ignored files not in the patch: report.log"), "{args:?}: {said}");
    }
    assert!(!crew.repo.puff_dir().join("runs").join(id).exists());
}

#[test]
fn those_that_a_pattern_names_are_in_the_patch_and_what_was_brought_is_not() {
    let crew = crew();
    for pattern in ["notes/*.md", "*.log", ".env"] {
        crew.repo.git(&["config", "--add", "puff.harvest.ignored", pattern]);
    }
    let run = crew.tournament(&["--agent", "hides", "--keep"]);
    let id = run["run"].as_str().unwrap();
    let files = crew.repo.git(&["diff", "--name-only", "main", &format!("puff/{id}/var1")]);
    assert_eq!(files, "notes/plan.md\nreport.log\nx");
    assert_eq!(ignored(&run, 1), (5, vec!["notes/.gitignore".to_owned(), "build/ (4 files)".to_owned()]));
    // The worktree is there, and what is taken of it is the same every time.
    crew.repo.puff(&["harvest", id]).ok();
    let again = crew.repo.show(id);
    assert_eq!((&again["variants"][0]["revision"], ignored(&again, 1).0), (&json!(1), 5));
    crew.repo.puff(&["prune", id]).ok();
    assert!(!crew.repo.puff_dir().join("runs").join(id).exists());
}

#[test]
fn a_pattern_that_leads_outside_or_can_match_nothing_is_refused_by_its_name() {
    let crew = crew();
    crew.repo.git(&["config", "puff.harvest.ignored", "../notes"]);
    crew.try_launch(&["--agent", "hides"]).exits(129).complains(&["puff.harvest.ignored", "../notes"]);
    // Git takes this without a word, and it matches nothing.
    crew.repo.git(&["config", "puff.harvest.ignored", "plans/[a-z.md"]);
    crew.try_launch(&["--agent", "hides"])
        .exits(129)
        .complains(&["puff.harvest.ignored is 'plans/[a-z.md'", "'[' is never closed"]);
    crew.repo.git(&["config", "puff.harvest.ignored", "plans/[]a-z].md"]);
    crew.try_launch(&["--agent", "hides"]).ok();
}
