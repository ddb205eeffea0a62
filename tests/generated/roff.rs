//! Text in the form that `man` reads: only what every formatter of manual pages knows.

use std::fmt::Write as _;

/// The columns of a line of the source.
const COLUMNS: usize = 76;

/// A page that is being written.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// A page of section 1.
    pub(super) fn new(title: &str, date: &str, source: &str, manual: &str) -> Page {
        let mut page = Page::default();
        let quoted = |word: &str| format!("\"{}\"", escaped(word));
        let head =
            [title.to_uppercase().replace('-', "\\-"), "1".to_owned(), date.to_owned(), quoted(source), quoted(manual)];
        page.request("TH", &head.join(" "));
        // Command lines are not broken inside of words, nor stretched.
        page.request("nh", "");
        page.request("ad", "l");
        page
    }

    fn request(&mut self, name: &str, words: &str) {
        let _ = writeln!(self.text, "{}", format!(".{name} {words}").trim_end());
    }

    pub(super) fn section(&mut self, title: &str) {
        self.request("SH", &title.to_uppercase());
    }

    pub(super) fn subsection(&mut self, title: &str) {
        self.request("SS", &format!("\"{}\"", escaped(title)));
    }

    /// Goes on in a new paragraph.
    pub(super) fn paragraph(&mut self) {
        self.request("PP", "");
    }

    /// Goes on in a new line.
    pub(super) fn line_break(&mut self) {
        self.request("br", "");
    }

    /// An entry of a list: what it is about, and what there is to say.
    pub(super) fn item(&mut self, head: &str, text: &str) {
        self.request("TP", "");
        let _ = writeln!(self.text, "{head}");
        self.words(&escaped(text));
    }

    /// Prose, a paragraph for each.
    pub(super) fn prose(&mut self, text: &str) {
        let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
        for (at, paragraph) in paragraphs.enumerate() {
            if at > 0 {
                self.paragraph();
            }
            self.words(&escaped(paragraph));
        }
    }

    /// A line as it is typed.
    pub(super) fn typed(&mut self, line: &str) {
        // A heading begins a paragraph by itself.
        if !self.text.lines().last().is_some_and(|last| last.starts_with(".SH ")) {
            self.paragraph();
        }
        self.request("nf", "");
        self.request("RS", "4");
        let _ = writeln!(self.text, "{}", bold(line));
        self.request("RE", "");
        self.request("fi", "");
    }

    /// Below a typed line: what comes of it.
    pub(super) fn remark(&mut self, text: &str) {
        self.request("RS", "8");
        self.words(&escaped(text));
        self.request("RE", "");
    }

    /// Words that are escaped already, broken into lines.
    pub(super) fn words(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.len() + 1 + word.len() > COLUMNS {
                self.line(&line);
                line.clear();
            }
            line.extend((!line.is_empty()).then_some(' '));
            line.push_str(word);
        }
        self.line(&line);
    }

    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            // A line that begins so would be taken for a request.
            let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
            let _ = writeln!(self.text, "{guard}{line}");
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}

/// Text in bold letters.
pub(super) fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

/// Text in slanted letters: what stands for something else.
pub(super) fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escaped(text))
}

/// Text with nothing in it that a formatter would take for something else.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            '"' => out.push_str("\\(dq"),
            character if character.is_ascii() => out.push(character),
            other => _ = write!(out, "\\[u{:04X}]", u32::from(other)),
        }
    }
    out
}
