//! What the tests of a file call with which literals, and which results they want.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::blocks::TestFile;
use super::source::{Kind, Language, Token, is_constant, tokens, value};
use super::values::{Reader, Value};

/// Calls that compare two of their arguments.
const EQUAL: [&str; 22] = [
    "assertEqual",
    "assertEquals",
    "assert_equal",
    "assert_eq",
    "assert_eq!",
    "assertSame",
    "assertStrictEqual",
    "deepStrictEqual",
    "strictEqual",
    "deepEqual",
    "equal",
    "deepEquals",
    "equals",
    "is",
    "same",
    "AreEqual",
    "Equal",
    "EqualValues",
    "assertListEqual",
    "assertDictEqual",
    "assertTupleEqual",
    "assertSequenceEqual",
];

/// Calls whose arguments are what another call, before them, has to give.
const WANTED: [&str; 10] =
    ["toBe", "toEqual", "toStrictEqual", "toMatchObject", "eq", "eql", "eqls", "deepEqual", "be_within", "isEqualTo"];

/// Calls whose literals are names, paths or messages: another one would be another test, or none.
const NAMING: [&str; 56] = [
    "test",
    "it",
    "describe",
    "context",
    "suite",
    "parametrize",
    "each",
    "fixture",
    "require",
    "import",
    "open",
    "Path",
    "join",
    "read",
    "read_text",
    "readFile",
    "readFileSync",
    "import_module",
    "getenv",
    "raises",
    "assertRaises",
    "throws",
    "rejects",
    "toThrow",
    "toThrowError",
    "raise_error",
    "skip",
    "skipif",
    "skipIf",
    "skipUnless",
    "xfail",
    "mark",
    "print",
    "log",
    "println",
    "println!",
    "panic",
    "panic!",
    "sleep",
    "setTimeout",
    "patch",
    "mock",
    "spyOn",
    "Error",
    "Errorf",
    "Fatalf",
    "Fatal",
    "Logf",
    "Run",
    "usefixtures",
    "expected",
    "should_panic",
    "cfg",
    "derive",
    "setattr",
    "getattr",
];

/// A call in a text.
#[derive(Clone, Debug)]
struct Call {
    name: String,
    /// Its tokens, with both brackets.
    tokens: Range<usize>,
}

/// A comparison: what is computed, and what is wanted, as tokens.
#[derive(Clone, Debug)]
struct Equality {
    actual: Range<usize>,
    wanted: Range<usize>,
}

/// What is known of the tests of a file.
pub struct Assertions<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    calls: Vec<Call>,
    equalities: Vec<Equality>,
    /// Tokens of lines that only name things.
    naming: BTreeSet<usize>,
    file: TestFile<'t>,
}

/// What a test calls, and wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The test; none outside of one.
    pub test: Option<String>,
    /// The values of the literals that it passes.
    pub arguments: Vec<String>,
    /// Those of the literals that it wants.
    pub wanted: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

/// A call with literals that may be changed: the input of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The test that it is in.
    pub test: Option<String>,
    /// The name of what is called.
    pub function: String,
    /// The call, with its name, in bytes of the text.
    pub at: Range<usize>,
    /// Its literals.
    pub literals: Vec<Range<usize>>,
    /// The first list among its arguments.
    pub list: Option<Range<usize>>,
    /// Its arguments, in their order.
    pub arguments: Vec<Argument>,
    /// What its test wants it, and nothing around it, to give.
    pub wanted: Option<Range<usize>>,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name, or its number from 0.
    pub place: String,
    /// Its value, in bytes of the text.
    pub at: Range<usize>,
    /// The value, where it is a literal.
    pub value: Option<Value>,
}

impl<'t> Assertions<'t> {
    /// Reads a file of tests; none in a language that is not known.
    pub fn parse(path: &str, text: &'t str) -> Option<Assertions<'t>> {
        let language = Language::of(path)?;
        let tokens = tokens(text, language);
        let mut read = Assertions {
            text,
            tokens,
            calls: Vec::new(),
            equalities: Vec::new(),
            naming: BTreeSet::new(),
            file: TestFile::parse(path, text),
        };
        read.find_calls();
        read.find_naming(language);
        read.find_equalities();
        Some(read)
    }

    fn word(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| &self.text[token.at.clone()])
    }

    fn find_calls(&mut self) {
        const NONE: [&str; 24] = [
            "if", "for", "while", "and", "or", "not", "in", "return", "assert", "elif", "match", "switch", "catch",
            "def", "fn", "func", "function", "await", "yield", "typeof", "is", "else", "case", "with",
        ];
        let mut open: Vec<(usize, Option<String>)> = Vec::new();
        for at in 0..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Open if self.word(at) == "(" => {
                    let mut before = at.checked_sub(1);
                    let bang = before.filter(|before| self.word(*before) == "!").is_some();
                    if bang {
                        before = before.and_then(|before| before.checked_sub(1));
                    }
                    let name = before.filter(|before| match self.tokens[*before].kind {
                        Kind::Name => !NONE.contains(&self.word(*before)),
                        Kind::Close => self.word(*before) == ")",
                        _ => false,
                    });
                    let is_definition = before
                        .and_then(|before| before.checked_sub(1))
                        .is_some_and(|before| ["def", "fn", "func", "function"].contains(&self.word(before)));
                    let name = name.filter(|_| !is_definition);
                    let name = name.map(|name| format!("{}{}", self.word(name), if bang { "!" } else { "" }));
                    open.push((at, name));
                }
                Kind::Open => open.push((at, None)),
                Kind::Close => {
                    if let Some((from, Some(name))) = open.pop() {
                        self.calls.push(Call { name, tokens: from..at + 1 });
                    }
                }
                _ => {}
            }
        }
        self.calls.sort_by_key(|call| call.tokens.start);
    }

    /// Finds statements that name modules, attributes and decorators.
    fn find_naming(&mut self, language: Language) {
        let mut at = 0;
        while at < self.tokens.len() {
            let word = self.word(at);
            let begins = matches!(word, "import" | "from" | "use" | "include" | "package" | "@")
                || (word == "#" && language == Language::Rust);
            let mut depth = 0i32;
            while at < self.tokens.len() {
                match self.tokens[at].kind {
                    Kind::Open => depth += 1,
                    Kind::Close => depth -= 1,
                    Kind::Line if depth <= 0 || !begins => break,
                    _ => {}
                }
                if begins {
                    self.naming.insert(at);
                }
                at += 1;
            }
            at += 1;
        }
    }

    fn find_equalities(&mut self) {
        let mut found = Vec::new();
        for (place, call) in self.calls.iter().enumerate() {
            let before = call.tokens.start;
            if EQUAL.contains(&call.name.as_str()) {
                let arguments = self.arguments(&call.tokens);
                if let [one, other, ..] = arguments.as_slice() {
                    let (actual, wanted) = if self.has_call(one) { (one, other) } else { (other, one) };
                    found.push(Equality { actual: actual.clone(), wanted: wanted.clone() });
                    continue;
                }
            }
            let is_wanted = WANTED.contains(&call.name.as_str()) || EQUAL.contains(&call.name.as_str());
            let negated =
                (before.saturating_sub(4)..before).any(|at| matches!(self.word(at), "not" | "not_to" | "to_not"));
            let expect =
                self.calls[..place].iter().rev().find(|call| matches!(call.name.as_str(), "expect" | "assertThat"));
            if let Some(expect) = expect
                .filter(|expect| is_wanted && !negated && expect.tokens.end <= before && before - expect.tokens.end < 8)
            {
                found.push(Equality {
                    actual: expect.tokens.clone(),
                    wanted: call.tokens.start + 1..call.tokens.end - 1,
                });
            }
        }
        for at in 0..self.tokens.len() {
            if self.word(at) == "assert" && self.tokens[at].kind == Kind::Name {
                found.extend(self.statement(at + 1));
            }
        }
        self.equalities = found;
    }

    /// Reads `A == B` up to the end of a line or of the bracket that it is in.
    fn statement(&self, from: usize) -> Option<Equality> {
        let (mut depth, mut at, mut middle) = (0i32, from, None);
        while at < self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => break,
                Kind::Close => depth -= 1,
                Kind::Line if depth == 0 => break,
                Kind::Name if depth == 0 && matches!(self.word(at), "and" | "or" | "not" | "if") => return None,
                Kind::Other if depth == 0 && self.word(at) == "," => break,
                Kind::Other if depth == 0 && self.word(at) == "=" && self.word(at + 1) == "=" && middle.is_none() => {
                    middle = Some(at);
                    at += if self.word(at + 2) == "=" { 2 } else { 1 };
                }
                _ => {}
            }
            at += 1;
        }
        let middle = middle?;
        let (left, right) = (from..middle, middle + if self.word(middle + 2) == "=" { 3 } else { 2 }..at);
        Some(if self.has_call(&left) {
            Equality { actual: left, wanted: right }
        } else {
            Equality { actual: right, wanted: left }
        })
    }

    /// Returns the arguments of a call, as tokens.
    fn arguments(&self, call: &Range<usize>) -> Vec<Range<usize>> {
        let (mut depth, mut from, mut found) = (0i32, call.start + 1, Vec::new());
        for at in call.start + 1..call.end - 1 {
            match self.tokens[at].kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                Kind::Other if depth == 0 && self.word(at) == "," => {
                    found.push(from..at);
                    from = at + 1;
                }
                _ => {}
            }
        }
        found.push(from..call.end - 1);
        found.retain(|range| range.clone().any(|at| self.tokens[at].kind != Kind::Line));
        found
    }

    fn has_call(&self, range: &Range<usize>) -> bool {
        self.calls.iter().any(|call| range.contains(&call.tokens.start))
    }

    fn is_literal(&self, at: usize) -> bool {
        matches!(self.tokens[at].kind, Kind::Text | Kind::Number)
    }

    fn is_wanted(&self, at: usize) -> bool {
        let beside = |at: usize| {
            self.word(at) == "=" && (self.word(at.wrapping_sub(1)) == "=" || self.word(at.wrapping_sub(1)) == "!")
        };
        self.equalities.iter().any(|equality| equality.wanted.contains(&at)) || beside(at.wrapping_sub(1)) || {
            matches!(self.word(at + 1), "=" | "!") && self.word(at + 2) == "="
        }
    }

    /// Returns the innermost call around a token.
    fn owner(&self, at: usize) -> Option<&Call> {
        self.calls.iter().filter(|call| call.tokens.contains(&at)).max_by_key(|call| call.tokens.start)
    }

    fn line(&self, at: usize) -> usize {
        self.text[..self.tokens[at].at.start].matches('\n').count() + 1
    }

    fn test(&self, at: usize) -> Option<String> {
        self.file.test_at(self.tokens[at].at.start).map(str::to_owned)
    }

    /// Returns the calls whose literals may be changed for the code under test to be tried with something else.
    pub fn inputs(&self) -> Vec<Input> {
        let mut found: BTreeMap<usize, Input> = BTreeMap::new();
        for at in (0..self.tokens.len())
            .filter(|at| self.is_literal(*at) && !self.naming.contains(at) && !self.is_wanted(*at))
        {
            let Some(call) = self.owner(at) else { continue };
            let name = call.name.as_str();
            let is_naming = NAMING.contains(&name)
                || EQUAL.contains(&name)
                || WANTED.contains(&name)
                || name.starts_with("assert")
                || name == "expect";
            if is_naming || is_path(&value(self.word(at))) || self.is_subscript(at) {
                continue;
            }
            let start = self.tokens[call.tokens.start.saturating_sub(1)].at.start;
            let end = self.tokens[call.tokens.end - 1].at.end;
            let input = found.entry(call.tokens.start).or_insert_with(|| Input {
                test: self.test(at),
                at: start..end,
                literals: Vec::new(),
                list: self.list_in(&call.tokens),
                function: call.name.clone(),
                arguments: self.arguments_of(&call.tokens),
                wanted: self.wanted_of(&call.tokens),
            });
            input.literals.push(self.tokens[at].at.clone());
        }
        // `f([])` is a call as `f([1])` is.
        let names: BTreeSet<String> = found.values().map(|input| input.function.clone()).collect();
        for call in self.calls.iter().filter(|call| names.contains(&call.name)) {
            let arguments = self.arguments_of(&call.tokens);
            let is_empty = arguments.is_empty() || arguments.iter().any(|argument| argument.value.is_none());
            if is_empty || self.naming.contains(&call.tokens.start) || self.is_wanted(call.tokens.start) {
                continue;
            }
            found.entry(call.tokens.start).or_insert_with(|| Input {
                test: self.test(call.tokens.start),
                function: call.name.clone(),
                at: self.tokens[call.tokens.start - 1].at.start..self.tokens[call.tokens.end - 1].at.end,
                literals: Vec::new(),
                list: self.list_in(&call.tokens),
                arguments,
                wanted: self.wanted_of(&call.tokens),
            });
        }
        found.into_values().collect()
    }

    fn arguments_of(&self, call: &Range<usize>) -> Vec<Argument> {
        let of = |(number, tokens): (usize, Range<usize>)| {
            let tokens = tokens.start..tokens.clone().rfind(|at| self.tokens[*at].kind != Kind::Line)? + 1;
            let first = tokens.clone().find(|at| self.tokens[*at].kind != Kind::Line)?;
            // `name=value`, as Python has it.
            let is_named = self.tokens[first].kind == Kind::Name
                && self.word(first + 1) == "="
                && self.word(first + 2) != "="
                && first + 2 < tokens.end;
            let (place, from) =
                if is_named { (self.word(first).to_owned(), first + 2) } else { (number.to_string(), first) };
            Some(Argument {
                place,
                at: self.tokens[from].at.start..self.tokens[tokens.end - 1].at.end,
                value: Reader::new(self.text, &self.tokens[from..tokens.end]).whole(),
            })
        };
        self.arguments(call).into_iter().enumerate().filter_map(of).collect()
    }

    /// Returns what a comparison wants of a call that stands alone on its other side.
    fn wanted_of(&self, call: &Range<usize>) -> Option<Range<usize>> {
        let is_it = |equality: &&Equality| {
            let inside: Vec<usize> = equality.actual.clone().filter(|at| self.tokens[*at].kind != Kind::Line).collect();
            // `expect(f(1))` has the brackets of `expect` around it.
            let brackets = usize::from(inside.first().is_some_and(|at| self.word(*at) == "("));
            inside.len() > 2 * brackets
                && inside[brackets] + 1 == call.start
                && inside[inside.len() - 1 - brackets] + 1 == call.end
        };
        let wanted = self.equalities.iter().find(is_it)?.wanted.clone();
        let is_line = |at: &usize| self.tokens[*at].kind == Kind::Line;
        let (first, last) = (wanted.clone().find(|at| !is_line(at))?, wanted.clone().rfind(|at| !is_line(at))?);
        Some(self.tokens[first].at.start..self.tokens[last].at.end)
    }

    /// Returns whether a literal says which part of something is taken, as in `golden['args']`.
    fn is_subscript(&self, at: usize) -> bool {
        let before = at.checked_sub(2).map(|before| &self.tokens[before]);
        self.word(at.wrapping_sub(1)) == "["
            && self.word(at + 1) == "]"
            && before.is_some_and(|before| match before.kind {
                Kind::Name => !["in", "return", "is", "and", "or", "not"].contains(&&self.text[before.at.clone()]),
                kind => kind == Kind::Close,
            })
    }

    fn list_in(&self, call: &Range<usize>) -> Option<Range<usize>> {
        let open = call.clone().skip(1).find(|at| self.word(*at) == "[")?;
        let mut depth = 0i32;
        for at in open..call.end {
            match self.tokens[at].kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(self.tokens[open].at.start..self.tokens[at].at.end);
            }
        }
        None
    }

    /// Returns the literals that comparisons want, each in bytes of the text; one for each comparison that has any.
    pub fn wanted(&self) -> Vec<Range<usize>> {
        let last =
            |equality: &Equality| equality.wanted.clone().rfind(|at| self.is_literal(*at) || self.is_constant(*at));
        let inside = |equality: &&Equality| !self.has_call(&equality.wanted) && self.has_call(&equality.actual);
        self.equalities.iter().filter(inside).filter_map(last).map(|at| self.tokens[at].at.clone()).collect()
    }

    fn is_constant(&self, at: usize) -> bool {
        is_constant(self.word(at))
    }

    /// Returns what the tests call and want, of comparisons and of tables.
    pub fn cases(&self) -> Vec<Case> {
        let values = |range: Range<usize>| -> Vec<String> {
            range.filter(|at| self.is_literal(*at) || self.is_constant(*at)).map(|at| value(self.word(at))).collect()
        };
        let mut cases = Vec::new();
        for equality in &self.equalities {
            let inner = self.calls.iter().filter(|call| {
                let inside = equality.actual.contains(&call.tokens.start)
                    && call.tokens.end <= equality.actual.end.max(call.tokens.end);
                inside && !(call.tokens.start == equality.actual.start && call.name == "expect")
            });
            let owned = |call: &&Call| {
                call.tokens
                    .clone()
                    .any(|at| self.is_literal(at) && self.owner(at).is_some_and(|owner| owner.tokens == call.tokens))
            };
            let Some(call) = inner.filter(owned).max_by_key(|call| call.tokens.start) else { continue };
            let arguments = values(call.tokens.clone());
            let at = call.tokens.start;
            cases.push(Case {
                test: self.test(at),
                arguments,
                wanted: values(equality.wanted.clone()),
                line: self.line(at),
            });
        }
        cases.extend(self.rows().into_iter().filter_map(|row| {
            let items = self.arguments(&row);
            let (wanted, arguments) = items.split_last()?;
            let arguments: Vec<String> = arguments.iter().flat_map(|item| values(item.clone())).collect();
            let case = Case {
                test: self.test(row.start),
                arguments,
                wanted: values(wanted.clone()),
                line: self.line(row.start),
            };
            (!case.arguments.is_empty() && !case.wanted.is_empty()).then_some(case)
        }));
        cases
    }

    /// Returns the rows of tables: brackets with nothing but literals and names of fields in them, in brackets with others such.
    fn rows(&self) -> Vec<Range<usize>> {
        let mut open: Vec<(usize, bool)> = Vec::new();
        let mut rows: Vec<(Option<usize>, Range<usize>)> = Vec::new();
        for at in 0..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Open => {
                    let is_call = self.calls.iter().any(|call| call.tokens.start == at);
                    if is_call {
                        open.iter_mut().for_each(|(_, plain)| *plain = false);
                    }
                    open.push((at, !is_call));
                }
                Kind::Close => {
                    if let Some((from, true)) = open.pop() {
                        rows.push((open.last().map(|(parent, _)| *parent), from..at + 1));
                    }
                }
                Kind::Text | Kind::Number | Kind::Line => {}
                Kind::Name if self.word(at + 1) == ":" || self.is_constant(at) => {}
                Kind::Other if [",", ":", "-"].contains(&self.word(at)) => {}
                _ => open.iter_mut().for_each(|(_, plain)| *plain = false),
            }
        }
        let beside = |parent: &Option<usize>| rows.iter().filter(|(other, _)| other == parent).count() > 1;
        let wide = |row: &Range<usize>| self.arguments(row).len() > 1;
        rows.iter()
            .filter(|(parent, row)| parent.is_some() && beside(parent) && wide(row))
            .map(|(_, row)| row.clone())
            .collect()
    }
}

fn is_path(text: &str) -> bool {
    let has_end = text.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty() && (2..5).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    text.contains('/') && (has_end || text.starts_with('/') || text.starts_with('.'))
        || has_end && !text.contains(' ') && text.len() > 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(path: &str, text: &str) -> Vec<String> {
        Assertions::parse(path, text).unwrap().inputs().into_iter().map(|input| text[input.at].to_owned()).collect()
    }

    fn cases(path: &str, text: &str) -> Vec<(Vec<String>, Vec<String>)> {
        let cases = Assertions::parse(path, text).unwrap().cases();
        cases.into_iter().map(|case| (case.arguments, case.wanted)).collect()
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_input_of_a_test_is_its_innermost_call_with_literals() {
        let py = "from n import f\n\ndef test_a():\n    assert f('1m', [2, 3]) == 60\n    assert f(open('a.json')) == 1\n    assert f(*given['args']) == 1\n";
        assert_eq!(inputs("tests/test_n.py", py), ["f('1m', [2, 3])"]);
        let js = "const { f } = require('../f.js');\ntest('case 0', () => {\n  assert.deepStrictEqual(f(\"x\"), 3);\n  expect(f(2)).toBe(4);\n});\n";
        assert_eq!(inputs("f.test.js", js), ["f(\"x\")", "f(2)"]);
        let rs = "#[test]\nfn a() {\n    assert_eq!(f(12), 3);\n}\n";
        assert_eq!(inputs("tests/f.rs", rs), ["f(12)"]);
    }

    #[test]
    fn a_case_is_what_is_passed_and_what_is_wanted() {
        let py = "def test_a():\n    assert f('1m', [2, 3]) == [60, 'a']\n";
        assert_eq!(cases("test_n.py", py), [(strings(&["1m", "2", "3"]), strings(&["60", "a"]))]);
        let unit = "def test_a(self):\n    self.assertEqual(f(1), 2)\n";
        assert_eq!(cases("test_n.py", unit), [(strings(&["1"]), strings(&["2"]))]);
        let js = "test('a', () => { expect(f('x')).toEqual({a: 1}); });\n";
        assert_eq!(cases("a.test.js", js), [(strings(&["x"]), strings(&["1"]))]);
        let table = "cases = [(['1h'], 3600), (['2m'], 120)]\nfor a, b in cases:\n    bad += f(*a) != b\n";
        let wanted = [(strings(&["1h"]), strings(&["3600"])), (strings(&["2m"]), strings(&["120"]))];
        assert_eq!(cases("tests/check.py", table), wanted);
        let negated = "test('a', () => { expect(f('x')).not.toEqual(1); });\n";
        assert_eq!(cases("a.test.js", negated), []);
    }

    #[test]
    fn what_is_wanted_is_a_literal_that_another_could_stand_for() {
        let text = "def test_a():\n    assert f(1) == [2, 3]\n    assert f(2) == g(3)\n    assert f(3) is None\n";
        let wanted = Assertions::parse("test_n.py", text).unwrap().wanted();
        assert_eq!(wanted.into_iter().map(|at| &text[at]).collect::<Vec<_>>(), ["3"]);
    }
}
