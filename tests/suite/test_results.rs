//! What a review makes of the tests that real runners run: each by its name, and none at all.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::export::{Export, patch_of};
use crate::support::hooks::client;
use crate::support::test_repo::TestRepo;

/// A program with a fault, its tests, of which one fails, and how they are run.
struct Project {
    /// Files beside: settings.
    files: &'static [(&'static str, &'static str)],
    source: (&'static str, &'static str),
    /// The words of the source at fault, and what is right.
    fault: (&'static str, &'static str),
    test: (&'static str, &'static str),
    /// The words of the test that fails, which are cut out of the file.
    failing: (&'static str, &'static str),
    check: String,
    /// The same, where no test fits.
    without: String,
    /// Whether tests that pass have names.
    names_all: bool,
}

impl Project {
    /// Reviews a variant that removes the test that fails, and one that mends the program; then with a check that runs no test.
    #[track_caller]
    fn is_reviewed(&self) {
        let repo = TestRepo::new();
        for (path, text) in self.files {
            repo.commit(path, text, "Set it up");
        }
        repo.commit(self.source.0, self.source.1, "Write it");
        repo.commit(self.test.0, self.test.1, "Test it");
        let mended = self.source.1.replace(self.fault.0, self.fault.1);
        assert_ne!(mended, self.source.1);
        let export = Export::new(&repo, "export");
        let without = self.without_failing();
        let changes = [(self.test.0, (!without.is_empty()).then_some(without)), (self.source.0, Some(mended))];
        for (number, (path, text)) in (1..).zip(changes) {
            let patch = patch_of(&repo, || match text {
                Some(text) => repo.write(path, text),
                None => std::fs::remove_file(repo.work().join(path)).expect("a file"),
            });
            export.patch(number, patch);
            let prompt = "Hours must count as well.";
            export.report(number, &json!({"prompt": prompt, "variant_index": number, "status": "completed"}));
        }
        export.harvest(&repo, &["--name", "fix"]).ok();

        let seen = review(&repo, &self.check);
        let classes: Vec<&str> = all(&seen).map(|variant| variant["class"].as_str().unwrap_or("-")).collect();
        assert_eq!(classes, ["d", "b"], "{:#}\n{:#}", seen["base"], seen["variants"]);
        assert_eq!(seen["recommendation"]["variant"], 2);
        let kinds: Vec<&Value> = found(&seen, 1).iter().map(|found| &found["kind"]).collect();
        if self.names_all {
            assert_eq!(kinds, ["tests-removed"], "{:#}", seen["variants"]);
            assert_eq!(seen["base"][0]["tests"], json!({"passed": 1, "failed": 1, "skipped": 0}));
            assert_eq!(check(&repo, 2)["tests"], json!({"passed": 2, "failed": 0, "skipped": 0}));
            let tests = &seen["variants"][1]["tests"]["base"];
            assert_eq!((&tests["passed"], &tests["mended"]), (&json!(2), &json!(1)), "{tests:#}");
        } else {
            assert_eq!(kinds, ["tests-weakened"], "{:#}", seen["variants"]);
        }

        let seen = review(&repo, &self.without);
        let (check, classes) = (check(&repo, 2), all(&seen).map(|variant| variant["class"].clone()));
        let tail = check["tail"].as_str().unwrap_or_default();
        assert!(check["status"] == "error" && tail.starts_with("the check ran no test: "), "{check:#}");
        assert_eq!(classes.collect::<Vec<_>>(), ["e", "e"]);
    }

    fn without_failing(&self) -> String {
        let (begin, end) = self.failing;
        let text = self.test.1;
        let at = text.find(begin).expect("the test");
        let after = text[at..].find(end).expect("its end") + at + end.len();
        format!("{}{}", &text[..at], &text[after..])
    }
}

fn review(repo: &TestRepo, check: &str) -> Value {
    repo.puff(&["review", "fix", "--check", check]);
    serde_json::from_str(&repo.git(&["show", "refs/puff/runs/fix:review.json"])).expect("a document")
}

fn all(review: &Value) -> impl Iterator<Item = &Value> {
    review["variants"].as_array().expect("variants").iter()
}

fn found(review: &Value, variant: usize) -> &Vec<Value> {
    review["variants"][variant - 1]["evidence"]["findings"].as_array().expect("findings")
}

fn check(repo: &TestRepo, variant: usize) -> Value {
    repo.puff(&["show", "fix", "--json"]).json()["variants"][variant - 1]["checks"][0].take()
}

const PYTHON: (&str, &str) = ("calc.py", "def minutes(hours, minutes):\n    return minutes\n");
const PYTHON_FAULT: (&str, &str) = ("return minutes", "return 60 * hours + minutes");
const UNITTEST: (&str, &str) = (
    "test_calc.py",
    "import unittest

from calc import minutes


class Minutes(unittest.TestCase):
    def test_minutes(self):
        self.assertEqual(minutes(0, 2), 2)

    def test_hours(self):
        self.assertEqual(minutes(1, 2), 62)
",
);

#[test]
fn tests_of_unittest_have_names_where_it_is_verbose() {
    needs!("python3");
    let project = Project {
        files: &[(".gitignore", "__pycache__\n")],
        source: PYTHON,
        fault: PYTHON_FAULT,
        test: UNITTEST,
        failing: ("\n    def test_hours", "62)\n"),
        check: "python3 -m unittest -v".to_owned(),
        without: "python3 -m unittest -k nothing || test $? = 5".to_owned(),
        names_all: true,
    };
    project.is_reviewed();
    Project { check: "python3 -m unittest".to_owned(), names_all: false, ..project }.is_reviewed();
}

#[test]
fn tests_of_pytest_have_names() {
    needs!("pytest");
    Project {
        files: &[(".gitignore", "__pycache__\n.pytest_cache\n")],
        source: PYTHON,
        fault: PYTHON_FAULT,
        test: UNITTEST,
        failing: ("\n    def test_hours", "62)\n"),
        check: "pytest".to_owned(),
        without: "pytest -k nothing || test $? = 5".to_owned(),
        names_all: true,
    }
    .is_reviewed();
}

#[test]
fn tests_of_go_have_names_where_it_is_verbose_or_writes_events() {
    needs!("go");
    let project = Project {
        files: &[("go.mod", "module example.org/calc\n\ngo 1.18\n")],
        source: (
            "calc.go",
            "package calc\n\n// Minutes counts.\nfunc Minutes(hours, minutes int) int { return minutes }\n",
        ),
        fault: ("return minutes", "return 60*hours + minutes"),
        test: (
            "calc_test.go",
            "package calc

import \"testing\"

func TestMinutes(t *testing.T) {
	if got := Minutes(0, 2); got != 2 {
		t.Errorf(\"got %d, want %d\", got, 2)
	}
}

func TestHours(t *testing.T) {
	if got := Minutes(1, 2); got != 62 {
		t.Errorf(\"got %d, want %d\", got, 62)
	}
}
",
        ),
        failing: ("\nfunc TestHours", "\n}\n"),
        check: "go test -v ./...".to_owned(),
        without: "go test -run Nothing ./...".to_owned(),
        names_all: true,
    };
    project.is_reviewed();
    let project = Project { check: "go test -json ./...".to_owned(), ..project };
    project.is_reviewed();
    Project { check: "go test ./...".to_owned(), names_all: false, ..project }.is_reviewed();
}

const JAVASCRIPT: (&str, &str) = ("calc.js", "exports.minutes = (hours, minutes) => minutes;\n");
const JAVASCRIPT_FAULT: (&str, &str) = ("=> minutes", "=> 60 * hours + minutes");

#[test]
fn tests_of_node_have_names() {
    needs!("node");
    Project {
        files: &[],
        source: JAVASCRIPT,
        fault: JAVASCRIPT_FAULT,
        test: (
            "calc.test.js",
            "const assert = require('node:assert');
const { test } = require('node:test');
const { minutes } = require('./calc.js');

test('minutes', () => {
  assert.strictEqual(minutes(0, 2), 2);
});

test('hours', () => {
  assert.strictEqual(minutes(1, 2), 62);
});
",
        ),
        failing: ("\ntest('hours'", "});\n"),
        check: "node --test".to_owned(),
        without: "node --test --test-name-pattern=nothing".to_owned(),
        names_all: true,
    }
    .is_reviewed();
}

#[test]
fn tests_of_mocha_have_names() {
    needs!("runners");
    let mocha = client("runners/node_modules/.bin/mocha").display().to_string();
    Project {
        files: &[],
        source: JAVASCRIPT,
        fault: JAVASCRIPT_FAULT,
        test: (
            "test/calc.js",
            "const assert = require('node:assert');
const { minutes } = require('../calc.js');

describe('calc', () => {
  it('counts minutes', () => {
    assert.strictEqual(minutes(0, 2), 2);
  });

  it('counts hours', () => {
    assert.strictEqual(minutes(1, 2), 62);
  });
});
",
        ),
        failing: ("\n  it('counts hours'", "  });\n"),
        check: mocha.clone(),
        without: format!("{mocha} --grep nothing"),
        names_all: true,
    }
    .is_reviewed();
}

const EXPECTING: &str = "const { minutes } = require('./calc.js');

describe('calc', () => {
  test('counts minutes', () => {
    expect(minutes(0, 2)).toBe(2);
  });

  test('counts hours', () => {
    expect(minutes(1, 2)).toBe(62);
  });
});
";

#[test]
fn tests_of_jest_have_names_where_one_file_runs() {
    needs!("runners");
    let jest = client("runners/node_modules/.bin/jest").display().to_string();
    Project {
        files: &[("package.json", "{ \"name\": \"calc\" }\n")],
        source: JAVASCRIPT,
        fault: JAVASCRIPT_FAULT,
        test: ("calc.test.js", EXPECTING),
        failing: ("\n  test('counts hours'", "  });\n"),
        check: format!("{jest} --verbose"),
        without: format!("{jest} -t nothing"),
        names_all: true,
    }
    .is_reviewed();
    // Without the file of the test that fails, one is left, whose tests have names: those of the base have none.
    Project {
        files: &[
            ("package.json", "{ \"name\": \"calc\" }\n"),
            (
                "minutes.test.js",
                "test('minutes', () => {\n  expect(require('./calc.js').minutes(0, 2)).toBe(2);\n});\n",
            ),
        ],
        source: JAVASCRIPT,
        fault: JAVASCRIPT_FAULT,
        test: ("hours.test.js", "test('hours', () => {\n  expect(require('./calc.js').minutes(1, 2)).toBe(62);\n});\n"),
        failing: ("test('hours'", "});\n"),
        check: jest.clone(),
        without: format!("{jest} -t nothing"),
        names_all: false,
    }
    .is_reviewed();
}

#[test]
fn tests_of_vitest_have_names_where_it_is_verbose() {
    needs!("runners");
    let vitest = client("runners/node_modules/.bin/vitest").display().to_string();
    let project = Project {
        files: &[("package.json", "{ \"name\": \"calc\" }\n"), (".gitignore", "node_modules\n")],
        source: JAVASCRIPT,
        fault: JAVASCRIPT_FAULT,
        test: ("calc.test.js", EXPECTING),
        failing: ("\n  test('counts hours'", "  });\n"),
        check: format!("{vitest} run --globals --reporter=verbose"),
        without: format!("{vitest} run --globals -t nothing"),
        names_all: true,
    };
    project.is_reviewed();
    Project { check: format!("{vitest} run --globals"), names_all: false, ..project }.is_reviewed();
}

#[test]
fn tests_of_rspec_have_names_in_its_documentation() {
    needs!("rspec");
    let project = Project {
        files: &[],
        source: ("lib/calc.rb", "def minutes(_hours, minutes)\n  minutes\nend\n"),
        fault: ("  minutes\n", "  60 * _hours + minutes\n"),
        test: (
            "spec/calc_spec.rb",
            "require_relative '../lib/calc'

RSpec.describe 'calc' do
  it 'counts minutes' do
    expect(minutes(0, 2)).to eq(2)
  end

  it 'counts hours' do
    expect(minutes(1, 2)).to eq(62)
  end
end
",
        ),
        failing: ("\n  it 'counts hours'", "  end\n"),
        check: "rspec --format documentation".to_owned(),
        without: "rspec --example nowhere".to_owned(),
        names_all: true,
    };
    project.is_reviewed();
    Project { check: "rspec".to_owned(), names_all: false, ..project }.is_reviewed();
}

#[test]
fn tests_of_phpunit_have_names_in_its_documentation() {
    needs!("phpunit");
    let project = Project {
        files: &[(".gitignore", ".phpunit.result.cache\n")],
        source: ("calc.php", "<?php\nfunction minutes($hours, $minutes) {\n    return $minutes;\n}\n"),
        fault: ("return $minutes", "return 60 * $hours + $minutes"),
        test: (
            "tests/CalcTest.php",
            "<?php
require_once __DIR__ . '/../calc.php';

final class CalcTest extends PHPUnit\\Framework\\TestCase
{
    public function testMinutes(): void
    {
        $this->assertSame(2, minutes(0, 2));
    }

    public function testHours(): void
    {
        $this->assertSame(62, minutes(1, 2));
    }
}
",
        ),
        failing: ("\n    public function testHours", "    }\n"),
        check: "phpunit --testdox tests".to_owned(),
        without: "phpunit --filter nothing tests".to_owned(),
        names_all: true,
    };
    project.is_reviewed();
    Project { check: "phpunit tests".to_owned(), names_all: false, ..project }.is_reviewed();
}

#[test]
fn tests_of_cargo_have_names() {
    // The one that builds these tests: in a home of their own, rustup knows of none.
    let programs = Path::new(env!("CARGO")).parent().expect("a folder").display();
    let cargo = format!("PATH={programs}:$PATH cargo");
    Project {
        files: &[
            ("Cargo.toml", "[package]\nname = \"calc\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            (".gitignore", "/target\n/Cargo.lock\n"),
        ],
        source: ("src/lib.rs", "pub fn minutes(_hours: u32, minutes: u32) -> u32 {\n    minutes\n}\n"),
        fault: ("    minutes\n", "    60 * _hours + minutes\n"),
        test: (
            "tests/calc.rs",
            "use calc::minutes;

#[test]
fn counts_minutes() {
    assert_eq!(minutes(0, 2), 2);
}

#[test]
fn counts_hours() {
    assert_eq!(minutes(1, 2), 62);
}
",
        ),
        failing: ("\n#[test]\nfn counts_hours", "}\n"),
        check: format!("{cargo} test --offline"),
        without: format!("{cargo} test --offline nothing"),
        names_all: true,
    }
    .is_reviewed();
}
