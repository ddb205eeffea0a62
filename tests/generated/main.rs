//! The man pages and completions in the repository are those that the command line makes.
//!
//! They are checked in so that a package needs no build to have them. After a change of an argument, a verb or a
//! setting this fails, until `PUFF_UPDATE=1 cargo test --test generated` has written them again.

mod completions;
mod imports;
mod layers;
mod man;
#[path = "../support/needs.rs"]
#[macro_use]
mod needs;
mod roff;

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Command, CommandFactory};
use git_puff::cli::Cli;

/// Generated files of one folder: their names and contents.
type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn the_man_pages_are_up_to_date() {
    compare("man", &man::pages(visible()));
}

/// For the author of a new verb: what is missing is a `MANUAL` beside its arguments, named in `cli::MANUALS`.
#[test]
fn every_verb_says_how_it_is_called() {
    let missing = man::without_examples(&visible());
    assert!(missing.is_empty(), "give it a MANUAL, as the verbs in src/commands have one:\n{}", missing.join("\n"));
}

/// Every `git puff` in them is a call that the command line takes.
#[test]
fn the_examples_can_be_typed() {
    // Said in one go: both ends of a pipe speak at once.
    let calls = r#"git() { printf '%s\0' "$@" '' >&3; }; eval "$LINE" 3>&1 >/dev/null </dev/null"#;
    // Some write a file.
    let folder = tempfile::tempdir().expect("a folder");
    for (verb, manual) in git_puff::manual::listed(git_puff::cli::MANUALS) {
        for example in manual.examples {
            let mut shell = std::process::Command::new("sh");
            let said = shell
                .args(["-c", calls])
                .env("LINE", example.line)
                .current_dir(folder.path())
                .output()
                .expect("a shell");
            let said = String::from_utf8(said.stdout).expect("text");
            let calls = said.split_terminator("\0\0").map(|call| call.split('\0').collect::<Vec<_>>());
            let of_puff: Vec<_> = calls.filter(|call| call[0] == "puff").collect();
            assert!(!of_puff.is_empty(), "the example of {verb} calls nothing of ours: {}", example.line);
            for call in of_puff {
                assert!(call[1..].join(" ").starts_with(&verb), "{} is an example of {verb}", example.line);
                if let Err(wrong) = git_puff::cli::command().try_get_matches_from(call) {
                    panic!("{}: {wrong}", example.line);
                }
            }
            assert!(example.does.ends_with('.'), "{}", example.does);
        }
    }
}

#[test]
fn every_formatter_of_man_pages_takes_them_without_a_word() {
    let installed = |program: &&(&str, &[&str])| needs::are_met(&[program.0]);
    let formatters = [
        ("mandoc", &["-Tlint", "-W", "style"][..]),
        ("man", &["--warnings", "-E", "UTF-8", "-l"]),
        ("groff", &["-man", "-ww", "-Tutf8"]),
    ];
    let formatters: Vec<_> = formatters.iter().filter(installed).collect();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in man::pages(visible()) {
        let page = folder.path().join(name);
        std::fs::write(&page, text).expect("a page");
        for (program, args) in &formatters {
            let said = std::process::Command::new(program).args(*args).arg(&page).output();
            let said = said.unwrap_or_else(|why| panic!("cannot run {program}: {why}"));
            let words = if *program == "mandoc" { &said.stdout } else { &said.stderr };
            assert!(said.status.success() && words.is_empty(), "{program}: {}", String::from_utf8_lossy(words));
        }
    }
}

#[test]
fn the_completions_are_those_that_git_puff_prints() {
    compare("completions", &completions::all());
}

/// For the author of a new argument: call its value as `complete::source` knows it, or tell it what you call it.
#[test]
fn every_value_is_completed_or_is_the_users_own() {
    let mut command = visible();
    command.build();
    let missing = completions::without_values(&command);
    assert!(
        missing.is_empty(),
        "nobody knows where these values come from: {missing:?}\nsay it in src/commands/complete/values.rs, or that only the user knows, in tests/generated/completions.rs"
    );
}

/// The command line without what is not for users.
fn visible() -> Command {
    let whole = Cli::command();
    let verbs: Vec<_> = whole.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned().collect();
    let mut command = Command::new("git-puff").bin_name("git puff").disable_help_subcommand(true);
    command = command.version(env!("CARGO_PKG_VERSION")).args(whole.get_arguments().cloned()).subcommands(verbs);
    command = command.subcommand_help_heading("COMMANDS").subcommand_value_name("COMMAND");
    command = command.about(whole.get_about().cloned().unwrap_or_default());
    command.long_about(whole.get_long_about().cloned().unwrap_or_default())
}

/// Compares a folder with what it should hold, or makes it so when that is asked for.
fn compare(folder: &str, wanted: &Files) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let update = std::env::var_os("PUFF_UPDATE").is_some_and(|value| value == "1");
    if update {
        std::fs::create_dir_all(&path).expect("a folder");
        let kept = |name: &String| wanted.contains_key(name);
        read(&path).keys().filter(|name| !kept(name)).for_each(|name| {
            std::fs::remove_file(path.join(name)).expect("a file to remove");
        });
        wanted.iter().for_each(|(name, bytes)| std::fs::write(path.join(name), bytes).expect("a file"));
    }
    let there = read(&path);
    let names = wanted.keys().chain(there.keys()).collect::<std::collections::BTreeSet<_>>();
    let stale: Vec<_> = names.into_iter().filter(|name| there.get(*name) != wanted.get(*name)).collect();
    let how = "PUFF_UPDATE=1 cargo test --test generated";
    assert!(stale.is_empty(), "not what the command line makes, in {folder}: {stale:?}\nupdate them with '{how}'");
}

fn read(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(|entry| (name(&entry), std::fs::read(entry.path()).expect("a file"))).collect()
}
