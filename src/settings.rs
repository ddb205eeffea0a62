//! The settings `puff.*`: every key, its default and its meaning, and the origin of a value.
//!
//! A flag overrides the environment (`GIT_PUFF_…`), which overrides git's configuration, which overrides the default.
//! An invalid value is an error that names its key and its origin, raised where the value is needed.

mod kind;
mod typos;

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

pub use self::kind::Kind;
pub use self::typos::{Unknown, meant, of_an_agent};

use crate::error::{Error, Result};
use crate::git::config::ConfigEntry;
use crate::model::documents::SettingOrigin;
use crate::model::{Bytes, Confine, Level, Span};

/// A key of `puff.*`.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The name in git's configuration, with its capitals: `puff.bestOf`.
    pub name: &'static str,
    /// Its earlier name, which keeps working; the name of today overrides it.
    pub earlier: Option<&'static str>,
    /// The type of its values.
    pub kind: Kind,
    /// The default, if there is one.
    pub default: Option<&'static str>,
    /// Its meaning, in one line.
    pub meaning: &'static str,
}

impl Key {
    /// Returns whether each agent has its own value: the name contains `<name>`.
    pub fn is_of_agents(&self) -> bool {
        self.name.contains("<name>")
    }

    /// Returns its names, that of today first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.earlier)
    }

    /// Returns whether this is one of its names, in any case.
    pub fn is_named(&self, name: &str) -> bool {
        self.names().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Returns the name of the key for an agent.
    pub fn of_agent(&self, agent: &str) -> String {
        self.name.replace("<name>", agent)
    }
}

// A new key is a line of this table: its kind, its name with git's capitals, an earlier name that keeps working (after
// a '|'), its default, and a line for the manual and `git puff config`. `git puff config` and `doctor` check values by its kind; [`Settings::all`] reads a key with
// several values. A key for each agent contains `<name>`.
macro_rules! keys {
    ($($id:ident: $kind:ident $(($($arg:tt)*))? = $name:literal $(| $earlier:literal)?, $default:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $id: Key = Key {
                name: $name,
                earlier: keys!(@earlier $($earlier)?),
                kind: Kind::$kind $(($($arg)*))?,
                default: $default,
                meaning: $meaning,
            };
        )*
        /// Every key, in the order of the manual.
        pub const KEYS: &[Key] = &[$($id),*];
    };
    (@earlier) => { None };
    (@earlier $earlier:literal) => { Some($earlier) };
}

keys! {
    PROVIDER: Text = "puff.provider", Some("codex-cloud"), "The provider of runs without --agent.";
    CODEX: Program = "puff.codex", Some("codex"), "The codex program: a path, or a name to find on PATH.";
    DIALECT: Choice(&["official", "headless-a", "headless-b"]) = "puff.dialect", None, "The dialect of the codex client: official, headless-a or headless-b; detected if unset.";
    ENV: Text = "puff.env", None, "The cloud environment of tasks: its id or its label.";
    REMOTE: Text = "puff.remote", Some("origin"), "The remote whose branches the cloud checks out.";
    BEST_OF: Number(1) = "puff.bestOf", Some("4"), "Number of attempts of a task.";
    INTERVAL: Duration = "puff.interval", Some("15s"), "Polling interval of a watched run.";
    TIMEOUT: Duration = "puff.timeout", Some("0"), "Time limit for watching a run; 0 for none.";
    SETTLE: Duration = "puff.settle", Some("30m"), "Time without changes after which attempts that the client does not report count as unknown.";
    MAX_ACTIVE: Number(0) = "puff.maxActive", Some("0"), "Maximum number of active runs; further runs are queued; 0 for no limit.";
    ATTEMPT_LIMIT: Number(0) = "puff.attemptLimit", Some("0"), "Maximum number of cloud attempts in 24 hours; 0 for no limit.";
    BRANCH_PREFIX: Text = "puff.branchPrefix", Some("puff/"), "Prefix of the names of variant branches.";
    WORKSPACE: Choice(&["private", "linked"]) = "puff.workspace", Some("private"), "The repository that local agents and checks see in their workspace: private for one of their own, linked for a linked worktree of yours.";
    POOL_MAX: Number(0) = "puff.pool.max", Some("8"), "Maximum number of private workspaces that are kept between their uses.";
    POOL_KEEP: Number(0) = "puff.pool.keep", Some("14"), "Number of days without use after which a private workspace is removed.";
    REVIEW_WARM: Truth = "puff.review.warm", Some("true"), "Whether a check finds the ignored files that earlier checks left, such as build results. What fails with them is run again without.";
    REVIEW_TESTS: Several(&Kind::Path) = "puff.review.tests", None, "Files that belong to the tests, in the syntax of gitignore: a review takes them from the base when it runs the tests of the base on a variant. May be given several times; files that are named as tests by convention are always among them.";
    WORKSPACE_DIR: Path = "puff.workspace.dir" | "puff.worktreeDir", None, "The folder of workspaces for local agents and reviews; if unset, a folder beside the repository, with its name and the suffix .puff.";
    WORKSPACE_COPY: Several(&Kind::Path) = "puff.workspace.copy" | "puff.worktree.copy", None, "Ignored files and folders of the main worktree to copy into each new workspace, beside those that .worktreeinclude names: a path or pattern; may be given several times. If unset, the folders node_modules, .venv and venv at the top are copied, up to 1 GiB each (of any size where the file system shares copied blocks); an empty value turns that off.";
    WORKSPACE_LINK: Several(&Kind::Path) = "puff.workspace.link", None, "Ignored files and folders of the main worktree that each new workspace gets a symbolic link to: a path or pattern; may be given several times. Agents and checks that write into a linked folder change the main worktree.";
    WORKSPACE_SETUP: Command = "puff.workspace.setup" | "puff.worktree.setup", None, "A command to run in each new workspace, before its agent or its checks start. What it makes is no agent's work as long as the agent leaves it as it is.";
    WORKSPACE_SETUP_INPUTS: Several(&Kind::Path) = "puff.workspace.setupInputs", None, "The committed files that puff.workspace.setup depends on, in the syntax of gitignore: in a workspace that a review uses again, it runs again only when one of them differs. May be given several times; if unset, the lock files of the usual package managers.";
    HARVEST_IGNORED: Several(&Kind::Path) = "puff.harvest.ignored", None, "Ignored files of agents to include in their patches: a path or pattern; may be given several times. Files from git-puff or the setup are not included. A session's own worktree with such a file is kept.";
    AUTO_HARVEST: Truth = "puff.autoHarvest", Some("false"), "Whether to harvest every watched run as soon as it is ready.";
    SIGN: Truth = "puff.sign", None, "Whether to sign the commits of variants, as git signs yours; commit.gpgSign if unset.";
    CHECK: Several(&Kind::Command) = "puff.check", None, "A command that a review runs on every variant and on the base, each in its own worktree; exit 0 is a pass. May be given several times. The checks of the launch take precedence.";
    CHECK_WRAPPER: Command = "puff.check.wrapper", None, "A prefix of every check, such as a container's command: runs 'PREFIX sh -c CHECK'.";
    AGENT_TRUST: Choice(&["none", "inherit"]) = "puff.agent.<name>.trust", None, "Whether codex trusts its workspace as it trusts the main worktree by its own settings: none or inherit. Then what a project configures for it runs outside of its sandbox, such as MCP servers.";
    CONFINE: Choice(Confine::WORDS) = "puff.confine", Some("auto"), "Which programs may write only in their workspace, a temporary folder, and the places of puff.confine.write: checks, agents, all or off; auto for checks where the system can confine programs and puff.check.wrapper is unset.";
    CONFINE_WRITE: Several(&Kind::Path) = "puff.confine.write", None, "A folder or file that confined programs may write too, absolute, with ~ for your home, or relative to the main worktree; may be given several times. The caches of cargo, npm, pnpm, yarn, pip, go, gradle, maven and ccache come first; an empty value clears them and the previous ones.";
    CONFINE_NETWORK: Choice(&["on", "off"]) = "puff.confine.network", Some("on"), "Whether confined checks may use TCP, this machine's own addresses included: on or off.";
    JUDGE: Several(&Kind::Command) = "puff.judge", None, "A command that scores the variants of a review; it reads them without their agents' names on its standard input, and runs in a workspace at the base. A relative path of its program is below the top of the main worktree. May be given several times.";
    AGENT_COMMAND: Command = "puff.agent.<name>.command", None, "The shell command of an agent: {prompt} and {prompt_file} stand for its prompt, already quoted; without them the prompt comes on standard input.";
    AGENT_RESUME: Command = "puff.agent.<name>.resume", None, "The shell command that resumes a session of that agent: {session} stands for the agent's own session id, {prompt} for the message.";
    AGENT_WRAPPER: Command = "puff.agent.<name>.wrapper", None, "A prefix of every command of that agent, such as a container's command.";
    STUCK_AFTER: Duration = "puff.stuck.after", Some("5m"), "Time without output after which a session counts as silent.";
    STUCK_POKE: Duration = "puff.stuck.poke", Some("10m"), "Time without output and processor time after which a session counts as hung, and --auto acts.";
    SESSION_ANSWER: Several(&Kind::Answer) = "puff.session.answer", None, "An answer that --auto may give, as 'PATTERN => TEXT': a regular expression of the question, and the text to type, followed by Enter unless '--no-enter' is appended; may be given several times, and an empty value clears the previous ones. Passwords and logins are never answered.";
    SYNC_REMOTE: Several(&Kind::Text) = "puff.sync.remote", None, "A remote with which 'git puff sync' may exchange runs; may be given several times.";
    SYNC_MAX_SIZE: Bytes = "puff.sync.maxSize", Some("10m"), "Maximum size of a file of a run, such as a patch, to send to a remote; for a larger file, its size and SHA-256 are sent instead. 0 for no limit.";
    SYNC_BRANCHES: Truth = "puff.sync.branches", Some("false"), "Whether to send the branches of variants with their runs, and to fetch them as remote-tracking branches.";
    PRE_PUSH_UNREVIEWED: Choice(Level::WORDS) = "puff.prePush.unreviewed", Some("refuse"), "Pushing a variant that was neither reviewed nor picked: refuse, warn or allow.";
    PRE_PUSH_FAILED: Choice(Level::WORDS) = "puff.prePush.failed", Some("refuse"), "Pushing a variant that failed its checks, likewise; only a warning if it was picked nevertheless.";
    PRE_PUSH_LOSER: Choice(Level::WORDS) = "puff.prePush.loser", Some("refuse"), "Pushing a variant when another one of its run was picked, likewise.";
    PRE_PUSH_RISK: Choice(Level::WORDS) = "puff.prePush.risk", Some("refuse"), "Pushing a variant with a risk that was not accepted with 'git puff review --accept', likewise.";
    PRE_PUSH_PARTIAL: Choice(Level::WORDS) = "puff.prePush.partial", Some("refuse"), "Pushing a variant that did not apply, or only a part of it, likewise.";
    PRE_PUSH_CONFLICT_MARKER: Choice(Level::WORDS) = "puff.prePush.conflictMarker", Some("refuse"), "Pushing a variant with conflict markers in it, likewise.";
    PRE_PUSH_SECRET: Choice(Level::WORDS) = "puff.prePush.secret", Some("refuse"), "Pushing a variant with a possible secret in it, likewise.";
    PRE_PUSH_SCRATCH: Choice(Level::WORDS) = "puff.prePush.scratch", Some("refuse"), "Pushing a variant with files that an agent or its client left behind, such as error.log, likewise.";
    PRE_PUSH_RECORDS: Choice(Level::WORDS) = "puff.prePush.records", Some("warn"), "Pushing a variant to a remote without the record of its run, likewise.";
    INIT_DID: Several(&Kind::Text) = "puff.init.did", None, "The changes of 'git puff init', for 'git puff init --undo'; do not set it by hand.";
    MCP_ALLOW: Several(&Kind::Text) = "puff.mcp.allow", None, "The tools that 'git puff mcp' allows: a list of words, the last match wins. The groups of tools are read, watch, harvest, review (runs checks), local (runs agents and commands here), cloud (spends money) and decide (pick, prune, undo); a tool's name, all and none are valid too, and a leading '-' disables. All tools if unset; may be given several times.";
    NOTIFY: Command = "puff.notify", None, "A command to run when a run ends or needs attention, with the run as JSON on its standard input.";
}

/// The settings in effect.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    entries: Vec<ConfigEntry>,
    environment: HashMap<String, String>,
}

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value as it was written.
    pub value: String,
    /// Where it was written.
    pub origin: SettingOrigin,
    /// The earlier name of its key, where it was written under that.
    pub earlier: Option<&'static str>,
}

impl Setting {
    fn of_environment(variable: &str, value: &str) -> Setting {
        let origin = SettingOrigin::Environment(variable.to_owned());
        Setting { value: value.to_owned(), origin, earlier: None }
    }

    fn of_git(entry: &ConfigEntry) -> Setting {
        Setting { value: entry.value.clone(), origin: SettingOrigin::Git(entry.origin.clone()), earlier: None }
    }

    fn of_default(value: &str) -> Setting {
        Setting { value: value.to_owned(), origin: SettingOrigin::Default, earlier: None }
    }

    /// Returns the name that it was written under, of the two that its key may have.
    pub fn name(&self, key: Key) -> &'static str {
        self.earlier.unwrap_or(key.name)
    }
}

impl Settings {
    /// Creates settings from git's configuration and the `GIT_PUFF_…` variables.
    pub fn new(entries: Vec<ConfigEntry>, environment: HashMap<String, String>) -> Settings {
        Settings { entries, environment }
    }

    /// Returns the value of a key, if it has one.
    pub fn get(&self, key: Key) -> Option<Setting> {
        self.written(key).pop().or_else(|| key.default.map(Setting::of_default))
    }

    /// Returns whether a key is set, be it to nothing.
    pub fn is_set(&self, key: Key) -> bool {
        !self.written(key).is_empty()
    }

    /// Returns the values of a key as they were written, by the first that has any of: the variable, that of its
    /// earlier name, git's configuration, and the earlier name there. A variable has one value per line for a key that
    /// may be given several times.
    fn written(&self, key: Key) -> Vec<Setting> {
        let under = |name: &'static str, values: Vec<Setting>| {
            let earlier = Some(name).filter(|name| *name != key.name);
            values.into_iter().map(|value| Setting { earlier, ..value }).collect::<Vec<_>>()
        };
        let variables = key.names().map(|name| under(name, self.of_variable(key, name)));
        let entries = key.names().map(|name| under(name, self.of_entries(name)));
        variables.chain(entries).find(|values| !values.is_empty()).unwrap_or_default()
    }

    fn of_variable(&self, key: Key, name: &str) -> Vec<Setting> {
        let variable = variable(name);
        match self.environment.get(&variable) {
            // An empty one is a value too.
            Some(lines) if key.kind.is_several() && !lines.is_empty() => {
                lines.lines().map(|line| Setting::of_environment(&variable, line)).collect()
            }
            Some(value) => vec![Setting::of_environment(&variable, value)],
            None => Vec::new(),
        }
    }

    fn of_entries(&self, name: &str) -> Vec<Setting> {
        // Git's subsections are case-sensitive, as in puff.prePush.risk; these keys are not.
        let entries = self.entries.iter().filter(|entry| entry.key.eq_ignore_ascii_case(name));
        entries.map(Setting::of_git).collect()
    }

    /// Returns the entries of git's configuration under the earlier name of a key that is set under its name too: they
    /// are ignored.
    pub fn overridden(&self) -> Vec<(Key, &ConfigEntry)> {
        let is_set = |name: &str| self.environment.contains_key(&variable(name)) || !self.of_entries(name).is_empty();
        let twice = KEYS.iter().filter(|key| key.earlier.is_some() && is_set(key.name));
        let entries = |key: &'static Key| {
            let earlier = self
                .entries
                .iter()
                .filter(|entry| key.earlier.is_some_and(|earlier| entry.key.eq_ignore_ascii_case(earlier)));
            earlier.map(|entry| (*key, entry))
        };
        twice.flat_map(entries).collect()
    }

    /// Returns an agent's value of a key such as [`AGENT_COMMAND`]; none when it is unset or empty.
    pub fn of_agent(&self, key: Key, agent: &str) -> Option<Setting> {
        let variable = variable_of_agent(key, agent);
        let (section, item) = (key.name.split_once('<')?.0, key.name.rsplit_once('.')?.1);
        let wanted = format!("{section}{agent}.{item}");
        let value = match self.environment.get(&variable) {
            Some(value) => Setting::of_environment(&variable, value),
            None => Setting::of_git(self.entries.iter().rev().find(|entry| entry.key == wanted)?),
        };
        Some(value).filter(|setting| !setting.value.trim().is_empty())
    }

    /// Returns the names of agents in the configuration, each once.
    pub fn agents(&self) -> BTreeSet<&str> {
        let name = |entry: &'_ ConfigEntry| -> Option<std::ops::Range<usize>> {
            let start = "puff.agent.".len();
            let end = entry.key.rfind('.')?;
            (entry.key.starts_with("puff.agent.") && end > start).then_some(start..end)
        };
        self.entries.iter().filter_map(|entry| Some(&entry.key[name(entry)?])).collect()
    }

    /// Returns all values of a key that may be given several times; an empty one clears the previous ones, as in git.
    /// A variable has one value per line.
    pub fn all(&self, key: Key) -> Vec<Setting> {
        let values = self.written(key);
        let cleared = values.iter().rposition(|setting| setting.value.trim().is_empty());
        values.into_iter().skip(cleared.map_or(0, |at| at + 1)).collect()
    }

    /// Returns whether an empty value of a key that may be given several times clears what comes before.
    pub fn is_cleared(&self, key: Key) -> bool {
        self.written(key).iter().any(|setting| setting.value.trim().is_empty())
    }

    /// Returns the text of a key; none when it is unset or empty.
    pub fn text(&self, key: Key) -> Option<String> {
        self.get(key).map(|setting| setting.value).filter(|value| !value.is_empty())
    }

    /// Returns the value of a key as a duration.
    ///
    /// # Errors
    /// When the value is invalid.
    pub fn span(&self, key: Key) -> Result<Span> {
        self.parsed(key)
    }

    /// Returns the value of a key as a whole number.
    ///
    /// # Errors
    /// When the value is invalid.
    pub fn number(&self, key: Key) -> Result<u32> {
        self.parsed(key)
    }

    /// Returns the value of a key as a number of bytes.
    ///
    /// # Errors
    /// When the value is invalid.
    pub fn bytes(&self, key: Key) -> Result<Bytes> {
        self.parsed(key)
    }

    /// Returns the value of a key as a boolean, in any of git's spellings.
    ///
    /// # Errors
    /// When the value is invalid.
    pub fn truth(&self, key: Key) -> Result<bool> {
        let setting = self.get(key).unwrap_or_else(|| Setting::of_default("false"));
        kind::truth(&setting.value).ok_or_else(|| bad(key, &setting, &key.kind.wanted()))
    }

    /// Returns the value of a key as a level for a push.
    ///
    /// # Errors
    /// When the value is invalid.
    pub fn level(&self, key: Key) -> Result<Level> {
        self.parsed(key)
    }

    /// Returns the value of a key that holds one of several words; none when it is unset or empty.
    ///
    /// # Errors
    /// When the value is another word.
    pub fn choice<T: FromStr>(&self, key: Key) -> Result<Option<T>> {
        let Some(setting) = self.get(key).filter(|setting| !setting.value.is_empty()) else { return Ok(None) };
        let read = setting.value.to_ascii_lowercase().parse().map_err(|_| bad(key, &setting, &key.kind.wanted()));
        read.map(Some)
    }

    fn parsed<T: FromStr>(&self, key: Key) -> Result<T> {
        let setting = self.get(key).ok_or_else(|| Error::usage(format!("{} is not set", key.name)))?;
        let wrong = || bad(key, &setting, &key.kind.wanted());
        if !key.kind.takes(&setting.value) {
            return Err(wrong());
        }
        setting.value.parse().map_err(|_| wrong())
    }

    /// Returns every value of one of git's own keys, in order.
    pub fn git_all(&self, key: &str) -> Vec<&str> {
        self.entries.iter().filter(|entry| entry.key == key).map(|entry| entry.value.as_str()).collect()
    }

    /// Returns every entry of git's configuration, as git lists it.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// Returns the value of one of git's own keys; the last entry wins.
    pub fn git(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// Returns one of git's own keys as a boolean; an invalid value is false, and git itself reports it.
    pub fn git_truth(&self, key: &str) -> bool {
        let value = self.git(key).unwrap_or_default().to_ascii_lowercase();
        matches!(value.as_str(), "true" | "yes" | "on" | "1")
    }
}

/// Returns an error that names key, value and origin.
pub fn bad(key: Key, setting: &Setting, wanted: &str) -> Error {
    unusable(setting.name(key), &setting.value, &setting.origin, &format!("must be {wanted}"))
}

/// Returns an error that says why a value is invalid (`why` follows "but"); `name` is that of its key.
pub fn unusable(name: &str, value: &str, origin: &SettingOrigin, why: &str) -> Error {
    let error = Error::usage(format!("{name} is '{value}' ({origin}), but {why}"));
    match origin {
        SettingOrigin::Environment(variable) => error.hint(format!("change {variable}, or unset it")),
        _ => {
            error.hint(format!("set it with 'git config {name} VALUE', or remove it with 'git config --unset {name}'"))
        }
    }
}

/// Returns the variable of an agent's key: `puff.agent.my-agent.command` → `GIT_PUFF_AGENT_MY_AGENT_COMMAND`.
pub fn variable_of_agent(key: Key, agent: &str) -> String {
    variable(&key.of_agent("*")).replace('*', &shouted(agent))
}

/// Converts a name for use in a variable: `my-agent` → `MY_AGENT`.
fn shouted(name: &str) -> String {
    let shout = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    name.chars().map(shout).collect()
}

/// Returns the variable of a key: `puff.bestOf` → `GIT_PUFF_BEST_OF`.
pub fn variable(name: &str) -> String {
    let mut variable = "GIT_".to_owned();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            variable.push('_');
        }
        variable.push(if letter == '.' { '_' } else { letter.to_ascii_uppercase() });
    }
    variable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::config::Scope;

    fn entry(key: &str, value: &str, origin: &str) -> ConfigEntry {
        ConfigEntry { key: key.into(), value: value.into(), scope: Scope::Local, origin: origin.into() }
    }

    #[test]
    fn the_environment_beats_config_beats_the_default() {
        let entries = vec![entry("puff.bestof", "2", "file:a"), entry("puff.bestof", "3", "command line:")];
        let settings = Settings::new(entries.clone(), HashMap::new());
        assert_eq!(settings.number(BEST_OF).unwrap(), 3);
        assert_eq!(settings.span(INTERVAL).unwrap(), Span(15));
        let environment = HashMap::from([("GIT_PUFF_BEST_OF".to_owned(), "1".to_owned())]);
        assert_eq!(Settings::new(entries, environment).number(BEST_OF).unwrap(), 1);
    }

    #[test]
    fn a_bad_value_names_key_value_and_origin() {
        let settings = Settings::new(vec![entry("puff.interval", "soon", "file:/x")], HashMap::new());
        let error = settings.span(INTERVAL).unwrap_err();
        assert_eq!(error.message(), "puff.interval is 'soon' (file:/x), but must be a duration such as 15s, 5m or 2h");
    }

    #[test]
    fn every_agent_has_keys_of_its_own() {
        let entries = vec![
            entry("puff.agent.my-agent.command", "first", "file:a"),
            entry("puff.agent.my-agent.command", "last", "file:b"),
            entry("puff.agent.a.b.wrapper", "env", "file:b"),
            entry("puff.agent.command", "no name", "file:b"),
        ];
        let environment = HashMap::from([("GIT_PUFF_AGENT_MY_AGENT_RESUME".to_owned(), "again".to_owned())]);
        let settings = Settings::new(entries, environment);
        let value = |key, agent| settings.of_agent(key, agent).map(|setting| setting.value);
        assert_eq!(value(AGENT_COMMAND, "my-agent").as_deref(), Some("last"));
        assert_eq!(value(AGENT_RESUME, "my-agent").as_deref(), Some("again"));
        assert_eq!(value(AGENT_WRAPPER, "a.b").as_deref(), Some("env"));
        assert_eq!(value(AGENT_WRAPPER, "other"), None);
        assert_eq!(settings.agents().into_iter().collect::<Vec<_>>(), ["a.b", "my-agent"]);
    }

    #[test]
    fn an_earlier_name_counts_until_the_name_of_today_is_set() {
        let (old, new) = ("puff.worktree.copy", "puff.workspace.copy");
        let entries = [entry(old, ".env", "file:a"), entry(old, "*.local", "file:a")].to_vec();
        let values = |entries: &[ConfigEntry], variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let settings = Settings::new(entries.to_vec(), variables.collect());
            let all = settings.all(WORKSPACE_COPY).into_iter();
            let all: Vec<_> =
                all.map(|setting| format!("{}={}", setting.name(WORKSPACE_COPY), setting.value)).collect();
            (all.join(" "), settings.overridden().len())
        };
        assert_eq!(values(&entries, &[]), (format!("{old}=.env {old}=*.local"), 0));
        let both = [entries.clone(), vec![entry(new, "cache", "file:b")]].concat();
        assert_eq!(values(&both, &[]), (format!("{new}=cache"), 2));
        let cleared = [entries.clone(), vec![entry(new, "", "file:b")]].concat();
        assert_eq!(values(&cleared, &[]), (String::new(), 2));
        assert_eq!(values(&both, &[("GIT_PUFF_WORKTREE_COPY", "x\ny")]).0, format!("{old}=x {old}=y"));
        assert_eq!(values(&entries, &[("GIT_PUFF_WORKSPACE_COPY", "")]), (String::new(), 2));
    }

    #[test]
    fn a_key_with_several_values_can_be_cleared() {
        let entries = ["a => y", "", "b => n", "c => 1"].map(|value| entry("puff.session.answer", value, "file:a"));
        let values = |settings: Settings| -> Vec<String> {
            settings.all(SESSION_ANSWER).into_iter().map(|setting| setting.value).collect()
        };
        assert_eq!(values(Settings::new(entries.to_vec(), HashMap::new())), ["b => n", "c => 1"]);
        let environment = HashMap::from([("GIT_PUFF_SESSION_ANSWER".to_owned(), "d => y\ne => n".to_owned())]);
        assert_eq!(values(Settings::new(entries.to_vec(), environment)), ["d => y", "e => n"]);
    }
}
