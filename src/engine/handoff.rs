//! The handoff report, where people and programs find it: in the run's tree and in notes on commits.

use crate::app::App;
use crate::error::Result;
use crate::lock::FileLock;
use crate::model::{Handoff, Review, Run, RunId, documents};
use crate::render::report::{markdown, variant_markdown};
use crate::render::sections::replace_section;
use crate::store::{Files, NoteEdit, Notes, Recorded, RunStore, edit_notes};

/// Renders `report.md` and `report.json` from the run as it is and what its last review found out.
pub fn files(run: &Run, prompt: &str, review: Option<&Review>) -> Files {
    let handoff = Handoff::new(run, prompt).with_review(review.cloned());
    let json = documents::to_json(&handoff).unwrap_or_default();
    let markdown = markdown(&handoff).into_bytes();
    vec![("report.md".to_owned(), Some(markdown)), ("report.json".to_owned(), Some(json))]
}

/// Returns the report of a run as it is now.
///
/// # Errors
/// When the run's prompt or its review cannot be read.
pub fn of(store: &RunStore<'_>, recorded: &Recorded) -> Result<Handoff> {
    Ok(Handoff::new(&recorded.run, store.prompt(recorded)?).with_review(store.review(recorded)?))
}

/// Writes the notes of a run: its section of the report and its record on the base commit, and each variant's part on
/// its commit. Notes that say so already are not written again. Returns whether anything was.
///
/// A run that was pruned since it was read gets none: a prune removes notes and run under the lock that is held here.
///
/// # Errors
/// When notes cannot be read or written.
pub fn write_notes(app: &App, recorded: &Recorded, why: &str) -> Result<bool> {
    let store = RunStore::new(app);
    // Git is asked once who writes them: before the lock, so that others need not wait for that.
    app.journalist();
    let lock = store.lock()?;
    if !store.still_exists(recorded) {
        return Ok(false);
    }
    write_all_notes(app, &lock, std::slice::from_ref(recorded), why)
}

/// Writes the notes of several runs, in one commit of each kind. The caller holds the lock, and has made sure that each
/// run exists, or creates it under the same lock.
///
/// # Errors
/// When notes cannot be read or written.
pub fn write_all_notes(app: &App, lock: &FileLock, runs: &[Recorded], why: &str) -> Result<bool> {
    let Some(latest) = runs.iter().map(|recorded| recorded.run.updated_at).max() else { return Ok(false) };
    let (mut edits, mut lines): (Vec<NoteEdit<'_>>, Vec<NoteEdit<'_>>) = Default::default();
    for recorded in runs {
        let handoff = of(&RunStore::new(app), recorded)?;
        let run = &recorded.run;
        if app.repo.has_commit(run.base_oid) {
            let section = markdown(&handoff);
            let replace = move |note: Option<String>| Some(replace_section(note.as_deref(), &run.run, &section));
            edits.push((run.base_oid, Box::new(replace)));
        }
        for variant in &run.variants {
            if let Some(commit) = variant.commit.filter(|commit| app.repo.has_commit(*commit)) {
                let part = variant_markdown(&handoff, variant.index);
                edits.push((commit, Box::new(move |note| Some(replace_section(note.as_deref(), &run.run, &part)))));
            }
        }
        let line = serde_json::to_string(&run.outcome()).unwrap_or_default();
        let replace = move |note: Option<String>| Some(replace_line(note.as_deref().unwrap_or(""), run, &line));
        lines.push((run.base_oid, Box::new(replace)));
    }
    edit_notes(app, lock, &[(Notes::report(app), edits), (Notes::runs(app), lines)], latest, why)
}

/// Returns whether this line of a note is the record of a run.
pub(super) fn is_line_of(line: &str, run: &RunId) -> bool {
    // A note has the lines of all runs of its commit: only those that may be meant are read.
    if !line.contains(run.as_str()) && !line.contains('\\') {
        return false;
    }
    let parsed: Option<serde_json::Value> = serde_json::from_str(line).ok();
    parsed.is_some_and(|value| value.get("run").and_then(|name| name.as_str()) == Some(run.as_str()))
}

/// Replaces the line of a run among lines of JSON, or adds it.
pub(super) fn replace_line(note: &str, run: &Run, line: &str) -> String {
    let mut lines: Vec<&str> = note.lines().filter(|line| !line.trim().is_empty()).collect();
    match lines.iter().position(|line| is_line_of(line, &run.run)) {
        Some(at) => lines[at] = line,
        None => lines.push(line),
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_lines_of_a_note_only_the_one_of_the_run_is_its_own() {
        let run: RunId = "fix-a".parse().unwrap();
        assert!(is_line_of(r#"{"run":"fix-a","state":"picked"}"#, &run));
        // Another writer may have escaped what needs it not.
        assert!(is_line_of(r#"{"run":"fix\u002da"}"#, &run));
        for other in [r#"{"run":"fix"}"#, r#"{"run":"fix-ab"}"#, r#"{"run":"b","parent":"fix-a"}"#, "fix-a", ""] {
            assert!(!is_line_of(other, &run), "{other}");
        }
    }
}
