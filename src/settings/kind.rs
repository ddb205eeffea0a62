//! The types of settings.

use std::borrow::Cow;

use strum::IntoStaticStr;

use crate::model::{Bytes, Span};

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Kind {
    /// Any text.
    Text,
    /// A program: a path, or a name to find on PATH.
    Program,
    /// A folder or a file.
    Path,
    /// A shell command.
    Command,
    /// `PATTERN => TEXT`: a regular expression of a question, and the text to type.
    Answer,
    /// A duration, parsed by [`Span`].
    Duration,
    /// A whole number of at least this one.
    Number(u32),
    /// A number of bytes, parsed by [`Bytes`].
    Bytes,
    /// A boolean, in any of git's spellings.
    Truth,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Several values of this type; an empty one clears the previous ones.
    Several(&'static Kind),
}

impl Kind {
    /// Returns what a value must be, to follow "must be".
    pub fn wanted(&self) -> Cow<'static, str> {
        match self {
            Kind::Text => "text".into(),
            Kind::Program => "a program".into(),
            Kind::Path => "a path".into(),
            Kind::Command => "a shell command".into(),
            Kind::Answer => "'PATTERN => TEXT'".into(),
            Kind::Duration => "a duration such as 15s, 5m or 2h".into(),
            Kind::Number(0) => "a whole number".into(),
            Kind::Number(least) => format!("a whole number of at least {least}").into(),
            Kind::Bytes => "a number of bytes such as 0, 512k or 64m".into(),
            Kind::Truth => "true or false".into(),
            Kind::Choice(words) => match words {
                [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")).into(),
                words => words.concat().into(),
            },
            Kind::Several(one) => one.wanted(),
        }
    }

    /// Returns its name in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Several(one) => one.word(),
            one => one.into(),
        }
    }

    /// Returns whether it may be given several times.
    pub fn is_several(&self) -> bool {
        matches!(self, Kind::Several(_))
    }

    /// Returns the words of a choice; none for other types.
    pub fn choices(&self) -> &'static [&'static str] {
        match self {
            Kind::Choice(words) => words,
            Kind::Several(one) => one.choices(),
            _ => &[],
        }
    }

    /// Returns whether a value is valid. An empty value of [`Kind::Several`] clears the previous ones.
    pub fn takes(&self, value: &str) -> bool {
        match self {
            Kind::Text | Kind::Program | Kind::Path | Kind::Command => !value.contains('\0'),
            // The pattern is parsed where it is used, in [`crate::session`].
            Kind::Answer => value.contains("=>"),
            Kind::Duration => value.parse::<Span>().is_ok(),
            Kind::Number(least) => value.parse::<u32>().is_ok_and(|number| number >= *least),
            Kind::Bytes => value.parse::<Bytes>().is_ok(),
            Kind::Truth => truth(value).is_some(),
            Kind::Choice(words) => value.is_empty() || words.iter().any(|word| word.eq_ignore_ascii_case(value)),
            Kind::Several(one) => value.trim().is_empty() || one.takes(value),
        }
    }
}

/// Parses a boolean in any of git's spellings.
pub(super) fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" | "" => Some(false),
        number => number.parse::<i64>().ok().map(|number| number != 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_may_hold_is_said_as_it_is_checked() {
        let level = Kind::Choice(&["refuse", "warn", "allow"]);
        assert_eq!(level.wanted(), "refuse, warn or allow");
        for (kind, good, bad) in [
            (level, "warn", "no"),
            (Kind::Number(1), "4", "0"),
            (Kind::Duration, "5m", "soon"),
            (Kind::Bytes, "10m", "much"),
            (Kind::Truth, "2", "perhaps"),
            (Kind::Several(&Kind::Duration), "", "x"),
            (Kind::Answer, "Go on\\? => y", "y"),
        ] {
            assert!(kind.takes(good) && !kind.takes(bad), "{kind:?}");
        }
    }
}
