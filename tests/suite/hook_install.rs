//! The pre-push hook: put there, beside whatever is there, and taken away without a trace.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::Value;

use crate::support::hooks::{everything, pre_push, push, told, witness, write};
use crate::support::test_repo::{Ran, TestRepo, run};

fn hook(lab: &TestRepo, verb: &str) -> Ran {
    lab.puff(&["hook", verb])
}

fn status(lab: &TestRepo) -> Value {
    lab.puff(&["hook", "status", "--json"]).json()
}

#[test]
fn it_is_installed_once_and_leaves_no_trace() {
    let lab = TestRepo::new();
    let before = everything(&lab.path("work/.git/hooks"));
    let absent = hook(&lab, "status").exits(1);
    assert!(
        absent.stdout.contains("do not call git-puff") && absent.stderr.contains("git puff hook install"),
        "{absent:?}"
    );
    hook(&lab, "install").ok();
    let installed = everything(&lab.path("work/.git/hooks"));
    assert_eq!(installed.len(), before.len() + 1);
    assert_eq!(pre_push(&lab).metadata().unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(
        (status(&lab)["schema"].as_str(), status(&lab)["state"].as_str()),
        (Some("puff.hook/1"), Some("installed"))
    );
    hook(&lab, "status").ok();
    hook(&lab, "install").ok();
    assert_eq!(everything(&lab.path("work/.git/hooks")), installed, "installing twice changes nothing");
    lab.commit("notes.txt", "mine\n", "Mine");
    push(&lab, &[]).ok();
    let did = lab.puff(&["hook", "uninstall", "--json"]).ok().json();
    assert_eq!((did["did"].as_str(), did["state"].as_str()), (Some("uninstalled"), Some("absent")));
    assert_eq!(everything(&lab.path("work/.git/hooks")), before);
    hook(&lab, "uninstall").ok();
    // Where there was no folder of hooks, there is none afterwards.
    fs::remove_dir_all(lab.path("work/.git/hooks")).unwrap();
    hook(&lab, "install").ok();
    push(&lab, &["--dry-run"]).ok();
    hook(&lab, "uninstall").ok();
    assert!(!lab.path("work/.git/hooks").exists());
}

#[test]
fn a_hook_that_is_there_is_asked_too_by_the_same_words_and_on_the_same_input() {
    let lab = TestRepo::new();
    let path = write(&pre_push(&lab), witness(&lab, "before", 0), 0o755);
    lab.git(&["branch", "other"]);
    push(&lab, &["origin", "main", "other"]).ok();
    let alone = told(&lab, "before");
    lab.git(&["push", "-q", "origin", "--delete", "other"]);
    let before = everything(&lab.path("work/.git/hooks"));
    let installed = hook(&lab, "install").ok();
    assert!(installed.stdout.contains("pre-push.before-puff"), "{installed:?}");
    fs::remove_file(lab.path("before.stdin")).unwrap();
    push(&lab, &["origin", "main", "other"]).ok();
    assert_eq!(told(&lab, "before"), alone);

    // What it answers is what git hears, whichever code it is.
    for code in [1, 3, 42] {
        write(&lab.path("work/.git/hooks/pre-push.before-puff"), witness(&lab, "before", code), 0o755);
        lab.commit("notes.txt", format!("{code}\n"), "Mine");
        push(&lab, &[]).exits(1);
        let ran = run(lab.command(&path).args(["origin", "../origin.git"]));
        assert_eq!(ran.code, code, "{ran:?}");
    }
    // A hook that reads nothing of what it is given, however much that is, is no trouble.
    write(&lab.path("work/.git/hooks/pre-push.before-puff"), "#!/bin/sh\nexit 7\n", 0o755);
    let lines = format!("refs/heads/main {0} refs/heads/main {0}\n", lab.git(&["rev-parse", "main"])).repeat(20_000);
    let input = lab.path("lines");
    fs::write(&input, lines).unwrap();
    let ran = run(lab.command(&path).args(["origin", "x"]).stdin(fs::File::open(&input).unwrap()));
    assert_eq!((ran.code, ran.stderr.as_str()), (7, ""));
    write(&lab.path("work/.git/hooks/pre-push.before-puff"), witness(&lab, "before", 0), 0o755);
    hook(&lab, "uninstall").ok();
    assert_eq!(everything(&lab.path("work/.git/hooks")), before);
}

#[test]
fn whatever_a_hook_is_it_comes_back_as_it_was() {
    type Make<'m> = &'m dyn Fn(&TestRepo, &Path);
    let make: [(&str, Make<'_>); 5] = [
        ("not executable", &|_, path| drop(write(path, "#!/bin/sh\nexit 1\n", 0o640))),
        ("a link", &|lab, path| {
            write(&lab.path("work/.git/hooks/shared"), "#!/bin/sh\nexit 0\n", 0o755);
            symlink("shared", path).unwrap();
        }),
        ("a broken link", &|_, path| symlink("nowhere", path).unwrap()),
        ("a binary", &|_, path| {
            fs::copy("/bin/true", path).unwrap();
        }),
        ("odd permissions, no last line end", &|_, path| drop(write(path, "#!/bin/sh\r\n:", 0o4711))),
    ];
    for (what, make) in make {
        let lab = TestRepo::new();
        make(&lab, &pre_push(&lab));
        let before = everything(&lab.path("work/.git/hooks"));
        hook(&lab, "install").ok();
        assert_eq!(status(&lab)["state"], "installed", "{what}");
        let runs = !what.starts_with("not") && !what.starts_with("a broken");
        assert_eq!(status(&lab)["chained_runs"], runs, "{what}");
        if !what.starts_with("odd") {
            push(&lab, &["--dry-run"]).ok();
        }
        hook(&lab, "uninstall").ok();
        assert_eq!(everything(&lab.path("work/.git/hooks")), before, "{what}");
    }
}

#[test]
fn lines_of_the_users_in_our_hook_are_theirs() {
    let lab = TestRepo::new();
    hook(&lab, "install").ok();
    let path = pre_push(&lab);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.clone() + "echo mine >&2\n").unwrap();
    hook(&lab, "install").ok();
    assert!(push(&lab, &["--dry-run"]).ok().stderr.contains("mine"));
    hook(&lab, "uninstall").ok();
    assert_eq!(fs::read_to_string(&path).unwrap(), "#!/bin/sh\necho mine >&2\n");
    // An older part of ours is brought up to date, and says so before.
    fs::write(&path, text.replace("answer=$?", "answer=$?; :") + "echo mine >&2\n").unwrap();
    assert_eq!(status(&lab)["state"], "outdated");
    assert_eq!(lab.puff(&["hook", "install", "--json"]).ok().json()["did"], "updated");
    assert_eq!(fs::read_to_string(&path).unwrap(), text + "echo mine >&2\n");
}

#[test]
fn what_can_not_be_done_is_refused_and_changes_nothing() {
    let lab = TestRepo::new();
    let (path, folder) = (pre_push(&lab), lab.path("work/.git/hooks"));
    // One that stands for several hooks, by the name that it is called by.
    write(&path, "#!/bin/sh\nexec \"$(dirname \"$0\")/$(basename \"$0\").d/all\" \"$@\"\n", 0o755);
    let before = everything(&folder);
    let refused = hook(&lab, "install").exits(1).complains(&["acts on the name"]);
    assert!(refused.stderr.contains("git puff hook pre-push \"$@\""), "{refused:?}");
    assert_eq!(everything(&folder), before);
    // Once it calls git-puff by that line, that is as good.
    let line = "if command -v git-puff >/dev/null; then git puff hook pre-push \"$@\"; fi\n";
    write(&path, format!("#!/bin/sh\n{line}exec true $(basename \"$0\")\n"), 0o755);
    assert_eq!(status(&lab)["state"], "called");
    hook(&lab, "install").ok();
    hook(&lab, "uninstall").exits(1).complains(&["is yours"]);

    // Two hooks of the user's.
    write(&path, "#!/bin/sh\nexit 0\n", 0o755);
    write(&folder.join("pre-push.before-puff"), "#!/bin/sh\nexit 1\n", 0o755);
    let before = everything(&folder);
    hook(&lab, "install").exits(1).complains(&["pre-push.before-puff", "already"]);
    assert_eq!(everything(&folder), before);

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    hook(&lab, "install").exits(1).complains(&["is a directory"]);
    lab.git(&["config", "core.hooksPath", "/dev/null"]);
    hook(&lab, "install").exits(1).complains(&["/dev/null", "is not a directory"]);
}

#[test]
fn a_folder_of_hooks_that_others_use_too_is_only_touched_when_that_is_said() {
    let lab = TestRepo::new();
    let shared = lab.path("shared-hooks");
    fs::create_dir(&shared).unwrap();
    lab.git(&["config", "core.hooksPath", shared.to_str().unwrap()]);
    let refused = hook(&lab, "install").exits(1).complains(&["shared-hooks", "outside this repository"]);
    assert!(refused.stderr.contains("--shared") && refused.stderr.contains("core.hooksPath"), "{refused:?}");
    assert_eq!(everything(&shared), []);
    lab.puff(&["hook", "install", "--shared"]).ok();
    assert_eq!(everything(&shared).len(), 1);
    hook(&lab, "uninstall").exits(1).complains(&["outside"]);
    lab.puff(&["hook", "uninstall", "--shared"]).ok();
    assert_eq!(everything(&shared), []);
    // The same by a link, as a folder of settings is often brought in.
    lab.git(&["config", "--unset", "core.hooksPath"]);
    fs::remove_dir_all(lab.path("work/.git/hooks")).unwrap();
    symlink(&shared, lab.path("work/.git/hooks")).unwrap();
    hook(&lab, "install").exits(1).complains(&["outside"]);

    // A folder of the worktree is the repository's own.
    lab.git(&["config", "core.hooksPath", ".githooks"]);
    hook(&lab, "install").ok();
    assert!(lab.path("work/.githooks/pre-push").is_file());
    push(&lab, &["--dry-run"]).ok();
    hook(&lab, "uninstall").ok();
    assert!(!lab.path("work/.githooks").exists());
}

#[test]
fn worktrees_share_it_and_a_bare_repository_has_one() {
    let lab = TestRepo::new();
    lab.git(&["worktree", "add", "-q", "../linked"]);
    let linked = lab.path("linked");
    let puff = |folder: &Path, args: &[&str]| run(lab.command("git").current_dir(folder).arg("puff").args(args));
    puff(&linked, &["hook", "install"]).ok();
    assert!(pre_push(&lab).is_file());
    assert_eq!(status(&lab)["state"], "installed");
    lab.git_in(&linked, &["push", "-q", "origin", "HEAD:refs/heads/linked"]);
    puff(&linked, &["hook", "uninstall"]).ok();
    assert!(!pre_push(&lab).exists());

    lab.git_in(&lab.path("."), &["clone", "-q", "--bare", "origin.git", "bare.git"]);
    let bare = lab.path("bare.git");
    write(&bare.join("hooks/pre-push"), witness(&lab, "bare", 0), 0o755);
    puff(&bare, &["hook", "install"]).ok();
    lab.git_in(&bare, &["push", "-q", "origin", "main:refs/heads/from-bare"]);
    assert!(String::from_utf8(told(&lab, "bare").1).unwrap().contains("refs/heads/from-bare"));
    puff(&bare, &["hook", "uninstall"]).ok();
}

#[test]
fn pushes_go_on_where_git_puff_is_gone() {
    let mut lab = TestRepo::new();
    write(&pre_push(&lab), witness(&lab, "before", 0), 0o755);
    hook(&lab, "install").ok();
    lab.commit("notes.txt", "mine\n", "Mine");
    let path: Vec<String> = {
        let own = Path::new(env!("CARGO_BIN_EXE_git-puff")).parent().unwrap();
        let all = run(lab.command("sh").args(["-c", "echo \"$PATH\""])).stdout.trim().to_owned();
        all.split(':').filter(|folder| Path::new(folder) != own).map(str::to_owned).collect()
    };
    lab.set("PATH", &path.join(":"));
    let pushed = push(&lab, &[]).ok();
    assert!(pushed.stderr.contains("warning: git-puff is not installed here"), "{pushed:?}");
    assert!(pushed.stderr.contains("hint: install it, or put the hook back that was here before: mv "), "{pushed:?}");
    // The user's own hook is asked all the same; and the hint is right.
    assert!(String::from_utf8(told(&lab, "before").1).unwrap().contains("refs/heads/main"));
    let command = pushed.stderr.split("before: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    run(lab.command("sh").args(["-c", &command])).ok();
    assert_eq!(fs::read_to_string(pre_push(&lab)).unwrap(), witness(&lab, "before", 0));

    // An older git-puff does not know the verb, or one fails: no reason either.
    lab.puff(&["hook", "install"]);
    write(&lab.path("bin/git-puff"), "#!/bin/sh\nexit 129\n", 0o755);
    write(&pre_push(&lab), fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/pre-push")).unwrap(), 0o755);
    lab.commit("notes.txt", "more\n", "More");
    let pushed = push(&lab, &[]).ok();
    assert!(pushed.stderr.contains("could not look at what is pushed"), "{pushed:?}");
}

/// The two steps in which a hook is put beside ours, each the last one that a kill let happen.
#[test]
fn a_kill_in_the_middle_leaves_the_users_hook_in_effect() {
    let lab = TestRepo::new();
    let path = write(&pre_push(&lab), witness(&lab, "before", 5), 0o755);
    let beside = lab.path("work/.git/hooks/pre-push.before-puff");
    let before = everything(&lab.path("work/.git/hooks"));
    let in_effect = || {
        let _ = fs::remove_file(lab.path("before.stdin"));
        assert_eq!(run(lab.command(&path).args(["origin", "x"])).code, 5);
        assert!(lab.path("before.stdin").exists());
    };
    fs::hard_link(&path, &beside).unwrap();
    fs::write(lab.path("work/.git/hooks/pre-push.puff-x1Y2"), "#!/bin/sh\nhal").unwrap();
    in_effect();
    assert_eq!(status(&lab)["state"], "absent");
    hook(&lab, "install").ok();
    in_effect();
    hook(&lab, "uninstall").ok();
    assert_eq!(everything(&lab.path("work/.git/hooks")), before);
    // Given up instead of gone on with.
    fs::hard_link(&path, &beside).unwrap();
    hook(&lab, "uninstall").ok();
    assert_eq!(everything(&lab.path("work/.git/hooks")), before);
    in_effect();

    // Killed at many moments, whichever step that is.
    for delay in 0..24 {
        let verb = if delay % 2 == 0 { "install" } else { "uninstall" };
        let mut child = lab.spawn(&["hook", verb], std::process::Stdio::null());
        std::thread::sleep(std::time::Duration::from_micros(delay * 700));
        let _ = child.kill();
        child.wait().unwrap();
        in_effect();
    }
    hook(&lab, "install").ok();
    hook(&lab, "uninstall").ok();
    assert_eq!(everything(&lab.path("work/.git/hooks")), before);
}
