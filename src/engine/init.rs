//! Setting a repository up, and taking that back.
//!
//! What was set up is remembered in the repository's own configuration (`puff.init.did`), before it is: a kill in
//! between leaves something to undo that is not there, which does no harm. What was so before is not remembered, and
//! stays.
//!
//! Notes are one ref, that of the reports. The machine-readable ones would fill every log, and are found by the commits
//! that runs are recorded with: a copy on a commit that took such a one's place would say what is not so. The attribute
//! is set in the git directory: a `.gitattributes` is everybody's, and would wait there for a commit.

use std::fs;
use std::path::{Path, PathBuf};

use strum::VariantArray;

use super::hook;
use crate::app::App;
use crate::error::{Error, Result};
use crate::layout::{RUNBOOK, replace};
use crate::model::{HookOutcome, HookReport, InitOutcome, InitStep, InitThing};
use crate::settings;
use crate::store::REPORT_NOTES;

/// The line that keeps the lines of both sides.
const UNION: &str = ".codex/bo4_runs.jsonl merge=union";

/// Says in the file whose the line below is.
const OURS: &str = "# Set up by 'git puff init': the runbook log is a line for each run.";

/// Sets everything up; `hooks` also the pre-push hook. With the steps, how that hook is, where it was asked for.
///
/// # Errors
/// When something cannot be written; what was done before that stays.
pub fn set_up(app: &App, hooks: bool) -> Result<(Vec<InitStep>, Option<HookReport>)> {
    let mut steps = vec![
        notes(
            app,
            InitThing::RewriteRef,
            "notes.rewriteRef",
            "git keeps a commit's report when it rewrites the commit",
        )?,
        notes(app, InitThing::DisplayRef, "notes.displayRef", "'git log' shows reports")?,
        attributes(app)?,
    ];
    if !hooks {
        return Ok((steps, None));
    }
    let remembered = remembers(app, InitThing::Hook);
    if !remembered {
        remember(app, InitThing::Hook)?;
    }
    let installed = hook::install(app, false);
    let did = installed.as_ref().ok().and_then(|report| report.did);
    if !remembered && !matches!(did, Some(HookOutcome::Installed | HookOutcome::Updated)) {
        forget(app, InitThing::Hook)?;
    }
    let report = installed?;
    let path = &report.path;
    let (did, detail) = match (did, report.state.is_asked()) {
        (Some(HookOutcome::Installed | HookOutcome::Updated), _) => {
            (InitOutcome::Done, format!("'{path}' asks git-puff before a push"))
        }
        (_, true) => (InitOutcome::Already, "git-puff is asked before a push".to_owned()),
        (_, false) => (InitOutcome::Left, "another program manages the hooks".to_owned()),
    };
    steps.push(InitStep { what: InitThing::Hook, did, detail });
    Ok((steps, Some(report)))
}

/// Undoes what was set up, and nothing else.
///
/// # Errors
/// When something cannot be written; what was undone before that stays so.
pub fn undo(app: &App) -> Result<Vec<InitStep>> {
    let mut steps = Vec::new();
    for what in InitThing::VARIANTS.iter().rev().copied().filter(|what| remembers(app, *what)) {
        let step = match what {
            InitThing::RewriteRef => notes_back(app, what, "notes.rewriteRef")?,
            InitThing::DisplayRef => notes_back(app, what, "notes.displayRef")?,
            InitThing::Attributes => attributes_back(app)?,
            InitThing::Hook => hook_back(app)?,
        };
        forget(app, what)?;
        steps.push(step);
    }
    Ok(steps)
}

fn remembers(app: &App, what: InitThing) -> bool {
    app.settings.all(settings::INIT_DID).iter().any(|setting| setting.value == what.as_str())
}

fn remember(app: &App, what: InitThing) -> Result<()> {
    // A call that was killed in between remembered it, and did not get to doing it.
    if remembers(app, what) {
        return Ok(());
    }
    app.repo.add_config(settings::INIT_DID.name, what.as_str())
}

fn forget(app: &App, what: InitThing) -> Result<()> {
    app.repo.remove_config(settings::INIT_DID.name, what.as_str())
}

fn step(what: InitThing, did: InitOutcome, detail: impl Into<String>) -> Result<InitStep> {
    Ok(InitStep { what, did, detail: detail.into() })
}

/// Returns a key whose values are refs of notes, or patterns of such.
fn notes(app: &App, what: InitThing, key: &str, why: &str) -> Result<InitStep> {
    let values = app.settings.git_all(&key.to_ascii_lowercase());
    if values.iter().any(|value| covers(value, REPORT_NOTES)) {
        return step(what, InitOutcome::Already, format!("{key} has {REPORT_NOTES}: {why}"));
    }
    remember(app, what)?;
    app.repo.add_config(key, REPORT_NOTES)?;
    step(what, InitOutcome::Done, format!("git config --add {key} {REPORT_NOTES}: {why}"))
}

/// Returns whether a value of such a key, a ref or a shell pattern, matches this ref.
fn covers(value: &str, name: &str) -> bool {
    let full = if value.starts_with("refs/") { value.to_owned() } else { format!("refs/notes/{value}") };
    match full.split_once('*') {
        None => full == name,
        Some((start, end)) => {
            let inner = name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            inner.is_some_and(|inner| !inner.is_empty()) && !end.contains('*')
        }
    }
}

fn notes_back(app: &App, what: InitThing, key: &str) -> Result<InitStep> {
    let values = app.settings.git_all(&key.to_ascii_lowercase());
    if !values.contains(&REPORT_NOTES) {
        return step(what, InitOutcome::Gone, format!("{key} no longer has {REPORT_NOTES}"));
    }
    app.repo.remove_config(key, REPORT_NOTES)?;
    step(what, InitOutcome::Undone, format!("removed {REPORT_NOTES} from {key}"))
}

fn attributes_file(app: &App) -> PathBuf {
    app.repo.location().common_dir.join("info/attributes")
}

fn attributes(app: &App) -> Result<InitStep> {
    let what = InitThing::Attributes;
    let path = attributes_file(app);
    if app.layout.top().is_none() {
        return step(what, InitOutcome::Left, format!("a bare repository does not merge {RUNBOOK}"));
    }
    match app.repo.attribute("merge", RUNBOOK).as_deref() {
        Some("union") => {
            return step(what, InitOutcome::Already, format!("merges keep the lines of both sides of {RUNBOOK}"));
        }
        Some(other) => {
            return step(what, InitOutcome::Left, format!("{RUNBOOK} is merged by '{other}', as your attributes say"));
        }
        None => {}
    }
    let before = read(&path)?;
    if !remembers(app, what) {
        remember(app, what)?;
    }
    write(&path, &[before.as_slice(), ours(&before).as_bytes()].concat())?;
    step(what, InitOutcome::Done, format!("'{UNION}' in '{}': merges keep the lines of both sides", path.display()))
}

/// Returns what is added to a file. A line end that it lacked comes with ours, and goes with it.
fn ours(before: &[u8]) -> String {
    let line_end = if before.is_empty() || before.ends_with(b"\n") { "" } else { "\n" };
    format!("{line_end}{OURS}\n{UNION}{}", if line_end.is_empty() { "\n" } else { "" })
}

fn attributes_back(app: &App) -> Result<InitStep> {
    let (what, path) = (InitThing::Attributes, attributes_file(app));
    let shown = path.display();
    let text = read(&path)?;
    let lines = format!("{OURS}\n{UNION}");
    let Some(at) = text.windows(lines.len()).position(|window| window == lines.as_bytes()) else {
        return step(what, InitOutcome::Gone, format!("'{shown}' no longer has '{UNION}'"));
    };
    let (before, after) = (&text[..at], &text[at + lines.len()..]);
    let rest = match after.strip_prefix(b"\n") {
        Some(after) => [before, after].concat(),
        // The line end before ours is ours, too.
        None => [before.strip_suffix(b"\n").unwrap_or(before), after].concat(),
    };
    if rest.is_empty() {
        fs::remove_file(&path).map_err(|cause| unwritable(&path, cause))?;
        // A folder that was there for something else is not empty.
        let _ = fs::remove_dir(path.parent().unwrap_or(&path));
    } else {
        write(&path, &rest)?;
    }
    step(what, InitOutcome::Undone, format!("removed '{UNION}' from '{shown}'"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    match fs::read(path) {
        Ok(text) => Ok(text),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => Err(unwritable(path, cause)),
    }
}

fn write(path: &Path, text: &[u8]) -> Result<()> {
    let made = fs::create_dir_all(path.parent().unwrap_or(path));
    let kept = path.metadata().map(|meta| meta.permissions());
    let written = made.and_then(|()| replace(path, text));
    written
        .and_then(|()| kept.map_or(Ok(()), |kept| fs::set_permissions(path, kept)))
        .map_err(|cause| unwritable(path, cause))
}

fn hook_back(app: &App) -> Result<InitStep> {
    let report = hook::uninstall(app, false)?;
    let path = &report.path;
    match report.did {
        Some(HookOutcome::Uninstalled) => {
            step(InitThing::Hook, InitOutcome::Undone, format!("removed the hook from '{path}'"))
        }
        _ => step(InitThing::Hook, InitOutcome::Gone, format!("'{path}' no longer has a git-puff hook")),
    }
}

fn unwritable(path: &Path, cause: std::io::Error) -> Error {
    Error::failed(format!("cannot read and write '{}'", path.display())).hint("check its permissions").because(cause)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_ref_of_notes_is_covered_by_itself_and_by_patterns() {
        let name = "refs/notes/puff/report";
        for value in [name, "refs/notes/*", "refs/notes/puff/*", "puff/report", "refs/*"] {
            assert!(covers(value, name), "{value}");
        }
        for value in ["refs/notes/commits", "refs/notes/puff", "refs/notes/x*", "puff/runs"] {
            assert!(!covers(value, name), "{value}");
        }
    }
}
