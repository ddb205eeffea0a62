//! What a terminal answers when a program asks it something. Full-screen agents ask at their start, and wait; without
//! anybody attached there is only us to answer.
//!
//! The questions and answers are those of ECMA-48 (device status and attributes) and of xterm's control sequences
//! (colours).

/// What is asked of a terminal, each by how it begins.
const QUESTIONS: [&[u8]; 5] = [b"\x1b[6n", b"\x1b[5n", b"\x1b[c", b"\x1b[0c", b"\x1b]1"];

/// Output up to this long is searched for questions at once; a flood holds none.
const SHORT: usize = 16 << 10;

/// Collects the answers while the output is drawn.
#[derive(Debug, Default)]
pub struct Replies {
    ready: Vec<u8>,
}

impl Replies {
    /// Returns the answers since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.ready)
    }

    /// Returns whether this output may ask something.
    pub fn may_ask(output: &[u8]) -> bool {
        let asks = |question: &[u8]| output.windows(question.len()).any(|window| window == question);
        output.len() <= SHORT && QUESTIONS.into_iter().any(asks)
    }
}

impl vt100::Callbacks for Replies {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        letter: char,
    ) {
        if first.is_some() || second.is_some() {
            return;
        }
        let number = params.first().and_then(|param| param.first()).copied().unwrap_or(0);
        match (letter, number) {
            ('n', 5) => self.ready.extend(b"\x1b[0n"),
            ('n', 6) => {
                let (row, column) = screen.cursor_position();
                self.ready.extend(format!("\x1b[{};{}R", row + 1, column + 1).bytes());
            }
            // A VT220 with colours.
            ('c', 0) => self.ready.extend(b"\x1b[?62;22c"),
            _ => {}
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        // Light on dark.
        match params {
            [b"10", b"?"] => self.ready.extend(b"\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\"),
            [b"11", b"?"] => self.ready.extend(b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::cells;

    #[test]
    fn what_a_full_screen_program_asks_at_its_start_is_answered() {
        let asked = b"\x1b[?2004h\x1b[?u\x1b[c\x1b[3;5H\x1b[6n\x1b]10;?\x1b\\\x1b]11;?\x1b\\text";
        assert!(Replies::may_ask(asked) && !Replies::may_ask(b"only \x1b[31mwords\x1b[0m"));
        let (columns, rows) = cells((80, 24));
        let mut parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Replies::default());
        parser.process(asked);
        let answers = parser.callbacks_mut().take();
        let expected = "\x1b[?62;22c\x1b[3;5R\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\\x1b]11;rgb:0000/0000/0000\x1b\\";
        assert_eq!(String::from_utf8_lossy(&answers), expected);
        assert!(parser.callbacks_mut().take().is_empty());
    }
}
