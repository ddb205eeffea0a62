//! The pre-push hook: put there, beside whatever is there, and taken away without a trace.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::Value;

use crate::support::hooks::{everything, pre_push, push, told, witness, write};
use crate::support::test_repo::{Ran, TestRepo, run};

fn hook(repo: &TestRepo, verb: &str) -> Ran {
    repo.puff(&["hook", verb])
}

fn status(repo: &TestRepo) -> Value {
    repo.puff(&["hook", "status", "--json"]).json()
}

#[test]
fn install_is_idempotent_and_uninstall_removes_it() {
    let repo = TestRepo::new();
    let before = everything(&repo.path("work/.git/hooks"));
    let absent = hook(&repo, "status").exits(1);
    assert!(
        absent.stdout.contains("do not call git-puff") && absent.stderr.contains("git puff hook install"),
        "{absent:?}"
    );
    hook(&repo, "install").ok();
    let installed = everything(&repo.path("work/.git/hooks"));
    assert_eq!(installed.len(), before.len() + 1);
    assert_eq!(pre_push(&repo).metadata().unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(
        (status(&repo)["schema"].as_str(), status(&repo)["state"].as_str()),
        (Some("puff.hook/1"), Some("installed"))
    );
    hook(&repo, "status").ok();
    hook(&repo, "install").ok();
    assert_eq!(everything(&repo.path("work/.git/hooks")), installed, "installing twice changes nothing");
    repo.commit("notes.txt", "mine\n", "Mine");
    push(&repo, &[]).ok();
    let did = repo.puff(&["hook", "uninstall", "--json"]).ok().json();
    assert_eq!((did["did"].as_str(), did["state"].as_str()), (Some("uninstalled"), Some("absent")));
    assert_eq!(everything(&repo.path("work/.git/hooks")), before);
    hook(&repo, "uninstall").ok();
    // Where there was no folder of hooks, there is none afterwards.
    fs::remove_dir_all(repo.path("work/.git/hooks")).unwrap();
    hook(&repo, "install").ok();
    push(&repo, &["--dry-run"]).ok();
    hook(&repo, "uninstall").ok();
    assert!(!repo.path("work/.git/hooks").exists());
}

#[test]
fn an_existing_hook_is_called_with_the_same_arguments_and_input() {
    let repo = TestRepo::new();
    let path = write(&pre_push(&repo), witness(&repo, "before", 0), 0o755);
    repo.git(&["branch", "other"]);
    push(&repo, &["origin", "main", "other"]).ok();
    let alone = told(&repo, "before");
    repo.git(&["push", "-q", "origin", "--delete", "other"]);
    let before = everything(&repo.path("work/.git/hooks"));
    let installed = hook(&repo, "install").ok();
    assert!(installed.stdout.contains("pre-push.before-puff"), "{installed:?}");
    fs::remove_file(repo.path("before.stdin")).unwrap();
    push(&repo, &["origin", "main", "other"]).ok();
    assert_eq!(told(&repo, "before"), alone);

    // What it answers is what git hears, whichever code it is.
    for code in [1, 3, 42] {
        write(&repo.path("work/.git/hooks/pre-push.before-puff"), witness(&repo, "before", code), 0o755);
        repo.commit("notes.txt", format!("{code}\n"), "Mine");
        push(&repo, &[]).exits(1);
        let ran = run(repo.command(&path).args(["origin", "../origin.git"]));
        assert_eq!(ran.code, code, "{ran:?}");
    }
    // A hook that reads nothing of what it is given, however much that is, is no trouble.
    write(&repo.path("work/.git/hooks/pre-push.before-puff"), "#!/bin/sh\nexit 7\n", 0o755);
    let lines = format!("refs/heads/main {0} refs/heads/main {0}\n", repo.git(&["rev-parse", "main"])).repeat(20_000);
    let input = repo.path("lines");
    fs::write(&input, lines).unwrap();
    let ran = run(repo.command(&path).args(["origin", "x"]).stdin(fs::File::open(&input).unwrap()));
    assert_eq!((ran.code, ran.stderr.as_str()), (7, ""));
    write(&repo.path("work/.git/hooks/pre-push.before-puff"), witness(&repo, "before", 0), 0o755);
    hook(&repo, "uninstall").ok();
    assert_eq!(everything(&repo.path("work/.git/hooks")), before);
}

#[test]
fn uninstall_restores_any_existing_hook() {
    type Make<'m> = &'m dyn Fn(&TestRepo, &Path);
    let make: [(&str, Make<'_>); 5] = [
        ("not executable", &|_, path| drop(write(path, "#!/bin/sh\nexit 1\n", 0o640))),
        ("a link", &|repo, path| {
            write(&repo.path("work/.git/hooks/shared"), "#!/bin/sh\nexit 0\n", 0o755);
            symlink("shared", path).unwrap();
        }),
        ("a broken link", &|_, path| symlink("nowhere", path).unwrap()),
        ("a binary", &|_, path| {
            fs::copy("/bin/true", path).unwrap();
        }),
        ("odd permissions, no last line end", &|_, path| drop(write(path, "#!/bin/sh\r\n:", 0o4711))),
    ];
    for (what, make) in make {
        let repo = TestRepo::new();
        make(&repo, &pre_push(&repo));
        let before = everything(&repo.path("work/.git/hooks"));
        hook(&repo, "install").ok();
        assert_eq!(status(&repo)["state"], "installed", "{what}");
        let runs = !what.starts_with("not") && !what.starts_with("a broken");
        assert_eq!(status(&repo)["chained_runs"], runs, "{what}");
        if !what.starts_with("odd") {
            push(&repo, &["--dry-run"]).ok();
        }
        hook(&repo, "uninstall").ok();
        assert_eq!(everything(&repo.path("work/.git/hooks")), before, "{what}");
    }
}

#[test]
fn the_users_lines_in_the_hook_are_kept() {
    let repo = TestRepo::new();
    hook(&repo, "install").ok();
    let path = pre_push(&repo);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.clone() + "echo mine >&2\n").unwrap();
    hook(&repo, "install").ok();
    assert!(push(&repo, &["--dry-run"]).ok().stderr.contains("mine"));
    hook(&repo, "uninstall").ok();
    assert_eq!(fs::read_to_string(&path).unwrap(), "#!/bin/sh\necho mine >&2\n");
    // An older part of ours is brought up to date, and says so before.
    fs::write(&path, text.replace("answer=$?", "answer=$?; :") + "echo mine >&2\n").unwrap();
    assert_eq!(status(&repo)["state"], "outdated");
    assert_eq!(repo.puff(&["hook", "install", "--json"]).ok().json()["did"], "updated");
    assert_eq!(fs::read_to_string(&path).unwrap(), text + "echo mine >&2\n");
}

#[test]
fn what_can_not_be_done_is_refused_and_changes_nothing() {
    let repo = TestRepo::new();
    let (path, folder) = (pre_push(&repo), repo.path("work/.git/hooks"));
    // One that stands for several hooks, by the name that it is called by.
    write(&path, "#!/bin/sh\nexec \"$(dirname \"$0\")/$(basename \"$0\").d/all\" \"$@\"\n", 0o755);
    let before = everything(&folder);
    let refused = hook(&repo, "install").exits(1).complains(&["acts on the name"]);
    assert!(refused.stderr.contains("git puff hook pre-push \"$@\""), "{refused:?}");
    assert_eq!(everything(&folder), before);
    // Once it calls git-puff by that line, that is as good.
    let line = "if command -v git-puff >/dev/null; then git puff hook pre-push \"$@\"; fi\n";
    write(&path, format!("#!/bin/sh\n{line}exec true $(basename \"$0\")\n"), 0o755);
    assert_eq!(status(&repo)["state"], "called");
    hook(&repo, "install").ok();
    hook(&repo, "uninstall").exits(1).complains(&["is yours"]);

    // Two hooks of the user's.
    write(&path, "#!/bin/sh\nexit 0\n", 0o755);
    write(&folder.join("pre-push.before-puff"), "#!/bin/sh\nexit 1\n", 0o755);
    let before = everything(&folder);
    hook(&repo, "install").exits(1).complains(&["pre-push.before-puff", "already"]);
    assert_eq!(everything(&folder), before);

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    hook(&repo, "install").exits(1).complains(&["is a directory"]);
    repo.git(&["config", "core.hooksPath", "/dev/null"]);
    hook(&repo, "install").exits(1).complains(&["/dev/null", "is not a directory"]);
}

#[test]
fn a_shared_hooks_folder_is_changed_only_on_request() {
    let repo = TestRepo::new();
    let shared = repo.path("shared-hooks");
    fs::create_dir(&shared).unwrap();
    repo.git(&["config", "core.hooksPath", shared.to_str().unwrap()]);
    let refused = hook(&repo, "install").exits(1).complains(&["shared-hooks", "outside this repository"]);
    assert!(refused.stderr.contains("--shared") && refused.stderr.contains("core.hooksPath"), "{refused:?}");
    assert_eq!(everything(&shared), []);
    repo.puff(&["hook", "install", "--shared"]).ok();
    assert_eq!(everything(&shared).len(), 1);
    hook(&repo, "uninstall").exits(1).complains(&["outside"]);
    repo.puff(&["hook", "uninstall", "--shared"]).ok();
    assert_eq!(everything(&shared), []);
    // The same by a link, as a folder of settings is often brought in.
    repo.git(&["config", "--unset", "core.hooksPath"]);
    fs::remove_dir_all(repo.path("work/.git/hooks")).unwrap();
    symlink(&shared, repo.path("work/.git/hooks")).unwrap();
    hook(&repo, "install").exits(1).complains(&["outside"]);

    // A folder of the worktree is the repository's own.
    repo.git(&["config", "core.hooksPath", ".githooks"]);
    hook(&repo, "install").ok();
    assert!(repo.path("work/.githooks/pre-push").is_file());
    push(&repo, &["--dry-run"]).ok();
    hook(&repo, "uninstall").ok();
    assert!(!repo.path("work/.githooks").exists());
}

#[test]
fn worktrees_share_it_and_a_bare_repository_has_one() {
    let repo = TestRepo::new();
    repo.git(&["worktree", "add", "-q", "../linked"]);
    let linked = repo.path("linked");
    let puff = |folder: &Path, args: &[&str]| run(repo.command("git").current_dir(folder).arg("puff").args(args));
    puff(&linked, &["hook", "install"]).ok();
    assert!(pre_push(&repo).is_file());
    assert_eq!(status(&repo)["state"], "installed");
    repo.git_in(&linked, &["push", "-q", "origin", "HEAD:refs/heads/linked"]);
    puff(&linked, &["hook", "uninstall"]).ok();
    assert!(!pre_push(&repo).exists());

    repo.git_in(&repo.path("."), &["clone", "-q", "--bare", "origin.git", "bare.git"]);
    let bare = repo.path("bare.git");
    write(&bare.join("hooks/pre-push"), witness(&repo, "bare", 0), 0o755);
    puff(&bare, &["hook", "install"]).ok();
    repo.git_in(&bare, &["push", "-q", "origin", "main:refs/heads/from-bare"]);
    assert!(String::from_utf8(told(&repo, "bare").1).unwrap().contains("refs/heads/from-bare"));
    puff(&bare, &["hook", "uninstall"]).ok();
}

#[test]
fn pushes_succeed_without_git_puff() {
    let mut repo = TestRepo::new();
    write(&pre_push(&repo), witness(&repo, "before", 0), 0o755);
    hook(&repo, "install").ok();
    repo.commit("notes.txt", "mine\n", "Mine");
    let path: Vec<String> = {
        let own = Path::new(env!("CARGO_BIN_EXE_git-puff")).parent().unwrap();
        let all = run(repo.command("sh").args(["-c", "echo \"$PATH\""])).stdout.trim().to_owned();
        all.split(':').filter(|folder| Path::new(folder) != own).map(str::to_owned).collect()
    };
    repo.set("PATH", &path.join(":"));
    let pushed = push(&repo, &[]).ok();
    assert!(pushed.stderr.contains("warning: git-puff is not installed here"), "{pushed:?}");
    assert!(pushed.stderr.contains("hint: install it, or put the hook back that was here before: mv "), "{pushed:?}");
    // The user's own hook is asked all the same; and the hint is right.
    assert!(String::from_utf8(told(&repo, "before").1).unwrap().contains("refs/heads/main"));
    let command = pushed.stderr.split("before: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    run(repo.command("sh").args(["-c", &command])).ok();
    assert_eq!(fs::read_to_string(pre_push(&repo)).unwrap(), witness(&repo, "before", 0));

    // An older git-puff does not know the verb, or one fails: no reason either.
    repo.puff(&["hook", "install"]);
    write(&repo.path("bin/git-puff"), "#!/bin/sh\nexit 129\n", 0o755);
    write(&pre_push(&repo), fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks/pre-push")).unwrap(), 0o755);
    repo.commit("notes.txt", "more\n", "More");
    let pushed = push(&repo, &[]).ok();
    assert!(pushed.stderr.contains("could not look at what is pushed"), "{pushed:?}");
}

/// The two steps in which a hook is put beside ours, each the last one that a kill let happen.
#[test]
fn a_killed_install_leaves_the_users_hook_in_effect() {
    let repo = TestRepo::new();
    let path = write(&pre_push(&repo), witness(&repo, "before", 5), 0o755);
    let beside = repo.path("work/.git/hooks/pre-push.before-puff");
    let before = everything(&repo.path("work/.git/hooks"));
    let in_effect = || {
        let _ = fs::remove_file(repo.path("before.stdin"));
        assert_eq!(run(repo.command(&path).args(["origin", "x"])).code, 5);
        assert!(repo.path("before.stdin").exists());
    };
    fs::hard_link(&path, &beside).unwrap();
    fs::write(repo.path("work/.git/hooks/pre-push.puff-x1Y2"), "#!/bin/sh\nhal").unwrap();
    in_effect();
    assert_eq!(status(&repo)["state"], "absent");
    hook(&repo, "install").ok();
    in_effect();
    hook(&repo, "uninstall").ok();
    assert_eq!(everything(&repo.path("work/.git/hooks")), before);
    // Given up instead of gone on with.
    fs::hard_link(&path, &beside).unwrap();
    hook(&repo, "uninstall").ok();
    assert_eq!(everything(&repo.path("work/.git/hooks")), before);
    in_effect();

    // Killed at many moments, whichever step that is.
    for delay in 0..24 {
        let verb = if delay % 2 == 0 { "install" } else { "uninstall" };
        let mut child = repo.spawn(&["hook", verb], std::process::Stdio::null());
        std::thread::sleep(std::time::Duration::from_micros(delay * 700));
        let _ = child.kill();
        child.wait().unwrap();
        in_effect();
    }
    hook(&repo, "install").ok();
    hook(&repo, "uninstall").ok();
    assert_eq!(everything(&repo.path("work/.git/hooks")), before);
}
