//! Which paths a patch may touch. A patch is someone else's data: nothing of it may land outside the worktree or in a
//! git directory, on whatever file system it is checked out one day.

use super::parse::Name;

/// How many folders deep a path may be: trees are written folder in folder, and a stack is only so deep. Git stops at
/// 2048, or at 512 where stacks are small.
const DEEPEST: usize = 512;

/// Returns why a path is refused; `None` when it is not.
pub fn objection(path: &[u8], is_symlink: bool) -> Option<String> {
    let objection = |what: &str| Some(format!("the path '{}' {what}", Name(path)));
    if path.is_empty() {
        return Some("an empty path".to_owned());
    }
    let depth = path.iter().filter(|byte| **byte == b'/').count();
    if depth > DEEPEST {
        return Some(format!("a path that is {depth} folders deep, more than {DEEPEST}"));
    }
    if path[0] == b'/' {
        return objection("is absolute");
    }
    if path.contains(&0) {
        return objection("has a NUL byte");
    }
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" => return objection("has an empty folder name"),
            b"." | b".." => return objection("leads elsewhere by '.' or '..'"),
            _ if is_git(part) => return objection("leads into a git directory"),
            _ if is_symlink && is_gitmodules(part) => {
                return objection("is a symbolic link for .gitmodules");
            }
            _ => {}
        }
    }
    // Git takes such names everywhere but there.
    if cfg!(windows) { trouble_on_windows(path).and_then(objection) } else { None }
}

/// Returns what keeps a path from being checked out on Windows; `None` when nothing does. The names of devices and the characters
/// are those of Microsoft's "Naming Files, Paths, and Namespaces".
pub fn trouble_on_windows(path: &[u8]) -> Option<&'static str> {
    path.split(|byte| *byte == b'/').find_map(|part| {
        if part.iter().any(|byte| *byte < 0x20) {
            return Some("has a control character in its name");
        }
        if part.iter().any(|byte| b"\\:*?\"<>|".contains(byte)) {
            return Some("has a character in its name that Windows does not allow");
        }
        if part.ends_with(b".") || part.ends_with(b" ") {
            return Some("ends in a dot or a space");
        }
        is_device(part).then_some("is the name of a device of Windows")
    })
}

/// `con`, `nul.txt`, `COM1 .log`: what is before the first dot counts, without the spaces at its end.
fn is_device(part: &[u8]) -> bool {
    let stem = part.split(|byte| *byte == b'.').next().unwrap_or(part);
    let stem = stem.trim_ascii_end().to_ascii_lowercase();
    match stem.as_slice() {
        b"con" | b"prn" | b"aux" | b"nul" | b"conin$" | b"conout$" => true,
        [kind @ .., b'1'..=b'9'] => kind == b"com" || kind == b"lpt",
        _ => false,
    }
}

/// `.git` in every spelling that a file system takes for it: other case, characters that HFS+ overlooks, dots, spaces
/// and streams that NTFS drops, and the short name that it makes.
fn is_git(part: &[u8]) -> bool {
    let folded = folded(part);
    // A backslash is a slash to Windows.
    folded.split(|byte| *byte == b'\\').any(|part| {
        let name = part.split(|byte| *byte == b':').next().unwrap_or(part);
        let name = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(&name[..0], |end| &name[..=end]);
        name == b".git" || name == b"git~1"
    })
}

/// `.gitmodules` in every spelling that a file system takes for it, as git has them (`is_ntfs_dotgitmodules`): other
/// case, characters that HFS+ overlooks, dots, spaces and streams that NTFS drops, and the short names that it makes.
pub(super) fn is_gitmodules(part: &[u8]) -> bool {
    let folded = folded(part);
    let name = folded.split(|byte| *byte == b':').next().unwrap_or(&folded);
    let name = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(&name[..0], |end| &name[..=end]);
    if name == b".gitmodules" || matches!(name, [b'g', b'i', b't', b'm', b'o', b'd', b'~', b'1'..=b'4']) {
        return true;
    }
    // Where those are taken, the short name is made of a hash: as much of it as leaves room for the number.
    let Some(tilde) = name.iter().position(|byte| *byte == b'~') else { return false };
    let (hash, number) = (&name[..tilde], &name[tilde + 1..]);
    name.len() == 8
        && b"gi7eba".starts_with(hash)
        && matches!(number, [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit))
}

/// Lower case, without the characters that HFS+ overlooks.
pub(super) fn folded(part: &[u8]) -> Vec<u8> {
    let text = match std::str::from_utf8(part) {
        Ok(text) => text,
        Err(_) => return part.to_ascii_lowercase(),
    };
    let overlooked =
        |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    text.chars().filter(|c| !overlooked(*c)).flat_map(char::to_lowercase).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{objection, trouble_on_windows};

    #[test]
    fn what_windows_can_not_check_out_is_known_everywhere() {
        for bad in ["aux", "a/NUL.txt", "com1 .x", "LPT9", "a\\b", "a:b", "x\u{1}", "what?", "dir./x", "end "] {
            assert!(trouble_on_windows(bad.as_bytes()).is_some(), "{bad:?}");
        }
        for good in ["auxiliary", "com", "com0", "a.nul", "console/x", ".x", "a b", "\u{e9}"] {
            assert_eq!(trouble_on_windows(good.as_bytes()), None, "{good:?}");
        }
    }

    #[test]
    fn nothing_leads_out_of_the_worktree_or_into_a_git_directory() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "./a",
            ".git/config",
            ".GIT/hooks/x",
            "a/.Git",
            ".g\u{200c}it/x",
            "\u{feff}.git/x",
            ".git./x",
            ".git /x",
            ".git::$INDEX_ALLOCATION/x",
            "git~1/x",
            "GIT~1",
            "a\\.git\\x",
        ] {
            assert!(objection(bad.as_bytes(), false).is_some(), "{bad:?}");
        }
        for good in
            ["a", ".gitignore", ".github/x", "git", "agit~1", "a.git", "a b/c", "-", "\u{1}", "..a", ".gitmodules"]
        {
            assert!(objection(good.as_bytes(), false).is_none(), "{good:?}");
        }
        for bad in [".gitmodules", "a/.GITMODULES", "GITMOD~1", "gitmod~4 .", "GI7EBA~1", "gi7e~123", ".gitmodules:x"] {
            assert!(objection(bad.as_bytes(), true).is_some(), "{bad:?}");
        }
        for good in ["gitmod~5", "gitmod~0", "gitmodules", "gi7eb~1", "gi7ebb~1", "gi7eba~0", "xgitmod~1"] {
            assert!(objection(good.as_bytes(), true).is_none(), "{good:?}");
        }
        assert!(objection(("a/".repeat(512) + "a").as_bytes(), false).is_none());
        assert!(objection(("a/".repeat(513) + "a").as_bytes(), false).is_some());
        assert!(objection(b"\xff\xfe", false).is_none());
    }
}
