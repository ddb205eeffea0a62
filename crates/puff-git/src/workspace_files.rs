//! Ignored files of the main worktree that a new workspace gets too: copies of them, or symbolic links to them.
//!
//! Only what git ignores in the workspace is put there: the rest would be taken for the agent's work.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bytes::{as_bytes, as_path, records, shown};
use super::copies::{Copier, FolderTooLarge};
use super::folder::Folder;
use super::ignore_patterns::IgnorePatterns;
use super::program::{GitFailure, git_in, run};
use super::repo::Repo;
use super::worktrees::{Worktree, git_of};
use crate::Oid;

/// How long the listing of ignored files may take.
const LIMIT: Duration = Duration::from_secs(1800);

/// What of the main worktree's ignored files a workspace gets.
#[derive(Clone, Debug)]
pub struct WorkspaceFiles {
    /// What is copied: the patterns of the user, and those of the repository.
    pub copied: Vec<IgnorePatterns>,
    /// What is linked to.
    pub linked: IgnorePatterns,
    /// Folders at the top that are copied as long as they are no larger than `most`.
    pub usual: &'static [&'static str],
    /// The number of bytes from which on one of the usual folders is left out where its copy would take as many more.
    pub most: u64,
}

/// What is selected of the ignored files.
struct Selected {
    copied: BTreeSet<IgnoredPath>,
    linked: BTreeSet<IgnoredPath>,
    usual: Vec<IgnoredPath>,
}

/// A file or a folder that git ignores, by its path from the top of the main worktree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct IgnoredPath {
    path: PathBuf,
    is_folder: bool,
}

/// One of the usual folders that was not copied.
#[derive(Debug)]
pub struct LeftOut {
    /// Its name.
    pub path: PathBuf,
    /// Why.
    pub why: WhyLeftOut,
}

/// Why one of the usual folders was not copied.
#[derive(Debug)]
pub enum WhyLeftOut {
    /// It takes more than the given number of bytes, and so would its copy.
    TooLarge(u64),
    /// It could not be.
    Failed(io::Error),
}

impl Repo {
    /// Puts ignored files of the main worktree into a workspace; `anew` in place of those that an earlier call put there.
    /// Returns the usual folders that were left out: a workspace
    /// without them can be worked in, as one of a new clone.
    ///
    /// # Errors
    /// When files cannot be listed, or what a pattern selects cannot be copied.
    pub fn bring_ignored(
        &self,
        main: &Path,
        worktree: &Worktree,
        files: &WorkspaceFiles,
        anew: bool,
    ) -> Result<Vec<LeftOut>, anyhow::Error> {
        let folder = self.open_worktree(&worktree.path)?;
        let Selected { copied, linked, usual } = self.selected(main, files)?;
        if anew {
            for file in copied.iter().chain(&linked).chain(&usual) {
                remove_untracked(worktree, &folder, file)?;
            }
        }
        let mut copier = Copier::default();
        for file in ignored_there(worktree, &folder, copied.into_iter().collect())? {
            copy(main, &file, &folder, &mut copier)?;
        }
        for file in linked {
            link(main, worktree, &folder, &file)?;
        }
        let mut left_out = Vec::new();
        for file in ignored_there(worktree, &folder, usual)? {
            // A large one is copied where that takes no more space.
            let size = super::copies::size_up_to(&main.join(&file.path), files.most);
            copier.must_share(size > files.most);
            if let Err(cause) = copy(main, &file, &folder, &mut copier) {
                let is_too_large = cause.get_ref().is_some_and(|cause| cause.is::<FolderTooLarge>());
                let why = if is_too_large { WhyLeftOut::TooLarge(files.most) } else { WhyLeftOut::Failed(cause) };
                left_out.push(LeftOut { path: file.path, why });
            }
            copier.must_share(false);
        }
        Ok(left_out)
    }

    /// Returns what tells by dates and sizes whether the files that workspaces get are what they were. Of a folder, what is
    /// directly in it counts, and where Python has its packages: an install writes there, whatever it changes.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn ignored_state(&self, main: &Path, files: &WorkspaceFiles) -> Result<Vec<u8>, anyhow::Error> {
        let Selected { copied, linked, usual } = self.selected(main, files)?;
        let mut state = Vec::new();
        let copied = copied.iter().chain(&usual).map(|file| (&file.path, file.is_folder, "copy"));
        for (path, is_folder, how) in copied.chain(linked.iter().map(|file| (&file.path, false, "link"))) {
            let mut paths = vec![path.clone()];
            if is_folder {
                let listed = |folder: &Path| fs::read_dir(main.join(folder)).into_iter().flatten().flatten();
                let names = |folder: PathBuf| listed(&folder).map(move |entry| folder.join(entry.file_name()));
                paths.extend(names(path.clone()));
                paths.extend(names(path.join("lib")).map(|python| python.join("site-packages")));
                paths.sort();
            }
            for path in paths {
                let Ok(meta) = main.join(&path).symlink_metadata() else { continue };
                let written = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                let size = if meta.is_dir() { 0 } else { meta.len() };
                state.extend(
                    [as_bytes(&path), format!("\0{how} {} {size}\0", written.as_nanos()).into_bytes()].concat(),
                );
            }
        }
        Ok(state)
    }

    /// Returns the files of a tree that patterns select, each with the name of its content.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn files_matching(&self, tree: Oid, patterns: &IgnorePatterns) -> Result<Vec<(String, String)>, GitFailure> {
        let listed = run(&self.git().args(["ls-tree", "-r", "-z", "--full-tree", &tree.to_string()]).limit(LIMIT))?;
        let file = |line: &[u8]| {
            let tab = line.iter().position(|byte| *byte == b'\t')?;
            let path = &line[tab + 1..];
            let oid = str::from_utf8(&line[..tab]).ok()?.split(' ').nth(2)?;
            patterns.selects(&as_path(path), false).map(|_| (shown(path), oid.to_owned()))
        };
        Ok(records(&listed.stdout).filter_map(file).collect())
    }

    fn selected(&self, main: &Path, files: &WorkspaceFiles) -> Result<Selected, GitFailure> {
        let all = if files.is_empty() { Vec::new() } else { self.ignored_paths(main)? };
        let linked = files.select(main, &all, std::slice::from_ref(&files.linked));
        let copied = files.select(main, &all, &files.copied);
        let usual = self.usual_folders(main, files, &copied, &linked)?;
        Ok(Selected { copied, linked, usual })
    }

    /// Returns the patterns that match no ignored file of the main worktree.
    ///
    /// # Errors
    /// With git's words, when they cannot be listed.
    pub fn unmatched_patterns(&self, main: &Path, files: &WorkspaceFiles) -> Result<Vec<String>, GitFailure> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let all = self.ignored_paths(main)?;
        let mut unmatched = Vec::new();
        for patterns in files.copied.iter().chain([&files.linked]) {
            let mut matched = BTreeSet::new();
            each_selected(main, &all, std::slice::from_ref(patterns), |_, pattern| {
                matched.insert(pattern);
            });
            let missing = patterns.positive().filter(|pattern| !matched.contains(pattern));
            unmatched.extend(missing.map(str::to_owned));
        }
        Ok(unmatched)
    }

    /// Returns what git ignores in the main worktree: of a folder that is ignored as a whole, the folder.
    fn ignored_paths(&self, main: &Path) -> Result<Vec<IgnoredPath>, GitFailure> {
        let list = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"];
        let listed = run(&git_in(main).args(list).limit(LIMIT))?;
        // Folders are listed too that are not ignored, and have nothing but ignored files in them.
        let ignored = check_ignore(git_in(main), &listed.stdout)?;
        let mut paths: Vec<IgnoredPath> = records(&ignored).map(IgnoredPath::of).collect();
        paths.sort();
        paths.dedup_by(|one, before| before.is_folder && one.path.starts_with(&before.path));
        Ok(paths)
    }

    /// Returns those of the usual folders that are there, and that no pattern brings.
    fn usual_folders(
        &self,
        main: &Path,
        files: &WorkspaceFiles,
        copied: &BTreeSet<IgnoredPath>,
        linked: &BTreeSet<IgnoredPath>,
    ) -> Result<Vec<IgnoredPath>, GitFailure> {
        let is_there = |name: &&&str| main.join(name).symlink_metadata().is_ok_and(|meta| meta.is_dir());
        let brought = |path: &Path| copied.iter().chain(linked).any(|other| other.path.starts_with(path));
        let there = files.usual.iter().filter(is_there).map(|name| IgnoredPath { path: name.into(), is_folder: true });
        let there: Vec<IgnoredPath> = there.filter(|folder| !brought(&folder.path)).collect();
        if there.is_empty() {
            return Ok(there);
        }
        let ignored = check_ignore(git_in(main), &listing(&there))?;
        Ok(records(&ignored).map(IgnoredPath::of).collect())
    }
}

impl WorkspaceFiles {
    /// Returns whether no pattern selects anything.
    fn is_empty(&self) -> bool {
        self.linked.is_empty() && self.copied.iter().all(IgnorePatterns::is_empty)
    }

    fn select(&self, main: &Path, all: &[IgnoredPath], patterns: &[IgnorePatterns]) -> BTreeSet<IgnoredPath> {
        let mut selected = BTreeSet::new();
        each_selected(main, all, patterns, |path, _| {
            selected.insert(path.clone());
        });
        selected
    }
}

impl IgnoredPath {
    /// Reads a path of a listing; a slash at its end says that it is a folder.
    fn of(listed: &[u8]) -> IgnoredPath {
        let path = listed.strip_suffix(b"/").unwrap_or(listed);
        IgnoredPath { path: as_path(path), is_folder: listed.ends_with(b"/") }
    }
}

/// Tells of each file and folder that the patterns select, and by which of them.
fn each_selected<'p>(
    main: &Path,
    all: &[IgnoredPath],
    patterns: &'p [IgnorePatterns],
    mut selected: impl FnMut(&IgnoredPath, &'p str),
) {
    for patterns in patterns.iter().filter(|patterns| !patterns.is_empty()) {
        let mut open: Vec<IgnoredPath> = all.to_vec();
        while let Some(at) = open.pop() {
            if let Some(pattern) = patterns.selects(&at.path, at.is_folder) {
                selected(&at, pattern);
            } else if at.is_folder && patterns.may_select_below(&at.path) {
                let entries = fs::read_dir(main.join(&at.path)).into_iter().flatten().flatten();
                open.extend(entries.filter_map(|entry| {
                    let is_folder = entry.file_type().ok()?.is_dir();
                    Some(IgnoredPath { path: at.path.join(entry.file_name()), is_folder })
                }));
            }
        }
    }
}

/// Returns those of these paths that are ignored in a workspace, and in the way of nothing that is there.
fn ignored_there(
    worktree: &Worktree,
    folder: &Folder,
    mut paths: Vec<IgnoredPath>,
) -> Result<Vec<IgnoredPath>, GitFailure> {
    // Git refuses to hear of a path behind a link.
    paths.retain(|file| has_place(folder, file));
    if paths.is_empty() {
        return Ok(paths);
    }
    let ignored = check_ignore(git_of(worktree, folder), &listing(&paths))?;
    Ok(records(&ignored).map(IgnoredPath::of).collect())
}

/// Removes a file or a folder from a workspace, unless the commit has something there.
fn remove_untracked(worktree: &Worktree, folder: &Folder, file: &IgnoredPath) -> Result<(), anyhow::Error> {
    let git = git_of(worktree, folder).env("GIT_LITERAL_PATHSPECS", "1").args(["ls-files", "-z", "--cached", "--"]);
    if !run(&git.arg(&file.path))?.stdout.is_empty() {
        return Ok(());
    }
    let Ok(above) = folder.subfolder(file.path.parent().unwrap_or(Path::new(""))) else { return Ok(()) };
    let name = file.path.file_name().unwrap_or_default();
    match above.subfolder(Path::new(name)) {
        Ok(folder) => Ok(folder.remove()?),
        Err(_) => match fs::remove_file(above.anchor().join(name)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause.into()),
            _ => Ok(()),
        },
    }
}

/// Returns whether this path can be made: a commit may have a link where the user has a folder, and nothing is written
/// behind it.
fn has_place(folder: &Folder, file: &IgnoredPath) -> bool {
    let kind = |path: &Path| folder.anchor().join(path).symlink_metadata();
    let above = file.path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty());
    let is_way = |path: &Path| kind(path).map_or(true, |meta| meta.is_dir());
    above.into_iter().all(is_way) && kind(&file.path).map_or(true, |meta| meta.is_dir() && file.is_folder)
}

fn listing(paths: &[IgnoredPath]) -> Vec<u8> {
    let ends = |file: &IgnoredPath| if file.is_folder { b"/\0".as_slice() } else { b"\0" };
    paths.iter().flat_map(|file| [&as_bytes(&file.path), ends(file)].concat()).collect()
}

/// Returns those of these paths that git ignores.
fn check_ignore(git: puff_system::process::Cmd, paths: &[u8]) -> Result<Vec<u8>, GitFailure> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    match run(&git.args(["check-ignore", "-z", "--stdin"]).stdin(paths.to_vec()).limit(LIMIT)) {
        Ok(listed) => Ok(listed.stdout),
        // None of them is.
        Err(GitFailure::Refused { code: 1, .. }) => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

fn copy(main: &Path, file: &IgnoredPath, folder: &Folder, copier: &mut Copier) -> io::Result<()> {
    let into = make_folders(folder, file.path.parent().unwrap_or(Path::new("")))?;
    let name = file.path.file_name().unwrap_or_default();
    copier.copy(&main.join(&file.path), &into, name)?;
    match into.subfolder(Path::new(name)) {
        Ok(copy) => super::virtualenv::relocate(&copy, main, folder.path()),
        Err(_) => Ok(()),
    }
}

/// Links to a file or a folder. A pattern that ends with a slash ignores folders, and no link to one: then the folder is
/// made, and what is in it is linked to.
fn link(main: &Path, worktree: &Worktree, folder: &Folder, file: &IgnoredPath) -> Result<(), anyhow::Error> {
    let as_link = IgnoredPath { path: file.path.clone(), is_folder: false };
    let target = main.join(&file.path);
    if !ignored_there(worktree, folder, vec![as_link])?.is_empty() {
        let into = make_folders(folder, file.path.parent().unwrap_or(Path::new("")))?;
        return Ok(super::copies::symlink(&target, &into, file.path.file_name().unwrap_or_default())?);
    }
    if !file.is_folder || ignored_there(worktree, folder, vec![file.clone()])?.is_empty() {
        return Ok(());
    }
    let into = make_folders(folder, &file.path)?;
    for entry in fs::read_dir(&target)? {
        let name = entry?.file_name();
        super::copies::symlink(&target.join(&name), &into, &name)?;
    }
    Ok(())
}

/// Makes the folders of a path below another one, and opens the last of them.
fn make_folders(folder: &Folder, path: &Path) -> io::Result<Folder> {
    let mut at = folder.clone();
    for name in path {
        match fs::create_dir(at.anchor().join(name)) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => return Err(cause),
            _ => at = at.subfolder(Path::new(name))?,
        }
    }
    Ok(at)
}
