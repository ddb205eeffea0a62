//! `complete`: the candidates for the last word of a command line. The scripts in `completions/` call it at every TAB.
//!
//! Verbs and options come from clap; the values of an argument follow from its type and from its value name in the
//! help (`values`). A new verb therefore completes without further code.
//!
//! Completion writes nothing and reports no error; where it has no candidates, it prints none.

mod line;
mod values;

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Args, Command};

use self::line::{Line, Position};
use self::values::Values;
pub use self::values::{Source, source};
use crate::cli::command;
use crate::error::{Exit, Result};
use crate::render::text::{is_unsafe, one_line};
use crate::ui::Ui;

/// The columns of a description.
const COLUMNS: usize = 72;

/// Print the candidates for the last word of a 'git puff' command line
///
/// The first line says what the shell adds: 'files', 'folders', or '-' for nothing. Each line below is a candidate, a
/// tab, and its description. No space follows a candidate that ends with ':' or '='.
#[derive(Debug, Args)]
pub struct Complete {
    /// The words behind 'git puff', the last being the one at the cursor
    #[arg(last = true)]
    words: Vec<OsString>,
}

/// A candidate for the word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The word.
    pub word: String,
    /// What it is.
    pub about: String,
}

impl Candidate {
    fn new(word: impl Into<String>, about: impl Into<String>) -> Candidate {
        Candidate { word: word.into(), about: about.into() }
    }
}

/// All candidates for the word at the cursor.
#[derive(Debug, Default)]
struct Offer {
    candidates: Vec<Candidate>,
    also: Option<&'static str>,
}

/// Prints the candidates.
pub fn run(args: &Complete, ui: &Ui) -> Result<Exit> {
    let words: Vec<String> = args.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let offer = offer(&words);
    let mut answer = format!("{}\n", offer.also.unwrap_or("-"));
    let mut said = BTreeSet::new();
    for Candidate { word, about } in &offer.candidates {
        // A word with control characters is not offered.
        if !word.is_empty() && !word.chars().any(is_unsafe) && said.insert(word) {
            answer += &format!("{word}\t{}\n", one_line(about, COLUMNS));
        }
    }
    ui.words(&answer);
    Ok(Exit::Done)
}

fn offer(words: &[String]) -> Offer {
    let mut root = command();
    root.build();
    let Some((cursor, before)) = words.split_last() else { return Offer::default() };
    let line = Line::read(&root, before);
    let begins = |candidate: &Candidate| candidate.word.starts_with(cursor.as_str());
    match line.at(cursor) {
        Position::Option if cursor.contains('=') => value_of_option(&line, cursor),
        Position::Option => Offer { candidates: options(&line).into_iter().filter(begins).collect(), also: None },
        Position::Value(arg) => Values::new(&line).of(arg, cursor),
        Position::Verb => Offer { candidates: verbs(line.verb()).into_iter().filter(begins).collect(), also: None },
        Position::Nothing => Offer::default(),
    }
}

/// Completes `--option=VALUE`: the candidates start with the option.
fn value_of_option(line: &Line<'_>, cursor: &str) -> Offer {
    let Some((option, value)) = cursor.split_once('=') else { return Offer::default() };
    let Some(arg) = line.option(option) else { return Offer::default() };
    let mut offer = Values::new(line).of(arg, value);
    for candidate in &mut offer.candidates {
        candidate.word = format!("{option}={}", candidate.word);
    }
    offer
}

fn verbs(command: &Command) -> Vec<Candidate> {
    let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let about = |verb: &Command| verb.get_about().map(ToString::to_string).unwrap_or_default();
    shown.map(|verb| Candidate::new(verb.get_name(), about(verb))).collect()
}

fn options(line: &Line<'_>) -> Vec<Candidate> {
    let mut options = Vec::new();
    for arg in line.verb().get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
        if line.has(arg) {
            continue;
        }
        let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let longs = arg.get_long().into_iter().chain(arg.get_visible_aliases().unwrap_or_default());
        options.extend(longs.map(|long| Candidate::new(format!("--{long}"), about.clone())));
        options.extend(arg.get_short().map(|short| Candidate::new(format!("-{short}"), about)));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        offer(&words).candidates.into_iter().map(|candidate| candidate.word).collect()
    }

    fn also(words: &[&str]) -> Option<&'static str> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        offer(&words).also
    }

    #[test]
    fn verbs_and_verbs_below_them() {
        assert_eq!(offered(&["harv"]), ["harvest"]);
        assert!(offered(&[""]).contains(&"session".to_owned()));
        assert!(!offered(&[""]).contains(&"watcher".to_owned()), "it is hidden");
        assert_eq!(offered(&["session", "at"]), ["attach"]);
        assert_eq!(offered(&["nonsense", ""]), [""; 0]);
    }

    #[test]
    fn options_that_are_not_there_yet() {
        assert_eq!(offered(&["harvest", "--re"]), ["--recreate"]);
        assert_eq!(offered(&["harvest", "--recreate", "--re"]), [""; 0]);
        assert_eq!(offered(&["harvest", "--variant", "1", "--va"]), ["--variant"], "it may be given again");
        assert_eq!(offered(&["launch", "--att"]), ["--attempts"], "an alias");
        assert_eq!(offered(&["report", "-o"]), ["-o"]);
        assert_eq!(offered(&["session", "start", "--", "--w"]), [""; 0], "words of another program");
    }

    /// Checks all verbs and options.
    #[test]
    fn every_verb_and_option_is_offered() {
        fn try_all(command: &Command, words: &[&str]) {
            for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
                let name = verb.get_name();
                assert!(offered(&[words, &[name]].concat()).contains(&name.to_owned()), "{words:?} {name}");
                try_all(verb, &[words, &[name]].concat());
            }
            for arg in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
                let long = format!("--{}", arg.get_long().unwrap_or("help"));
                assert!(offered(&[words, &[long.as_str()]].concat()).contains(&long), "{words:?} {long}");
            }
        }
        let mut root = command();
        root.build();
        try_all(&root, &[]);
    }

    #[test]
    fn values_that_are_known_beforehand() {
        assert_eq!(offered(&["report", "@", "--format", "h"]), ["html"]);
        assert_eq!(offered(&["report", "@", "--format=h"]), ["--format=html"]);
        assert_eq!(offered(&["completions", "z"]), ["zsh"]);
        assert_eq!(offered(&["man", "harv"]), ["harvest"]);
    }

    #[test]
    fn files_and_folders_are_the_shell_s() {
        assert_eq!(also(&["launch", "--prompt-file", ""]), Some("files"));
        assert_eq!(also(&["launch", "--prompt-file=ta"]), Some("files"));
        assert_eq!(also(&["launch", "--intent", "a.md", ""]), Some("files"));
        assert_eq!(also(&["report", "@", "-o", ""]), Some("files"));
        assert_eq!(also(&["harvest", "--out", ""]), Some("folders"));
        assert_eq!(also(&["diff", "@", "1", "--", ""]), Some("files"));
        assert_eq!(also(&["launch", "--prompt", ""]), None);
    }
}
