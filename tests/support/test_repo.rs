//! A sealed place to try things in: an own HOME and git configuration, an origin, and a clone of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::cloud::Cloud;
use super::formats;
use super::schema;

/// The moment at which tests with a fixed clock happen.
pub const NOW: &str = "2026-11-20T10:00:00Z";

/// How long anything may take that a test waits for. It is never slept through: waiting ends when the thing is there.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A sealed place with an origin, a clone of it at [`TestRepo::work`], and whatever `codex` was put on its PATH.
pub struct TestRepo {
    root: TempDir,
    env: Vec<(String, String)>,
}

/// What a program left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub bytes: Vec<u8>,
}

impl TestRepo {
    /// A place with an origin that has three commits on `main`, and a clone of it.
    pub fn new() -> TestRepo {
        TestRepo::with_variables(&[])
    }

    /// The same with these variables set before anything is made.
    pub fn with_variables(variables: &[(&str, &str)]) -> TestRepo {
        let mut repo = TestRepo::empty();
        variables.iter().for_each(|(name, value)| repo.set(name, value));
        repo.filled()
    }

    /// The same, not below `/dev`, where confined programs may write, wherever temporary files are.
    pub fn off_devices() -> TestRepo {
        let usual = std::env::temp_dir();
        TestRepo::empty_in(if usual.starts_with("/dev") { Path::new("/var/tmp") } else { &usual }).filled()
    }

    fn filled(self) -> TestRepo {
        let repo = self;
        repo.git_in(repo.root.path(), &["init", "-q", "--bare", "origin.git"]);
        repo.git_in(repo.root.path(), &["clone", "-q", "origin.git", "work"]);
        let base = "fn parse(s: &str) -> Option<u32> {\n    s.parse().ok()\n}\n";
        for (file, text, subject) in [
            ("README", "A thing to try things on.\n", "Begin"),
            ("src/parse.rs", base, "Parse numbers"),
            ("notes.txt", "one\ntwo\nthree\n", "Take notes"),
        ] {
            repo.commit(file, text, subject);
        }
        repo.git(&["push", "-q", "-u", "origin", "main"]);
        repo
    }

    /// A place with a clone of this project's own history.
    pub fn with_real_history() -> TestRepo {
        let repo = TestRepo::empty();
        let here = env!("CARGO_MANIFEST_DIR");
        repo.git_in(repo.root.path(), &["clone", "-q", "--bare", "--no-hardlinks", here, "origin.git"]);
        // Whatever the checkout of the tests is on becomes `main`.
        let head = repo.git_in(Path::new(here), &["rev-parse", "HEAD"]);
        let origin = repo.root.path().join("origin.git");
        repo.git_in(&origin, &["update-ref", "refs/heads/main", &head]);
        repo.git_in(&origin, &["symbolic-ref", "HEAD", "refs/heads/main"]);
        repo.git_in(repo.root.path(), &["clone", "-q", "origin.git", "work"]);
        repo
    }

    /// A place with nothing in it but a home.
    pub fn empty() -> TestRepo {
        TestRepo::empty_in(&std::env::temp_dir())
    }

    /// The same in this folder.
    fn empty_in(folder: &Path) -> TestRepo {
        let root = tempfile::Builder::new().prefix("puff-lab-").tempdir_in(folder).expect("a temporary folder");
        for folder in ["home", "codex-home", "bin"] {
            std::fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        let path = |name: &str| root.path().join(name).display().to_string();
        let system = std::env::var("PATH").unwrap_or_default();
        let own = Path::new(env!("CARGO_BIN_EXE_git-puff")).parent().expect("a folder").display();
        let env = [
            ("PATH", format!("{}:{own}:{system}", path("bin"))),
            ("HOME", path("home")),
            ("CODEX_HOME", path("codex-home")),
            ("GIT_CONFIG_GLOBAL", path("home/.gitconfig")),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CEILING_DIRECTORIES", root.path().parent().expect("a parent").display().to_string()),
            ("GIT_AUTHOR_DATE", NOW.into()),
            ("GIT_COMMITTER_DATE", NOW.into()),
            ("GIT_PUFF_SEED", "lab".into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("TERM", "dumb".into()),
            ("TMPDIR", path("home")),
        ];
        let formats = formats::of_this_run();
        let env = env.into_iter().chain(formats.variables()).map(|(name, value)| (name.to_owned(), value)).collect();
        let repo = TestRepo { root, env };
        let config = "[user]\n\tname = A U Thor\n\temail = author@example.com\n[init]\n\tdefaultBranch = main\n\
            [safe]\n\tdirectory = *\n[protocol \"file\"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n";
        std::fs::write(repo.path("home/.gitconfig"), config).expect("a configuration");
        repo
    }

    /// Puts the real, pinned Codex client on the PATH, and points it at this service.
    pub fn use_real_codex(&mut self, cloud: &Cloud) {
        cloud.write_login(&self.path("codex-home"));
        // The client asks this script for the name of the system every time; a dozen processes, for a line of its requests.
        let release = self.path("bin/lsb_release");
        std::fs::write(&release, "#!/bin/sh\nexit 1\n").expect("a script");
        make_executable(&release);
        self.set("CODEX_CLOUD_TASKS_BASE_URL", &cloud.base_url());
        self.git(&["config", "--global", "puff.codex", &pinned_codex().display().to_string()]);
    }

    /// Puts a shell script on the PATH as `codex`.
    pub fn use_script_as_codex(&self, script: &str) -> PathBuf {
        let path = self.path("bin/codex");
        std::fs::write(&path, script).expect("a script");
        make_executable(&path);
        path
    }

    /// Sets a variable for everything that runs from here on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// What `git commit` and others open a text in: a line for the shell.
    pub fn set_editor(&self, line: &str) {
        self.git(&["config", "--global", "core.editor", line]);
    }

    pub fn unset(&mut self, name: &str) {
        self.env.retain(|(known, _)| known != name);
    }

    /// Stops the clock at [`NOW`].
    pub fn fix_clock(&mut self) {
        self.set("GIT_PUFF_NOW", NOW);
    }

    /// A path in the test repository.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The clone.
    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// `<git common dir>/puff` of the clone.
    pub fn puff_dir(&self) -> PathBuf {
        self.path("work/.git/puff")
    }

    /// A call in the clone, in the sealed environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        let work = self.work();
        command.current_dir(if work.is_dir() { work } else { self.root.path().to_owned() });
        command
    }

    /// Makes calls as [`TestRepo::command`] does, for another thread, in the environment of now.
    pub fn caller(&self) -> impl Fn(&str) -> Command + Send + 'static {
        let (env, folder) = (self.env.clone(), self.root.path().to_owned());
        move |program| {
            let mut command = Command::new(program);
            command.env_clear().envs(env.iter().map(|(name, value)| (name, value))).current_dir(&folder);
            command
        }
    }

    /// The sealed environment as lines of a shell script.
    pub fn exports(&self) -> String {
        let export = |(name, value): &(String, String)| format!("export {name}='{}'\n", value.replace('\'', "'\\''"));
        self.env.iter().map(export).collect()
    }

    /// Puts an older git on the PATH before the one of the machine: Debian's own, or the one in `PUFF_OLDER_GIT`.
    pub fn use_older_git(&self) {
        let named = std::env::var_os("PUFF_OLDER_GIT").filter(|name| !name.is_empty());
        let git = named.map_or_else(|| PathBuf::from("/usr/bin/git"), PathBuf::from);
        assert!(git.is_file(), "there is no git at '{}': name an older one in PUFF_OLDER_GIT", git.display());
        std::os::unix::fs::symlink(git, self.path("bin/git")).expect("a link");
    }

    /// Lets checks write anywhere, wherever they could be confined: for tests of what they may do then, or tell the test by.
    pub fn confine_nothing(&self) {
        self.git(&["config", "puff.confine", "off"]);
    }

    /// `git puff …`, as a user calls it.
    pub fn puff(&self, args: &[&str]) -> Ran {
        run(self.command("git").arg("puff").args(args))
    }

    /// `git puff …` with something on its standard input.
    pub fn puff_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = self.spawn(args, Stdio::piped());
        let mut pipe = child.stdin.take().expect("stdin is piped");
        let input = input.to_vec();
        let feed = std::thread::spawn(move || drop(std::io::Write::write_all(&mut pipe, &input)));
        let ran = finish(child.wait_with_output().expect("git runs"));
        feed.join().expect("the feeder ends");
        if args.contains(&"--json") {
            schema::check_output(&ran.stdout);
        }
        ran
    }

    /// `git-puff …`, started and left to itself. The program is called directly, so that a kill reaches it.
    pub fn spawn(&self, args: &[&str], stdin: Stdio) -> Child {
        let mut command = self.command(env!("CARGO_BIN_EXE_git-puff"));
        command.args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("git-puff runs")
    }

    /// `git …` in the clone; answers what it printed, without the last line end. It has to succeed.
    pub fn git(&self, args: &[&str]) -> String {
        let folder = self.work();
        let folder = if folder.is_dir() { folder } else { self.root.path().to_owned() };
        self.git_in(&folder, args)
    }

    /// The same, elsewhere.
    pub fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let ran = run(self.command("git").current_dir(folder).args(args));
        assert_eq!(ran.code, 0, "git {args:?}: {}", ran.stderr);
        ran.stdout.trim_end_matches('\n').to_owned()
    }

    /// `git …`, which may fail.
    pub fn try_git(&self, args: &[&str]) -> Ran {
        run(self.command("git").args(args))
    }

    /// Writes a file of the clone.
    pub fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.work().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Writes and commits a file of the clone, and answers the commit.
    pub fn commit(&self, file: &str, text: impl AsRef<[u8]>, subject: &str) -> String {
        self.write(file, text);
        self.git(&["add", "--", file]);
        self.git(&["commit", "-q", "-m", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The patch that turns the clone's HEAD into one where `file` reads `text`. The clone stays as it is.
    pub fn patch(&self, file: &str, text: impl AsRef<[u8]>) -> Vec<u8> {
        self.write(file, text);
        self.git(&["add", "-N", "--", file]);
        let patch = run(self.command("git").args(["diff", "--binary", "HEAD", "--", file])).bytes;
        self.git(&["reset", "-q", "--hard"]);
        patch
    }

    /// The state of the clone's run refs, branches, notes, worktree, index and HEAD: to see that nothing changed.
    pub fn fingerprint(&self) -> String {
        let refs = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let head = self.git(&["rev-parse", "--symbolic-full-name", "HEAD"]);
        let status = self.git(&["status", "--porcelain", "--untracked-files=all"]);
        let index = std::fs::read(self.work().join(".git/index")).unwrap_or_default();
        format!("{refs}\n{head}\n{status}\n{:?}", index.len())
    }

    /// The only run's document, or that of the run named.
    pub fn show(&self, run: &str) -> Value {
        self.puff(&["show", run, "--json"]).ok().json()
    }

    /// Waits until a run is so; answers its document.
    pub fn wait_for(&self, run: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let ran = self.puff(&["show", run, "--json"]);
            if ran.code == 0 {
                let document = ran.json();
                if is_so(&document) {
                    return document;
                }
                assert!(started.elapsed() < PATIENCE, "never {what}: {document:#}");
            }
            assert!(started.elapsed() < PATIENCE, "never {what}: {}", ran.stderr);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The process id of the living watcher, which may be about to say so.
    #[track_caller]
    pub fn living_watcher(&self) -> u32 {
        wait_until("a watcher lives", || self.watcher().is_some());
        self.watcher().expect("it lived a moment ago")
    }

    /// The process id of the living watcher.
    pub fn watcher(&self) -> Option<u32> {
        let jobs = self.puff(&["jobs", "--json"]).ok().json();
        let pid = jobs["jobs"].as_array()?.first()?["watcher"].as_u64()?;
        u32::try_from(pid).ok()
    }
}

impl TestRepo {
    /// Ends what a test that failed left running: every process of a session of this test repository carries the session's folder, and
    /// so do those of an app server.
    fn end_sessions(&self) {
        let mark = |name: &str| format!("{name}={}", self.root.path().display());
        let marks = [mark("GIT_PUFF_SESSION"), mark("GIT_PUFF_APP_SERVER")];
        let supervisor = format!("{}/", self.puff_dir().join("sessions").display());
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let cwd = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
            let is_marked = |entry: &[u8]| marks.iter().any(|mark| entry.starts_with(mark.as_bytes()));
            let ours = environ.split(|byte| *byte == 0).any(is_marked);
            if ours || cwd.display().to_string().starts_with(&supervisor) {
                kill(pid);
            }
        }
    }
}

impl Drop for TestRepo {
    fn drop(&mut self) {
        if self.puff_dir().join("sessions").is_dir() {
            self.end_sessions();
        }
        // The watcher of this test repository, and no other: it is found by what it says of itself.
        let status = std::fs::read(self.puff_dir().join("watcher.json")).unwrap_or_default();
        let pid = serde_json::from_slice::<Value>(&status).ok().and_then(|status| status["pid"].as_u64());
        if let Some(pid) = pid {
            let here = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if here.contains("watcher") {
                kill(pid as u32);
            }
        }
    }
}

impl Ran {
    /// It has to have ended well.
    #[track_caller]
    pub fn ok(self) -> Ran {
        self.exits(0)
    }

    /// It has to have ended with this code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The JSON document that it printed.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("{why}:\n{}\n{}", self.stdout, self.stderr))
    }

    /// The value of a `KEY=VALUE` line.
    #[track_caller]
    pub fn value(&self, key: &str) -> String {
        let found = self.stdout.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("no {key} in:\n{}", self.stdout)).to_owned()
    }

    /// Its error is one line that has all these words, with a hint below, and no backtrace.
    #[track_caller]
    pub fn complains(self, words: &[&str]) -> Ran {
        let error = self.stderr.lines().find(|line| line.starts_with("error: "));
        let error = error.unwrap_or_else(|| panic!("no error in:\n{}", self.stderr));
        for word in words {
            assert!(error.contains(word), "'{word}' is not in: {error}");
        }
        assert!(self.stderr.lines().any(|line| line.starts_with("hint: ")), "no hint in:\n{}", self.stderr);
        assert!(!self.stderr.contains("panicked") && !self.stderr.contains("stack backtrace"), "{}", self.stderr);
        self
    }
}

/// Runs a call to its end. What `git puff … --json` prints has to be as `git puff schema` says.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let ran = finish(command.output().expect("the program runs"));
    let is_ours =
        command.get_program() == env!("CARGO_BIN_EXE_git-puff") || command.get_args().any(|arg| arg == "puff");
    if is_ours && command.get_args().any(|arg| arg == "--json") {
        schema::check_output(&ran.stdout);
    }
    ran
}

/// Reads what a program left behind.
pub fn finish(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        bytes: output.stdout,
    }
}

/// Ends a process as `kill -9` does, and waits until it is gone: a busy system takes a moment for that, and what it had
/// locked is locked until then.
pub fn kill(pid: u32) {
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).output();
    let started = Instant::now();
    while !is_gone(pid) && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Has a process ended, with every thread of it? One that nobody has asked about yet is a zombie.
pub fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    stat.is_empty() || (threads <= 1 && stat.contains(") Z "))
}

/// The process that started a living one, or took it over when that had ended.
pub fn parent_of(pid: u64) -> u32 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    // The name of the program, in parentheses, may hold anything.
    let parent = stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(1));
    parent.and_then(|parent| parent.parse().ok()).expect("a parent")
}

/// Waits until something is so.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The real client that `tests/run` installs, of the version that talks to a loopback service.
pub fn pinned_codex() -> PathBuf {
    client("pinned")
}

/// The newest real client that `tests/run` installs.
pub fn newest_codex() -> PathBuf {
    client("newest")
}

fn client(which: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/clients/{which}/node_modules/.bin/codex"));
    assert!(folder.exists(), "the {which} Codex client is missing: run the tests with tests/run, which installs it");
    folder
}

pub fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}
