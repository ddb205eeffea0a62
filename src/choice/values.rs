//! Literals with all that is in them, as tests write them: read, changed, and written again.

use super::source::{Kind, Token, is_constant, value};

/// How deep literals may lie in each other.
const DEEPEST: usize = 8;

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string with its quotes.
    Text(String),
    /// A number with its sign.
    Number(String),
    /// `True`, `null` and such.
    Constant(String),
    /// Values in brackets.
    List {
        /// What opens it: `[`, `(`, `vec![`, `&[`.
        open: String,
        /// What is in it.
        items: Vec<Value>,
        /// What closes it.
        close: String,
    },
    /// Keys and values in braces.
    Map(Vec<(String, Value)>),
}

/// Reads values from the tokens of a text.
pub struct Reader<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Reader<'t> {
    /// Begins at the first of the tokens.
    pub fn new(text: &'t str, tokens: &'t [Token]) -> Reader<'t> {
        Reader { text, tokens, at: 0 }
    }

    /// Reads all tokens as one value; none where they are something else, or more.
    pub fn whole(mut self) -> Option<Value> {
        let value = self.value(0)?;
        self.skip_lines();
        (self.at == self.tokens.len()).then_some(value)
    }

    /// Reads a value, and returns with it the place in the text behind it.
    pub fn first(mut self) -> Option<(Value, usize)> {
        let value = self.value(0)?;
        Some((value, self.tokens[self.at - 1].at.end))
    }

    fn word(&self) -> &'t str {
        self.tokens.get(self.at).map_or("", |token| &self.text[token.at.clone()])
    }

    fn kind(&self) -> Option<Kind> {
        Some(self.tokens.get(self.at)?.kind)
    }

    fn skip_lines(&mut self) {
        while self.kind() == Some(Kind::Line) {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.word() == word;
        self.at += usize::from(is_it);
        is_it
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_lines();
        let word = self.word();
        match self.kind()? {
            _ if depth > DEEPEST => None,
            Kind::Text => self.taken(Value::Text(word.to_owned())),
            Kind::Number => self.taken(Value::Number(word.to_owned())),
            Kind::Other if word == "-" && self.tokens.get(self.at + 1)?.kind == Kind::Number => {
                self.at += 1;
                let number = format!("-{}", self.word());
                self.taken(Value::Number(number))
            }
            Kind::Other if word == "&" && self.tokens.get(self.at + 1)?.kind == Kind::Open => {
                self.at += 1;
                self.list("&", depth)
            }
            Kind::Name if is_constant(word) => self.taken(Value::Constant(word.to_owned())),
            Kind::Name if word == "vec" => {
                self.at += 1;
                self.takes("!").then_some(())?;
                self.list("vec!", depth)
            }
            Kind::Open if word == "{" => self.map(depth),
            Kind::Open => self.list("", depth),
            _ => None,
        }
    }

    fn taken(&mut self, value: Value) -> Option<Value> {
        self.at += 1;
        Some(value)
    }

    fn list(&mut self, before: &str, depth: usize) -> Option<Value> {
        let (open, close) = match self.word() {
            "[" => ("[", "]"),
            "(" if before.is_empty() => ("(", ")"),
            _ => return None,
        };
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_lines();
            if self.takes(close) {
                return Some(Value::List { open: format!("{before}{open}"), items, close: close.to_owned() });
            }
            items.push(self.value(depth + 1)?);
            self.skip_lines();
            if !self.takes(",") && self.word() != close {
                return None;
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.skip_lines();
            if self.takes("}") {
                return Some(Value::Map(entries));
            }
            let key = matches!(self.kind()?, Kind::Text | Kind::Number | Kind::Name).then(|| self.word().to_owned())?;
            self.at += 1;
            self.takes(":").then_some(())?;
            entries.push((key, self.value(depth + 1)?));
            self.skip_lines();
            if !self.takes(",") && self.word() != "}" {
                return None;
            }
        }
    }
}

impl Value {
    /// Writes it as it was read, on one line.
    pub fn write(&self) -> String {
        match self {
            Value::Text(text) | Value::Number(text) | Value::Constant(text) => text.clone(),
            Value::List { open, items, close } => {
                let inner: Vec<String> = items.iter().map(Value::write).collect();
                // One thing in round brackets is that thing.
                let comma = if open == "(" && items.len() == 1 { "," } else { "" };
                format!("{open}{}{comma}{close}", inner.join(", "))
            }
            Value::Map(entries) => {
                let inner: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key}: {}", value.write())).collect();
                format!("{{{}}}", inner.join(", "))
            }
        }
    }

    /// Returns it with strings in these quotes.
    pub fn quoted(&self, quote: char) -> Value {
        match self {
            Value::Text(text) => Value::Text(quoted(&value(text), quote)),
            Value::List { open, items, close } => Value::List {
                open: open.clone(),
                items: items.iter().map(|item| item.quoted(quote)).collect(),
                close: close.clone(),
            },
            Value::Map(entries) => {
                let key = |key: &String| {
                    if key.starts_with(['\'', '"', '`']) { quoted(&value(key), quote) } else { key.clone() }
                };
                Value::Map(entries.iter().map(|(name, value)| (key(name), value.quoted(quote))).collect())
            }
            Value::Number(_) | Value::Constant(_) => self.clone(),
        }
    }

    /// Calls `of` with it and with all that is in it.
    pub fn each<'v>(&'v self, of: &mut impl FnMut(&'v Value)) {
        of(self);
        match self {
            Value::List { items, .. } => items.iter().for_each(|item| item.each(of)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| value.each(of)),
            Value::Text(_) | Value::Number(_) | Value::Constant(_) => {}
        }
    }
}

/// Writes a string with quotes.
pub fn quoted(text: &str, quote: char) -> String {
    let mut made = String::from(quote);
    for one in text.chars() {
        match one {
            '\n' => made += "\\n",
            '\t' => made += "\\t",
            '\r' => made += "\\r",
            one => {
                if one == quote || one == '\\' {
                    made.push('\\');
                }
                made.push(one);
            }
        }
    }
    made.push(quote);
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::source::{Language, tokens};

    fn read(text: &str, language: Language) -> Option<String> {
        Reader::new(text, &tokens(text, language)).whole().map(|value| value.write())
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in ["'a'", "-3", "[1, [2, 'x'], []]", "{'a': {'b': None}, 'c': [1]}", "(1, 2)", "(1,)", "True"] {
            assert_eq!(read(text, Language::Hash).as_deref(), Some(text));
        }
        assert_eq!(read("{a: 1, 'b': null,}", Language::Slashes).as_deref(), Some("{a: 1, 'b': null}"));
        assert_eq!(read("&[1,\n 2]", Language::Rust).as_deref(), Some("&[1, 2]"));
        assert_eq!(read("vec![1, 2]", Language::Rust).as_deref(), Some("vec![1, 2]"));
    }

    #[test]
    fn other_quotes_hold_the_same_and_compute_nothing() {
        let text = "{`${f()}`: [`a\"b`], k: 1}";
        let read = Reader::new(text, &tokens(text, Language::Slashes)).whole().unwrap();
        assert_eq!(read.quoted('"').write(), "{\"${f()}\": [\"a\\\"b\"], k: 1}");
        assert_eq!(quoted("a\r\n", '\''), "'a\\r\\n'");
    }

    #[test]
    fn what_computes_is_no_literal() {
        for text in ["1024 ** 3", "f(1)", "x", "[x]", "1 + 2", "{1, 2}", "", "[1", "-x"] {
            assert_eq!(read(text, Language::Hash), None, "{text}");
        }
        let deep = "[".repeat(20_000) + &"]".repeat(20_000);
        assert_eq!(read(&deep, Language::Hash), None);
    }
}
