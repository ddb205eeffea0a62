//! Which files of a tree decide what the tests are and which of them run: its test surface.
//!
//! A review runs the tests of the base on each variant as they were, so it has to know all that a variant could change to
//! bend them: the tests, what they read, and what selects and runs them.

use super::tests_named::is_test_file;
use crate::git::IgnorePatterns;

/// What a file of the test surface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It holds tests.
    Tests,
    /// Tests read it: fixtures, snapshots, golden files, helpers.
    Support,
    /// It says which tests run, and how.
    Settings,
}

/// Folders in which everything belongs to tests.
const FOLDERS: [&str; 13] = [
    "test",
    "tests",
    "spec",
    "specs",
    "__tests__",
    "testdata",
    "test-data",
    "test_data",
    "fixtures",
    "__fixtures__",
    "__snapshots__",
    "__mocks__",
    "testing",
];

/// Files that decide what runs, or are loaded by runners without being asked for.
const SETTINGS: [&str; 34] = [
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    "tox.ini",
    "setup.cfg",
    "noxfile.py",
    ".coveragerc",
    "sitecustomize.py",
    "usercustomize.py",
    "pytest.py",
    "unittest.py",
    ".mocharc.js",
    ".mocharc.cjs",
    ".mocharc.json",
    ".mocharc.yml",
    ".mocharc.yaml",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".nycrc",
    ".babelrc",
    "phpunit.xml",
    "phpunit.xml.dist",
    ".rspec",
    ".rspec-local",
    "build.rs",
    "nextest.toml",
    "justfile",
    "makefile",
    "gnumakefile",
    "rakefile",
    "gruntfile.js",
    "gulpfile.js",
];

/// The beginnings of the names of other such files.
const SETTINGS_BEGIN: [&str; 8] = [
    "jest.config.",
    "vitest.config.",
    "vitest.workspace.",
    "vite.config.",
    "karma.conf.",
    "ava.config.",
    "playwright.config.",
    "babel.config.",
];

/// Folders of which everything decides what runs.
const SETTINGS_FOLDERS: [&str; 5] = [".cargo", "_pytest", "pytest", "node_modules", "unittest"];

/// Tells the test surface of a run.
#[derive(Clone, Debug)]
pub struct Surface {
    patterns: IgnorePatterns,
    /// Words of the checks: a script that a check names decides what runs.
    named: Vec<String>,
}

impl Surface {
    /// Returns the test surface by convention, with the files that `patterns` (`puff.review.tests`) select, and those that the
    /// checks name.
    pub fn new(patterns: &[String], commands: &[String]) -> Surface {
        let words = commands
            .iter()
            .flat_map(|command| command.split(|one: char| one.is_whitespace() || "\"';&|()=".contains(one)));
        let words = words.map(|word| word.strip_prefix("./").unwrap_or(word));
        let named = words.filter(|word| word.contains('.') || word.contains('/')).map(str::to_owned).collect();
        Surface { patterns: IgnorePatterns::parse(&patterns.join("\n")), named }
    }

    /// Returns which part of it a path is; none where it is code like any other.
    pub fn part(&self, path: &str) -> Option<Part> {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        let mut folders = lower.split('/').rev().skip(1);
        let is_settings = SETTINGS.contains(&name)
            || SETTINGS_BEGIN.iter().any(|begin| name.starts_with(begin))
            || name.ends_with(".pth")
            || lower.split('/').rev().skip(1).any(|folder| SETTINGS_FOLDERS.contains(&folder));
        if is_settings {
            return Some(Part::Settings);
        }
        if is_test_file(path) || self.patterns.selects(std::path::Path::new(path), false).is_some() {
            return Some(Part::Tests);
        }
        // A check may also name what it looks at.
        let runs = ["test", "check", "verify", "spec", "lint", "ci.", "run"].iter().any(|word| name.contains(word))
            || folders.clone().any(|folder| ["scripts", "script", "bin", "ci", ".ci", "tools"].contains(&folder));
        if runs && self.named.iter().any(|named| named == path) {
            return Some(Part::Settings);
        }
        (folders.any(|folder| FOLDERS.contains(&folder)) || name.ends_with(".snap")).then_some(Part::Support)
    }
}

/// Returns a file that is more than its settings for tests with those of the base: `package.json`, `pyproject.toml` and
/// `Cargo.toml`. None where that file is no such file, or says the same of tests as on the base.
pub fn with_settings_of(path: &str, base: &str, ours: &str) -> Option<String> {
    match path.rsplit('/').next().unwrap_or(path) {
        "package.json" => package_json(base, ours),
        "pyproject.toml" => same_or_base(base, ours, |text| {
            toml_sections(text, &["tool.pytest", "tool.coverage", "tool.tox", "tool.hatch.envs"])
        }),
        "Cargo.toml" => same_or_base(base, ours, |text| {
            let keys = ["test", "doctest", "harness", "autotests", "bench", "autobins"];
            let is_key = |line: &&str| keys.contains(&line.split('=').next().unwrap_or_default().trim());
            let lines = text.lines().filter(is_key).map(str::to_owned);
            lines.chain(toml_sections(text, &["[test", "profile", "build"])).collect()
        }),
        _ => None,
    }
}

fn same_or_base(base: &str, ours: &str, part: impl Fn(&str) -> Vec<String>) -> Option<String> {
    (part(base) != part(ours)).then(|| base.to_owned())
}

/// Returns the lines of the sections whose names begin so.
fn toml_sections(text: &str, names: &[&str]) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[') {
            inside = names.iter().any(|name| section.starts_with(name));
        }
        if inside {
            lines.push(line.to_owned());
        }
    }
    lines
}

fn package_json(base: &str, ours: &str) -> Option<String> {
    const KEYS: [&str; 9] = ["scripts", "jest", "mocha", "vitest", "ava", "nyc", "c8", "tap", "type"];
    let base: serde_json::Value = serde_json::from_str(base).ok()?;
    let Ok(mut new) = serde_json::from_str::<serde_json::Value>(ours) else {
        return serde_json::to_string_pretty(&base).ok();
    };
    let object = new.as_object_mut()?;
    let mut differs = false;
    for key in KEYS {
        let (there, here) = (base.get(key).cloned(), object.get(key).cloned());
        if there != here {
            differs = true;
            match there {
                Some(value) => drop(object.insert(key.to_owned(), value)),
                None => drop(object.shift_remove(key)),
            }
        }
    }
    differs.then(|| serde_json::to_string_pretty(&new).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_is_tests_what_they_read_and_what_runs_them() {
        let surface = Surface::new(&["checks/*.txt".to_owned()], &["sh ./scripts/ci.sh --all".to_owned()]);
        for (path, part) in [
            ("tests/test_a.py", Some(Part::Tests)),
            ("checks/a.txt", Some(Part::Tests)),
            ("tests/golden.json", Some(Part::Support)),
            ("src/x.snap", Some(Part::Support)),
            ("conftest.py", Some(Part::Settings)),
            ("scripts/ci.sh", Some(Part::Settings)),
            ("Makefile", Some(Part::Settings)),
            ("src/calc.py", None),
            ("package.json", None),
        ] {
            assert_eq!(surface.part(path), part, "{path}");
        }
    }

    #[test]
    fn files_of_more_than_tests_get_the_settings_of_the_base() {
        let base = r#"{"scripts":{"test":"jest"},"version":"1"}"#;
        let ours = r#"{"scripts":{"test":"true"},"version":"2","jest":{"testPathIgnorePatterns":["."]}}"#;
        let made: serde_json::Value =
            serde_json::from_str(&with_settings_of("package.json", base, ours).unwrap()).unwrap();
        assert_eq!(made, serde_json::json!({"scripts":{"test":"jest"},"version":"2"}));
        assert_eq!(with_settings_of("package.json", base, r#"{"scripts":{"test":"jest"},"version":"3"}"#), None);
        let toml = "[project]\nname = 'a'\n[tool.pytest.ini_options]\naddopts = '-q'\n";
        assert_eq!(with_settings_of("pyproject.toml", toml, &toml.replace("'a'", "'b'")), None);
        assert_eq!(with_settings_of("pyproject.toml", toml, &toml.replace("-q", "-k x")).as_deref(), Some(toml));
        let cargo = "[package]\nname = 'a'\n";
        assert!(with_settings_of("Cargo.toml", cargo, "[package]\nname = 'a'\nautotests = false\n").is_some());
    }
}
