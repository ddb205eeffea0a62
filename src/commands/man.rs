//! `man`

mod folder;

use std::path::{Path, PathBuf};

use clap::Args;

use self::folder::{Change, Folder};
use super::shared::absolute_from;
use crate::app::Environment;
use crate::error::{Error, Exit, Result, ResultExt};
use crate::manual::{Example, Manual};
use crate::process::{Cmd, Foreground};
use crate::render::describe;
use crate::render::steps::shell_word;
use crate::ui::Ui;

/// Show the manual of git-puff, or of a verb; or install the man pages
///
/// Once the man pages are installed, 'git puff --help', 'git help puff' and 'git help git-puff-VERB' show them: git
/// runs 'man', which searches the folders that 'manpath' prints. Packages of git-puff include the pages; after 'cargo
/// install', use --install. It is safe to repeat, also with a newer git-puff; --uninstall removes all of its pages and
/// folders.
#[derive(Debug, Args)]
pub struct Man {
    /// The verb
    #[arg(value_name = "VERB", conflicts_with_all = ["install", "uninstall"])]
    verb: Vec<String>,
    /// Install the man pages in DIR/man1 [default: $XDG_DATA_HOME/man or ~/.local/share/man]
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with = "uninstall")]
    install: Option<Option<PathBuf>>,
    /// Remove the man pages from DIR/man1 [default: as for --install]
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    uninstall: Option<Option<PathBuf>>,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff man", does: "Show the page of git-puff." },
        Example { line: "git puff man launch", does: "Show the page of a verb." },
        Example { line: "git puff man --install", does: "Install the pages for 'git help puff'." },
        Example { line: "git puff man --install ../man", does: "Install the pages in another folder." },
        Example { line: "git puff man --uninstall", does: "Remove the pages." },
    ],
    ..Manual::NONE
};

/// The man pages, by their file names.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Runs `man`.
pub fn run(args: &Man, ui: &Ui) -> Result<Exit> {
    let environment = Environment::read();
    match (&args.install, &args.uninstall) {
        (Some(folder), _) => install(&place(folder.as_deref(), &environment)?, ui),
        (None, Some(folder)) => uninstall(&place(folder.as_deref(), &environment)?, ui),
        (None, None) => show(&args.verb),
    }
}

/// Shows a page with `man`, on a terminal through its pager.
fn show(verb: &[String]) -> Result<Exit> {
    let page = |count: usize| {
        let name = ["git-puff"].into_iter().chain(verb[..count].iter().map(String::as_str)).collect::<Vec<_>>();
        let file = format!("{}.1", name.join("-"));
        PAGES.iter().find(|(name, _)| *name == file)
    };
    // A verb below another is on the page of that one.
    let found = if verb.is_empty() { page(0) } else { (1..=verb.len()).rev().find_map(page) };
    let (name, text) = found.ok_or_else(|| {
        Error::usage(format!("no manual page for '{}'", verb.join(" "))).hint("'git puff -h' lists the verbs")
    })?;
    let folder = tempfile::tempdir().or_fail(|| "cannot create a temporary folder".to_owned())?;
    let path = folder.path().join(name);
    std::fs::write(&path, text).or_fail(|| format!("cannot write '{}'", path.display()))?;
    // A name with a '/' in it is a file to every 'man'.
    let ended = Foreground::Terminal.run_on_terminal(&Cmd::new("man").arg(&path), None).map_err(|cause| {
        Error::cannot_work("cannot run 'man'").hint("'git puff VERB -h' prints a summary").because(cause)
    })?;
    if ended.success() {
        return Ok(Exit::Done);
    }
    Err(Error::failed(format!("'man' could not show the page: {ended}")).hint("'git puff VERB -h' prints a summary"))
}

/// Returns the named folder, or the folder of the user's man pages.
fn place(named: Option<&Path>, environment: &Environment) -> Result<Folder> {
    let folder = match (named, &environment.data) {
        (Some(folder), _) => real(&absolute_from(environment, folder)),
        (None, Some(data)) => data.join("man"),
        (None, None) => {
            return Err(Error::usage("cannot determine your man page folder: neither HOME nor XDG_DATA_HOME is set")
                .hint("name a folder: --install DIR"));
        }
    };
    Ok(Folder::new(folder))
}

/// Resolves '..' and links in the existing part of a path, because it is printed for the user to copy.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|there| Some((there, there.canonicalize().ok()?)));
    let whole = there.and_then(|(there, real)| Some(real.join(path.strip_prefix(there).ok()?)));
    // Joining nothing would leave a '/' at the end.
    whole.map_or_else(|| path.to_owned(), |whole| whole.components().collect())
}

fn install(folder: &Folder, ui: &Ui) -> Result<Exit> {
    let changes = folder.install(PAGES)?;
    let count = |wanted| changes.iter().filter(|change| **change == wanted).count();
    let shown = folder.path().display();
    match (count(Change::Written), count(Change::Removed)) {
        (0, 0) => ui.line(&format!("the man pages in {shown} are up to date")),
        (written, 0) => ui.line(&format!("installed {} in {shown}", describe::number(written, "man page"))),
        (written, removed) => {
            let pages = describe::number(written, "man page");
            ui.line(&format!("installed {pages} in {shown}, and removed {removed} from an older git-puff"));
        }
    }
    say_whether_found(folder, ui);
    Ok(Exit::Done)
}

/// Reports whether `man` finds the pages, called as git calls it.
fn say_whether_found(folder: &Folder, ui: &Ui) {
    // The folder of git's own pages comes first; the ':' behind it stands for the usual ones.
    let line = "MANPATH=\"$(git --man-path):$MANPATH\" man -w git-puff";
    let Ok(output) = crate::process::run(&Cmd::shell(line)) else {
        ui.hint("cannot find 'man' to show them");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.lines().next().map(str::trim).filter(|line| output.success() && !line.is_empty());
    let ours = folder.page("git-puff.1");
    match found {
        Some(found) if real(Path::new(found)) == real(&ours) => {
            ui.note("'git puff --help' and 'git help puff' show them")
        }
        Some(found) => {
            ui.warn(&format!("'git help puff' shows another page, which takes precedence: {found}"));
            ui.hint(&format!("remove that page, or search this folder first: {}", export(folder)));
        }
        None => ui.hint(&format!(
            "'man' does not search that folder; add this to the startup file of your shell: {}",
            export(folder)
        )),
    }
}

/// Returns the shell line that adds the folder; a ':' at the end stands for the default folders.
fn export(folder: &Folder) -> String {
    format!("export MANPATH={}:\"$MANPATH\"", shell_word(&folder.path().display().to_string()))
}

fn uninstall(folder: &Folder, ui: &Ui) -> Result<Exit> {
    let shown = folder.path().display();
    match folder.uninstall()? {
        0 => ui.note(&format!("no man pages of git-puff in {shown}")),
        removed => ui.line(&format!("removed {} from {shown}", describe::number(removed, "man page"))),
    }
    Ok(Exit::Done)
}
