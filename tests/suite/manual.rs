//! The manual: shown by git-puff itself, and by git once it is installed.

use crate::support::test_repo::{TestRepo, run};

#[test]
fn the_manual_of_a_verb_is_shown_wherever_one_is() {
    let repo = TestRepo::empty();
    let shown = repo.puff(&["man", "harvest"]).ok().stdout;
    assert!(shown.contains("git-puff-harvest - Create a branch for every finished variant"), "{shown}");
    assert!(shown.contains("EXAMPLES") && shown.contains("git puff harvest @ --wait"), "{shown}");
    assert!(repo.puff(&["man"]).ok().stdout.contains("GIT-PUFF(1)"));
    assert!(repo.puff(&["man", "session", "start"]).ok().stdout.contains("GIT-PUFF-SESSION(1)"));
    repo.puff(&["man", "harvets"]).exits(129).complains(&["no manual page for 'harvets'"]);
}

/// `~/.local/share/man` is where `man` looks by itself when `~/.local/bin` is on the PATH.
#[test]
fn git_shows_the_manual_once_it_is_installed() {
    needs!("man");
    let mut repo = TestRepo::new();
    repo.set("MANPAGER", "cat");
    let path = repo
        .command("git")
        .get_envs()
        .find(|(name, _)| *name == "PATH")
        .and_then(|(_, path)| path.map(|path| path.to_string_lossy().into_owned()));
    let own = repo.path("home/.local/bin");
    std::fs::create_dir_all(&own).unwrap();
    repo.set("PATH", &format!("{}:{}", own.display(), path.unwrap_or_default()));

    let said = repo.puff(&["man", "--install"]).ok();
    let pages = repo.path("home/.local/share/man/man1");
    assert!(said.stdout.contains(&format!("man pages in {}", repo.path("home/.local/share/man").display())));
    assert!(said.stderr.contains("'git help puff' show them"), "{}", said.stderr);
    for call in [&["help", "puff"][..], &["puff", "--help"], &["help", "git-puff"]] {
        let shown = repo.try_git(call).ok().stdout;
        assert!(shown.contains("GIT-PUFF(1)"), "git {call:?}: {shown}");
    }
    assert!(repo.try_git(&["help", "git-puff-launch"]).ok().stdout.contains("GIT-PUFF-LAUNCH(1)"));
    assert!(run(repo.command("man").arg("git-puff-pick")).ok().stdout.contains("GIT-PUFF-PICK(1)"));

    assert!(repo.puff(&["man", "--install"]).ok().stdout.contains("up to date"));
    // A page of an older git-puff goes, one that somebody changed is made whole, and what is somebody else's stays.
    let page = std::fs::read_to_string(pages.join("git-puff-list.1")).unwrap();
    std::fs::write(pages.join("git-puff-ancient.1"), &page).unwrap();
    std::fs::write(pages.join("git-puff-theirs.1"), ".TH THEIRS 1\n").unwrap();
    std::fs::write(pages.join("git-puff-list.1"), format!("{page}more")).unwrap();
    std::fs::write(pages.join(".git-puff-cut-off"), "half a pa").unwrap();
    let said = repo.puff(&["man", "--install"]).ok().stdout;
    assert!(said.contains("installed 1 man page") && said.contains("removed 1 from an older"), "{said}");
    assert_eq!(std::fs::read_to_string(pages.join("git-puff-list.1")).unwrap(), page);

    repo.puff(&["man", "--uninstall"]).ok();
    let left: Vec<_> = std::fs::read_dir(&pages).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["git-puff-theirs.1"]);
    repo.puff(&["man", "--uninstall"]).ok();
}

#[test]
fn another_folder_is_told_to_man_and_leaves_no_trace() {
    let mut repo = TestRepo::new();
    repo.set("MANPAGER", "cat");
    let place = repo.path("pages").display().to_string();
    let said = repo.puff(&["man", "--install", "../pages"]).ok();
    assert!(said.stderr.contains(&format!("export MANPATH={place}:\"$MANPATH\"")), "{}", said.stderr);
    repo.set("MANPATH", &format!("{place}:"));
    assert!(repo.puff(&["man", "--install", "../pages"]).ok().stderr.contains("'git help puff' show them"));
    assert!(repo.try_git(&["help", "puff"]).ok().stdout.contains("GIT-PUFF(1)"));
    repo.puff(&["man", "--uninstall", "../pages"]).ok();
    assert!(!repo.path("pages").exists());
    repo.write("../file", "");
    repo.puff(&["man", "--install", "../file"]).exits(1).complains(&["cannot write '"]);
}
