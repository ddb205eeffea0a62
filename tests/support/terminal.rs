//! A real terminal: what a program draws on it, and a picture of that.

use std::fmt::Write;
use std::io::Read;
use std::num::NonZeroU16;
use std::process::Command;

use pty_process::Size;
use vt100::{Color, Screen};

/// The size of a character in the picture, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);

/// Space around the text, and above it for the bar of the window.
const MARGIN: (f32, f32) = (16.0, 44.0);

/// The eight colours of a terminal, and the bright ones.
const COLOURS: [&str; 16] = [
    "#6e7681", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#c9d1d9", "#8b949e", "#ffa198",
    "#aff5b4", "#f2cc60", "#a5d6ff", "#e2c5ff", "#b3f0ff", "#ffffff",
];

/// Runs a program in a terminal of so many columns and rows; answers what is on its screen in the end.
pub fn played(command: Command, columns: u16, rows: u16) -> vt100::Parser {
    let (mut pty, pts) = pty_process::blocking::open().expect("a terminal");
    pty.resize(Size::new(rows, columns)).expect("a size");
    let mut child = pty_process::blocking::Command::from(command).spawn(pts).expect("the program runs");
    let size = |number| NonZeroU16::new(number).expect("a size");
    let mut terminal = vt100::Parser::new(size(rows), size(columns), 0);
    let mut some = [0; 4096];
    // A terminal that nobody holds any more is an error to read from.
    while let Ok(count @ 1..) = pty.read(&mut some) {
        terminal.process(&some[..count]);
    }
    assert!(child.wait().expect("it ends").success(), "{}", terminal.screen().contents());
    terminal
}

/// The screen as a picture, up to its last line that has something.
pub fn picture(screen: &Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let lines: Vec<String> = screen.rows(0, columns.get()).collect();
    let shown =
        lines.iter().rposition(|line| !line.trim().is_empty()).map_or(1, |last| last + 1).min(rows.get().into());
    let (width, height) =
        (CELL.0 * f32::from(columns.get()) + 2.0 * MARGIN.0, CELL.1 * shown as f32 + MARGIN.1 + MARGIN.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" aria-label=\"{0}\">\n<title>{0}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#0d1117\"/>\n",
        escaped(title)
    );
    for (place, colour) in [(20, "#ff5f57"), (40, "#febc2e"), (60, "#28c840")] {
        let _ = writeln!(svg, "<circle cx=\"{place}\" cy=\"18\" r=\"6\" fill=\"{colour}\"/>");
    }
    svg += "<g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" fill=\"#c9d1d9\">\n";
    for row in 0..shown {
        let y = MARGIN.1 + CELL.1 * (row as f32 + 0.7);
        let spans = spans(screen, row as u16, columns.get());
        if !spans.is_empty() {
            let _ = writeln!(svg, "<text y=\"{y:.1}\">{spans}</text>");
        }
    }
    svg + "</g>\n</svg>\n"
}

/// The pieces of a row that look alike, each at its place.
fn spans(screen: &Screen, row: u16, columns: u16) -> String {
    let look = |column: u16| {
        let cell = screen.cell(row, column)?;
        let colour = match cell.fgcolor() {
            Color::Idx(index @ 0..16) => format!(" fill=\"{}\"", COLOURS[usize::from(index)]),
            Color::Rgb(red, green, blue) => format!(" fill=\"#{red:02x}{green:02x}{blue:02x}\""),
            _ => String::new(),
        };
        let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
        let dim = if cell.dim() { " opacity=\"0.65\"" } else { "" };
        Some(format!("{colour}{weight}{dim}"))
    };
    let text = |column: u16| {
        screen.cell(row, column).map_or(" ", |cell| if cell.has_contents() { cell.contents() } else { " " })
    };
    let (mut spans, mut column) = (String::new(), 0);
    while column < columns {
        let (start, look_here) = (column, look(column));
        let mut piece = String::new();
        while column < columns && look(column) == look_here {
            piece += text(column);
            column += 1;
        }
        let blank = piece.chars().take_while(|letter| *letter == ' ').count();
        let piece = piece.trim();
        if !piece.is_empty() {
            let x = MARGIN.0 + CELL.0 * (f32::from(start) + blank as f32);
            let length = CELL.0 * piece.chars().count() as f32;
            let look = look_here.unwrap_or_default();
            // Spaces are made one where a picture stands in a page: these are kept.
            let text = escaped(piece).replace(' ', "&#160;");
            let _ = write!(spans, "<tspan x=\"{x:.1}\" textLength=\"{length:.1}\"{look}>{text}</tspan>");
        }
    }
    spans
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Runs a program in a terminal, types an answer once `question` is on its screen; answers its exit code and all it printed.
pub fn answered(command: Command, question: &str, answer: &str) -> (i32, String) {
    let (mut pty, pts) = pty_process::blocking::open().expect("a terminal");
    pty.resize(Size::new(24, 200)).expect("a size");
    let mut child = pty_process::blocking::Command::from(command).spawn(pts).expect("the program runs");
    let (mut printed, mut some, mut asked) = (String::new(), [0; 4096], false);
    while let Ok(count @ 1..) = pty.read(&mut some) {
        printed += &String::from_utf8_lossy(&some[..count]);
        if !asked && printed.contains(question) {
            asked = true;
            std::io::Write::write_all(&mut pty, answer.as_bytes()).expect("a keyboard");
        }
    }
    (child.wait().expect("it ends").code().unwrap_or(-1), printed)
}
