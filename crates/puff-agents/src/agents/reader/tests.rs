//! What is read out of recordings of the real programs.

use super::*;

fn read(output: &str) -> Reader {
    let mut reader = Reader::new();
    reader.feed(output.as_bytes());
    reader
}

fn sample(name: &str) -> String {
    let recorded = match name {
        "codex" => include_str!("../samples/codex-0.169.0.jsonl"),
        "people" => include_str!("../samples/codex-0.169.0-people.txt"),
        "limit" => include_str!("../samples/codex-0.169.0-limit.jsonl"),
        "plan" => include_str!("../samples/codex-0.151.0-plan.jsonl"),
        "opencode" => include_str!("../samples/opencode-1.18.33.jsonl"),
        _ => include_str!("../samples/claude-2.1.197-no-login.jsonl"),
    };
    // A terminal ends its lines like this.
    recorded.replace('\n', "\r\n")
}

fn ran(line: &str, exit: i32) -> (String, Option<i32>) {
    (line.to_owned(), Some(exit))
}

fn commands(reader: &mut Reader) -> Vec<(String, Option<i32>)> {
    reader.take_commands().into_iter().map(|ran| (ran.line, ran.exit)).collect()
}

#[test]
fn codex_says_what_it_did() {
    let mut reader = read(&sample("codex"));
    assert_eq!(reader.agent(), Some("codex"));
    assert_eq!(reader.agent_session().map(str::len), Some(36));
    assert_eq!(reader.last_message(), Some("The parser takes empty lines now. All tests pass."));
    assert_eq!(reader.tokens(), Some(4800 - 800 + 136));
    assert_eq!(reader.checks(), ["python3 -m unittest: passed"]);
    assert_eq!(reader.take_milestones(), [Milestone::TestsPass("python3 -m unittest".to_owned())]);
    assert_eq!(commands(&mut reader), [ran("cat test_x.py", 0), ran("python3 -m unittest", 0), ran("false", 1)]);
    assert_eq!(commands(&mut reader), []);
    assert_eq!(reader.rate_limited(), None);
}

#[test]
fn it_does_not_matter_how_the_output_is_cut() {
    for name in ["codex", "people", "opencode"] {
        let (whole, mut pieces) = (read(&sample(name)), Reader::new());
        sample(name).as_bytes().chunks(7).for_each(|piece| pieces.feed(piece));
        assert_eq!(format!("{whole:?}"), format!("{pieces:?}"), "{name}");
    }
}

#[test]
fn the_finished_steps_of_a_plan_are_milestones_once() {
    let steps = ["Read the code", "Fix it", "Test it"].map(|step| Milestone::Step(step.to_owned()));
    assert_eq!(read(&sample("plan")).take_milestones(), steps);
}

#[test]
fn a_limit_counts_until_it_goes_on() {
    let mut reader = read(&sample("limit"));
    assert_eq!(reader.rate_limited(), Some("exceeded retry limit, last status: 429 Too Many Requests"));
    reader.feed(b"{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"Done.\"}}\n");
    assert_eq!(reader.rate_limited(), None);
}

#[test]
fn what_codex_prints_for_people_has_its_session_and_its_tokens() {
    let reader = read(&sample("people"));
    assert_eq!(reader.agent_session().map(str::len), Some(36));
    assert_eq!(reader.tokens(), Some(3102));
    assert_eq!(reader.agent(), None);
}

#[test]
fn opencode_says_what_it_did() {
    let mut reader = read(&sample("opencode"));
    assert!(reader.agent_session().is_some_and(|id| id.starts_with("ses_")));
    assert_eq!(reader.last_message(), Some("The parser takes empty lines now."));
    assert_eq!(reader.tokens(), Some(3 * 1234));
    assert_eq!(reader.take_milestones(), [Milestone::Commit("Add y".to_owned())]);
    assert_eq!(commands(&mut reader)[1], ran("false", 1));
}

#[test]
fn claude_says_that_nobody_is_logged_in() {
    let reader = read(&sample("claude"));
    assert_eq!(reader.agent_session().map(str::len), Some(36));
    assert_eq!(reader.last_message(), Some("Not logged in \u{b7} Please run /login"));
    assert_eq!(reader.tokens(), None);
}

// Made up: what it says when it works needs an account.
#[test]
fn claude_says_what_it_did() {
    let mut reader = read(
        r#"{"type":"system","subtype":"init","session_id":"5e55"}
{"type":"assistant","parent_tool_use_id":null,"session_id":"5e55","message":{"content":[{"type":"text","text":"I test it."},{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"cargo test"}}]}}
{"type":"user","session_id":"5e55","message":{"content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":"Exit code 101\nerror: test failed"}]}}
{"type":"result","session_id":"5e55","result":"It fails.","usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":900,"output_tokens":5}}
"#,
    );
    assert_eq!(reader.agent_session(), Some("5e55"));
    assert_eq!(reader.last_message(), Some("It fails."));
    assert_eq!(reader.tokens(), Some(35));
    assert_eq!(reader.checks(), ["cargo test: exit 101"]);
    assert_eq!(commands(&mut reader), [ran("cargo test", 101)]);
}

// Made up, as its program writes it: it says nothing without an account.
#[test]
fn gemini_says_its_message_in_parts() {
    let mut reader = read(
        r#"{"type":"init","timestamp":"t","session_id":"9e31","model":"m"}
{"type":"tool_use","tool_name":"run_shell_command","tool_id":"t1","parameters":{"command":"npm test"}}
{"type":"tool_result","tool_id":"t1","status":"success","output":"Tests:  3 passed, 3 total"}
{"type":"message","role":"assistant","content":"It ","delta":true}
{"type":"message","role":"assistant","content":"works.","delta":true}
{"type":"result","status":"success","stats":{"total_tokens":40,"input_tokens":30,"output_tokens":10,"cached":5}}
"#,
    );
    assert_eq!(reader.agent_session(), Some("9e31"));
    assert_eq!(reader.last_message(), Some("It works."));
    assert_eq!(reader.tokens(), Some(35));
    assert_eq!(reader.take_milestones(), [Milestone::TestsPass("npm test".to_owned())]);
}

#[test]
fn an_agent_that_another_one_runs_is_not_taken_for_it() {
    let mut reader = read(&sample("codex"));
    let session = reader.agent_session().map(str::to_owned);
    reader.feed(b"{\"type\":\"system\",\"session_id\":\"other\"}\n");
    reader.feed(b"session id: 01a1f93e-5bc2-7b31-ae30-da0e1ebce66d\n");
    assert_eq!(reader.agent_session().map(str::to_owned), session);
}

#[test]
fn a_line_without_an_end_costs_no_memory_and_loses_only_itself() {
    let mut reader = Reader::new();
    for _ in 0..1000 {
        reader.feed(&[b'x'; 4096]);
        assert!(reader.line.capacity() <= 2 * LONGEST);
    }
    reader.feed(b"\n\x00\xff{\"type\":\n{\"type\":\"thread.started\",\"thread_id\":\"a\"}\r\n");
    assert_eq!(reader.agent_session(), Some("a"));
}

#[test]
fn a_command_is_read_without_the_shell_that_was_called_for_it() {
    use super::super::events::bare;
    for (command, line) in [
        ("/bin/bash -lc 'cargo test'", "cargo test"),
        ("bash -lc ls", "ls"),
        (r#"/bin/bash -lc 'echo "a'"\\'b'\"""#, r#"echo "a\'b'""#),
        ("zsh -c \"it's\"", "it's"),
        ("bash -lc two words", "bash -lc two words"),
        ("cargo test", "cargo test"),
    ] {
        assert_eq!(bare(command), line);
    }
}
