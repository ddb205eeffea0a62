//! Opening a repository of any format that is known.

use super::locate::Location;
use super::repo::{Repo, unsupported};
use puff_system::error::{Error, Result};

impl Repo {
    /// Opens exactly the repository that git found.
    ///
    /// # Errors
    /// When it is in a format that is not supported, or cannot be read.
    pub fn open(location: Location) -> Result<Repo> {
        let repo = Repo::open_objects(location)?;
        let storage = repo.inner.config().and_then(|config| config.get_string("extensions.refStorage"));
        if let Ok(storage) = storage.as_deref().map(str::to_ascii_lowercase)
            && !["files", "reftable"].contains(&storage.as_str())
        {
            return Err(unsupported(repo.location()).because_it_said(&format!("its refs are kept as '{storage}'")));
        }
        // A table of a kind to come is found out now, and not when something is paid for already.
        repo.tables().map_err(|cause| match cause.kind() {
            std::io::ErrorKind::Unsupported => unsupported(repo.location()).because(cause),
            _ => Error::cannot_work(format!("cannot read the refs of '{}'", repo.location().common_dir.display()))
                .hint("check the repository with 'git fsck'")
                .because(cause),
        })?;
        Ok(repo)
    }
}
