//! What is in `packaging/`: git-puff comes onto a machine, git finds it, and it goes again.

use std::path::{Path, PathBuf};

use crate::support::test_repo::{self, TestRepo};

/// A script of `packaging/`, called as somebody does who has no cargo at hand: all have been told which program to take.
fn packaging(repo: &TestRepo, script: &str, args: &[&str]) -> test_repo::Ran {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(script);
    test_repo::run(repo.command(path).args(args))
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_git-puff");

/// Every file and link below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}

#[test]
fn an_installed_program_works_through_git_and_can_be_uninstalled() {
    let repo = TestRepo::new();
    let prefix = repo.path("opt");
    let place = prefix.display().to_string();
    let installed = packaging(&repo, "install", &["--bin", PROGRAM, "--prefix", &place]).ok();
    assert!(installed.stderr.contains("PATH"), "{}", installed.stderr);

    let path = format!("{}:{}", prefix.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let said = test_repo::run(repo.command("git").env("PATH", path).args(["puff", "--version"])).ok();
    assert_eq!(said.stdout, format!("git-puff {}\n", env!("CARGO_PKG_VERSION")));
    for file in [
        "share/man/man1/git-puff.1",
        "share/man/man1/git-puff-launch.1",
        "share/bash-completion/completions/git-puff",
        "share/zsh/site-functions/_git-puff",
        "share/fish/vendor_conf.d/git-puff.fish",
        "share/elvish/lib/git-puff.elv",
        "share/git-puff/git-puff.ps1",
        "share/doc/git-puff/LICENSE-MIT",
    ] {
        assert!(prefix.join(file).is_file(), "{file} is missing");
    }

    // Somebody else's files in the same place stay.
    std::fs::write(prefix.join("bin/other"), "").unwrap();
    packaging(&repo, "install", &["--prefix", &place, "--uninstall"]).ok();
    assert_eq!(files(&prefix), [prefix.join("bin/other")]);
}

#[test]
fn a_wrong_call_of_the_installer_installs_nothing() {
    let repo = TestRepo::empty();
    packaging(&repo, "install", &["--prefix", "relative"]).exits(129).complains(&["'relative'"]);
    packaging(&repo, "install", &["--perfix", "/x"]).exits(129).complains(&["'--perfix'"]);
    packaging(&repo, "install", &["--prefix"]).exits(129).complains(&["--prefix needs a value"]);
    packaging(&repo, "install", &["--bin", "nowhere", "--prefix", "/x"]).exits(1).complains(&["nowhere"]);
    packaging(&repo, "formula", &["https://example.com", "https://example.com/x.tar.gz", "abc"]).exits(129);
}

#[test]
fn the_formula_names_a_release() {
    let (repo, sum) = (TestRepo::empty(), "0123456789abcdef".repeat(4));
    let formula = packaging(&repo, "formula", &["https://example.com", "https://example.com/x.tar.gz", &sum]).ok();
    assert!(formula.stdout.contains("url \"https://example.com/x.tar.gz\"\n"), "{}", formula.stdout);
    assert!(formula.stdout.contains(&format!("sha256 \"{sum}\"\n")) && !formula.stdout.contains('@'));
}

#[test]
fn the_debian_package_holds_what_the_installer_installs() {
    needs!("dpkg-deb");
    let repo = TestRepo::empty();
    let said = packaging(&repo, "deb", &["--bin", PROGRAM, "--out", &repo.path("dist").display().to_string()]).ok();
    let package = PathBuf::from(said.stdout.trim_end());
    let root = repo.path("root");
    test_repo::run(repo.command("dpkg-deb").arg("-x").args([&package, &root])).ok();
    let version = test_repo::run(repo.command(root.join("usr/bin/git-puff")).arg("--version")).ok();
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")));
    assert!(root.join("usr/share/man/man1/git-puff.1.gz").is_file());
    let control = test_repo::run(repo.command("dpkg-deb").arg("-f").arg(&package)).ok();
    assert!(control.stdout.contains("Depends: git (>= 1:2.34)"), "{}", control.stdout);
}
