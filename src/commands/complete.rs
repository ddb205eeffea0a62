//! `complete`: the candidates for the last word of a command line. The scripts in `completions/` call it at every TAB.
//!
//! Verbs and options come from clap; the values of an argument follow from its type and from its value name in the
//! help (`values`). A new verb therefore completes without further code.
//!
//! Completion writes nothing and reports no error; where it has no candidates, it prints none.
//!
//! The dynamic engine of clap_complete (`unstable-dynamic`) does not do for that: a completer of it is given the word at
//! the cursor alone, while a risk or a variant depends on the run before it
//! (<https://github.com/clap-rs/clap/issues/5784>); it lists files itself, where a shell does so with its own options and
//! quotes; and its scripts register `git-puff` only, while most people type `git puff`, which each shell's completion of
//! git hands over in another way.

mod line;
mod values;

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Args, Command};

use self::line::{Line, Position};
use self::values::Values;
pub use self::values::{Source, source};
use crate::app::App;
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
pub struct Offer {
    /// The words.
    pub candidates: Vec<Candidate>,
    /// What the shell completes beside them: `files` or `folders`.
    pub also: Option<&'static str>,
}

/// Prints the candidates.
pub fn run(args: &Complete, open: &dyn Fn() -> Result<App>, root: &mut Command, ui: &Ui) -> Result<Exit> {
    let words: Vec<String> = args.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let offer = offer(open, root, &words);
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

/// Returns what may stand for the last of these words, on this command line.
pub fn offer(open: &dyn Fn() -> Result<App>, root: &mut Command, words: &[String]) -> Offer {
    root.build();
    let root = &*root;
    let Some((cursor, before)) = words.split_last() else { return Offer::default() };
    let line = Line::read(root, before);
    let begins = |candidate: &Candidate| candidate.word.starts_with(cursor.as_str());
    match line.at(cursor) {
        Position::Option if cursor.contains('=') => value_of_option(open, root, &line, cursor),
        Position::Option => Offer { candidates: options(&line).into_iter().filter(begins).collect(), also: None },
        Position::Value(arg) => Values::new(open, root, &line).of(arg, cursor),
        Position::Verb => Offer { candidates: verbs(line.verb()).into_iter().filter(begins).collect(), also: None },
        Position::Nothing => Offer::default(),
    }
}

/// Completes `--option=VALUE`: the candidates start with the option.
fn value_of_option(open: &dyn Fn() -> Result<App>, root: &Command, line: &Line<'_>, cursor: &str) -> Offer {
    let Some((option, value)) = cursor.split_once('=') else { return Offer::default() };
    let Some(arg) = line.option(option) else { return Offer::default() };
    let mut offer = Values::new(open, root, line).of(arg, value);
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
