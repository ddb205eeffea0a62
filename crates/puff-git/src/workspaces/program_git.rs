//! The repository that programs in a workspace see: a `.git` of its own that borrows the user's objects, with the user's
//! branches, tags and remote-tracking branches as they are now, HEAD detached at the commit, and a choice of the configuration.
//!
//! It is thrown away after each use, and nothing here ever reads one that a program may have written to.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Result, ensure};

use super::Content;
use super::program_config::program_config;
use crate::bytes::as_bytes;
use crate::folder::Folder;
use crate::program::{git_in, run};
use crate::repo::Repo;
use crate::worktrees::{SlotRecord, Worktree, write_new};
use crate::{Expected, Identity, NewCommit, Oid, Time};

/// The file in a git directory that names folders of objects to read too (`gitrepository-layout`).
const ALTERNATES: &str = "objects/info/alternates";

/// The namespaces of refs that are copied.
const NAMESPACES: [&str; 4] = ["refs/heads/", "refs/remotes/", "refs/replace/", "refs/tags/"];

/// Where refs are that keep the objects of a workspace's refs, followed by its number.
const PINS: &str = "refs/puff/pool/";

impl Repo {
    /// Makes the `.git` of a workspace, in which there is none. Its index is still missing. Returns what its refs name.
    pub(super) fn make_program_git(
        &self,
        workspace: &Worktree,
        folder: &Folder,
        content: &Content<'_>,
    ) -> Result<BTreeSet<Oid>> {
        let common = &self.location().common_dir;
        let format = if self.name_digits() == 64 { "sha256" } else { "sha1" };
        let init = git_in(folder.anchor()).args(["init", "--quiet", "--template=", "."]);
        // By variables: an older git knows no option for the format of refs.
        run(&init.env("GIT_DEFAULT_HASH", format).env("GIT_DEFAULT_REF_FORMAT", "files"))?;
        let git = folder.subfolder(Path::new(".git"))?;
        for name in ["info", "hooks", "objects/info"] {
            fs::create_dir_all(git.anchor().join(name))?;
        }
        fs::write(git.anchor().join(ALTERNATES), self.alternates()?)?;
        for (from, file) in [
            (common, "shallow"),
            (common, "info/exclude"),
            (common, "info/attributes"),
            (&self.location().git_dir, "info/sparse-checkout"),
        ] {
            if let Ok(content) = fs::read(from.join(file)) {
                fs::write(git.anchor().join(file), content)?;
            }
        }
        let mut named = BTreeSet::new();
        let mut packed = b"# pack-refs with: sorted \n".to_vec();
        let ours = format!("refs/heads/{}", content.without);
        for namespace in NAMESPACES {
            for (name, oid) in self.refs_under(namespace)? {
                if content.without.is_empty() || !name.starts_with(&ours) {
                    packed.extend(format!("{oid} {name}\n").bytes());
                    named.insert(oid);
                }
            }
        }
        fs::write(git.anchor().join("packed-refs"), packed)?;
        fs::write(git.anchor().join("HEAD"), format!("{}\n", content.commit))?;
        let config = git.anchor().join("config");
        let made = fs::read(&config)?;
        fs::write(&config, [made, program_config(self, workspace, folder)?].concat())?;
        Ok(named)
    }

    /// Has the `.git` of a workspace in this folder borrow the user's objects from where they are now: the repository was moved.
    pub(crate) fn borrow_again(&self, folder: &Folder) -> io::Result<()> {
        // A program may have put anything there: no link is followed, and no file written that it has opened.
        let Ok(info) = folder.subfolder(Path::new(".git/objects/info")) else { return Ok(()) };
        let alternates = self.alternates().map_err(io::Error::other)?;
        write_new(&info.anchor().join("alternates"), &alternates)
    }

    /// Returns the folders of the user's objects, as git reads them in `objects/info/alternates`: a path a line.
    fn alternates(&self) -> Result<Vec<u8>> {
        let stores = std::iter::once(&self.location().objects).chain(&self.location().alternates);
        let mut alternates = Vec::new();
        for store in stores {
            let path = as_bytes(store);
            let is_plain = !path.contains(&b'\n') && !path.starts_with(b"\"") && !path.starts_with(b"#");
            ensure!(is_plain, "no other repository can borrow the objects in '{}'", store.display());
            alternates.extend(path.into_iter().chain([b'\n']));
        }
        Ok(alternates)
    }

    /// Keeps what the refs of a workspace name, and its commit, from being pruned while it is in use: a program in it still
    /// has a branch that the user has deleted.
    pub(super) fn pin(&self, workspace: &Worktree, commit: Oid, named: &BTreeSet<Oid>) -> Result<()> {
        let Some(name) = pin_of(&workspace.admin) else { return Ok(()) };
        let commits = named.iter().filter_map(|oid| self.commit_at(*oid));
        let mut parents: Vec<Oid> = std::iter::once(commit).chain(commits).collect();
        parents.sort_unstable();
        parents.dedup();
        let identity = &Identity { name: "git-puff".into(), email: "git-puff@localhost".into() };
        let (tree, message) = (self.commit(commit)?.tree, "Keep the objects of a workspace\n");
        let new = NewCommit { tree, parents: &parents, identity, at: Time::UNIX_EPOCH, message };
        let new = self.write_commit(&new)?;
        let expected = match self.ref_target(&name) {
            Some(at) if at == new => return Ok(()),
            Some(at) => Expected::At(at),
            None => Expected::Absent,
        };
        self.set_ref(&name, new, expected, "workspace").map_err(anyhow::Error::new)
    }

    /// Returns the commit that this object is, or that it is a tag of.
    fn commit_at(&self, oid: Oid) -> Option<Oid> {
        if self.has_commit(oid) { Some(oid) } else { self.resolve(&oid.to_string()).ok().flatten() }
    }

    /// Lets go what [`Repo::pin`] keeps.
    pub(super) fn unpin(&self, slot: &SlotRecord) {
        let pin = pin_of(&slot.admin).and_then(|name| Some((self.ref_target(&name)?, name)));
        if let Some((at, name)) = pin {
            // What stays keeps a little too much.
            let _ = self.delete_ref(&name, at);
        }
    }
}

fn pin_of(admin: &Path) -> Option<String> {
    Some(format!("{PINS}{}", admin.file_name()?.to_str()?))
}
