//! What completion offers of the whole command line.

use clap::Command;

use super::command;
use crate::app::App;
use crate::commands::complete;
use crate::error::{Error, Result};

/// Values that a repository would have are not looked for here.
fn nowhere() -> Result<App> {
    Err(Error::failed("no repository"))
}

fn offered(words: &[&str]) -> Vec<String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    complete::offer(&nowhere, &mut command(), &words).candidates.into_iter().map(|candidate| candidate.word).collect()
}

fn also(words: &[&str]) -> Option<&'static str> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    complete::offer(&nowhere, &mut command(), &words).also
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
