//! Parses the words before the cursor: the verb and the arguments so far.

use clap::{Arg, ArgAction, Command};

/// What is completed at the cursor.
pub(super) enum Position<'c> {
    /// One of the verbs below the verb.
    Verb,
    /// An option, or an option and its value in one word.
    Option,
    /// A value of this argument.
    Value(&'c Arg),
    /// Unknown: no candidates.
    Nothing,
}

/// An incomplete command line.
pub(super) struct Line<'c> {
    verb: &'c Command,
    /// The options given so far, with their values.
    options: Vec<(&'c Arg, Option<String>)>,
    /// The words that are neither options nor verbs.
    words: Vec<String>,
    /// The option whose value comes next.
    pending: Option<&'c Arg>,
    /// An option that may take another value.
    more: Option<&'c Arg>,
    /// Whether '--' was given.
    is_behind: bool,
}

impl<'c> Line<'c> {
    /// Parses the words between `git puff` and the cursor.
    pub(super) fn read(root: &'c Command, words: &[String]) -> Line<'c> {
        let (verb, options, words_, is_behind) = (root, Vec::new(), Vec::new(), false);
        let mut line = Line { verb, options, words: words_, pending: None, more: None, is_behind };
        words.iter().for_each(|word| line.take(word));
        line
    }

    fn take(&mut self, word: &str) {
        if let Some(arg) = self.pending.take() {
            self.options.push((arg, Some(word.to_owned())));
            self.more = Some(arg).filter(|arg| arg.get_num_args().is_some_and(|range| range.max_values() > 1));
        } else if self.is_behind {
            self.words.push(word.to_owned());
        } else if word == "--" {
            (self.is_behind, self.more) = (true, None);
        } else if word.starts_with('-') && word.len() > 1 {
            self.more = None;
            self.take_option(word);
        } else if let Some(arg) = self.more {
            self.options.push((arg, Some(word.to_owned())));
        } else if let Some(verb) = self.verb.find_subcommand(word).filter(|_| self.words.is_empty()) {
            self.verb = verb;
        } else {
            self.words.push(word.to_owned());
        }
    }

    fn take_option(&mut self, word: &str) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        let Some(arg) = self.option(name) else { return };
        match value {
            None if arg.get_action().takes_values() => self.pending = Some(arg),
            value => self.options.push((arg, value)),
        }
    }

    /// Returns the verb.
    pub(super) fn verb(&self) -> &'c Command {
        self.verb
    }

    /// Returns an option of the verb: `--name`, `-n`, or the last of several short ones.
    pub(super) fn option(&self, name: &str) -> Option<&'c Arg> {
        let mut options = self.verb.get_arguments().filter(|arg| !arg.is_positional());
        if let Some(long) = name.strip_prefix("--") {
            return options
                .find(|arg| arg.get_long() == Some(long) || arg.get_all_aliases().unwrap_or_default().contains(&long));
        }
        let short = name.chars().next_back();
        options.find(|arg| short.is_some() && arg.get_short() == short)
    }

    /// Returns whether the option was given and cannot be repeated.
    pub(super) fn has(&self, arg: &Arg) -> bool {
        let is_there = self.options.iter().any(|(known, _)| known.get_id() == arg.get_id());
        is_there && !matches!(arg.get_action(), ArgAction::Append | ArgAction::Count)
    }

    /// Returns the value given to the option of this name.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        let mut given = self.options.iter().rev().filter(|(arg, _)| arg.get_long() == Some(name));
        given.find_map(|(_, value)| value.as_deref())
    }

    /// The words that are neither options nor verbs.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether '--' was given.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Returns what is completed at the cursor, after the prefix `cursor`.
    pub(super) fn at(&self, cursor: &str) -> Position<'c> {
        if let Some(arg) = self.pending {
            return Position::Value(arg);
        }
        if !self.is_behind && cursor.starts_with('-') {
            return Position::Option;
        }
        if let Some(arg) = self.more {
            return Position::Value(arg);
        }
        if self.words.is_empty() && !self.is_behind && self.verb.has_subcommands() {
            return Position::Verb;
        }
        self.positional().map_or(Position::Nothing, Position::Value)
    }

    fn positional(&self) -> Option<&'c Arg> {
        let all: Vec<&Arg> = self.verb.get_positionals().filter(|arg| !arg.is_hide_set()).collect();
        let behind = all.iter().copied().find(|arg| arg.is_last_set());
        if let Some(arg) = behind.filter(|_| self.is_behind) {
            return Some(arg);
        }
        let all: Vec<&Arg> = all.into_iter().filter(|arg| !arg.is_last_set()).collect();
        let last = all.last().copied().filter(|arg| {
            matches!(arg.get_action(), ArgAction::Append)
                || arg.get_num_args().is_some_and(|range| range.max_values() > 1)
        });
        all.get(self.words.len()).copied().or(last)
    }
}
