//! Hides what looks like a secret in command lines. It may hide too much; what it hides is never needed to see what is done.

use std::ops::Range;
use std::sync::LazyLock;

use git_tree_apply::secrets;
use regex::bytes::{Captures, Regex, RegexBuilder};

/// What is shown instead of a secret.
const MASK: &[u8] = b"***";

/// Flags whose value is `NAME=VALUE`, a variable for another program.
static VARIABLE_FLAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:-e|--(?:set-?)?env(?:[-_].*)?)$"));

/// Names of secrets: of flags, variables and settings.
const NAMED: &str =
    r"[\w.-]*(?:token|secret|passwd|password|passphrase|api[_-]?key|access[_-]?key|private[_-]?key)[\w-]*";

/// Flags whose value is a secret.
static SECRET_FLAG: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i)^--?{NAMED}$")));

/// A variable for another program, in one word with its flag or behind it.
static ASSIGNMENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)^((?:-e|--(?:set-?)?env(?:[-_]\w+)?)=\w+=|\w+=).*$"));

/// Parts of a text that are secrets by what is before them: the first group stays, the rest is hidden.
static MARKED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // Of a web address, the user may be the token. Of others (ssh), it is a name.
        r"(?i)(\bhttps?://)[^\s/'\x22]+@".to_owned(),
        r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s/:@'\x22]*:)[^\s/'\x22]+@".to_owned(),
        r"(?i)(\b(?:proxy-)?authorization\x22?\s*[:=]\s*)[^\r\n'\x22]+".to_owned(),
        r"(?i)(\b(?:bearer|basic)\s+)[\w.~+/=-]{12,}".to_owned(),
        format!(r"(?i)(\b{NAMED}\s*[=:]\s*['\x22]?)[^\s&'\x22]+"),
    ]
    .iter()
    .map(|form| pattern(form))
    .collect()
});

// What is looked for is ASCII, so no Unicode tables are needed.
fn pattern(form: &str) -> Regex {
    RegexBuilder::new(form).unicode(false).build().expect("the patterns are regular expressions")
}

/// Masks the words of one command line, in their order: a flag says what the next word is.
#[derive(Debug, Default)]
pub(super) struct Masker {
    next: Next,
}

/// What the next word is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Text,
    Variable,
    Secret,
}

impl Masker {
    /// Returns the next word without its secrets.
    pub(super) fn mask(&mut self, word: &str) -> String {
        String::from_utf8_lossy(&self.masked(word.as_bytes())).into_owned()
    }

    fn masked(&mut self, word: &[u8]) -> Vec<u8> {
        let meaning = std::mem::take(&mut self.next);
        if meaning == Next::Secret && !word.starts_with(b"--") {
            return MASK.to_vec();
        }
        if VARIABLE_FLAG.is_match(word) {
            self.next = Next::Variable;
        } else if SECRET_FLAG.is_match(word) {
            self.next = Next::Secret;
        }
        let is_variable = meaning == Next::Variable || word.starts_with(b"-");
        match ASSIGNMENT.captures(word).filter(|_| is_variable) {
            Some(found) => [&found[1], MASK].concat(),
            None => mask_bytes(word),
        }
    }
}

/// Masks secrets in a text.
pub(super) fn mask_text(text: &str) -> String {
    String::from_utf8_lossy(&mask_bytes(text.as_bytes())).into_owned()
}

fn mask_bytes(text: &[u8]) -> Vec<u8> {
    let marked = MARKED.iter().fold(text.to_owned(), |text, form| {
        let hide = |found: &Captures<'_>| {
            let end: &[u8] = if found[0].ends_with(b"@") { b"@" } else { b"" };
            [&found[1], MASK, end].concat()
        };
        form.replace_all(&text, hide).into_owned()
    });
    let mut masked = Vec::new();
    let mut from = 0;
    for range in secrets::ranges(&marked) {
        let Range { start, end } = whole(&marked, range);
        if start >= from {
            masked.extend([&marked[from..start], MASK].concat());
        }
        from = from.max(end);
    }
    masked.extend(&marked[from..]);
    masked
}

/// Returns the whole of a secret of which a pattern has found the beginning: a token to its end, a private key with all
/// that follows.
fn whole(text: &[u8], found: Range<usize>) -> Range<usize> {
    if text[found.clone()].starts_with(b"-----BEGIN") {
        return found.start..text.len();
    }
    let goes_on = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-./+=".contains(byte);
    found.start..found.end + text[found.end..].iter().take_while(goes_on).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(words: &[&str]) -> String {
        let mut masker = Masker::default();
        words.iter().map(|word| masker.mask(word)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_of_variables_and_secret_flags_are_hidden() {
        assert_eq!(masked(&["--env", "A=b c", "A=b"]), "--env A=*** A=b");
        assert_eq!(masked(&["--env=KEY=x", "-e", "K=x"]), "--env=KEY=*** -e K=***");
        assert_eq!(masked(&["--env", "acme/widgets", "--attempts=4"]), "--env acme/widgets --attempts=4");
        assert_eq!(masked(&["--api-key", "x", "--token=x", "y"]), "--api-key *** --token=*** y");
        assert_eq!(masked(&["env", "MY_PASSWORD=x", "sh"]), "env MY_PASSWORD=*** sh");
    }

    #[test]
    fn credentials_of_addresses_and_headers_are_hidden() {
        assert_eq!(masked(&["https://user:to@ken@host/a@b"]), "https://***@host/a@b");
        assert_eq!(masked(&["https://token@host/", "see HTTP://a:b@c"]), "https://***@host/ see HTTP://***@c");
        assert_eq!(masked(&["ssh://git@host/x", "git@host:x"]), "ssh://git@host/x git@host:x");
        assert_eq!(masked(&["ssh://git:pw@host"]), "ssh://git:***@host");
        let header = "http.extraHeader=Authorization: Basic abc=";
        assert_eq!(masked(&["-c", header]), "-c http.extraHeader=Authorization: ***");
        assert_eq!(masked(&["send 'Bearer abcdefghijkl' on"]), "send 'Bearer ***' on");
    }

    #[test]
    fn tokens_are_hidden_to_their_end_wherever_they_are() {
        let token = format!("sk-{}{}", "proj-", "aB3".repeat(40));
        assert_eq!(masked(&[&format!("Use {token}, twice: {token}")]), "Use ***, twice: ***");
        let key = format!("-----BEGIN {} KEY-----\nabc\n", "PRIVATE");
        assert_eq!(masked(&[&format!("Key: {key}")]), "Key: ***");
        assert_eq!(masked(&["Trim the input; it's a token"]), "Trim the input; it's a token");
    }
}
