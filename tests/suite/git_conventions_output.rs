//! Names of objects and paths as git shows them: `core.abbrev`, `--abbrev`, `core.quotePath`, `-z`; and notes whose text is
//! none.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::support::choice::Choice;
use crate::support::export::{Export, patch_of};
use crate::support::test_repo::{Ran, TestRepo, run};

/// `git -c … puff …`
fn puff(repo: &TestRepo, config: &[&str], args: &[&str]) -> Ran {
    run(repo.command("git").args(config.iter().flat_map(|pair| ["-c", pair])).arg("puff").args(args))
}

/// What `show` has in brackets after the name of the base.
fn base(repo: &TestRepo, config: &[&str], args: &[&str]) -> String {
    let shown = puff(repo, config, &[&["show", "fix"], args].concat()).ok().stdout;
    let line = shown.lines().find(|line| line.trim_start().starts_with("base:")).expect("a base");
    line.split(['(', ')']).nth(1).expect("a name in brackets").to_owned()
}

#[test]
fn names_of_objects_have_as_many_digits_as_git_gives_them() {
    let repo = TestRepo::new();
    // So many objects that git shows eight digits, and so many commits that some begin with the same four.
    let mut stream = String::new();
    for number in 0..16_000 {
        let text = number.to_string();
        let _ = write!(stream, "blob\ndata {}\n{text}\n", text.len());
    }
    for number in 0..800 {
        let _ =
            write!(stream, "commit refs/heads/many\ncommitter A <a@example.com> {} +0000\ndata 1\nx\n", 1000 + number);
    }
    fs::write(repo.path("stream"), stream).unwrap();
    run(repo.command("sh").args(["-c", &format!("git fast-import --quiet <'{}'", repo.path("stream").display())])).ok();
    let mut commits: Vec<String> = repo.git(&["rev-list", "many"]).lines().map(str::to_owned).collect();
    commits.sort();
    let pair = commits.windows(2).find(|pair| pair[0][..4] == pair[1][..4]).expect("two that begin alike");
    let commit = pair[0].as_str();
    let export = Export::new(&repo, "export");
    export.patch(1, patch_of(&repo, || repo.write("new.txt", "new\n")));
    repo.puff(&["harvest", "--from", export.path(), "--base", commit, "--name", "fix"]).ok();

    let short = |digits: &str| repo.git(&["rev-parse", &format!("--short{digits}"), commit]);
    let usual = short("");
    assert_eq!(usual.len(), 8, "git finds this repository smaller than it was to be");
    assert_eq!(base(&repo, &[], &[]), usual);
    assert_eq!(base(&repo, &["core.abbrev=auto"], &[]), usual);
    assert_eq!(base(&repo, &["core.abbrev=12"], &[]), short("=12"));
    assert_eq!(base(&repo, &["core.abbrev=12"], &["--abbrev"]), short("=12"));
    assert_eq!(base(&repo, &["core.abbrev=no"], &[]), commit);
    assert_eq!(base(&repo, &["core.abbrev=12"], &["--no-abbrev"]), commit);
    assert_eq!(base(&repo, &[], &["--no-abbrev", "--abbrev=9"]), short("=9"));
    // No fewer than tell it apart, and never fewer than four.
    for few in ["4", "1"] {
        let shown = base(&repo, &[], &[&format!("--abbrev={few}")]);
        assert_eq!(shown, short("=4"));
        assert!(shown.len() > 4, "another commit begins with {shown}");
    }
    repo.puff(&["show", "fix", "--abbrev=many"]).exits(129).complains(&["many"]);

    // Programs read all of it, and what is written down is the same whoever writes it.
    assert_eq!(puff(&repo, &["core.abbrev=5"], &["show", "fix", "--json"]).ok().json()["base_oid"], commit);
    let report = |config: &[&str]| puff(&repo, config, &["report", "fix"]).ok().stdout;
    assert_eq!(report(&["core.abbrev=5"]), report(&[]));
    let notes = repo.git(&["rev-parse", "refs/notes/puff/report"]);
    puff(&repo, &["core.abbrev=5", "core.quotePath=false"], &["doctor", "--repair"]);
    assert_eq!(repo.git(&["rev-parse", "refs/notes/puff/report"]), notes);
    let tree = repo.git(&["rev-parse", "puff/fix/var1^{tree}"]);
    let line = |args: &[&str]| puff(&repo, &["core.abbrev=6"], &[&["preflight", "fix:1"], args].concat()).ok().stdout;
    assert_eq!(line(&[]), format!("applied {tree} fix:1\n"));
    assert_eq!(line(&["--abbrev"]), format!("applied {} fix:1\n", &tree[..6]));
    assert_eq!(line(&["--abbrev=10"]), format!("applied {} fix:1\n", &tree[..10]));
}

#[test]
fn what_a_pick_says_has_its_names_as_short_as_git_does() {
    let choice = Choice::new();
    let said = puff(&choice.repo, &["core.abbrev=13"], &["pick", "fix:1"]).ok().stdout;
    assert!(said.trim_end().ends_with(&choice.repo.git(&["rev-parse", "--short=13", "HEAD"])), "{said}");
    let said = choice.repo.puff(&["undo", "--abbrev=11"]).ok().stdout;
    assert!(said.contains(&format!("at {} again", choice.repo.git(&["rev-parse", "--short=11", "HEAD"]))), "{said}");
}

/// Names that need quotes, and what git makes of each, without `core.quotePath` and with it.
const NAMES: [(&[u8], &str, &str); 5] = [
    ("gr\u{fc}n".as_bytes(), "gr\u{fc}n", r#""gr\303\274n""#),
    (b"line\nline", r#""line\nline""#, r#""line\nline""#),
    (b"say \"so\"", r#""say \"so\"""#, r#""say \"so\"""#),
    (b"tab\tback\\", r#""tab\tback\\""#, r#""tab\tback\\""#),
    (b"\xfcber", r#""\374ber""#, r#""\374ber""#),
];

#[test]
fn paths_are_quoted_as_git_quotes_them() {
    for (name, plain, quoted) in NAMES {
        let repo = TestRepo::new();
        let write = |text: &str| fs::write(repo.work().join(OsStr::from_bytes(name)), text).unwrap();
        let commit = |text: &str| {
            write(text);
            repo.git(&["add", "--all"]);
            repo.git(&["commit", "-qm", "x"]);
        };
        commit("one\n");
        let export = Export::new(&repo, "export");
        export.patch(1, patch_of(&repo, || write("two\n")));
        export.harvest(&repo, &["--name", "fix"]).ok();
        let shown = puff(&repo, &[], &["diff", "fix", "--matrix"]).ok().stdout;
        let is_text = std::str::from_utf8(name).is_ok();
        assert!(!is_text || shown.contains(quoted), "{shown}");
        let shown = puff(&repo, &["core.quotePath=no"], &["diff", "fix", "--matrix"]).ok().stdout;
        assert!(!is_text || shown.contains(plain), "{shown}");

        commit("three\n");
        repo.puff(&["preflight", "fix", "--onto", "HEAD"]).exits(3);
        // What git says of its own files is whole, text or not.
        let said = |config: &[&str]| {
            let said = puff(&repo, config, &["pick", "fix:1"]).exits(1).stderr;
            repo.puff(&["pick", "--abort"]).ok();
            said
        };
        assert!(said(&[]).contains(&format!("in {quoted}\n")), "{}", said(&[]));
        assert!(said(&["core.quotePath=false"]).contains(&format!("in {plain}\n")));
    }
}

#[test]
fn a_batch_of_names_that_hold_anything_is_read_and_answered_with_z() {
    let repo = TestRepo::new();
    let patch = repo.patch("notes.txt", "one\n2\nthree\n");
    let mut input = Vec::new();
    let mut wanted = Vec::new();
    for (name, ..) in NAMES {
        let path = repo.path("").join(OsStr::from_bytes(name));
        fs::write(&path, &patch).unwrap();
        input.extend([b"HEAD ", path.as_os_str().as_bytes(), b"\0"].concat());
        wanted.push(path);
    }
    input.extend(b"HEAD no such\r\0");
    let ran = repo.puff_with_input(&["preflight", "--batch", "-z"], &input).ok();
    let answers: Vec<&[u8]> = ran.bytes.strip_suffix(b"\0").unwrap().split(|byte| *byte == 0).collect();
    let tree = String::from_utf8(answers[0].to_vec()).unwrap().split(' ').nth(1).unwrap().to_owned();
    for (path, answer) in wanted.iter().zip(&answers) {
        assert_eq!(*answer, [format!("applied {tree} ").as_bytes(), path.as_os_str().as_bytes()].concat());
    }
    assert_eq!((answers.len(), answers[5]), (6, &b"rejected - no such\r"[..]));

    // Without, a name stays in its line.
    for (name, _, quoted) in NAMES {
        let mut command = repo.command("git");
        let path = repo.path("").join(OsStr::from_bytes(name));
        let ran = run(command.args(["puff", "preflight", "--onto", "HEAD", "--patch"]).arg(&path)).ok();
        let ending = quoted.trim_start_matches('"').to_owned() + "\n";
        assert!(
            ran.stdout.starts_with(&format!("applied {tree} \"")) && ran.stdout.ends_with(&ending),
            "{}",
            ran.stdout
        );
    }
    repo.puff(&["preflight", "--batch", "-z", "--json"]).exits(129).complains(&["-z"]);
}

#[test]
fn foreign_text_in_a_note_survives_byte_for_byte() {
    let repo = TestRepo::new();
    let theirs = b"gr\xfcn und \xf0\x9f\xa6\x80\n\xff\xfe\n";
    let file = repo.path("theirs");
    fs::write(&file, theirs).unwrap();
    let blob = repo.git(&["hash-object", "-w", &file.display().to_string()]);
    for kind in ["report", "runs"] {
        repo.git(&["notes", "--ref", &format!("puff/{kind}"), "add", "-C", &blob, "HEAD"]);
    }
    let note = |kind: &str| {
        let list = repo.git(&["notes", "--ref", &format!("puff/{kind}"), "list", "HEAD"]);
        run(repo.command("git").args(["cat-file", "blob", &list])).ok().bytes
    };
    let holds = |note: &[u8], what: &[u8]| note.windows(what.len()).any(|window| window == what);
    let export = Export::new(&repo, "export");
    export.patch(1, repo.patch("notes.txt", "one\n2\nthree\n"));
    export.harvest(&repo, &["--name", "fix"]).ok();
    for kind in ["report", "runs"] {
        assert!(holds(&note(kind), b"fix") && holds(&note(kind), theirs), "{kind}");
    }
    let written = [note("report"), note("runs")];
    repo.puff(&["prune", "fix"]).ok();
    assert!(!holds(&note("runs"), b"fix"));
    for kind in ["report", "runs"] {
        assert!(holds(&note(kind), theirs), "{kind}");
    }
    repo.puff(&["undo", "fix"]).ok();
    assert_eq!([note("report"), note("runs")], written);
}
