//! Unknown keys under `puff.`, which are probably misspelled.

use super::{AGENT_COMMAND, KEYS, Key, Settings};
use crate::git::config::ConfigEntry;

/// An unknown key.
#[derive(Clone, Copy, Debug)]
pub struct Unknown<'a> {
    /// Its origin.
    pub entry: &'a ConfigEntry,
}

impl Unknown<'_> {
    /// Returns the most similar known key, with the agent's name in a key of an agent.
    pub fn meant(&self) -> Option<String> {
        meant(&self.entry.key)
    }
}

impl Settings {
    /// Returns the unknown keys under `puff.`, each once per origin.
    pub fn unknown(&self) -> Vec<Unknown<'_>> {
        let ours = self.entries.iter().filter(|entry| entry.key.starts_with("puff."));
        ours.filter(|entry| !is_known(&entry.key)).map(|entry| Unknown { entry }).collect()
    }
}

/// Returns the known key most similar to this one, if any; with the agent's name in a key of an agent.
pub fn meant(written: &str) -> Option<String> {
    let name = agent(written).map_or("<name>", |(_, name, _)| name);
    nearest(written).map(|key| key.replace("<name>", name))
}

/// Splits the key of an agent into the key and the agent's name.
pub fn of_an_agent(written: &str) -> Option<(Key, &str)> {
    let key = KEYS.iter().find(|key| key.is_of_agents() && key.name.eq_ignore_ascii_case(&plain(written)))?;
    agent(written).map(|(_, name, _)| (*key, name))
}

fn nearest(written: &str) -> Option<&'static str> {
    let plain = plain(written);
    // One typo, and another for every four letters of the last word, because the words before it are equal.
    let slips = 1 + plain.rsplit('.').next().map_or(0, str::len) / 4;
    let distance = |name: &str| strsim::damerau_levenshtein(&plain, &name.to_ascii_lowercase());
    let names = KEYS.iter().flat_map(Key::names);
    let nearest = names.map(|name| (distance(name), name)).min_by_key(|(distance, _)| *distance);
    nearest.filter(|(distance, _)| *distance <= slips).map(|(_, name)| name)
}

fn is_known(written: &str) -> bool {
    let plain = plain(written);
    KEYS.iter().any(|key| key.is_named(&plain))
}

/// Returns a key in lower case, with `<name>` for the name of an agent.
fn plain(written: &str) -> String {
    match agent(written) {
        Some((section, _, item)) => format!("{section}.<name>.{item}").to_ascii_lowercase(),
        None => written.to_ascii_lowercase(),
    }
}

/// Splits `puff.agent.<name>.<item>`, also with a misspelled `agent`: any key with two inner dots is one unless it is
/// similar to another key.
fn agent(written: &str) -> Option<(&str, &str, &str)> {
    let (front, item) = written.rsplit_once('.')?;
    let section = &AGENT_COMMAND.name[..AGENT_COMMAND.name.find(".<name>")?];
    let end = front.match_indices('.').nth(1).map(|(at, _)| at)?;
    let (there, name) = (&front[..end], &front[end + 1..]);
    let is_near = strsim::damerau_levenshtein(&there.to_ascii_lowercase(), section) <= 2;
    (is_near && !name.is_empty()).then_some((there, name, item))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::git::config::Scope;

    /// Returns the finding on a key: none, unknown, or the suggested key.
    fn said(key: &str) -> Option<Option<String>> {
        let entry = ConfigEntry { key: key.into(), value: "x".into(), scope: Scope::Local, origin: "file:a".into() };
        let settings = Settings::new(vec![entry], HashMap::new());
        settings.unknown().first().map(Unknown::meant)
    }

    #[test]
    fn a_known_key_is_no_typing_error_in_whatever_case() {
        for key in ["puff.bestof", "puff.worktree.setup", "puff.Worktree.setup", "puff.agent.X.y.command", "user.name"]
        {
            assert_eq!(said(key), None, "{key}");
        }
    }

    #[test]
    fn a_typing_error_is_pointed_out_with_what_is_meant() {
        for (written, meant) in [
            ("puff.intervall", "puff.interval"),
            ("puff.bestoff", "puff.bestOf"),
            ("puff.worktree.setpu", "puff.worktree.setup"),
            ("puff.agent.My.x.comand", "puff.agent.My.x.command"),
            ("puff.agnet.x.command", "puff.agent.x.command"),
            ("puff.stuck.aftr", "puff.stuck.after"),
            ("puff.prePush.secrets", "puff.prePush.secret"),
        ] {
            assert_eq!(said(written), Some(Some(meant.to_owned())), "{written}");
        }
        assert_eq!(said("puff.colour"), Some(None), "nothing is near");
        assert_eq!(said("puff.agent.x.weather"), Some(None), "nothing is near");
    }
}
