//! Which of the three kinds of `codex` this is, and the words of each.
//!
//! Told apart by what `codex cloud --help` and the help of its subcommands offer, not by version: forks keep old
//! version numbers. What was found out is kept per program, because finding out costs several starts of it.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::client::{Call, Client, trouble};
use super::parse::Listing;
use crate::model::TaskId;
use crate::model::as_str::as_str;
use crate::provider::Failure;

/// How a `codex` program is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Dialect {
    /// `cloud exec, status, list, diff`: the client from the npm registry.
    Official,
    /// `cloud new, list, show, export`: a fork whose `new` reads the prompt from its standard input.
    HeadlessA,
    /// The same, older, with `--title`, a prompt file, and a list in pages.
    HeadlessB,
}

as_str!(Dialect);

/// What must be there for a dialect to be used, beyond the subcommands: each with the flags that we give it.
const OFFICIAL: &[(&str, &[&str])] = &[
    ("exec", &["--env", "--attempts", "--branch"]),
    ("list", &["--json", "--env", "--limit", "--cursor"]),
    ("diff", &["--attempt"]),
    ("status", &[]),
];
const HEADLESS: &[(&str, &[&str])] =
    &[("new", &["--env", "--base", "--best-of"]), ("list", &["--json"]), ("show", &["--json", "--all"])];

/// Which part of the list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The newest tasks, `size` of them where that can be said.
    First { size: u32 },
    /// What follows a cursor.
    After(String),
    /// How many pages are fetched at once.
    Pages(u32),
}

/// The size of a page: the most that the official client takes.
const PAGE: u32 = 20;

impl Dialect {
    /// Returns the subcommands of `codex cloud` that have to be there, each with the flags that we give it.
    pub fn needs(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Dialect::Official => OFFICIAL,
            Dialect::HeadlessA | Dialect::HeadlessB => HEADLESS,
        }
    }

    pub(super) fn most_attempts(self) -> Option<u32> {
        (self == Dialect::Official).then_some(4)
    }

    /// Returns whether this client tells the status of every attempt.
    pub fn tells_attempts(self) -> bool {
        self != Dialect::Official
    }

    pub(super) fn first_page(self) -> Page {
        Page::First { size: PAGE }
    }

    pub(super) fn smallest_page(self) -> Page {
        Page::First { size: 1 }
    }

    /// Returns the cursor of the next page, if this client has pages.
    pub(super) fn next_page(self, page: &Page, listed: &Listing) -> Option<Page> {
        match (self, page) {
            (Dialect::Official, _) => listed.cursor.clone().map(Page::After),
            (Dialect::HeadlessA, _) => None,
            // It names no cursor, but fetches several pages at once when asked.
            (Dialect::HeadlessB, Page::Pages(pages)) if listed.truncated => Some(Page::Pages(pages * 4)),
            (Dialect::HeadlessB, Page::First { .. }) if listed.truncated => Some(Page::Pages(4)),
            (Dialect::HeadlessB, _) => None,
        }
    }

    pub(super) fn list(self, env: Option<&str>, page: &Page) -> Call {
        let mut call = Call::new(["cloud", "list", "--json"]);
        if let Some(env) = env {
            call = call.option("--env", env);
        }
        match (self, page) {
            (Dialect::Official, Page::First { size }) => call.option("--limit", size),
            (Dialect::Official, Page::After(cursor)) => call.option("--limit", PAGE).option("--cursor", cursor),
            (Dialect::HeadlessB, Page::First { size }) => call.option("--page-size", size),
            (Dialect::HeadlessB, Page::Pages(pages)) => call.option("--max-pages", pages).flag("--all"),
            _ => call,
        }
    }

    /// Returns the call that tells how far the attempts of a task are.
    pub(super) fn sweep(self, task: &TaskId, attempts: u32) -> Call {
        match self {
            Dialect::Official => super::official::diff(task, attempts),
            Dialect::HeadlessA | Dialect::HeadlessB => super::headless::show(task),
        }
    }

    /// Refuses what this client would send on without looking at it.
    pub(super) fn check_env(self, env: &str) -> Result<(), Failure> {
        // The older fork neither resolves nor checks an environment: a label makes a task in an environment that does
        // not exist. Ids are one word of letters, digits, '_' and '-', long or with a prefix.
        let word = env.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let id = word && (env.starts_with("env_") || env.len() >= 16);
        if self == Dialect::HeadlessB && !id {
            return Err(Failure::BadEnvironment {
                what: format!("'{env}' looks like the label of a cloud environment, and this codex takes only ids"),
                hint: "give the id, which the environment's page shows; 'git config puff.env ID' keeps it",
                said: String::new(),
            });
        }
        Ok(())
    }
}

/// What was found out about a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recognised {
    pub dialect: Dialect,
    pub version: Option<String>,
}

/// What is kept: valid as long as the program's files are the same.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    program: PathBuf,
    stamp: Vec<(u64, u128)>,
    known: Recognised,
}

/// Finds out what kind of program this is.
pub(super) fn recognise(client: &Client, cache: &Path) -> Result<Recognised, Failure> {
    let stamp = stamp(client.program());
    let mut kept: Vec<Kept> =
        crate::files::read(cache).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
    if let Some(hit) = kept.iter().find(|kept| kept.program == client.program() && kept.stamp == stamp) {
        return Ok(hit.known.clone());
    }
    let known = ask(client)?;
    kept.retain(|kept| kept.program != client.program());
    kept.push(Kept { program: client.program().to_owned(), stamp, known: known.clone() });
    // Kept for speed alone: when it cannot be written, the next call asks again.
    if let Ok(bytes) = serde_json::to_vec(&kept) {
        let _ = crate::files::replace(cache, crate::files::PRIVATE, &bytes);
    }
    Ok(known)
}

/// Returns size and age of the program and of what it may be a script around.
fn stamp(program: &Path) -> Vec<(u64, u128)> {
    let real = std::fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    // The npm package is a small script that hardly ever changes; its manifest changes with every version.
    let manifest = real.parent().and_then(Path::parent).map(|package| package.join("package.json"));
    let files = [Some(real), manifest];
    let stamps = files.into_iter().flatten().filter_map(|file| {
        let meta = file.metadata().ok()?;
        let age = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((meta.len(), age.as_nanos()))
    });
    stamps.collect()
}

fn ask(client: &Client) -> Result<Recognised, Failure> {
    let first = client.help(&[Call::new(["--version"]), Call::new(["cloud", "--help"])]);
    let mut texts = Vec::new();
    for answer in first {
        match answer {
            Ok(output) => texts.push((output.success(), String::from_utf8_lossy(&output.stdout).into_owned())),
            Err(failure @ crate::process::Failure::TimedOut { .. }) => {
                let what = format!("'{}' hangs when it is asked for help", client.program().display());
                return Err(unusable(what, &failure.to_string()));
            }
            Err(failure) => return Err(trouble(&failure)),
        }
    }
    let version = texts[0].1.split_whitespace().last().filter(|_| texts[0].0).map(|v| v.chars().take(40).collect());
    let offered = if texts[1].0 { subcommands(&texts[1].1) } else { Vec::new() };
    let has = |all: &[(&str, &[&str])]| all.iter().all(|(name, _)| offered.iter().any(|offered| offered == name));
    let (needed, headless) = match (has(OFFICIAL), has(HEADLESS)) {
        (true, _) => (OFFICIAL, false),
        (false, true) => (HEADLESS, true),
        (false, false) => {
            let what = format!("'{}' has no 'cloud' commands that git-puff knows", client.program().display());
            return Err(unusable(what, &texts[1].1.chars().take(300).collect::<String>()));
        }
    };
    let helps = client.help(&needed.iter().map(|(name, _)| Call::new(["cloud", name, "--help"])).collect::<Vec<_>>());
    let mut submitting = String::new();
    for ((name, flags), help) in needed.iter().zip(helps) {
        let help = help.map_err(|failure| trouble(&failure))?;
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        if let Some(missing) = flags.iter().find(|flag| !offers(&help, flag)) {
            let what = format!("'{}' has no flag {missing} for 'codex cloud {name}'", client.program().display());
            return Err(unusable(what, ""));
        }
        if *name == "new" {
            submitting = help;
        }
    }
    let dialect = match headless {
        false => Dialect::Official,
        true if offers(&submitting, "--title") => Dialect::HeadlessB,
        true => Dialect::HeadlessA,
    };
    Ok(Recognised { dialect, version })
}

fn unusable(what: String, said: &str) -> Failure {
    Failure::Client {
        what,
        hint: "update it with 'npm install -g @openai/codex@latest', or name another with 'git config puff.codex PATH'"
            .to_owned(),
        said: said.to_owned(),
    }
}

/// Returns the subcommands that a help text lists under `Commands:`.
fn subcommands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| line.trim_end() != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.trim().is_empty());
    // Deeper lines go on with the description of the one above.
    listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

/// Returns whether a help text offers a flag, as a word of its own.
fn offers(help: &str, flag: &str) -> bool {
    help.lines().any(|line| line.trim_start().split([' ', '=', ',']).any(|word| word == flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICIAL_HELP: &str = "\
[EXPERIMENTAL] Browse tasks from Codex Cloud and apply changes locally

Usage: codex cloud [OPTIONS] [COMMAND]

Commands:
  exec    Submit a new Codex Cloud task without launching the TUI
  status  Show the status of a Codex Cloud task
  list    List Codex Cloud tasks
  apply   Apply the diff for a Codex Cloud task locally
  diff    Show the unified diff for a Codex Cloud task
  help    Print this message or the help of the given subcommand(s)

Options:
  -c, --config <key=value>
";

    #[test]
    fn subcommands_are_read_off_the_help() {
        assert_eq!(subcommands(OFFICIAL_HELP), ["exec", "status", "list", "apply", "diff", "help"]);
        let wrapped = "Commands:\n  list    List. Shows up to 20\n          `--include-reviews`\n  show    Show\n\n";
        assert_eq!(subcommands(wrapped), ["list", "show"]);
        assert!(subcommands("garbage").is_empty());
    }

    #[test]
    fn a_flag_is_a_word_of_its_own() {
        let help = "      --attempt <N>\n          Attempt number\n  -c, --config <key=value>\n";
        assert!(offers(help, "--attempt") && offers(help, "--config"));
        assert!(!offers(help, "--attempts"));
    }

    #[test]
    fn the_older_fork_is_only_given_ids() {
        assert!(Dialect::HeadlessB.check_env("env_lab_1").is_ok());
        assert!(Dialect::HeadlessB.check_env("acme/widgets").is_err());
        assert!(Dialect::Official.check_env("acme/widgets").is_ok());
    }
}
