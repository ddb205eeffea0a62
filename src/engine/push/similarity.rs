//! Variants whose commits were squashed, reworded or made again by hand, so that no trailer tells of them: known by
//! what they bring. Where all that a variant makes of its files comes with a push, the variant does.
//!
//! One difference a ref is enough: what its end has that the remote has not. What each variant makes of its files is
//! remembered in a file beside, by the commit that its run's record is in; a file that is missing, damaged or of
//! another version is as good as none.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::Suspect;
use super::trailers::RunTrailers;
use crate::app::App;
use crate::error::Result;
use crate::git::Outgoing;
use crate::model::{Oid, Run, RunId};
use crate::store::{RUNS, RunStore};

/// What the file begins with: changed with every change of its form.
const MAGIC: &str = "git-puff variants 1\n";

/// A push of more refs at a time copies a repository; then only trailers count.
const MOST_REFS: usize = 100;

/// What a variant makes of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ResultingBlobs {
    variant: u32,
    blobs: Vec<Oid>,
}

/// Adds the commits by which a variant comes that no commit tells of.
pub(super) fn add(app: &App, tips: &HashSet<Oid>, outgoing: &[Outgoing], suspects: &mut Vec<Suspect>) -> Result<()> {
    if outgoing.is_empty() || tips.len() > MOST_REFS {
        return Ok(());
    }
    let heads = app.repo.refs_under(RUNS)?;
    if heads.is_empty() {
        return Ok(());
    }
    let runs = remembered(app, &heads);
    let commits: HashMap<Oid, &Outgoing> = outgoing.iter().map(|commit| (commit.id, commit)).collect();
    for tip in tips {
        let Some(tip) = commits.get(tip) else { continue };
        let line = first_parents(&commits, tip);
        let before = line.last().and_then(|oldest| oldest.parents.first());
        let before = before.and_then(|before| app.repo.commit(*before).ok()).map(|commit| commit.tree);
        let (changes, _) = app.repo.tree_changes(before, Some(tip.tree))?;
        let brought: HashMap<Oid, &[u8]> =
            changes.iter().filter_map(|change| Some((change.new?.1, change.path.as_slice()))).collect();
        for (id, made) in &runs {
            for made in comes_with(app, id, made, &brought) {
                let known = suspects.iter().flat_map(|suspect| &suspect.trailers);
                if known.into_iter().any(|trailer| trailer.run == *id && trailer.variant == Some(made.variant)) {
                    continue;
                }
                let commit = brought_by(app, &line, brought[&made.blobs[0]], made.blobs[0])?;
                let message = app.repo.commit(commit.id)?.message;
                let trailer = RunTrailers { run: id.clone(), variant: Some(made.variant), patch: None };
                let commit = Outgoing { message: Some(message), ..commit.clone() };
                suspects.push(Suspect { commit, trailers: vec![trailer], is_merge: false });
            }
        }
    }
    Ok(())
}

/// Returns the commits from a tip to the oldest that is sent, by their first parents.
fn first_parents<'o>(commits: &HashMap<Oid, &'o Outgoing>, tip: &'o Outgoing) -> Vec<&'o Outgoing> {
    let next = |commit: &&'o Outgoing| commits.get(commit.parents.first()?).copied();
    std::iter::successors(Some(tip), next).collect()
}

/// Returns the oldest commit that brings this.
fn brought_by<'o>(app: &App, line: &[&'o Outgoing], path: &[u8], blob: Oid) -> Result<&'o Outgoing> {
    let mut found = line[0];
    for commit in line {
        if app.repo.entry(commit.tree, path)?.is_none_or(|entry| entry.oid != blob) {
            break;
        }
        found = commit;
    }
    Ok(found)
}

/// Returns the variants of a run that come. Where the one that was picked does, others are there that make the same.
fn comes_with<'m>(
    app: &App,
    id: &RunId,
    made: &'m [ResultingBlobs],
    brought: &HashMap<Oid, &[u8]>,
) -> Vec<&'m ResultingBlobs> {
    let comes = |made: &&ResultingBlobs| made.blobs.iter().all(|blob| brought.contains_key(blob));
    let mut found: Vec<&ResultingBlobs> = made.iter().filter(comes).collect();
    if found.len() > 1 {
        let decision = RunStore::new(app).load(id).ok().and_then(|recorded| recorded.run.decision);
        let picked = decision.and_then(|decision| found.iter().position(|made| made.variant == decision.variant));
        // Of those that make the same, the first stands for all; one that makes more than another is that one.
        let most = found.iter().map(|made| made.blobs.len()).max().unwrap_or_default();
        let at = picked.or_else(|| found.iter().position(|made| made.blobs.len() == most));
        found = at.map(|at| found[at]).into_iter().collect();
    }
    found
}

/// Returns what the variants of every run make, those of runs that changed read anew.
fn remembered(app: &App, heads: &[(String, Oid)]) -> Vec<(RunId, Vec<ResultingBlobs>)> {
    let path = app.layout.cache("variants");
    let kept = crate::files::read_to_string(&path).ok().and_then(|text| parse(&text)).unwrap_or_default();
    let mut is_new = kept.len() > 2 * heads.len();
    let (mut all, mut text) = (Vec::new(), String::from(MAGIC));
    for (name, head) in heads {
        let Ok(id) = name[RUNS.len()..].parse::<RunId>() else { continue };
        let made = kept.get(head).cloned().unwrap_or_else(|| {
            is_new = true;
            let recorded = RunStore::new(app).at(&id, *head);
            recorded.map(|recorded| makes(app, &recorded.run)).unwrap_or_default()
        });
        let _ = writeln!(text, "{head}");
        for ResultingBlobs { variant, blobs } in &made {
            let blobs: Vec<String> = blobs.iter().map(Oid::to_string).collect();
            let _ = writeln!(text, "\t{variant} {}", blobs.join(" "));
        }
        all.push((id, made));
    }
    if is_new {
        // A repository that cannot be written can still be pushed.
        let _ = app.layout.replace(&path, format!("{text}.\n").as_bytes());
    }
    all
}

fn parse(text: &str) -> Option<HashMap<Oid, Vec<ResultingBlobs>>> {
    // The last line says that the file is whole.
    let body = text.strip_prefix(MAGIC)?.strip_suffix(".\n")?;
    let mut runs: HashMap<Oid, Vec<ResultingBlobs>> = HashMap::new();
    let mut head = None;
    for line in body.lines() {
        match line.strip_prefix('\t') {
            None => {
                let oid: Oid = line.parse().ok()?;
                runs.insert(oid, Vec::new());
                head = Some(oid);
            }
            Some(line) => {
                let (variant, blobs) = line.split_once(' ')?;
                let blobs = blobs.split(' ').map(|blob| blob.parse().ok()).collect::<Option<_>>()?;
                runs.get_mut(&head?)?.push(ResultingBlobs { variant: variant.parse().ok()?, blobs });
            }
        }
    }
    Some(runs)
}

/// Returns what the variants of a run make of their files. One that only takes files away cannot be told from anybody's
/// work.
fn makes(app: &App, run: &Run) -> Vec<ResultingBlobs> {
    let repo = &app.repo;
    let Ok(base) = repo.commit(run.base_oid).map(|commit| commit.tree) else { return Vec::new() };
    let blobs = |commit: Oid| -> Result<Vec<Oid>> {
        let (changes, _) = repo.tree_changes(Some(base), Some(repo.commit(commit)?.tree))?;
        let empty = repo.hash_blob(b"")?;
        Ok(changes.into_iter().filter_map(|change| Some(change.new?.1)).filter(|blob| *blob != empty).collect())
    };
    let made = run.variants.iter().filter_map(|variant| {
        let blobs = blobs(variant.commit?).ok().filter(|blobs| !blobs.is_empty())?;
        Some(ResultingBlobs { variant: variant.index, blobs })
    });
    made.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_read_and_a_part_of_it_is_as_good_as_nothing() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let text = format!("{MAGIC}{one}\n\t1 {two} {one}\n\t3 {one}\n{two}\n.\n");
        let runs = parse(&text).unwrap();
        assert_eq!(runs[&one.parse::<Oid>().unwrap()].iter().map(|made| made.blobs.len()).collect::<Vec<_>>(), [2, 1]);
        assert!(runs[&two.parse::<Oid>().unwrap()].is_empty());
        assert!((0..text.len()).all(|end| parse(&text[..end]).is_none()));
    }
}
