//! What every verb is given: the repository, its settings, the clock, the source of ids, paths, permissions and the
//! environment. Nothing else in the program reads the clock or the environment.

mod agent_env;

pub use self::agent_env::AgentEnv;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::folder::Bounds;
use crate::git::config::{ConfigEntry, Scope};
use crate::git::{self, Repo};
use crate::layout::Layout;
use crate::model::Abbrev;
use crate::model::display::DisplayFormat;
use crate::model::{Identity, Oid, RunId, Time};
use crate::process::{Cancellation, Cmd, Foreground};
use crate::provider::Registry;
use crate::settings::{self, Settings};

/// The repository and all that surrounds it.
pub struct App {
    /// The repository.
    pub repo: Repo,
    /// `puff.*`.
    pub settings: Settings,
    /// What time it is.
    pub clock: Clock,
    /// Where new names come from.
    pub ids: Ids,
    /// The environment that concerns us.
    pub environment: Environment,
    /// Where live things are kept.
    pub layout: Layout,
    /// Where the caller may have agents started.
    pub permissions: Permissions,
    /// When the work is asked to end.
    pub cancellation: Cancellation,
    /// Where programs run that the user sees.
    pub foreground: Foreground,
    /// How object names and paths are shown.
    pub display: DisplayFormat,
    /// Who can do the work of runs.
    pub providers: Providers,
    /// The newest steps of journals that this process made, whatever has become of their refs since.
    written: Written,
    /// The folders that paths named by the caller have to be in; anywhere, when there is none.
    pub within: Vec<PathBuf>,
    /// Asked once: git takes a while to say.
    who: OnceCell<Option<Identity>>,
}

/// The providers that runs can have, opened in a repository.
pub type Providers = Registry<App>;

/// By run, the newest step; of all threads of the process.
type Written = Arc<Mutex<HashMap<RunId, Oid>>>;

/// Returns the repository that a private workspace says it belongs to.
fn home_of_workspace((location, entries): &(git::Location, Vec<ConfigEntry>)) -> Option<PathBuf> {
    location.worktree.as_ref()?;
    let home = entries.iter().rfind(|entry| entry.key == "puff.home" && entry.scope == Scope::Local)?;
    Some(PathBuf::from(&home.value)).filter(|home| home.is_absolute())
}

impl App {
    /// Finds the repository of the current folder by git's rules, and reads its configuration.
    ///
    /// # Errors
    /// Where git-puff cannot work.
    pub fn open(cancellation: Cancellation, providers: Providers) -> Result<App> {
        let environment = Environment::read();
        let survey = git::survey(None, &environment.alternates)?;
        let home = home_of_workspace(&survey);
        let app = App::new(environment, survey, cancellation.clone(), Foreground::Terminal, providers.clone())?;
        let (Some(home), Some(folder)) = (home, app.repo.location().worktree.clone()) else { return Ok(app) };
        // A program in a workspace can write what it says of its home: the home has to know it.
        let opened = App::open_in(&home, cancellation, Foreground::Terminal, providers);
        match opened.ok().filter(|home| home.repo.workspace_in(&folder).is_some()) {
            Some(mut home) => {
                home.environment.cwd = app.environment.cwd;
                Ok(home)
            }
            None => Ok(app),
        }
    }

    /// Opens the repository of another folder, as if the program had been called there; what the environment says of a
    /// repository does not count.
    ///
    /// # Errors
    /// Where git-puff cannot work.
    pub fn open_in(
        folder: &Path,
        cancellation: Cancellation,
        foreground: Foreground,
        providers: Providers,
    ) -> Result<App> {
        let environment = Environment::read().elsewhere(folder);
        let survey = git::survey(Some(folder), &environment.alternates)?;
        App::new(environment, survey, cancellation, foreground, providers)
    }

    fn new(
        environment: Environment,
        (location, entries): (git::Location, Vec<ConfigEntry>),
        cancellation: Cancellation,
        foreground: Foreground,
        providers: Providers,
    ) -> Result<App> {
        let settings = Settings::new(entries, environment.puff.clone());
        let core_bare = settings.git("core.bare").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let named = environment.has("GIT_WORK_TREE");
        let top = location.main_worktree(named, (core_bare, settings.git("core.worktree")));
        let mut layout = Layout::new(&location.common_dir, top);
        if environment.has("GIT_QUARANTINE_PATH") {
            layout.close();
        }
        share(&settings, &mut layout);
        let repo = Repo::open(location)?;
        let clock = Clock::read(&environment)?;
        let ids = Ids { seed: environment.seed.clone() };
        let quote = settings.git("core.quotepath").is_none_or(|_| settings.git_truth("core.quotepath"));
        let abbrev = Abbrev::of_setting(settings.git("core.abbrev"));
        let display = DisplayFormat::new(repo.shortener(abbrev), quote);
        Ok(App {
            repo,
            settings,
            clock,
            ids,
            environment,
            layout,
            permissions: Permissions::default(),
            cancellation,
            foreground,
            display,
            providers,
            written: Written::default(),
            within: Vec::new(),
            who: OnceCell::new(),
        })
    }

    /// Shows object names with that many digits from here on.
    pub fn abbreviate(&mut self, abbrev: Abbrev) {
        self.display.shorten_by(self.repo.shortener(abbrev));
    }

    /// Returns a call of this program by itself in the same repository and worktree; none where the program is not found.
    pub fn own_call(&self) -> Option<Cmd> {
        let location = self.repo.location();
        let cmd = Cmd::new(self.environment.program.as_ref()?).env("GIT_DIR", &location.git_dir);
        Some(match &location.worktree {
            Some(worktree) => cmd.env("GIT_WORK_TREE", worktree).cwd(worktree),
            None => cmd.cwd(&location.common_dir),
        })
    }

    /// How the user wants colours: `color.puff`, or `color.ui`; and whether git has put a pager behind us that takes them.
    pub fn colours(&self) -> (Option<&str>, bool) {
        let setting = self.settings.git("color.puff").or_else(|| self.settings.git("color.ui"));
        let takes = self.settings.git("color.pager").is_none_or(|_| self.settings.git_truth("color.pager"));
        let in_pager = self.environment.has("GIT_PAGER_IN_USE") && takes && !self.environment.no_color;
        (setting, in_pager)
    }

    /// What another thread needs to look at the same repository: a repository is not shared between threads.
    pub fn seed(&self) -> Seed {
        Seed {
            location: self.repo.location().clone(),
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            environment: self.environment.clone(),
            layout: self.layout.clone(),
            permissions: self.permissions,
            cancellation: self.cancellation.clone(),
            foreground: self.foreground.clone(),
            display: self.display.clone(),
            providers: self.providers.clone(),
            within: self.within.clone(),
            written: Arc::clone(&self.written),
        }
    }

    /// Takes down the newest step of a run's journal that this process made.
    pub fn wrote_step(&self, run: &RunId, step: Oid) {
        if let Ok(mut written) = self.written.lock() {
            written.insert(run.clone(), step);
        }
    }

    /// The newest step of a run's journal that this process made, if it made one.
    pub fn written_step(&self, run: &RunId) -> Option<Oid> {
        self.written.lock().ok()?.get(run).copied()
    }

    /// Where paths may be that the caller names: what they name is neither written into a git directory nor read there.
    pub fn bounds(&self) -> Bounds {
        let location = self.repo.location();
        let git = vec![location.git_dir.clone(), location.common_dir.clone(), location.objects.clone()];
        Bounds { within: self.within.clone(), git }
    }

    /// Reads a file that the caller names by its absolute path.
    ///
    /// # Errors
    /// When it cannot be read, or may not be.
    pub fn read_named(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.within.is_empty() {
            // A person at a terminal may mean any file of theirs: a pipe, standard input.
            return std::fs::read(path);
        }
        crate::folder::read(path, &self.bounds()).map_err(|error| {
            let causes = error.causes().into_iter();
            io::Error::other(std::iter::once(error.message().to_owned()).chain(causes).collect::<Vec<_>>().join(": "))
        })
    }

    /// Reads the settings again.
    ///
    /// # Errors
    /// When git cannot read its configuration; the settings stay what they were.
    pub fn read_settings(&mut self) -> Result<()> {
        self.settings = Settings::new(git::config::list()?, self.environment.puff.clone());
        Ok(())
    }

    /// Who the user is to git.
    ///
    /// # Errors
    /// When git does not know: no commit can be made without.
    pub fn identity(&self) -> Result<Identity> {
        self.who().ok_or_else(|| {
            Error::cannot_work("git does not know your name and address, which every commit needs").hint(
                "set them: git config --global user.name 'Your Name'; git config --global user.email you@example.com",
            )
        })
    }

    /// Who signs the steps of a run's journal: the user, or git-puff itself where git does not know the user.
    pub fn journalist(&self) -> Identity {
        let unknown = || Identity { name: "git-puff".to_owned(), email: "git-puff@localhost".to_owned() };
        self.who().unwrap_or_else(unknown)
    }

    fn who(&self) -> Option<Identity> {
        self.who.get_or_init(|| self.repo.identity()).clone()
    }

    /// The `codex` program that counts here and now: a path, or a name to find on PATH.
    pub fn codex_program(&self) -> String {
        self.settings.text(settings::CODEX).unwrap_or_else(|| "codex".to_owned())
    }
}

/// Where the caller may have agents started: a user anywhere, an agent where the user lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// In Codex Cloud, for money.
    pub cloud: bool,
    /// On this machine.
    pub local: bool,
}

impl Default for Permissions {
    fn default() -> Permissions {
        Permissions { cloud: true, local: true }
    }
}

/// In a shared repository, lets those it is shared with use what is made in it, as git does: by the process's mask, since
/// libgit2 asks nothing else. Folders take the group of the one that they are in.
fn share(settings: &Settings, layout: &mut Layout) {
    let Some(mode) = settings.git("core.sharedrepository").and_then(shared_mode) else { return };
    crate::process::widen(mode);
    layout.share(mode);
}

/// The permissions that `core.sharedRepository` adds; none where it is not shared.
fn shared_mode(value: &str) -> Option<u32> {
    match value.to_ascii_lowercase().as_str() {
        "group" | "true" | "yes" | "on" | "1" => Some(0o060),
        "all" | "world" | "everybody" | "2" => Some(0o064),
        "umask" | "false" | "no" | "off" | "" => None,
        octal => u32::from_str_radix(octal, 8).ok().filter(|mode| mode & 0o600 == 0o600).map(|mode| mode & 0o066),
    }
}

/// All of an [`App`] but the open repository.
#[derive(Clone)]
pub struct Seed {
    location: git::Location,
    settings: Settings,
    clock: Clock,
    ids: Ids,
    environment: Environment,
    layout: Layout,
    permissions: Permissions,
    cancellation: Cancellation,
    foreground: Foreground,
    display: DisplayFormat,
    providers: Providers,
    written: Written,
    within: Vec<PathBuf>,
}

impl Seed {
    /// The same surroundings, with the repository opened once more.
    ///
    /// # Errors
    /// As [`Repo::open`].
    pub fn open(self) -> Result<App> {
        Ok(App {
            repo: Repo::open(self.location)?,
            settings: self.settings,
            clock: self.clock,
            ids: self.ids,
            environment: self.environment,
            layout: self.layout,
            permissions: self.permissions,
            cancellation: self.cancellation,
            foreground: self.foreground,
            display: self.display,
            providers: self.providers,
            written: self.written,
            within: self.within,
            who: OnceCell::new(),
        })
    }
}

/// What is read of the environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `GIT_PUFF_…`: settings.
    pub puff: HashMap<String, String>,
    /// The names of all variables that git, or git-puff, would listen to: `GIT_…`.
    pub git: Vec<String>,
    /// `COLUMNS`: how wide the output is, where it is set; git does for what is behind its pager.
    pub columns: Option<usize>,
    /// `NO_COLOR` is set to anything.
    pub no_color: bool,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
    pub alternates: OsString,
    /// `GIT_PUFF_NOW`: a fixed clock, for tests and for reproducing a record.
    pub now: Option<String>,
    /// `GIT_PUFF_SEED`: fixed ids, likewise.
    pub seed: Option<String>,
    /// `PRE_COMMIT_…`: what pre-commit tells its hooks.
    pub pre_commit: HashMap<String, String>,
    /// `CODEX_HOME`.
    pub codex_home: Option<String>,
    /// `CLAUDE_HOME`.
    pub claude_home: Option<String>,
    /// `CODEX_CLOUD_TASKS_BASE_URL`.
    pub codex_service: Option<String>,
    /// The folder that relative paths of the command line start from.
    pub cwd: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// The folder for what can be made again.
    pub cache: Option<PathBuf>,
    /// The folder for what programs bring along for this user.
    pub data: Option<PathBuf>,
    /// This program.
    pub program: Option<PathBuf>,
}

impl Environment {
    /// Is a variable of git's set?
    pub fn has(&self, name: &str) -> bool {
        self.git.iter().any(|known| known == name)
    }

    /// Reads it.
    pub fn read() -> Environment {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = text("HOME").map(PathBuf::from);
        let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        let cache = text("XDG_CACHE_HOME").map(PathBuf::from).filter(|cache| cache.is_absolute());
        let data = text("XDG_DATA_HOME").map(PathBuf::from).filter(|data| data.is_absolute());
        let variables = |prefix: &str| {
            let texts = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
            texts.filter(|(name, _)| name.starts_with(prefix)).collect()
        };
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Environment {
            puff: variables("GIT_PUFF_"),
            pre_commit: variables("PRE_COMMIT_"),
            git: names.filter(|name| name.starts_with("GIT_")).collect(),
            alternates: std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default(),
            columns: text("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0),
            no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            now: text("GIT_PUFF_NOW"),
            seed: text("GIT_PUFF_SEED"),
            codex_home: text("CODEX_HOME"),
            claude_home: text("CLAUDE_HOME"),
            codex_service: text("CODEX_CLOUD_TASKS_BASE_URL"),
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            data: data.or_else(|| Some(home.as_ref()?.join(".local/share"))),
            cache: cache.or_else(|| Some(home.as_ref()?.join(caches))),
            home,
            program: std::env::current_exe().ok(),
        }
    }

    /// Returns the absolute path in a variable, if there is one.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Returns what a variable holds that is given to a program with more behind it.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    /// The same, for work in another folder.
    fn elsewhere(self, folder: &Path) -> Environment {
        let git = self.git.into_iter().filter(|name| !git::TIES.contains(&name.as_str())).collect();
        Environment { cwd: folder.to_owned(), git, alternates: OsString::new(), ..self }
    }
}

/// Are `KEY=VALUE` lines wanted wherever there are some, without `--porcelain`? `GIT_PUFF_PORCELAIN`, in git's spellings of
/// a truth value; for scripts that were written for puff.sh.
pub fn prefers_porcelain() -> bool {
    let value = std::env::var("GIT_PUFF_PORCELAIN").unwrap_or_default().to_ascii_lowercase();
    matches!(value.as_str(), "true" | "yes" | "on" | "1")
}

/// Returns the value of `GIT_PUFF_TRACE`, which is needed before there is a repository.
pub fn wanted_trace() -> Option<OsString> {
    std::env::var_os(crate::trace::VARIABLE)
}

/// Returns the time of day in the user's time zone, as the lines of a trace begin. `GIT_PUFF_NOW` does not count: a trace
/// says when something was really done.
pub fn time_of_day() -> String {
    chrono::Local::now().format("%H:%M:%S%.6f").to_string()
}

/// What time it is.
#[derive(Clone, Debug)]
pub struct Clock {
    fixed: Option<Time>,
}

impl Clock {
    /// The system's clock, or the fixed one of `GIT_PUFF_NOW`.
    ///
    /// # Errors
    /// When `GIT_PUFF_NOW` is no RFC 3339 time.
    pub fn read(environment: &Environment) -> Result<Clock> {
        let parse = |text: &String| {
            chrono::DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).map_err(|cause| {
                Error::usage(format!("GIT_PUFF_NOW is '{text}', which is not an RFC 3339 time"))
                    .hint("write it as 2026-11-20T10:00:00Z, or unset it")
                    .because(cause)
            })
        };
        Ok(Clock { fixed: environment.now.as_ref().map(parse).transpose()? })
    }

    /// Now, in whole milliseconds: as exact as a record keeps it.
    pub fn now(&self) -> Time {
        let now = self.fixed.unwrap_or_else(chrono::Utc::now);
        Time::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
    }
}

/// Where new names come from.
#[derive(Clone, Debug)]
pub struct Ids {
    seed: Option<String>,
}

impl Ids {
    /// Four characters that tell a run from others; `about` and `attempt` only count under a fixed seed.
    pub fn suffix(&self, about: &str, attempt: u32) -> String {
        let bytes: [u8; 4] = match &self.seed {
            Some(seed) => {
                let digest = Sha256::digest(format!("{seed}\0{about}\0{attempt}"));
                std::array::from_fn(|at| digest[at])
            }
            None => getrandom::u32().expect("the system has random numbers").to_le_bytes(),
        };
        bytes.iter().map(|byte| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::from(*byte) % 36])).collect()
    }
}
