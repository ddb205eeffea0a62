//! The folder of the demo: a repository and the agents.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::story::{AGENTS, ANSWER, PROGRAM, SUBJECT};
use crate::app::Environment;
use crate::error::{Error, Result, ResultExt};
use crate::process::{self, Cmd};
use crate::render::steps::shell_word;

/// The repository's own configuration. The commands that the user types there read the user's configuration too, and
/// this overrides it: no key is requested, no hook runs, and line endings are unchanged.
const CONFIG: [(&str, &str); 6] = [
    ("user.name", "Puff Demo"),
    ("user.email", "demo@localhost"),
    ("commit.gpgSign", "false"),
    ("core.hooksPath", ".git/hooks"),
    ("core.autocrlf", "false"),
    ("core.fsmonitor", "false"),
];

/// The folder of the demo.
pub(super) struct DemoRepo {
    root: PathBuf,
    environment: Environment,
}

impl DemoRepo {
    /// Creates the folder: the one that is named, or a new temporary one.
    pub fn choose(named: Option<&Path>, environment: Environment) -> Result<DemoRepo> {
        let Some(named) = named else {
            let made = tempfile::Builder::new().prefix("puff-demo-").tempdir();
            let root = made
                .map_err(|cause| {
                    Error::failed(format!("cannot create a folder in '{}'", std::env::temp_dir().display()))
                        .hint("name another folder: git puff demo DIR")
                        .because(cause)
                })?
                .keep();
            return Ok(DemoRepo { root, environment });
        };
        let root = environment.cwd.join(named);
        let is_empty = || Ok(fs::read_dir(&root)?.next().is_none());
        let shown = named.display();
        let empty: io::Result<bool> = fs::create_dir_all(&root).and_then(|()| is_empty());
        if !empty.or_fail(|| format!("cannot create the folder '{shown}'"))? {
            return Err(Error::failed(format!("folder '{shown}' is not empty"))
                .hint("name a new folder, or none: git puff demo"));
        }
        Ok(DemoRepo { root, environment })
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the path of its repository.
    pub fn repo(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// Creates the repository and the agents, and configures the agents.
    pub fn make(&self) -> Result<()> {
        self.create(&self.repo())?;
        self.git(&["init", "--quiet", "--template=", "--initial-branch=main"])?;
        for (key, value) in CONFIG {
            self.git(&["config", key, value])?;
        }
        for (name, text) in PROGRAM {
            self.write(&self.repo().join(name), text.as_bytes())?;
        }
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", SUBJECT])?;
        let agents = self.root.join("agents");
        self.create(&agents)?;
        for agent in &AGENTS {
            let script = agents.join(format!("{}.sh", agent.name));
            self.write(&script, agent.script.concat().as_bytes())?;
            let command = format!("sh {}", shell_word(&script.display().to_string()));
            self.git(&["config", &format!("puff.agent.{}.command", agent.name), &command])?;
        }
        self.git(&["config", "puff.session.answer", ANSWER])?;
        Ok(())
    }

    /// Runs the program's test on a branch and returns its output.
    pub fn test(&self, branch: &str) -> Result<String> {
        let folder = self.root.join("test");
        let path = folder.display().to_string();
        self.git(&["worktree", "add", "--quiet", "--detach", &path, branch])?;
        let tested = process::run(&self.call(Cmd::new("sh")).arg("test.sh").cwd(&folder));
        self.git(&["worktree", "remove", "--force", &path])?;
        let tested = tested.map_err(|cause| Error::cannot_work("cannot run the test").because(cause))?;
        Ok(String::from_utf8_lossy(&tested.stdout).trim_end().to_owned())
    }

    /// Returns a command that runs this program in the repository.
    pub fn puff(&self, args: &[&str]) -> Result<Cmd> {
        let program = self.environment.program.as_ref();
        let program = program.ok_or_else(|| Error::failed("cannot determine the path of this program"))?;
        Ok(self.call(Cmd::new(program)).args(args))
    }

    /// Returns the folder of this program when git would not find it on PATH.
    pub fn program_not_on_path(&self) -> Option<&Path> {
        let program = self.environment.program.as_ref()?;
        let found = process::find("git-puff").and_then(|found| found.canonicalize().ok());
        if found == program.canonicalize().ok() { None } else { program.parent() }
    }

    fn git(&self, args: &[&str]) -> Result<Vec<u8>> {
        let output = process::run(&self.call(Cmd::new("git")).args(args)).map_err(|cause| {
            Error::cannot_work("cannot run git").hint("install git, or put it on PATH").because(cause)
        })?;
        if output.success() {
            return Ok(output.stdout);
        }
        Err(Error::failed(format!("'git {}' failed", args.join(" "))).because_it_said(&output.complaint()))
    }

    /// Returns a command in the repository that is isolated from the user's git: from its configuration, which may
    /// demand signatures, hooks or another format, and from every variable except the path of git itself.
    fn call(&self, cmd: Cmd) -> Cmd {
        let foreign = self.environment.git.iter().filter(|name| *name != "GIT_EXEC_PATH");
        let cmd = foreign.fold(cmd, |cmd, name| cmd.env_remove(name));
        let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
        cmd.env("GIT_CONFIG_GLOBAL", nothing)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .cwd(self.repo())
    }

    fn create(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).or_fail(|| format!("cannot create the folder '{}'", folder.display()))
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> Result<()> {
        fs::write(file, bytes).or_fail(|| format!("cannot write '{}'", file.display()))
    }
}
