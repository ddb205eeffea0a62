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
fn lab() -> TestRepo {
    let lab = TestRepo::new();
    let export = Export::new(&lab, "patches");
    for variant in 1..=2 {
        export.patch(variant, lab.patch("notes.txt", format!("one\ntwo\n{variant}\n")));
    }
    export.harvest(&lab, &["--name", "tidy-up"]).ok();
    let record = lab.git(&["show", "refs/puff/runs/tidy-up:run.json"]);
    let mut record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["run"] = "nasty-1".into();
    record["title"] = NASTY.into();
    record["created_at"] = "2099-01-01T00:00:00.000Z".into();
    lab.write("../record", record.to_string());
    let blob = lab.git(&["hash-object", "-w", "../record"]);
    lab.write("../tree", format!("100644 blob {blob}\trun.json\n"));
    let tree = run(lab.command("sh").args(["-c", "git mktree <../tree"])).ok().stdout;
    let commit = lab.git(&["commit-tree", "-m", "recorded", tree.trim()]);
    lab.git(&["update-ref", "refs/puff/runs/nasty-1", &commit]);
    lab.git(&["config", "puff.env", "acme \"the $(touch pwned) widgets\": ünï"]);
    lab.git(&["config", "puff.agent.ada.command", "true"]);
    lab.git(&["branch", "topic/one"]);
    lab
}

/// Nothing that was shown or completed was run.
fn nothing_was_run(lab: &TestRepo) {
    assert!(!lab.work().join("pwned").exists(), "a shell ran what was to be shown");
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
    let lab = lab();
    let mut bash = Typist::bash(&lab, &[Path::new(OF_GIT), &script("git-puff.bash")]);
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
    nothing_was_run(&lab);
}

#[test]
fn bash_completes_git_puff_without_a_completion_of_git() {
    let lab = lab();
    let mut bash = Typist::bash(&lab, &[&script("git-puff.bash")]);
    assert_eq!(bash.complete("git-puff harvest --recr"), "git-puff harvest --recreate ");
    assert_eq!(bash.complete("git-puff show nas"), "git-puff show nasty-1 ");
    nothing_was_run(&lab);
}

#[test]
fn zsh_completes_through_its_own_completion_of_git_and_alone() {
    needs!("zsh");
    let lab = lab();
    let mut zsh = Typist::zsh(&lab, script("").as_path());
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
    nothing_was_run(&lab);
}

#[test]
fn fish_completes_git_puff_in_both_ways() {
    needs!("fish");
    let lab = lab();
    let conf = lab.path("home/.config/fish/conf.d");
    std::fs::create_dir_all(&conf).unwrap();
    std::fs::copy(script("git-puff.fish"), conf.join("git-puff.fish")).unwrap();
    for (line, whole) in LINES {
        let begun = line.rsplit(' ').next().unwrap_or_default();
        let word = whole.trim_end().rsplit(' ').next().unwrap_or_default();
        let offered = fish(&lab, line);
        assert!(offered.lines().any(|offer| offer.split('\t').next() == Some(word)), "{begun}: {offered}");
    }
    assert!(fish(&lab, "git pu").contains("puff\t"));
    assert!(fish(&lab, "git chec").contains("checkout"), "the completion of git itself is still there");
    assert_eq!(fish(&lab, "git puff report @ --format=h").split('\t').next(), Some("--format=html"));
    assert_eq!(fish(&lab, "git -C src puff show tid").split('\t').next(), Some("tidy-up"));
    assert_eq!(fish(&lab, "git puff launch --prompt-file=READ"), "--prompt-file=README\n");
    let offered = fish(&lab, "git puff show ");
    assert!(offered.contains("nasty-1\tharvested: a \"q\" 'r' $(touch pwned)"), "{offered}");
    assert!(offered.starts_with("@\t") && !offered.contains('\u{1b}') && !offered.contains("README"), "{offered}");
    assert!(fish(&lab, "git puff launch --env ac").starts_with("acme \"the $(touch pwned) widgets\": ünï\t"));
    nothing_was_run(&lab);
}

#[test]
fn elvish_completes_git_puff_in_both_ways() {
    needs!("elvish");
    let lab = lab();
    let mut elvish = Typist::elvish(&lab, &script("git-puff.elv"));
    for (line, whole) in LINES {
        assert_eq!(elvish.complete(line), whole);
    }
    nothing_was_run(&lab);
}

/// Whoever presses TAB hears nothing of what is wrong, and changes nothing.
#[test]
fn asking_complains_of_nothing_and_writes_nothing() {
    let lab = lab();
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
            let said = run(lab.command("git").current_dir(folder).args(args)).ok();
            assert_eq!(said.stderr, "", "{words:?}");
        }
        assert_eq!(run(lab.command("git").current_dir(folder).args(["puff", "complete"])).ok().stderr, "");
    };
    let files = || run(lab.command("find").args([".", "-newer", "../mark"])).ok().stdout;
    let before = lab.fingerprint();
    lab.write("../mark", "");
    ask(&lab.work());
    assert_eq!(files(), "");
    assert_eq!(lab.fingerprint(), before);
    ask(Path::new("/"));
    let said = lab.puff(&["complete", "--", "show", "tid"]).ok().stdout;
    assert_eq!(said, "-\ntidy-up\tharvested: patches\n");

    // A run that cannot be read is still a name, and a configuration that cannot be read is nobody's business here.
    let empty = lab.git(&["commit-tree", "-m", "x", "HEAD:src"]);
    lab.git(&["update-ref", "refs/puff/runs/broken-1", &empty]);
    let said = lab.puff(&["complete", "--", "show", "bro"]).ok();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("-\nbroken-1\tcannot read its record\n", ""));
    lab.write(".git/config", "[broken\n");
    let said = run(lab.command("git-puff").args(["complete", "--", "show", ""])).ok();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("-\n", ""));
}

/// As a package has them: each shell finds its file by itself.
#[test]
fn what_is_installed_is_found_by_the_shells() {
    needs!("zsh", "fish", "bash-completion");
    let lab = lab();
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/install");
    let prefix = lab.path("opt");
    let program = env!("CARGO_BIN_EXE_git-puff");
    run(lab.command(packaging).args(["--bin", program, "--prefix"]).arg(&prefix)).ok();
    let mut lab = lab;
    let share = prefix.join("share");
    lab.set("XDG_DATA_DIRS", &format!("{}:/usr/share", share.display()));

    let mut bash = Typist::bash(&lab, &[Path::new("/usr/share/bash-completion/bash_completion")]);
    assert_eq!(bash.complete("git puff show tid"), "git puff show tidy-up ");
    let mut bash = Typist::bash(&lab, &[Path::new("/usr/share/bash-completion/bash_completion")]);
    assert_eq!(bash.complete("git-puff show tid"), "git-puff show tidy-up ");
    let mut zsh = Typist::zsh(&lab, &share.join("zsh/site-functions"));
    assert_eq!(zsh.complete("git puff show tid"), "git puff show tidy-up ");
    assert_eq!(fish(&lab, "git puff show tid").split('\t').next(), Some("tidy-up"));
    assert_eq!(fish(&lab, "git-puff show tid").split('\t').next(), Some("tidy-up"));
}
