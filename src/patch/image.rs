//! A text and the hunks that change it.
//!
//! Where a hunk goes is what `git apply` says: at the line that it names if it fits there, else at the nearest line
//! where it does, later before earlier. A hunk that has no context before it fits at the beginning alone, one without
//! context behind it at the end alone; lines that another hunk has written fit no more.

use super::parse::Hunk;

/// A hunk that fits nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The line of the patch that the hunk begins at.
    pub line: usize,
    /// The line of the text that it names.
    pub at: u64,
    /// The first line that was expected there, if any.
    pub expected: Option<Vec<u8>>,
    /// The line that is there, if any.
    pub found: Option<Vec<u8>>,
}

/// A line of the text.
#[derive(Clone, Copy)]
struct Line<'t> {
    bytes: &'t [u8],
    /// A hunk has written it.
    written: bool,
}

/// A text with a gap where the last change was: hunks come in order, so that each moves the gap a little further, and
/// the whole costs as much as the text and the patch are long.
struct Image<'t> {
    before: Vec<Line<'t>>,
    /// Backwards: the next line behind the gap is the last.
    after: Vec<Line<'t>>,
}

/// What a hunk takes away and what it puts there, both with their context.
struct Sides<'t> {
    old: Vec<&'t [u8]>,
    new: Vec<&'t [u8]>,
}

/// Applies the hunks, one after the other.
///
/// # Errors
/// The first hunk that fits nowhere.
pub fn apply(text: &[u8], hunks: &[Hunk<'_>]) -> Result<Vec<u8>, Misfit> {
    let mut image = Image::new(text);
    for hunk in hunks {
        let sides = Sides::of(hunk.lines);
        let anchored = Anchors { start: hunk.old_start <= 1, end: hunk.trailing == 0 };
        let wanted = usize::try_from(hunk.new_start.saturating_sub(1)).unwrap_or(usize::MAX);
        match image.find(&sides.old, wanted, anchored) {
            Some(at) => image.replace(at, sides.old.len(), &sides.new),
            None => return Err(image.misfit(hunk, &sides.old)),
        }
    }
    Ok(image.text())
}

/// Which ends of the text a hunk belongs to.
#[derive(Clone, Copy)]
struct Anchors {
    start: bool,
    end: bool,
}

impl<'t> Sides<'t> {
    fn of(lines: &'t [u8]) -> Sides<'t> {
        let mut sides = Sides { old: Vec::new(), new: Vec::new() };
        let mut lines = lines.split_inclusive(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let cut = lines.peek().is_some_and(|next| next.first() == Some(&b'\\'));
            let whole = match line {
                // An empty line of context whose space was lost.
                b"\n" => line,
                _ => &line[1..],
            };
            let bytes = if cut { whole.strip_suffix(b"\n").unwrap_or(whole) } else { whole };
            match line[0] {
                b'\\' => {}
                // An empty line without its end is nothing at all.
                _ if bytes.is_empty() => {}
                b'-' => sides.old.push(bytes),
                b'+' => sides.new.push(bytes),
                _ => {
                    sides.old.push(bytes);
                    sides.new.push(bytes);
                }
            }
        }
        sides
    }
}

impl<'t> Image<'t> {
    fn new(text: &'t [u8]) -> Image<'t> {
        let lines = text.split_inclusive(|byte| *byte == b'\n').map(|bytes| Line { bytes, written: false });
        let mut after: Vec<_> = lines.collect();
        after.reverse();
        Image { before: Vec::new(), after }
    }

    fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }

    fn line(&self, at: usize) -> Line<'t> {
        match at.checked_sub(self.before.len()) {
            None => self.before[at],
            Some(behind) => self.after[self.after.len() - 1 - behind],
        }
    }

    /// The line where `old` fits: the wanted one, then one further, one before, two further, ….
    fn find(&self, old: &[&[u8]], wanted: usize, anchors: Anchors) -> Option<usize> {
        let last = self.len();
        // What fits at one end alone is not looked for from the other.
        let wanted = match anchors {
            Anchors { start: true, .. } => 0,
            Anchors { end: true, .. } => last.checked_sub(old.len()).unwrap_or(last),
            _ => wanted.min(last),
        };
        let (mut earlier, mut later) = (wanted, wanted);
        let mut here = wanted;
        let mut forward = true;
        loop {
            if self.fits(old, here, anchors) {
                return Some(here);
            }
            if earlier == 0 && later == last {
                return None;
            }
            if forward && later == last || !forward && earlier == 0 {
                forward = !forward;
            }
            if forward {
                later += 1;
                here = later;
            } else {
                earlier -= 1;
                here = earlier;
            }
            forward = !forward;
        }
    }

    fn fits(&self, old: &[&[u8]], at: usize, anchors: Anchors) -> bool {
        let end = at + old.len();
        if end > self.len() || anchors.end && end != self.len() || anchors.start && at != 0 {
            return false;
        }
        old.iter().enumerate().all(|(number, wanted)| {
            let line = self.line(at + number);
            !line.written && same(wanted, line.bytes, anchors.end)
        })
    }

    fn replace(&mut self, at: usize, count: usize, new: &[&'t [u8]]) {
        while self.before.len() > at {
            self.after.extend(self.before.pop());
        }
        while self.before.len() < at {
            self.before.extend(self.after.pop());
        }
        self.after.truncate(self.after.len() - count);
        self.before.extend(new.iter().map(|bytes| Line { bytes, written: true }));
    }

    fn misfit(&self, hunk: &Hunk<'_>, old: &[&[u8]]) -> Misfit {
        let start = usize::try_from(hunk.old_start.saturating_sub(1)).unwrap_or(usize::MAX);
        let there = |number: usize| {
            let at = start.checked_add(number).filter(|at| *at < self.len())?;
            Some(self.line(at).bytes.to_vec())
        };
        let differs = |number: &usize| there(*number).as_deref() != Some(old[*number]);
        let first = (0..old.len()).find(differs).unwrap_or(0);
        Misfit {
            line: hunk.line,
            at: hunk.old_start + first as u64,
            expected: old.get(first).map(|line| line.to_vec()),
            found: there(first),
        }
    }

    fn text(&self) -> Vec<u8> {
        let lines = || self.before.iter().chain(self.after.iter().rev());
        let mut text = Vec::with_capacity(lines().map(|line| line.bytes.len()).sum());
        lines().for_each(|line| text.extend_from_slice(line.bytes));
        text
    }
}

/// A line fits a line that is the same. To a line of the patch without an end, before the end of the text, git also
/// lets those fit that only have white space more.
fn same(wanted: &[u8], line: &[u8], at_end: bool) -> bool {
    if wanted == line {
        return true;
    }
    let open = !wanted.ends_with(b"\n") && !at_end;
    let rest = line.strip_prefix(wanted).filter(|_| open);
    rest.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 11))
}

#[cfg(test)]
mod tests {
    use super::apply;
    use crate::patch::parse::{Body, parse};

    /// What a text becomes by these hunks; none where they do not fit.
    fn applied(text: &str, hunks: &str) -> Option<String> {
        let patch = format!("--- a/f\n+++ b/f\n{hunks}");
        let file = parse(patch.as_bytes()).unwrap().remove(0);
        let Body::Text(hunks) = file.body else { panic!("{hunks}") };
        apply(text.as_bytes(), &hunks).ok().map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_hunk_that_moved_goes_to_the_nearest_place_later_before_earlier() {
        let hunk = "@@ -3,2 +3,2 @@\n-t\n+T\n z\n";
        assert_eq!(applied("0\nt\nz\nt\nz\n9\n", hunk).unwrap(), "0\nt\nz\nT\nz\n9\n");
        assert_eq!(applied("0\nt\nz\n8\n9\n", hunk).unwrap(), "0\nT\nz\n8\n9\n");
    }

    #[test]
    fn lines_that_a_hunk_has_written_fit_no_other() {
        let first = "@@ -1,2 +1,2 @@\n-x\n+a\n y\n";
        assert_eq!(applied("x\ny\n", first).unwrap(), "a\ny\n");
        assert_eq!(applied("x\ny\n", &format!("{first}@@ -2 +2,2 @@\n y\n+b\n")), None);
    }

    #[test]
    fn a_hunk_without_context_on_a_side_fits_at_that_end_alone() {
        assert_eq!(applied("z\nt\nz\n", "@@ -1,2 +1,2 @@\n-t\n+T\n z\n"), None);
        assert_eq!(applied("z\nt\nz\n", "@@ -2,2 +2,2 @@\n z\n-t\n+T\n"), None);
    }
}
