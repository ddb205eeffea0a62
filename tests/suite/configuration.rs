//! `config`, and what `doctor` says of settings: every layer of git's configuration counts as git counts it.

use std::fs;

use serde_json::{Value, json};

use crate::support::test_repo::{Ran, TestRepo, run};

/// What `git puff config KEY --json` says of the values of a key.
fn values(ran: Ran) -> Value {
    ran.ok().json()["settings"][0]["values"].clone()
}

fn value(repo: &TestRepo, before: &[&str], key: &str) -> (String, String) {
    let ran = run(repo.command("git").args(before).args(["puff", "config", key, "--json"]));
    let value = values(ran)[0].clone();
    (value["value"].as_str().unwrap().to_owned(), value["origin"].as_str().unwrap().to_owned())
}

/// Later layers beat earlier ones, as git says where each value was written.
#[test]
fn every_layer_counts_as_git_counts_it() {
    let mut repo = TestRepo::new();
    let says = |repo: &TestRepo, wanted: &str, origin: &str| {
        let (value, found) = value(repo, &[], "bestOf");
        assert_eq!(value, wanted);
        assert!(found.ends_with(origin), "{found} is not {origin}");
    };
    says(&repo, "4", "default");
    fs::write(repo.path("system"), "[puff]\n\tbestOf = 5\n").unwrap();
    repo.unset("GIT_CONFIG_NOSYSTEM");
    repo.set("GIT_CONFIG_SYSTEM", &repo.path("system").display().to_string());
    says(&repo, "5", "/system");
    repo.git(&["config", "--global", "puff.bestOf", "6"]);
    says(&repo, "6", "/home/.gitconfig");
    repo.git(&["config", "puff.bestOf", "7"]);
    says(&repo, "7", "file:.git/config");
    repo.git(&["config", "extensions.worktreeConfig", "true"]);
    repo.git(&["config", "--worktree", "puff.bestOf", "8"]);
    says(&repo, "8", "/config.worktree");
    repo.set("GIT_CONFIG_COUNT", "1");
    repo.set("GIT_CONFIG_KEY_0", "puff.bestOf");
    repo.set("GIT_CONFIG_VALUE_0", "9");
    says(&repo, "9", "command line:");
    assert_eq!(value(&repo, &["-c", "puff.bestOf=10"], "puff.bestof").0, "10");
    repo.set("GIT_PUFF_BEST_OF", "11");
    says(&repo, "11", "environment GIT_PUFF_BEST_OF");
}

#[test]
fn a_call_may_set_a_key_for_itself() {
    let repo = TestRepo::new();
    assert_eq!(value(&repo, &["-c", "puff.bestOf=2"], "bestOf"), ("2".into(), "command line:".into()));
    let ran = run(repo.command("git").args(["-c", "puff.bestOf=2", "puff", "config"])).ok();
    let set = ran.stdout.split("DEFAULTS IN EFFECT").next().unwrap();
    assert!(set.contains("puff.bestOf = 2") && set.contains("from command line:"), "{}", ran.stdout);
}

/// A file that is included under a condition counts where the condition holds, and is named as the origin.
#[test]
fn included_files_count_where_their_condition_holds() {
    let repo = TestRepo::new();
    let work = repo.work().display().to_string();
    for (condition, holds) in [
        (format!("gitdir:{work}/"), true),
        ("gitdir:/somewhere/else/".to_owned(), false),
        ("onbranch:main".to_owned(), true),
        ("onbranch:other".to_owned(), false),
        ("hasconfig:remote.*.url:**/origin.git".to_owned(), true),
        ("hasconfig:remote.*.url:https://example.com/**".to_owned(), false),
    ] {
        let file = repo.path("home/included");
        fs::write(&file, "[puff]\n\tenv = included\n").unwrap();
        let key = format!("includeIf.{condition}.path");
        repo.git(&["config", "--global", &key, &file.display().to_string()]);
        let found = repo.puff(&["config", "env", "--json"]);
        repo.git(&["config", "--global", "--unset", &key]);
        let found = found.json()["settings"][0]["values"].clone();
        match holds {
            true => assert_eq!(found[0]["origin"], json!(format!("file:{}", file.display())), "{condition}"),
            false => assert_eq!(found, json!([]), "{condition}"),
        }
    }
}

/// Of a key with one value the last counts, of one with several all do, from the last empty one on.
#[test]
fn keys_may_be_written_several_times() {
    let repo = TestRepo::new();
    for value in ["2", "3"] {
        repo.git(&["config", "--add", "puff.bestOf", value]);
    }
    for value in ["make lint", "", "make test", "make doc\nmake all"] {
        repo.git(&["config", "--add", "puff.check", value]);
    }
    repo.git(&["config", "puff.env", ""]);
    repo.git(&["config", "puff.agent.My.agent.command", "mine {prompt}"]);
    let only = |key: &str| -> Vec<Value> {
        let values = values(repo.puff(&["config", key, "--json"]));
        values.as_array().unwrap().iter().map(|value| value["value"].clone()).collect()
    };
    assert_eq!(only("puff.bestOf"), ["3"]);
    assert_eq!(only("puff.check"), ["make test", "make doc\nmake all"]);
    assert_eq!(only("puff.env"), [""]);
    assert_eq!(only("agent.My.agent.command"), ["mine {prompt}"]);
    let all = repo.puff(&["config"]).ok().stdout;
    assert!(all.contains("puff.check = make doc\\nmake all\n"), "{all}");
    assert!(all.contains("puff.agent.My.agent.resume\n"), "the keys of an agent are listed for it: {all}");
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");
}

/// A list is what one looks at when something is wrong, so nothing wrong breaks it.
#[test]
fn bad_values_are_marked_in_the_list() {
    let repo = TestRepo::new();
    for (key, value, why) in [
        ("puff.bestOf", "0", "a whole number of at least 1"),
        ("puff.interval", "soon", "a duration such as 15s, 5m or 2h"),
        ("puff.autoHarvest", "perhaps", "true or false"),
        ("puff.dialect", "french", "official, headless-a or headless-b"),
        ("puff.branchPrefix", "a..b/", "the beginning of a branch name, such as puff/"),
        ("puff.session.answer", "=> y", "its pattern is empty"),
    ] {
        repo.git(&["config", key, value]);
        let listed = values(repo.puff(&["config", key, "--json"]));
        let problem = listed[0]["problem"].as_str().unwrap_or_else(|| panic!("{key}: {listed}"));
        assert!(problem.contains(why), "{key}: {problem}");
        assert!(repo.puff(&["config"]).ok().stdout.contains("INVALID: it "), "{key}");
        let doctor = repo.puff(&["doctor", "--json"]).exits(1).json();
        let checks = doctor["checks"].as_array().unwrap();
        let is_it = |check: &&Value| check["name"] == "config" && check["result"] == "fail";
        let found = checks.iter().find(is_it).unwrap_or_else(|| panic!("{key}: {doctor:#}"));
        let detail = found["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{key} is '{value}' (file:.git/config), but ")), "{detail}");
        repo.git(&["config", "--unset", key]);
    }
}

/// A supervisor has nobody to tell, so what it acts by is looked at before it starts.
#[test]
fn a_session_is_refused_where_its_settings_are_wrong() {
    let repo = TestRepo::new();
    for (key, value) in [("puff.stuck.after", "soon"), ("puff.stuck.poke", "-1"), ("puff.session.answer", "y")] {
        repo.git(&["config", key, value]);
        repo.puff(&["session", "start", "--", "true"]).exits(129).complains(&[key, value, "file:.git/config"]);
        repo.git(&["config", "--unset", key]);
    }
    assert_eq!(repo.puff(&["session", "list", "--json"]).ok().json()["sessions"], json!([]));
}

/// The line of the hint, run as it stands, mends it.
#[test]
fn doctor_reports_typos_and_their_fixes() {
    let repo = TestRepo::new();
    for (written, meant) in [
        ("puff.bestoff", Some("puff.bestOf")),
        ("puff.agent.x.comand", Some("puff.agent.x.command")),
        ("puff.worktree.setpu", Some("puff.worktree.setup")),
        ("puff.colour", None),
    ] {
        repo.git(&["config", written, "it's 2"]);
        let doctor = repo.puff(&["doctor", "--quiet", "--json"]).json();
        let checks = doctor["checks"].as_array().unwrap();
        let is_it = |check: &&Value| check["name"] == "config" && check["value"] == written;
        let found = checks.iter().find(is_it).unwrap_or_else(|| panic!("{written}: {doctor:#}"));
        assert_eq!(found["result"], "warn");
        let detail = found["detail"].as_str().unwrap();
        assert!(detail.contains("(file:.git/config)"), "{detail}");
        assert_eq!(detail.contains("did you mean"), meant.is_some(), "{detail}");
        let line = found["hint"].as_str().unwrap().strip_prefix("fix it: ").unwrap().to_owned();
        run(repo.command("sh").args(["-c", &line])).ok();
        if let Some(meant) = meant {
            assert!(detail.contains(&format!("'{meant}'")), "{detail}");
            assert_eq!(repo.git(&["config", meant]), "it's 2");
            repo.git(&["config", "--unset", meant]);
        }
        assert_eq!(repo.try_git(&["config", "--get-regexp", "^puff\\."]).stdout, "");
    }
    let ran = run(repo.command("git").args(["-c", "puff.bestoff=1", "puff", "config", "--json"]));
    let unknown = ran.ok().json()["unknown"].clone();
    assert_eq!((&unknown[0]["origin"], &unknown[0]["meant"]), (&json!("command line:"), &json!("puff.bestOf")));
}

#[test]
fn only_git_sets_and_only_known_keys_are_shown() {
    let repo = TestRepo::new();
    let ran = repo.puff(&["config", "bestof", "2"]).exits(129).complains(&["cannot change a setting"]);
    assert!(ran.stderr.contains("git config puff.bestof 2"), "{}", ran.stderr);
    let ran = repo.puff(&["config", "bestoff"]).exits(129).complains(&["'bestoff'"]);
    assert!(ran.stderr.contains("did you mean 'puff.bestOf'?"), "{}", ran.stderr);
    repo.puff(&["config", "colour"]).exits(129).complains(&["'colour'"]);
    repo.puff(&["config", "env"]).exits(1);
}

/// There is a configuration outside of repositories, and a broken one is git's to explain.
#[test]
fn a_repository_is_not_needed_and_a_broken_file_is_named() {
    let repo = TestRepo::empty();
    repo.git(&["config", "--global", "puff.env", "env_1"]);
    assert_eq!(value(&repo, &[], "env").0, "env_1");
    fs::write(repo.path("home/.gitconfig"), "[puff\n").unwrap();
    let program = env!("CARGO_BIN_EXE_git-puff");
    let ran = run(repo.command(program).arg("config")).exits(128).complains(&["git cannot read its configuration"]);
    assert!(ran.stderr.contains(".gitconfig"), "{}", ran.stderr);
}
