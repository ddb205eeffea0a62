//! `config`, and what `doctor` says of settings: every layer of git's configuration counts as git counts it.

use std::fs;

use serde_json::{Value, json};

use crate::support::test_repo::{Ran, TestRepo, run};

/// What `git puff config KEY --json` says of the values of a key.
fn values(ran: Ran) -> Value {
    ran.ok().json()["settings"][0]["values"].clone()
}

fn value(lab: &TestRepo, before: &[&str], key: &str) -> (String, String) {
    let ran = run(lab.command("git").args(before).args(["puff", "config", key, "--json"]));
    let value = values(ran)[0].clone();
    (value["value"].as_str().unwrap().to_owned(), value["origin"].as_str().unwrap().to_owned())
}

/// Later layers beat earlier ones, as git says where each value was written.
#[test]
fn every_layer_counts_as_git_counts_it() {
    let mut lab = TestRepo::new();
    let says = |lab: &TestRepo, wanted: &str, origin: &str| {
        let (value, found) = value(lab, &[], "bestOf");
        assert_eq!(value, wanted);
        assert!(found.ends_with(origin), "{found} is not {origin}");
    };
    says(&lab, "4", "default");
    fs::write(lab.path("system"), "[puff]\n\tbestOf = 5\n").unwrap();
    lab.unset("GIT_CONFIG_NOSYSTEM");
    lab.set("GIT_CONFIG_SYSTEM", &lab.path("system").display().to_string());
    says(&lab, "5", "/system");
    lab.git(&["config", "--global", "puff.bestOf", "6"]);
    says(&lab, "6", "/home/.gitconfig");
    lab.git(&["config", "puff.bestOf", "7"]);
    says(&lab, "7", "file:.git/config");
    lab.git(&["config", "extensions.worktreeConfig", "true"]);
    lab.git(&["config", "--worktree", "puff.bestOf", "8"]);
    says(&lab, "8", "/config.worktree");
    lab.set("GIT_CONFIG_COUNT", "1");
    lab.set("GIT_CONFIG_KEY_0", "puff.bestOf");
    lab.set("GIT_CONFIG_VALUE_0", "9");
    says(&lab, "9", "command line:");
    assert_eq!(value(&lab, &["-c", "puff.bestOf=10"], "puff.bestof").0, "10");
    lab.set("GIT_PUFF_BEST_OF", "11");
    says(&lab, "11", "environment GIT_PUFF_BEST_OF");
}

#[test]
fn a_call_may_set_a_key_for_itself() {
    let lab = TestRepo::new();
    assert_eq!(value(&lab, &["-c", "puff.bestOf=2"], "bestOf"), ("2".into(), "command line:".into()));
    let ran = run(lab.command("git").args(["-c", "puff.bestOf=2", "puff", "config"])).ok();
    let set = ran.stdout.split("DEFAULTS IN EFFECT").next().unwrap();
    assert!(set.contains("puff.bestOf = 2") && set.contains("from command line:"), "{}", ran.stdout);
}

/// A file that is included under a condition counts where the condition holds, and is named as the origin.
#[test]
fn included_files_count_where_their_condition_holds() {
    let lab = TestRepo::new();
    let work = lab.work().display().to_string();
    for (condition, holds) in [
        (format!("gitdir:{work}/"), true),
        ("gitdir:/somewhere/else/".to_owned(), false),
        ("onbranch:main".to_owned(), true),
        ("onbranch:other".to_owned(), false),
        ("hasconfig:remote.*.url:**/origin.git".to_owned(), true),
        ("hasconfig:remote.*.url:https://example.com/**".to_owned(), false),
    ] {
        let file = lab.path("home/included");
        fs::write(&file, "[puff]\n\tenv = included\n").unwrap();
        let key = format!("includeIf.{condition}.path");
        lab.git(&["config", "--global", &key, &file.display().to_string()]);
        let found = lab.puff(&["config", "env", "--json"]);
        lab.git(&["config", "--global", "--unset", &key]);
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
    let lab = TestRepo::new();
    for value in ["2", "3"] {
        lab.git(&["config", "--add", "puff.bestOf", value]);
    }
    for value in ["make lint", "", "make test", "make doc\nmake all"] {
        lab.git(&["config", "--add", "puff.check", value]);
    }
    lab.git(&["config", "puff.env", ""]);
    lab.git(&["config", "puff.agent.My.agent.command", "mine {prompt}"]);
    let only = |key: &str| -> Vec<Value> {
        let values = values(lab.puff(&["config", key, "--json"]));
        values.as_array().unwrap().iter().map(|value| value["value"].clone()).collect()
    };
    assert_eq!(only("puff.bestOf"), ["3"]);
    assert_eq!(only("puff.check"), ["make test", "make doc\nmake all"]);
    assert_eq!(only("puff.env"), [""]);
    assert_eq!(only("agent.My.agent.command"), ["mine {prompt}"]);
    let all = lab.puff(&["config"]).ok().stdout;
    assert!(all.contains("puff.check = make doc\\nmake all\n"), "{all}");
    assert!(all.contains("puff.agent.My.agent.resume\n"), "the keys of an agent are listed for it: {all}");
    assert!(all.lines().all(|line| line.chars().count() <= 80), "{all}");
}

/// A list is what one looks at when something is wrong, so nothing wrong breaks it.
#[test]
fn bad_values_are_marked_in_the_list() {
    let lab = TestRepo::new();
    for (key, value, why) in [
        ("puff.bestOf", "0", "a whole number of at least 1"),
        ("puff.interval", "soon", "a duration such as 15s, 5m or 2h"),
        ("puff.autoHarvest", "perhaps", "true or false"),
        ("puff.dialect", "french", "official, headless-a or headless-b"),
        ("puff.branchPrefix", "a..b/", "the beginning of a branch name, such as puff/"),
        ("puff.session.answer", "=> y", "its pattern is empty"),
    ] {
        lab.git(&["config", key, value]);
        let listed = values(lab.puff(&["config", key, "--json"]));
        let problem = listed[0]["problem"].as_str().unwrap_or_else(|| panic!("{key}: {listed}"));
        assert!(problem.contains(why), "{key}: {problem}");
        assert!(lab.puff(&["config"]).ok().stdout.contains("INVALID: it "), "{key}");
        let doctor = lab.puff(&["doctor", "--json"]).exits(1).json();
        let checks = doctor["checks"].as_array().unwrap();
        let is_it = |check: &&Value| check["name"] == "config" && check["result"] == "fail";
        let found = checks.iter().find(is_it).unwrap_or_else(|| panic!("{key}: {doctor:#}"));
        let detail = found["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{key} is '{value}' (file:.git/config), but ")), "{detail}");
        lab.git(&["config", "--unset", key]);
    }
}

/// A supervisor has nobody to tell, so what it acts by is looked at before it starts.
#[test]
fn a_session_is_refused_where_its_settings_are_wrong() {
    let lab = TestRepo::new();
    for (key, value) in [("puff.stuck.after", "soon"), ("puff.stuck.poke", "-1"), ("puff.session.answer", "y")] {
        lab.git(&["config", key, value]);
        lab.puff(&["session", "start", "--", "true"]).exits(129).complains(&[key, value, "file:.git/config"]);
        lab.git(&["config", "--unset", key]);
    }
    assert_eq!(lab.puff(&["session", "list", "--json"]).ok().json()["sessions"], json!([]));
}

/// The line of the hint, run as it stands, mends it.
#[test]
fn doctor_points_out_typing_errors_and_how_to_mend_them() {
    let lab = TestRepo::new();
    for (written, meant) in [
        ("puff.bestoff", Some("puff.bestOf")),
        ("puff.agent.x.comand", Some("puff.agent.x.command")),
        ("puff.worktree.setpu", Some("puff.worktree.setup")),
        ("puff.colour", None),
    ] {
        lab.git(&["config", written, "it's 2"]);
        let doctor = lab.puff(&["doctor", "--quiet", "--json"]).json();
        let checks = doctor["checks"].as_array().unwrap();
        let is_it = |check: &&Value| check["name"] == "config" && check["value"] == written;
        let found = checks.iter().find(is_it).unwrap_or_else(|| panic!("{written}: {doctor:#}"));
        assert_eq!(found["result"], "warn");
        let detail = found["detail"].as_str().unwrap();
        assert!(detail.contains("(file:.git/config)"), "{detail}");
        assert_eq!(detail.contains("did you mean"), meant.is_some(), "{detail}");
        let line = found["hint"].as_str().unwrap().strip_prefix("fix it: ").unwrap().to_owned();
        run(lab.command("sh").args(["-c", &line])).ok();
        if let Some(meant) = meant {
            assert!(detail.contains(&format!("'{meant}'")), "{detail}");
            assert_eq!(lab.git(&["config", meant]), "it's 2");
            lab.git(&["config", "--unset", meant]);
        }
        assert_eq!(lab.try_git(&["config", "--get-regexp", "^puff\\."]).stdout, "");
    }
    let ran = run(lab.command("git").args(["-c", "puff.bestoff=1", "puff", "config", "--json"]));
    let unknown = ran.ok().json()["unknown"].clone();
    assert_eq!((&unknown[0]["origin"], &unknown[0]["meant"]), (&json!("command line:"), &json!("puff.bestOf")));
}

#[test]
fn only_git_sets_and_only_known_keys_are_shown() {
    let lab = TestRepo::new();
    let ran = lab.puff(&["config", "bestof", "2"]).exits(129).complains(&["cannot change a setting"]);
    assert!(ran.stderr.contains("git config puff.bestof 2"), "{}", ran.stderr);
    let ran = lab.puff(&["config", "bestoff"]).exits(129).complains(&["'bestoff'"]);
    assert!(ran.stderr.contains("did you mean 'puff.bestOf'?"), "{}", ran.stderr);
    lab.puff(&["config", "colour"]).exits(129).complains(&["'colour'"]);
    lab.puff(&["config", "env"]).exits(1);
}

/// There is a configuration outside of repositories, and a broken one is git's to explain.
#[test]
fn a_repository_is_not_needed_and_a_broken_file_is_named() {
    let lab = TestRepo::empty();
    lab.git(&["config", "--global", "puff.env", "env_1"]);
    assert_eq!(value(&lab, &[], "env").0, "env_1");
    fs::write(lab.path("home/.gitconfig"), "[puff\n").unwrap();
    let program = env!("CARGO_BIN_EXE_git-puff");
    let ran = run(lab.command(program).arg("config")).exits(128).complains(&["git cannot read its configuration"]);
    assert!(ran.stderr.contains(".gitconfig"), "{}", ran.stderr);
}
