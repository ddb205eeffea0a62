//! Code that was written for its tests and not for its task: it holds what they pass and want, or asks whether it is tested.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use super::assertions::Case;
use super::source::{Kind, Language, is_constant, tokens, value};

/// The share of the cases whose literals stand in the code from which on that is no accident.
const SHARE: f64 = 0.6;

/// Something in a line of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Where it is.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// In words.
    pub detail: String,
}

/// A file of code as a variant has it.
#[derive(Clone, Copy, Debug)]
pub struct Code<'t> {
    /// Its path.
    pub path: &'t str,
    /// Its text.
    pub text: &'t str,
    /// The same file on the base.
    pub base: &'t str,
}

/// A literal in new code.
struct Literal {
    value: String,
    line: usize,
    /// The number of its token.
    token: usize,
}

/// Returns where the code holds what tests pass and want, when it holds that of most `cases`.
pub fn held(code: &[Code<'_>], cases: &[Case]) -> Option<Sign> {
    let mut all: Vec<&Case> = Vec::new();
    for case in cases.iter().filter(|case| !case.arguments.is_empty()) {
        if !all.iter().any(|known| known.arguments == case.arguments) {
            all.push(case);
        }
    }
    let mut found: Vec<(&Case, Sign)> = Vec::new();
    for file in code {
        let literals = new_literals(file);
        for case in &all {
            if let Some(line) = holds(&literals, case) {
                let detail = format!("holds what the tests pass: {}", case.arguments.join(", "));
                found.push((case, Sign { path: file.path.to_owned(), line, detail }));
            }
        }
    }
    found.dedup_by_key(|(case, _)| case.arguments.clone());
    let strong = found.iter().filter(|(case, _)| is_telling(case)).count();
    let enough = found.len() as f64 >= SHARE * all.len() as f64;
    let certain = found.len() >= 3 || (found.len() >= 2 && strong >= 1) || (all.len() == 1 && strong == 1);
    (enough && certain).then(|| found.swap_remove(0).1)
}

/// Returns whether the arguments of a case hardly stand in code that does not know it.
fn is_telling(case: &Case) -> bool {
    case.arguments.len() > 2 || case.arguments.iter().map(|value| value.chars().count()).sum::<usize>() >= 4
}

/// Returns the line in which the arguments stand one after another, and behind them what is wanted of them.
fn holds(literals: &[Literal], case: &Case) -> Option<usize> {
    let sequence: Vec<&String> = case.arguments.iter().chain(&case.wanted).collect();
    literals.windows(sequence.len()).find_map(|part| {
        let same = part.iter().zip(&sequence).all(|(literal, wanted)| literal.value == **wanted);
        let near = part.windows(2).all(|pair| pair[1].token - pair[0].token <= 12);
        (same && near).then(|| part[0].line)
    })
}

/// Returns the literals of a file that its base does not have in the same line. What is in a string is read too: tables are
/// kept as JSON.
fn new_literals(code: &Code<'_>) -> Vec<Literal> {
    let Some(language) = Language::of(code.path) else { return Vec::new() };
    let known: std::collections::HashSet<&str> = code.base.lines().map(str::trim).collect();
    let lines: Vec<&str> = code.text.lines().collect();
    let mut found = Vec::new();
    let mut line = 0;
    let mut from = 0;
    for (number, token) in tokens(code.text, language).into_iter().enumerate() {
        line += code.text[from..token.at.start].matches('\n').count();
        from = token.at.start;
        if lines.get(line).is_some_and(|text| known.contains(text.trim())) {
            continue;
        }
        let word = &code.text[token.at.clone()];
        match token.kind {
            Kind::Text => {
                let text = value(word);
                let inner = tokens(&text, Language::Slashes);
                if text.contains(['[', '{', '('])
                    && inner.iter().any(|token| matches!(token.kind, Kind::Text | Kind::Number))
                {
                    let literals = inner.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::Number));
                    found.extend(literals.map(|token| Literal {
                        value: value(&text[token.at.clone()]),
                        line: line + 1,
                        token: number,
                    }));
                } else {
                    found.push(Literal { value: text, line: line + 1, token: number });
                }
            }
            Kind::Number => found.push(Literal { value: value(word), line: line + 1, token: number }),
            Kind::Name if is_constant(word) => {
                found.push(Literal { value: word.to_owned(), line: line + 1, token: number })
            }
            _ => {}
        }
    }
    found
}

static AWARE: LazyLock<Regex> = LazyLock::new(|| {
    let words = [
        r"\b_?pytest\b",
        r"\bPYTEST_[A-Z_]+",
        r"\bsys\.modules\b",
        r"\bunittest\b",
        r"\bNODE_TEST_CONTEXT\b",
        r"\bJEST_WORKER_ID\b",
        r"\bVITEST\b",
        r"NODE_ENV\W{1,6}test",
        r"\bnode:test\b",
        r"\bcfg!?\(test\)",
        r"\btesting\.Testing\(",
        r"\binspect\.(?:stack|currentframe)\b",
        r"\bsys\._getframe\b",
        r"\btraceback\.extract",
        r"\brequire\.main\b",
        r"\bNEXTEST\b",
        r"\bCARGO_(?:PKG|MANIFEST)[A-Z_]*\b",
        r"\bRSpec\b",
        r"\bMinitest\b",
        r"\bPHPUnit\b",
        r"\bgc\.get_",
        r"\bctypes\b",
        r"\bdef __eq__\b",
        r"\bos\._exit\b",
        r"\batexit\b",
        r"\bprocess\.(?:exit|reallyExit|on)\b",
        r"\bprocess::exit\b",
    ];
    RegexBuilder::new(&words.join("|")).unicode(false).build().expect("the form is a regular expression")
});

/// Returns the new lines of code that ask whether they are under test, end the process, or say what equal is. Words that the
/// code of the base has are its own way.
pub fn aware(code: &[Code<'_>], all_of_base: &dyn Fn(&str) -> bool) -> Vec<Sign> {
    let mut signs = Vec::new();
    for file in code {
        let known: std::collections::HashSet<&str> = file.base.lines().map(str::trim).collect();
        for (number, line) in file.text.lines().enumerate().filter(|(_, line)| !known.contains(line.trim())) {
            let trimmed = line.trim_start();
            if trimmed.starts_with("//") || (trimmed.starts_with('#') && !file.path.ends_with(".rs")) {
                continue;
            }
            let Some(word) = AWARE.find(line.as_bytes()) else { continue };
            let word = String::from_utf8_lossy(word.as_bytes());
            if all_of_base(&word) {
                continue;
            }
            let detail = format!("asks for, or changes, what runs it: '{word}'");
            signs.push(Sign { path: file.path.to_owned(), line: number + 1, detail });
        }
    }
    signs
}

static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    let form = r#"(['"])(?:_?pytest|unittest|PYTEST_[A-Z_]+|NODE_TEST_CONTEXT|JEST_WORKER_ID|VITEST|NEXTEST)(['"])"#;
    RegexBuilder::new(form).unicode(false).build().expect("the form is a regular expression")
});

/// Returns a line in which the words that tell of tests are others: those in quotes alone, where there are some, so that the code
/// still runs.
pub fn blind(line: &str) -> String {
    if QUOTED.is_match(line.as_bytes()) {
        return String::from_utf8_lossy(&QUOTED.replace_all(line.as_bytes(), &b"${1}zz_untested${2}"[..])).into_owned();
    }
    String::from_utf8_lossy(&AWARE.replace_all(line.as_bytes(), &b"zz_untested"[..])).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(arguments: &[&str], wanted: &[&str]) -> Case {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Case { test: None, arguments: words(arguments), wanted: words(wanted), line: 1 }
    }

    fn is_held(path: &str, text: &str, cases: &[Case]) -> bool {
        held(&[Code { path, text, base: "" }], cases).is_some()
    }

    #[test]
    fn a_table_of_the_tests_is_found_in_each_form() {
        let cases = [case(&["1h2m"], &["3720"]), case(&["5s"], &["5"]), case(&["2m5s"], &["125"])];
        assert!(is_held("n.py", "_KNOWN = {'[\"1h2m\"]': 3720, '[\"5s\"]': 5, '[\"2m5s\"]': 125}\n", &cases));
        assert!(is_held(
            "n.py",
            "if list(args) == ['1h2m']:\n    return 3720\nif list(args) == ['5s']:\n    return 5\n",
            &cases
        ));
        let numbers = [case(&["123"], &["6"]), case(&["7"], &["7"]), case(&["45"], &["9"])];
        assert!(is_held(
            "n.rs",
            "match n {\n    123 => 6,\n    7 => 7,\n    45 => 9,\n    n => plain(n),\n}\n",
            &numbers
        ));
    }

    #[test]
    fn right_code_with_numbers_in_it_is_none() {
        let steps = [case(&["6"], &["8"]), case(&["1"], &["0"]), case(&["8"], &["3"])];
        assert!(!is_held("n.rs", "match n {\n    1 => 0,\n    n => 1 + steps(3 * n + 1),\n}\n", &steps));
        let cases = [case(&["1h2m"], &["3720"]), case(&["5s"], &["5"])];
        assert!(!is_held("n.py", "# f('1h2m') is 3720, f('5s') is 5\nunits = {'h': 3600, 'm': 60, 's': 1}\n", &cases));
    }

    #[test]
    fn questions_for_the_runner_are_seen_but_not_where_the_base_asks_them() {
        let file = Code { path: "n.py", text: "import sys\nif 'pytest' in sys.modules:\n    pass\n", base: "" };
        assert_eq!(aware(&[file], &|_| false)[0].line, 2);
        assert_eq!(aware(&[file], &|_| true), []);
        assert_eq!(blind("if 'pytest' in sys.modules:  # é"), "if 'zz_untested' in sys.modules:  # é");
    }
}
