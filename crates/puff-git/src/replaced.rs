//! Objects that `git replace` has put others in the place of.

use super::locate::git;
use super::program::run;
use super::repo::Repo;
use puff_system::error::Result;

impl Repo {
    /// Returns how many objects git reads others for: libgit2, and so git-puff, reads the objects themselves.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn replaced(&self) -> Result<usize> {
        let refs = self.refs_under("refs/replace/")?.len();
        if refs == 0 {
            return Ok(0);
        }
        let ask = ["config", "--type=bool", "--default=true", "--get", "core.useReplaceRefs"];
        let off =
            run(&git(self.location()).args(ask).asks_nobody()).is_ok_and(|said| said.stdout.starts_with(b"false"));
        Ok(if off { 0 } else { refs })
    }
}
