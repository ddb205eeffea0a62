//! What tests pass to the code under test, and what the task says of it: the material that other inputs are made of.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::assertions::{Argument, Assertions, Input};
use super::source::{Language, Token, tokens, value};
use super::strings::Strings;
use super::values::{Reader, Value, quoted};

/// The most examples that are taken from a task.
const MOST_EXAMPLES: usize = 24;

/// The most things of a kind that are kept for a place.
const MOST: usize = 60;

/// What the tests of a file call, read once for all its probes.
pub struct Calls<'t> {
    /// Its path.
    pub path: &'t str,
    /// Its text.
    pub text: &'t str,
    /// The calls whose literals may be changed.
    pub inputs: Vec<Input>,
}

impl<'t> Calls<'t> {
    /// Reads a file of tests; one in a language that is not known has none.
    pub fn read(path: &'t str, text: &'t str) -> Calls<'t> {
        let inputs = Assertions::parse(path, text).map(|read| read.inputs()).unwrap_or_default();
        Calls { path, text, inputs }
    }
}

/// A call that the task names, with what it is to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The function.
    pub function: String,
    /// What is passed.
    pub arguments: Vec<Value>,
    /// What is wanted; none where the task does not say it in a way that can be read.
    pub wanted: Option<Value>,
}

/// What is known of an argument of a function.
#[derive(Clone, Debug, Default)]
struct Place {
    values: Vec<Value>,
    strings: Strings,
    numbers: Vec<String>,
}

/// All that is known of the inputs of functions.
#[derive(Clone, Debug, Default)]
pub struct Material {
    places: BTreeMap<(String, String), Place>,
    examples: Vec<Example>,
    /// Constants that the task names: what is special to it.
    constants: Vec<Value>,
    /// Keys and values of all maps that are passed to a function, at any depth.
    entries: BTreeMap<String, Vec<(String, Value)>>,
}

impl Material {
    /// Gathers what files of tests pass to functions, and what the task says of those.
    pub fn gather<'f>(files: impl Iterator<Item = &'f Calls<'f>>, task: &str) -> Material {
        let mut material = Material::default();
        let mut arity: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for input in files.flat_map(|file| &file.inputs) {
            let of = arity.entry(input.function.clone()).or_default();
            *of = (of.0 + 1, of.1.max(input.arguments.len()));
            for argument in &input.arguments {
                material.add(&input.function, argument);
            }
        }
        material.read_task(task, &arity);
        material
    }

    /// Returns the examples of a function.
    pub fn examples(&self, function: &str) -> Vec<&Example> {
        self.examples.iter().filter(|example| example.function == function).collect()
    }

    fn add(&mut self, function: &str, argument: &Argument) {
        let Some(value) = &argument.value else { return };
        let place = self.places.entry((function.to_owned(), argument.place.clone())).or_default();
        place.add(value);
        let entries = self.entries.entry(function.to_owned()).or_default();
        value.each(&mut |inner| {
            if let Value::Map(of) = inner {
                entries.extend(of.iter().cloned());
            }
        });
        entries.truncate(4 * MOST);
    }

    fn read_task(&mut self, task: &str, arity: &BTreeMap<String, (usize, usize)>) {
        let all = tokens(task, Language::Hash);
        let named = |word: &&str| task.split(|one: char| !one.is_alphanumeric()).any(|part| part == *word);
        let constants = ["None", "null", "nil", "undefined", "NaN", "True", "False", "true", "false"];
        self.constants = constants.into_iter().filter(named).map(|word| Value::Constant(word.to_owned())).collect();
        for function in arity.keys() {
            for at in task.match_indices(function.as_str()).map(|(at, _)| at) {
                self.examples.extend(call_at(task, function, at));
            }
        }
        // What stands alone, `'' gives []`, can be said of one function only.
        let most_called = arity.iter().max_by_key(|(_, (count, _))| *count);
        if let Some((function, (_, 1))) = most_called {
            let own: Vec<Example> = all.iter().filter_map(|token| alone_at(task, token, function)).collect();
            self.examples.extend(own);
        }
        let mut kept: Vec<Example> = Vec::new();
        for example in std::mem::take(&mut self.examples) {
            match kept
                .iter_mut()
                .find(|known| known.function == example.function && known.arguments == example.arguments)
            {
                Some(known) => known.wanted = known.wanted.take().or(example.wanted),
                None => kept.push(example),
            }
        }
        kept.truncate(MOST_EXAMPLES);
        for example in &kept {
            for (number, value) in example.arguments.iter().enumerate() {
                let place = (example.function.clone(), number.to_string());
                if let Some(place) = self.places.get_mut(&place) {
                    // A task may come from outside: no quotes that let a string compute something.
                    place.add(&value.quoted('"'));
                }
            }
        }
        self.examples = kept;
        let words: Vec<&str> = task
            .split(|one: char| one.is_whitespace() || "()'\"`,;".contains(one))
            .map(|word| word.trim_end_matches(['.', ':', '?', '!']))
            .filter(|word| word.contains(|one: char| one.is_ascii_digit()) && word.len() <= 24)
            .collect();
        for place in self.places.values_mut() {
            place.add_words(&words);
        }
    }

    /// Returns other values for arguments of a call, by their places in the text. The same number gives the same.
    pub fn other(&self, input: &Input, path: &str, number: u64) -> Vec<(std::ops::Range<usize>, String)> {
        (0..6)
            .map(|again| self.try_other(input, path, number + (again << 32)))
            .find(|edits| !edits.is_empty())
            .unwrap_or_default()
    }

    fn try_other(&self, input: &Input, path: &str, seed: u64) -> Vec<(std::ops::Range<usize>, String)> {
        let mut random = Rng::with_seed(seed);
        let known: Vec<&Argument> = input.arguments.iter().filter(|argument| argument.value.is_some()).collect();
        let Some(chosen) = (!known.is_empty()).then(|| random.usize(..known.len())) else { return Vec::new() };
        let maps: Vec<(&Argument, &Value)> = known
            .iter()
            .filter_map(|argument| {
                Some((*argument, argument.value.as_ref().filter(|value| matches!(value, Value::Map(_)))?))
            })
            .collect();
        if maps.len() > 1 && random.u8(0..4) == 0 {
            return self.deeper(input, &maps, &mut random);
        }
        if known.len() > 1 && random.u8(0..5) == 0 {
            let edit = alike(&known, chosen, &mut random);
            if edit.is_some() {
                return edit.into_iter().collect();
            }
        }
        let is_all = known.len() > 1 && random.u8(0..4) == 0;
        let mut edits = Vec::new();
        for (number, argument) in known.iter().enumerate().filter(|(number, _)| is_all || *number == chosen) {
            let (Some(value), Some(place)) =
                (&argument.value, self.places.get(&(input.function.clone(), argument.place.clone())))
            else {
                continue;
            };
            // What another test passes here, beside what this one passes elsewhere.
            let others: Vec<&Value> = place.values.iter().filter(|other| *other != value).collect();
            let taken = (known.len() > 1 && number % 2 == chosen % 2 && random.u8(0..3) == 0)
                .then(|| random.choice(others.iter()).map(|other| (*other).clone()))
                .flatten();
            let source = Source { place, of: self, function: &input.function, path };
            let new = taken.unwrap_or_else(|| source.changed(value, &mut random, 0));
            if new != *value {
                edits.push((argument.at.clone(), new.write()));
            }
        }
        edits
    }

    /// Puts all maps of a call below the same keys, which keeps what they have to do with each other.
    fn deeper(
        &self,
        input: &Input,
        maps: &[(&Argument, &Value)],
        random: &mut Rng,
    ) -> Vec<(std::ops::Range<usize>, String)> {
        let entries = self.entries.get(&input.function).map(Vec::as_slice).unwrap_or_default();
        let keys: Vec<&String> =
            (0..random.u8(1..3)).filter_map(|_| random.choice(entries.iter())).map(|(key, _)| key).collect();
        let below = |value: &Value| {
            keys.iter().fold(value.clone(), |value, key| Value::Map(vec![((*key).clone(), value)])).write()
        };
        maps.iter().map(|(argument, value)| (argument.at.clone(), below(value))).collect()
    }
}

/// Passes for an argument nearly what is passed for another one: what code does with two things often turns on what they
/// have in common.
fn alike(known: &[&Argument], chosen: usize, random: &mut Rng) -> Option<(std::ops::Range<usize>, String)> {
    let to = known.get(chosen)?;
    let is_other = |one: &&&Argument| {
        let kind = |of: &Argument| of.value.as_ref().map(std::mem::discriminant);
        one.place != to.place && kind(one) == kind(to)
    };
    let from = known.iter().find(is_other)?.value.as_ref()?;
    let new = match from {
        Value::Text(text) => {
            let (quote, own) = (text.chars().next()?, value(text));
            let cut = own.rfind(|one: char| !one.is_alphanumeric());
            let new = match (random.u8(0..4), cut) {
                (1, Some(cut)) => own[..cut].to_owned(),
                (2, Some(cut)) => format!("{own}{}", &own[cut..]),
                // As one more part that is nothing, in `1.2.0`.
                (3, Some(cut)) => format!("{own}{}0", own[cut..].chars().next()?),
                _ => own,
            };
            Value::Text(quoted(&new, quote))
        }
        Value::List { open, items, close } if random.bool() => Value::List {
            open: open.clone(),
            items: items[..items.len().saturating_sub(1)].to_vec(),
            close: close.clone(),
        },
        same => same.clone(),
    };
    (to.value.as_ref() != Some(&new)).then(|| (to.at.clone(), new.write()))
}

impl Place {
    fn add(&mut self, value: &Value) {
        if self.values.len() < MOST && !self.values.contains(value) {
            self.values.push(value.clone());
        }
        value.each(&mut |inner| match inner {
            Value::Text(text) if self.strings.all().len() < MOST => self.strings.add(&super::source::value(text)),
            Value::Number(number) if self.numbers.len() < MOST && !self.numbers.contains(number) => {
                self.numbers.push(number.clone());
            }
            _ => {}
        });
    }

    /// Adds words of the task that are made of what was seen here.
    fn add_words(&mut self, words: &[&str]) {
        let letters: String = self.strings.all().concat();
        let is_one = |one: char| one.is_ascii_digit() || letters.contains(one);
        for word in words {
            // A number by itself may count anything.
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number && word.chars().all(is_one) && self.strings.all().len() < MOST {
                self.strings.add(word);
            }
            let is_room = (1..MOST).contains(&self.numbers.len());
            if is_room && word.len() < 7 && word.parse::<i64>().is_ok() {
                self.numbers.push((*word).to_owned());
            }
        }
    }
}

/// What an argument is changed by.
struct Source<'m> {
    place: &'m Place,
    of: &'m Material,
    function: &'m str,
    path: &'m str,
}

impl Source<'_> {
    fn changed(&self, value: &Value, random: &mut Rng, depth: usize) -> Value {
        match value {
            Value::Text(text) => self.other_text(text, random),
            Value::Number(number) => self.other_number(number, random, depth),
            Value::Constant(word) => match word.as_str() {
                "True" => Value::Constant("False".to_owned()),
                "False" => Value::Constant("True".to_owned()),
                "true" => Value::Constant("false".to_owned()),
                "false" => Value::Constant("true".to_owned()),
                _ => random.choice(self.place.values.iter()).cloned().unwrap_or_else(|| value.clone()),
            },
            Value::List { open, items, close } => Value::List {
                open: open.clone(),
                items: self.other_items(value, items, random, depth),
                close: close.clone(),
            },
            Value::Map(entries) => Value::Map(self.other_entries(entries, random, depth)),
        }
    }

    fn other_text(&self, text: &str, random: &mut Rng) -> Value {
        let quote = text.chars().next().unwrap_or('"');
        let own = value(text);
        let known: Vec<&String> = self.place.strings.all().iter().filter(|known| **known != own).collect();
        let new = match random.u8(0..8) {
            0 => random.choice(known.iter()).map(|known| (*known).clone()),
            1 => Some(String::new()),
            _ => self.place.strings.another(random),
        };
        Value::Text(quoted(&new.unwrap_or_else(|| format!("{own}{own}")), quote))
    }

    fn other_number(&self, number: &str, random: &mut Rng, depth: usize) -> Value {
        let numbers = &self.place.numbers;
        let known = random.choice(numbers.iter()).filter(|known| *known != number);
        let suffix: String = number.chars().skip_while(|one| one.is_ascii_digit() || "-._".contains(*one)).collect();
        let Ok(whole) = value(number).parse::<i64>() else {
            return known.map_or_else(|| Value::Number(number.to_owned()), |known| Value::Number(known.clone()));
        };
        let is_signed = !self.path.ends_with(".rs") || numbers.iter().any(|number| number.starts_with('-'));
        // Numbers that lie together, as the ends of a span do, mostly have an order.
        let near = [whole.checked_add(1), whole.checked_sub(1), whole.checked_add(2)];
        let far = [
            Some(0),
            Some(1),
            whole.checked_neg(),
            whole.checked_mul(10).and_then(i64::checked_neg),
            whole.checked_mul(10),
            Some(whole / 2),
            whole.checked_add(random.i64(2..50)),
        ];
        let new = match random.u8(0..4) {
            0 => {
                return known.map_or_else(|| Value::Number(format!("1{suffix}")), |known| Value::Number(known.clone()));
            }
            1 => near[random.usize(..near.len())],
            _ if depth > 1 => near[random.usize(..near.len())],
            _ => far[random.usize(..far.len())],
        };
        let new = new.filter(|new| is_signed || *new >= 0).unwrap_or(2);
        Value::Number(format!("{new}{suffix}"))
    }

    fn other_items(&self, own: &Value, items: &[Value], random: &mut Rng, depth: usize) -> Vec<Value> {
        let mut new = items.to_vec();
        let is_fixed = matches!(own, Value::List { open, .. } if open == "(");
        // A pair of numbers inside a list is one thing with two parts.
        let is_part = depth > 0 && items.len() <= 3 && items.iter().all(|item| matches!(item, Value::Number(_)));
        let change = |new: &mut Vec<Value>, random: &mut Rng| {
            if new.is_empty() {
                return;
            }
            let place = random.usize(..new.len());
            new[place] = self.changed(&new[place].clone(), random, depth + 1);
        };
        if is_fixed || is_part {
            change(&mut new, random);
            return new;
        }
        let others: Vec<&Value> = self
            .place
            .values
            .iter()
            .filter_map(|value| match value {
                Value::List { items, .. } if depth == 0 => Some(items),
                _ => None,
            })
            .flatten()
            .collect();
        let another = random.choice(others.iter()).map(|other| (*other).clone());
        match random.u8(0..9) {
            0 => {
                new.pop();
            }
            1 => new.reverse(),
            2 => new.extend(items.iter().take(1).cloned()),
            3 => new.extend(items.to_vec()),
            4 => {
                let place = random.usize(..=new.len());
                new.splice(place..place, another);
            }
            5 => new.truncate(1),
            6 => new.clear(),
            7 => {
                new.extend(another);
                random.shuffle(&mut new);
            }
            _ => change(&mut new, random),
        }
        if new == items {
            change(&mut new, random);
        }
        new
    }

    fn other_entries(&self, entries: &[(String, Value)], random: &mut Rng, depth: usize) -> Vec<(String, Value)> {
        let mut new = entries.to_vec();
        let others = self.of.entries.get(self.function).map(Vec::as_slice).unwrap_or_default();
        let another = random.choice(others.iter()).cloned();
        let place = random.usize(..new.len().max(1));
        match (random.u8(0..9), another) {
            (0, _) if !new.is_empty() => {
                new.remove(place);
            }
            // One key with the value of another: other kinds meet.
            (1 | 2, Some((_, value))) if !new.is_empty() => new[place].1 = value,
            (3 | 4, Some((key, value))) => {
                new.retain(|(known, _)| *known != key);
                new.push((key, value));
            }
            (5, Some((key, value))) if !new.is_empty() && depth < 3 => new[place].1 = Value::Map(vec![(key, value)]),
            (6..8, Some((key, _))) if !self.of.constants.is_empty() => {
                let constant = random.choice(self.of.constants.iter()).cloned();
                new.retain(|(known, _)| *known != key);
                new.extend(constant.map(|constant| (key, constant)));
            }
            _ if !new.is_empty() => new[place].1 = self.changed(&new[place].1.clone(), random, depth + 1),
            (_, another) => new.extend(another),
        }
        new
    }
}

/// What stands between a call and what it gives.
fn after_gives(rest: &str) -> Option<&str> {
    const BEFORE: [&str; 8] = ["must", "should", "shall", "has to", "needs to", "is to", "ought to", "will"];
    const GIVES: [&str; 17] = [
        "gives", "give", "returns", "return", "yields", "yield", "equals", "equal", "produces", "produce", "becomes",
        "is", "be", "===", "==", "=>", "->",
    ];
    let plain = |text: &'static str| {
        move |rest: &mut &str| match rest.strip_prefix(text) {
            Some(after) if !after.starts_with(|one: char| one.is_alphanumeric()) => {
                *rest = after.trim_start_matches([' ', '`', ':']);
                true
            }
            _ => false,
        }
    };
    let mut rest = rest.trim_start_matches(['`', ' ']).trim_start_matches("→");
    BEFORE.into_iter().any(|word| plain(word)(&mut rest));
    GIVES.into_iter().any(|word| plain(word)(&mut rest)).then_some(rest)
}

/// Reads what is wanted after `gives`, in the first characters of a text.
fn wanted(rest: &str) -> Option<Value> {
    let rest = after_gives(rest)?.trim_start_matches(['`', ' ']);
    let end = rest.char_indices().nth(400).map_or(rest.len(), |(at, _)| at);
    let rest = &rest[..end];
    let all = tokens(rest, Language::Slashes);
    let (value, behind) = Reader::new(rest, &all).first()?;
    let sequence = sequence(rest, &all);
    if sequence.len() > 1 {
        return Some(Value::List { open: "[".to_owned(), items: sequence, close: "]".to_owned() });
    }
    let mut after = rest[behind..].trim_start_matches('`').chars();
    let next = after.next();
    // `3 items` is something else.
    let goes_on = match next {
        None | Some('.' | ')' | ';' | ':' | '\n' | '!' | '?') => false,
        Some(',') => after.as_str().trim_start().starts_with(|one: char| one.is_ascii_digit() || "'\"-[".contains(one)),
        Some(' ') => {
            let word = after.as_str().trim_start();
            matches!(value, Value::Number(_)) && !["and", "but", "not", "("].iter().any(|begin| word.starts_with(begin))
        }
        Some(_) => true,
    };
    (!goes_on).then_some(value)
}

/// Reads `3, 2, 1`.
fn sequence(rest: &str, all: &[Token]) -> Vec<Value> {
    let mut found = Vec::new();
    let mut part = all;
    while let Some((value @ Value::Number(_), behind)) = Reader::new(rest, part).first() {
        found.push(value);
        part = &part[part.iter().position(|token| token.at.start >= behind).unwrap_or(part.len())..];
        match part.first().map(|token| &rest[token.at.clone()]) {
            Some(",") => part = &part[1..],
            _ => break,
        }
    }
    found
}

/// Reads a call of the function at a place of a task.
fn call_at(task: &str, function: &str, at: usize) -> Option<Example> {
    let before = task[..at].chars().next_back();
    let rest = task[at + function.len()..].strip_prefix('(')?;
    if before.is_some_and(|one| one.is_alphanumeric() || one == '_') {
        return None;
    }
    let end = rest.char_indices().nth(400).map_or(rest.len(), |(at, _)| at);
    let all: Vec<Token> = tokens(&rest[..end], Language::Hash);
    let mut depth = 0i32;
    let close = all.iter().position(|token| {
        match &rest[token.at.clone()] {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        depth < 0
    })?;
    let mut arguments = Vec::new();
    let mut part = &all[..close];
    while !part.is_empty() {
        let (value, behind) = Reader::new(rest, part).first()?;
        arguments.push(value);
        part = &part[part.iter().position(|token| token.at.start >= behind).unwrap_or(part.len())..];
        match part.first().map(|token| &rest[token.at.clone()]) {
            Some(",") => part = &part[1..],
            Some(_) => return None,
            None => {}
        }
    }
    let wanted = wanted(&rest[all[close].at.end..]);
    (!arguments.is_empty()).then(|| Example { function: function.to_owned(), arguments, wanted })
}

/// Reads a string that stands alone in a task, before what it gives.
fn alone_at(task: &str, token: &Token, function: &str) -> Option<Example> {
    let word = &task[token.at.clone()];
    let before = task[..token.at.start].chars().next_back();
    let is_alone = !before.is_some_and(|one| one.is_alphanumeric() || "(,[".contains(one))
        || task[..token.at.start].ends_with(" (")
        || task[..token.at.start].ends_with(", ");
    if !is_alone || !word.starts_with(['\'', '"']) || word.len() < 2 {
        return None;
    }
    let rest = &task[token.at.end..];
    after_gives(rest)?;
    Some(Example { function: function.to_owned(), arguments: vec![Value::Text(word.to_owned())], wanted: wanted(rest) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PY: &str = "from n import f, g\n\ndef test_a():\n    assert f('1h2m') == 3720\n\ndef test_b():\n    assert f('5s') == 5\n\ndef test_c():\n    assert g([[1, 2]], {'a': 1}) == 1\n";

    fn examples(task: &str) -> Vec<String> {
        let material = Material::gather(std::iter::once(&Calls::read("test_n.py", PY)), task);
        let said = |one: &Example| {
            let arguments: Vec<String> = one.arguments.iter().map(Value::write).collect();
            let wanted = one.wanted.as_ref().map_or_else(|| "?".to_owned(), Value::write);
            format!("{}({}) {wanted}", one.function, arguments.join(", "))
        };
        material.examples.iter().map(said).collect()
    }

    #[test]
    fn a_task_says_what_calls_give() {
        assert_eq!(examples("f('1h30m') must give 5400: parts add up"), ["f('1h30m') 5400"]);
        assert_eq!(examples("`f('x')` should return `[1, 2]`."), ["f('x') [1, 2]"]);
        assert_eq!(examples("f('3-1') gives 3, 2, 1; f(x) gives 2"), ["f('3-1') [3, 2, 1]"]);
        assert_eq!(examples("a bare number is seconds, '' is 0."), ["f('') 0"]);
        assert_eq!(examples("f('1h') must give seconds; half('x') gives 1"), ["f('1h') ?"]);
        assert_eq!(examples("g([[1, 3]], {}) == 4 but f is fine"), ["g([[1, 3]], {}) 4"]);
        assert_eq!(examples("it's f( and 'x"), [""; 0]);
    }

    #[test]
    fn other_inputs_are_made_of_those_that_tests_pass() {
        let file = Calls::read("test_n.py", PY);
        let material = Material::gather(std::iter::once(&file), "f('1h30m') gives seconds, not 90");
        let inputs = &file.inputs;
        let made = |input: &Input, number| {
            let edits = material.other(input, "test_n.py", number);
            edits.into_iter().map(|(_, new)| new).collect::<Vec<_>>().join(" ")
        };
        let all: Vec<String> = (0..40).map(|number| made(&inputs[0], number)).collect();
        let form = regex::Regex::new("^'([0-9]+[hms])*'$").unwrap();
        assert!(all.iter().filter(|text| form.is_match(text)).count() >= 36, "{all:?}");
        let pair = "def test_a():\n    assert g('1.2', '3.10') == -1\n";
        let file = Calls::read("test_n.py", pair);
        let of_pair = Material::gather(std::iter::once(&file), "");
        let input = &file.inputs[0];
        let all: Vec<String> =
            (0..300).filter_map(|number| Some(of_pair.other(input, "n.py", number).pop()?.1)).collect();
        for kind in ["'1.2'", "'3.10.10'", "'1.2.0'", "'3'"] {
            assert!(all.iter().any(|text| text == kind), "{kind} is not in {all:?}");
        }
        let all: Vec<String> = (0..60).map(|number| made(&inputs[2], number)).collect();
        for kind in ["[]", "{}", "[[1, 2], [1, 2]]", "[[2, 2]]"] {
            assert!(all.iter().any(|text| text.contains(kind)), "{kind} is not in {all:?}");
        }
    }
}
