//! How much is at work at once, and what happens where the system has no more to give.

use serde_json::json;

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::export::Export;
use crate::support::terminal::answered;
use crate::support::test_repo::{TestRepo, run};

/// What `--jobs` is where nobody says it.
fn fitting() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(4, 16)
}

#[test]
fn many_variants_are_imported_with_little_memory() {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "many");
    for variant in 1..=150 {
        let patch =
            format!("diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+{variant}\n");
        export.patch(variant, patch);
    }
    // Addresses, not memory: 150 threads took more than this for their stacks and heaps.
    let line = "ulimit -v 400000; exec \"$0\" harvest --from \"$1\" --base main --name many --json";
    let program = env!("CARGO_BIN_EXE_git-puff");
    let ran = run(repo.command("sh").args(["-c", line, program, export.path()])).ok();
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert_eq!(each(&repo.show("many"), "apply"), vec![json!("applied"); 150]);
    assert_eq!(repo.git(&["for-each-ref", "--format=x", "refs/heads/puff/many"]).lines().count(), 150);
}

#[test]
fn no_more_agents_work_at_once_than_fit_the_machine_unless_it_is_said() {
    let crew = AgentRun::new();
    let counts = "echo x >\"$LAB/at-work-$$\"; ls \"$LAB\" | grep -c at-work- >>\"$LAB/counts\"; sleep 0.2
        rm \"$LAB/at-work-$$\"; echo x >x";
    crew.agent("counts", counts);
    let ended = crew.tournament(&["--agent", "counts:20"]);
    assert_eq!(ended["local"]["jobs"], json!(fitting()));
    assert_eq!(each(&ended, "status"), vec![json!("completed"); 20]);
    let counted = std::fs::read_to_string(crew.repo.path("counts")).unwrap();
    let most = counted.lines().filter_map(|line| line.parse::<usize>().ok()).max().unwrap();
    assert!(most <= fitting(), "{counted}");
    let few = crew.tournament(&["--agent", "counts:2"]);
    assert_eq!(few["local"]["jobs"], 2);
}

#[test]
fn a_costly_launch_asks_for_confirmation_at_a_terminal() {
    let crew = AgentRun::new();
    crew.agent("quick", "echo x >x");
    let launch = |more: &[&str]| {
        let mut command = crew.repo.command(env!("CARGO_BIN_EXE_git-puff"));
        command.args(["launch", "--prompt", "Trim", "--agent", "quick:9"]).args(more);
        command
    };
    let question = "start 9 attempts at once";
    // Enter alone is no yes.
    for answer in ["n\r", "\r"] {
        let (code, printed) = answered(launch(&["--jobs", "9"]), question, answer);
        assert_eq!(code, 1, "{printed}");
        assert!(printed.contains(question) && printed.contains("nothing was launched") && printed.contains("--jobs"));
        assert_eq!(crew.repo.git(&["for-each-ref", "refs/puff"]), "");
    }
    let (code, printed) = answered(launch(&["--jobs", "9", "--name", "yes"]), question, "y\r");
    assert_eq!(code, 0, "{printed}");
    let (code, printed) = answered(launch(&["--jobs", "8", "--name", "fewer"]), question, "n\r");
    assert!(code == 0 && !printed.contains("at once"), "{printed}");
    crew.tournament_end("yes");
    crew.tournament_end("fewer");
}
