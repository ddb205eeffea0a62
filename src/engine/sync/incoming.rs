//! What came from another clone is untrusted data: each run is checked before it becomes one of ours.

use super::tree::{Files, PROMPT, VIEWS, files};
use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{LeftFile, Oid, Run, RunId};
use crate::store::sha256;

/// Checks that a received run can be accepted.
pub(super) fn prove(app: &App, name: &RunId, step: Oid) -> Result<(Run, Files, Vec<LeftFile>)> {
    let repo = &app.repo;
    let files = files(repo, step)?;
    let run = files.run(repo)?;
    if let Some(why) = run.why_not_from_elsewhere(name, app.clock.now()) {
        return Err(Error::failed(why));
    }
    if !files.0.contains_key(PROMPT) {
        return Err(Error::failed(format!("it has no {PROMPT}")));
    }
    if let Some(view) = VIEWS.iter().find(|view| files.0.contains_key(**view)) {
        return Err(Error::failed(format!("it has a {view}, which every clone makes for itself")));
    }
    files.review(repo)?;
    let left = files.left(repo)?;
    let digest = |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(bad) = left.iter().find(|file| !digest(&file.sha256)) {
        return Err(Error::failed(format!("cannot read what it says of '{}'", bad.path)));
    }
    for variant in &run.variants {
        let patch = files.0.get(&variant.file("patch.diff"));
        let Some(patch) = patch else { continue };
        if variant.patch_sha256.as_ref() != Some(&sha256(&repo.blob(*patch)?)) {
            return Err(Error::failed(format!("the patch of {} is not the one that it says", variant.name())));
        }
    }
    Ok((run, files, left))
}
