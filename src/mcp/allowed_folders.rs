//! The folders that a client may use: its roots, or else the working directory of the server.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};

/// The folders that a client may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedFolders {
    roots: Vec<PathBuf>,
    are_roots: bool,
}

impl AllowedFolders {
    /// Allows the server's working directory, for a client without roots.
    pub fn started_in(folder: &Path) -> AllowedFolders {
        AllowedFolders { roots: vec![real(folder)], are_roots: false }
    }

    /// Allows the roots of a client: URIs of folders. URIs that name no folder on this machine are ignored.
    pub fn of_roots<'u>(uris: impl IntoIterator<Item = &'u str>) -> AllowedFolders {
        let mut roots: Vec<PathBuf> = Vec::new();
        for root in uris.into_iter().filter_map(path_of_uri).map(|path| real(&path)).filter(|root| root.is_dir()) {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        AllowedFolders { roots, are_roots: true }
    }

    /// Returns the folders.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Returns the folder of the repository that `named` selects.
    ///
    /// # Errors
    /// When it is outside of the allowed folders, or none of several is named.
    pub fn folder(&self, named: Option<&str>) -> Result<PathBuf> {
        if let Some(named) = named {
            let folder = self.path(named, self.roots.first().map(PathBuf::as_path))?;
            let is_folder = folder.is_dir();
            return if is_folder { Ok(folder) } else { Err(self.no_folder(named)) };
        }
        match self.roots.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(Error::usage("the client has no root on this machine")
                .hint("add the folder of a repository to the roots of the client")),
            _ => Err(Error::usage("several repositories are allowed, and none is named")
                .hint(format!("name one with 'repository': {}", self.listed()))),
        }
    }

    /// Resolves a named path against a folder. Links are followed in its existing part.
    ///
    /// # Errors
    /// When it is outside of the allowed folders.
    pub fn path(&self, named: &str, from: Option<&Path>) -> Result<PathBuf> {
        let path = path_of_uri(named).unwrap_or_else(|| PathBuf::from(named));
        let path = real(&from.unwrap_or(Path::new("/")).join(path));
        let in_git = |root: &PathBuf| {
            let below = path.strip_prefix(root).into_iter().flat_map(Path::components);
            below.into_iter().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
        };
        if let Some(root) = self.roots.iter().find(|root| path.starts_with(root)) {
            if in_git(root) {
                return Err(
                    Error::usage(format!("'{named}' is inside of a git directory")).hint("name a path outside of it")
                );
            }
            return Ok(path);
        }
        let what = if self.are_roots { "the roots of the client" } else { "the server's working directory" };
        Err(Error::usage(format!("'{named}' is outside of {what}"))
            .hint(format!("name a path inside of it: {}", self.listed())))
    }

    fn no_folder(&self, named: &str) -> Error {
        Error::usage(format!("'{named}' is not a folder")).hint(format!("name one of these: {}", self.listed()))
    }

    fn listed(&self) -> String {
        let roots: Vec<String> = self.roots.iter().map(|root| format!("'{}'", root.display())).collect();
        roots.join(", ")
    }
}

/// Returns the path of a `file:` URI; none for another scheme or host.
fn path_of_uri(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let bytes: Vec<u8> = percent_decode_str(path.split(['?', '#']).next().unwrap_or_default()).collect();
    #[cfg(unix)]
    return Some(PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&bytes)));
    #[cfg(not(unix))]
    Some(PathBuf::from(String::from_utf8_lossy(&bytes).trim_start_matches('/')))
}

/// Resolves links and `..` in a path; the part that does not exist is normalized only.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let (Some(parent), Some(last)) = (path.parent(), path.components().next_back()) else { return path.to_owned() };
    match last {
        Component::ParentDir => real(parent).parent().map(Path::to_owned).unwrap_or_default(),
        Component::CurDir => real(parent),
        last => real(parent).join(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_is_refused_whatever_way_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a b");
        std::fs::create_dir_all(root.join("inner")).unwrap();
        std::fs::create_dir_all(folder.path().join("a bc")).unwrap();
        let uri = format!("file://{}", root.display()).replace(' ', "%20");
        let places = AllowedFolders::of_roots([
            uri.as_str(),
            "file:///no/such/folder",
            "https://example.com/x",
            "file://elsewhere/x",
        ]);
        let root = root.canonicalize().unwrap();
        assert_eq!(places.roots(), std::slice::from_ref(&root));
        assert_eq!(places.folder(None).unwrap(), root);
        assert_eq!(places.folder(Some("inner")).unwrap(), root.join("inner"));
        assert_eq!(places.folder(Some(&uri)).unwrap(), root);
        assert_eq!(places.path("new/file", Some(&root)).unwrap(), root.join("new/file"));
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), root.join("link")).unwrap();
        for named in ["..", "/", "inner/../..", "link", "link/a bc", "../a bc", "new/../../a bc", "file:///"] {
            let error = places.path(named, Some(&root)).unwrap_err();
            assert!(error.message().contains(named) && error.message().contains("outside"), "{error}");
        }
        assert!(places.folder(Some("nowhere")).unwrap_err().message().contains("not a folder"));
    }

    #[test]
    fn of_several_roots_one_has_to_be_named() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let uris = [&one, &other].map(|folder| format!("file://{}", folder.path().display()));
        let places = AllowedFolders::of_roots(uris.iter().map(String::as_str));
        assert!(places.folder(None).unwrap_err().next_step().unwrap().contains(&one.path().display().to_string()));
        assert_eq!(places.folder(Some(&uris[1])).unwrap(), other.path().canonicalize().unwrap());
        assert!(AllowedFolders::of_roots([]).folder(None).is_err());
    }
}
