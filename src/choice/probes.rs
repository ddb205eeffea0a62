//! Copies of tests that pass other inputs, or want other results, than those that code may have been written for.
//!
//! A probe is the test with other literals in its innermost call: what the code gives for them is compared between variants,
//! whether the test passes or not. A canary is the test with another result: code that passes both the test and its canary
//! equals everything, or has changed what equal means.

use std::collections::BTreeMap;

use super::assertions::{Assertions, Input};
use super::material::{Calls, Example, Material};
use super::source::value;
use super::values::Value;

/// The number of the first probe that passes what the task says, and wants what the task says.
const FIRST_EXAMPLE: usize = 100;

/// How many files of examples are made.
const EXAMPLES: usize = 3;

/// Each of so many probes passes what has another form than what the tests pass.
const WILD: usize = 4;

/// Returns how many probes are made of each test, where there are so many.
pub fn count(tests: usize) -> usize {
    match tests {
        0..=8 => 20,
        9..=30 => 12,
        _ => 6,
    }
}

/// Returns whether what a probe passes may have another form than what tests pass: right code may answer it in many ways.
pub fn is_wild(number: usize) -> bool {
    number < FIRST_EXAMPLE && number.is_multiple_of(WILD)
}

/// Returns whether a probe is an example of the task.
pub fn is_example(number: usize) -> bool {
    number >= FIRST_EXAMPLE
}

/// Returns the numbers of examples.
pub fn examples() -> std::ops::Range<usize> {
    FIRST_EXAMPLE..FIRST_EXAMPLE + EXAMPLES
}

/// A file of tests with other literals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The file.
    pub text: String,
    /// The calls of each test as they are in it.
    pub inputs: BTreeMap<String, String>,
    /// It passes nothing that is empty, zero or negative, for which code may not end.
    pub is_mild: bool,
}

/// Returns the file with other inputs, by the number of the probe; none where there is nothing to change.
pub fn probe(file: &Calls<'_>, number: usize, material: &Material) -> Option<Probe> {
    let (path, text) = (file.path, file.text);
    let all = file.inputs.iter().map(|input| input.function.as_str());
    let counts = all.fold(BTreeMap::<&str, usize>::new(), |mut counts, function| {
        *counts.entry(function).or_default() += 1;
        counts
    });
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    let mut made = BTreeMap::new();
    for (place, input) in file.inputs.iter().enumerate() {
        let (of_function, seen) = (counts[input.function.as_str()], seen.entry(&input.function).or_default());
        let before = std::mem::replace(seen, *seen + 1);
        if is_uncertain(&text[input.at.clone()]) {
            continue;
        }
        let own = if is_example(number) {
            let examples = material.examples(&input.function).into_iter().filter(|example| example.wanted.is_some());
            let mut examples = examples.skip((number - FIRST_EXAMPLE) * of_function + before);
            examples.next().map(|example| told(path, text, input, example)).unwrap_or_default()
        } else {
            let example = material.examples(&input.function).into_iter().nth((number - 1) * of_function + before);
            let tame = example.map(|example| passed(path, input, example)).filter(|edits| !edits.is_empty());
            let tame = tame.unwrap_or_else(|| material.other(input, path, (number * 1000 + place) as u64));
            if (is_wild(number) || tame.is_empty()) && !input.literals.is_empty() {
                changes(path, text, input, number + place)
            } else {
                tame
            }
        };
        let own: Vec<_> =
            own.into_iter().filter(|(at, _)| !(path.ends_with(".rs") && text[at.clone()].starts_with('\''))).collect();
        if own.is_empty() {
            continue;
        }
        if let Some(test) = &input.test {
            made.insert(test.clone(), edited(text, input.at.clone(), &own));
        }
        edits.extend(own);
    }
    let is_mild = edits.iter().all(|(_, new)| !is_extreme(new));
    (!edits.is_empty()).then(|| Probe { text: edited(text, 0..text.len(), &edits), inputs: made, is_mild })
}

/// Returns whether a value, as it is written, is or holds one for which loops are known not to end.
fn is_extreme(new: &str) -> bool {
    let is_number = |word: &str| word.parse::<f64>().is_ok_and(|number| number <= 0.0);
    new.split([' ', ',', '[', ']', '(', ')', '{', '}']).any(is_number)
        || ["''", "\"\"", "[]", "{}", "None", "null", "nil", "undefined", "NaN"].iter().any(|word| new.contains(word))
}

/// Returns the file with other results wanted; none where none is known.
pub fn canary(path: &str, text: &str) -> Option<String> {
    let wanted = Assertions::parse(path, text)?.wanted();
    let is_character = |literal: &str| path.ends_with(".rs") && literal.starts_with('\'');
    let wanted = wanted.into_iter().filter(|at| !is_character(&text[at.clone()]));
    let edits: Vec<_> =
        wanted.map(|at| (at.clone(), other(&text[at.clone()]))).filter(|(at, new)| text[at.clone()] != **new).collect();
    (!edits.is_empty()).then(|| edited(text, 0..text.len(), &edits))
}

/// Returns whether what a test does is another thing each time.
pub fn is_uncertain(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["random", "uuid", "time(", "now(", "sleep", "socket", "http"].iter().any(|word| lower.contains(word))
}

fn edited(text: &str, part: std::ops::Range<usize>, edits: &[(std::ops::Range<usize>, String)]) -> String {
    let mut edits: Vec<_> = edits.iter().filter(|(at, _)| part.contains(&at.start)).collect();
    edits.sort_by_key(|(at, _)| at.start);
    let (mut made, mut from) = (String::new(), part.start);
    for (at, new) in edits.into_iter().filter(|(at, _)| at.end <= part.end) {
        if at.start >= from {
            made += &text[from..at.start];
            made += new;
            from = at.end;
        }
    }
    made + &text[from..part.end]
}

/// Returns the edits that make a call that of an example.
fn passed(path: &str, input: &Input, example: &Example) -> Vec<(std::ops::Range<usize>, String)> {
    let is_like = input.arguments.len() == example.arguments.len();
    let pairs = input.arguments.iter().zip(&example.arguments).filter(|_| is_like);
    pairs.map(|(argument, value)| (argument.at.clone(), value.quoted(quote(path)).write())).collect()
}

/// Returns the edits that make a test that of an example; none where it does not compare the call with something.
fn told(path: &str, text: &str, input: &Input, example: &Example) -> Vec<(std::ops::Range<usize>, String)> {
    let (Some(at), Some(wanted)) = (&input.wanted, &example.wanted) else { return Vec::new() };
    // A task may say `3, 2, 1` of a list.
    if matches!(wanted, Value::List { .. }) && !text[at.clone()].contains('[') {
        return Vec::new();
    }
    let mut edits = passed(path, input, example);
    if !edits.is_empty() {
        edits.push((at.clone(), wanted.quoted(quote(path)).write()));
    }
    edits
}

/// Returns how a language writes a string.
fn quote(path: &str) -> char {
    if path.ends_with(".py") || path.ends_with(".rb") { '\'' } else { '"' }
}

/// Returns what is changed in a call: its list, or one or all of its literals.
fn changes(path: &str, text: &str, input: &Input, number: usize) -> Vec<(std::ops::Range<usize>, String)> {
    if let Some(list) = input.list.clone().filter(|_| number % 2 == 1) {
        return vec![(list.clone(), other_list(&text[list], number / 2))];
    }
    // Numbers below zero are not of every type.
    let signed = !path.ends_with(".rs") || text.contains("(-") || text.contains(", -");
    let chosen = (number / 2) % input.literals.len();
    let all = number.is_multiple_of(3);
    let literals = input.literals.iter().enumerate().filter(|(place, _)| all || *place == chosen);
    literals.map(|(place, at)| (at.clone(), changed(&text[at.clone()], number + place, signed))).collect()
}

/// Returns another literal of the same type.
fn changed(literal: &str, number: usize, signed: bool) -> String {
    let quote = literal.chars().next().filter(|one| "\"'`".contains(*one));
    let Some(quote) = quote else { return other_number(literal, number, signed) };
    let text: Vec<char> = value(literal).chars().collect();
    let half = text.len() / 2;
    let digits: String = text
        .iter()
        .map(|one| one.to_digit(10).map_or(*one, |digit| char::from(b'0' + ((digit + 1) % 10) as u8)))
        .collect();
    let whole: String = text.iter().collect();
    let new: String = match number % 9 {
        0 => text[half..].iter().collect(),
        1 => text[..text.len() - usize::from(!text.is_empty())].iter().collect(),
        2 => format!("{whole}{whole}"),
        3 => digits,
        4 => String::new(),
        5 => text[..half].iter().chain(&text[half.saturating_sub(1)..]).collect(),
        6 => text.iter().skip(1).collect(),
        7 => text.iter().rev().collect(),
        _ => text.iter().flat_map(|one| if one.is_ascii_digit() { vec![*one, *one] } else { vec![*one] }).collect(),
    };
    let new = if new == whole { format!("{whole}{}", text.last().unwrap_or(&'a')) } else { new };
    let escaped: String = new
        .chars()
        .map(|one| match one {
            '\n' => "\\n".to_owned(),
            '\t' => "\\t".to_owned(),
            one if one == quote || one == '\\' => format!("\\{one}"),
            one => one.to_string(),
        })
        .collect();
    format!("{quote}{escaped}{quote}")
}

fn other_number(literal: &str, number: usize, signed: bool) -> String {
    let digits = value(literal);
    let suffix: String = literal.chars().skip_while(|one| one.is_ascii_digit() || "._".contains(*one)).collect();
    if let Ok(whole) = digits.parse::<i64>() {
        let new = match number % 7 {
            0 => whole.checked_add(1),
            1 => whole.checked_mul(10),
            2 => Some(0).filter(|_| whole != 0).or(Some(1)),
            3 if signed && whole != 0 => whole.checked_neg(),
            3 => whole.checked_add(2),
            4 => Some(whole / 2).filter(|half| *half != whole).or(Some(3)),
            5 => whole.checked_mul(3).and_then(|whole| whole.checked_add(7)),
            _ => whole.checked_sub(1).filter(|less| signed || *less >= 0).or(Some(4)),
        };
        return format!("{}{suffix}", new.unwrap_or(1));
    }
    match digits.parse::<f64>() {
        Ok(real) => format!("{:?}{suffix}", real * 2.0 + number as f64),
        Err(_) => literal.to_owned(),
    }
}

/// Returns a list of the same things: without the last, in another order, twice, or none.
fn other_list(list: &str, number: usize) -> String {
    let inner = &list[1..list.len() - 1];
    let (mut depth, mut items, mut quoted, mut item) = (0i32, Vec::new(), None, String::new());
    for one in inner.chars() {
        match one {
            '"' | '\'' if quoted.is_none() => quoted = Some(one),
            one if quoted == Some(one) => quoted = None,
            '(' | '[' | '{' if quoted.is_none() => depth += 1,
            ')' | ']' | '}' if quoted.is_none() => depth -= 1,
            ',' if depth == 0 && quoted.is_none() => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            _ => {}
        }
        item.push(one);
    }
    items.push(item);
    items.retain(|item| !item.trim().is_empty());
    let items: Vec<String> = items.iter().map(|item| item.trim().to_owned()).collect();
    let new: Vec<String> = match number % 4 {
        0 => items.iter().take(items.len().saturating_sub(1)).cloned().collect(),
        1 => items.iter().rev().cloned().collect(),
        2 => items.iter().chain(&items).cloned().collect(),
        _ => items.iter().skip(1).cloned().collect(),
    };
    format!("[{}]", new.join(", "))
}

/// Returns a literal that is another value of its type.
fn other(literal: &str) -> String {
    match literal {
        "True" => return "False".to_owned(),
        "False" => return "True".to_owned(),
        "true" => return "false".to_owned(),
        "false" => return "true".to_owned(),
        "None" | "null" | "nil" | "undefined" => return "987123".to_owned(),
        _ => {}
    }
    match literal.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) if literal.len() > 1 => {
            format!("{}~{quote}", &literal[..literal.len() - 1])
        }
        Some(one) if one.is_ascii_digit() => {
            let whole = value(literal).parse::<i64>().ok().and_then(|whole| whole.checked_add(41));
            let suffix: String =
                literal.chars().skip_while(|one| one.is_ascii_digit() || "._".contains(*one)).collect();
            whole.map_or_else(|| literal.to_owned(), |whole| format!("{whole}{suffix}"))
        }
        _ => literal.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PY: &str = "from n import f\n\ndef test_a():\n    assert f('1h2m') == 3720\n\ndef test_b():\n    assert f([3, 1]) == [1, 3]\n";

    #[test]
    fn probes_change_what_is_passed_and_not_what_is_wanted() {
        let file = Calls::read("test_n.py", PY);
        let material = Material::gather(std::iter::once(&file), "");
        let made: Vec<Probe> = (1..=12).map(|number| probe(&file, number, &material).unwrap()).collect();
        for one in &made {
            assert!(one.text.contains("== 3720") && one.text.contains("== [1, 3]") && one.text != PY, "{}", one.text);
        }
        let inputs: std::collections::BTreeSet<&String> = made.iter().flat_map(|one| one.inputs.values()).collect();
        assert!(inputs.len() >= 12, "{inputs:?}");
    }

    #[test]
    fn an_example_is_a_test_of_what_the_task_says() {
        let file = Calls::read("test_n.py", PY);
        let material = Material::gather(std::iter::once(&file), "f('1h30m') must give 5400.");
        let made = probe(&file, FIRST_EXAMPLE, &material).unwrap();
        assert!(made.text.contains("assert f('1h30m') == 5400\n"), "{}", made.text);
        assert_eq!(made.inputs.len(), 1);
        assert_eq!(probe(&file, FIRST_EXAMPLE + 1, &material), None);
    }

    #[test]
    fn a_canary_wants_something_else() {
        let made = canary("test_n.py", PY).unwrap();
        assert!(made.contains("f('1h2m') == 3761") && made.contains("== [1, 44]"), "{made}");
        assert_eq!(canary("test_n.py", "def test_a():\n    assert f(1)\n"), None);
    }
}
