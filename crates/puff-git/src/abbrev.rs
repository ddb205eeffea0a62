//! How many digits of an object's name are shown: git's `core.abbrev` and `--abbrev`.

/// How many digits of an object's name are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Abbrev {
    /// As many as tell the objects of a repository of this size apart.
    #[default]
    Auto,
    /// All.
    Whole,
    /// So many, and more where another object's name begins so as well.
    Digits(usize),
}

impl Abbrev {
    /// Fewer digits are never shown, as with git.
    const LEAST: usize = 4;

    /// Returns the setting of a digit count; none means all.
    pub fn digits(count: usize) -> Abbrev {
        if count == 0 { Abbrev::Whole } else { Abbrev::Digits(count.max(Abbrev::LEAST)) }
    }

    /// Returns what a value of `core.abbrev` means.
    pub fn of_setting(value: Option<&str>) -> Abbrev {
        match value.map(str::to_ascii_lowercase).as_deref() {
            Some("no" | "false" | "off") => Abbrev::Whole,
            Some(number) => number.parse().map_or(Abbrev::Auto, Abbrev::digits),
            None => Abbrev::Auto,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_says_how_many_digits() {
        for (value, wanted) in [
            (None, Abbrev::Auto),
            (Some("auto"), Abbrev::Auto),
            (Some("No"), Abbrev::Whole),
            (Some("12"), Abbrev::Digits(12)),
            (Some("2"), Abbrev::Digits(4)),
            (Some("0"), Abbrev::Whole),
        ] {
            assert_eq!(Abbrev::of_setting(value), wanted, "{value:?}");
        }
    }
}
