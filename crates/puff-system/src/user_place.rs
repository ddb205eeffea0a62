//! Folders and files that programs keep for a user: named by a variable, or in a known place below the home.

use std::path::{Path, PathBuf};

/// A place that a program keeps for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserPlace {
    /// The variable that names it, or a folder above it.
    pub variable: Option<&'static str>,
    /// Its path below the folder of the variable; empty for that folder itself.
    pub below: &'static str,
    /// Its path below the home where the variable is not set; none where it is then nowhere.
    pub usual: Option<&'static str>,
}

impl UserPlace {
    /// Returns a place below the home that no variable moves.
    pub const fn at_home(usual: &'static str) -> UserPlace {
        UserPlace { variable: None, below: "", usual: Some(usual) }
    }

    /// Returns a place below the folder of a variable, or below the home.
    pub const fn by(variable: &'static str, below: &'static str, usual: Option<&'static str>) -> UserPlace {
        UserPlace { variable: Some(variable), below, usual }
    }

    /// Returns where it is, if anywhere; `variable` answers an absolute path in a variable. Whether something is there is not looked at.
    pub fn find(&self, variable: impl Fn(&str) -> Option<PathBuf>, home: Option<&Path>) -> Option<PathBuf> {
        match self.variable.and_then(variable) {
            Some(folder) if self.below.is_empty() => Some(folder),
            Some(folder) => Some(folder.join(self.below)),
            None => Some(home?.join(self.usual?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_moves_a_place_and_the_home_has_the_usual_one() {
        let set = |name: &str| (name == "CARGO_HOME").then(|| PathBuf::from("/c"));
        let home = Some(Path::new("/home/u"));
        let find = |place: UserPlace| place.find(set, home);
        let registry = UserPlace::by("CARGO_HOME", "registry", Some(".cargo/registry"));
        assert_eq!(find(registry), Some("/c/registry".into()));
        assert_eq!(registry.find(|_| None, home), Some("/home/u/.cargo/registry".into()));
        assert_eq!(registry.find(|_| None, None), None);
        assert_eq!(find(UserPlace::by("CARGO_HOME", "", None)), Some("/c".into()));
        assert_eq!(find(UserPlace::by("GOMODCACHE", "", None)), None);
        assert_eq!(find(UserPlace::at_home(".m2")), Some("/home/u/.m2".into()));
    }
}
