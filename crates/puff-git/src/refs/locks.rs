//! Lock files, and whether anybody still holds them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long a lock file must stay the same before it is taken for an orphan. Git holds one for milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// A lock file, and since when it has been the same one.
pub(super) struct Watched<'a> {
    path: &'a Path,
    stamp: Option<SystemTime>,
    pub since: Instant,
}

impl Watched<'_> {
    pub fn new(path: &Path) -> Watched<'_> {
        Watched { path, stamp: stamp(path), since: Instant::now() }
    }

    pub fn is_orphan(&mut self) -> bool {
        let now = stamp(self.path);
        if now != self.stamp {
            *self = Watched { path: self.path, stamp: now, since: Instant::now() };
        }
        now.is_some() && self.since.elapsed() >= PATIENCE
    }
}

/// Those of some lock files that stay the same for a moment.
pub(super) fn orphans(found: &[PathBuf]) -> Vec<PathBuf> {
    let mut watched: Vec<_> = found.iter().map(|path| Watched::new(path)).collect();
    if !watched.is_empty() {
        std::thread::sleep(PATIENCE);
    }
    let orphans = watched.iter_mut().map(Watched::is_orphan);
    found.iter().zip(orphans).filter(|(_, orphan)| *orphan).map(|(path, _)| path.clone()).collect()
}

/// The lock files in a folder and in those below.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let mut found: Vec<_> = folders.iter().flat_map(|folder| below(folder)).collect();
    found.extend(files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "lock")));
    found
}

/// When a file was last written.
pub(crate) fn stamp(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|meta| meta.modified()).ok()
}
