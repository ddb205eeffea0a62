//! What the variants of a run make of every file, read from their commits.

use std::collections::BTreeMap;

use crate::compare::sides::{Content, LIMITS, Maker, Source};
use crate::error::Result;
use crate::git::{Entry, EntryKind, Repo};
use crate::model::{Oid, Run, Sides};

/// A file of a tree.
type Leaf = (EntryKind, Oid);

/// What is at a path in the base, and in the variants that change it, by their places.
type Versions = (Option<Leaf>, BTreeMap<usize, Option<Leaf>>);

/// What every variant that has a commit makes of the files that one of them touches.
///
/// Only the trees on the way to a change are read. A variant whose commit is gone (pruned, say) has no side.
///
/// # Errors
/// When an object is missing.
pub fn of(repo: &Repo, run: &Run) -> Result<Sides> {
    let with_commit = run.variants.iter().filter_map(|variant| Some((variant.index, variant.commit?)));
    let variants: Vec<(u32, Oid)> = with_commit.filter(|(_, commit)| repo.has_commit(*commit)).collect();
    if !repo.has_commit(run.base_oid) || variants.is_empty() {
        return Ok(Sides::default());
    }
    let base = repo.commit(run.base_oid)?.tree;
    let mut files: BTreeMap<Vec<u8>, Versions> = BTreeMap::new();
    for (at, (_, commit)) in variants.iter().enumerate() {
        let mut changed = Vec::new();
        walk(repo, Some(base), Some(repo.commit(*commit)?.tree), &[], &mut changed)?;
        for (path, old, new) in changed {
            files.entry(path).or_insert_with(|| (old, BTreeMap::new())).1.insert(at + 1, new);
        }
    }
    let mut maker = Maker::new(variants.iter().map(|(index, _)| *index).collect(), LIMITS);
    for (path, (old, news)) in files {
        let path = String::from_utf8_lossy(&path).into_owned();
        if news.keys().all(|place| maker.is_full(*place)) {
            news.keys().for_each(|place| maker.leave_out(*place, &path));
            continue;
        }
        let mut known: Vec<(Option<Leaf>, Content)> = vec![(None, Content::default())];
        let mut versions = Vec::new();
        for place in 0..=variants.len() {
            let leaf = news.get(&place).copied().unwrap_or(old);
            if !known.iter().any(|(it, _)| *it == leaf) {
                known.push((leaf, content(repo, leaf)?));
            }
            versions.extend(known.iter().find(|(it, _)| *it == leaf).map(|(_, content)| content.clone()));
        }
        maker.add(&Source { path, versions });
    }
    Ok(maker.finish())
}

fn content(repo: &Repo, leaf: Option<Leaf>) -> Result<Content> {
    let Some((kind, oid)) = leaf else { return Ok(Content::default()) };
    let bytes = match kind {
        EntryKind::Submodule => format!("{oid}\n").into_bytes(),
        _ => repo.blob(oid)?,
    };
    Ok(Content { mode: kind.mode(), bytes })
}

/// Every file in which two trees differ.
fn walk(
    repo: &Repo,
    old: Option<Oid>,
    new: Option<Oid>,
    folder: &[u8],
    changed: &mut Vec<(Vec<u8>, Option<Leaf>, Option<Leaf>)>,
) -> Result<()> {
    let entries = |tree: Option<Oid>| tree.map_or_else(|| Ok(Vec::new()), |tree| repo.entries(tree));
    let mut names: BTreeMap<Vec<u8>, [Option<Entry>; 2]> = BTreeMap::new();
    for (side, tree) in [old, new].into_iter().enumerate() {
        for entry in entries(tree)? {
            let name = entry.name.clone();
            names.entry(name).or_default()[side] = Some(entry);
        }
    }
    for (name, [old, new]) in names.into_iter().filter(|(_, [old, new])| old != new) {
        let path = if folder.is_empty() { name } else { [folder, b"/", &name].concat() };
        let tree = |entry: &Option<Entry>| entry.as_ref().filter(|it| it.kind == EntryKind::Tree).map(|it| it.oid);
        let leaf =
            |entry: &Option<Entry>| entry.as_ref().filter(|it| it.kind != EntryKind::Tree).map(|it| (it.kind, it.oid));
        if tree(&old).is_some() || tree(&new).is_some() {
            walk(repo, tree(&old), tree(&new), &path, changed)?;
        }
        if leaf(&old) != leaf(&new) {
            changed.push((path, leaf(&old), leaf(&new)));
        }
    }
    Ok(())
}
