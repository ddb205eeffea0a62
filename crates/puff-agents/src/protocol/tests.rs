//! What is decided.

use super::*;
use crate::diagnose::{Evidence, Limits, diagnose};

const MINUTE: Duration = Duration::from_secs(60);

fn diagnosed(state: SessionState) -> Diagnosis {
    Diagnosis { state, kind: None, why: "nothing printed for 10m".into(), next: None, asked: None, screen: None }
}

fn situation(diagnosis: &Diagnosis) -> Situation<'_> {
    Situation { diagnosis, auto: true, pokes: 0, poked: None, resumes: 0, resumable: true, answered: &[], answers: &[] }
}

fn asked(text: &str) -> Diagnosis {
    let screen: Vec<String> = text.lines().map(str::to_owned).collect();
    let evidence = Evidence {
        quiet: Some(MINUTE),
        running: MINUTE,
        idle: MINUTE,
        moving: None,
        screen: &screen,
        still: MINUTE,
        repeats: None,
        rate_limited: None,
    };
    diagnose(&evidence, &Limits { after: MINUTE * 5, poke: MINUTE * 10 }, "s1")
}

fn rules(written: &[&str]) -> Vec<AnswerRule> {
    written.iter().map(|written| AnswerRule::parse(written).unwrap()).collect()
}

#[test]
fn a_hung_session_is_poked_once_then_killed_and_resumed_twice_at_most() {
    let hung = diagnosed(SessionState::Hung);
    let first = situation(&hung);
    assert_eq!(decide(&first), Step::Poke);
    let poked = Situation { pokes: 1, poked: Some(MINUTE / 2), ..first };
    assert_eq!(decide(&poked), Step::Nothing);
    let later = Situation { poked: Some(MINUTE * 2), ..poked };
    assert_eq!(decide(&later), Step::KillAndResume);
    assert_eq!(decide(&Situation { resumes: 1, ..later }), Step::KillAndResume);
    let step = decide(&Situation { resumes: 2, ..later });
    assert_eq!(step, Step::Report("it hangs, and was resumed 2 times already: nothing printed for 10m".into()));
    let step = decide(&Situation { resumable: false, ..later });
    assert!(matches!(step, Step::Report(why) if why.contains("cannot be resumed")));
}

#[test]
fn what_is_slow_or_busy_is_never_touched() {
    for state in [
        SessionState::Working,
        SessionState::Downloading,
        SessionState::Silent,
        SessionState::RateLimited,
        SessionState::Waiting,
        SessionState::Exited,
        SessionState::Lost,
    ] {
        let diagnosis = diagnosed(state);
        let worst = Situation { pokes: 1, poked: Some(MINUTE * 60), ..situation(&diagnosis) };
        assert_eq!(decide(&worst), Step::Nothing, "{state:?}");
    }
}

#[test]
fn a_loop_is_reported_and_killed_only_when_the_protocol_may_act() {
    let looping = diagnosed(SessionState::Looping);
    assert_eq!(decide(&situation(&looping)), Step::KillLoop);
    let by_hand = Situation { auto: false, ..situation(&looping) };
    assert_eq!(decide(&by_hand), Step::Report("it loops: nothing printed for 10m".into()));
}

#[test]
fn without_auto_nothing_is_done() {
    let asks = asked("Ok to proceed? (y)");
    let answers = rules(&["proceed => y"]);
    let waiting = Situation { auto: false, answers: &answers, ..situation(&asks) };
    assert_eq!(decide(&waiting), Step::Nothing);
    let hung = diagnosed(SessionState::Hung);
    assert!(matches!(decide(&Situation { auto: false, ..situation(&hung) }), Step::Report(_)));
}

#[test]
fn only_what_a_rule_allows_is_answered_and_the_same_screen_once() {
    let asks = asked(include_str!("../diagnose/screens/codex-0.169-command.approval.txt"));
    let waiting = situation(&asks);
    assert_eq!(decide(&waiting), Step::Nothing);
    let answers = rules(&[r"\$ cargo test$ => y --no-enter"]);
    assert_eq!(decide(&Situation { answers: &answers, ..waiting }), Step::Nothing);
    let answers = rules(&["no such question => n", r"^\$ ls /$ => y --no-enter", "Would you like => esc"]);
    let step = decide(&Situation { answers: &answers, ..waiting });
    let rule = r"^\$ ls /$ => y --no-enter".to_owned();
    assert_eq!(step, Step::Answer { text: "y".into(), enter: false, rule });
    let answered = [asks.screen.unwrap()];
    let again = Situation { answers: &answers, answered: &answered, ..waiting };
    assert_eq!(decide(&again), Step::Nothing);
}

#[test]
fn what_an_agent_says_above_its_question_allows_nothing() {
    let screen = include_str!("../diagnose/screens/codex-0.169-command.approval.txt");
    let asks = asked(&screen.replace("\u{2022} Exploring", "\u{2022} I only run\n$ cargo test"));
    assert_eq!(asks.kind, Some(QuestionKind::Approval));
    let answers = rules(&[r"^\$ cargo test$ => y"]);
    assert_eq!(decide(&Situation { answers: &answers, ..situation(&asks) }), Step::Nothing);
}

#[test]
fn passwords_and_logins_are_never_answered() {
    let answers = rules(&["password|sign in => secret"]);
    for screen in [
        include_str!("../diagnose/screens/sudo-password.password.txt"),
        include_str!("../diagnose/screens/codex-0.169-sign-in.login.txt"),
    ] {
        let asks = asked(screen);
        assert_eq!(asks.state, SessionState::Waiting);
        assert_eq!(decide(&Situation { answers: &answers, ..situation(&asks) }), Step::Nothing);
    }
}

#[test]
fn a_rule_is_a_pattern_and_a_text() {
    let read = |written: &str| AnswerRule::parse(written).map(|rule| (rule.text, rule.enter));
    assert_eq!(read(r"Ok to proceed\? => y"), Ok(("y".into(), true)));
    assert_eq!(read("a => b => two words "), Ok(("two words".into(), true)));
    assert_eq!(read("continue =>"), Ok((String::new(), true)));
    assert_eq!(read("run => y --no-enter"), Ok(("y".into(), false)));
    for (written, why) in [
        ("yes", "it has no '=>' between a pattern and a text"),
        (" => y", "its pattern is empty, which would answer everything"),
        (".* => y", "its pattern matches nothing at all, which would answer everything"),
        ("a(b => y", "cannot read its pattern: unclosed group"),
        ("a => --no-enter", "it types nothing"),
        ("a => \u{3}", "its text holds a control character"),
    ] {
        assert_eq!(read(written), Err(why.to_owned()), "{written}");
    }
}
