//! What is seen in a change without running anything: read off its patch, line by line.

mod leftovers;

use std::collections::BTreeSet;

use git_tree_apply::parse::{Body, FilePatch, Hunk, Name, parse};
use regex::bytes::{Regex, RegexBuilder};

use self::leftovers::Language;
pub(in crate::engine) use self::leftovers::conflict_marker;
use crate::choice::tests_named;
use crate::model::{Evidence, Observation, Risk};

/// How many findings of a kind are named in one file; more are counted.
const MOST: usize = 5;

/// The most findings of one patch.
const MOST_IN_ALL: usize = 200;

/// Files that programs write, by their names.
const GENERATED_NAMES: [&str; 14] = [
    ".min.js",
    ".min.css",
    ".js.map",
    ".css.map",
    ".pb.go",
    ".pb.cc",
    ".pb.h",
    "_pb2.py",
    "_pb2_grpc.py",
    ".g.dart",
    ".freezed.dart",
    ".designer.cs",
    "_generated.go",
    ".generated.ts",
];

/// Folders of what builds leave.
const GENERATED_FOLDERS: [&str; 5] = ["dist", "node_modules", "__pycache__", ".next", "__generated__"];

/// Returns what is seen in a patch. `risks` are those that the harvest found.
pub(super) fn of(patch: &[u8], risks: &[Risk], generated: &dyn Fn(&[u8]) -> bool) -> Evidence {
    let files = parse(patch).unwrap_or_default();
    let mut evidence = Evidence { patch_bytes: patch.len() as u64, ..Evidence::default() };
    let paths: BTreeSet<String> = files.iter().map(|file| file.name().to_string()).collect();
    evidence.files = paths.into_iter().collect();
    evidence.findings = risks.iter().map(Observation::from).collect();
    let mut tests = tests_named::Tests::default();
    for file in &files {
        scan(file, generated, &mut evidence.findings);
        tests.scan(file);
    }
    evidence.findings.truncate(MOST_IN_ALL);
    (evidence.tests_added, evidence.tests_removed) = tests.come_and_gone();
    evidence
}

/// Returns the paths that a patch leaves something at.
pub(super) fn paths(patch: &[u8]) -> Vec<Vec<u8>> {
    parse(patch).unwrap_or_default().into_iter().filter_map(|file| file.new_name).collect()
}

/// Returns what of code is searched is ASCII: no table of letters is needed.
fn regex(form: &str) -> Regex {
    RegexBuilder::new(form).unicode(false).build().expect("the form is a regular expression")
}

fn scan(file: &FilePatch<'_>, generated: &dyn Fn(&[u8]) -> bool, findings: &mut Vec<Observation>) {
    let Some(name) = file.new_name.as_deref() else { return };
    let path = Name(name).to_string();
    let said = |kind: &str, detail: &str| Observation {
        kind: kind.to_owned(),
        path: path.clone(),
        line: None,
        detail: detail.to_owned(),
        counts: false,
    };
    let hunks = match &file.body {
        Body::Text(hunks) => hunks.as_slice(),
        Body::Binary(_) | Body::Unsaid => {
            findings.push(said("binary", "is not text: its change cannot be shown"));
            &[]
        }
    };
    if generated(name) || is_generated(&path, hunks) {
        // A program wrote it, so nothing in it was left over.
        findings.push(said("generated", "is written by a program"));
        return;
    }
    let language = Language::of(&path);
    let mut counted: Vec<(&'static str, usize)> = Vec::new();
    let mut note = |kind: &'static str, line: u64, detail: String, counts: bool| {
        let at = counted.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
            counted.push((kind, 0));
            counted.len() - 1
        });
        counted[at].1 += 1;
        if counted[at].1 <= MOST {
            findings.push(Observation { kind: kind.to_owned(), path: path.clone(), line: Some(line), detail, counts });
        }
    };
    for (number, text) in added(hunks) {
        if let Some(marker) = leftovers::conflict_marker(text) {
            note("conflict-marker", number, format!("'{marker}' is left over from a merge"), true);
        }
        if let Some(what) = leftovers::whitespace(text) {
            note("whitespace", number, what.to_owned(), false);
        }
        if let Some(what) = language.debugging(text) {
            note("debugging", number, format!("'{what}' is left over"), true);
        }
        if let Some(what) = leftovers::unfinished(text) {
            note("unfinished", number, format!("says {what}"), false);
        }
    }
    if leftovers::blank_at_end(hunks) {
        findings.push(said("whitespace", "ends in a new blank line"));
    }
    for (kind, count) in counted.into_iter().filter(|(_, count)| *count > MOST) {
        findings.push(said(kind, &format!("{} more of this kind", count - MOST)));
    }
}

fn is_generated(path: &str, hunks: &[Hunk<'_>]) -> bool {
    let lower = path.to_ascii_lowercase();
    let folders = path.split('/').rev().skip(1);
    // The mark is put into the file's first lines.
    let marked = |text: &[u8]| {
        let text = String::from_utf8_lossy(&text[..text.len().min(200)]).to_ascii_lowercase();
        text.contains(concat!("@", "generated")) || (text.contains("generated") && text.contains("do not edit"))
    };
    GENERATED_NAMES.iter().any(|end| lower.ends_with(end))
        || folders.into_iter().any(|folder| GENERATED_FOLDERS.contains(&folder))
        || added(hunks).take_while(|(number, _)| *number <= 10).any(|(_, text)| marked(text))
}

fn added<'h, 'p>(hunks: &'h [Hunk<'p>]) -> impl Iterator<Item = (u64, &'p [u8])> + 'h {
    hunks.iter().flat_map(Hunk::changes).filter(|line| line.added).map(|line| (line.number, line.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_file(path: &str, lines: &[&str]) -> String {
        let text: String = lines.iter().map(|line| format!("+{line}\n")).collect();
        format!(
            "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n{text}",
            lines.len()
        )
    }

    fn kinds(path: &str, lines: &[&str]) -> Vec<(String, Option<u64>)> {
        let found = of(new_file(path, lines).as_bytes(), &[], &|_| false).findings;
        found.into_iter().map(|finding| (finding.kind, finding.line)).collect()
    }

    #[test]
    fn what_was_left_over_is_found_where_it_is() {
        let found = kinds("src/a.rs", &["fn a() {", "    dbg!(1); ", "<<<<<<< ours", "// TODO: later", "}"]);
        let wanted = [("whitespace", 2), ("debugging", 2), ("conflict-marker", 3), ("unfinished", 4)];
        assert_eq!(found, wanted.map(|(kind, line)| (kind.to_owned(), Some(line))));
        assert_eq!(kinds("web/app.js", &["console.log(x);", "debugger;"]).len(), 2);
        assert_eq!(kinds("a.py", &["    breakpoint()", "import pdb; pdb.set_trace()"]).len(), 2);
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        for (path, line) in [
            ("src/a.rs", "let x = \"dbg!(\"; // println"),
            ("src/main.rs", "println!(\"hello\");"),
            ("a.md", "Use `console.log(x)` and TODOs"),
            ("a.md", "Title"),
            ("a.md", "======="),
            ("a.py", "# breakpoint() is what you would call"),
            ("web/logger.test.js", "console.log(x);"),
            ("src/lib.rs", "fn todolist() {}"),
        ] {
            assert_eq!(kinds(path, &[line]), [], "{path}: {line}");
        }
    }

    #[test]
    fn generated_files_are_said_to_be_and_not_looked_into() {
        assert_eq!(kinds("a.go", &["// Code generated by protoc. DO NOT EDIT.", "x "]), [("generated".into(), None)]);
        assert_eq!(kinds("web/dist/app.js", &["console.log(x)"]), [("generated".into(), None)]);
        let marked = of(new_file("x.txt", &["x "]).as_bytes(), &[], &|path| path == b"x.txt");
        assert_eq!(marked.findings[0].kind, "generated");
    }

    #[test]
    fn many_of_a_kind_are_counted() {
        let lines = vec!["x "; 20];
        let found = of(new_file("a.txt", &lines).as_bytes(), &[], &|_| false).findings;
        assert_eq!((found.len(), found[MOST].detail.as_str()), (MOST + 1, "15 more of this kind"));
    }
}
