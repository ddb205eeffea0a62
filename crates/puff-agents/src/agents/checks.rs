//! Which of the commands that an agent runs are checks of its work: tests, lints and builds.
//!
//! Nothing follows from it but what a report says, so a table of the usual tools will do. A line may run several
//! commands; one check among them makes it a check.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

/// What a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Test,
    Lint,
    Build,
}

/// The tools, each as the regular expression of how a command begins.
const TOOLS: &[(Check, &str)] = &[
    (Check::Test, r"cargo(?: \+\S+)? (?:test|nextest)|go test|zig build test|swift test|dotnet test|mix test"),
    (
        Check::Test,
        r"(?:npm|pnpm|yarn|bun)(?: run)? (?:test|t)(?::\S+)?|(?:npx |pnpm |yarn )?(?:jest|vitest|mocha|ava|playwright test)",
    ),
    (Check::Test, r"node --test|deno test|bun test"),
    (
        Check::Test,
        r"(?:python\d?(?:\.\d+)? -m |uv run |poetry run )?(?:pytest|unittest|tox|nox)|python\S* manage\.py test",
    ),
    (
        Check::Test,
        r"(?:make|just|ninja|rake|gradle|\./gradlew|mvn|\./mvnw|bazel)(?: -\S+)* (?:test|check|verify)|ctest|prove",
    ),
    (
        Check::Test,
        r"(?:bundle exec )?(?:rspec|rake)|(?:vendor/bin/)?phpunit|(?:sh |bash |\./)?tests?/\S+|(?:sh |bash |\./)(?:run-?)?tests?(?:\.sh)?",
    ),
    (
        Check::Lint,
        r"cargo(?: \+\S+)? (?:clippy|fmt)|go vet|gofmt|golangci-lint|ruff|mypy|pyright|flake8|pylint|black|shellcheck",
    ),
    (
        Check::Lint,
        r"(?:npm|pnpm|yarn|bun)(?: run)? (?:lint|typecheck|type-check|format)\S*|(?:npx )?(?:eslint|prettier|biome)|rubocop",
    ),
    (Check::Lint, r"(?:make|just) (?:lint|fmt|format)"),
    (
        Check::Build,
        r"cargo(?: \+\S+)? (?:build|check|doc)|go build|zig build|swift build|dotnet build|(?:npx )?tsc|cmake --build",
    ),
    (
        Check::Build,
        r"(?:npm|pnpm|yarn|bun)(?: run)? build\S*|(?:mvn|\./mvnw|gradle|\./gradlew|bazel) (?:build|compile|package)|meson compile",
    ),
    (Check::Build, r"make(?: -\S+)*(?: all| build)?|ninja|tsc"),
];

/// What may stand before a command: variables, and programs that run others.
const BEFORE: &str = r"(?:\w+=\S*\s+|(?:env|time|nice|timeout \S+|sudo|xvfb-run)\s+)*";

static EACH: LazyLock<Vec<(Check, Regex)>> = LazyLock::new(|| {
    let compiled = |(check, tool): &(Check, &str)| {
        let form = format!(r"^{BEFORE}(?:{tool})(?:\s|$)");
        (*check, RegexBuilder::new(&form).unicode(false).build().expect("the tools are regular expressions"))
    };
    TOOLS.iter().map(compiled).collect()
});

/// Words that a test runner ends with when all is well. The three bytes are the sign that node puts before them.
const PASSED: &str = concat!(
    r"^(?:test result: ok\. [1-9]\d* passed|=+ .*\b\d+ passed\b.* =+\r?$|\s*Tests: +(?:\d+ \w+, )*\d+ passed",
    r"|\s*Tests +\d+ passed|ok  \t\S+|(?:#|\xE2\x84\xB9) pass [1-9]|OK \(\d+ tests?|OK\r?$|All \d+ tests passed)",
);
/// And when it is not.
const FAILED: &str = concat!(
    r"^(?:test result: FAILED|=+ .*\b\d+ (?:failed|errors?)\b.* =+\r?$|\s*Tests: +.*\d+ failed|\s*Tests +\d+ failed",
    r"|FAIL\b|--- FAIL|(?:#|\xE2\x84\xB9) fail [1-9]|FAILED \(|not ok \d|error: test failed)",
);

static SAID: LazyLock<(Regex, Regex)> = LazyLock::new(|| {
    let build = |form: &str| {
        let built = RegexBuilder::new(form).unicode(false).multi_line(true).build();
        built.expect("what test runners say are regular expressions")
    };
    (build(PASSED), build(FAILED))
});

/// Returns what kind of check a command line is, if it is one.
pub(super) fn check(line: &str) -> Option<Check> {
    let commands = line.split(['\n', ';', '|', '&', '(']).map(str::trim_start);
    let kinds = commands
        .filter_map(|command| EACH.iter().find(|(_, tool)| tool.is_match(command.as_bytes())).map(|(kind, _)| *kind));
    // Tests say more than a build that goes before them.
    kinds.min_by_key(|kind| *kind as u8)
}

/// Returns whether tests passed, by what a command line ended with and what it printed; none where that cannot be told.
pub(super) fn tests_passed(line: &str, exit: Option<i32>, printed: &str) -> Option<bool> {
    let (passed, failed) = (SAID.0.is_match(printed.as_bytes()), SAID.1.is_match(printed.as_bytes()));
    // The code is that of the last command: of `cargo test | tail` it says nothing.
    let own_code = !line.contains(['|', ';', '\n']);
    match exit {
        _ if failed => Some(false),
        Some(0) if own_code || passed => Some(true),
        None if passed => Some(true),
        Some(0) | None => None,
        Some(_) => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_tools_are_known_wherever_they_stand_in_a_line() {
        for (kind, line) in [
            (Check::Test, "cargo test"),
            (Check::Test, "cd core && RUST_BACKTRACE=1 cargo test --lib 2>&1 | tail -20"),
            (Check::Test, "cargo build; cargo nextest run"),
            (Check::Test, "npm test"),
            (Check::Test, "npm run test:unit"),
            (Check::Test, "npx vitest run"),
            (Check::Test, "python -m pytest -q tests/test_x.py"),
            (Check::Test, "uv run pytest"),
            (Check::Test, "go test ./..."),
            (Check::Test, "make -j4 test"),
            (Check::Test, "timeout 60 ./gradlew test"),
            (Check::Test, "./tests/run.sh"),
            (Check::Test, "sh test.sh"),
            (Check::Lint, "cargo clippy --all-targets"),
            (Check::Lint, "npm run lint"),
            (Check::Lint, "(ruff check .)"),
            (Check::Build, "cargo +nightly check"),
            (Check::Build, "make"),
            (Check::Build, "npx tsc --noEmit"),
        ] {
            assert_eq!(check(line), Some(kind), "{line}");
        }
    }

    #[test]
    fn reading_and_editing_is_no_check() {
        for line in [
            "ls -la",
            "cat tests/run.sh",
            "rg 'cargo test'",
            "git commit -m 'make tests pass'",
            "sed -n 1,20p Makefile",
            "echo cargo test",
            "makefile",
            "cargo add serde",
            "npm install jest",
            "mkdir test",
        ] {
            assert_eq!(check(line), None, "{line}");
        }
    }

    #[test]
    fn tests_pass_when_their_own_code_or_their_words_say_so() {
        let cargo = "\ntest result: ok. 12 passed; 0 failed; 0 ignored\n";
        assert_eq!(tests_passed("cargo test", Some(0), ""), Some(true));
        assert_eq!(tests_passed("cargo test", Some(101), ""), Some(false));
        assert_eq!(tests_passed("cargo test | tail -3", Some(0), "warning: unused"), None);
        assert_eq!(tests_passed("cargo test | tail -3", Some(0), cargo), Some(true));
        assert_eq!(tests_passed("cargo test; true", Some(0), "test result: FAILED. 1 passed; 1 failed"), Some(false));
        assert_eq!(tests_passed("pytest | tail", Some(0), "===== 5 passed in 0.12s ====="), Some(true));
        assert_eq!(tests_passed("pytest | tail", Some(0), "===== 1 failed, 5 passed in 0.1s ====="), Some(false));
        assert_eq!(tests_passed("npm test", None, "Tests:       3 passed, 3 total"), Some(true));
        assert_eq!(tests_passed("npm test", None, ""), None);
    }
}
