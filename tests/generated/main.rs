//! The man pages and completions in the repository are those that the command line makes.
//!
//! They are checked in so that a package needs no build to have them. After a change of an argument, a verb or a
//! setting this fails, until `PUFF_UPDATE=1 cargo test --test generated` has written them again.

mod completions;
mod man;

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

#[test]
fn the_completions_are_up_to_date() {
    compare("completions", &completions::all(visible()));
}

/// Both ways of calling: directly, and as git's own completion does for `git puff`.
#[test]
fn bash_completes_verbs_flags_and_values() {
    let script = r#"
        source completions/git-puff.bash
        COMP_WORDS=(git-puff harv) COMP_CWORD=1
        _gitpuff git-puff harv git-puff; echo "${COMPREPLY[*]}"
        COMP_WORDS=(git -C there puff harvest --re) COMP_CWORD=5 __git_cmd_idx=3
        _git_puff; echo "${COMPREPLY[*]}"
        COMP_WORDS=(git puff report @ --format "") COMP_CWORD=5 __git_cmd_idx=1
        _git_puff; echo "${COMPREPLY[*]}"
    "#;
    let mut bash = std::process::Command::new("bash");
    let said = bash.args(["--norc", "-c", script]).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "harvest\n--recreate\nmd json html\n", "{said:?}");
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
