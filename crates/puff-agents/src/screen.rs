//! What a person at the terminal of a session would see, drawn from its log.

#[cfg(unix)]
use std::io;
use std::num::NonZero;

#[cfg(unix)]
use crate::{log, place::SessionPlace};

/// How much of the log is drawn: a full-screen program paints all of its screen again and again.
#[cfg(unix)]
const DRAWN: u64 = 2 << 20;

/// Returns the lines of the screen, without empty ones at the end.
///
/// # Errors
/// When the log cannot be read.
#[cfg(unix)]
pub fn of(place: &SessionPlace, size: (u16, u16)) -> io::Result<Vec<String>> {
    let (columns, rows) = cells(size);
    let mut parser = vt100::Parser::new(rows, columns, 0);
    parser.process(&log::tail(place, DRAWN)?);
    Ok(lines(parser.screen()))
}

/// Returns the lines of a screen, without empty ones at the end.
pub fn lines(screen: &vt100::Screen) -> Vec<String> {
    let (_, columns) = screen.size();
    let mut lines: Vec<String> = screen.rows(0, columns.get()).map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Returns a size that a terminal can have: at least one cell.
pub fn cells((columns, rows): (u16, u16)) -> (NonZero<u16>, NonZero<u16>) {
    (NonZero::new(columns).unwrap_or(NonZero::<u16>::MIN), NonZero::new(rows).unwrap_or(NonZero::<u16>::MIN))
}
