//! `config`: the settings and their values.

use super::text::{clean_line, columns, visible};
use crate::model::documents::{Configuration, ConfiguredKey, SettingOrigin, UnknownKey};

const INDENT: &str = "    ";

/// Returns the keys in two groups, those that are set first, in at most `width` columns.
pub fn configuration(configuration: &Configuration, width: usize) -> String {
    let (set, left): (Vec<&ConfiguredKey>, Vec<&ConfiguredKey>) =
        configuration.settings.iter().partition(|key| is_set(key));
    let mut text = String::new();
    for (heading, keys) in [("SET", &set), ("DEFAULTS IN EFFECT", &left)] {
        if keys.is_empty() {
            continue;
        }
        text += &format!("{}{heading}\n", if text.is_empty() { "" } else { "\n" });
        keys.iter().for_each(|key| text += &format!("\n{}", self::key(key, width)));
    }
    if !configuration.unknown.is_empty() {
        text += "\nUNKNOWN KEYS, PROBABLY MISSPELLED\n";
        configuration.unknown.iter().for_each(|key| text += &format!("\n{}", unknown(key, width)));
    }
    text
}

/// Returns one key: its values with their origins, and its meaning.
pub fn key(key: &ConfiguredKey, width: usize) -> String {
    let mut text = String::new();
    let named = |value: &str| format!("{} = {}\n", clean_line(&key.key), shown(value));
    for value in &key.values {
        text += &named(&value.value);
        if value.origin != SettingOrigin::Default {
            let earlier = value.earlier_name.map(|name| format!(", as {name}")).unwrap_or_default();
            text += &wrapped(&format!("from {}{earlier}", value.origin), width);
        }
        text += &value.problem.as_ref().map(|why| wrapped(&format!("INVALID: it {why}"), width)).unwrap_or_default();
    }
    if key.values.is_empty() {
        text += &format!("{}\n", clean_line(&key.key));
    }
    text += &wrapped(key.meaning, width);
    let mut facts = vec![match key.default {
        Some(default) => format!("default: {default}"),
        None => "no default".to_owned(),
    }];
    facts.push(match key.choices.as_slice() {
        [] => key.kind.to_owned(),
        words => words.join(" | "),
    });
    facts.extend(key.several.then(|| "several".to_owned()));
    facts.push(key.variable.clone());
    text + &wrapped(&format!("[{}]", facts.join("; ")), width)
}

fn unknown(key: &UnknownKey, width: usize) -> String {
    let mut text = format!("{} = {}\n", clean_line(&key.key), shown(&key.value));
    text += &wrapped(&format!("from {}", key.origin), width);
    text += &key.meant.as_ref().map(|meant| wrapped(&format!("did you mean {meant}?"), width)).unwrap_or_default();
    // A command is copied, so it is not broken into lines.
    text + &format!("{INDENT}fix: {}\n", clean_line(&key.mend))
}

fn is_set(key: &ConfiguredKey) -> bool {
    key.values.iter().any(|value| value.origin != SettingOrigin::Default)
}

/// Returns a value as one line, with line ends and tabs escaped as in git's configuration.
fn shown(value: &str) -> String {
    visible(&value.replace('\n', "\\n").replace('\t', "\\t")).into_owned()
}

/// Wraps the text below a key, in at most `width` columns.
fn wrapped(words: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in clean_line(words).split_whitespace() {
        let fits = lines.last().is_some_and(|line| INDENT.len() + columns(line) + 1 + columns(word) <= width);
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if fits => *line += &format!(" {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{INDENT}{line}\n")).collect()
}
