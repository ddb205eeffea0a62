//! Tables for a terminal: `list`, `show`, `jobs`, `doctor`, `diff --matrix`, and the overview of bare `git puff`.

mod lists;
mod matrix;
mod overview;
mod sessions;
mod show;

pub use lists::{findings, jobs, kinds, runs};
pub use matrix::matrix;
pub use overview::overview;
pub use sessions::{session, sessions};
pub use show::{run, variant};

/// Returns whether a line is the heading of a table, which is shown in bold.
pub fn is_heading(line: &str) -> bool {
    let words: Vec<&str> = line.split("  ").filter(|word| !word.is_empty()).collect();
    let capital = |c: char| c.is_ascii_uppercase() || " +/-…".contains(c);
    words.len() > 1 && line.starts_with(|c: char| c.is_ascii_uppercase()) && line.chars().all(capital)
}
