//! Writing the skill where an agent finds it, and over nobody's work.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// What begins the last line of a skill that is installed: a digest of all that stands above it. So every version that
/// was ever installed is known as ours, and so is what was changed since.
const MARK: &str = "<!-- installed by git puff skill, and replaced by newer ones as long as it reads as written: ";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was not there.
    New,
    /// There was another version.
    Updated,
    /// There is nothing to do.
    Same,
}

/// Installs a skill as this file.
///
/// # Errors
/// When somebody has edited what is there, or it can't be written.
pub fn install(file: &Path, skill: &str) -> Result<Done> {
    // Whoever keeps it elsewhere and links to it goes on doing so.
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let marked = format!("{skill}{}\n", mark(skill));
    let done = match fs::read(&real) {
        Ok(there) if there == marked.as_bytes() => return Ok(Done::Same),
        Ok(there) if is_ours(&there) => Done::Updated,
        Ok(_) => return Err(edited(file)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && !file.is_symlink() => Done::New,
        Err(cause) => {
            return Err(Error::failed(format!("'{}' can't be read", file.display()))
                .hint("see what is there, and move it away")
                .because(cause));
        }
    };
    write(&real, marked.as_bytes()).map_err(|cause| {
        Error::failed(format!("'{}' can't be written", file.display()))
            .hint("name another folder of skills: git puff skill --install DIR")
            .because(cause)
    })?;
    Ok(done)
}

/// Whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut fresh = tempfile::Builder::new().prefix(".SKILL-").tempfile_in(folder)?;
    fresh.write_all(bytes)?;
    readable(fresh.as_file())?;
    fresh.as_file().sync_all()?;
    fresh.persist(file).map_err(|failed| failed.error)?;
    Ok(())
}

/// As other files of the user are; a temporary one is for the user alone.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

fn mark(text: &str) -> String {
    let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{MARK}{digest} -->")
}

/// Does it read as it was once installed?
fn is_ours(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    // A checkout may have given it other line ends.
    let text = text.replace("\r\n", "\n");
    text.find(MARK).is_some_and(|at| text[at..].trim_end() == mark(&text[..at]))
}

fn edited(file: &Path) -> Error {
    let shown = file.display();
    Error::failed(format!("the skill at '{shown}' is not as git-puff wrote it, and is left alone"))
        .hint(format!("'git puff skill | diff '{shown}' -' shows what differs; move it away to have the new one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_replaced_and_no_edit_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("skills/x/SKILL.md");
        assert_eq!(install(&file, "one\n").unwrap(), Done::New);
        assert_eq!(install(&file, "one\n").unwrap(), Done::Same);
        assert_eq!(install(&file, "two\n").unwrap(), Done::Updated);
        let written = fs::read_to_string(&file).unwrap();
        assert!(written.starts_with("two\n") && is_ours(written.replace('\n', "\r\n").as_bytes()));
        for edit in [format!("{written}more\n"), written.replace("two", "2"), "somebody's".to_owned(), String::new()] {
            fs::write(&file, &edit).unwrap();
            let error = install(&file, "three\n").unwrap_err();
            assert!(error.message().contains("left alone") && error.next_step().is_some());
            assert_eq!(fs::read_to_string(&file).unwrap(), edit);
        }
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing else is left there");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let [file, kept] = ["SKILL.md", "kept.md"].map(|name| folder.path().join(name));
        install(&kept, "one\n").unwrap();
        std::os::unix::fs::symlink(&kept, &file).unwrap();
        assert_eq!(install(&file, "two\n").unwrap(), Done::Updated);
        assert!(file.is_symlink() && fs::read_to_string(&kept).unwrap().starts_with("two"));
        fs::remove_file(&kept).unwrap();
        assert!(install(&file, "three\n").is_err(), "a link that leads nowhere is somebody's");
    }
}
