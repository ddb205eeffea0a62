//! Text that looks like a secret: keys and tokens by the forms that their services document, private keys, and
//! passwords that are written out.
//!
//! A finding is a hint for a reader, never a verdict. It names the kind and the first characters, never the secret.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it looks like, with its article: `a GitHub token`.
    pub kind: &'static str,
    /// How it begins: enough to find it, too little to use it.
    pub begins: String,
    /// Tells it from others that begin so. It says nothing of the secret, and is kept nowhere.
    pub fingerprint: u64,
}

/// What secrets look like. Those with a form of their own come first; the last is any value that is called a secret. The
/// secret itself is the group `s`, or all that matches: what stands beside it says nothing of it. A token may stand behind
/// any letter, as in `\nghp_…` in JSON or in what was put together; only where words of a language would match it may not.
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

/// Words of values that stand for a secret and are none.
const PLACEHOLDERS: &[&str] =
    &["example", "xxxx", "****", "....", "your", "change", "placeholder", "dummy", "redacted"];

// All of them are of ASCII: no table of letters is needed.
static ANY: LazyLock<RegexSet> = LazyLock::new(|| {
    let any = RegexSetBuilder::new(FORMS.iter().map(|(_, form)| form)).unicode(false).build();
    any.expect("the forms are regular expressions")
});
static EACH: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let each = |form| RegexBuilder::new(form).unicode(false).build().expect("the forms are regular expressions");
    FORMS.iter().map(|(_, form)| each(form)).collect()
});

/// Makes ready to look: putting the forms together takes longer than looking through a small patch.
pub fn prepare() {
    LazyLock::force(&ANY);
}

/// All in a text that looks like a secret, by its place. Each match of each form is judged alone: a placeholder says
/// nothing of what stands beside it.
pub fn find_all(text: &[u8]) -> Vec<Secret> {
    let mut found: Vec<(usize, Secret)> = Vec::new();
    for at in ANY.matches(text) {
        let mut from = 0;
        while let Some(parts) = EACH[at].captures_at(text, from) {
            let Some(whole) = parts.get(0) else { break };
            let secret = parts.name("s").unwrap_or(whole);
            // A placeholder may begin before a secret that the same form would match.
            from = if is_placeholder(secret.as_bytes()) { whole.start() + 1 } else { secret.end() };
            if !is_placeholder(secret.as_bytes()) {
                found.push((secret.start(), describe(at, whole.as_bytes(), secret.as_bytes())));
            }
        }
    }
    found.sort_by_key(|(start, _)| *start);
    found.into_iter().map(|(_, secret)| secret).collect()
}

fn is_placeholder(secret: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(secret).to_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

fn describe(at: usize, whole: &[u8], secret: &[u8]) -> Secret {
    // Of a value that is called a secret, the name; of an address, what comes before the password; of a form of its own,
    // what all of its kind begin with.
    let shown = match FORMS[at].0 {
        "a secret" => named(whole),
        "a password in an address" => &whole[..whole.len().min(8)],
        _ => &secret[..secret.len().min(8)],
    };
    let mut hasher = std::hash::DefaultHasher::new();
    secret.hash(&mut hasher);
    Secret { kind: FORMS[at].0, begins: String::from_utf8_lossy(shown).into_owned(), fingerprint: hasher.finish() }
}

/// All in the lines of a text that looks like a secret, each with the number of its line, from 1.
pub fn find_each(text: &[u8]) -> Vec<(usize, Secret)> {
    if !ANY.is_match(text) {
        return Vec::new();
    }
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.flat_map(|(at, line)| find_all(line).into_iter().map(move |secret| (at + 1, secret))).collect()
}

/// The name before the value.
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

    /// Put together here, so that no scanner of this repository takes them for real ones.
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
