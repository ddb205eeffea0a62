//! The check that a project's own files suggest, for a review without any.
//!
//! Read from the tree of the run's base: what a variant changed, or what is in the worktree, suggests nothing.

use crate::app::App;
use crate::error::Result;
use crate::git::EntryKind;
use crate::model::{Oid, Run};

/// The most bytes of a file that are read.
const FILE: usize = 1 << 20;

/// Where GitHub reads workflows.
const WORKFLOWS: &str = ".github/workflows";

/// What npm writes as the test script of a new package.
const NO_TEST: &str = "no test specified";

/// A check that a file of the base suggests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestedCheck {
    /// A line for the shell.
    pub command: String,
    /// The path of the file.
    pub source: String,
}

/// Returns the check that the base of a run suggests, if it does.
///
/// # Errors
/// When the base cannot be read.
pub fn suggested_check(app: &App, run: &Run) -> Result<Option<SuggestedCheck>> {
    let tree = app.repo.commit(run.base_oid)?.tree;
    Ok(suggest(&BaseFiles { app, tree }))
}

/// The files that may suggest a check.
trait Files {
    /// Returns the names in a folder, sorted; `""` is the top.
    fn names(&self, folder: &str) -> Vec<String>;
    /// Returns a file's text.
    fn text(&self, path: &str) -> Option<String>;
}

struct BaseFiles<'a> {
    app: &'a App,
    tree: Oid,
}

impl Files for BaseFiles<'_> {
    fn names(&self, folder: &str) -> Vec<String> {
        let repo = &self.app.repo;
        let tree = match folder {
            "" => Some(self.tree),
            path => repo.entry(self.tree, path.as_bytes()).ok().flatten().map(|entry| entry.oid),
        };
        let entries = tree.and_then(|tree| repo.entries(tree).ok()).unwrap_or_default();
        entries.into_iter().filter_map(|entry| String::from_utf8(entry.name).ok()).collect()
    }

    fn text(&self, path: &str) -> Option<String> {
        let repo = &self.app.repo;
        let entry = repo.entry(self.tree, path.as_bytes()).ok().flatten()?;
        let is_file = matches!(entry.kind, EntryKind::File | EntryKind::Executable);
        let is_read = is_file && repo.blob_size(entry.oid).is_ok_and(|size| size <= FILE);
        String::from_utf8(repo.blob(entry.oid).ok().filter(|_| is_read)?).ok()
    }
}

/// Returns the first check that the files suggest: what a project names itself comes before what its languages usually run.
fn suggest(files: &impl Files) -> Option<SuggestedCheck> {
    let top = files.names("");
    let found = makefile(files, &top)
        .or_else(|| package_json(files, &top))
        .or_else(|| python(files, &top))
        .or_else(|| by_name(&top, "Cargo.toml", "cargo test"))
        .or_else(|| by_name(&top, "go.mod", "go test ./..."))
        .or_else(|| workflow(files));
    found.map(|(command, source)| SuggestedCheck { command, source })
}

fn by_name(top: &[String], name: &str, command: &str) -> Option<(String, String)> {
    top.iter().any(|there| there == name).then(|| (command.to_owned(), name.to_owned()))
}

/// The names are those that GNU make tries, in its order.
fn makefile(files: &impl Files, top: &[String]) -> Option<(String, String)> {
    let name =
        ["GNUmakefile", "makefile", "Makefile"].into_iter().find(|name| top.iter().any(|there| there == name))?;
    let text = files.text(name)?;
    let is_target = |target: &&str| {
        text.lines().any(|line| {
            let Some((targets, rest)) = line.split_once(':') else { return false };
            !line.starts_with(char::is_whitespace)
                && !rest.starts_with('=')
                && targets.split(' ').any(|one| one == *target)
        })
    };
    let target = ["test", "check"].into_iter().find(is_target)?;
    Some((format!("make {target}"), name.to_owned()))
}

fn package_json(files: &impl Files, top: &[String]) -> Option<(String, String)> {
    let package: serde_json::Value = serde_json::from_str(&files.text("package.json")?).ok()?;
    let script = package["scripts"]["test"].as_str()?;
    if script.trim().is_empty() || script.contains(NO_TEST) {
        return None;
    }
    let has = |names: &[&str]| top.iter().any(|there| names.contains(&there.as_str()));
    let command = match () {
        () if has(&["pnpm-lock.yaml"]) => "pnpm test",
        () if has(&["yarn.lock"]) => "yarn test",
        () if has(&["bun.lock", "bun.lockb"]) => "bun run test",
        () => "npm test",
    };
    Some((command.to_owned(), "package.json".to_owned()))
}

fn python(files: &impl Files, top: &[String]) -> Option<(String, String)> {
    let pytest = |source: String| Some(("python3 -m pytest".to_owned(), source));
    let configured =
        ["pytest.ini", ".pytest.ini", "conftest.py"].into_iter().find(|name| top.iter().any(|there| there == name));
    let mentions = |name: &&str| files.text(name).is_some_and(|text| text.contains("pytest"));
    let configured = configured.or_else(|| ["pyproject.toml", "tox.ini", "setup.cfg"].into_iter().find(mentions));
    if let Some(name) = configured {
        return pytest(name.to_owned());
    }
    let is_test = |name: &&String| name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py"));
    for folder in ["", "tests", "test"] {
        let names = files.names(folder);
        let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let Some(test) = names.iter().find(is_test).map(|name| path(name)) else { continue };
        let text = files.text(&test).unwrap_or_default();
        let imports = |line: &str| line.starts_with("import unittest") || line.starts_with("from unittest import");
        if !text.lines().any(imports) || text.contains("import pytest") {
            return pytest(test);
        }
        // Without a folder, unittest goes into packages alone.
        let is_found = folder.is_empty() || names.iter().any(|name| name == "__init__.py");
        let command = if is_found {
            "python3 -m unittest".to_owned()
        } else {
            format!("python3 -m unittest discover -s {folder}")
        };
        return Some((command, test));
    }
    None
}

/// The beginnings of commands that run tests.
const RUNNERS: [&str; 30] = [
    "make test",
    "make check",
    "npm test",
    "npm run test",
    "yarn test",
    "yarn run test",
    "pnpm test",
    "pnpm run test",
    "bun test",
    "bun run test",
    "deno test",
    "pytest",
    "python -m pytest",
    "python3 -m pytest",
    "python -m unittest",
    "python3 -m unittest",
    "tox",
    "cargo test",
    "cargo nextest run",
    "go test",
    "bundle exec rspec",
    "bundle exec rake test",
    "vendor/bin/phpunit",
    "composer test",
    "mvn test",
    "./mvnw test",
    "gradle test",
    "./gradlew test",
    "dotnet test",
    "ctest",
];

/// Finds the first line of a workflow that runs tests as it stands: one word after another, nothing that a shell or the
/// service would put in.
fn workflow(files: &impl Files) -> Option<(String, String)> {
    let is_yaml = |name: &String| name.ends_with(".yml") || name.ends_with(".yaml");
    files.names(WORKFLOWS).into_iter().filter(is_yaml).find_map(|name| {
        let path = format!("{WORKFLOWS}/{name}");
        let command = files.text(&path)?.lines().find_map(run_line)?;
        Some((command, path))
    })
}

/// Returns the command of a line of a workflow that runs tests: after `run:`, or by itself in a block of several.
fn run_line(line: &str) -> Option<String> {
    let line = line.trim();
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start();
    let line = line.strip_prefix("run:").unwrap_or(line).trim().trim_matches(['"', '\'']);
    let is_plain = line.chars().all(|c| c.is_ascii_alphanumeric() || " ._-+=/:,".contains(c));
    let runs =
        |runner: &&str| line.strip_prefix(*runner).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ':']));
    (is_plain && RUNNERS.iter().any(runs)).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths with their texts.
    type Paths<'l> = &'l [(&'l str, &'l str)];

    struct Listed<'l>(Paths<'l>);

    impl Files for Listed<'_> {
        fn names(&self, folder: &str) -> Vec<String> {
            let below = |path: &str| -> Option<String> {
                let path = if folder.is_empty() { path } else { path.strip_prefix(folder)?.strip_prefix('/')? };
                path.split('/').next().map(str::to_owned)
            };
            self.0.iter().filter_map(|(path, _)| below(path)).collect()
        }

        fn text(&self, path: &str) -> Option<String> {
            self.0.iter().find(|(there, _)| *there == path).map(|(_, text)| (*text).to_owned())
        }
    }

    #[test]
    fn each_build_file_suggests_its_command() {
        let package = r#"{"scripts":{"test":"node --test"}}"#;
        let cases: &[(Paths, &str, &str)] = &[
            (&[("Makefile", "all: x\ncheck test: x\n\tsh t\n")], "make test", "Makefile"),
            (&[("Makefile", "check:\n\tsh t\n")], "make check", "Makefile"),
            (&[("Cargo.toml", ""), ("Makefile", "test := 1\nx: test\n")], "cargo test", "Cargo.toml"),
            (&[("package.json", package)], "npm test", "package.json"),
            (&[("package.json", package), ("yarn.lock", "")], "yarn test", "package.json"),
            (&[("package.json", package), ("pnpm-lock.yaml", "")], "pnpm test", "package.json"),
            (&[("pyproject.toml", "[tool.pytest.ini_options]\n")], "python3 -m pytest", "pyproject.toml"),
            (&[("setup.cfg", "[tool:pytest]\n")], "python3 -m pytest", "setup.cfg"),
            (&[("test_a.py", "def test_a(): pass\n")], "python3 -m pytest", "test_a.py"),
            (&[("test_a.py", "import unittest\n")], "python3 -m unittest", "test_a.py"),
            (
                &[("tests/test_a.py", "from unittest import TestCase\n")],
                "python3 -m unittest discover -s tests",
                "tests/test_a.py",
            ),
            (
                &[("tests/__init__.py", ""), ("tests/test_a.py", "import unittest\n")],
                "python3 -m unittest",
                "tests/test_a.py",
            ),
            (&[("go.mod", "")], "go test ./...", "go.mod"),
        ];
        for (files, command, source) in cases {
            let found = suggest(&Listed(files)).unwrap_or_else(|| panic!("{command} is suggested"));
            assert_eq!((found.command.as_str(), found.source.as_str()), (*command, *source));
        }
    }

    #[test]
    fn a_workflow_suggests_a_line_that_runs_as_it_stands() {
        let text = "jobs:\n  t:\n    steps:\n    - run: npm ci\n    - run: cargo test ${{ matrix.flags }}\n    - run: |\n        \
                    ./setup\n        cargo nextest run --locked\n";
        let found = suggest(&Listed(&[(".github/workflows/ci.yml", text)])).expect("a suggestion");
        assert_eq!(found.command, "cargo nextest run --locked");
        assert_eq!(found.source, ".github/workflows/ci.yml");
        for line in
            ["- run: cargo tester", "run: pytest; curl evil", "name: tests", "run: go test $(x)", "run: make test | sh"]
        {
            assert_eq!(run_line(line), None, "{line}");
        }
        assert_eq!(run_line("  - run: 'npm run test:unit'").as_deref(), Some("npm run test:unit"));
    }

    #[test]
    fn nothing_is_suggested_where_nothing_is_tested() {
        let npm = r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#;
        for files in
            [&[("README", "x")][..], &[("package.json", npm)], &[("package.json", "{")], &[("pyproject.toml", "")]]
        {
            assert_eq!(suggest(&Listed(files)), None);
        }
    }
}
