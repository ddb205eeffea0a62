//! The files that git obeys in a repository's git directory (`gitrepository-layout`): configuration, hooks, attributes,
//! ignore rules, alternates, grafts, remotes, of the repository itself, its submodules and its users' worktrees.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::git::Worktree;
use crate::store::sha256;

/// How many bytes of a file are compared; beyond that its size stands for it.
const MOST_BYTES: u64 = 4 << 20;

/// How many files of a folder, and how deep, are looked at.
const MOST_FILES: usize = 1000;
const MOST_DEPTH: usize = 6;

/// What follows the name of a configuration file among the keys, where git did not list those of it.
pub(super) const UNREAD: &str = ":unread";

/// Configuration in git's syntax, compared key by key.
const CONFIG: [&str; 2] = ["config", "config.worktree"];

/// What else a git directory can have. `commondir` redirects it; `remotes` and `branches` are remotes of old.
const FILES: [&str; 8] = [
    "commondir",
    "shallow",
    "info/attributes",
    "info/exclude",
    "info/grafts",
    "info/sparse-checkout",
    "objects/info/alternates",
    "objects/info/http-alternates",
];
const FOLDERS: [&str; 2] = ["remotes", "branches"];

/// Files by their names as people see them, each with a digest of what is in it.
#[derive(Debug, Default)]
pub(super) struct GitFiles {
    /// What git reads.
    pub files: BTreeMap<String, String>,
    /// The keys of configuration files, as `<file>:<key>`.
    pub keys: BTreeMap<String, String>,
    /// What git runs.
    pub hooks: BTreeMap<String, String>,
    /// When each of them was written last, by any content: its inode and the time of its last change.
    pub stamps: BTreeMap<String, String>,
}

impl GitFiles {
    /// Reads them as they are now. `worktrees` are those of the user.
    pub fn read(app: &App, worktrees: &[Worktree]) -> GitFiles {
        let common = &app.repo.location().common_dir;
        let mut found = GitFiles::default();
        found.read_dir(app, common, ".git", 0);
        for worktree in worktrees {
            let name = worktree.admin.file_name().unwrap_or_default().to_string_lossy();
            found.read_dir(app, &worktree.admin, &format!(".git/worktrees/{name}"), 0);
        }
        found.read_configured_hooks(app);
        found
    }

    fn read_dir(&mut self, app: &App, folder: &Path, shown: &str, depth: usize) {
        for name in CONFIG {
            let path = folder.join(name);
            if self.read_file(&path, format!("{shown}/{name}")) {
                self.read_keys(app, &path, &format!("{shown}/{name}"));
            }
        }
        for name in FILES {
            self.read_file(&folder.join(name), format!("{shown}/{name}"));
        }
        for name in FOLDERS {
            below(&folder.join(name), |path, rest| {
                self.read_file(path, format!("{shown}/{name}/{rest}"));
            });
        }
        below(&folder.join("hooks"), |path, rest| self.read_hook(path, format!("{shown}/hooks/{rest}")));
        if depth < MOST_DEPTH {
            for (module, name) in modules(&folder.join("modules"), depth) {
                self.read_dir(app, &module, &format!("{shown}/modules/{name}"), MOST_DEPTH);
            }
        }
    }

    fn read_file(&mut self, path: &Path, shown: String) -> bool {
        match digest(path) {
            Some(digest) if self.files.len() < 4 * MOST_FILES => {
                self.stamps.extend(stamp(path).map(|stamp| (shown.clone(), stamp)));
                self.files.insert(shown, digest).is_none()
            }
            _ => false,
        }
    }

    fn read_hook(&mut self, path: &Path, shown: String) {
        if !shown.ends_with(".sample")
            && let Some(digest) = digest(path)
        {
            self.stamps.extend(stamp(path).map(|stamp| (shown.clone(), stamp)));
            self.hooks.insert(shown, digest);
        }
    }

    /// Reads the keys of a configuration file, and the files that it includes.
    fn read_keys(&mut self, app: &App, path: &Path, shown: &str) {
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        // A file whose keys are not known is compared as a whole: no key of it is removed, or new, for that.
        let Ok(listed) = app.repo.config_file(path) else {
            self.keys.insert(format!("{shown}{UNREAD}"), String::new());
            return;
        };
        for (key, value) in listed {
            if key.starts_with("include.") || key.starts_with("includeif.") {
                let included = match (value.strip_prefix("~/"), &app.environment.home) {
                    (Some(rest), Some(home)) => home.join(rest),
                    _ => path.parent().unwrap_or(path).join(&value),
                };
                self.read_file(&included, included.display().to_string());
            }
            let all = keys.entry(format!("{shown}:{key}")).or_default();
            *all = if all.is_empty() { sha256(value.as_bytes()) } else { sha256(format!("{all}{value}").as_bytes()) };
        }
        self.keys.append(&mut keys);
    }

    /// Reads the folder that `core.hooksPath` names, where it is absolute. A relative one is in every worktree: what an
    /// agent changes there is in its patch.
    fn read_configured_hooks(&mut self, app: &App) {
        let configured = app.settings.git("core.hookspath").map(PathBuf::from);
        if let Some(folder) = configured.filter(|folder| folder.is_absolute()) {
            below(&folder, |path, rest| self.read_hook(path, format!("{}/{rest}", folder.display())));
        }
    }
}

/// Calls `see` with every file below a folder and its name from there, in no order.
fn below(folder: &Path, mut see: impl FnMut(&Path, &str)) {
    let mut folders = vec![(folder.to_owned(), String::new(), 0)];
    let mut seen = 0;
    while let Some((folder, prefix, depth)) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            seen += 1;
            if seen > MOST_FILES {
                return;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < MOST_DEPTH {
                    folders.push((entry.path(), format!("{name}/"), depth + 1));
                }
            } else {
                see(&entry.path(), &name);
            }
        }
    }
}

/// Returns the git directories of submodules: their names may have slashes in them.
fn modules(folder: &Path, depth: usize) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_FILES) {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if depth < MOST_DEPTH {
            let inner = if path.join("HEAD").exists() { path.join("modules") } else { path.clone() };
            let within = modules(&inner, depth + 1);
            let prefix = if inner == path { name.clone() } else { format!("{name}/modules") };
            found.extend(within.into_iter().map(|(path, rest)| (path, format!("{prefix}/{rest}"))));
        }
        if path.join("HEAD").exists() || path.join("config").exists() {
            found.push((path, name));
        }
    }
    found
}

/// Returns a digest of a file: what is in it, whether it can be run, and where it points when it is a link; none when
/// there is none. Nothing that would block is opened.
fn digest(path: &Path) -> Option<String> {
    let mut hash = Sha256::new();
    let link = path.symlink_metadata().ok()?;
    if link.is_symlink() {
        hash.update(fs::read_link(path).ok()?.as_os_str().as_encoded_bytes());
    }
    let Ok(meta) = path.metadata() else { return Some("a link to nothing".to_owned()) };
    if !meta.is_file() {
        return (!meta.is_dir()).then(|| "no file".to_owned());
    }
    let mut bytes = Vec::new();
    let read = open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
    if read.is_err() {
        return Some("not readable".to_owned());
    }
    hash.update(&bytes);
    hash.update(meta.len().to_le_bytes());
    hash.update([u8::from(is_executable(&meta))]);
    Some(HEXLOWER.encode(&hash.finalize()))
}

/// Changes with every write of a file, and when another takes its place (as `git config` does).
#[cfg(unix)]
fn stamp(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let meta = path.symlink_metadata().ok()?;
    Some(format!("{}:{}.{}", meta.ino(), meta.ctime(), meta.ctime_nsec()))
}

#[cfg(not(unix))]
fn stamp(_: &Path) -> Option<String> {
    None
}

/// Returns a pipe that was put there meanwhile is not waited for.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}
