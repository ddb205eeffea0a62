//! The parts that a run has in notes: taken out of them, and put back.

use crate::app::App;
use crate::engine::handoff::{is_line_of, replace_line};
use crate::error::Result;
use crate::lock::FileLock;
use crate::model::{KeptNote, Oid, Run};
use crate::render::sections::{remove_section, replace_section, section_of};
use crate::store::{NoteEdit, Notes, RecoveryPoint, RecoveryPoints, edit_notes};

/// A note that a run has a part in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The ref of the notes.
    pub notes: String,
    /// What it is on.
    pub object: Oid,
    /// What it says.
    pub text: String,
}

impl Text {
    /// Returns the note without its text.
    pub(super) fn named(&self) -> KeptNote {
        KeptNote { notes: self.notes.clone(), object: self.object }
    }
}

/// Returns the notes that a run has a part in.
///
/// # Errors
/// When notes cannot be read.
pub fn texts(app: &App, run: &Run) -> Result<Vec<Text>> {
    let mut found = Vec::new();
    let commits = run.variants.iter().filter_map(|variant| variant.commit);
    let (reports, runs) = (Notes::report(app), Notes::runs(app));
    let mut objects: Vec<Oid> = [run.base_oid].into_iter().chain(commits).collect();
    objects.sort();
    objects.dedup();
    for object in objects {
        let text = reports.get(object)?.filter(|text| section_of(text, &run.run).is_some());
        found.extend(text.map(|text| Text { notes: reports.name().to_owned(), object, text }));
    }
    let text = runs.get(run.base_oid)?.filter(|text| text.lines().any(|line| is_line_of(line, &run.run)));
    found.extend(text.map(|text| Text { notes: runs.name().to_owned(), object: run.base_oid, text }));
    Ok(found)
}

/// Returns a note's text without what a run has in it.
fn without(text: &str, run: &Run, is_report: bool) -> String {
    if is_report {
        return remove_section(Some(text), &run.run);
    }
    let others = text.split_inclusive('\n').filter(|line| !is_line_of(line, &run.run));
    others.collect()
}

/// Returns the text that a point keeps of a note.
pub(super) fn kept(app: &App, point: &RecoveryPoint, at: usize, note: &KeptNote) -> Result<Option<Text>> {
    let Some(blob) = RecoveryPoints::new(app).kept(point, &format!("notes/{at}"))? else { return Ok(None) };
    let text = String::from_utf8_lossy(&app.repo.blob(blob)?).into_owned();
    Ok(Some(Text { notes: note.notes.clone(), object: note.object, text }))
}

/// Removes the run from all notes that have a part of it now, which may be more than when the prune was planned.
pub(super) fn remove(app: &App, lock: &FileLock, run: &Run) -> Result<()> {
    let texts = texts(app, run)?;
    edit(app, lock, run, &texts, "prune", |now, _, is_report| now.map(|now| without(&now, run, is_report)))
}

/// Puts the run back into its notes: a note that says what was left of it then, says what it said before; one that was
/// written in since gets the run's part.
///
/// # Errors
/// When notes cannot be read or written.
pub fn restore(app: &App, run: &Run, point: &RecoveryPoint, notes: &[KeptNote]) -> Result<()> {
    let mut texts = Vec::new();
    for (at, note) in notes.iter().enumerate() {
        texts.extend(kept(app, point, at, note)?);
    }
    let lock = app.layout.lock_for_writing()?;
    edit(app, &lock, run, &texts, "undo", |now, before, is_report| {
        let left = without(before, run, is_report);
        let now = now.unwrap_or_default();
        let same = now == left || (now.is_empty() && left.trim().is_empty());
        if same || now == before {
            return Some(before.to_owned());
        }
        if is_report {
            return section_of(before, &run.run).map(|section| replace_section(Some(&now), &run.run, section));
        }
        let line = before.lines().find(|line| is_line_of(line, &run.run))?;
        Some(replace_line(&now, run, line))
    })
}

fn edit(
    app: &App,
    lock: &FileLock,
    run: &Run,
    texts: &[Text],
    why: &str,
    change: impl Fn(Option<String>, &str, bool) -> Option<String>,
) -> Result<()> {
    let change = &change;
    let (reports, runs) = (Notes::report(app), Notes::runs(app));
    let of = |notes: &Notes<'_>, is_report: bool| -> Vec<NoteEdit<'_>> {
        let ours = texts.iter().filter(|text| text.notes == notes.name());
        let edits = ours.map(|text| {
            let edit = move |now: Option<String>| change(now, &text.text, is_report);
            (text.object, Box::new(edit) as Box<dyn Fn(Option<String>) -> Option<String>>)
        });
        edits.collect()
    };
    let (of_reports, of_runs) = (of(&reports, true), of(&runs, false));
    if texts.is_empty() {
        return Ok(());
    }
    let at = app.clock.now().max(run.updated_at);
    edit_notes(app, lock, &[(reports, of_reports), (runs, of_runs)], at, why).map(drop)
}
