//! Plain columns, two spaces apart, within a maximum width.

use super::text::{clean_line, columns, cut, cut_start, pad};

/// The minimum width of a column, unless the line is too narrow for all.
const NARROW: usize = 12;

/// The space between two columns.
const GAP: usize = 2;

/// How a column is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Left, and kept whole as long as possible.
    Whole,
    /// Right, and kept whole as long as possible.
    Number,
    /// Left; its end is cut when the line is too long.
    Start,
    /// Left; its beginning is cut when the line is too long.
    End,
}

/// A table: headings, how each column fits, and rows of as many cells.
pub struct Columns<const N: usize> {
    heads: [(&'static str, Fit); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Columns<N> {
    /// Creates an empty table.
    pub fn new(heads: [(&'static str, Fit); N]) -> Columns<N> {
        Columns { heads, rows: Vec::new() }
    }

    /// Adds a row; an empty cell is shown as `-`.
    pub fn row(&mut self, cells: [String; N]) {
        let shown = |cell: String| if cell.trim().is_empty() { "-".to_owned() } else { clean_line(&cell) };
        self.rows.push(cells.map(shown));
    }

    /// Returns the table with its headings.
    pub fn render(&self, width: usize) -> String {
        let widths = self.widths(width, true);
        let heads = self.heads.map(|(head, _)| head.to_owned());
        let lines = std::iter::once(&heads).chain(&self.rows);
        lines.map(|cells| self.line(cells, &widths, width) + "\n").collect()
    }

    /// Returns the lines of the rows, without headings.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let widths = self.widths(width, false);
        self.rows.iter().map(|cells| self.line(cells, &widths, width)).collect()
    }

    fn line(&self, cells: &[String; N], widths: &[usize; N], width: usize) -> String {
        let mut line = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let room = widths[at];
            line += &match self.heads[at].1 {
                Fit::Number => {
                    let cell = cut(cell, room);
                    format!("{:1$}{cell}", "", room.saturating_sub(columns(&cell)))
                }
                Fit::End => pad(&cut_start(cell, room), room),
                Fit::Whole | Fit::Start => pad(&cut(cell, room), room),
            };
            line += &" ".repeat(GAP);
        }
        // If the line is too narrow for one character per cell, the whole line is cut.
        cut(line.trim_end(), width)
    }

    /// Returns the width of each column: what its cells need if the line fits. Otherwise the columns that may be cut
    /// shrink, the last one first, and then all others.
    fn widths(&self, width: usize, headed: bool) -> [usize; N] {
        let mut widths = self.heads.map(|(head, _)| if headed { head.len() } else { 0 });
        for cells in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(cells) {
                *widest = columns(cell).max(*widest);
            }
        }
        let room = width.saturating_sub(GAP * N.saturating_sub(1));
        for (cuttable_only, least) in [(true, NARROW), (true, 4), (false, 1)] {
            for at in (0..N).rev() {
                let too_much = widths.iter().sum::<usize>().saturating_sub(room);
                if !cuttable_only || matches!(self.heads[at].1, Fit::Start | Fit::End) {
                    widths[at] = widths[at].saturating_sub(too_much).max(least.min(widths[at]));
                }
            }
        }
        widths
    }
}

/// Returns aligned `key: value` lines; further lines of a value are indented, and a key without a value is omitted.
pub fn fields(pairs: &[(&str, String)]) -> String {
    let shown = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
    let widest = pairs.iter().map(|(key, _)| key.len() + 1).max().unwrap_or(0);
    let mut text = String::new();
    for (key, value) in shown {
        let value = super::text::clean_block(value);
        for (at, line) in value.trim_end().lines().enumerate() {
            let key = if at == 0 { format!("{key}:") } else { String::new() };
            text += format!("{} {line}", pad(&key, widest)).trim_end();
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_never_too_wide() {
        let mut table =
            Columns::new([("RUN", Fit::Start), ("DONE", Fit::Number), ("TITLE", Fit::Start), ("LOG", Fit::End)]);
        table.row([
            "fix-the-parser-3f2a".into(),
            "2/4".into(),
            "修复解析器".repeat(20),
            "/a/very/long/path/log".into(),
        ]);
        table.row(["a".into(), "".into(), "b\nc\u{1b}[2J".into(), "/log".into()]);
        for width in 0..200 {
            let widest = table.render(width).lines().map(columns).max().unwrap_or(0);
            assert!(widest <= width, "{widest} > {width}");
        }
        let wanted = "\
RUN           DONE  TITLE         LOG
fix-the-par…   2/4  修复解析器…   …ng/path/log
a                -  b c�[2J       /log
";
        assert_eq!(table.render(46), wanted);
    }
}
