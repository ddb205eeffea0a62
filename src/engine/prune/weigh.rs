//! How many bytes a run takes.

use std::collections::HashSet;
use std::path::Path;

use super::Plan;
use crate::app::App;
use crate::error::Result;
use crate::model::Oid;
use crate::model::documents::Weight;

/// How many steps of a journal are weighed: a run has some ten.
const STEPS: usize = 1000;

impl Plan {
    /// Weighs what would go. Of objects, those are counted that the journal has, and those that the branches have over
    /// the run's base and HEAD: what that costs follows from the run, not from the repository.
    ///
    /// # Errors
    /// When an object is missing.
    pub fn weigh(&self, app: &App) -> Result<Weight> {
        let folders = self.worktrees.iter().map(|worktree| size(&worktree.path));
        let files = self.files.iter().map(|path| size(path));
        let objects: Vec<Oid> = self.objects(app)?.into_iter().collect();
        Ok(Weight { worktrees: folders.sum(), files: files.sum(), objects: app.repo.disk_size(&objects) })
    }

    fn objects(&self, app: &App) -> Result<HashSet<Oid>> {
        let repo = &app.repo;
        let mut objects = HashSet::new();
        let mut take = |old: Option<Oid>, new: Oid| -> Result<()> {
            let (files, trees) = repo.tree_changes(old, Some(new))?;
            objects.extend(trees);
            objects.extend(files.into_iter().filter_map(|file| file.new.map(|(_, oid)| oid)));
            Ok(())
        };
        let (mut at, mut before, mut commits) = (Some(self.recorded.head), None, Vec::new());
        while let Some(step) = at.filter(|_| commits.len() < STEPS) {
            let commit = repo.commit(step)?;
            take(before, commit.tree)?;
            commits.push(step);
            (at, before) = (commit.parents.first().copied(), Some(commit.tree));
        }
        let here = repo.head_commit().map(|head| repo.commit(head)).transpose()?.map(|head| head.tree);
        for branch in &self.branches {
            let commit = repo.commit(branch.at)?;
            commits.push(branch.at);
            let base = commit.parents.first().map(|parent| repo.commit(*parent)).transpose()?;
            take(base.map(|base| base.tree), commit.tree)?;
        }
        // What the branches have in common with HEAD stays alive without them.
        if let Some(here) = here {
            for branch in &self.branches {
                let tree = repo.commit(branch.at)?.tree;
                let base = repo.commit(branch.at)?.parents.first().map(|parent| repo.commit(*parent)).transpose()?;
                for file in repo.tree_changes(base.map(|base| base.tree), Some(tree))?.0 {
                    let there = repo.entry(here, &file.path)?.map(|entry| entry.oid);
                    if let (Some((_, oid)), Some(there)) = (file.new, there)
                        && oid == there
                    {
                        objects.remove(&oid);
                    }
                }
            }
        }
        objects.extend(commits);
        Ok(objects)
    }
}

/// Returns the bytes of a file, or of all files in a folder; links are not followed.
fn size(path: &Path) -> u64 {
    let Ok(meta) = path.symlink_metadata() else { return 0 };
    if !meta.is_dir() {
        return meta.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).sum()
}
