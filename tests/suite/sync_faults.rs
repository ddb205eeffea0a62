//! Exchanges that come to grief: somebody is faster, something is refused, git-puff is killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::support::daemon::Daemon;
use crate::support::ssh::Ssh;
use crate::support::test_repo::{kill, run, wait_until};
use crate::support::two_clones::Who::{Ours, Theirs};
use crate::support::two_clones::{TwoClones, did, trouble};

fn hook(repository: &Path, name: &str, script: &str) {
    let path = repository.join("hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn only_enabled_remotes_receive_runs() {
    let pair = TwoClones::new();
    pair.import(Ours, "fix", &["a\n"]);
    pair.git(Ours, &["remote", "add", "other", "../origin.git"]);
    let refused = pair.puff(Ours, &["sync", "other"]).exits(1).complains(&["sync with 'other' is not enabled"]);
    assert!(refused.stderr.contains("git config --add puff.sync.remote other"), "{}", refused.stderr);
    pair.puff(Ours, &["sync", "../origin.git"]).exits(1).complains(&["no remote named"]);
    pair.git(Ours, &["config", "--unset", "puff.sync.remote"]);
    pair.puff(Ours, &["sync"]).exits(1).complains(&["sync is not enabled"]);
    pair.git(Ours, &["config", "puff.sync.remote", "gone"]);
    pair.puff(Ours, &["sync"]).exits(1).complains(&["no remote named 'gone'"]);
    assert_eq!(pair.at_remote("fix"), None);
    pair.git(Ours, &["config", "puff.sync.remote", "origin"]);
    pair.git(Ours, &["config", "puff.sync.maxSize", "huge"]);
    pair.puff(Ours, &["sync"]).exits(129).complains(&["puff.sync.maxSize is 'huge'"]);
    pair.git(Ours, &["config", "--unset", "puff.sync.maxSize"]);
    pair.git(Ours, &["remote", "set-url", "origin", "../nowhere.git"]);
    pair.puff(Ours, &["sync"]).exits(1).complains(&["cannot reach the remote 'origin'"]);
}

#[test]
fn a_dry_run_reports_and_changes_nothing() {
    let pair = TwoClones::new();
    let (ours, theirs) = (pair.import(Ours, "ours", &["a\n"]), pair.import(Theirs, "theirs", &["b\n"]));
    pair.sync(Theirs);
    let before = (pair.repo.fingerprint(), pair.repo.git_in(&pair.repo.path("origin.git"), &["for-each-ref"]));
    let would = pair.puff(Ours, &["sync", "-n", "--json"]).ok().json();
    assert_eq!((&would["schema"], &would["dry_run"]), (&json!("puff.sync/1"), &json!(true)));
    assert_eq!(
        (did(&would["remotes"][0], &ours), did(&would["remotes"][0], &theirs)),
        (vec!["sent".into()], vec!["received".into()])
    );
    assert!(pair.puff(Ours, &["sync", "-n"]).ok().stdout.contains("ours: would be sent"));
    assert_eq!(before, (pair.repo.fingerprint(), pair.repo.git_in(&pair.repo.path("origin.git"), &["for-each-ref"])));
    let fetched = pair.puff(Ours, &["sync", "--fetch", "--json"]).ok().json();
    assert_eq!((did(&fetched["remotes"][0], &theirs), pair.at_remote(&ours)), (vec!["received".into()], None));
    pair.puff(Ours, &["sync", "--push"]).ok();
    assert!(pair.at_remote(&ours).is_some());
}

#[test]
fn a_run_with_a_secret_is_not_sent_and_the_others_are() {
    let pair = TwoClones::new();
    let key = ["gh", "p_", "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2"].concat();
    let export = crate::support::export::Export::new(&pair.repo, "export");
    export.patch(1, pair.repo.patch("notes.txt", "a\n"));
    export.report(
        1,
        &json!({"prompt": "Use api_key = \"your-api-key-here\"", "messages": ["Done.\nI used", format!("it:\n{key}")]}),
    );
    pair.puff(Ours, &["harvest", "--from", export.path(), "--base", "main", "--name", "leaky"]).ok();
    let patched = pair.import(Ours, "patched", &[&format!("token {key}\n")]);
    let good = pair.import(Ours, "good", &["b\n"]);
    let ran = pair.puff(Ours, &["sync"]).exits(3);
    assert!(
        ran.stderr.contains("leaky: it stays here: ") && ran.stderr.contains("a GitHub token ('ghp_Ab1C…')"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--allow-secret leaky") && !ran.stderr.contains(&key), "{}", ran.stderr);
    assert!(pair.at_remote(&good).is_some());
    assert_eq!((pair.at_remote("leaky"), pair.at_remote(&patched)), (None, None));
    pair.puff(Ours, &["sync", "--allow-secret", "leaky"]).exits(3);
    assert!(pair.at_remote("leaky").is_some());
    // What is there already is said no more.
    pair.puff(Ours, &["review", "leaky", "--check", "true"]).ok();
    let outcome = pair.puff(Ours, &["sync", "--json"]).exits(3).json();
    assert_eq!(did(&outcome["remotes"][0], "leaky"), ["sent"]);
    assert_eq!(trouble(&outcome["remotes"][0], &patched)["suspects"][0]["path"], "variants/var1/patch.diff");
}

#[test]
fn an_oversized_patch_stays_in_the_clone_that_has_it() {
    let pair = TwoClones::new();
    let huge: String = (0..5000).map(|line| format!("line {line}\n")).collect();
    let run = pair.import(Ours, "fix", &["a\n", &huge]);
    pair.git(Ours, &["config", "puff.sync.maxSize", "20k"]);
    pair.sync(Ours);
    let entry = pair.sync(Theirs)["runs"][0].clone();
    assert_eq!(entry["left"][0]["path"], "variants/var2/patch.diff");
    let patch = pair.puff(Ours, &["patch", "fix:2"]).ok().bytes;
    assert_eq!(entry["left"][0]["size"], json!(patch.len()));
    let objects = pair.git(Theirs, &["cat-file", "--batch-all-objects", "--batch-check=%(objectsize)"]);
    assert!(objects.lines().all(|size| size.parse::<usize>().unwrap() < patch.len()), "the patch travelled");
    // The others can be worked with.
    pair.puff(Theirs, &["patch", "fix:1"]).ok();
    pair.puff(Theirs, &["patch", "fix:2"]).exits(1).complains(&["fix:2 is not here", "more than sync sends"]);
    for verb in [&["show", "fix"][..], &["report", "fix"], &["list"], &["diff", "fix"]] {
        pair.puff(Theirs, verb).ok();
    }
    let said = pair.puff(Theirs, &["harvest", "--recreate", &run]).ok().stderr;
    assert!(said.contains("fix:2: its patch, of"), "{said}");
    let theirs = pair.show(Theirs, &run);
    assert_eq!(
        (&theirs["variants"][1]["apply"], &theirs["variants"][1]["commit"]),
        (&json!("applied"), &pair.show(Ours, &run)["variants"][1]["commit"])
    );
    pair.puff(Theirs, &["review", &run, "--check", "true", "--variant", "1"]);
    pair.puff(Ours, &["pick", "fix:1", "--branch", "taken"]).ok();
    pair.settle();
    assert_eq!(pair.puff(Ours, &["patch", "fix:2"]).ok().bytes, patch);
    assert_eq!(pair.show(Theirs, &run)["state"], "picked");
}

#[test]
fn a_lost_race_is_fetched_first_and_never_forced() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    pair.puff(Theirs, &["review", &run, "--check", "true"]).ok();
    pair.puff(Ours, &["review", &run, "--check", "test -e notes.txt"]).ok();
    // Between our fetch and our push, they push.
    let once = pair.repo.path("raced").display().to_string();
    let theirs = pair.folder(Theirs).display().to_string();
    let env = "unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR";
    hook(
        &pair.folder(Ours).join(".git"),
        "pre-push",
        &format!("[ -e {once} ] && exit 0; touch {once}; {env}; cd {theirs} && git puff sync >&2"),
    );
    let outcome = pair.sync(Ours);
    assert_eq!(did(&outcome, &run), ["merged", "sent"], "{outcome:#}");
    pair.settle();
    for who in [Ours, Theirs] {
        let commands = pair.show(who, &run)["variants"][0]["checks"].clone();
        let mut commands: Vec<_> =
            commands.as_array().unwrap().iter().map(|check| check["command"].as_str().unwrap().to_owned()).collect();
        commands.sort();
        assert_eq!(commands, ["test -e notes.txt", "true"]);
    }
    assert_eq!(
        pair.git(Ours, &["rev-parse", "refs/puff/remotes/origin/runs/fix"]),
        pair.git(Theirs, &["rev-parse", "refs/puff/remotes/origin/runs/fix"])
    );
}

#[test]
fn merging_the_same_journals_makes_the_same_commit() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    pair.puff(Theirs, &["review", &run, "--check", "true"]).ok();
    pair.puff(Ours, &["pick", "fix:2", "--branch", "taken"]).ok();
    // Each gives its own to another remote, and then gets the other's.
    pair.repo.git_in(&pair.repo.path(""), &["clone", "-q", "--mirror", "origin.git", "second.git"]);
    for who in [Ours, Theirs] {
        pair.git(who, &["remote", "add", "second", "../second.git"]);
        pair.git(who, &["config", "--add", "puff.sync.remote", "second"]);
    }
    pair.puff(Theirs, &["sync", "second"]).ok();
    pair.puff(Ours, &["sync", "origin"]).ok();
    for (who, remote) in [(Theirs, "origin"), (Ours, "second")] {
        let outcome = pair.puff(who, &["sync", remote, "--json"]).ok().json();
        assert_eq!(did(&outcome["remotes"][0], &run), ["merged", "sent"], "{outcome:#}");
    }
    let step = |remote: &str| pair.repo.git_in(&pair.repo.path(remote), &["rev-parse", "refs/puff/runs/fix"]);
    assert_eq!(step("origin.git"), step("second.git"));
    assert_eq!(
        pair.repo.git_in(&pair.repo.path("origin.git"), &["rev-parse", "refs/puff/runs/fix^@"]).lines().count(),
        2
    );
    pair.settle();
}

#[test]
fn a_remote_that_takes_no_runs_and_notes_that_are_broken_are_said() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n"]);
    let origin = pair.repo.path("origin.git");
    hook(&origin, "update", "case $1 in refs/puff/*) echo 'no runs here' >&2; exit 1;; esac");
    let outcome = pair.puff(Ours, &["sync", "--json"]).exits(3).json();
    let said = trouble(&outcome["remotes"][0], &run);
    assert_eq!(said["kind"], "refused");
    assert!(said["what"].as_str().unwrap().contains("hook declined"), "{said}");
    fs::remove_file(origin.join("hooks/update")).unwrap();
    pair.sync(Ours);
    // A notes ref that names no notes keeps no run from coming.
    let blob = pair.git(Theirs, &["hash-object", "-w", "notes.txt"]);
    pair.git(Theirs, &["update-ref", "refs/notes/puff/report", &blob]);
    let ran = pair.puff(Theirs, &["sync"]).ok();
    assert!(ran.stderr.contains("cannot rebuild the notes"), "{}", ran.stderr);
    assert_eq!(pair.show(Theirs, &run)["state"], "harvested");
}

#[test]
fn a_run_without_its_base_can_be_shown() {
    let pair = TwoClones::new();
    pair.repo.commit("new.txt", "new\n", "Not pushed");
    let run = pair.import(Ours, "fix", &["a\n"]);
    pair.sync(Ours);
    let ran = pair.puff(Theirs, &["sync"]).ok();
    assert!(ran.stderr.contains("is missing here"), "{}", ran.stderr);
    for verb in [
        &["show", "fix"][..],
        &["show", "fix:1"],
        &["list"],
        &["report", "fix"],
        &["patch", "fix:1"],
        &["report", "fix", "--format", "json"],
    ] {
        pair.puff(Theirs, verb).ok();
    }
    pair.puff(Theirs, &["harvest", "--recreate", &run]).exits(1).complains(&[]);
    pair.settle();
}

#[test]
fn two_runs_of_one_name_are_kept_apart() {
    let pair = TwoClones::new();
    pair.import(Ours, "fix", &["a\n"]);
    pair.sync(Ours);
    let export = crate::support::export::Export::new(&pair.repo, "other");
    export.patch(1, pair.repo.patch("notes.txt", "z\n"));
    pair.puff(Theirs, &["harvest", "--from", export.path(), "--base", "main", "--name", "fix"]).ok();
    let before = pair.at_remote("fix");
    let outcome = pair.puff(Theirs, &["sync", "--json"]).exits(3).json();
    assert_eq!(trouble(&outcome["remotes"][0], "fix")["kind"], "unrelated");
    assert_eq!(pair.at_remote("fix"), before);
    assert!(pair.puff(Theirs, &["patch", "fix:1"]).ok().stdout.contains("+z"));
}

#[test]
fn the_same_folder_imported_in_two_places_is_one_run() {
    let pair = TwoClones::new();
    pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.git(Theirs, &["config", "user.name", "Their Other Author"]);
    pair.import(Theirs, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    assert_eq!(did(&pair.sync(Theirs), "fix"), ["merged", "sent"]);
    pair.settle();
    assert_eq!(pair.show(Ours, "fix")["home"], json!(null));
}

#[test]
fn variant_branches_are_pruned_on_request_without_unpushed_work() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    assert_eq!(pair.git(Ours, &["ls-remote", "origin", "refs/heads/puff/*"]), "");
    let outcome = pair.puff(Ours, &["sync", "--branches", "--json"]).ok().json();
    assert_eq!(did(&outcome["remotes"][0], &run), ["branch-sent"]);
    pair.git(Theirs, &["config", "puff.sync.branches", "true"]);
    pair.sync(Theirs);
    let variant = pair.show(Theirs, &run)["variants"][0]["commit"].as_str().unwrap().to_owned();
    assert_eq!(pair.git(Theirs, &["rev-parse", "refs/remotes/origin/puff/fix/var1"]), variant);
    pair.puff(Theirs, &["diff", "fix", "1"]).ok();
    pair.puff(Theirs, &["pick", "fix:1"]).ok();
    pair.repo.commit("new.txt", "new\n", "Not pushed");
    let unpushed = pair.import(Ours, "unpushed", &["a\n"]);
    let outcome = pair.puff(Ours, &["sync", "--branches", "--json"]).exits(3).json();
    assert_eq!(trouble(&outcome["remotes"][0], &unpushed)["kind"], "base");
}

#[test]
fn a_killed_sync_is_recovered_by_the_next() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    pair.puff(Theirs, &["harvest", "--recreate", &run]).ok();
    let path = |name: &str| pair.repo.path(name).display().to_string();
    let (count, stop, stopped) = (path("count"), path("stop"), path("stopped"));
    let script = format!(
        "n=$(cat {count} 2>/dev/null || echo 0); n=$((n+1)); echo $n >{count}\n\
         if [ \"$n\" = \"$(cat {stop})\" ]; then touch {stopped}; while [ -e {stopped} ]; do sleep 0.02; done; fi"
    );
    let mut killed = 0;
    for moment in 1.. {
        // Both have something new: runs of their own, and the same run changed on both sides.
        let (ours, theirs) = (format!("o{moment}"), format!("t{moment}"));
        pair.import(Ours, &ours, &["c\n"]);
        pair.import(Theirs, &theirs, &["d\n"]);
        pair.puff(Theirs, &["review", &run, "--check", &format!("echo t{moment}")]).ok();
        pair.sync(Theirs);
        pair.puff(Ours, &["review", &run, "--check", &format!("echo o{moment}")]).ok();
        fs::write(&stop, moment.to_string()).unwrap();
        fs::write(&count, "0").unwrap();
        for (repository, name) in
            [(pair.folder(Ours).join(".git"), "reference-transaction"), (pair.folder(Ours).join(".git"), "pre-push")]
        {
            hook(&repository, name, &script);
        }
        let mut sync = pair.spawn(Ours, &["sync"]);
        wait_until("it is at the moment, or through", || {
            Path::new(&stopped).exists() || matches!(sync.try_wait(), Ok(Some(_)))
        });
        let is_through = !Path::new(&stopped).exists();
        kill(sync.id());
        sync.wait().unwrap();
        for name in ["reference-transaction", "pre-push"] {
            fs::remove_file(pair.folder(Ours).join(".git/hooks").join(name)).unwrap();
        }
        let _ = fs::remove_file(&stopped);
        killed += usize::from(!is_through);
        pair.puff(Ours, &["list"]).ok();
        pair.sync(Ours);
        pair.sync(Theirs);
        pair.sync(Ours);
        for who in [Ours, Theirs] {
            for name in [&ours, &theirs] {
                assert_eq!(pair.show(who, name)["state"], "harvested", "moment {moment}");
            }
            let checks = pair.show(who, &run)["variants"][0]["checks"].to_string();
            assert!(
                checks.contains(&format!("echo o{moment}")) && checks.contains(&format!("echo t{moment}")),
                "moment {moment}: {checks}"
            );
        }
        if is_through {
            break;
        }
    }
    assert!(killed > 4, "{killed}");
    pair.git(Ours, &["fsck", "--strict"]);
    pair.settle();
}

#[test]
fn an_exchange_is_one_connection_each_way_whatever_goes_over_it() {
    needs!("sshd", "ssh-keygen");
    let mut pair = TwoClones::new();
    let (daemon, ssh) = (Daemon::serve(&pair.repo), Ssh::serve(&mut pair.repo));
    for name in ["one", "two", "three"] {
        pair.import(Ours, name, &["a\n"]);
    }
    pair.git(Ours, &["remote", "set-url", "origin", &daemon.url("origin.git")]);
    pair.git(Theirs, &["remote", "set-url", "origin", &ssh.url("origin.git")]);
    pair.sync(Ours);
    assert_eq!(daemon.connections(), 2, "a fetch and a push");
    pair.sync(Ours);
    assert_eq!(daemon.connections(), 3, "a fetch, and nothing to push");
    let received = pair.sync(Theirs);
    assert_eq!((received["runs"].as_array().unwrap().len(), ssh.connections()), (3, 1));
    pair.import(Theirs, "four", &["b\n"]);
    pair.sync(Theirs);
    assert_eq!(ssh.connections(), 3);
    pair.settle();
}

#[test]
fn sync_works_with_an_older_git_on_one_side() {
    let pair = TwoClones::new();
    let older = "/usr/bin/git";
    let puff = |args: &[&str]| {
        let folder = pair.repo.path("older");
        let _ = fs::create_dir(&folder);
        let _ = std::os::unix::fs::symlink(older, folder.join("git"));
        let mut command = pair.repo.command(env!("CARGO_BIN_EXE_git-puff"));
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        run(command.current_dir(pair.folder(Theirs)).env("PATH", path).args(args))
    };
    let run = pair.import(Ours, "fix", &["a\n"]);
    pair.sync(Ours);
    puff(&["sync"]).ok();
    puff(&["harvest", "--recreate", &run]).ok();
    puff(&["review", &run, "--check", "true"]).ok();
    pair.puff(Ours, &["review", &run, "--accept", "nothing"]);
    pair.puff(Ours, &["pick", "fix:1", "--branch", "taken"]).ok();
    pair.sync(Ours);
    puff(&["sync"]).ok();
    pair.settle();
    assert_eq!(pair.show(Ours, &run)["variants"][0]["checks"][0]["command"], "true");
}

#[test]
fn a_partial_clone_has_all_objects_of_a_received_run() {
    let pair = TwoClones::new();
    pair.import(Ours, "fix", &["a\n", "b\n"]);
    pair.sync(Ours);
    pair.repo.git_in(&pair.repo.path("origin.git"), &["config", "uploadpack.allowFilter", "true"]);
    let origin = format!("file://{}", pair.repo.path("origin.git").display());
    fs::remove_dir_all(pair.folder(Theirs)).unwrap();
    pair.repo.git_in(&pair.repo.path(""), &["clone", "-q", "--filter=blob:none", &origin, "theirs"]);
    pair.git(Theirs, &["config", "puff.sync.remote", "origin"]);
    assert_eq!(did(&pair.sync(Theirs), "fix"), ["received"]);
    pair.git(Theirs, &["remote", "set-url", "origin", "../gone.git"]);
    for verb in [&["show", "fix"][..], &["report", "fix"], &["patch", "fix:2"]] {
        pair.puff(Theirs, verb).ok();
    }
}

#[test]
fn doctor_says_what_others_do_not_have() {
    let pair = TwoClones::new();
    pair.import(Ours, "fix", &["a\n"]);
    let said = || pair.puff(Ours, &["doctor"]).stdout;
    assert!(said().contains("'origin' does not have 1 of the runs"), "{}", said());
    pair.sync(Ours);
    assert!(said().contains("it has every run"), "{}", said());
    pair.git(Ours, &["config", "--add", "puff.sync.remote", "gone"]);
    pair.git(Ours, &["config", "puff.sync.branches", "perhaps"]);
    let said = said();
    assert!(said.contains("no remote named 'gone'") && said.contains("puff.sync.branches is 'perhaps'"), "{said}");
}

#[test]
fn a_push_asks_the_remote_what_it_has() {
    let pair = TwoClones::new();
    let run = pair.import(Ours, "fix", &["a\n"]);
    pair.sync(Ours);
    let push = || pair.puff(Ours, &["sync", "--push", "--json"]).ok().json()["remotes"][0].clone();
    assert_eq!(push()["runs"], json!([]));
    // Its refs were lost.
    pair.repo.git_in(&pair.repo.path("origin.git"), &["update-ref", "-d", &format!("refs/puff/runs/{run}")]);
    assert_eq!(did(&push(), &run), ["sent"]);
    assert!(pair.at_remote(&run).is_some());
    // It is another one by now.
    let other = pair.repo.path("other.git");
    pair.repo.git_in(&pair.repo.path(""), &["init", "-q", "--bare", "other.git"]);
    pair.git(Ours, &["remote", "set-url", "origin", other.to_str().unwrap()]);
    assert_eq!(did(&push(), &run), ["sent"]);
    assert_ne!(pair.repo.git_in(&other, &["for-each-ref", "refs/puff/runs"]), "");
    assert_eq!(push()["runs"], json!([]));
    // What somebody else has sent there meanwhile is said, and fetched by a whole sync.
    pair.git(Ours, &["remote", "set-url", "origin", "../origin.git"]);
    pair.sync(Ours);
    pair.sync(Theirs);
    pair.puff(Theirs, &["review", &run, "--check", "true"]).ok();
    pair.sync(Theirs);
    let outcome = pair.puff(Ours, &["sync", "--push", "--json"]).exits(3).json();
    assert_eq!(trouble(&outcome["remotes"][0], &run)["kind"], "behind");
    assert_eq!(did(&pair.sync(Ours), &run), ["updated"]);
}
