//! What can be told from lines that are no JSON: what agents print for people, and programs among it.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use super::events::{Event, Milestone};

/// Literals, one of which is in every line that says anything. Lines without any are not looked at.
pub(super) const MARKERS: &[&str] = &[
    "session id: ",
    "codex resume ",
    "claude --resume ",
    "gemini --resume ",
    "opencode -s ",
    "opencode --session ",
    "tokens used",
    "Token usage: total=",
    "test result: ok. ",
    " passed in ",
    "Tests: ",
    "429 Too Many Requests",
    "usage limit",
    "] ",
    "Commit ",
];

/// Colours may stand between the words of a hint.
const ESC: &str = r"(?:\x1b\[[0-9;]*m)*";

struct Forms {
    session: Regex,
    header: Regex,
    tokens: Regex,
    commit: Regex,
    limit: Regex,
    passed: Regex,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let build = |form: &str| {
        RegexBuilder::new(form).unicode(false).build().expect("what agents print for people are regular expressions")
    };
    let id = r"([0-9a-f]{8}-[0-9a-f-]{27}|ses_[0-9A-Za-z]{8,40})\b";
    Forms {
        session: build(&format!(
            r"(?:codex resume|claude --resume|gemini --resume|opencode -s|opencode --session) {ESC}{id}"
        )),
        header: build(&format!(r"^{ESC}session id:{ESC} {ESC}{id}")),
        tokens: build(&format!(r"(?:^{ESC}Token usage: total=|^{ESC}tokens used{ESC}:? ?{ESC})([0-9][0-9,]*)?")),
        commit: build(
            r"^(?:\[(?:[^\s\]]+|detached HEAD)(?: \(root-commit\))? [0-9a-f]{7,64}\]|Commit [0-9a-f]{7,64}) ([^\r\n]+)",
        ),
        limit: build(r"^(?:\x1b\[[0-9;]*m|[^\w\s]|\s)*(?:ERROR:|error:|stream error:|You've hit your usage limit)"),
        passed: build(
            r"^(?:test result: ok\. [1-9][0-9]* passed|=+ (?:[0-9]+ (?:passed|skipped|warnings?|deselected),? )+in .*=|\s*Tests: +(?:[0-9]+ (?:skipped|todo), )?[0-9]+ passed, )",
        ),
    }
});

/// What a line of text says.
#[derive(Debug, PartialEq)]
pub(super) enum TextEvent {
    Event(Event),
    /// The name of the session, as the agent says it at its beginning.
    Header(String),
    /// The number of tokens is in the next line.
    TokensNext,
    Milestone(Milestone),
}

/// Reads a line that holds one of the [`MARKERS`].
pub(super) fn read(line: &[u8]) -> Option<TextEvent> {
    let forms = &*FORMS;
    let taken = |form: &Regex| Some(lossy(form.captures(line)?.get(1)?.as_bytes()));
    if let Some(id) = taken(&forms.header) {
        return Some(TextEvent::Header(id));
    }
    if let Some(id) = taken(&forms.session) {
        return Some(TextEvent::Event(Event::Session(id)));
    }
    if let Some(found) = forms.tokens.captures(line) {
        return Some(match found.get(1).and_then(|number| number_of(number.as_bytes())) {
            Some(tokens) => TextEvent::Event(Event::TokensInAll(tokens)),
            None => TextEvent::TokensNext,
        });
    }
    if let Some(subject) = taken(&forms.commit) {
        return Some(TextEvent::Milestone(Milestone::Commit(subject.trim().to_owned())));
    }
    if forms.passed.is_match(line) {
        return Some(TextEvent::Milestone(Milestone::TestsPass(
            lossy(line).trim().trim_matches('=').trim().to_owned(),
        )));
    }
    let limited = line.windows(3).any(|word| word == b"429") || line.windows(11).any(|word| word == b"usage limit");
    (limited && forms.limit.is_match(line)).then(|| TextEvent::Event(Event::RateLimited(lossy(line).trim().to_owned())))
}

/// Returns a number with commas between its thousands.
pub(super) fn number_of(text: &[u8]) -> Option<u64> {
    let digits: String = text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
    let clean = text.iter().all(|byte| byte.is_ascii_digit() || b", \r".contains(byte));
    digits.parse().ok().filter(|_| clean)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sessions_name_is_in_headers_and_in_hints() {
        let id = "01a1f93e-5bc2-7b31-ae30-da0e1ebce66d";
        assert_eq!(read(format!("session id: {id}").as_bytes()), Some(TextEvent::Header(id.to_owned())));
        for hint in [
            format!("To continue this session, run codex resume {id}"),
            format!("To continue this session, run \x1b[36mcodex resume \x1b[1m{id}\x1b[39m."),
            format!("  claude --resume {id}"),
        ] {
            assert_eq!(read(hint.as_bytes()), Some(TextEvent::Event(Event::Session(id.to_owned()))), "{hint}");
        }
        assert_eq!(read(b"the session id: is a number"), None);
    }

    #[test]
    fn commits_and_passed_tests_are_known_by_what_git_and_the_runners_print() {
        for (line, subject) in [
            ("[main 1a2b3c4] Take empty lines", "Take empty lines"),
            ("[detached HEAD 1a2b3c4d] Take empty lines\r", "Take empty lines"),
            ("[main (root-commit) 1a2b3c4] Begin", "Begin"),
            ("Commit 1a2b3c4 fix: Take empty lines", "fix: Take empty lines"),
        ] {
            let expected = TextEvent::Milestone(Milestone::Commit(subject.to_owned()));
            assert_eq!(read(line.as_bytes()), Some(expected), "{line}");
        }
        let passed = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured";
        assert_eq!(read(passed.as_bytes()), Some(TextEvent::Milestone(Milestone::TestsPass(passed.to_owned()))));
        for line in [
            "test result: ok. 0 passed; 0 failed",
            "=== 1 failed, 2 passed in 0.1s ===",
            "[1/7] Compiling x",
            "[info] done",
            "Tests:       1 failed, 2 passed, 3 total",
            "a usage limit is a limit",
            "line 429 Too Many Requests",
        ] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn tokens_are_a_number_with_commas() {
        assert_eq!(read(b"tokens used"), Some(TextEvent::TokensNext));
        let usage = b"Token usage: total=1,234 input=1,200 output=34";
        assert_eq!(read(usage), Some(TextEvent::Event(Event::TokensInAll(1234))));
        assert_eq!(number_of(b"3,102\r"), Some(3102));
        assert_eq!(number_of(b"3 apples"), None);
    }
}
