//! Trees and patches as changes.

use std::collections::HashMap;
use std::rc::Rc;

use git_tree_apply::parse::{self, BinaryChange, Body, FilePatch, Hunk, Malformed, Stated};

use super::{Material, Pick};
use crate::app::App;
use crate::compare::{Change, ChangeKind, Effort, FileChange, Lines, MOST_TEXT, SUBMODULE, changed_lines, is_binary};
use crate::error::Result;
use crate::git::{Difference, Repo};
use crate::model::{LeftOut, Oid, Run};

/// Returns what variants of which there are trees or patches do. A patch that cannot be read is left out.
pub(super) fn changes(
    app: &App,
    run: &Run,
    stands: &[(Pick<'_>, Material)],
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<Change>> {
    let trees = stands.iter().filter_map(|(_, stand)| match stand {
        Material::Trees(trees) => Some((trees.old, trees.new)),
        _ => None,
    });
    let pairs: Vec<_> = trees.collect();
    let differences = app.repo.differences(&pairs)?;
    app.repo.bring(differences.iter().flatten().flat_map(Difference::blobs));
    let mut of_trees = of_trees(&app.repo, &differences)?.into_iter();
    let mut changes = Vec::new();
    for (pick, stand) in stands {
        let name = pick.name(&run.run);
        let files = match stand {
            Material::Trees(_) => of_trees.next().unwrap_or_default(),
            Material::Patch { patch, .. } => match of_patch(&app.repo, patch) {
                Ok(files) => files?,
                Err(malformed) => {
                    left_out.push(LeftOut { name, why: format!("cannot read its patch: {malformed}") });
                    continue;
                }
            },
            Material::Nothing(_) => continue,
        };
        changes.push(Change { name, run: pick.recorded.run.run.clone(), index: pick.variant.index, files });
    }
    Ok(changes)
}

/// An entry's mode and object, before and afterwards.
type Sides = [Option<(u32, Oid)>; 2];

/// What is inside, before or afterwards.
#[derive(Clone)]
enum Inside {
    Text(Rc<Vec<u8>>),
    Binary,
}

fn of_trees(repo: &Repo, differences: &[Vec<Difference>]) -> Result<Vec<Vec<FileChange>>> {
    let mut changes: Vec<Vec<FileChange>> = differences.iter().map(|files| Vec::with_capacity(files.len())).collect();
    let mut efforts = vec![Effort::default(); differences.len()];
    // By paths: what one variant changed, others may have found the same, or made the same of it.
    let mut order: Vec<(&Difference, usize)> = differences
        .iter()
        .zip(0..)
        .flat_map(|(files, variant)| files.iter().map(move |file| (file, variant)))
        .collect();
    order.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
    for files in order.chunk_by(|(one, _), (other, _)| one.path == other.path) {
        let mut read: HashMap<Oid, Inside> = HashMap::new();
        let mut made: HashMap<Sides, (bool, Lines, Lines)> = HashMap::new();
        for (file, variant) in files {
            let sides = [file.old, file.new];
            let (binary, removed, added) = match made.get(&sides) {
                Some(known) => known.clone(),
                None => {
                    let [old, new] = [inside(repo, file.old, &mut read)?, inside(repo, file.new, &mut read)?];
                    if let Some((_, new)) = file.new {
                        read.remove(&new);
                    }
                    let lines = between(&old, &new, &mut efforts[*variant]);
                    made.entry(sides).or_insert(lines).clone()
                }
            };
            changes[*variant].push(FileChange {
                path: file.path.clone(),
                from: file.from.clone(),
                kind: match sides {
                    [None, _] => ChangeKind::Added,
                    [_, None] => ChangeKind::Removed,
                    _ if file.from.is_some() => ChangeKind::Renamed,
                    _ => ChangeKind::Modified,
                },
                old_mode: file.old.map(|(mode, _)| mode),
                new_mode: file.new.map(|(mode, _)| mode),
                old: file.old.map(|(_, oid)| oid),
                new: file.new.map(|(_, oid)| oid),
                binary,
                removed,
                added,
            });
        }
    }
    Ok(changes)
}

fn between(old: &Inside, new: &Inside, effort: &mut Effort) -> (bool, Lines, Lines) {
    match (old, new) {
        (Inside::Text(old), Inside::Text(new)) => {
            let (removed, added) = changed_lines(old, new, effort);
            (false, removed, added)
        }
        _ => (true, Lines::default(), Lines::default()),
    }
}

fn inside(repo: &Repo, entry: Option<(u32, Oid)>, read: &mut HashMap<Oid, Inside>) -> Result<Inside> {
    let text = |text: Vec<u8>| Inside::Text(Rc::new(text));
    let oid = match entry {
        None => return Ok(text(Vec::new())),
        Some((SUBMODULE, commit)) => return Ok(text(format!("Subproject commit {commit}\n").into_bytes())),
        Some((_, oid)) => oid,
    };
    if let Some(known) = read.get(&oid) {
        return Ok(known.clone());
    }
    let found = if repo.blob_size(oid)? > MOST_TEXT {
        Inside::Binary
    } else {
        let bytes = repo.blob(oid)?;
        if is_binary(&bytes) { Inside::Binary } else { text(bytes) }
    };
    read.insert(oid, found.clone());
    Ok(found)
}

/// Returns what a patch does, as its own lines say it. A file that several parts of it are about gets all their lines.
fn of_patch(repo: &Repo, patch: &[u8]) -> Result<Result<Vec<FileChange>>, Malformed> {
    let parts = parse::parse_for(repo.name_digits(), patch)?;
    let read = || {
        let mut files: Vec<FileChange> = Vec::new();
        let mut positions: HashMap<Vec<u8>, usize> = HashMap::new();
        for part in &parts {
            let file = of_part(repo, part)?;
            match positions.get(&file.path) {
                Some(place) => {
                    let known = &mut files[*place];
                    for (into, lines) in [(&mut known.removed, &file.removed), (&mut known.added, &file.added)] {
                        lines.iter().for_each(|(number, line)| into.push(number, line));
                    }
                    (known.new, known.new_mode) = (file.new, file.new_mode);
                }
                None => {
                    positions.insert(file.path.clone(), files.len());
                    files.push(file);
                }
            }
        }
        Ok(files)
    };
    Ok(read())
}

fn of_part(repo: &Repo, part: &FilePatch<'_>) -> Result<FileChange> {
    let whole = |digits: &[u8]| repo.whole_name(digits);
    let is_there = |oid: &Oid| oid.as_bytes().iter().any(|byte| *byte != 0);
    let (mut removed, mut added) = (Lines::default(), Lines::default());
    // Where a patch only says that bytes differ, all it says of them has to do for a name.
    let stand_in = match &part.body {
        Body::Text(hunks) => {
            hunks.iter().for_each(|hunk| read_hunk(hunk, &mut removed, &mut added));
            None
        }
        Body::Binary(BinaryChange::Literal(bytes) | BinaryChange::Delta(bytes)) => Some(repo.hash_blob(bytes)?),
        Body::Unsaid => Some(repo.hash_blob(part.new_digits)?),
    };
    let kind = match part {
        FilePatch { is_delete: Stated::Yes, .. } => ChangeKind::Removed,
        FilePatch { is_new: Stated::Yes, .. } | FilePatch { is_copy: true, .. } => ChangeKind::Added,
        FilePatch { is_rename: true, .. } => ChangeKind::Renamed,
        _ => ChangeKind::Modified,
    };
    let new = whole(part.new_digits).filter(is_there).or(stand_in);
    Ok(FileChange {
        path: part.new_name.clone().or_else(|| part.old_name.clone()).unwrap_or_default(),
        from: part.old_name.clone().filter(|_| kind == ChangeKind::Renamed),
        kind,
        old_mode: part.old_mode,
        new_mode: part.new_mode,
        old: whole(part.old_digits).filter(is_there),
        new: new.filter(|_| kind != ChangeKind::Removed),
        binary: stand_in.is_some(),
        removed,
        added,
    })
}

fn read_hunk(hunk: &Hunk<'_>, removed: &mut Lines, added: &mut Lines) {
    let (mut old, mut new) = (hunk.old_start, hunk.new_start);
    for line in hunk.lines.split_inclusive(|byte| *byte == b'\n') {
        let (goes, comes) = match line[0] {
            b'-' => (true, false),
            b'+' => (false, true),
            // Word of a missing line end.
            b'\\' => continue,
            _ => (true, true),
        };
        if goes && !comes {
            removed.push(old, &line[1..]);
        }
        if comes && !goes {
            added.push(new, &line[1..]);
        }
        old += u64::from(goes);
        new += u64::from(comes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_hunk_have_their_numbers() {
        let lines = b" same\n-gone\n\\ No newline at end of file\n+come\n+too\n\n-last\n";
        let hunk = Hunk { line: 1, old_start: 10, new_start: 20, trailing: 0, lines };
        let (mut removed, mut added) = (Lines::default(), Lines::default());
        read_hunk(&hunk, &mut removed, &mut added);
        assert_eq!(removed.iter().collect::<Vec<_>>(), [(11, &b"gone"[..]), (13, b"last")]);
        assert_eq!(added.iter().collect::<Vec<_>>(), [(21, &b"come"[..]), (22, b"too")]);
    }
}
