//! What a run on this machine needs while it is active: `<git common dir>/puff/runs/<run>`, a folder of files that only
//! the user can read. Nothing of it is in a ref or goes to another clone.
//!
//! Programs that may write into the git directory may put anything there: no symbolic link is followed on the way to
//! such a file, and a file that others could have written or read is not taken.

use std::io;

use crate::layout::Layout;
use crate::model::{Oid, Run, RunId};

/// The largest file that is read.
#[cfg(unix)]
const MOST: u64 = 64 << 20;

/// The environment of the launch.
pub const ENVIRONMENT: &str = "environment";

/// The newest step of the run's journal.
pub const JOURNAL: &str = "journal";

/// What the name of a file begins with that has the objects of a step of that journal.
const STEP: &str = "step-";

/// What the user's worktrees were at the launch.
pub const USER_FILES: &str = "user-files.json";

/// Returns what of that had changed when the agent of a variant ended.
pub fn user_files_of(variant: u32) -> String {
    format!("user-files-var{variant}.json")
}

/// Returns the ignored files that the worktree of a variant had before its agent began.
pub fn ignored_before(variant: u32) -> String {
    format!("ignored-before-var{variant}")
}

/// The live files of a run. A run of the same name that came before it has others.
#[derive(Clone, Debug)]
pub struct ActiveFiles<'p> {
    layout: &'p Layout,
    run: String,
    mark: Vec<u8>,
}

impl<'p> ActiveFiles<'p> {
    /// Returns the files of an active run.
    pub fn of(layout: &'p Layout, run: &Run) -> ActiveFiles<'p> {
        let mark = format!("puff-run {} {} {}\n", run.run, run.created_at.timestamp_millis(), run.base_oid);
        ActiveFiles { layout, run: run.run.to_string(), mark: mark.into_bytes() }
    }

    /// Writes a file; a reader sees the old or the new.
    ///
    /// # Errors
    /// When it cannot be written, or something else stands in its way.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.layout.prepare().map_err(|error| io::Error::other(error.to_string()))?;
        imp::write(&self.layout.live(), &self.run, name, &[&self.mark, bytes])
    }

    /// Reads a file; none where there is none that this run wrote.
    ///
    /// # Errors
    /// When there is one that cannot be read, or that is not the user's alone.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let bytes = match imp::read(&self.layout.live(), &self.run, name) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        Ok(bytes.strip_prefix(self.mark.as_slice()).map(<[u8]>::to_vec))
    }

    /// Keeps the objects of a step of the journal, so that it can be put back when they are gone too.
    ///
    /// # Errors
    /// As [`ActiveFiles::write`].
    pub(super) fn keep_step(&self, step: Oid, objects: &[u8]) -> io::Result<()> {
        self.write(&format!("{STEP}{step}"), objects)
    }

    /// Returns whether the objects of a step are kept.
    pub(super) fn has_step(&self, step: Oid) -> bool {
        self.layout.live().join(&self.run).join(format!("{STEP}{step}")).symlink_metadata().is_ok()
    }

    /// Removes the objects of all steps.
    pub(super) fn forget_steps(&self) {
        let folder = self.layout.live().join(&self.run);
        // As in [`ActiveFiles::forget`].
        if folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            let steps = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let steps = steps.filter(|entry| entry.file_name().to_string_lossy().starts_with(STEP));
            steps.for_each(|entry| drop(std::fs::remove_file(entry.path())));
        }
    }

    /// Removes a file, where there is one.
    pub fn forget(&self, name: &str) {
        let folder = self.layout.live().join(&self.run);
        // A link instead of the folder leads to files that are none of ours.
        if folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            let _ = std::fs::remove_file(folder.join(name));
            let _ = std::fs::remove_dir(folder);
        }
    }
}

#[cfg(unix)]
mod imp {
    use std::io::{self, Read, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::path::Path;

    use rustix::fs::{CWD, Dir, Mode, OFlags, fstat, mkdirat, openat};

    use super::MOST;
    use crate::files::{file_in, folder_flags, folder_in, replace_in};

    /// Opens the folder of a run without following a link, and makes it where it is missing.
    fn open_folder(live: &Path, run: &str, make: bool) -> io::Result<OwnedFd> {
        let runs = openat(CWD, live, folder_flags(), Mode::empty())?;
        if make {
            match mkdirat(&runs, run, Mode::RWXU) {
                Err(rustix::io::Errno::EXIST) => {}
                made => made?,
            }
        }
        let folder = folder_in(&runs, run.as_ref())?;
        prove_private(&folder)?;
        Ok(folder)
    }

    fn prove_private(file: impl AsFd) -> io::Result<()> {
        let stat = fstat(file)?;
        let is_ours = stat.st_uid == rustix::process::geteuid().as_raw();
        let is_private = !Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO);
        if is_ours && is_private {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a file of the user's alone"))
    }

    pub fn write(live: &Path, run: &str, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let folder = open_folder(live, run, true)?;
        replace_in(&folder, name.as_ref(), Mode::RUSR | Mode::WUSR, |file| {
            parts.iter().try_for_each(|part| file.write_all(part))
        })
    }

    pub fn read(live: &Path, run: &str, name: &str) -> io::Result<Vec<u8>> {
        let folder = open_folder(live, run, false)?;
        let file = file_in(&folder, name.as_ref())?;
        prove_private(&file)?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns the names of the runs that have a folder.
    pub fn runs(live: &Path) -> Vec<String> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        let entries = openat(CWD, live, flags, Mode::empty()).and_then(Dir::new);
        let names =
            entries.into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with('.')).collect()
    }
}

#[cfg(not(unix))]
mod imp {
    use std::io;
    use std::path::Path;

    pub fn write(live: &Path, run: &str, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let folder = live.join(run);
        std::fs::create_dir_all(&folder)?;
        crate::layout::replace(&folder.join(name), &parts.concat())
    }

    pub fn read(live: &Path, run: &str, name: &str) -> io::Result<Vec<u8>> {
        crate::files::read(live.join(run).join(name))
    }

    pub fn runs(live: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(live).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

/// Returns the names of the runs that have live files.
pub fn runs_with_active_files(layout: &Layout) -> Vec<String> {
    imp::runs(&layout.live())
}

/// Reads the step that the [`JOURNAL`] of a name has, whichever run of that name wrote it.
pub(super) fn active_journal(layout: &Layout, run: &RunId) -> Option<Oid> {
    let bytes = imp::read(&layout.live(), run.as_str(), JOURNAL).ok()?;
    std::str::from_utf8(&bytes).ok()?.lines().last()?.parse().ok()
}

/// Reads the objects of a step of the journal that is kept under this name.
pub(super) fn active_step(layout: &Layout, run: &RunId, step: Oid) -> Option<Vec<u8>> {
    let bytes = imp::read(&layout.live(), run.as_str(), &format!("{STEP}{step}")).ok()?;
    // The first line says which run it is of, as in all of these files. The objects say that themselves.
    let line = bytes.iter().position(|byte| *byte == b'\n')?;
    Some(bytes[line + 1..].to_vec())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use super::*;
    fn run(second: u32) -> Run {
        let oid = "0123456789012345678901234567890123456789".parse().unwrap();
        let now = format!("2026-11-20T10:00:{second:02}Z").parse().unwrap();
        Run::blank(&"fix".parse().unwrap(), "main", oid, 1, "Fix it", now)
    }

    fn files(layout: &Layout) -> ActiveFiles<'_> {
        ActiveFiles::of(layout, &run(0))
    }

    #[test]
    fn only_the_run_that_wrote_a_file_reads_it_and_it_is_the_users_alone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), None);
        assert_eq!(files(&layout).read(ENVIRONMENT).unwrap(), None);
        files(&layout).write(ENVIRONMENT, b"KEY=value\0").unwrap();
        assert_eq!(files(&layout).read(ENVIRONMENT).unwrap().as_deref(), Some(b"KEY=value\0".as_slice()));
        let path = layout.live().join("fix").join(ENVIRONMENT);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(ActiveFiles::of(&layout, &run(1)).read(ENVIRONMENT).unwrap(), None);
        files(&layout).forget(ENVIRONMENT);
        assert!(!path.parent().unwrap().exists());
    }

    #[test]
    fn no_link_is_followed_and_no_file_of_others_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), None);
        files(&layout).write(ENVIRONMENT, b"x").unwrap();
        let ours = layout.live().join("fix");
        let path = ours.join(ENVIRONMENT);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(files(&layout).read(ENVIRONMENT).is_err(), "others can read it");
        let outside = folder.path().join("outside");
        std::fs::rename(&path, &outside).unwrap();
        symlink(&outside, &path).unwrap();
        assert!(files(&layout).read(ENVIRONMENT).is_err());
        files(&layout).write(ENVIRONMENT, b"secret").unwrap();
        assert!(!std::fs::read_to_string(&outside).unwrap().contains("secret"), "the link was replaced");
        std::fs::remove_dir_all(&ours).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &ours).unwrap();
        assert!(files(&layout).write(ENVIRONMENT, b"secret").is_err());
        files(&layout).forget(ENVIRONMENT);
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
    }
}
