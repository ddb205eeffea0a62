//! The remotes that other tests push to and fetch from are real: git's own daemon, an sshd, and an older git.

use crate::support::daemon::Daemon;
use crate::support::ssh::Ssh;
use crate::support::test_repo::TestRepo;

#[test]
fn a_lab_is_pushed_to_and_cloned_over_gits_own_protocol_and_ssh() {
    needs!("sshd", "ssh-keygen");
    let mut lab = TestRepo::new();
    let (daemon, ssh) = (Daemon::serve(&lab), Ssh::serve(&mut lab));
    for (name, url) in [("daemon", daemon.url("origin.git")), ("ssh", ssh.url("origin.git"))] {
        lab.git(&["remote", "add", name, &url]);
        let commit = lab.commit("notes.txt", name, &format!("Go by {name}"));
        lab.git(&["push", "-q", name, &format!("HEAD:refs/heads/by-{name}")]);
        assert_eq!(lab.git(&["ls-remote", name, &format!("by-{name}")]), format!("{commit}\trefs/heads/by-{name}"));
        lab.git_in(&lab.path("."), &["clone", "-q", "-b", &format!("by-{name}"), &url, &format!("cloned-{name}")]);
        assert_eq!(lab.git_in(&lab.path(&format!("cloned-{name}")), &["rev-parse", "HEAD"]), commit);
    }
    assert_eq!((daemon.connections(), ssh.connections()), (3, 3));
}

#[test]
fn a_lab_can_have_an_older_git() {
    needs!("older-git");
    let lab = TestRepo::new();
    let newest = lab.git(&["--version"]);
    lab.use_older_git();
    let older = lab.git(&["--version"]);
    let number = |said: &str| -> Vec<u32> {
        let digits = said.rsplit(' ').next().unwrap_or_default().split('.');
        digits.filter_map(|part| part.parse().ok()).collect()
    };
    assert!(number(&older) <= number(&newest), "{older}, {newest}");
    lab.puff(&["list"]).ok();
}
