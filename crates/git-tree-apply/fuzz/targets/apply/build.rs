//! Patches built of what the tree holds: hunks of its lines, binary data packed as git does, blobs by their names.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use git_tree_apply::{EntryKind, Objects};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

use crate::place::{BEFORE, FILES, Place};

/// Names for what is made, besides those of the tree.
const NAMES: &[&str] = &[
    "new",
    "folder",
    "folder/new",
    "folder/below",
    "text/below",
    "link/below",
    "module/below",
    "a/b/c/d",
    ".git/config",
    "x/.GIT/y",
    ".gitmodules",
    "..",
    "/new",
    "with space",
    "\"quoted\"",
];

/// Builds the patch that the bytes describe.
pub fn patch(recipe: &[u8], place: &Place) -> Vec<u8> {
    let mut build = Build { u: Unstructured::new(recipe), place, patch: Vec::new() };
    // What was built when the bytes run out is a patch too.
    let _ = build.files();
    build.patch
}

struct Build<'b> {
    u: Unstructured<'b>,
    place: &'b Place,
    patch: Vec<u8>,
}

impl Build<'_> {
    fn files(&mut self) -> Result<()> {
        for _ in 0..self.u.int_in_range(1..=8)? {
            self.file()?;
        }
        Ok(())
    }

    fn say(&mut self, text: &str) {
        self.patch.extend_from_slice(text.as_bytes());
    }

    fn name(&mut self) -> Result<String> {
        Ok(match self.u.int_in_range(0..=9)? {
            0..=4 => (*self.u.choose(NAMES)?).to_owned(),
            9 => "deep/".repeat(self.u.int_in_range(0..=300)?) + "file",
            _ => self.u.choose(FILES)?.0.to_owned(),
        })
    }

    fn file(&mut self) -> Result<()> {
        let (old, kind, content) = *self.u.choose(FILES)?;
        let submodule = format!("Subproject commit {}\n", "5b".repeat(20)).into_bytes();
        let mut before = if kind == EntryKind::Submodule { submodule } else { content.to_vec() };
        if old == "text" && self.u.ratio(1, 3)? {
            before = BEFORE.to_vec();
        }
        let quoted = |prefix: &str, name: &str| {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
            format!("\"{prefix}{name}\"")
        };
        let change = self.u.int_in_range(0..=5)?;
        let new = if matches!(change, 1 | 3 | 4) { self.name()? } else { old.to_owned() };
        let old = if change == 1 { new.as_str() } else { old };
        if change == 1 {
            before.clear();
        }
        let mode = *self.u.choose(&["100644", "100755", "120000", "160000", "040000"])?;
        self.say(&format!("diff --git {} {}\n", quoted("a/", old), quoted("b/", &new)));
        match change {
            1 => self.say(&format!("new file mode {mode}\n")),
            2 => self.say(&format!("deleted file mode {:o}\n", kind.mode())),
            3 => self.say(&format!("rename from {}\nrename to {}\n", quoted("", old), quoted("", &new))),
            4 => self.say(&format!("copy from {}\ncopy to {}\n", quoted("", old), quoted("", &new))),
            5 => self.say(&format!("old mode {:o}\nnew mode {mode}\n", kind.mode())),
            _ => {}
        }
        match self.u.int_in_range(0..=3)? {
            0 => Ok(()),
            1 => self.binary(&before, change),
            _ => self.text(&before, change, old, &new),
        }
    }

    fn oid(&self, content: &[u8]) -> String {
        self.place.store.hash_blob(content).expect("a name").to_string()
    }

    /// Some bytes, or many that pack well.
    fn content(&mut self) -> Result<Vec<u8>> {
        let size = self.u.int_in_range(0..=40)?;
        let bytes = self.u.bytes(size)?.to_vec();
        let times = if self.u.ratio(1, 8)? { self.u.int_in_range(0..=20_000)? } else { 1 };
        Ok(bytes.repeat(times))
    }

    fn text(&mut self, before: &[u8], change: u8, old: &str, new: &str) -> Result<()> {
        if self.u.ratio(2, 3)? {
            let digits = self.u.int_in_range(4..=40)?;
            let oid = self.oid(before);
            self.say(&format!("index {}..{}\n", &oid[..digits], "0123456789".repeat(4)));
        }
        let old = if change == 1 { "/dev/null".to_owned() } else { format!("a/{old}") };
        let new = if change == 2 { "/dev/null".to_owned() } else { format!("b/{new}") };
        if !old.contains(['"', '\t']) && !new.contains(['"', '\t']) {
            self.say(&format!("--- {old}\n+++ {new}\n"));
        }
        let lines: Vec<&[u8]> = before.split_inclusive(|byte| *byte == b'\n').collect();
        let mut at = 0;
        let mut grown = 0i64;
        for _ in 0..self.u.int_in_range(1..=4)? {
            at = self.u.int_in_range(at..=lines.len())?;
            let start = at;
            let mut hunk = Vec::new();
            let (mut gone, mut came) = (0, 0);
            for step in self.u.bytes(usize::from(self.u.len() > 12) * 8)?.to_vec() {
                let line = lines.get(at).copied().filter(|_| step % 4 != 2);
                let (sign, line) = match (step % 4, line) {
                    (0, Some(line)) => (b'-', line),
                    (1 | 3, Some(line)) => (b' ', line),
                    _ => (b'+', [&b"new\n"[..], b"\n", b"  same\n", b"cut"][usize::from(step / 4 % 4)]),
                };
                gone += u64::from(sign != b'+');
                came += u64::from(sign != b'-');
                at += usize::from(sign != b'+');
                hunk.push(sign);
                hunk.extend_from_slice(line);
                if !line.ends_with(b"\n") {
                    hunk.extend_from_slice(b"\n\\ No newline at end of file\n");
                }
            }
            let off = if self.u.ratio(1, 3)? { i64::from(self.u.int_in_range(-9..=9i8)?) } else { 0 };
            let begin = |at: usize, count: u64| at as i64 + i64::from(count > 0) + off;
            let (old_start, new_start) = (begin(start, gone).max(0), (begin(start, came) + grown).max(0));
            grown += came as i64 - gone as i64;
            self.say(&format!("@@ -{old_start},{gone} +{new_start},{came} @@\n"));
            self.patch.extend_from_slice(&hunk);
        }
        Ok(())
    }

    fn binary(&mut self, before: &[u8], change: u8) -> Result<()> {
        let (word, packed, after) = if self.u.ratio(1, 2)? {
            let content = if change == 2 { Vec::new() } else { self.content()? };
            ("literal", content.clone(), content)
        } else {
            let (delta, made) = self.delta(before)?;
            ("delta", delta, made)
        };
        let known = if change == 1 { "0".repeat(40) } else { self.oid(before) };
        let made = if change == 2 { "0".repeat(40) } else { self.oid(&after) };
        self.say(&format!("index {known}..{made}\nGIT binary patch\n"));
        for _ in 0..self.u.int_in_range(1..=2)? {
            let size = if self.u.ratio(1, 16)? { self.u.arbitrary()? } else { packed.len() as u64 };
            self.say(&format!("{word} {size}\n"));
            let encoded = encoded(&packed);
            self.patch.extend_from_slice(&encoded);
            self.say("\n");
        }
        Ok(())
    }

    /// Instructions and what they make, as far as they are right.
    fn delta(&mut self, before: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut steps, mut made) = (Vec::new(), Vec::new());
        for _ in 0..self.u.int_in_range(0..=20)? {
            if self.u.arbitrary()? {
                let (mut offset, mut length): (u8, u8) = (self.u.arbitrary()?, self.u.arbitrary()?);
                if self.u.ratio(7, 8)? && !before.is_empty() {
                    // The texts here are shorter than 255 bytes.
                    offset %= before.len() as u8;
                    length = length.clamp(1, before.len() as u8 - offset);
                }
                steps.extend([0x91, offset, length]);
                let end = usize::from(offset) + if length == 0 { 0x10000 } else { usize::from(length) };
                made.extend_from_slice(before.get(usize::from(offset)..end).unwrap_or_default());
            } else {
                let count = self.u.int_in_range(1..=40)?;
                let bytes = self.u.bytes(usize::from(count))?;
                steps.push(count);
                steps.extend_from_slice(bytes);
                made.extend_from_slice(bytes);
            }
        }
        let mut delta = size(before.len());
        let claimed = if self.u.ratio(1, 16)? { self.u.arbitrary()? } else { made.len() };
        delta.extend(size(claimed));
        delta.extend(steps);
        Ok((delta, made))
    }
}

/// Seven bits a byte, the lowest first.
fn size(mut size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = size > 0x7f;
        bytes.push(size as u8 & 0x7f | u8::from(more) << 7);
        size >>= 7;
        if !more {
            return bytes;
        }
    }
}

/// Deflated, in base 85, 52 bytes a line.
fn encoded(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(bytes).expect("memory");
    let mut lines = Vec::new();
    for line in deflate.finish().expect("memory").chunks(52) {
        let count = line.len() as u8;
        lines.push(if count <= 26 { b'A' + count - 1 } else { b'a' + count - 27 });
        for group in line.chunks(4) {
            let mut four = [0; 4];
            four[..group.len()].copy_from_slice(group);
            let value = u32::from_be_bytes(four);
            lines.extend((0..5).rev().map(|place| DIGITS[(value / 85u32.pow(place) % 85) as usize]));
        }
        lines.push(b'\n');
    }
    lines
}
