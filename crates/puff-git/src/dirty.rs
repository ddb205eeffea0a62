//! What is different in a worktree from its HEAD, asked in a way that changes nothing and runs nothing: the index is not
//! refreshed on disk, and neither hooks nor a file system monitor are called, which an agent may have configured.

use std::path::Path;
use std::time::Duration;

use super::bytes::records;
use super::program::git_in;
use super::program::{GitFailure, run};
use crate::Oid;

/// How long a status may take.
const LIMIT: Duration = Duration::from_secs(600);

/// A worktree against its HEAD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    /// The commit that HEAD is at; none before the first one.
    pub head: Option<Oid>,
    /// The paths that differ from it, untracked ones among them, ignored ones not.
    pub paths: Vec<Vec<u8>>,
}

/// Reads the status of a worktree with this git directory.
///
/// # Errors
/// With git's words, when it cannot tell.
pub fn dirty(git_dir: &Path, worktree: &Path) -> Result<Dirty, GitFailure> {
    let git = git_in(worktree).env("GIT_DIR", git_dir).env("GIT_WORK_TREE", worktree).limit(LIMIT);
    let git = git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
    let status = ["status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=all"];
    let listed = run(&git.args(status).arg("--ignore-submodules=dirty"))?;
    Ok(read(&listed.stdout))
}

/// Reads the second form of `git status --porcelain`, without renames.
fn read(listed: &[u8]) -> Dirty {
    let mut found = Dirty::default();
    for line in records(listed) {
        // How many fields come before the path.
        let fields = match line.first() {
            Some(b'#') => {
                let oid = line.strip_prefix(b"# branch.oid ").and_then(|oid| std::str::from_utf8(oid).ok());
                found.head = oid.and_then(|oid| oid.parse().ok()).or(found.head);
                continue;
            }
            Some(b'1') => 8,
            Some(b'u') => 10,
            Some(b'?') => 1,
            _ => continue,
        };
        found.paths.extend(line.splitn(fields + 1, |byte| *byte == b' ').nth(fields).map(<[u8]>::to_vec));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_every_kind_of_line() {
        let oid = "0123456789012345678901234567890123456789";
        let lines = [
            format!("# branch.oid {oid}"),
            "# branch.head main".to_owned(),
            format!("1 .M N... 100644 100644 100644 {oid} {oid} a file"),
            format!("u UU N... 100644 100644 100644 100644 {oid} {oid} {oid} both"),
            "? new one".to_owned(),
        ];
        let found = read((lines.join("\0") + "\0").as_bytes());
        assert_eq!(found.head, oid.parse().ok());
        assert_eq!(found.paths, [b"a file".to_vec(), b"both".to_vec(), b"new one".to_vec()]);
        assert_eq!(read(b"# branch.oid (initial)\0").head, None);
    }
}
