//! What asks runners for files, with the user's command unchanged.
//!
//! A variable counts for every program below the check, whatever its version: one that does not know what is asked for would
//! fail. So pytest alone is asked for a file, whose option is as old as its files, and those are asked to say more whose variables
//! no other program knows. Node's `NODE_OPTIONS` ends older ones with "not
//! allowed", and go's `GOFLAGS` would change what its other commands print; what they print tells enough.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The variable that pytest takes options from, between those of its files of settings and those of the command.
const PYTEST: &str = "PYTEST_ADDOPTS";

/// Variables that have runners say more: ctest what a test that fails printed, and nextest which tests passed.
const SAY_MORE: [(&str, &str); 2] = [("CTEST_OUTPUT_ON_FAILURE", "1"), ("NEXTEST_STATUS_LEVEL", "pass")];

/// The most bytes of a file of settings that are looked through, and how many entries of folders.
const LARGEST: u64 = 1 << 20;
const MOST_ENTRIES: usize = 5_000;

/// Returns variables that make runners leave files in `folder`, or say more. `now` returns what a variable holds: what is asked
/// for is behind it, or it stays.
pub fn environment(folder: &Path, now: impl Fn(&str) -> Option<OsString>) -> Vec<(String, OsString)> {
    let unset = SAY_MORE.into_iter().filter(|(name, _)| now(name).is_none());
    let mut variables: Vec<_> = unset.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let held = now(PYTEST).unwrap_or_default();
    // Words of a shell, in which pytest replaces variables and '~'.
    let path = folder.to_str().filter(|path| !path.contains(['\'', '$', '~', '"', '\\', '\n']));
    if let (Some(path), Some(held), false) = (path, held.to_str(), is_about_junit(held.as_encoded_bytes())) {
        let asked = format!("{held} '--junitxml={path}/pytest.xml' -o junit_family=xunit1");
        variables.push((PYTEST.to_owned(), asked.trim_start().into()));
    }
    variables
}

/// Returns whether a check has settings of its own for JUnit files of pytest, in its command or in a file of settings of its
/// folder: pytest is not asked then, since its plugin may be off, or what comes next in the check may read the user's file.
pub fn has_settings_of_its_own(folder: &Path, command: &str) -> bool {
    let mut open = vec![(folder.to_owned(), 0)];
    let mut entries = 0;
    while let Some((folder, depth)) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                return is_about_junit(command.as_bytes());
            }
            let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else { continue };
            if kind.is_dir() && depth < 2 && !name.as_encoded_bytes().starts_with(b".") && name != "node_modules" {
                open.push((entry.path(), depth + 1));
            } else if kind.is_file() && is_settings(&name) && file_is_about_junit(&entry.path()) {
                return true;
            }
        }
    }
    is_about_junit(command.as_bytes())
}

fn is_settings(name: &OsStr) -> bool {
    let known = [
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "pyproject.toml",
        "tox.ini",
        "setup.cfg",
        "conftest.py",
    ];
    known.iter().any(|known| name == *known)
}

fn file_is_about_junit(path: &Path) -> bool {
    let small = path.metadata().is_ok_and(|meta| meta.len() <= LARGEST);
    small && std::fs::read(path).is_ok_and(|bytes| is_about_junit(&bytes))
}

fn is_about_junit(text: &[u8]) -> bool {
    [&b"junitxml"[..], b"junit-xml", b"xmlpath"].iter().any(|word| text.windows(word.len()).any(|part| part == *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_behind_what_there_was() {
        let asked = |folder: &str, held: Option<&str>| {
            let mut asked = environment(Path::new(folder), |name| held.filter(|_| name == PYTEST).map(OsString::from));
            asked.retain(|(name, _)| name == PYTEST);
            asked
        };
        let value = "'--junitxml=/a b/pytest.xml' -o junit_family=xunit1";
        assert_eq!(asked("/a b", None), [(PYTEST.to_owned(), value.into())]);
        assert_eq!(asked("/a b", Some("-q")), [(PYTEST.to_owned(), format!("-q {value}").into())]);
        for held in ["--junitxml=x", "-p no:junitxml", "--junit-xml x"] {
            assert_eq!(asked("/a", Some(held)), []);
        }
        for folder in ["/it's", "/$HOME", "/~"] {
            assert_eq!(asked(folder, None), []);
        }
    }

    #[test]
    fn what_says_how_much_to_say_stays() {
        let asked = environment(Path::new("/$"), |name| (name == "NEXTEST_STATUS_LEVEL").then(|| "all".into()));
        assert_eq!(asked, [("CTEST_OUTPUT_ON_FAILURE".to_owned(), "1".into())]);
    }

    #[test]
    fn settings_of_the_check_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_settings_of_its_own(folder.path(), "pytest"));
        assert!(has_settings_of_its_own(folder.path(), "pytest --junitxml=a.xml"));
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/pytest.ini"), "[pytest]\naddopts = -p no:junitxml\n").unwrap();
        assert!(has_settings_of_its_own(folder.path(), "cd sub && pytest"));
    }
}
