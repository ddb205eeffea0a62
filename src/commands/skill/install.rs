//! Installs the skill, without overwriting edits.

use std::io;
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::folder::{Bounds, Folder};

/// Start of the last line of an installed skill, followed by a digest of the text above it. It identifies every
/// version that was ever installed, and reveals later edits.
const MARK: &str = "<!-- installed by git puff skill, and replaced by newer ones as long as it reads as written: ";

/// The result of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was not there.
    New,
    /// There was another version.
    Updated,
    /// There is nothing to do.
    Same,
}

/// Installs a skill to this file.
///
/// # Errors
/// When the existing file was edited, or cannot be written.
pub fn install(file: &Path, skill: &str) -> Result<Done> {
    let unwritable = |cause: io::Error| {
        Error::failed(format!("cannot write '{}'", file.display()))
            .hint("name another folder of skills: git puff skill --install DIR")
            .because(cause)
    };
    let (Some(own), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(unwritable(io::ErrorKind::IsADirectory.into()));
    };
    let (Some(skills), Some(own)) = (own.parent(), own.file_name()) else {
        return Err(unwritable(io::ErrorKind::NotFound.into()));
    };
    // The user chooses the skills folder, links included; below it no link is followed.
    let skills = Folder::create(skills, &Bounds::default())?;
    let folder = skills.make_below(&own.to_string_lossy()).map_err(unwritable)?;
    let marked = format!("{skill}{}\n", mark(skill));
    let done = match folder.read(name) {
        Ok(Some(there)) if there == marked.as_bytes() => return Ok(Done::Same),
        Ok(Some(there)) if is_ours(&there) => Done::Updated,
        Ok(Some(_)) => return Err(edited(file)),
        Ok(None) => Done::New,
        Err(cause) => {
            return Err(Error::failed(format!("cannot read '{}'", file.display()))
                .hint("inspect the file, and move it away")
                .because(cause));
        }
    };
    folder.write(name, marked.as_bytes()).map_err(unwritable)?;
    Ok(done)
}

fn mark(text: &str) -> String {
    format!("{MARK}{} -->", HEXLOWER.encode(&Sha256::digest(text)))
}

/// Returns whether the file is unchanged since git-puff installed it.
fn is_ours(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    // A checkout may have converted its line ends.
    let text = text.replace("\r\n", "\n");
    text.find(MARK).is_some_and(|at| text[at..].trim_end() == mark(&text[..at]))
}

fn edited(file: &Path) -> Error {
    let shown = file.display();
    Error::failed(format!("cannot replace the skill '{shown}': it was edited, and is left alone"))
        .hint(format!("'git puff skill | diff '{shown}' -' shows the edits; move the file away to install the new one"))
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        for edit in [format!("{written}more\n"), written.replace("two", "2"), "another's".to_owned(), String::new()] {
            fs::write(&file, &edit).unwrap();
            let error = install(&file, "three\n").unwrap_err();
            assert!(error.message().contains("left alone") && error.next_step().is_some());
            assert_eq!(fs::read_to_string(&file).unwrap(), edit);
        }
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing else is left there");
    }

    #[test]
    fn a_link_is_neither_followed_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [file, kept] = ["x/SKILL.md", "y/SKILL.md"].map(|name| folder.path().join(name));
        install(&kept, "one\n").unwrap();
        fs::create_dir(file.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&kept, &file).unwrap();
        assert!(install(&file, "two\n").is_err());
        assert!(file.is_symlink() && fs::read_to_string(&kept).unwrap().starts_with("one"));
        std::os::unix::fs::symlink(kept.parent().unwrap(), folder.path().join("z")).unwrap();
        assert!(install(&folder.path().join("z/SKILL.md"), "two\n").is_err());
        assert!(fs::read_to_string(&kept).unwrap().starts_with("one"));
    }
}
