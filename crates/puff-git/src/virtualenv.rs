//! The copy of a Python virtual environment, made to be one of its own.
//!
//! An environment holds the absolute path that it was made at: in the first line of its programs, and in what `activate`
//! sets. A package that is installed in editable form is the absolute path of a source folder. A plain copy would import the
//! code of the worktree that it is a copy of, so that a check judges the wrong code, and its `pip` would install there. The
//! interpreter itself goes by where `pyvenv.cfg` is (<https://docs.python.org/3/library/venv.html#how-venvs-work>).

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use super::bytes::as_bytes;
use super::folder::Folder;
use puff_system::files;

/// The file by which an environment is known.
const CONFIG: &str = "pyvenv.cfg";

/// The most bytes of a file that is looked into: what holds a path is a script.
const MOST: u64 = 1 << 20;

/// Puts one path in place of another in the programs of an environment, and in what its packages are found by. A folder that
/// is no environment stays as it is.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn relocate(environment: &Folder, from: &Path, to: &Path) -> io::Result<()> {
    if environment.open_file(Path::new(CONFIG)).is_err() {
        return Ok(());
    }
    let (from, to) = (as_bytes(from), as_bytes(to));
    rewrite(environment, OsStr::new(CONFIG), &from, &to)?;
    rewrite_all(environment, Path::new("bin"), |_| true, &from, &to)?;
    for python in names(environment, Path::new("lib")) {
        let finds = |name: &str| {
            name.starts_with("__editable__") || [".pth", ".egg-link"].iter().any(|end| name.ends_with(end))
        };
        rewrite_all(environment, &Path::new("lib").join(python).join("site-packages"), finds, &from, &to)?;
    }
    Ok(())
}

fn names(environment: &Folder, folder: &Path) -> Vec<std::ffi::OsString> {
    let Ok(folder) = environment.subfolder(folder) else { return Vec::new() };
    let entries = fs::read_dir(folder.anchor()).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).collect()
}

fn rewrite_all(
    environment: &Folder,
    folder: &Path,
    is_meant: impl Fn(&str) -> bool,
    from: &[u8],
    to: &[u8],
) -> io::Result<()> {
    for name in names(environment, folder).iter().filter(|name| name.to_str().is_some_and(&is_meant)) {
        rewrite(&environment.subfolder(folder)?, name, from, to)?;
    }
    Ok(())
}

fn rewrite(folder: &Folder, name: &OsStr, from: &[u8], to: &[u8]) -> io::Result<()> {
    // Links, such as those to the interpreter, and folders are none.
    let Ok(mut file) = folder.open_file(Path::new(name)) else { return Ok(()) };
    if file.metadata()?.len() > MOST {
        return Ok(());
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    match with_path(&text, from, to).filter(|_| !text.contains(&0)) {
        Some(new) => files::ours().write(true).truncate(true).open(folder.anchor().join(name))?.write_all(&new),
        None => Ok(()),
    }
}

/// Returns a text with one path in place of another; none where that is not in it. `/work` is not in `/work.puff`.
fn with_path(text: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let ends = |rest: &[u8]| rest.first().is_none_or(|next| !next.is_ascii_alphanumeric() && !b"-_.~+@".contains(next));
    let (mut new, mut at, mut found) = (Vec::with_capacity(text.len()), 0, false);
    while at < text.len() {
        match text[at..].strip_prefix(from).filter(|rest| ends(rest)) {
            Some(_) => {
                new.extend(to);
                (at, found) = (at + from.len(), true);
            }
            None => {
                new.push(text[at]);
                at += 1;
            }
        }
    }
    found.then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_replaced_where_it_is_whole() {
        let new = |text: &str| {
            with_path(text.as_bytes(), b"/w/app", b"/w/app.puff/r/var1").map(|new| String::from_utf8(new).unwrap())
        };
        let whole = new("#!/w/app/.venv/bin/python\nx='/w/app' /w/app:/w/app2 /w/app.old /w/app").unwrap();
        let there = "/w/app.puff/r/var1";
        assert_eq!(whole, format!("#!{there}/.venv/bin/python\nx='{there}' {there}:/w/app2 /w/app.old {there}"));
        assert_eq!(new(&whole), None, "it is the same the second time");
    }
}
