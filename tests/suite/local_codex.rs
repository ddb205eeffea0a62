//! A tournament of the newest real `codex` on this machine, against a loopback Responses service.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::responses::{Responses, Turn};
use crate::support::test_repo::{TestRepo, newest_codex};

#[test]
fn the_best_of_three_codex_is_harvested_to_branches() {
    needs!("codex-newest");
    let begun = AtomicUsize::new(1);
    let service = Responses::start(move |conversation| match conversation.steps() {
        0 => Turn::Run(format!("echo attempt {} >>notes.txt", begun.fetch_add(1, Ordering::Relaxed))),
        _ => Turn::Say("I took a note.".to_owned()),
    });
    let mut crew = AgentRun { repo: TestRepo::off_devices() };
    crew.repo.set("LOOPBACK_KEY", "none");
    crew.repo.git(&["config", "puff.codex", &newest_codex().display().to_string()]);
    service.write_config(&crew.repo.path("codex-home"), "");

    let run = crew.tournament(&["--agent", "codex:3"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["applied"; 3], "{run:#}");
    assert_eq!(each(&run, "message"), ["I took a note."; 3]);
    let mut notes: Vec<_> = (1..=3).map(|variant| crew.file(id, variant, "notes.txt")).collect();
    notes.sort();
    let wanted: Vec<_> = (1..=3).map(|attempt| format!("one\ntwo\nthree\nattempt {attempt}")).collect();
    assert_eq!(notes, wanted);
    let body = crew.repo.git(&["log", "-1", "--format=%b", &format!("puff/{id}/var2")]);
    assert!(body.starts_with("I took a note.\n\nPuff-Run: "), "{body}");
}
