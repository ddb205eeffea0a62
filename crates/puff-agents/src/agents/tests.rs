//! How the agents are called.

use super::*;

fn known(name: &str) -> Agent {
    Agent::new(name, Configured::default()).unwrap()
}

fn work(agent: &Agent, prompt: &str) -> (String, Stdin) {
    joined(agent.invocation(&Task {
        prompt,
        prompt_file: Path::new("/p.md"),
        interactive: false,
        workspace: Workspace::default(),
    }))
}

fn talk(agent: &Agent, prompt: &str) -> (String, Stdin) {
    joined(agent.invocation(&Task {
        prompt,
        prompt_file: Path::new("/p.md"),
        interactive: true,
        workspace: Workspace::default(),
    }))
}

fn joined(invocation: Invocation) -> (String, Stdin) {
    (invocation.argv.join(" "), invocation.stdin)
}

fn is(words: &str, stdin: Stdin) -> (String, Stdin) {
    (words.to_owned(), stdin)
}

#[test]
fn known_agents_work_by_themselves() {
    let claude = "claude --print --output-format=stream-json --verbose --permission-mode=acceptEdits";
    let gemini = "gemini --output-format=stream-json --approval-mode=auto_edit --skip-trust";
    for (name, expected) in [
        ("codex", is("codex exec --json --sandbox=workspace-write -- -Fix it", Stdin::Closed)),
        ("claude", is(&format!("{claude} -- -Fix it"), Stdin::Closed)),
        ("gemini", is(&format!("{gemini} --prompt=-Fix it"), Stdin::Closed)),
        ("opencode", is("opencode run --format=json", Stdin::Prompt)),
        (
            "aider",
            is("aider --yes-always --no-check-update --no-show-release-notes --message-file /p.md", Stdin::Closed),
        ),
    ] {
        assert_eq!(work(&known(name), "-Fix it"), expected, "{name}");
    }
}

#[test]
fn a_long_prompt_comes_on_standard_input() {
    let long = "x".repeat(SHORT + 1);
    assert_eq!(work(&known("codex"), &long), is("codex exec --json --sandbox=workspace-write -", Stdin::Prompt));
    assert_eq!(work(&known("claude"), &long).1, Stdin::Prompt);
    assert_eq!(talk(&known("codex"), &long), is(&format!("codex --no-daemon -- {long}"), Stdin::Terminal));
    let (words, stdin) = talk(&known("codex"), &"x".repeat(LONG + 1));
    assert_eq!(stdin, Stdin::Terminal);
    assert!(words.starts_with("codex --no-daemon -- Your task is in the file '/p.md'."), "{words}");
}

#[test]
fn an_older_build_is_called_by_the_flags_that_it_lists() {
    let codex = known("codex");
    assert_eq!(codex.help_call(false).unwrap(), ["codex", "exec", "--help"]);
    let help = "      --full-auto\n          Convenience alias for low-friction sandboxed execution\n";
    assert_eq!(work(&codex.clone().with_help(help), "Fix it").0, "codex exec --json --full-auto -- Fix it");
    let help = "  -s, --sandbox <SANDBOX_MODE>\n      --sandbox-mode\n";
    assert!(work(&codex.clone().with_help(help), "Fix it").0.contains("--sandbox=workspace-write"));
    assert_eq!(work(&codex.with_help("      --sandboxes"), "Fix it").0, "codex exec --json -- Fix it");
    let codex = known("codex");
    assert_eq!(codex.help_call(true).unwrap(), ["codex", "--help"]);
    assert_eq!(talk(&codex.with_help("  --search"), "Fix it").0, "codex -- Fix it");
    let gemini = known("gemini").with_help("  -p, --prompt");
    assert!(!work(&gemini, "Fix it").0.contains("--skip-trust"));
}

#[test]
fn somebody_can_talk_to_an_agent_with_or_without_a_prompt() {
    for (name, told, untold) in [
        ("codex", "codex --no-daemon -- Fix it", "codex --no-daemon"),
        ("claude", "claude -- Fix it", "claude"),
        ("gemini", "gemini --prompt-interactive=Fix it", "gemini"),
        ("opencode", "opencode --prompt=Fix it", "opencode"),
        ("aider", "aider --message-file /p.md", "aider"),
    ] {
        assert_eq!(talk(&known(name), "Fix it"), is(told, Stdin::Terminal));
        assert_eq!(talk(&known(name), ""), is(untold, Stdin::Terminal));
    }
}

#[test]
fn a_session_is_continued_by_the_agents_own_name_of_it() {
    let resume =
        |name, prompt, interactive| known(name).resume("01f-a", prompt, interactive, Workspace::default()).map(joined);
    let codex = "codex exec --json --sandbox=workspace-write resume 01f-a --";
    assert_eq!(resume("codex", Some("And now?"), false), Some(is(&format!("{codex} And now?"), Stdin::Closed)));
    assert_eq!(resume("codex", None, false), Some(is(&format!("{codex} {GO_ON}"), Stdin::Closed)));
    assert_eq!(resume("codex", None, true), Some(is("codex --no-daemon resume 01f-a", Stdin::Terminal)));
    assert_eq!(resume("claude", Some("Go"), true), Some(is("claude --resume 01f-a -- Go", Stdin::Terminal)));
    assert_eq!(
        resume("opencode", Some("Go"), false),
        Some(is("opencode run --format=json --session 01f-a", Stdin::Prompt))
    );
    assert_eq!(resume("aider", None, false), None);
}

#[test]
fn a_configured_command_beats_a_known_one() {
    let codex = Configured {
        command: Some("my-codex {prompt}"),
        resume: Some("my-codex --again {session} {prompt}"),
        ..Configured::default()
    };
    let codex = Agent::new("codex", codex).unwrap();
    assert_eq!(codex.help_call(false), None);
    assert_eq!(work(&codex, "Fix it"), is("sh -c my-codex \"${1}\" codex Fix it", Stdin::Closed));
    let resumed = codex.resume("01f", Some("Go on"), false, Workspace::default()).map(joined);
    assert_eq!(resumed, Some(is("sh -c my-codex --again \"${1}\" \"${2}\" codex 01f Go on", Stdin::Closed)));
    let wrapped = Configured { wrapper: Some("podman run -v \"$PWD:$PWD\" img"), ..Configured::default() };
    let claude = Agent::new("claude", wrapped).unwrap();
    assert_eq!(talk(&claude, "Fix it").0, "sh -c podman run -v \"$PWD:$PWD\" img \"$@\" claude claude -- Fix it");
    let mine = Configured { command: Some("mine <{prompt_file}"), ..Configured::default() };
    let mine = Agent::new("mine", mine).unwrap();
    assert_eq!(work(&mine, "Fix it").0, "sh -c mine <\"${1}\" mine /p.md");
    assert_eq!(mine.resume("01f", None, false, Workspace::default()), None);
}

#[test]
fn an_agent_is_known_or_has_a_command_that_can_be_read() {
    let other = |configured| Agent::new("other", configured).unwrap_err();
    let wrapper = Some("x");
    assert_eq!(other(Configured { wrapper, ..Configured::default() }), AgentError::Unknown);
    let command = Some("x {task}");
    assert!(matches!(
        other(Configured { command, ..Configured::default() }),
        AgentError::Line { key: LineKey::Command, why } if why.starts_with("{task} stands for nothing there")
    ));
}

#[test]
fn codex_may_commit_in_a_workspace_of_its_own_and_trusts_what_its_user_trusts() {
    let workspace = Workspace { git_dir: Some(Path::new("/w/.git")), trusted: Some(Path::new("/w \"x\"")) };
    let task = |interactive| Task { prompt: "Fix it", prompt_file: Path::new("/p.md"), interactive, workspace };
    let argv = |agent: &Agent, interactive| agent.invocation(&task(interactive)).argv;
    let told = ["--add-dir=/w/.git", r#"--config=projects={"/w \"x\""={trust_level="trusted"}}"#];
    let codex = known("codex");
    assert_eq!(argv(&codex, false)[4..6], told);
    assert_eq!(argv(&codex, true)[2..4], told);
    let resumed = codex.resume("01f", None, false, workspace).unwrap().argv;
    assert_eq!((&resumed[4..6], &resumed[6]), (&told.map(str::to_owned)[..], &"resume".to_owned()));
    // An older build has no such flag, and another agent nothing of the kind.
    assert!(!argv(&codex.with_help("  --sandbox <MODE>"), false).concat().contains("--add-dir"));
    assert_eq!(
        argv(&known("claude"), false),
        known("claude").invocation(&Task { workspace: Workspace::default(), ..task(false) }).argv
    );
}

#[test]
fn the_settings_of_codex_say_which_projects_are_trusted() {
    let codex = known("codex");
    let settings = "model = \"x\"\n[projects.\"/a b\"]\ntrust_level = \"trusted\"\n[projects.\"/c\"]\ntrust_level = \"untrusted\"\n";
    let trusts = |text, project| codex.trusts(text, Path::new(project));
    assert!(trusts(settings, "/a b"));
    for (text, project) in
        [(settings, "/c"), (settings, "/a"), ("projects = 1", "/a b"), ("broken [", "/a b"), ("", "/")]
    {
        assert!(!trusts(text, project), "{project}");
    }
    assert!(!known("claude").trusts(settings, Path::new("/a b")));
    let own = Agent::new("codex", Configured { command: Some("my-codex"), ..Configured::default() }).unwrap();
    assert!(!own.trusts(settings, Path::new("/a b")) && !own.is_sandboxed() && codex.is_sandboxed());
}
