//! `puff.*`: every key, its default and its meaning, and where a value came from.
//!
//! A flag beats the environment (`GIT_PUFF_…`) beats git's configuration beats the default. A value that cannot be
//! used is an error that names its key and its origin, raised where the value is needed.

mod kind;
mod typos;

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

pub use self::kind::Kind;
pub use self::typos::{Unknown, meant, of_an_agent};

use crate::error::{Error, Result};
use crate::git::config::ConfigEntry;
use crate::model::{Bytes, Level, Span};

/// A key of `puff.*`.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As git's configuration has it, with its capitals: `puff.bestOf`.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What counts when nobody says otherwise; none where there is no default.
    pub default: Option<&'static str>,
    /// What it is for, in a line.
    pub meaning: &'static str,
}

impl Key {
    /// Each agent has its own: the name has `<name>` in it.
    pub fn is_of_agents(&self) -> bool {
        self.name.contains("<name>")
    }

    /// The name of the key that this agent has.
    pub fn of_agent(&self, agent: &str) -> String {
        self.name.replace("<name>", agent)
    }
}

// A new key is a line of this table: its kind, its name with git's capitals, its default, and a line for the manual and
// `git puff config`. Its kind is what `git puff config` and `doctor` check values by; one of several values is
// read by [`Settings::all`]. A key that each agent has of its own has `<name>` in it.
macro_rules! keys {
    ($($id:ident: $kind:ident $(($($arg:tt)*))? = $name:literal, $default:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $id: Key =
                Key { name: $name, kind: Kind::$kind $(($($arg)*))?, default: $default, meaning: $meaning };
        )*
        /// Every key, in the order of the manual.
        pub const KEYS: &[Key] = &[$($id),*];
    };
}

keys! {
    CODEX: Program = "puff.codex", Some("codex"), "The codex program: a path, or a name to be found on PATH.";
    DIALECT: Choice(&["official", "headless-a", "headless-b"]) = "puff.dialect", None, "How codex is spoken to: official, headless-a or headless-b; found out by itself when unset.";
    ENV: Text = "puff.env", None, "The cloud environment that tasks run in: its id or its label.";
    REMOTE: Text = "puff.remote", Some("origin"), "The remote whose branches the cloud checks out.";
    BEST_OF: Number(1) = "puff.bestOf", Some("4"), "How many attempts a task gets.";
    INTERVAL: Duration = "puff.interval", Some("15s"), "Polling interval of a watched run.";
    TIMEOUT: Duration = "puff.timeout", Some("0"), "How long a run is watched; 0 for as long as it takes.";
    SETTLE: Duration = "puff.settle", Some("30m"), "After this long without news, attempts that the client cannot tell about count as unknown.";
    MAX_ACTIVE: Number(0) = "puff.maxActive", Some("0"), "Maximum number of active runs, the others being queued; 0 for no limit.";
    ATTEMPT_LIMIT: Number(0) = "puff.attemptLimit", Some("0"), "How many cloud attempts may be started in 24 hours; 0 for no limit.";
    BRANCH_PREFIX: Text = "puff.branchPrefix", Some("puff/"), "What the names of variant branches begin with.";
    WORKTREE_DIR: Path = "puff.worktreeDir", None, "The folder of worktrees for local agents and reviews; a folder beside the repository, named as it is with .puff behind, when unset.";
    WORKTREE_SETUP: Command = "puff.worktree.setup", None, "A command that is run in each new worktree before its agent starts.";
    WORKTREE_COPY: Several(&Kind::Path) = "puff.worktree.copy", None, "Ignored files of the main worktree that each new worktree gets a copy of: a path or pattern; may be given several times.";
    HARVEST_IGNORED: Several(&Kind::Path) = "puff.harvest.ignored", None, "Ignored files that agents make and that are kept in their patches all the same: a path or pattern; may be given several times. What git-puff or the setup brought is not taken. A session's own worktree with such a file in it stays.";
    AUTO_HARVEST: Truth = "puff.autoHarvest", Some("false"), "Harvest every watched run as soon as it is ready.";
    SIGN: Truth = "puff.sign", None, "Sign the commits of variants, as git signs the user's own; commit.gpgSign when unset.";
    CHECK: Several(&Kind::Command) = "puff.check", None, "A command that a review runs on every variant and on the base, in a worktree of each; exit 0 is well. May be given several times. The checks that a launch named count before these.";
    CHECK_WRAPPER: Command = "puff.check.wrapper", None, "What is put before every check, such as a container's command: 'PREFIX sh -c CHECK' is what runs.";
    JUDGE: Several(&Kind::Command) = "puff.judge", None, "A command that scores the variants of a review, given without their makers on its standard input; run at the top of the main worktree. May be given several times.";
    AGENT_COMMAND: Command = "puff.agent.<name>.command", None, "The command line of an agent, for the shell: {prompt} and {prompt_file} stand for its prompt, quoted by themselves; without them it comes on standard input.";
    AGENT_RESUME: Command = "puff.agent.<name>.resume", None, "The command line that continues a session of that agent: {session} stands for the agent's own name of it, {prompt} for what it is told.";
    AGENT_WRAPPER: Command = "puff.agent.<name>.wrapper", None, "What is put before every command of that agent, such as a container's.";
    STUCK_AFTER: Duration = "puff.stuck.after", Some("5m"), "After this long without output a session counts as silent.";
    STUCK_POKE: Duration = "puff.stuck.poke", Some("10m"), "After this long without output and processor time a session counts as hung, and --auto acts.";
    SESSION_ANSWER: Several(&Kind::Answer) = "puff.session.answer", None, "What --auto may answer, 'PATTERN => TEXT' each: a regular expression of what is asked, and the text that is typed, with Enter unless '--no-enter' follows it; may be given several times, an empty one takes back those before. Passwords and logins are never answered.";
    SYNC_REMOTE: Several(&Kind::Text) = "puff.sync.remote", None, "A remote that runs may go to and come from; may be given several times. 'git puff sync' goes to no other.";
    SYNC_MAX_SIZE: Bytes = "puff.sync.maxSize", Some("10m"), "The largest file of a run that goes to another clone, such as a patch; a larger one stays, and its size and SHA-256 go instead. 0 for any.";
    SYNC_BRANCHES: Truth = "puff.sync.branches", Some("false"), "The branches of variants go with their runs, and come as remote-tracking branches.";
    PRE_PUSH_UNREVIEWED: Choice(Level::WORDS) = "puff.prePush.unreviewed", Some("refuse"), "Pushing a variant that no review has looked at and nobody picked: refuse, warn or allow.";
    PRE_PUSH_FAILED: Choice(Level::WORDS) = "puff.prePush.failed", Some("refuse"), "Pushing a variant that failed its checks, likewise; one that was picked all the same is only warned of.";
    PRE_PUSH_LOSER: Choice(Level::WORDS) = "puff.prePush.loser", Some("refuse"), "Pushing a variant of a run of which another one was picked, likewise.";
    PRE_PUSH_RISK: Choice(Level::WORDS) = "puff.prePush.risk", Some("refuse"), "Pushing a variant with a risk that nobody has taken by 'git puff review --accept', likewise.";
    PRE_PUSH_PARTIAL: Choice(Level::WORDS) = "puff.prePush.partial", Some("refuse"), "Pushing a variant that did not apply, or a part of one, likewise.";
    PRE_PUSH_CONFLICT_MARKER: Choice(Level::WORDS) = "puff.prePush.conflictMarker", Some("refuse"), "Pushing a variant with conflict markers left in it, likewise.";
    PRE_PUSH_SECRET: Choice(Level::WORDS) = "puff.prePush.secret", Some("refuse"), "Pushing a variant with something in it that looks like a secret, likewise.";
    PRE_PUSH_SCRATCH: Choice(Level::WORDS) = "puff.prePush.scratch", Some("refuse"), "Pushing a variant with files that an agent or its client left behind, such as error.log, likewise.";
    PRE_PUSH_RECORDS: Choice(Level::WORDS) = "puff.prePush.records", Some("warn"), "Pushing a variant to a remote that does not have the record of its run, likewise.";
    INIT_DID: Several(&Kind::Text) = "puff.init.did", None, "What 'git puff init' has set up here, for 'git puff init --undo'; not meant to be set by hand.";
    MCP_ALLOW: Several(&Kind::Text) = "puff.mcp.allow", None, "What 'git puff mcp' lets agents do: words in order, the last one that fits winning. read, watch, harvest, review (runs checks), local (runs agents and commands here), cloud (spends money) and decide (pick, prune, undo) are groups of tools; a tool's name, all and none fit as well, and '-' in front takes away. Everything when unset; may be given several times.";
    NOTIFY: Command = "puff.notify", None, "A command that is run, with the run as JSON on its standard input, when a run ends or needs someone.";
}

/// The settings that count here.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    entries: Vec<ConfigEntry>,
    environment: HashMap<String, String>,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value as it was written.
    pub value: String,
    /// `environment GIT_PUFF_…`, `file:…`, `command line:`, or `default`.
    pub origin: String,
}

impl Settings {
    /// Settings out of git's configuration and the `GIT_PUFF_…` variables.
    pub fn new(entries: Vec<ConfigEntry>, environment: HashMap<String, String>) -> Settings {
        Settings { entries, environment }
    }

    /// The value of a key, if it has one.
    pub fn get(&self, key: Key) -> Option<Setting> {
        let variable = variable(key.name);
        if let Some(value) = self.environment.get(&variable) {
            return Some(Setting { value: value.clone(), origin: format!("environment {variable}") });
        }
        // Git minds the case of a subsection, as that in puff.prePush.risk; for us nobody has to.
        let entry = self.entries.iter().rev().find(|entry| entry.key.eq_ignore_ascii_case(key.name));
        let written = entry.map(|entry| Setting { value: entry.value.clone(), origin: entry.origin.clone() });
        written.or_else(|| key.default.map(|value| Setting { value: value.to_owned(), origin: "default".to_owned() }))
    }

    /// The value of a key that each agent has its own of, such as [`AGENT_COMMAND`]; none when it is unset or empty.
    pub fn of_agent(&self, key: Key, agent: &str) -> Option<Setting> {
        let variable = variable_of_agent(key, agent);
        let (section, item) = (key.name.split_once('<')?.0, key.name.rsplit_once('.')?.1);
        let wanted = format!("{section}{agent}.{item}");
        let value = match self.environment.get(&variable) {
            Some(value) => Setting { value: value.clone(), origin: format!("environment {variable}") },
            None => {
                let entry = self.entries.iter().rev().find(|entry| entry.key == wanted)?;
                Setting { value: entry.value.clone(), origin: entry.origin.clone() }
            }
        };
        Some(value).filter(|setting| !setting.value.trim().is_empty())
    }

    /// The names that occur in the keys of agents, each once.
    pub fn agents(&self) -> BTreeSet<&str> {
        let name = |entry: &'_ ConfigEntry| -> Option<std::ops::Range<usize>> {
            let start = "puff.agent.".len();
            let end = entry.key.rfind('.')?;
            (entry.key.starts_with("puff.agent.") && end > start).then_some(start..end)
        };
        self.entries.iter().filter_map(|entry| Some(&entry.key[name(entry)?])).collect()
    }

    /// All values of a key that may be given several times; an empty one takes back those before it, as git does it. A
    /// variable has one a line.
    pub fn all(&self, key: Key) -> Vec<Setting> {
        let variable = variable(key.name);
        let values: Vec<Setting> = match self.environment.get(&variable) {
            Some(lines) => {
                let origin = format!("environment {variable}");
                lines.lines().map(|line| Setting { value: line.to_owned(), origin: origin.clone() }).collect()
            }
            None => {
                let entries = self.entries.iter().filter(|entry| entry.key.eq_ignore_ascii_case(key.name));
                entries.map(|entry| Setting { value: entry.value.clone(), origin: entry.origin.clone() }).collect()
            }
        };
        let cleared = values.iter().rposition(|setting| setting.value.trim().is_empty());
        values.into_iter().skip(cleared.map_or(0, |at| at + 1)).collect()
    }

    /// The text of a key; none when it is unset or empty.
    pub fn text(&self, key: Key) -> Option<String> {
        self.get(key).map(|setting| setting.value).filter(|value| !value.is_empty())
    }

    /// A key that holds a length of time.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn span(&self, key: Key) -> Result<Span> {
        self.parsed(key)
    }

    /// A key that holds a whole number.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn number(&self, key: Key) -> Result<u32> {
        self.parsed(key)
    }

    /// A key that holds a number of bytes.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn bytes(&self, key: Key) -> Result<Bytes> {
        self.parsed(key)
    }

    /// A key that holds a truth value, in any of git's spellings.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn truth(&self, key: Key) -> Result<bool> {
        let setting = self.get(key).unwrap_or(Setting { value: "false".into(), origin: "default".into() });
        kind::truth(&setting.value).ok_or_else(|| bad(key, &setting, &key.kind.wanted()))
    }

    /// A key that says what becomes of a push.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn level(&self, key: Key) -> Result<Level> {
        self.parsed(key)
    }

    /// A key that holds one of some words, read as what stands for them; none when it is unset or empty.
    ///
    /// # Errors
    /// When it holds another word.
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

    /// Every value of a key of git's own, in their order.
    pub fn git_all(&self, key: &str) -> Vec<&str> {
        self.entries.iter().filter(|entry| entry.key == key).map(|entry| entry.value.as_str()).collect()
    }

    /// Every key of git's configuration here, as git lists it.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// A key of git's own, the last entry winning.
    pub fn git(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// A key of git's own that holds a truth value; what is none is false, for git itself to complain about.
    pub fn git_truth(&self, key: &str) -> bool {
        let value = self.git(key).unwrap_or_default().to_ascii_lowercase();
        matches!(value.as_str(), "true" | "yes" | "on" | "1")
    }
}

/// An error that names key, value and origin.
pub fn bad(key: Key, setting: &Setting, wanted: &str) -> Error {
    unusable(key.name, &setting.value, &setting.origin, &format!("has to be {wanted}"))
}

/// An error that says why a value cannot be used, behind "but"; `name` is that of its key.
pub fn unusable(name: &str, value: &str, origin: &str, why: &str) -> Error {
    let error = Error::usage(format!("{name} is '{value}' ({origin}), but {why}"));
    match origin.strip_prefix("environment ") {
        Some(variable) => error.hint(format!("set {variable} to something else, or unset it")),
        None => error
            .hint(format!("set it with 'git config {name} VALUE', or take it away with 'git config --unset {name}'")),
    }
}

/// `puff.agent.my-agent.command` → `GIT_PUFF_AGENT_MY_AGENT_COMMAND`.
pub fn variable_of_agent(key: Key, agent: &str) -> String {
    variable(&key.of_agent("*")).replace('*', &shouted(agent))
}

/// A name as it is a part of a variable's: `my-agent` → `MY_AGENT`.
fn shouted(name: &str) -> String {
    let shout = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    name.chars().map(shout).collect()
}

/// `puff.bestOf` → `GIT_PUFF_BEST_OF`.
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

    fn entry(key: &str, value: &str, origin: &str) -> ConfigEntry {
        ConfigEntry { key: key.into(), value: value.into(), scope: "local".into(), origin: origin.into() }
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
        assert_eq!(
            error.message(),
            "puff.interval is 'soon' (file:/x), but has to be a length of time such as 15s, 5m or 2h"
        );
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
