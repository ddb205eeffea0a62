//! What an agent meant by the index of its own repository, in a private workspace: files that it staged although they are
//! ignored, and files that it took out of the index and has git ignore since. Everything else follows from the files.
//!
//! That index is an agent's data: it is read through a git directory of ours, and decides about ignored files alone.

use std::collections::BTreeSet;

use super::view::View;
use crate::bytes::records;
use crate::program::{GitFailure, run};
use crate::repo::Repo;

impl Repo {
    /// Takes in the ignored files that the agent staged, and takes out the files of the base that it neither has in its index nor
    /// wants git to know of.
    pub(super) fn follow_program_index(&self, view: &View) -> Result<(), GitFailure> {
        let list = |which: &[&str]| -> Result<BTreeSet<Vec<u8>>, GitFailure> {
            let listed = run(&view.git().args(["ls-files", "-z", "--ignored", "--exclude-standard"]).args(which))?;
            Ok(records(&listed.stdout).map(<[u8]>::to_vec).collect())
        };
        let (known, unknown) = (list(&["--cached"])?, list(&["--others"])?);
        if known.is_empty() && unknown.is_empty() {
            return Ok(());
        }
        // Where it has none that can be read, it meant nothing by it.
        let Some(theirs) = self.program_index(view) else { return Ok(()) };
        let forced: Vec<&Vec<u8>> = unknown.intersection(&theirs).collect();
        if !forced.is_empty() {
            let add =
                ["add", "--force", "--ignore-errors", "--sparse", "--pathspec-from-file=-", "--pathspec-file-nul"];
            match run(&view.git().env("GIT_LITERAL_PATHSPECS", "1").args(add).stdin(lines(&forced))) {
                Ok(_) | Err(GitFailure::Refused { code: 1, .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        let taken_out: Vec<&Vec<u8>> = known.difference(&theirs).collect();
        if !taken_out.is_empty() {
            run(&view.git().args(["update-index", "--force-remove", "-z", "--stdin"]).stdin(lines(&taken_out)))?;
        }
        Ok(())
    }

    fn program_index(&self, view: &View) -> Option<BTreeSet<Vec<u8>>> {
        let foreign = View::foreign(self, view.folder.clone()).ok()?;
        foreign.index.exists().then_some(())?;
        let listed = run(&foreign.git().args(["ls-files", "-z", "--cached"])).ok()?;
        let paths: BTreeSet<Vec<u8>> = records(&listed.stdout).map(<[u8]>::to_vec).collect();
        (!paths.is_empty()).then_some(paths)
    }
}

fn lines(paths: &[&Vec<u8>]) -> Vec<u8> {
    paths.iter().flat_map(|path| path.iter().copied().chain([0])).collect()
}
