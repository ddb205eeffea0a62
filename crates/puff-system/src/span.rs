//! Lengths of time as users write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time in whole seconds: `15`, `15s`, `5m`, `2h`, `7d`, `2w`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u64);

/// The text is no length of time.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a length of time: write 15, 15s, 5m, 2h, 7d or 2w")]
pub struct NotASpan(String);

impl Span {
    /// Returns the standard library's duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Span, NotASpan> {
        let not = || NotASpan(text.to_owned());
        let unit = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86400,
            Some('w') => 7 * 86400,
            _ => 0,
        };
        let number = if unit == 0 { text } else { &text[..text.len() - 1] };
        // `+5` is a number to Rust, but not a duration.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not());
        }
        let number: u64 = number.parse().map_err(|_| not())?;
        number.checked_mul(unit.max(1)).map(Span).ok_or_else(not)
    }
}

impl fmt::Display for Span {
    /// Writes it in its two largest units: `45s`, `5m`, `2h 5m`, `3d 4h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')];
        let first = units.iter().position(|(size, _)| self.0 >= *size).unwrap_or(3);
        let (size, unit) = units[first];
        write!(f, "{}{unit}", self.0 / size)?;
        if let Some((smaller, unit)) = units.get(first + 1) {
            let rest = self.0 % size / smaller;
            if rest > 0 {
                write!(f, " {rest}{unit}")?;
            }
        }
        Ok(())
    }
}

/// A number of bytes, as git writes them: `0`, `512k`, `64m`, `1g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// The text is no number of bytes.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a number of bytes: write 0, 512k, 64m or 1g")]
pub struct NotBytes(String);

impl FromStr for Bytes {
    type Err = NotBytes;

    fn from_str(text: &str) -> Result<Bytes, NotBytes> {
        let not = || NotBytes(text.to_owned());
        let unit: u64 = match text.chars().last().map(|c| c.to_ascii_lowercase()) {
            Some('k') => 1 << 10,
            Some('m') => 1 << 20,
            Some('g') => 1 << 30,
            _ => 1,
        };
        let number = if unit == 1 { text } else { &text[..text.len() - 1] };
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not());
        }
        let number: u64 = number.parse().map_err(|_| not())?;
        number.checked_mul(unit).map(Bytes).ok_or_else(not)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_written() {
        for (text, seconds) in [("15", 15), ("15s", 15), ("5m", 300), ("2h", 7200), ("0", 0), ("2w", 1_209_600)] {
            assert_eq!(text.parse::<Span>().unwrap(), Span(seconds), "{text}");
        }
        for bad in ["", "m", "-1", "+5", "1.5h", "5 m", "99999999999999999999d"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        for (seconds, text) in [(0, "0s"), (59, "59s"), (60, "1m"), (7500, "2h 5m"), (90061, "1d 1h")] {
            assert_eq!(Span(seconds).to_string(), text);
        }
    }

    #[test]
    fn bytes_are_written_as_git_writes_them() {
        let read = |text: &str| text.parse::<Bytes>().ok().map(|bytes| bytes.0);
        assert_eq!(
            [read("0"), read("7"), read("64m"), read("2K"), read("1g")],
            [Some(0), Some(7), Some(64 << 20), Some(2048), Some(1 << 30)]
        );
        for bad in ["", "m", "-1", "1t", "1.5g", "99999999999g", "\u{e9}"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
