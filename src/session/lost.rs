//! Sessions whose supervisor is gone.

use std::path::Path;

use crate::process::Mark;

/// The variable by which every process of a session can be told from all others: it holds the session's folder.
pub const MARK: &str = Mark::SESSION;

/// Kills the processes that a lost session left behind; false when there are none.
pub fn kill_what_is_left(folder: &Path) -> bool {
    Mark { name: MARK, folder }.kill()
}
