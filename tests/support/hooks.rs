//! Hooks of users, and the folder they are in.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::test_repo::{Ran, TestRepo, run};

/// Writes a hook of a user's, and answers its path.
pub fn write(path: &Path, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a hook");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    path.to_owned()
}

/// The pre-push hook of the test repository's clone.
pub fn pre_push(repo: &TestRepo) -> PathBuf {
    repo.path("work/.git/hooks/pre-push")
}

/// A hook that writes down what it is told: its arguments and its standard input, byte by byte.
pub fn witness(repo: &TestRepo, name: &str, code: i32) -> String {
    let (said, read) = (repo.path(&format!("{name}.args")), repo.path(&format!("{name}.stdin")));
    format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >'{}'\ncat >'{}'\nexit {code}\n", said.display(), read.display())
}

/// What a witness wrote down: arguments and standard input.
pub fn told(repo: &TestRepo, name: &str) -> (String, Vec<u8>) {
    let read = |end: &str| fs::read(repo.path(&format!("{name}.{end}"))).unwrap_or_default();
    (String::from_utf8(read("args")).expect("text"), read("stdin"))
}

/// Everything in a folder: names, what they are, permissions, content; links as such. Times are left out.
pub fn everything(folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let meta = path.symlink_metadata().expect("a file");
        if meta.is_dir() {
            all.push((name.clone(), meta.mode(), Vec::new()));
            all.extend(
                everything(&path).into_iter().map(|(below, mode, text)| (format!("{name}/{below}"), mode, text)),
            );
        } else if meta.is_symlink() {
            let target = fs::read_link(&path).expect("a link");
            all.push((name, meta.mode(), target.into_os_string().into_encoded_bytes()));
        } else {
            all.push((name, meta.mode(), fs::read(&path).expect("a file")));
        }
    }
    all.sort();
    all
}

/// `git push` of the clone, which may be refused.
pub fn push(repo: &TestRepo, args: &[&str]) -> Ran {
    run(repo.command("git").arg("push").args(args))
}

/// A program that `tests/run` installs for these tests.
pub fn client(path: &str) -> PathBuf {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients").join(path);
    assert!(client.exists(), "'{path}' is missing: run the tests with tests/run, which installs it");
    client
}
