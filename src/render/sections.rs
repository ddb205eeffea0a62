//! Finds, replaces and removes the sections of runs in a git note, by their headings.
//!
//! A section begins with a line `# Handoff: <run>` and ends with a comment line. Text before, between and after the
//! sections (from `git notes append`, for example) stays unchanged.

use crate::model::RunId;

/// The prefix of a section's first line; no other line of a section has it.
const HEADING: &str = "# Handoff: ";

/// The text before and after the name of the run in a section's last line.
const ENDING: &str = "<!-- end of handoff: ";
const CLOSE: &str = " -->";

/// Returns the first line of the section of a run.
pub fn heading(run: &RunId) -> String {
    format!("{HEADING}{run}")
}

/// Returns the last line of the section of a run: a comment, so that a rendered report does not show it.
pub fn ending(run: &RunId) -> String {
    format!("{ENDING}{run}{CLOSE}")
}

/// Returns the note with the section of `run` replaced, or appended if there was none. Duplicates from a merge of
/// notes are removed.
pub fn replace_section(note: Option<&str>, run: &RunId, section: &str) -> String {
    let section = format!("{}\n", section.trim_end());
    let mut parts = split(note.unwrap_or(""));
    if !parts.iter().any(|part| part.is_of(run)) {
        let mut text: String = parts.iter().map(|part| part.text).collect();
        if !text.is_empty() {
            text += if text.ends_with("\n\n") {
                ""
            } else if text.ends_with('\n') {
                "\n"
            } else {
                "\n\n"
            };
        }
        return text + &section;
    }
    let mut replaced = false;
    parts.retain(|part| !part.is_of(run) || !std::mem::replace(&mut replaced, true));
    parts.iter().map(|part| if part.is_of(run) { section.as_str() } else { part.text }).collect()
}

/// Returns the section of `run` in a note.
pub fn section_of<'n>(note: &'n str, run: &RunId) -> Option<&'n str> {
    split(note).into_iter().find(|part| part.is_of(run)).map(|part| part.text)
}

/// Returns the note without the section of `run`; empty when nothing else is in it.
pub fn remove_section(note: Option<&str>, run: &RunId) -> String {
    let mut text = String::new();
    let mut removed = false;
    for part in split(note.unwrap_or("")) {
        if part.is_of(run) {
            removed = true;
            continue;
        }
        // The blank line before the removed section is removed too.
        let parted = text.is_empty() || text.ends_with("\n\n");
        let rest = if removed && parted { part.text.strip_prefix('\n').unwrap_or(part.text) } else { part.text };
        removed = removed && rest.is_empty();
        text += rest;
    }
    if removed && text.ends_with("\n\n") {
        text.pop();
    }
    text
}

/// A part of a note: a section, or the text between sections.
struct Part<'n> {
    run: Option<&'n str>,
    text: &'n str,
}

impl Part<'_> {
    fn is_of(&self, run: &RunId) -> bool {
        self.run == Some(run.as_str())
    }
}

/// Splits a note into its parts.
fn split(note: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut begin, mut at, mut run) = (0, 0, None);
    for line in note.split_inclusive('\n') {
        let words = line.trim_end();
        let next = at + line.len();
        if let Some(name) = words.strip_prefix(HEADING) {
            // A section without an end line ends where the next one begins.
            parts.push(Part { run, text: &note[begin..at] });
            (begin, run) = (at, Some(name));
        } else if run.is_some() && words.strip_prefix(ENDING).and_then(|name| name.strip_suffix(CLOSE)) == run {
            parts.push(Part { run, text: &note[begin..next] });
            (begin, run) = (next, None);
        }
        at = next;
    }
    parts.push(Part { run, text: &note[begin..] });
    parts.retain(|part| !part.text.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> RunId {
        name.parse().unwrap()
    }

    fn section(name: &str, body: &str) -> String {
        format!("{}\n\n{body}\n\n{}\n", heading(&id(name)), ending(&id(name)))
    }

    #[test]
    fn a_section_is_replaced_where_it_is() {
        let note = replace_section(Some("mine\n"), &id("a"), &section("a", "one"));
        let note = replace_section(Some(&note), &id("b"), &section("b", "two"));
        let note = format!("{note}\nappended by hand\n");
        let changed = replace_section(Some(&note), &id("a"), &section("a", "three"));
        assert_eq!(changed, note.replace("one", "three"));
        assert_eq!(replace_section(Some(&changed), &id("a"), &section("a", "three")), changed);
        assert_eq!(replace_section(None, &id("a"), &section("a", "one")), section("a", "one"));
    }

    #[test]
    fn a_removed_section_leaves_the_others_as_they_were() {
        for before in ["", "mine\n", &section("b", "two"), &format!("{}\nhand\n", section("b", "two"))] {
            let note = replace_section(Some(before), &id("a"), &section("a", "one"));
            assert_eq!(remove_section(Some(&note), &id("a")), before);
            assert_eq!(remove_section(Some(before), &id("a")), before);
        }
        let both = replace_section(Some(&section("a", "one")), &id("b"), &section("b", "two"));
        assert_eq!(remove_section(Some(&both), &id("a")), section("b", "two"));
    }

    #[test]
    fn a_doubled_or_endless_section_is_mended() {
        let doubled = section("a", "one") + &section("b", "two") + &section("a", "old");
        assert_eq!(
            replace_section(Some(&doubled), &id("a"), &section("a", "new")),
            section("a", "new") + &section("b", "two")
        );
        let endless = format!("{}\nlost its end\n{}", heading(&id("a")), section("b", "two"));
        assert_eq!(
            replace_section(Some(&endless), &id("a"), &section("a", "new")),
            section("a", "new") + &section("b", "two")
        );
    }
}
