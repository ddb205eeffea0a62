//! The newest client offers what git-puff uses of it. It cannot be run against a loopback service, so its help is all
//! that can be asked, and all that a lost subcommand or flag would show in before a user meets it.

use git_puff::providers::cloud::Dialect;

use crate::support::test_repo::{TestRepo, newest_codex, run};

/// What `codex cloud … --help` prints.
fn help(repo: &TestRepo, of: &[&str]) -> String {
    run(repo.command(newest_codex()).arg("cloud").args(of).arg("--help")).ok().stdout
}

/// The first words of the lines of a help text: its subcommands, and its flags in both spellings.
fn offered(help: &str) -> Vec<&str> {
    let words = help.lines().flat_map(|line| line.trim_start().split(", "));
    words.filter_map(|words| words.split([' ', '=']).next()).collect()
}

#[test]
fn the_newest_client_has_every_subcommand_and_flag_in_use() {
    needs!("codex-newest");
    let repo = TestRepo::empty();
    let all = help(&repo, &[]);
    for (subcommand, flags) in Dialect::Official.needs() {
        assert!(offered(&all).contains(subcommand), "codex cloud {subcommand} is gone:\n{all}");
        let own = help(&repo, &[subcommand]);
        for flag in *flags {
            assert!(offered(&own).contains(flag), "codex cloud {subcommand} {flag} is gone:\n{own}");
        }
    }
}

#[test]
fn the_client_is_recognised_as_the_official_one() {
    needs!("codex-newest");
    let repo = TestRepo::new();
    repo.git(&["config", "puff.codex", &newest_codex().display().to_string()]);
    // With an environment the cloud is used, and signed out the client asks nobody.
    let doctor = repo.puff(&["doctor", "--env", "acme/widgets", "--json"]).exits(1).json();
    let check = |name: &str| doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap();
    assert_eq!(check("codex_command")["result"], "ok", "{doctor:#}");
    assert_eq!(
        (&check("codex_dialect")["result"], &check("codex_dialect")["value"]),
        (&"ok".into(), &"official".into())
    );
    assert!(check("cloud_access")["detail"].as_str().unwrap().contains("not signed in"), "{doctor:#}");
}
