//! A configured command: a line for the shell in which `{prompt}` and the like stand for values.
//!
//! The values are handed to the shell as positional parameters, and the line refers to them. They are never part of
//! what the shell reads, whatever they hold.

use super::Invocation;
use crate::state::Stdin;

/// A line whose places were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What the shell reads.
    script: String,
    /// The names of its parameters, from `$1` on.
    names: Vec<String>,
}

/// The quotes that a place may stand in.
#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    None,
    Single,
    Double,
}

impl Line {
    /// Finds the places, of which `allowed` has the names; other braces are the shell's.
    pub fn parse(line: &str, allowed: &[&str]) -> Result<Line, String> {
        let (mut script, mut names, mut quotes) = (String::new(), Vec::<String>::new(), Quotes::None);
        let mut rest = line;
        while let Some(letter) = rest.chars().next() {
            let place = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            if let Some((name, after)) = place.filter(|(name, _)| is_name(name)) {
                if !allowed.contains(&name) {
                    let names: Vec<_> = allowed.iter().map(|name| format!("{{{name}}}")).collect();
                    return Err(format!("{{{name}}} stands for nothing there: it may hold {}", names.join(" and ")));
                }
                let at = names.iter().position(|place| place == name).unwrap_or_else(|| {
                    names.push(name.to_owned());
                    names.len() - 1
                });
                script.push_str(&parameter(at + 1, quotes));
                rest = after;
                continue;
            }
            // What is escaped is no quote, and `${prompt}` is the shell's.
            let two = letter == '\\' || rest.starts_with("${");
            let taken = if two && quotes != Quotes::Single {
                1 + rest[1..].chars().next().map_or(0, char::len_utf8)
            } else {
                quotes = match (letter, quotes) {
                    ('\'', Quotes::None) => Quotes::Single,
                    ('"', Quotes::None) => Quotes::Double,
                    ('\'', Quotes::Single) | ('"', Quotes::Double) => Quotes::None,
                    _ => quotes,
                };
                letter.len_utf8()
            };
            script.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
        if quotes != Quotes::None {
            return Err("a quote in it is not closed".to_owned());
        }
        Ok(Line { script, names })
    }

    /// Returns the call of the shell. The prompt comes on standard input where the line has no place for it.
    pub fn invocation(&self, name: &str, values: &[(&str, &str)], prompt: &str, interactive: bool) -> Invocation {
        let value = |place: &String| values.iter().find(|(name, _)| name == place).map_or("", |(_, value)| *value);
        let mut argv = vec!["sh".to_owned(), "-c".to_owned(), self.script.clone(), name.to_owned()];
        argv.extend(self.names.iter().map(|place| value(place).to_owned()));
        let has_prompt = self.names.iter().any(|place| place.starts_with("prompt"));
        let stdin = match (has_prompt || prompt.is_empty(), interactive) {
            (false, _) => Stdin::Prompt,
            (true, true) => Stdin::Terminal,
            (true, false) => Stdin::Closed,
        };
        Invocation { argv, stdin }
    }
}

/// Returns whether a name is of lower-case letters and underscores: `{a,b}`, `${HOME}` and `{ list; }` are the shell's.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Returns the parameter as one word, whatever quotes it stands in.
fn parameter(number: usize, quotes: Quotes) -> String {
    match quotes {
        Quotes::None => format!("\"${{{number}}}\""),
        Quotes::Double => format!("${{{number}}}"),
        Quotes::Single => format!("'\"${{{number}}}\"'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(line: &str) -> String {
        Line::parse(line, &["prompt", "prompt_file"]).unwrap().script
    }

    #[test]
    fn a_place_is_one_word_in_whatever_quotes_it_stands() {
        assert_eq!(script("agent -p {prompt} <{prompt_file}"), r#"agent -p "${1}" <"${2}""#);
        assert_eq!(script("agent \"do: {prompt}\""), r#"agent "do: ${1}""#);
        assert_eq!(script("agent 'do: {prompt}'"), r#"agent 'do: '"${1}"''"#);
        assert_eq!(script("agent \\\" {prompt} {prompt}"), r#"agent \" "${1}" "${1}""#);
        let shells = "echo ${HOME} ${prompt} {a,b} { true; }";
        assert_eq!(script(shells), shells);
    }

    #[test]
    fn what_the_shell_makes_of_it_is_the_value_and_nothing_else() {
        let nasty = "$(touch x); `id` 'a' \"b\" * \\ \n--flag";
        for line in ["printf %s {prompt}", "printf %s \"{prompt}\"", "printf %s '{prompt}'"] {
            let line = Line::parse(line, &["prompt"]).unwrap();
            let invocation = line.invocation("agent", &[("prompt", nasty)], nasty, false);
            let (program, words) = invocation.argv.split_first().unwrap();
            let output = puff_system::process::run(&puff_system::process::Cmd::new(program).args(words)).unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), nasty);
        }
    }

    #[test]
    fn a_line_that_cannot_be_meant_is_refused() {
        let wrong = |line| Line::parse(line, &["prompt", "prompt_file"]).unwrap_err();
        assert_eq!(wrong("x {task}"), "{task} stands for nothing there: it may hold {prompt} and {prompt_file}");
        assert_eq!(wrong("x 'open"), "a quote in it is not closed");
    }

    #[test]
    fn without_a_place_the_prompt_comes_on_standard_input() {
        let stdin = |line, prompt, interactive| {
            Line::parse(line, &["prompt"]).unwrap().invocation("x", &[], prompt, interactive).stdin
        };
        assert_eq!(stdin("agent", "Fix it", false), Stdin::Prompt);
        assert_eq!(stdin("agent", "Fix it", true), Stdin::Prompt);
        assert_eq!(stdin("agent", "", true), Stdin::Terminal);
        assert_eq!(stdin("agent {prompt}", "Fix it", true), Stdin::Terminal);
        assert_eq!(stdin("agent {prompt}", "Fix it", false), Stdin::Closed);
    }
}
