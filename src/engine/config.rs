//! What is set, where, and whether it can be used.

use super::branches;
use crate::git::config::{ConfigEntry, Scope};
use crate::model::Schema;
use crate::model::documents::{self, Configuration, ConfiguredKey, ConfiguredValue, UnknownKey};
use crate::render::steps::shell_word;
use crate::session::protocol::AnswerRule;
use crate::settings::{self, KEYS, Key, Kind, Setting, Settings};

/// Returns every key with its value, and the unknown keys.
pub fn configuration(settings: &Settings) -> Configuration {
    let mut keys: Vec<ConfiguredKey> = Vec::new();
    for key in KEYS {
        let agents = settings.agents();
        if key.is_of_agents() && !agents.is_empty() {
            keys.extend(agents.into_iter().map(|agent| of_agent(settings, *key, agent)));
        } else {
            keys.push(one(settings, *key));
        }
    }
    let unknown = settings.unknown().into_iter().map(|unknown| {
        let ConfigEntry { key, value, origin, .. } = unknown.entry;
        let meant = unknown.meant();
        let mend = mend(unknown.entry, meant.as_deref());
        UnknownKey { key: key.clone(), value: value.clone(), origin: origin.clone(), meant, mend }
    });
    Configuration { schema: Schema::of(documents::CONFIG), unknown: unknown.collect(), settings: keys }
}

/// Returns what one key holds, by its name in any case, with or without `puff.`; none when there is no such key.
pub fn named(settings: &Settings, name: &str) -> Option<ConfiguredKey> {
    let name = full(name);
    if let Some(key) = KEYS.iter().find(|key| !key.is_of_agents() && key.is_named(&name)) {
        return Some(one(settings, *key));
    }
    let (key, agent) = settings::of_an_agent(&name)?;
    Some(of_agent(settings, key, agent))
}

/// Returns the key that a misspelt name most likely means.
pub fn meant(name: &str) -> Option<String> {
    settings::meant(&full(name))
}

/// Returns the name with `puff.` in front.
pub fn full(name: &str) -> String {
    let has_section = name.get(..5).is_some_and(|section| section.eq_ignore_ascii_case("puff."));
    if has_section { name.to_owned() } else { format!("puff.{name}") }
}

/// Values that cannot be used: the key, the value, and why.
pub fn problems(configuration: &Configuration) -> Vec<(&ConfiguredKey, &ConfiguredValue, &str)> {
    let pairs = configuration.settings.iter().flat_map(|key| key.values.iter().map(move |value| (key, value)));
    pairs.filter_map(|(key, value)| Some((key, value, value.problem.as_deref()?))).collect()
}

fn one(settings: &Settings, key: Key) -> ConfiguredKey {
    let values = if key.kind.is_several() { settings.all(key) } else { settings.get(key).into_iter().collect() };
    configured(key, key.name.to_owned(), settings::variable(key.name), values)
}

fn of_agent(settings: &Settings, key: Key, agent: &str) -> ConfiguredKey {
    let variable = settings::variable_of_agent(key, agent);
    configured(key, key.of_agent(agent), variable, settings.of_agent(key, agent).into_iter().collect())
}

fn configured(key: Key, name: String, variable: String, values: Vec<Setting>) -> ConfiguredKey {
    let value = |setting: Setting| ConfiguredValue {
        problem: problem(key, &setting),
        earlier_name: setting.earlier,
        value: setting.value,
        origin: setting.origin,
    };
    ConfiguredKey {
        key: name,
        values: values.into_iter().map(value).collect(),
        default: key.default,
        kind: key.kind.word(),
        choices: key.kind.choices().to_vec(),
        several: key.kind.is_several(),
        variable,
        meaning: key.meaning,
    }
}

/// Returns why a value cannot be used. What its kind cannot tell is asked of the room that uses it.
fn problem(key: Key, setting: &Setting) -> Option<String> {
    // What has a default cannot be unset by an empty word.
    let is_nothing = setting.value.is_empty() && key.default.is_some() && !key.kind.choices().is_empty();
    if is_nothing || !key.kind.takes(&setting.value) {
        return Some(format!("has to be {}", key.kind.wanted()));
    }
    if key.kind == Kind::Several(&Kind::Answer) {
        return AnswerRule::parse(&setting.value).err();
    }
    let patterns = [settings::WORKSPACE_COPY, settings::WORKSPACE_LINK, settings::HARVEST_IGNORED];
    if patterns.iter().any(|pattern| pattern.name == key.name) {
        return crate::session::worktree::pattern_problem(&setting.value);
    }
    let is_prefix = key.name == settings::BRANCH_PREFIX.name;
    (is_prefix && !branches::is_prefix(&setting.value)).then(|| format!("has to be {}", branches::PREFIX_WANTED))
}

/// Returns the command that fixes an unknown key.
pub fn mend(entry: &ConfigEntry, meant: Option<&str>) -> String {
    let Some(file) = entry.origin.strip_prefix("file:") else {
        return match meant {
            Some(meant) => format!("say {meant} where the command line or GIT_CONFIG_COUNT says {}", entry.key),
            None => format!("leave {} out on the command line or of GIT_CONFIG_COUNT", entry.key),
        };
    };
    let place = if entry.scope == Scope::Local && file == ".git/config" {
        String::new()
    } else {
        format!("--file {} ", shell_word(file))
    };
    let unset = format!("git config {place}--unset-all {}", shell_word(&entry.key));
    match meant {
        // A line for the shell has room for what is one line.
        Some(meant) if entry.value.contains(char::is_control) => format!("rename {} to {meant} in '{file}'", entry.key),
        Some(meant) => format!("git config {place}--add {} {} && {unset}", shell_word(meant), shell_word(&entry.value)),
        None => unset,
    }
}
