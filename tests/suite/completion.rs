//! TAB, in the real shells: with their own completions of git, and without.

use std::path::{Path, PathBuf};

use crate::support::export::Export;
use crate::support::shells::{Typist, fish};
use crate::support::test_repo::{TestRepo, run};

/// Text that a shell would do something with, if anybody let it.
const NASTY: &str = "a \"q\" 'r' $(touch pwned) `touch pwned`: x;touch pwned \u{1b}[2J\u{202e} ünï %s \\n";

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

/// git's own completion for bash, wherever the system has it.
const OF_GIT: &str = "/usr/share/bash-completion/completions/git";

/// A clone with two runs of two variants, the newer one with a nasty title, and what else can be named.
fn repo() -> TestRepo {
    let repo = TestRepo::new();
    let export = Export::new(&repo, "patches");
    for variant in 1..=2 {
        export.patch(variant, repo.patch("notes.txt", format!("one\ntwo\n{variant}\n")));
    }
    export.harvest(&repo, &["--name", "tidy-up"]).ok();
    let record = repo.git(&["show", "refs/puff/runs/tidy-up:run.json"]);
    let mut record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["run"] = "nasty-1".into();
    record["title"] = NASTY.into();
    record["created_at"] = "2099-01-01T00:00:00.000Z".into();
    repo.write("../record", record.to_string());
    let blob = repo.git(&["hash-object", "-w", "../record"]);
    repo.write("../tree", format!("100644 blob {blob}\trun.json\n"));
    let tree = run(repo.command("sh").args(["-c", "git mktree <../tree"])).ok().stdout;
    let commit = repo.git(&["commit-tree", "-m", "recorded", tree.trim()]);
    repo.git(&["update-ref", "refs/puff/runs/nasty-1", &commit]);
    repo.git(&["config", "puff.env", "acme \"the $(touch pwned) widgets\": ünï"]);
    repo.git(&["config", "puff.agent.ada.command", "true"]);
    repo.git(&["branch", "topic/one"]);
    repo
}

/// Nothing that was shown or completed was run.
fn nothing_was_run(repo: &TestRepo) {
    assert!(!repo.work().join("pwned").exists(), "a shell ran what was to be shown");
}

/// What all shells make of the same lines.
const LINES: [(&str, &str); 12] = [
    ("git-puff harv", "git-puff harvest "),
    ("git puff harv", "git puff harvest "),
    ("git puff session at", "git puff session attach "),
    ("git puff harvest --recr", "git puff harvest --recreate "),
    ("git puff show nas", "git puff show nasty-1 "),
    ("git-puff show tid", "git-puff show tidy-up "),
    ("git-puff pick tidy-up:1", "git-puff pick tidy-up:1 "),
    ("git puff pick tidy-up:1", "git puff pick tidy-up:1 "),
    ("git puff launch --base topi", "git puff launch --base topic/one "),
    ("git puff launch --agent ad", "git puff launch --agent ada "),
    ("git puff report @ --format h", "git puff report @ --format html "),
    ("git puff launch --prompt-file READ", "git puff launch --prompt-file README "),
];

#[test]
fn bash_completes_through_git_s_own_completion_and_alone() {
    let repo = repo();
    let mut bash = Typist::bash(&repo, &[Path::new(OF_GIT), &script("git-puff.bash")]);
    for (line, whole) in LINES {
        assert_eq!(bash.complete(line), whole);
    }
    // What bash takes for several words is one.
    assert_eq!(bash.complete("git puff pick tid"), "git puff pick tidy-up:");
    assert_eq!(bash.complete("git-puff report @ --format=h"), "git-puff report @ --format=html ");
    assert_eq!(bash.complete("git puff report @ --format=h"), "git puff report @ --format=html ");
    assert_eq!(bash.complete("git-puff launch --prompt 'a: b' --harv"), "git-puff launch --prompt 'a: b' --harvest ");
    assert_eq!(bash.complete("git-puff harvest --out sr"), "git-puff harvest --out src/");
    // As the call will be: git's options count, and elsewhere there are no runs.
    assert_eq!(bash.complete("git -C src puff show tid"), "git -C src puff show tidy-up ");
    assert_eq!(bash.complete("git -C / puff show tid"), "git -C / puff show tid");
    assert_eq!(
        bash.complete("git puff launch --env acm"),
        "git puff launch --env acme\\ \\\"the\\ \\$\\(touch\\ pwned\\)\\ widgets\\\":\\ ünï "
    );
    assert_eq!(
        bash.complete("git puff launch --env \"acm"),
        "git puff launch --env \"acme \\\"the \\$(touch pwned) widgets\\\": ünï\""
    );
    let offered = bash.offers("git puff show ");
    assert!(offered.contains("nasty-1") && offered.contains("tidy-up") && offered.contains('@'), "{offered}");
    assert!(!bash.offers("git puff show ").contains("README"), "files are no runs");
    // A prompt is anything.
    assert_eq!(bash.complete("git puff launch --prompt READ"), "git puff launch --prompt READ");
    nothing_was_run(&repo);
}

#[test]
fn bash_completes_git_puff_without_a_completion_of_git() {
    let repo = repo();
    let mut bash = Typist::bash(&repo, &[&script("git-puff.bash")]);
    assert_eq!(bash.complete("git-puff harvest --recr"), "git-puff harvest --recreate ");
    assert_eq!(bash.complete("git-puff show nas"), "git-puff show nasty-1 ");
    nothing_was_run(&repo);
}

#[test]
fn zsh_completes_through_its_own_completion_of_git_and_alone() {
    needs!("zsh");
    let repo = repo();
    let mut zsh = Typist::zsh(&repo, script("").as_path());
    for (line, whole) in LINES {
        assert_eq!(zsh.complete(line), whole);
    }
    assert_eq!(zsh.complete("git puf"), "git puff ");
    assert_eq!(zsh.complete("git puff pick tid"), "git puff pick tidy-up:");
    assert_eq!(zsh.complete("git puff report @ --format=h"), "git puff report @ --format=html ");
    assert_eq!(zsh.complete("git -C src puff show tid"), "git -C src puff show tidy-up ");
    assert_eq!(
        zsh.complete("git puff launch --env acm"),
        "git puff launch --env acme\\ \\\"the\\ \\$\\(touch\\ pwned\\)\\ widgets\\\":\\ ünï "
    );
    let offered = zsh.offers("git puff show ");
    assert!(offered.contains("-- harvested: a \"q\" 'r' $(touch pwned) `touch pwned`: x;touch pwned"), "{offered}");
    assert!(!offered.contains("\u{1b}[2J") && !offered.contains('\u{202e}'), "{offered}");
    assert!(zsh.offers("git puff harvest --re").contains("--recreate"));
    assert!(zsh.offers("git puff report @ --").contains("-- The format of the report"));
    nothing_was_run(&repo);
}

#[test]
fn fish_completes_git_puff_in_both_ways() {
    needs!("fish");
    let repo = repo();
    let conf = repo.path("home/.config/fish/conf.d");
    std::fs::create_dir_all(&conf).unwrap();
    std::fs::copy(script("git-puff.fish"), conf.join("git-puff.fish")).unwrap();
    for (line, whole) in LINES {
        let begun = line.rsplit(' ').next().unwrap_or_default();
        let word = whole.trim_end().rsplit(' ').next().unwrap_or_default();
        let offered = fish(&repo, line);
        assert!(offered.lines().any(|offer| offer.split('\t').next() == Some(word)), "{begun}: {offered}");
    }
    assert!(fish(&repo, "git pu").contains("puff\t"));
    assert!(fish(&repo, "git chec").contains("checkout"), "the completion of git itself is still there");
    assert_eq!(fish(&repo, "git puff report @ --format=h").split('\t').next(), Some("--format=html"));
    assert_eq!(fish(&repo, "git -C src puff show tid").split('\t').next(), Some("tidy-up"));
    assert_eq!(fish(&repo, "git puff launch --prompt-file=READ"), "--prompt-file=README\n");
    let offered = fish(&repo, "git puff show ");
    assert!(offered.contains("nasty-1\tharvested: a \"q\" 'r' $(touch pwned)"), "{offered}");
    assert!(offered.starts_with("@\t") && !offered.contains('\u{1b}') && !offered.contains("README"), "{offered}");
    assert!(fish(&repo, "git puff launch --env ac").starts_with("acme \"the $(touch pwned) widgets\": ünï\t"));
    nothing_was_run(&repo);
}

#[test]
fn elvish_completes_git_puff_in_both_ways() {
    needs!("elvish");
    let repo = repo();
    let mut elvish = Typist::elvish(&repo, &script("git-puff.elv"));
    for (line, whole) in LINES {
        assert_eq!(elvish.complete(line), whole);
    }
    nothing_was_run(&repo);
}

/// Whoever presses TAB hears nothing of what is wrong, and changes nothing.
#[test]
fn completion_prints_no_errors_and_writes_nothing() {
    let repo = repo();
    let questions: [&[&str]; 8] = [
        &[""],
        &["show", ""],
        &["pick", "tidy-up:"],
        &["launch", "--env", ""],
        &["session", "log", ""],
        &["show", "*"],
        &["show", "no-such-run:"],
        &["--nonsense", "nonsense", "--", "", "-"],
    ];
    let ask = |folder: &Path| {
        for words in questions {
            let args = [&["puff", "complete", "--"], words].concat();
            let said = run(repo.command("git").current_dir(folder).args(args)).ok();
            assert_eq!(said.stderr, "", "{words:?}");
        }
        assert_eq!(run(repo.command("git").current_dir(folder).args(["puff", "complete"])).ok().stderr, "");
    };
    let files = || run(repo.command("find").args([".", "-newer", "../mark"])).ok().stdout;
    let before = repo.fingerprint();
    repo.write("../mark", "");
    ask(&repo.work());
    assert_eq!(files(), "");
    assert_eq!(repo.fingerprint(), before);
    ask(Path::new("/"));
    let said = repo.puff(&["complete", "--", "show", "tid"]).ok().stdout;
    assert_eq!(said, "-\ntidy-up\tharvested: patches\n");

    // A run that cannot be read is still a name, and a configuration that cannot be read is nobody's business here.
    let empty = repo.git(&["commit-tree", "-m", "x", "HEAD:src"]);
    repo.git(&["update-ref", "refs/puff/runs/broken-1", &empty]);
    let said = repo.puff(&["complete", "--", "show", "bro"]).ok();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("-\nbroken-1\tcannot read its record\n", ""));
    repo.write(".git/config", "[broken\n");
    let said = run(repo.command("git-puff").args(["complete", "--", "show", ""])).ok();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("-\n", ""));
}

/// As a package has them: each shell finds its file by itself.
#[test]
fn what_is_installed_is_found_by_the_shells() {
    needs!("zsh", "fish", "bash-completion");
    let repo = repo();
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/install");
    let prefix = repo.path("opt");
    let program = env!("CARGO_BIN_EXE_git-puff");
    run(repo.command(packaging).args(["--bin", program, "--prefix"]).arg(&prefix)).ok();
    let mut repo = repo;
    let share = prefix.join("share");
    repo.set("XDG_DATA_DIRS", &format!("{}:/usr/share", share.display()));

    let mut bash = Typist::bash(&repo, &[Path::new("/usr/share/bash-completion/bash_completion")]);
    assert_eq!(bash.complete("git puff show tid"), "git puff show tidy-up ");
    let mut bash = Typist::bash(&repo, &[Path::new("/usr/share/bash-completion/bash_completion")]);
    assert_eq!(bash.complete("git-puff show tid"), "git-puff show tidy-up ");
    let mut zsh = Typist::zsh(&repo, &share.join("zsh/site-functions"));
    assert_eq!(zsh.complete("git puff show tid"), "git puff show tidy-up ");
    assert_eq!(fish(&repo, "git puff show tid").split('\t').next(), Some("tidy-up"));
    assert_eq!(fish(&repo, "git-puff show tid").split('\t').next(), Some("tidy-up"));
}
