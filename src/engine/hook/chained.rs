//! A hook of the user's beside ours, and the steps by which one takes the other's place.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::part;
use crate::error::{Error, Result};

/// What follows the hook's name in the names of files that are on their way to be it.
const ON_ITS_WAY: &str = ".puff-";

/// What is beside a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainedHook {
    /// Nothing.
    Nothing,
    /// The hook itself, by its second name: what a kill leaves in the middle.
    TheSame,
    /// Another one.
    Another,
}

impl ChainedHook {
    /// Returns what is beside the hook at this path.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: &Path) -> Result<ChainedHook> {
        let chained = name(path);
        if chained.symlink_metadata().is_err() {
            return Ok(ChainedHook::Nothing);
        }
        let same = is_same(path, &chained).map_err(|cause| unreadable(&chained, cause))?;
        Ok(if same { ChainedHook::TheSame } else { ChainedHook::Another })
    }
}

/// Returns the second name of the hook at this path.
pub fn name(path: &Path) -> PathBuf {
    named(path, ".before-puff")
}

fn named(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(OsString::from(end));
    PathBuf::from(name)
}

/// Puts ours in the place of the user's, which is kept beside it.
///
/// # Errors
/// When another one is kept there already, or the folder cannot be written.
pub fn chain(path: &Path) -> Result<()> {
    let chained = name(path);
    match ChainedHook::of(path)? {
        ChainedHook::Another => {
            return Err(Error::failed(format!("'{}' exists already, besides '{}'", chained.display(), path.display()))
                .hint("one of the two is a hook from before git-puff was installed last: keep the one you want"));
        }
        ChainedHook::TheSame => {}
        ChainedHook::Nothing => second(path, &chained).map_err(|cause| unwritable(path, cause))?,
    }
    put(path, &part::whole(false))
}

/// Gives a hook its second name. A link is the file itself, with all that belongs to it; where there are none, a copy.
fn second(path: &Path, chained: &Path) -> io::Result<()> {
    let meta = path.symlink_metadata()?;
    if meta.is_symlink() {
        return link(&fs::read_link(path)?, chained);
    }
    if fs::hard_link(path, chained).is_ok() {
        return Ok(());
    }
    let copy = on_its_way(path)?.into_temp_path();
    fs::copy(path, &copy)?;
    copy.persist_noclobber(chained)?;
    Ok(())
}

/// Writes a hook of ours, whole and executable.
///
/// # Errors
/// When the folder cannot be written.
pub fn put(path: &Path, text: &[u8]) -> Result<()> {
    write(path, text, None).map_err(|cause| unwritable(path, cause))?;
    sweep_on_its_way(path);
    Ok(())
}

/// Writes a hook anew, which may be executed by whom it could before.
///
/// # Errors
/// When the folder cannot be written.
pub fn replace(path: &Path, text: &[u8]) -> Result<()> {
    let before = path.metadata().map(|meta| meta.permissions());
    let written = before.and_then(|before| write(path, text, Some(before)));
    written.map_err(|cause| unwritable(path, cause))
}

/// Not by [`crate::files::replace`]: git would run what is on its way, so it has a name that [`sweep_on_its_way`] knows,
/// and a hook has to survive a crash.
fn write(path: &Path, text: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let mut file = on_its_way(path)?;
    file.write_all(text)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn on_its_way(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let (folder, mut prefix) = (path.parent().unwrap_or(Path::new(".")), OsString::new());
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(ON_ITS_WAY);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    executable(&mut builder);
    builder.tempfile_in(folder)
}

/// Removes a hook.
///
/// # Errors
/// When the folder cannot be written.
pub fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|cause| unwritable(path, cause))?;
    sweep_on_its_way(path);
    Ok(())
}

/// Puts the hook back that is kept beside ours.
///
/// # Errors
/// When the folder cannot be written.
pub fn restore(path: &Path) -> Result<()> {
    fs::rename(name(path), path).map_err(|cause| unwritable(path, cause))?;
    sweep_on_its_way(path);
    Ok(())
}

/// Removes what a kill left beside a hook that is not ours.
///
/// # Errors
/// When the folder cannot be written.
pub fn sweep(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() && ChainedHook::of(path)? == ChainedHook::TheSame {
        fs::remove_file(name(path)).map_err(|cause| unwritable(path, cause))?;
    }
    sweep_on_its_way(path);
    Ok(())
}

/// Removes files of calls that were killed while they wrote.
fn sweep_on_its_way(path: &Path) {
    let start = named(path, ON_ITS_WAY);
    let (Some(folder), Some(start)) = (path.parent(), start.file_name()) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(start.as_encoded_bytes()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns whether these two are one file, or have the same content and permissions.
fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let Ok(first) = one.symlink_metadata() else { return Ok(false) };
    let second = other.symlink_metadata()?;
    if first.is_symlink() || second.is_symlink() {
        return Ok(first.is_symlink() && second.is_symlink() && fs::read_link(one)? == fs::read_link(other)?);
    }
    Ok(first.permissions() == second.permissions() && first.len() == second.len() && fs::read(one)? == fs::read(other)?)
}

/// Returns whether git would run this hook.
#[cfg(unix)]
pub fn is_executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Returns whether git would run this hook.
#[cfg(not(unix))]
pub fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Makes the file executable for all who may read it, as far as the user's umask allows.
#[cfg(unix)]
fn executable(builder: &mut tempfile::Builder<'_, '_>) {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
}

#[cfg(not(unix))]
fn executable(_: &mut tempfile::Builder<'_, '_>) {}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    fs::copy(path.parent().unwrap_or(Path::new(".")).join(target), path).map(drop)
}

fn unwritable(path: &Path, cause: io::Error) -> Error {
    let folder = path.parent().unwrap_or(path).display();
    Error::failed(format!("cannot write the hook '{}'", path.display()))
        .hint(format!("check who may write to '{folder}', and the space on its disk; nothing was changed"))
        .because(cause)
}

fn unreadable(path: &Path, cause: io::Error) -> Error {
    Error::failed(format!("cannot read '{}'", path.display())).hint("check who may read it").because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::hook::part::{HookOwner, whole};

    #[test]
    fn a_kill_between_two_steps_leaves_the_hook_and_the_next_call_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pre-push");
        fs::write(&path, "#!/bin/sh\nmake check\n").unwrap();
        // The first step, and a file on its way, and no more.
        second(&path, &name(&path)).unwrap();
        fs::write(folder.path().join("pre-push.puff-x1"), "half").unwrap();
        assert_eq!(ChainedHook::of(&path).unwrap(), ChainedHook::TheSame);
        chain(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole(false));
        assert_eq!(ChainedHook::of(&path).unwrap(), ChainedHook::Another);
        restore(&path).unwrap();
        assert!(
            matches!(HookOwner::read(&path).unwrap(), HookOwner::Theirs { text } if text == b"#!/bin/sh\nmake check\n")
        );
        second(&path, &name(&path)).unwrap();
        sweep(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
