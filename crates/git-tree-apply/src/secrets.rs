//! Finds text that looks like a secret: keys and tokens in documented formats, private keys, and literal passwords.
//!
//! A finding is a hint, not a verdict. It has the kind and the first characters, never the secret.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// A possible secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its kind, with an article: `a GitHub token`.
    pub kind: &'static str,
    /// Its first characters: enough to find it, too few to use it.
    pub begins: String,
    /// Distinguishes it from others with the same beginning. It does not reveal the secret, and is not stored.
    pub fingerprint: u64,
}

/// The patterns of secrets. Tokens with a format of their own come first; the last pattern is any value that is named
/// a secret. The secret is the group `s`, or else the whole match: the text beside it is not judged. A token may
/// follow any letter, as in `\nghp_…` in JSON; only a pattern that natural words would match requires a boundary.
const FORMS: &[(&str, &str)] = &[
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----"),
    ("an AWS access key", r"(?:^|[^0-9A-Z])(?P<s>(?:AKIA|ASIA)[0-9A-Z]{16})(?:[^0-9A-Z]|$)"),
    ("a GitHub token", r"(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{40})"),
    ("a GitLab token", r"gl(?:pat|ptt|dt|rt|cbt)-[0-9A-Za-z_-]{20}"),
    ("an Anthropic key", r"sk-ant-[0-9A-Za-z_-]{24}"),
    ("an OpenAI key", r"(?:\b|_|\\[nrtbf])(?P<s>sk-(?:proj-|svcacct-|admin-)?[0-9A-Za-z_-]{40})"),
    ("a Google key", r"AIza[0-9A-Za-z_-]{35}"),
    ("a Slack token", r"xox[abeoprs]-[0-9A-Za-z-]{20}"),
    ("a Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/[0-9A-Za-z/]{24}"),
    ("a Stripe key", r"[rs]k_live_[0-9A-Za-z]{20}"),
    ("an npm token", r"npm_[0-9A-Za-z]{36}"),
    ("a PyPI token", r"pypi-[0-9A-Za-z_-]{50}"),
    ("a crates.io token", r"(?:\b|_|\\[nrtbf])(?P<s>cio[0-9A-Za-z]{32})\b"),
    ("a Hugging Face token", r"hf_[0-9A-Za-z]{34}"),
    ("a SendGrid key", r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}"),
    ("a JSON web token", r"eyJ[0-9A-Za-z_-]{10,2000}\.eyJ[0-9A-Za-z_-]{10,2000}\.[0-9A-Za-z_-]{10}"),
    (
        "a password in an address",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\x22<>{}$]{1,64}:(?P<s>[^\s/:@'\x22<>{}$*]{3,64})@",
    ),
    (
        "a secret",
        r#"(?i)(?:password|passwd|secret|api_?key|access_?key|auth_?token|access_?token|client_?secret)[\w-]{0,20}\\{0,3}['"]?\s{0,4}(?:=|:|:=|=>)\s{0,4}\\{0,3}['"](?P<s>[^\s'"<>{}$]{12,200})['"]"#,
    ),
];

/// Words in placeholders.
const PLACEHOLDERS: &[&str] =
    &["example", "xxxx", "****", "....", "your", "change", "placeholder", "dummy", "redacted"];

// The patterns are ASCII, so no Unicode tables are needed.
static ANY: LazyLock<RegexSet> = LazyLock::new(|| {
    let any = RegexSetBuilder::new(FORMS.iter().map(|(_, form)| form)).unicode(false).build();
    any.expect("the patterns are regular expressions")
});
static EACH: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let each = |form| RegexBuilder::new(form).unicode(false).build().expect("the patterns are regular expressions");
    FORMS.iter().map(|(_, form)| each(form)).collect()
});

/// Compiles the patterns, which takes longer than a search in a small patch.
pub fn prepare() {
    LazyLock::force(&ANY);
}

/// Returns all possible secrets in a text, by position. Each match of each pattern is judged alone: a placeholder does
/// not excuse the text beside it.
pub fn find_all(text: &[u8]) -> Vec<Secret> {
    search(text).into_iter().map(|(_, secret)| secret).collect()
}

/// Returns where the possible secrets of a text are, in bytes, by position; they may overlap. A token may be longer than
/// its range: a pattern ends where it is certain.
pub fn ranges(text: &[u8]) -> Vec<Range<usize>> {
    search(text).into_iter().map(|(range, _)| range).collect()
}

fn search(text: &[u8]) -> Vec<(Range<usize>, Secret)> {
    let mut found: Vec<(Range<usize>, Secret)> = Vec::new();
    for at in ANY.matches(text) {
        let mut from = 0;
        while let Some(parts) = EACH[at].captures_at(text, from) {
            let Some(whole) = parts.get(0) else { break };
            let secret = parts.name("s").unwrap_or(whole);
            // A placeholder may begin before a secret that the same pattern would match.
            from = if is_placeholder(secret.as_bytes()) { whole.start() + 1 } else { secret.end() };
            if !is_placeholder(secret.as_bytes()) {
                found.push((secret.range(), describe(at, whole.as_bytes(), secret.as_bytes())));
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

fn is_placeholder(secret: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(secret).to_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

fn describe(at: usize, whole: &[u8], secret: &[u8]) -> Secret {
    // For a named value, its name; for an address, the part before the password; for a token, the prefix of its kind.
    let shown = match FORMS[at].0 {
        "a secret" => named(whole),
        "a password in an address" => &whole[..whole.len().min(8)],
        _ => &secret[..secret.len().min(8)],
    };
    let mut hasher = std::hash::DefaultHasher::new();
    secret.hash(&mut hasher);
    Secret { kind: FORMS[at].0, begins: String::from_utf8_lossy(shown).into_owned(), fingerprint: hasher.finish() }
}

/// Returns all possible secrets in a text, each with its line number, from 1.
pub fn find_each(text: &[u8]) -> Vec<(usize, Secret)> {
    if !ANY.is_match(text) {
        return Vec::new();
    }
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.flat_map(|(at, line)| find_all(line).into_iter().map(move |secret| (at + 1, secret))).collect()
}

/// Returns the name before the value.
fn named(found: &[u8]) -> &[u8] {
    let end = found.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')));
    &found[..end.unwrap_or(found.len())]
}

#[cfg(test)]
mod tests {
    use super::{Secret, find_all, find_each};

    fn find(text: &[u8]) -> Option<Secret> {
        find_all(text).into_iter().next()
    }

    /// Joins the parts of a fake secret, so that scanners of this repository do not report it.
    fn like(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn keys_and_tokens_are_known_by_their_form_and_only_named() {
        let letters = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3AbCdEfGh";
        for (kind, text) in [
            ("an AWS access key", like(&["key = ", "AKIA", "QWERTYUIOPASDFGH"])),
            ("a GitHub token", like(&["GITHUB_TOKEN=", "ghp_", &letters[..36]])),
            ("an Anthropic key", like(&["sk-ant", "-api03-", letters])),
            ("an OpenAI key", like(&["export OPENAI_API_KEY=", "sk-", "proj-", letters])),
            ("a private key", like(&["-----BEGIN OPENSSH ", "PRIVATE KEY-----"])),
            ("a password in an address", like(&["postgres://admin:", "hunter2hunter2@db/x"])),
            ("a secret", like(&["db_", "password = \"", &letters[..16], "\""])),
            ("a secret", like(&["\"client", "Secret\": '", &letters[..16], "'"])),
        ] {
            let found = find(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.kind, kind, "{text}");
            assert!(!found.begins.contains(&letters[..16]), "{found:?}");
        }
    }

    #[test]
    fn placeholders_and_talk_of_secrets_are_none() {
        for text in [
            "password = \"changeme-please\"",
            "api_key: \"your-api-key-here\"",
            "the password: 'short'",
            "let token = lexer.next_token();",
            "postgres://user:${PASSWORD}@host",
            "sk-learn is a library",
            "aws_key = AKIAIOSFODNN7EXAMPLE",
            "a commit 95f6a7c0e1d2b3a4958697a8b9cadbecfd0e1f20",
        ] {
            assert_eq!(find(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_placeholder_says_nothing_of_what_stands_beside_it() {
        let letters = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3AbCdEfGh";
        let (sample, aws) = ("AKIAIOSFODNN7EXAMPLE", like(&["AKIA", "QWERTYUIOPASDFGH"]));
        let github = like(&["ghp_", &letters[..36]]);
        let kinds = |text: &str| find_all(text.as_bytes()).into_iter().map(|secret| secret.kind).collect::<Vec<_>>();
        for (text, wanted) in [
            (format!("{sample} {github}"), vec!["a GitHub token"]),
            (format!("{github} {sample}"), vec!["a GitHub token"]),
            (format!("{sample} {aws} {sample},{aws}"), vec!["an AWS access key"; 2]),
            (format!("{sample}{github}"), vec!["a GitHub token"]),
            (format!("QUJD{github}QUJD=="), vec!["a GitHub token"]),
            (format!("{{\"a\":\"x\\n{github}\",\"b\":\"\\n{aws}\\n\"}}"), vec!["a GitHub token", "an AWS access key"]),
            (format!("{{\"password\":\"changeme-please\",\"password\":\"{}\"}}", &letters[..20]), vec!["a secret"]),
            (format!("\"{{\\\"api_key\\\": \\\"{}\\\"}}\"", &letters[..20]), vec!["a secret"]),
            (format!("your_password = '{}'", &letters[..20]), vec!["a secret"]),
            (like(&["postgres://example:", "hunter2hunter2@db/x"]), vec!["a password in an address"]),
            (like(&["postgres://u:changeme@db postgres://u:", "hunter2@db"]), vec!["a password in an address"]),
            (format!("{} {github}", "word ".repeat(100_000)), vec!["a GitHub token"]),
            ("risk-assessment-and-mitigation-planning-for-the-next-release".to_owned(), vec![]),
        ] {
            let shown: String = text.chars().rev().take(200).collect::<String>().chars().rev().collect();
            assert_eq!(kinds(&text), wanted, "{shown}");
        }
        let two = find_each(format!("{sample}\n{aws} {aws}\n").as_bytes());
        assert_eq!(two.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 2]);
        let other = format!("password = '{}'\npassword = '{}'", &letters[..20], &letters[1..21]);
        let two = find_each(other.as_bytes());
        assert!(two[0].1.begins == two[1].1.begins && two[0].1.fingerprint != two[1].1.fingerprint);
    }
}
