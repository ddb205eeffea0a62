//! The recorded screens, and what can be told without one.

use std::path::Path;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const LIMITS: Limits = Limits { after: Duration::from_secs(300), poke: Duration::from_secs(600) };

/// Of a session that runs for an hour, printed something a while ago, and has done nothing since.
fn evidence<'a>(quiet: Duration, screen: &'a [String]) -> Evidence<'a> {
    Evidence {
        quiet: Some(quiet),
        running: MINUTE * 60,
        idle: quiet,
        moving: Some(0),
        screen,
        still: quiet,
        repeats: None,
        rate_limited: None,
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn of_screen(text: &str) -> Diagnosis {
    diagnose(&evidence(MINUTE, &lines(text)), &LIMITS, "s1")
}

#[test]
fn every_recorded_screen_is_what_its_name_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnose/screens");
    let (mut seen, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(expected) = name.strip_suffix(".txt").and_then(|name| name.rsplit('.').next()) else { continue };
        let found = of_screen(&std::fs::read_to_string(&path).unwrap());
        let word = found.kind.map_or(found.state.as_str(), Into::into);
        if word != expected {
            wrong.push(format!("{name}: {word}, {}", found.why));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 40);
}

#[test]
fn a_question_is_quoted_and_answered_by_a_command() {
    let found = of_screen(include_str!("screens/codex-0.169-command.approval.txt"));
    assert_eq!(found.state, SessionState::Waiting);
    assert_eq!(found.why, "asks for approval: 'Would you like to run the following command?'");
    assert_eq!(found.next.as_deref(), Some("git puff session send s1 y --no-enter"));
    let found = of_screen(include_str!("screens/npm-create-proceed.yes-no.txt"));
    assert_eq!(found.why, "asks for yes or no: 'Ok to proceed?'");
    assert_eq!(found.next.as_deref(), Some("git puff session send s1 y"));
    let found = of_screen(include_str!("screens/git-password.password.txt"));
    assert_eq!(found.next.as_deref(), Some("git puff session attach s1"));
}

// Made up, by the words that are in its program: it asks only who is logged in.
#[test]
fn claude_and_gemini_ask_for_approval() {
    for screen in [
        "\u{256d}\u{2500}\u{256e}\n\u{2502} Bash command\n\u{2502}   cargo test\n\u{2502} Do you want to proceed?\n\u{2502} \u{276f} 1. Yes\n\u{2502}   2. No, and tell Claude what to do differently (esc)\n",
        "Allow execution of: 'cargo test'?\n\u{25cf} 1. Allow once\n  2. Allow for this session\n  3. No, suggest changes (esc)\n",
    ] {
        assert_eq!(of_screen(screen).kind, Some(QuestionKind::Approval), "{screen}");
    }
    let trust = "Quick safety check: Is this a project you created or one you trust? (Like your own code)\n\n\u{276f} 1. Yes, I trust this folder\n  2. No, exit\n\nEnter to confirm\n";
    assert_eq!(of_screen(trust).kind, Some(QuestionKind::Trust));
}

#[test]
fn talk_of_a_question_is_none() {
    for screen in [
        "The script asks: Do you want to continue? [Y/n]\nI answer it with yes | apt-get install.\n",
        "fn ask() {\n    print!(\"Password:\");\n}\n",
        "Would you like to run the following command?\n$ cargo test\n",
        "warning: unused variable: `password`\n --> src/lib.rs:3\n",
        "test auth::password ... ok\ntest auth::username ... ok\n",
        "> Build\n> 1. step one is done\ncompiling\n",
    ] {
        assert_eq!(of_screen(screen).state, SessionState::Working, "{screen}");
    }
}

#[test]
fn a_screen_that_moves_asks_nothing() {
    let screen = lines("Ok to proceed? (y)");
    let moving = Evidence { still: Duration::from_millis(400), ..evidence(SECOND, &screen) };
    assert_eq!(diagnose(&moving, &LIMITS, "s1").state, SessionState::Working);
    assert_eq!(diagnose(&evidence(SECOND, &screen), &LIMITS, "s1").state, SessionState::Waiting);
}

#[test]
fn what_only_looks_like_a_question_has_to_do_nothing_for_a_while() {
    let screen = lines("Name of the new branch:");
    let state = |evidence| diagnose(&evidence, &LIMITS, "s1").state;
    assert_eq!(state(evidence(MINUTE, &screen)), SessionState::Waiting);
    assert_eq!(state(evidence(SECOND * 20, &screen)), SessionState::Working);
    assert_eq!(state(Evidence { idle: SECOND, ..evidence(MINUTE, &screen) }), SessionState::Working);
    assert_eq!(state(Evidence { moving: Some(90_000), ..evidence(MINUTE, &screen) }), SessionState::Working);
}

#[test]
fn silence_is_judged_by_time_processor_and_bytes() {
    let of = |evidence: Evidence| {
        let found = diagnose(&evidence, &LIMITS, "s1");
        (found.state, found.why, found.next)
    };
    let next = |words: &str| Some(format!("git puff session {words}"));
    let base = |minutes| evidence(MINUTE * minutes, &[]);
    assert_eq!(of(base(1)), (SessionState::Working, "printed something 1m ago".into(), None));
    let busy = Evidence { idle: SECOND * 2, ..base(20) };
    let why = "nothing printed for 20m, but it used the processor 2s ago";
    assert_eq!(of(busy), (SessionState::Working, why.into(), None));
    let slow = Evidence { moving: Some(2048), ..base(20) };
    let why = "nothing printed for 20m, but 2 KiB a second move: it is worth waiting";
    assert_eq!(of(slow), (SessionState::Downloading, why.into(), None));
    let why = "nothing printed for 7m, and no processor time used for 7m";
    assert_eq!(of(base(7)), (SessionState::Silent, why.into(), next("log s1 --screen")));
    let why = "nothing printed for 10m, and no processor time used for 10m";
    assert_eq!(of(base(10)), (SessionState::Hung, why.into(), next("poke s1")));
    let never = Evidence { quiet: None, running: MINUTE * 11, ..base(11) };
    let why = "nothing printed in 11m, and no processor time used for 11m";
    assert_eq!(of(never), (SessionState::Hung, why.into(), next("poke s1")));
    let young = Evidence { quiet: None, running: SECOND * 3, idle: SECOND * 3, ..base(0) };
    assert_eq!(of(young), (SessionState::Working, "started 3s ago".into(), None));
}

#[test]
fn a_loop_comes_before_everything_and_a_limit_behind_questions() {
    let mut repeats = Repeats::new();
    (0..400).for_each(|n| repeats.output(b"waiting for the lock\n", SECOND * n));
    let found = repeats.found();
    let asking = lines("Ok to proceed? (y)");
    let looping = Evidence { repeats: found.as_ref(), ..evidence(MINUTE, &asking) };
    let found = diagnose(&looping, &LIMITS, "s1");
    assert_eq!(found.state, SessionState::Looping);
    assert!(found.why.starts_with("printed the same line 400 times"), "{}", found.why);
    let limited = Evidence { rate_limited: Some("429 Too Many Requests"), ..evidence(MINUTE, &asking) };
    assert_eq!(diagnose(&limited, &LIMITS, "s1").state, SessionState::Waiting);
    let found = diagnose(&Evidence { screen: &[], ..limited }, &LIMITS, "s1");
    assert_eq!(found.state, SessionState::RateLimited);
    assert_eq!(found.why, "its service takes no more for now: '429 Too Many Requests'");
}

#[test]
fn a_screen_is_told_from_others() {
    let screen = |text: &str| of_screen(text).screen.unwrap();
    let approval = include_str!("screens/codex-0.169-command.approval.txt");
    assert_eq!(screen(approval), screen(approval));
    assert_ne!(screen(approval), screen(&approval.replace("$ ls /", "$ rm -rf /")));
    assert_eq!(of_screen("Compiling").screen, None);
}

#[test]
fn what_is_asked_begins_with_the_question() {
    let found = of_screen(include_str!("screens/codex-0.169-command.approval.txt"));
    let asked = found.asked.unwrap();
    assert!(asked.starts_with("Would you like to run the following command?\nEnvironment: local\n"), "{asked}");
    assert!(asked.contains("\n$ ls /\n"), "{asked}");
    let found = of_screen("Ok to proceed? (y) n\nOk to proceed? (y)");
    assert_eq!(found.asked.as_deref(), Some("Ok to proceed? (y)"));
}
