//! What of a hook is ours: the lines between two marks.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{Error, Result};

/// The whole hook, as it is put where there was none.
const HOOK: &str = include_str!("../../../hooks/pre-push");

const BEGIN: &[u8] = b"# >>> git-puff\n";
const END: &[u8] = b"# <<< git-puff\n";

/// Says in our part that the folder of hooks was made for it.
const MADE: &[u8] = b"# The folder was made for this file.\n";

/// What another hook calls us by. It has to go on where there is no git-puff: such hooks are shared with others.
pub const LINE: &str = r#"if command -v git-puff >/dev/null; then git puff hook pre-push "$@"; fi"#;

/// Whose a hook is.
#[derive(Clone, Debug)]
pub enum HookOwner {
    /// There is none.
    Missing,
    /// It has our part.
    Ours {
        /// All of it.
        text: Vec<u8>,
    },
    /// It is the user's, or another program's.
    Theirs {
        /// All of it; empty when it cannot be read.
        text: Vec<u8>,
    },
}

impl HookOwner {
    /// Reads a hook.
    ///
    /// # Errors
    /// When it is a folder.
    pub fn read(path: &Path) -> Result<HookOwner> {
        let Ok(meta) = path.symlink_metadata() else { return Ok(HookOwner::Missing) };
        if meta.is_dir() {
            return Err(Error::failed(format!("'{}' is a directory where git expects a hook", path.display()))
                .hint("move it away: git cannot run it"));
        }
        // A hook that cannot be read can still be run.
        let text = fs::read(path).or_else(|_| io::Result::Ok(Vec::new())).unwrap_or_default();
        let ours = !meta.is_symlink() && parts(&text).is_some();
        Ok(if ours { HookOwner::Ours { text } } else { HookOwner::Theirs { text } })
    }
}

/// Returns what is before our part, that, and what is behind it.
fn parts(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let begin = find(text, BEGIN)?;
    let end = begin + find(&text[begin..], END)? + END.len();
    Some((&text[..begin], &text[begin..end], &text[end..]))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Returns git-puff's part of a hook as this version has it.
fn part(made: bool) -> Vec<u8> {
    let (_, part, _) = parts(HOOK.as_bytes()).expect("the hook has its marks");
    let inner = &part[..part.len() - END.len()];
    [inner, if made { MADE } else { b"" }, END].concat()
}

/// Returns the whole hook; `made` says that its folder was made for it.
pub fn whole(made: bool) -> Vec<u8> {
    let (before, _, after) = parts(HOOK.as_bytes()).expect("the hook has its marks");
    [before, &part(made), after].concat()
}

/// Returns whether git-puff's part in this hook is that of this version.
pub fn is_current(text: &[u8]) -> bool {
    parts(text).is_some_and(|(_, ours, _)| ours == part(made_folder(text)))
}

/// Returns whether the folder was made for this hook.
pub fn made_folder(text: &[u8]) -> bool {
    parts(text).is_some_and(|(_, ours, _)| find(ours, MADE).is_some())
}

/// Returns the hook with our part as this version has it.
pub fn renewed(text: &[u8]) -> Vec<u8> {
    let Some((before, _, after)) = parts(text) else { return text.to_vec() };
    [before, &part(made_folder(text)), after].concat()
}

/// Returns what is in the hook beside our part; none when it does nothing.
pub fn others(text: &[u8]) -> Option<Vec<u8>> {
    let (before, _, after) = parts(text)?;
    let does = |line: &[u8]| !matches!(line.trim_ascii().first(), None | Some(b'#'));
    let rest = [before, after].concat();
    rest.split(|byte| *byte == b'\n').any(does).then_some(rest)
}

/// Returns whether this text calls git-puff.
pub fn calls_us(text: &[u8]) -> bool {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.starts_with(b"#"));
    lines.into_iter().any(|line| {
        let line = String::from_utf8_lossy(line);
        ["git puff hook pre-push", "git-puff hook pre-push"].iter().any(|call| line.contains(call))
    })
}

/// Returns whether this hook depends on the name it is called by, as one that stands for several hooks does.
pub fn asks_its_name(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.starts_with("#!")
        && text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
            line.contains("${0##*/}")
                || (line.contains("basename") && (line.contains("$0") || line.contains("argv[0]")))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_part_is_found_among_lines_of_others() {
        let whole = whole(false);
        assert_eq!(whole, HOOK.as_bytes());
        assert!(is_current(&whole) && others(&whole).is_none() && !made_folder(&whole));
        let made = self::whole(true);
        assert!(is_current(&made) && made_folder(&made) && others(&made).is_none());
        let mixed = [whole.as_slice(), b"make check\n"].concat();
        assert_eq!(others(&mixed).unwrap(), b"#!/bin/sh\nmake check\n");
        let old = String::from_utf8(mixed.clone()).unwrap().replace("refs=", "lines=").into_bytes();
        assert!(!is_current(&old));
        assert_eq!(renewed(&old), mixed);
    }

    #[test]
    fn a_hook_that_calls_us_or_goes_by_its_name_is_told() {
        assert!(calls_us(LINE.as_bytes()) && calls_us(b"  entry: git-puff hook pre-push\n"));
        assert!(!calls_us(b"# git puff hook pre-push\n"));
        for script in ["#!/bin/sh\nexec run-parts \"$(basename \"$0\").d\"\n", "#!/bin/bash\nrun ${0##*/}\n"] {
            assert!(asks_its_name(script.as_bytes()), "{script}");
        }
        assert!(!asks_its_name(b"#!/bin/sh\n. \"$(dirname \"$0\")/common\"\n# basename $0\n"));
    }
}
