//! The format of the repositories that tests make: SHA-1 and files, unless the run of the tests is told otherwise.
//!
//! `PUFF_TEST_REFS=reftable` and `PUFF_TEST_OBJECTS=sha256` are handed on to git under its own names. `tests/run` runs the
//! suite in each format; `tests/formats` lists what is left out there, and why.

/// The formats of this run.
pub struct Formats {
    refs: Option<String>,
    objects: Option<String>,
}

/// Those that the variables of this run name.
pub fn of_this_run() -> Formats {
    let named = |variable: &str| std::env::var(variable).ok().filter(|format| !format.is_empty());
    Formats { refs: named("PUFF_TEST_REFS"), objects: named("PUFF_TEST_OBJECTS") }
}

impl Formats {
    /// What tells git to make repositories so.
    pub fn variables(self) -> impl Iterator<Item = (&'static str, String)> {
        let Formats { refs, objects } = self;
        [("GIT_DEFAULT_REF_FORMAT", refs), ("GIT_DEFAULT_HASH", objects)]
            .into_iter()
            .filter_map(|(name, format)| Some((name, format?)))
    }

    /// Are refs files of their own?
    pub fn has_ref_files(&self) -> bool {
        self.refs.as_deref().is_none_or(|refs| refs == "files")
    }
}
