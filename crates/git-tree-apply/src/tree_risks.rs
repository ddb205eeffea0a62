//! Risks that show only in the tree that a patch makes: names that other file systems take for one, and what git fsck
//! calls malicious in `.gitmodules`.

use std::collections::{HashMap, HashSet};

use percent_encoding::percent_decode;

use super::parse::{FilePatch, Name};
use super::risk::{Risk, RiskKind};
use super::{config, policy};
use crate::objects::Objects;

/// Finds the risks of the files that a patch makes or changes, in the tree that came of it.
///
/// # Errors
/// When a tree or a `.gitmodules` cannot be read.
pub(super) fn of<O: Objects>(
    objects: &O,
    base: O::Id,
    tree: O::Id,
    files: &[FilePatch<'_>],
) -> Result<Vec<Risk>, O::Error> {
    let mut risks = Vec::new();
    let mut folders = Folders { objects, base, tree, read: HashMap::new() };
    let mut known = HashSet::new();
    for name in files.iter().filter_map(|file| file.new_name.as_deref()) {
        let last = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
        if policy::is_gitmodules(last)
            && let Some(entry) = objects.entry(tree, name)?.filter(|entry| entry.kind.is_blob())
        {
            let found = config::parse(&objects.blob(entry.oid)?);
            risks.extend(
                gitmodules(found.as_deref()).into_iter().map(|detail| Risk::new(RiskKind::Submodule, name, detail)),
            );
        }
        for end in (0..=name.len()).filter(|at| *at == name.len() || name[*at] == b'/') {
            if known.insert(&name[..end])
                && let Some(other) = folders.twin(&name[..end])?
            {
                let detail = format!("is '{}' as well where case does not count: one replaces the other", Name(&other));
                risks.push(Risk::new(RiskKind::Path, &name[..end], detail));
            }
        }
    }
    Ok(risks)
}

/// The names in a folder by what they are where case does not count.
type Folded = HashMap<Vec<u8>, Vec<Vec<u8>>>;

/// The names in the folders of a tree, as file systems fold them.
struct Folders<'f, O: Objects> {
    objects: &'f O,
    base: O::Id,
    tree: O::Id,
    read: HashMap<Vec<u8>, Folded>,
}

impl<O: Objects> Folders<'_, O> {
    /// Another name in the same folder that differs only by case; none for a name that was there before.
    fn twin(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, O::Error> {
        if self.objects.entry(self.tree, name)?.is_none() || self.objects.entry(self.base, name)?.is_some() {
            return Ok(None);
        }
        let (folder, last) = match name.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (&name[..at], &name[at + 1..]),
            None => (&b""[..], name),
        };
        if !self.read.contains_key(folder) {
            let tree = match folder {
                b"" => Some(self.tree),
                folder => self.objects.entry(self.tree, folder)?.map(|entry| entry.oid),
            };
            let mut names = Folded::new();
            for entry in tree.map_or(Ok(Vec::new()), |tree| self.objects.entries(tree))? {
                names.entry(policy::folded(&entry.name)).or_default().push(entry.name.clone());
            }
            self.read.insert(folder.to_vec(), names);
        }
        let alike = self.read.get(folder).and_then(|names| names.get(&policy::folded(last)));
        let twin = alike.and_then(|names| names.iter().find(|other| other.as_slice() != last));
        Ok(twin.map(|twin| [folder, if folder.is_empty() { b"" } else { b"/" }, twin].concat()))
    }
}

/// What git fsck says of a `.gitmodules`, by its names for it: `gitmodulesName`, `gitmodulesUrl`, `gitmodulesPath`,
/// `gitmodulesUpdate` and `gitmodulesParse` (fsck.c and submodule-config.c).
fn gitmodules(entries: Option<&[(String, String)]>) -> Vec<String> {
    let Some(entries) = entries else { return vec!["gitmodulesParse: git cannot read it".to_owned()] };
    let mut found = Vec::new();
    for (key, value) in entries {
        let Some((name, key)) = key.strip_prefix("submodule.").and_then(|rest| rest.rsplit_once('.')) else { continue };
        if is_bad_name(name) {
            found.push(format!("gitmodulesName: the submodule's name is '{name}'"));
        }
        let is_option = value.starts_with('-');
        match key {
            "url" if is_option || is_bad_url(value) => found.push(format!("gitmodulesUrl: the URL is '{value}'")),
            "path" if is_option => found.push(format!("gitmodulesPath: the path is '{value}'")),
            "update" if value.starts_with('!') => found.push(format!("gitmodulesUpdate: it runs '{}'", &value[1..])),
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    found.retain(|detail| seen.insert(detail.clone()));
    found
}

/// A name is a folder of the git directory: `..` leads out of there.
fn is_bad_name(name: &str) -> bool {
    name.is_empty() || name.split(['/', '\\']).any(|part| part == "..")
}

/// A line end would get into what a credential helper is asked; and `../` past the root of a URL changes its host.
fn is_bad_url(url: &str) -> bool {
    let is_relative = url.starts_with("./") || url.starts_with("../");
    let is_web = ["http://", "https://", "ftp://", "ftps://", "http::", "https::", "ftp::", "ftps::"];
    let is_web = is_web.iter().any(|scheme| url.starts_with(scheme));
    if (is_relative || is_web || url.starts_with("git://")) && percent_decode(url.as_bytes()).any(|byte| byte == b'\n')
    {
        return true;
    }
    if is_web {
        let host = url.split_once("://").map_or("", |(_, rest)| rest);
        return host.is_empty() || host.starts_with('/') || url.split_once("::").is_some_and(|_| host.is_empty());
    }
    let (mut rest, mut ups) = (url, 0);
    loop {
        if let Some(next) = rest.strip_prefix("../") {
            (rest, ups) = (next, ups + 1);
        } else if let Some(next) = rest.strip_prefix("./") {
            rest = next;
        } else {
            return ups > 0 && rest.starts_with([':', '/']);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{gitmodules, is_bad_name, is_bad_url};

    #[test]
    fn a_name_that_leads_out_of_the_git_directory_is_bad() {
        for bad in ["", "..", "../x", "x/..", "x/../y", "x\\..\\y"] {
            assert!(is_bad_name(bad), "{bad}");
        }
        for good in ["x", "x/y", "..x", "x..", "."] {
            assert!(!is_bad_name(good), "{good}");
        }
    }

    #[test]
    fn a_url_that_another_host_or_helper_would_get_is_bad() {
        for bad in ["../../:x", "./../:x", "..//x", "https://x/%0ay", "../x%0ay", "git://x/%0a", "https:///x"] {
            assert!(is_bad_url(bad), "{bad}");
        }
        for good in ["../x", "../../x/y", "./x", "https://x/y", "git@x:y", "/srv/x", "x%0ay", "ssh://x/y"] {
            assert!(!is_bad_url(good), "{good}");
        }
    }

    #[test]
    fn every_bad_entry_is_named_as_git_fsck_names_it() {
        let entry = |key: &str, value: &str| (format!("submodule.{key}"), value.to_owned());
        let found = gitmodules(Some(&[
            entry("../x.path", "-x"),
            entry("y.url", "--upload-pack=evil"),
            entry("y.update", "!evil"),
            entry("z.update", "merge"),
            entry("z.url", "https://x/y"),
        ]));
        let names: Vec<_> = found.iter().map(|found| found.split(':').next().unwrap()).collect();
        assert_eq!(names, ["gitmodulesName", "gitmodulesPath", "gitmodulesUrl", "gitmodulesUpdate"]);
        assert!(gitmodules(None)[0].starts_with("gitmodulesParse"));
    }
}
