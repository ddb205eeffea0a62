//! What there is of a variant: trees, or a patch, or nothing.

use git_tree_apply::parse::{self, FilePatch, Stated};

use super::Pick;
use crate::app::App;
use crate::engine::{base, verified};
use crate::error::Result;
use crate::git::{Edit, EntryKind, Repo};
use crate::model::{Apply, Oid};
use crate::patch::{self, Applied};
use crate::store::RunStore;

/// What there is of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// The code before and afterwards.
    Trees(Trees),
    /// A patch of which no tree comes, and why.
    Patch {
        /// Its bytes.
        patch: Vec<u8>,
        /// Why there is no more.
        why: String,
    },
    /// Nothing, and why.
    Nothing(String),
}

/// The code before and afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trees {
    /// The tree before.
    pub old: Oid,
    /// The tree afterwards.
    pub new: Oid,
    /// The commits of both, where there are any.
    pub commits: Option<(Oid, Oid)>,
    /// What a reader has to know: the patch does not fit the base, so that these are the files that it was made on.
    pub aside: Option<String>,
}

/// Finds out what there is of a variant. Objects may be written, nothing else.
///
/// # Errors
/// When the base is not here, or an object cannot be read or written.
pub fn material(app: &App, pick: &Pick<'_>) -> Result<Material> {
    let (run, variant) = (&pick.recorded.run, pick.variant);
    let base = base::tree(app, run)?;
    // Objects alone are written. What is shown is what the patch makes: a commit that holds anything else is not it.
    let verified = verified::commit(app, pick.recorded, variant);
    if let Ok(Some(commit)) = verified {
        let new = app.repo.commit(commit)?.tree;
        return Ok(Material::Trees(Trees { old: base, new, commits: Some((run.base_oid, commit)), aside: None }));
    }
    let store = RunStore::new(app);
    if let Some(left) = store.left_behind(pick.recorded, variant.index)? {
        return Ok(Material::Nothing(format!(
            "its patch, of {} bytes, stayed in the clone that it came from",
            left.size
        )));
    }
    let Some(patch) = store.patch(pick.recorded, variant.index)? else {
        return Ok(Material::Nothing(format!("no patch of it is kept: it is {}", variant.status.as_str())));
    };
    app.repo.object_batch(|| of_patch(app, base, patch))
}

fn of_patch(app: &App, base: Oid, patch: Vec<u8>) -> Result<Material> {
    let repo = &app.repo;
    let applied = patch::apply(repo, base, &patch)?;
    let why = match &applied {
        Applied { tree: Some(tree), .. } => {
            return Ok(Material::Trees(Trees { old: base, new: *tree, commits: None, aside: None }));
        }
        Applied { apply: Apply::Conflict, paths, .. } => {
            format!("it conflicts with the base in {}", app.display.paths(paths))
        }
        Applied { reason, .. } => format!("it does not fit the base: {}", reason.as_deref().unwrap_or("rejected")),
    };
    let Ok(files) = parse::parse_for(repo.name_digits(), &patch) else { return Ok(Material::Patch { patch, why }) };
    let old = made_on(repo, base, &files)?;
    match patch::apply(repo, old, &patch)? {
        Applied { apply: Apply::Applied, tree: Some(new), .. } if old != base => {
            Ok(Material::Trees(Trees { old, new, commits: None, aside: Some(why) }))
        }
        _ => Ok(Material::Patch { patch, why }),
    }
}

/// Returns the base with the files of a patch as it says that it found them, as far as they are here.
fn made_on(repo: &Repo, base: Oid, files: &[FilePatch<'_>]) -> Result<Oid> {
    let mut edits = Vec::new();
    for file in files {
        if let Some(new) = file.new_name.as_ref().filter(|_| file.is_new == Stated::Yes) {
            edits.push((new.as_slice(), Edit::Remove));
        }
        let digits = std::str::from_utf8(file.old_digits).unwrap_or_default();
        let Some(old) = file.old_name.as_ref().filter(|old| git_tree_apply::policy::objection(old, false).is_none())
        else {
            continue;
        };
        if file.is_new == Stated::Yes {
            continue;
        }
        if let Some(bytes) = repo.blob_of_prefix(digits) {
            let kind = match file.old_mode.map(EntryKind::from_mode) {
                Some(kind @ (EntryKind::Executable | EntryKind::Symlink)) => kind,
                _ => EntryKind::File,
            };
            let there = repo.entry(base, old)?.map(|entry| entry.kind);
            let kind = if file.old_mode.is_some() { kind } else { there.unwrap_or(kind) };
            edits.push((old.as_slice(), Edit::Put(kind, repo.write_blob(&bytes)?)));
        }
    }
    repo.edit_tree(Some(base), edits)
}
