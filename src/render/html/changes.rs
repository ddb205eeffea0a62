//! The changes: every variant against the base as HTML, and the data for the script to compare any two variants.
//!
//! The page has each changed line once for every variant that changes it, in unified form. How two variants differ is
//! kept as scripts of edits without a line of text: `[a, b, notes, hunks]`, a hunk being `[old start, new start,
//! heading, ops]` and an op either a number of lines that both have, or `[removed, added, marks]`. Marks are of the
//! rows that stand in each other's place: `[of the old line, of the new one]`, each `start, length, start, length, …`
//! in UTF-16 units. Since a line that neither of two variants changed is in no edit between them, every line that such
//! a script shows is in the hunks of one of the two.

use std::fmt::Write as _;
use std::ops::Range;

use maud::html;

use super::escape::{push, push_json};
use super::{command, ranked};
use crate::model::{Hunk, Row, Run, SideBySide, SideBySideFile, Sign};
use crate::render::steps;
use crate::render::text::visible;

/// Maximum number of omitted files that are named for a variant.
const NAMED: usize = 40;

/// Returns the section of the changes; `first` is the variant that is shown first.
pub fn section(run: &Run, sides: &SideBySide, first: Option<u32>) -> String {
    if sides.files.is_empty() && sides.left_out.is_empty() {
        return String::new();
    }
    let mut html = String::new();
    html += "<section id=\"changes\" aria-labelledby=\"changes-h\"><h2 id=\"changes-h\">Changes</h2>\
        <div id=\"compare\" hidden></div><div id=\"static\">";
    for variant in ranked(run, None) {
        if let Some(at) = sides.variants.iter().position(|index| *index == variant.index) {
            one_variant(run, sides, at + 1, &mut html);
        }
    }
    html += "</div><script type=\"application/json\" id=\"sides\">";
    data(run, sides, first, &mut html);
    html += "</script></section>";
    html
}

/// Appends the changes of one variant, file by file.
fn one_variant(run: &Run, sides: &SideBySide, place: usize, html: &mut String) {
    let index = sides.variants[place - 1];
    let touched = sides.files.iter().filter(|file| file.versions[place].first != 0).count();
    let _ = write!(
        html,
        "<details class=\"variant\"><summary><strong>var{index}</strong> against the base <span class=\"small\">{}</span>\
        </summary>",
        crate::render::describe::number(touched, "file")
    );
    for (number, file) in sides.files.iter().enumerate() {
        one_file(sides, number, file, place, html);
    }
    left_out(run, sides, index, html);
    html.push_str("</details>");
}

fn one_file(sides: &SideBySide, number: usize, file: &SideBySideFile, place: usize, html: &mut String) {
    let version = &file.versions[place];
    if version.first == 0 || version.left_out {
        return;
    }
    html.push_str("<details class=\"file\" open><summary><code>");
    push(html, &visible(&file.path));
    html.push_str("</code> ");
    let Some(change) = &file.changes[version.first] else {
        html.push_str("</summary></details>");
        return;
    };
    let _ = write!(
        html,
        "<span class=\"plus\">+{}</span> <span class=\"minus\">−{}</span>",
        change.insertions, change.deletions
    );
    html.push_str("</summary>");
    if version.first == place {
        for note in &change.notes {
            html.push_str("<p class=\"small\">");
            push(html, note);
            html.push_str("</p>");
        }
        if !change.hunks.is_empty() {
            let _ = write!(html, "<pre class=\"u\" tabindex=\"0\" id=\"f{number}p{place}\">");
            change.hunks.iter().for_each(|hunk| unified(file, hunk, html));
            html.push_str("</pre>");
        }
    } else {
        let _ = write!(html, "<p class=\"small\">The same as in var{}.</p>", sides.variants[version.first - 1]);
    }
    html.push_str("</details>");
}

/// Appends a hunk as `git diff` formats it, with its lines in elements.
fn unified(file: &SideBySideFile, hunk: &Hunk, html: &mut String) {
    let count = |sign: Sign| hunk.rows.iter().filter(|row| row.sign == Sign::Same || row.sign == sign).count();
    let (removed, added) = (count(Sign::Removed), count(Sign::Added));
    // For a side without lines, git gives the number of the line before.
    let start = |start: usize, lines: usize| if lines == 0 { start - 1 } else { start };
    let (old, new) = (start(hunk.old_start, removed), start(hunk.new_start, added));
    let _ = write!(html, "<b>@@ -{old},{removed} +{new},{added} @@ ");
    push(html, &hunk.heading);
    html.push_str("</b>\n");
    for row in &hunk.rows {
        let line = &file.lines[row.line as usize];
        let (open, close) = match row.sign {
            Sign::Same => (" ", ""),
            Sign::Removed => ("<del>-", "</del>"),
            Sign::Added => ("<ins>+", "</ins>"),
        };
        html.push_str(open);
        marked(line, &row.marks, html);
        html.push_str(close);
        html.push('\n');
    }
}

/// Appends a line with its differences marked.
fn marked(line: &str, marks: &[Range<u32>], html: &mut String) {
    if marks.is_empty() {
        return push(html, line);
    }
    let mut rest = line;
    let mut at = 0;
    let mut until = |end: u32| {
        let mut length = 0;
        for c in rest.chars() {
            if at >= end {
                break;
            }
            at += c.len_utf16() as u32;
            length += c.len_utf8();
        }
        let (part, others) = rest.split_at(length);
        rest = others;
        part
    };
    for mark in marks {
        push(html, until(mark.start));
        html.push_str("<mark>");
        push(html, until(mark.end));
        html.push_str("</mark>");
    }
    push(html, until(u32::MAX));
}

/// Appends the omitted files of a variant, and the commands that show them.
fn left_out(run: &Run, sides: &SideBySide, index: u32, html: &mut String) {
    let paths: Vec<&str> = sides.left_out.iter().filter(|it| it.variant == index).map(|it| it.path.as_str()).collect();
    if paths.is_empty() {
        return;
    }
    let whole = format!("git puff diff {} {index}", run.run);
    let part = html! {
        div .notice {
            p { "Too large for this page: " (crate::render::describe::number(paths.len(), "file")) ". Show the whole change with " (command(&whole)) " or:" }
            ul .names {
                @for path in paths.iter().take(NAMED) {
                    li { (command(&format!("{whole} -- {}", steps::shell_word(path)))) }
                }
            }
            @if paths.len() > NAMED { p .quiet { "and " (paths.len() - NAMED) " more files" } }
        }
    };
    html.push_str(&part.into_string());
}

/// Appends the data for the script that is not in the page's text.
fn data(run: &Run, sides: &SideBySide, first: Option<u32>, json: &mut String) {
    json.push_str("{\"run\":");
    push_json(json, run.run.as_str());
    json.push_str(",\"variants\":[");
    list(json, sides.variants.iter(), |json, index| number(json, *index as usize));
    let _ = write!(json, "],\"first\":{},\"files\":[", first.map_or("null".to_owned(), |index| index.to_string()));
    list(json, sides.files.iter(), one);
    json.push_str("]}");
}

fn list<T>(json: &mut String, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    for (at, item) in items.enumerate() {
        if at > 0 {
            json.push(',');
        }
        write(json, item);
    }
}

fn number(json: &mut String, number: usize) {
    let _ = write!(json, "{number}");
}

fn one(json: &mut String, file: &SideBySideFile) {
    json.push_str("{\"path\":");
    push_json(json, &visible(&file.path));
    json.push_str(",\"word\":");
    push_json(json, &steps::shell_word(&file.path));
    json.push_str(",\"first\":[");
    list(json, file.versions.iter(), |json, version| number(json, version.first));
    json.push_str("],\"out\":[");
    let out = file.versions.iter().enumerate().filter(|(_, version)| version.left_out);
    list(json, out, |json, (place, _)| number(json, place));
    json.push_str("],\"notes\":[");
    list(json, file.changes.iter(), |json, change| match change {
        Some(change) => strings(json, &change.notes),
        None => json.push('0'),
    });
    json.push_str("],\"pairs\":[");
    list(json, file.pairs.iter(), |json, pair| {
        let _ = write!(json, "[{},{},", pair.a, pair.b);
        strings(json, &pair.difference.notes);
        json.push_str(",[");
        list(json, pair.difference.hunks.iter(), self::hunk);
        json.push_str("]]");
    });
    json.push_str("]}");
}

fn strings(json: &mut String, strings: &[String]) {
    json.push('[');
    list(json, strings.iter(), |json, string| push_json(json, string));
    json.push(']');
}

fn hunk(json: &mut String, hunk: &Hunk) {
    let _ = write!(json, "[{},{},", hunk.old_start, hunk.new_start);
    push_json(json, &hunk.heading);
    json.push_str(",[");
    let mut rows = hunk.rows.as_slice();
    let mut ops = 0;
    while let Some(row) = rows.first() {
        if ops > 0 {
            json.push(',');
        }
        ops += 1;
        let count = |sign: Sign, from: usize| rows[from..].iter().take_while(|row| row.sign == sign).count();
        if row.sign == Sign::Same {
            let same = count(Sign::Same, 0);
            let _ = write!(json, "{same}");
            rows = &rows[same..];
        } else {
            let removed = count(Sign::Removed, 0);
            let added = count(Sign::Added, removed);
            let _ = write!(json, "[{removed},{added},[");
            let pairs = rows[..removed].iter().zip(&rows[removed..removed + added]);
            list(json, pairs, |json, (old, new)| {
                json.push('[');
                list(json, [old, new].into_iter(), self::marks);
                json.push(']');
            });
            json.push_str("]]");
            rows = &rows[removed + added..];
        }
    }
    json.push_str("]]");
}

fn marks(json: &mut String, row: &Row) {
    json.push('[');
    list(json, row.marks.iter(), |json, mark| {
        let _ = write!(json, "{},{}", mark.start, mark.end - mark.start);
    });
    json.push(']');
}
