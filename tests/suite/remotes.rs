//! The remotes that other tests push to and fetch from are real: git's own daemon, an sshd, and an older git.

use crate::support::daemon::Daemon;
use crate::support::ssh::Ssh;
use crate::support::test_repo::TestRepo;

#[test]
fn a_test_repository_is_pushed_to_and_cloned_over_gits_own_protocol_and_ssh() {
    needs!("sshd", "ssh-keygen");
    let mut repo = TestRepo::new();
    let (daemon, ssh) = (Daemon::serve(&repo), Ssh::serve(&mut repo));
    for (name, url) in [("daemon", daemon.url("origin.git")), ("ssh", ssh.url("origin.git"))] {
        repo.git(&["remote", "add", name, &url]);
        let commit = repo.commit("notes.txt", name, &format!("Go by {name}"));
        repo.git(&["push", "-q", name, &format!("HEAD:refs/heads/by-{name}")]);
        assert_eq!(repo.git(&["ls-remote", name, &format!("by-{name}")]), format!("{commit}\trefs/heads/by-{name}"));
        repo.git_in(&repo.path("."), &["clone", "-q", "-b", &format!("by-{name}"), &url, &format!("cloned-{name}")]);
        assert_eq!(repo.git_in(&repo.path(&format!("cloned-{name}")), &["rev-parse", "HEAD"]), commit);
    }
    assert_eq!((daemon.connections(), ssh.connections()), (3, 3));
}

#[test]
fn a_test_repository_can_have_an_older_git() {
    needs!("older-git");
    let repo = TestRepo::new();
    let newest = repo.git(&["--version"]);
    repo.use_older_git();
    let older = repo.git(&["--version"]);
    let number = |said: &str| -> Vec<u32> {
        let digits = said.rsplit(' ').next().unwrap_or_default().split('.');
        digits.filter_map(|part| part.parse().ok()).collect()
    };
    assert!(number(&older) <= number(&newest), "{older}, {newest}");
    repo.puff(&["list"]).ok();
}
