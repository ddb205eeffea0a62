//! What the variants of a run make of every file, read for a page that shows them side by side.

use std::collections::BTreeMap;

use super::{Material, all, material};
use crate::app::App;
use crate::compare::SUBMODULE;
use crate::compare::side_by_side::{Content, LIMITS, Maker, Source};
use crate::engine::base;
use crate::error::Result;
use crate::git::Difference;
use crate::model::{Oid, SideBySide};
use crate::store::Recorded;

/// What is at a path of a tree: its mode and its object, and its path where that is another one.
type Leaf = Option<(u32, Oid, Option<Vec<u8>>)>;

/// What is of a file in the base, and in the variants that change it, by their places.
type Versions = (Leaf, BTreeMap<usize, Leaf>);

/// Returns what every variant makes of the files that one of them changes, as far as a page has room. Of a variant that
/// has no tree on the run's base nothing is known here: its patch was not made for these files.
///
/// # Errors
/// When an object cannot be read.
pub fn side_by_side(app: &App, recorded: &Recorded) -> Result<SideBySide> {
    let repo = &app.repo;
    // A report can be read where its base is not: what it says is in the record.
    if !repo.has_commit(recorded.run.base_oid) {
        return Ok(SideBySide::default());
    }
    let base = base::tree(app, &recorded.run)?;
    let mut trees = Vec::new();
    for pick in all(recorded) {
        if let Material::Trees(stand) = material(app, &pick)?
            && stand.old == base
        {
            trees.push((pick.variant.index, stand.new));
        }
    }
    let pairs: Vec<(Oid, Oid)> = trees.iter().map(|(_, tree)| (base, *tree)).collect();
    // By its path in the base, or in the variants where the base has none.
    let mut files: BTreeMap<Vec<u8>, Versions> = BTreeMap::new();
    let differences = repo.differences(&pairs)?;
    repo.bring(differences.iter().flatten().flat_map(Difference::blobs));
    for (differences, place) in differences.into_iter().zip(1..) {
        for Difference { path, from, old, new } in differences {
            let renamed = from.is_some().then(|| path.clone());
            let (old, new) = (old.map(|(mode, oid)| (mode, oid, None)), new.map(|(mode, oid)| (mode, oid, renamed)));
            files.entry(from.unwrap_or(path)).or_insert_with(|| (old, BTreeMap::new())).1.insert(place, new);
        }
    }
    let mut maker = Maker::new(trees.iter().map(|(index, _)| *index).collect(), LIMITS);
    for (path, (old, news)) in files {
        let path = shown(&path);
        if news.keys().all(|place| maker.is_full(*place)) {
            news.keys().for_each(|place| maker.leave_out(*place, &path));
            continue;
        }
        let mut read: Vec<(&Leaf, Content)> = Vec::new();
        let mut versions = Vec::new();
        for leaf in (0..=trees.len()).map(|place| news.get(&place).unwrap_or(&old)) {
            if !read.iter().any(|(known, _)| *known == leaf) {
                read.push((leaf, content(app, leaf, maker.most())?));
            }
            versions.extend(read.iter().find(|(known, _)| *known == leaf).map(|(_, content)| content.clone()));
        }
        maker.add(&Source { path, versions });
    }
    Ok(maker.finish())
}

fn content(app: &App, leaf: &Leaf, most: usize) -> Result<Content> {
    let Some((mode, oid, renamed)) = leaf else { return Ok(Content::default()) };
    let content = Content { mode: *mode, renamed: renamed.as_deref().map(shown), ..Content::default() };
    if *mode == SUBMODULE {
        return Ok(Content { bytes: format!("Subproject commit {oid}\n").into_bytes(), ..content });
    }
    if app.repo.blob_size(*oid)? > most {
        return Ok(Content { unread: Some(oid.to_string()), ..content });
    }
    Ok(Content { bytes: app.repo.blob(*oid)?, ..content })
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
