//! From a variant that was picked or recommended to what the join operator finds in its inbox.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use git_tree_apply::parse::{Name, parse};
use regex::Regex;

use super::base;
use crate::app::App;
use crate::error::{Error, Result, ResultExt};
use crate::folder::{Bounds, Folder};
use crate::model::{Manifest, Meta, RepoName, Review, Run, Variant, documents};
use crate::settings;
use crate::store::{Recorded, RunStore};

/// How many digits of a patch's SHA-256 are in its name: another revision is another patch.
const DIGITS: usize = 12;

/// An issue, as people write it into a prompt.
static ISSUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)(?:^|[\s(\[,;])((?:[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#[0-9]{1,7})(?:$|[\s)\],;.:!?])")
        .expect("the form is a regular expression")
});

/// A manifest, and the patch that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchDelivery {
    /// The manifest; it names no file.
    pub manifest: Manifest,
    /// The raw bytes of the patch.
    pub patch: Vec<u8>,
}

/// Returns the manifest of the variant that was picked, or else is recommended.
///
/// # Errors
/// When there is no such variant, the remote names no repository, or the base is no branch.
pub fn of(app: &App, recorded: &Recorded) -> Result<PatchDelivery> {
    let store = RunStore::new(app);
    let run = &recorded.run;
    let variant = chosen(run, store.review(recorded)?.as_ref())?;
    let file = |name: &str| store.file(recorded.head, &variant.file(name));
    let patch = file("patch.diff")?.filter(|patch| !patch.is_empty());
    let (Some(patch), Some(sha)) = (patch, &variant.patch_sha256) else {
        return Err(Error::failed(format!("variant {} of '{}' has no patch", variant.index, run.run))
            .hint(format!("'git puff show {}' says what it has", run.run)));
    };
    let meta: Option<Meta> = file("meta.json")?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let prompt = store.prompt(recorded)?;
    let manifest = Manifest {
        patch_id: format!("{}-{}-{}", run.run, variant.name(), &sha[..DIGITS.min(sha.len())]),
        producer: concat!("git-puff/", env!("CARGO_PKG_VERSION")).to_owned(),
        repo: repository(app)?,
        base_branch: branch(app, run)?,
        changed_paths: changed_paths(&patch),
        intent_summary: summary(&prompt, &run.title),
        target_pr_hint: None,
        issue_refs: issues(&prompt),
        confidence: None,
        patch_file: None,
        created_at: meta.map(|meta| meta.collected_at),
    };
    Ok(PatchDelivery { manifest, patch })
}

fn chosen<'r>(run: &'r Run, review: Option<&Review>) -> Result<&'r Variant> {
    let picked = run.decision.as_ref().filter(|decision| decision.after.is_some()).map(|decision| decision.variant);
    let recommended = || review?.recommendation.variant;
    picked.or_else(recommended).and_then(|index| run.variant(index)).ok_or_else(|| {
        Error::failed(format!("run '{}' has neither a picked nor a recommended variant", run.run))
            .hint(format!("'git puff review {0}' recommends one, 'git puff pick {0}:N' picks one", run.run))
    })
}

fn repository(app: &App) -> Result<RepoName> {
    let remote = app.settings.text(settings::REMOTE).unwrap_or_else(|| "origin".to_owned());
    let url = app.repo.remote_url(&remote).ok_or_else(|| {
        Error::cannot_work(format!("no remote named '{remote}' that names the repository"))
            .hint("add it with 'git remote add', or name another with 'git config puff.remote NAME'")
    })?;
    RepoName::of_url(&url).ok_or_else(|| {
        Error::failed(format!("the URL of the remote '{remote}' names no OWNER/REPO: {}", without_secrets(&url)))
            .hint("name a remote that does: git config puff.remote NAME")
    })
}

/// Returns a URL without what stands before its host: a password may be among that.
fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
}

fn branch(app: &App, run: &Run) -> Result<String> {
    let branch = base::recorded_branch(app, &run.base);
    let is_commit = branch.len() >= 7 && run.base_oid.to_string().starts_with(&branch);
    if is_commit || branch == "HEAD" || branch.contains(['^', '~', ':', '@']) {
        return Err(Error::failed(format!("the base of '{}' is '{}', which is not a branch", run.run, run.base))
            .hint("a pull request is on a branch: start the run with --base BRANCH"));
    }
    Ok(branch)
}

fn changed_paths(patch: &[u8]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for file in parse(patch).unwrap_or_default() {
        let gone = if file.is_copy { None } else { file.old_name.clone() };
        for name in [gone, file.new_name.clone()].into_iter().flatten() {
            let path = Name(&name).to_string();
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}

/// Returns what was asked, in the length that a manifest bears.
fn summary(prompt: &str, title: &str) -> String {
    let asked = if prompt.trim().is_empty() { title.trim() } else { prompt.trim() };
    if asked.chars().count() < Manifest::SHORTEST {
        return format!("What was asked for: {}", if asked.is_empty() { "unknown" } else { asked });
    }
    match asked.char_indices().nth(Manifest::LONGEST) {
        None => asked.to_owned(),
        Some(_) => asked.chars().take(Manifest::LONGEST - 1).chain(['…']).collect(),
    }
}

/// Returns the issues that a prompt names, each once.
fn issues(prompt: &str) -> Vec<String> {
    let mut issues: Vec<String> = Vec::new();
    let mut at = 0;
    // One at a time: what ends one may begin the next.
    while let Some(found) = ISSUE.captures_at(prompt, at).and_then(|found| found.get(1)) {
        if !issues.iter().any(|known| known == found.as_str()) {
            issues.push(found.as_str().to_owned());
        }
        at = found.end();
    }
    issues
}

/// Puts a parcel into an inbox, the patch before the manifest that names it; each file is there whole or not at all.
/// What is there already with the same content stays. Returns the manifest's file, and whether it is new.
///
/// # Errors
/// When the folder cannot be written, or a file of that name says something else.
pub fn deliver(delivery: &PatchDelivery, inbox: &Path, bounds: &Bounds) -> Result<(PathBuf, bool)> {
    let id = &delivery.manifest.patch_id;
    let patch_file = format!("{id}.patch");
    let manifest = Manifest { patch_file: Some(patch_file.clone()), ..delivery.manifest.clone() };
    let json = documents::to_json(&manifest).or_fail(|| "cannot write the manifest".to_owned())?;
    if !inbox.is_dir() && inbox.exists() {
        return Err(unwritable(inbox, io::ErrorKind::NotADirectory.into()));
    }
    let folder = Folder::create(inbox, bounds)?;
    put(&folder, inbox, &patch_file, &delivery.patch)?;
    let name = format!("{id}.json");
    let is_new = put(&folder, inbox, &name, &json)?;
    Ok((inbox.join(name), is_new))
}

/// Makes a file that is not there; true if it was not. The reader of the inbox may be another user.
fn put(folder: &Folder, inbox: &Path, name: &str, bytes: &[u8]) -> Result<bool> {
    let path = inbox.join(name);
    let taken = |path: &Path| {
        Error::failed(format!("'{}' is there already, and says something else", path.display()))
            .hint("inspect it, then move it away or name another folder")
    };
    match folder.make(OsStr::new(name), bytes) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => match folder.read(OsStr::new(name)) {
            Ok(Some(there)) if there == bytes => Ok(false),
            // A link is followed neither to write nor to read.
            _ => Err(taken(&path)),
        },
        Err(cause) => Err(unwritable(&path, cause)),
    }
}

fn unwritable(path: &Path, cause: io::Error) -> Error {
    Error::failed(format!("cannot write '{}'", path.display()))
        .hint("name the folder of the inbox: -o DIR")
        .because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_as_long_as_a_manifest_bears() {
        assert_eq!(summary(" Trim the input\n", "x"), "Trim the input");
        assert_eq!(summary("Fix", "x"), "What was asked for: Fix");
        assert_eq!(summary("", "Trim it"), "Trim it");
        let long = summary(&"é".repeat(5000), "");
        assert_eq!((long.chars().count(), long.ends_with('…')), (Manifest::LONGEST, true));
    }

    #[test]
    fn issues_are_what_people_write_so() {
        let prompt = "Fix #12 and (acme/widgets#7), #12 again; not a#3, #x, color:#123 or #12345678.\n#9";
        assert_eq!(issues(prompt), ["#12", "acme/widgets#7", "#9"]);
    }

    #[test]
    fn a_renamed_file_is_there_with_both_its_names_and_each_once() {
        let patch = b"diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n\
            diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
        assert_eq!(changed_paths(patch), ["old", "new", "gone"]);
    }

    #[test]
    fn nobodys_password_is_told() {
        assert_eq!(without_secrets("https://me:secret@host/a/b/c"), "https://host/a/b/c");
        assert_eq!(without_secrets("/srv/a"), "/srv/a");
    }
}
