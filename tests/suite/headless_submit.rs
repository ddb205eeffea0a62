//! Sending tasks through the two forks of the client, by recordings of them.

use crate::support::fake_codex::{FakeCodex, PROMPT, TASK};
use crate::support::test_repo::{Ran, TestRepo};

const URL: &str = "https://chatgpt.com/codex/tasks/task_e_00000000000000000000000000000001";

#[test]
fn headless_a_gets_the_prompt_on_its_standard_input() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);

    let run = repo.puff_with_input(&["submit", "--env", "acme/widgets", "--json"], PROMPT.as_bytes()).ok().json();
    assert_eq!(run["dialect"], "headless-a");
    assert_eq!((&run["task_id"], &run["task_url"]), (&TASK.into(), &URL.into()));
    assert_eq!(run["state"], "pending");

    // The very call that was recorded with the real program.
    let paid = codex.paid();
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0].argv, codex.recorded_argv("submit"));
    assert_eq!(paid[0].stdin, codex.recording("submit")["stdin"]);
}

#[test]
fn headless_b_gets_a_title_and_a_file_with_the_prompt() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_b(&repo);
    let prompt = "Trim input before parsing\n\n- keep the tests\n";

    let ran = repo.puff_with_input(&["submit", "--env", "env_lab_1", "--porcelain"], prompt.as_bytes()).ok();
    assert_eq!((ran.value("TASK_ID"), ran.value("TASK_URL")), (TASK.to_owned(), URL.to_owned()));
    assert_eq!(repo.show("@")["dialect"], "headless-b");

    let paid = codex.paid();
    assert_eq!(paid.len(), 1);
    let argv: Vec<&str> = paid[0].argv.iter().map(String::as_str).collect();
    let title = "Trim input before parsing";
    let ["cloud", "new", "--env=env_lab_1", "--base=main", "--best-of=4", sent, file] = argv[..] else {
        panic!("{argv:?}");
    };
    let file = file.strip_prefix("--prompt-file=").expect("a file");
    let title = format!("--title={title}");
    assert_eq!((sent, paid[0].prompt.as_deref(), paid[0].stdin.as_str()), (title.as_str(), Some(prompt), ""));
    assert!(!std::path::Path::new(file).exists(), "the prompt's file is still there: {file}");
}

/// The clients' command lines are clap's: a word that begins with `-` is an option there unless it is joined to one, or
/// comes after `--`.
#[test]
fn no_value_of_a_call_can_be_read_as_an_option() {
    const FLAGS: [&str; 7] = ["--", "--all", "--help", "--include-reviews", "--json", "--version", "-"];
    for (open, env, task) in [
        (FakeCodex::headless_a as fn(&TestRepo) -> FakeCodex, "-x", TASK),
        (FakeCodex::headless_b, "env_lab_1", TASK),
        (FakeCodex::official, "--env", "task_e_i"),
    ] {
        let repo = TestRepo::new();
        let codex = open(&repo);
        codex.knows("status", "[PENDING] Trim\n", "", 1);
        repo.git(&["config", "puff.env", env]);
        repo.puff(&["submit", "--prompt=--trim the input\n\n-x\n"]).ok();
        codex.phase("ready");
        repo.puff(&["harvest", "--run", task]);

        for call in codex.calls() {
            let mut operands = false;
            let mut bare = call.argv.iter().filter(|arg| {
                let safe = operands || !arg.starts_with('-') || arg.contains('=') || FLAGS.contains(&arg.as_str());
                operands |= arg.as_str() == "--";
                !safe
            });
            assert_eq!(bare.next(), None, "{:?}", call.argv);
            // The task that is asked about, and all that follows `cloud` and its subcommand, is behind `--`.
            let words: Vec<_> = call.argv.iter().skip(2).take_while(|arg| *arg != "--").collect();
            assert!(words.iter().all(|arg| arg.starts_with("--")), "{:?}", call.argv);
        }
        let paid = codex.paid();
        assert_eq!(paid.len(), 1);
        assert!(paid[0].argv.contains(&format!("--env={env}")), "{:?}", paid[0].argv);
        let title = paid[0].argv.iter().find(|arg| arg.starts_with("--title"));
        assert!(title.is_none_or(|title| title == "--title=--trim the input"), "{:?}", paid[0].argv);
    }
}

#[test]
fn headless_b_would_take_any_label_so_labels_are_refused_before_it_is_paid() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_b(&repo);
    let ran = repo.puff(&["submit", "--env", "acme/widgets", "--prompt", "Trim"]);
    ran.exits(1).complains(&["'acme/widgets'", "only ids"]);
    nothing_happened(&repo, &codex);
}

#[test]
fn an_environment_that_headless_a_does_not_know_is_named() {
    for (env, words) in [("nope", "no cloud environment named 'nope'"), ("gadgets", "several cloud environments")] {
        let repo = TestRepo::new();
        let codex = FakeCodex::headless_a(&repo);
        let ran = repo.puff(&["submit", "--env", env, "--prompt", "Trim"]).exits(1).complains(&[words, env]);
        // The list did not know either, so this was found out by asking; the service refused, and nothing is open.
        assert!(ran.stderr.contains("nothing was submitted"), "{}", ran.stderr);
        assert_eq!(codex.paid().len(), 1);
        let run = repo.show("@");
        assert_eq!((&run["state"], &run["task_id"]), (&"error".into(), &().into()));
    }
}

#[test]
fn an_environment_that_the_list_does_not_know_is_refused_before_anything_is_recorded() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.fails_with("unknown-env");
    repo.puff(&["submit", "--env", "nope", "--prompt", "Trim"]).exits(1).complains(&["'nope'"]);
    nothing_happened(&repo, &codex);
}

#[test]
fn a_signed_out_launch_is_refused_before_payment() {
    for fault in ["signed-out", "unauthorized"] {
        for open in [FakeCodex::headless_a, FakeCodex::headless_b] {
            let repo = TestRepo::new();
            let codex = open(&repo);
            codex.fails_with(fault);
            let ran = repo.puff(&["submit", "--env", "env_lab_1", "--prompt", "Trim"]).exits(128);
            says_to_sign_in(&ran.complains(&["not signed in"]));
            nothing_happened(&repo, &codex);
        }
    }
}

#[test]
fn without_the_check_a_signed_out_launch_waits_for_the_login() {
    let repo = TestRepo::new();
    let codex = FakeCodex::headless_a(&repo);
    codex.fails_with("signed-out");
    let ran = repo.puff(&["submit", "--env", "acme/widgets", "--skip-doctor", "--prompt", "Trim"]).exits(128);
    says_to_sign_in(&ran);
    let run = repo.show("@");
    assert_eq!((&run["state"], &run["attention"]), (&"queued".into(), &"needs-login".into()));

    codex.recovers();
    codex.phase("ready");
    let id = run["run"].as_str().unwrap();
    repo.puff(&["watch", id, "--interval", "1s"]).ok();
    let run = repo.show(id);
    assert_eq!((&run["task_id"], &run["attention"]), (&TASK.into(), &().into()));
}

fn says_to_sign_in(ran: &Ran) {
    assert!(ran.stderr.contains("codex login"), "{}", ran.stderr);
}

fn nothing_happened(repo: &TestRepo, codex: &FakeCodex) {
    assert_eq!(codex.paid(), []);
    assert_eq!(repo.git(&["for-each-ref", "refs/puff"]), "");
    assert_eq!(repo.git(&["status", "--porcelain", "--", ":!.codex"]), "");
}
