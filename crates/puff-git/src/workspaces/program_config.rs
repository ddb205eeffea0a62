//! The configuration of the repository that programs in a workspace see: what the user's repository is configured with, by a list
//! of what is let through. Nothing in it can run a program outside of what git runs for the user anyway (filters, merge and
//! diff drivers), and nothing in it is a secret.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::bytes::shown;
use crate::config::{self, ConfigEntry, Scope};
use crate::folder::Folder;
use crate::program::git_in;
use crate::repo::Repo;
use crate::worktrees::Worktree;

/// Sections that are let through whole.
const SECTIONS: [&str; 17] = [
    "alias",
    "author",
    "branch",
    "color",
    "column",
    "committer",
    "diff",
    "filter",
    "i18n",
    "lfs",
    "log",
    "merge",
    "pull",
    "rebase",
    "status",
    "submodule",
    "user",
];

/// Keys of `core` that are let through: how files are read and written, and how output looks.
const CORE: [&str; 16] = [
    "autocrlf",
    "eol",
    "safecrlf",
    "symlinks",
    "ignorecase",
    "precomposeunicode",
    "filemode",
    "longpaths",
    "protecthfs",
    "protectntfs",
    "quotepath",
    "whitespace",
    "attributesfile",
    "excludesfile",
    "sparsecheckout",
    "sparsecheckoutcone",
];

/// Keys of a remote that are let through: a push goes nowhere that a fetch does not come from.
const REMOTE: [&str; 5] = ["url", "fetch", "tagopt", "promisor", "partialclonefilter"];

/// What is set whatever the user has: no program of the user's runs on its own, and nothing waits in the background.
const SET: [(&str, &str); 7] = [
    ("core.fsmonitor", "false"),
    ("core.splitindex", "false"),
    ("commit.gpgsign", "false"),
    ("tag.gpgsign", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("advice.detachedhead", "false"),
];

/// Returns the lines that are added to the configuration which `git init` wrote.
pub(super) fn program_config(repo: &Repo, workspace: &Worktree, folder: &Folder) -> Result<Vec<u8>> {
    let ours = config::read(puff_system::process::run(&config::question(repo.git())))?;
    let theirs = config::read(puff_system::process::run(&config::question(git_in(folder.anchor()))))?;
    let mut file = ConfigFile::default();
    // Included by the place of the repository (`includeIf "gitdir:…"`), they count in the user's alone.
    let of_user = |entry: &&ConfigEntry| matches!(entry.scope, Scope::Global | Scope::System);
    let known: BTreeSet<&str> = theirs.iter().map(|entry| entry.origin.as_str()).collect();
    let mut included: Vec<&str> = Vec::new();
    for entry in ours.iter().filter(of_user) {
        if !known.contains(entry.origin.as_str()) && !included.contains(&entry.origin.as_str()) {
            included.push(&entry.origin);
        }
    }
    for path in included.iter().filter_map(|origin| origin.strip_prefix("file:")) {
        file.set("include.path", path);
    }
    let local = ours.iter().filter(|entry| matches!(entry.scope, Scope::Local | Scope::Worktree));
    for entry in local.filter(|entry| is_let_through(&entry.key)) {
        file.set(&entry.key, &without_secret(entry));
    }
    if let Some(partial) = ours.iter().find(|entry| entry.key == "extensions.partialclone") {
        file.set("core.repositoryformatversion", "1");
        file.set(&partial.key, &partial.value);
    }
    file.set("core.hookspath", &workspace.path.join(".git/hooks").to_string_lossy());
    SET.iter().for_each(|(key, value)| file.set(key, value));
    file.set("puff.home", &shown(&crate::bytes::as_bytes(&repo.location().common_dir)));
    Ok(file.0)
}

/// Tells whether a key of the user's repository is copied.
fn is_let_through(key: &str) -> bool {
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    let last = rest.rsplit('.').next().unwrap_or_default();
    match section {
        "core" => CORE.contains(&rest),
        "remote" => REMOTE.contains(&last) && rest != last,
        "branch" => last != "pushremote",
        "lfs" => last != "access" && last != "locksverify",
        _ => SECTIONS.contains(&section),
    }
}

/// Returns the value of a key without the name and the password in a URL.
fn without_secret(entry: &ConfigEntry) -> String {
    let value = &entry.value;
    let is_url = entry.key.ends_with(".url");
    match value.split_once("://").filter(|_| is_url) {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            // `ssh://git@host`: a name alone is an address.
            let host = match host.rsplit_once('@') {
                Some((who, host)) if scheme.contains("ssh") => {
                    format!("{}@{host}", who.split(':').next().unwrap_or_default())
                }
                Some((_, host)) => host.to_owned(),
                None => host.to_owned(),
            };
            format!("{scheme}://{host}{path}")
        }
        None => value.clone(),
    }
}

/// A configuration file as git reads it (`git help config`, "Syntax").
#[derive(Default)]
struct ConfigFile(Vec<u8>);

impl ConfigFile {
    /// Adds a value of a key: `section.key`, or `section.subsection.key`.
    fn set(&mut self, key: &str, value: &str) {
        let (Some((section, rest)), Some((above, name))) = (key.split_once('.'), key.rsplit_once('.')) else { return };
        let heading = match above.len() > section.len() {
            true => format!("[{section} \"{}\"]", escaped(&rest[..rest.len() - name.len() - 1])),
            false => format!("[{section}]"),
        };
        let value = escaped(value).replace('\n', "\\n").replace('\t', "\\t");
        self.0.extend(format!("{heading}\n\t{name} = \"{value}\"\n").bytes());
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_copied_by_the_list_alone() {
        for key in [
            "user.email",
            "core.autocrlf",
            "filter.lfs.clean",
            "remote.origin.url",
            "diff.algorithm",
            "submodule.a.b.url",
        ] {
            assert!(is_let_through(key), "{key}");
        }
        let never = [
            "core.fsmonitor",
            "core.worktree",
            "core.hookspath",
            "core.sshcommand",
            "http.https://x.extraheader",
            "credential.helper",
            "remote.origin.pushurl",
            "remote.pushdefault",
            "include.path",
            "extensions.worktreeconfig",
            "url.x.insteadof",
            "gpg.program",
        ];
        for key in never {
            assert!(!is_let_through(key), "{key}");
        }
    }

    #[test]
    fn a_password_in_a_url_stays_with_the_user() {
        let url = |value: &str| {
            let (key, origin) = ("remote.origin.url".to_owned(), String::new());
            without_secret(&ConfigEntry { key, value: value.into(), scope: Scope::Local, origin })
        };
        assert_eq!(url("https://me:secret@host/a/b@c.git"), "https://host/a/b@c.git");
        assert_eq!(url("ssh://git:pw@host:22/a.git"), "ssh://git@host:22/a.git");
        assert_eq!(url("git@host:a.git"), "git@host:a.git");
        assert_eq!(url("/srv/a@b.git"), "/srv/a@b.git");
    }

    #[test]
    fn git_reads_what_is_written() {
        let place = tempfile::tempdir().unwrap();
        let mut file = ConfigFile::default();
        let pairs =
            [("a.b", "x \"y\" \\ ; # z\n\tw "), ("remote.o \"]\\r.url", " lead"), ("alias.x", "!f() { echo; }")];
        pairs.iter().for_each(|(key, value)| file.set(key, value));
        std::fs::write(place.path().join("config"), &file.0).unwrap();
        let listed =
            crate::program::run(&git_in(place.path()).args(["config", "-z", "--file", "config", "--list"])).unwrap();
        let read: Vec<_> =
            crate::bytes::records(&listed.stdout).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
        assert_eq!(read, pairs.map(|(key, value)| format!("{key}\n{value}")));
    }
}
