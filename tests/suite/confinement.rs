//! Checks and agents that may write only where they work: what is refused, what is not, and what the base decides.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;
use crate::support::export::Export;
use crate::support::fake_codex::FakeCodex;
use crate::support::responses::{Responses, Turn};
use crate::support::test_repo::{TestRepo, newest_codex};

/// A repository whose check is a script of its own, `t.sh`, and a folder beside it that is not to be written.
struct Place {
    repo: TestRepo,
    outside: PathBuf,
}

impl Place {
    /// The script of the base passes.
    fn new() -> Place {
        let repo = TestRepo::off_devices();
        let outside = repo.path("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("mine"), "kept").unwrap();
        repo.commit("t.sh", "exit 0\n", "Test");
        Place { repo, outside }
    }

    /// A run whose variants have these scripts; `OUTSIDE` in them stands for the folder outside, `USERS` for the user's
    /// worktree.
    fn run_of(&self, scripts: &[&str]) -> String {
        let export = Export::new(&self.repo, "export");
        for (at, script) in scripts.iter().enumerate() {
            let script = script.replace("OUTSIDE", &self.outside.display().to_string());
            let script = script.replace("USERS", &self.repo.work().display().to_string());
            export.patch(at as u32 + 1, self.repo.patch("t.sh", format!("{script}\n")));
        }
        export.harvest(&self.repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.outside.join(name).display().to_string()
    }

    fn review(&self, run: &str) -> Value {
        serde_json::from_str(&self.repo.git(&["show", &format!("refs/puff/runs/{run}:review.json")])).unwrap()
    }

    fn statuses(&self, run: &str) -> Vec<String> {
        let variants = self.repo.show(run)["variants"].clone();
        let status = |variant: &Value| variant["checks"][0]["status"].as_str().unwrap().to_owned();
        variants.as_array().unwrap().iter().map(status).collect()
    }

    #[track_caller]
    fn is_untouched(&self) {
        assert_eq!(fs::read_dir(&self.outside).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(self.outside.join("mine")).unwrap(), "kept");
    }
}

const CHECK: [&str; 2] = ["--check", "sh t.sh"];

/// The line that says that something runs unconfined.
const FREED: &str = "only unconfined";

#[test]
fn a_check_writes_in_its_workspace_and_nowhere_else() {
    needs!("landlock");
    let place = Place::new();
    let config = fs::read(place.repo.work().join(".git/config")).unwrap();
    let run = place.run_of(&["set -e
        echo x >made; mkdir d; mv made d/made; ln d/made again; : >notes.txt; rm notes.txt
        : >\"$GIT_PUFF_JUNIT/x\"; echo y >\"$TMPDIR/y\"; echo z >/dev/null; cat OUTSIDE/mine >/dev/null
        for line in 'echo bad >OUTSIDE/new' 'echo bad >>OUTSIDE/mine' 'rm OUTSIDE/mine' 'mv OUTSIDE/mine x' \
            'ln OUTSIDE/mine x' 'mkdir OUTSIDE/d' 'mv ../* OUTSIDE' 'mv $PWD ../moved' 'truncate -s 0 OUTSIDE/mine' \
            'git -C USERS config puff.check true' 'git -C USERS branch planted' 'echo bad >$HOME/x' 'echo bad >/var/tmp/puff-x'; do
          if sh -c \"$line\" 2>/dev/null; then echo \"did: $line\"; exit 1; fi
        done
        echo \"TMPDIR is $TMPDIR\""]);
    let ran = place.repo.puff(&[&["review", &run, "--json"], &CHECK[..]].concat());
    let checked = ran.json()["variants"][0]["checks"][0].clone();
    assert_eq!((ran.code, &checked["status"]), (0, &json!("passed")), "{checked:#}");
    let temporary = checked["tail"].as_str().unwrap().trim().strip_prefix("TMPDIR is ").unwrap().to_owned();
    assert!(temporary.contains("/git-puff-") && !Path::new(&temporary).exists(), "{temporary}");
    place.is_untouched();
    assert_eq!(fs::read(place.repo.work().join(".git/config")).unwrap(), config);
    assert!(!ran.stderr.contains(FREED), "{}", ran.stderr);
    let recorded = place.review(&run)["confinement"].clone();
    assert!(recorded["by"].as_str().unwrap().starts_with("Landlock, ABI "), "{recorded:#}");
    assert_eq!((&recorded["network"], &recorded["unconfined"]), (&json!(true), &Value::Null));
}

#[test]
fn what_the_base_needs_to_write_makes_a_check_run_unconfined_on_all() {
    needs!("landlock");
    let place = Place::new();
    let run = place.run_of(&["exit 0 # one", "exit 0 # two"]);
    let check = format!("echo ran >>{}", place.path("log"));
    let ran = || fs::read_to_string(place.outside.join("log")).unwrap_or_default().lines().count();
    let first = place.repo.puff(&["review", &run, "--check", &check, "--check", "sh t.sh"]).ok();
    assert_eq!(ran(), 3, "the base, and both variants");
    let line = first.stderr.lines().find(|line| line.contains(FREED)).expect("a line about it");
    assert!(line.contains("log'") && line.contains("git config --add puff.confine.write PATH"), "{line}");
    assert_eq!(first.stderr.matches(FREED).count(), 1, "{}", first.stderr);
    let recorded = place.review(&run)["confinement"].clone();
    assert_eq!(recorded["unconfined"], json!([check]));
    assert_eq!(recorded["mended_by"], json!(["puff.confine.write"]));
    let report = place.repo.puff(&["report", &run]).ok().stdout;
    assert!(report.contains("Unconfined, since the base passes it only so (see `puff.confine.write`)"), "{report}");
    // It is known from then on.
    let again = place.repo.puff(&["review", &run, "--check", &check, "--check", "sh t.sh"]).ok();
    assert_eq!((ran(), again.stderr.matches(FREED).count()), (3, 1), "{}", again.stderr);
    assert_eq!(place.review(&run)["confinement"], recorded);
    // The setting that it names mends it.
    place.repo.git(&["config", "--add", "puff.confine.write", &place.outside.display().to_string()]);
    let mended = place.repo.puff(&["review", &run, "--check", &check]).ok();
    assert_eq!((ran(), mended.stderr.contains(FREED)), (6, false), "{}", mended.stderr);
    assert_eq!(place.review(&run)["confinement"]["unconfined"], Value::Null);
}

#[test]
fn a_variant_cannot_free_a_check() {
    needs!("landlock");
    let place = Place::new();
    let run = place.run_of(&["echo bad >OUTSIDE/new", "rm OUTSIDE/mine", "exit 0 # fine"]);
    let ran = place.repo.puff(&[&["review", &run, "--jobs", "3"], &CHECK[..]].concat()).ok();
    assert_eq!(place.statuses(&run), ["failed", "failed", "passed"]);
    assert!(!ran.stderr.contains(FREED), "{}", ran.stderr);
    place.is_untouched();
}

#[test]
fn what_the_base_fails_both_ways_stays_confined() {
    needs!("landlock");
    let place = Place::new();
    let run = place.run_of(&["echo bad >OUTSIDE/new; true"]);
    // Fails on the base, where there is no such line.
    let check = "grep -q bad t.sh && sh t.sh";
    let first = place.repo.puff(&["review", &run, "--check", check]).ok();
    assert_eq!((place.statuses(&run), first.stderr.contains(FREED)), (vec!["passed".to_owned()], false));
    let again = place.repo.puff(&["review", &run, "--check", check]).ok();
    assert!(again.stderr.contains("reusing 2 results"), "{}", again.stderr);
    place.is_untouched();
}

#[test]
fn without_the_network_a_check_connects_to_nothing() {
    needs!("landlock", "python3");
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = service.local_addr().unwrap().port();
    let connects = format!("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port})).close()'");
    let place = Place::new();
    let run = place.run_of(&[&connects]);
    place.repo.puff(&[&["review", &run], &CHECK[..]].concat()).ok();
    place.repo.git(&["config", "puff.confine.network", "off"]);
    place.repo.puff(&[&["review", &run], &CHECK[..]].concat()).exits(3);
    assert_eq!(place.review(&run)["confinement"]["network"], false);
    // The base that needs it gets it, and the line says how it gets it confined.
    let freed = place.repo.puff(&["review", &run, "--check", &connects]).ok();
    assert!(freed.stderr.contains("git config puff.confine.network on"), "{}", freed.stderr);
}

#[test]
fn caches_and_named_places_may_be_written_and_programs_beside_them_may_not() {
    needs!("landlock");
    let mut place = Place::new();
    let cargo = place.repo.path("cargo");
    for folder in
        ["home/.npm/_cacache", "home/.cache/go-build", "home/named", "cargo/registry", "cargo/bin", "work/here"]
    {
        fs::create_dir_all(place.repo.path(folder)).unwrap();
    }
    place.repo.set("CARGO_HOME", &cargo.display().to_string());
    for named in ["~/named", "here"] {
        place.repo.git(&["config", "--add", "puff.confine.write", named]);
    }
    let here = place.repo.work().join("here").display().to_string();
    let writes = |paths: &[&str]| paths.iter().map(|path| format!("echo x >{path}")).collect::<Vec<_>>().join(" && ");
    let caches = ["~/.npm/_cacache/x", "~/.cache/go-build/x", "$CARGO_HOME/registry/x"];
    let run = place.run_of(&[
        &writes(&caches),
        &writes(&["~/named/x", &format!("{here}/x")]),
        "echo x >$CARGO_HOME/bin/x",
        "echo x >~/.npm/x",
    ]);
    place.repo.puff(&[&["review", &run], &CHECK[..]].concat()).ok();
    assert_eq!(place.statuses(&run), ["passed", "passed", "failed", "failed"]);
    // An empty value clears the caches too.
    place.repo.git(&["config", "--replace-all", "puff.confine.write", ""]);
    place.repo.puff(&[&["review", &run], &CHECK[..]].concat()).exits(3);
    assert_eq!(place.statuses(&run), ["failed"; 4]);
}

#[test]
fn a_setup_is_confined_as_the_checks_are_and_the_base_decides_for_it_too() {
    needs!("landlock");
    let place = Place::new();
    place.repo.commit("setup.sh", "touch set-up\n", "Set up");
    place.repo.git(&["config", "puff.workspace.setup", "sh setup.sh"]);
    let export = Export::new(&place.repo, "export");
    export.patch(1, place.repo.patch("setup.sh", format!("rm {}\n", place.path("mine"))));
    let run = export.harvest(&place.repo, &["--json"]).ok().json()["run"].as_str().unwrap().to_owned();
    let refused = place.repo.puff(&[&["review", &run], &CHECK[..]].concat()).exits(3);
    assert_eq!((place.statuses(&run), refused.stderr.contains(FREED)), (vec!["error".to_owned()], false));
    place.is_untouched();

    let log = place.path("log");
    place.repo.git(&["config", "puff.workspace.setup", &format!("echo set up >>{log}")]);
    for _ in 0..2 {
        let freed = place.repo.puff(&[&["review", &run], &CHECK[..]].concat()).ok();
        let line = freed.stderr.lines().find(|line| line.contains(FREED)).expect("a line about it");
        assert!(line.contains("puff.workspace.setup"), "{line}");
        assert_eq!(place.review(&run)["confinement"]["unconfined"], json!(["sh t.sh"]));
    }
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 2, "the base, and the variant");
}

#[test]
fn confinement_is_off_where_the_user_says_so_and_its_results_are_its_own() {
    needs!("landlock");
    let place = Place::new();
    let run = place.run_of(&["echo once >>OUTSIDE/log"]);
    let review = |more: &[&str]| place.repo.puff(&[&["review", &run], &CHECK[..], more].concat());
    review(&[]).exits(3);
    place.is_untouched();
    review(&["--confine=off"]).ok();
    assert_eq!(place.review(&run)["confinement"], Value::Null);
    review(&["--confine"]).exits(3);
    review(&["--confine=checks"]).exits(3);
    place.repo.git(&["config", "puff.confine", "agents"]);
    review(&[]).ok();
    // What wraps checks confines them, unless both are asked for.
    place.repo.git(&["config", "puff.confine", "auto"]);
    place.repo.git(&["config", "puff.check.wrapper", "env"]);
    review(&[]).ok();
    review(&["--confine"]).exits(3);
    assert_eq!(fs::read_to_string(place.outside.join("log")).unwrap(), "once\nonce\n", "unconfined, and wrapped");
    place.repo.git(&["config", "puff.confine", "some"]);
    review(&[]).exits(129).complains(&["puff.confine is 'some'", "auto, off, checks, agents or all"]);
}

/// An agent that writes all over the place, and notes in its workspace where it could.
const WRITES: &str = "set -e
    echo work >made.txt; echo t >\"$TMPDIR/t\"; echo \"$TMPDIR\" >tmpdir.txt
    for file in $LAB/outside/new $LAB/outside/mine $HOME/x $HOME/.claude/x $LAB/work/notes.txt \
        $LAB/work/.git/config $LAB/work/.git/puff/sessions/*/session.json; do
      if (echo bad >>$file) 2>/dev/null; then echo $file >>wrote.txt; fi
    done";

/// A repository with agents, and a folder beside it that is not to be written.
fn crew() -> AgentRun {
    let crew = AgentRun { repo: TestRepo::off_devices() };
    fs::create_dir(crew.repo.path("outside")).unwrap();
    fs::write(crew.repo.path("outside/mine"), "kept").unwrap();
    fs::create_dir(crew.repo.path("home/.claude")).unwrap();
    crew
}

#[test]
fn a_confined_agent_writes_in_its_workspace_and_its_own_home() {
    needs!("landlock");
    let crew = crew();
    crew.agent("writer", WRITES).agent("claude", WRITES);
    let run = crew.tournament(&["--agent", "writer", "--agent", "claude", "--confine=agents"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["applied"; 2], "{run:#}");
    assert_eq!(run["local"]["confine"], "agents");
    assert_eq!(crew.session(id, 1)["confined"], true);
    assert_eq!(crew.file(id, 1, "made.txt"), "work");
    crew.repo.try_git(&["show", &format!("puff/{id}/var1:wrote.txt")]).exits(128);
    let home = crew.repo.path("home/.claude/x");
    assert_eq!(crew.file(id, 2, "wrote.txt"), home.display().to_string());
    let temporary = crew.file(id, 1, "tmpdir.txt");
    assert!(temporary.contains("/git-puff-") && !Path::new(&temporary).exists(), "{temporary}");
    assert_eq!(fs::read_to_string(crew.repo.path("outside/mine")).unwrap(), "kept");
    // The next one like it is confined too; one that is not writes where it wants.
    let again = crew.repo.puff(&["retry", id, "--json"]).ok().json();
    assert_eq!(again["local"]["confine"], "agents");
    crew.agent("free", "echo bad >$LAB/outside/new && echo it did >wrote.txt");
    let free = crew.tournament(&["--agent", "free"]);
    assert_eq!(crew.file(free["run"].as_str().unwrap(), 1, "wrote.txt"), "it did");
    assert_eq!(crew.session(free["run"].as_str().unwrap(), 1)["confined"], Value::Null);
}

#[test]
fn the_setup_of_a_confined_agent_is_told_from_its_work() {
    needs!("landlock");
    let crew = crew();
    crew.repo.commit(".gitignore", "built/\n", "Ignore what is built");
    crew.repo.git(&["config", "puff.confine", "all"]);
    crew.repo.git(&["config", "puff.worktree.setup", "mkdir built && echo x >built/x"]);
    crew.agent("writer", "test -f built/x && echo work >made.txt && echo y >built/y");
    let run = crew.tournament(&["--agent", "writer"]);
    assert_eq!(run["variants"][0]["ignored"]["paths"], json!(["built/y"]), "{run:#}");
    // What it makes beside is not the agent's, either; and it is the user's own, which is not confined.
    let log = crew.repo.path("outside/log");
    crew.repo.git(&["config", "puff.workspace.setup", &format!("echo x >>notes.txt; echo set up >{}", log.display())]);
    crew.agent("writer", "echo work >made.txt; echo bad >>$LAB/outside/log; true");
    let run = crew.tournament(&["--agent", "writer"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(crew.repo.git(&["diff", "--name-only", "main", &format!("puff/{id}/var1")]), "made.txt");
    assert_eq!(fs::read_to_string(log).unwrap(), "set up\n");
}

#[test]
fn a_session_that_is_resumed_stays_confined() {
    needs!("landlock");
    let crew = crew();
    let script = "echo x >first; printf '{\"type\":\"thread.started\",\"thread_id\":\"t1\"}\\n'; exit 1";
    crew.agent("codex", script);
    let resumed = format!("echo back >resumed; echo bad >{}/new", crew.repo.path("outside").display());
    crew.repo.git(&["config", "puff.agent.codex.resume", &format!("true {{session}}; {resumed}")]);
    crew.repo.git(&["config", "puff.confine", "agents"]);
    crew.repo.puff(&["session", "start", "--name", "one", "--agent", "codex", "--worktree", "Fix it"]).ok();
    crew.repo.puff(&["session", "wait", "one", "--timeout", "1m"]);
    crew.repo.git(&["config", "puff.confine", "off"]);
    let next = crew.repo.puff(&["session", "resume", "one"]).ok().stdout;
    crew.repo.puff(&["session", "wait", next.trim(), "--timeout", "1m"]);
    let session = crew.repo.puff(&["session", "show", next.trim(), "--json"]).ok().json();
    assert_eq!((&session["confined"], session["changed"].to_string().contains("resumed")), (&json!(true), true));
    assert!(!crew.repo.path("outside/new").exists());
}

#[test]
fn codex_keeps_its_own_sandbox_which_is_said() {
    needs!("landlock", "codex-newest");
    let service = Responses::start(|conversation| match conversation.steps() {
        0 => Turn::Run("echo attempt >>notes.txt; echo bad >../../outside/new".to_owned()),
        _ => Turn::Say("I took a note.".to_owned()),
    });
    let mut crew = crew();
    crew.repo.set("LOOPBACK_KEY", "none");
    crew.repo.git(&["config", "puff.codex", &newest_codex().display().to_string()]);
    service.write_config(&crew.repo.path("codex-home"), "");
    let launched = crew.try_launch(&["--agent", "codex", "--confine", "--harvest"]).ok();
    assert!(launched.stderr.contains("codex: confined by a sandbox of its own"), "{}", launched.stderr);
    let run = crew.tournament_end(launched.json()["run"].as_str().unwrap());
    assert_eq!(each(&run, "apply"), ["applied"], "{run:#}");
    assert!(crew.file(run["run"].as_str().unwrap(), 1, "notes.txt").ends_with("attempt"));
}

#[test]
fn what_cannot_be_confined_or_trusted_is_refused_before_anything_starts() {
    let crew = crew();
    crew.agent("writer", "true");
    let _cloud = FakeCodex::official(&crew.repo);
    crew.repo.git(&["config", "puff.env", "acme/widgets"]);
    let launch = |more: &[&str]| crew.try_launch(more);
    launch(&["--confine=most", "--agent", "writer"]).exits(129).complains(&["most"]);
    launch(&["--confine"]).exits(129).complains(&["--confine applies to agents on this machine only"]);
    crew.repo.git(&["config", "puff.agent.writer.trust", "inherit"]);
    launch(&["--agent", "writer"]).exits(129).complains(&["puff.agent.writer.trust is 'inherit'", "no trust"]);
    crew.repo.git(&["config", "puff.agent.writer.trust", "some"]);
    launch(&["--agent", "writer"]).exits(129).complains(&["none or inherit"]);
    assert_eq!(crew.repo.git(&["for-each-ref", "refs/puff"]), "");
}

#[test]
fn doctor_says_what_is_confined_and_by_what() {
    needs!("landlock");
    let place = Place::new();
    let lines = || {
        let ran = place.repo.puff(&["doctor", "--porcelain"]);
        let lines = ran.stdout.lines().filter_map(|line| line.strip_prefix("CHECK=confinement "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(lines()[0].starts_with("RESULT=ok VALUE=Landlock, ABI "), "{:?}", lines());
    place.repo.git(&["config", "puff.confine", "all"]);
    let said = place.repo.puff(&["doctor"]).stdout;
    assert!(said.contains("checks and agents may write only where they work"), "{said}");
    place.repo.git(&["config", "puff.confine.write", "~/missing"]);
    assert_eq!(lines()[1], "RESULT=warn VALUE=~/missing");
}

#[test]
fn a_container_before_checks_confines_them() {
    needs!("bwrap");
    let place = Place::new();
    let run = place.run_of(&["echo bad >OUTSIDE/new", "echo fine >made"]);
    // As docs/security.md has it.
    let document = include_str!("../../docs/security.md");
    let (_, wrapper) = document.split_once("git config puff.check.wrapper '").expect("the wrapper");
    let (wrapper, _) = wrapper.split_once('\'').expect("the end of the wrapper");
    place.repo.git(&["config", "puff.check.wrapper", wrapper]);
    place.repo.puff(&[&["review", &run], &CHECK[..]].concat()).ok();
    assert_eq!(place.statuses(&run), ["failed", "passed"]);
    place.is_untouched();
}
