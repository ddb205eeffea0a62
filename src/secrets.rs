//! Text that looks like a secret: keys and tokens by the forms that their services document, private keys, and
//! passwords that are written out.
//!
//! A finding is a hint for a reader, never a verdict. It names the kind and the first characters, never the secret.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it looks like, with its article: `a GitHub token`.
    pub kind: &'static str,
    /// How it begins: enough to find it, too little to use it.
    pub begins: String,
}

/// What secrets look like. Those with a form of their own come first; the last is any value that is called a secret.
const FORMS: &[(&str, &str)] = &[
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----"),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{40})"),
    ("a GitLab token", r"\bgl(?:pat|ptt|dt|rt|cbt)-[0-9A-Za-z_-]{20}"),
    ("an Anthropic key", r"\bsk-ant-[0-9A-Za-z_-]{24}"),
    ("an OpenAI key", r"\bsk-(?:proj-|svcacct-|admin-)?[0-9A-Za-z_-]{40}"),
    ("a Google key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Slack token", r"\bxox[abeoprs]-[0-9A-Za-z-]{20}"),
    ("a Slack webhook", r"hooks\.slack\.com/(?:services|workflows)/[0-9A-Za-z/]{24}"),
    ("a Stripe key", r"\b[rs]k_live_[0-9A-Za-z]{20}"),
    ("an npm token", r"\bnpm_[0-9A-Za-z]{36}"),
    ("a PyPI token", r"\bpypi-[0-9A-Za-z_-]{50}"),
    ("a crates.io token", r"\bcio[0-9A-Za-z]{32}\b"),
    ("a Hugging Face token", r"\bhf_[0-9A-Za-z]{34}"),
    ("a SendGrid key", r"\bSG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}"),
    ("a JSON web token", r"\beyJ[0-9A-Za-z_-]{10,2000}\.eyJ[0-9A-Za-z_-]{10,2000}\.[0-9A-Za-z_-]{10}"),
    ("a password in an address", r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\x22<>{}$]{1,64}:[^\s/:@'\x22<>{}$*]{3,64}@"),
    (
        "a secret",
        r#"(?i)(?:password|passwd|secret|api_?key|access_?key|auth_?token|access_?token|client_?secret)[\w-]{0,20}['"]?\s{0,4}(?:=|:|:=|=>)\s{0,4}['"][^\s'"<>{}$]{12,200}['"]"#,
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

/// The first thing in a text that looks like a secret.
pub fn find(text: &[u8]) -> Option<Secret> {
    let at = ANY.matches(text).iter().next()?;
    let found = EACH[at].find(text)?.as_bytes();
    let (kind, _) = FORMS[at];
    let lower = String::from_utf8_lossy(found).to_lowercase();
    if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return None;
    }
    // Of a value that is called a secret, the name; of a form of its own, what all of its kind begin with.
    let shown = if at + 1 == FORMS.len() { named(found) } else { &found[..found.len().min(8)] };
    Some(Secret { kind, begins: String::from_utf8_lossy(shown).into_owned() })
}

/// All lines of a text that look as if they held a secret, each with its number, from 1: a placeholder in one line says
/// nothing of the next.
pub fn find_each(text: &[u8]) -> Vec<(usize, Secret)> {
    if !ANY.is_match(text) {
        return Vec::new();
    }
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.filter_map(|(at, line)| Some((at + 1, find(line)?))).collect()
}

/// The name before the value.
fn named(found: &[u8]) -> &[u8] {
    let end = found.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')));
    &found[..end.unwrap_or(found.len())]
}

#[cfg(test)]
mod tests {
    use super::find;

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
}
