//! Keys of this repository's own configuration file, changed by git.

use std::path::Path;

use super::program::{GitFailure, run};
use super::repo::Repo;
use puff_system::error::{Error, Result};

impl Repo {
    /// Adds a value to a key, beside those that are there.
    ///
    /// # Errors
    /// With git's words, when it cannot.
    pub fn add_config(&self, key: &str, value: &str) -> Result<()> {
        self.change_config(key, &["--add", key, value])
    }

    /// Takes a value of a key away, wherever in the repository's own file it is; the others stay.
    ///
    /// # Errors
    /// With git's words, when it cannot.
    pub fn remove_config(&self, key: &str, value: &str) -> Result<()> {
        self.change_config(key, &["--fixed-value", "--unset-all", key, value])
    }

    /// Returns the keys and values of one configuration file, in its order, without what it includes.
    ///
    /// # Errors
    /// When git cannot parse the file, or cannot be run.
    pub fn config_file(&self, path: &Path) -> Result<Vec<(String, String)>, GitFailure> {
        let listed = run(&self.git().args(["config", "--list", "-z", "--no-includes", "--file"]).arg(path));
        let pair = |record: &[u8]| {
            let text = String::from_utf8_lossy(record).into_owned();
            text.split_once('\n').map_or((text.clone(), String::new()), |(key, value)| (key.into(), value.into()))
        };
        listed.map(|listed| super::bytes::records(&listed.stdout).map(pair).collect())
    }

    fn change_config(&self, key: &str, args: &[&str]) -> Result<()> {
        let changed = run(&self.git().args(["config", "--local"]).args(args));
        changed.map(drop).map_err(|cause| {
            Error::failed(format!("cannot set {key}"))
                .hint("'git config --local --list' checks the file; 'git puff doctor --repair' removes a stale lock of it")
                .because(cause)
        })
    }

    /// What git takes for the value of an attribute of a path; none when nothing says.
    pub fn attribute(&self, name: &str, path: &str) -> Option<String> {
        let said = run(&self.git().args(["check-attr", "-z", name, "--", path])).ok()?;
        let value = super::bytes::records(&said.stdout).nth(2).map(super::bytes::shown)?;
        (value != "unspecified").then_some(value)
    }
}
