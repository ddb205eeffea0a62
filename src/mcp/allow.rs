//! What the server may do: `puff.mcp.allow`.

use crate::context::Permissions;
use crate::error::{Error, Result};
use crate::settings::{self, Settings, bad};

/// What a tool does, as far as somebody might not want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Looks, and changes nothing.
    Read,
    /// Follows and stops following, and writes down what is seen.
    Watch,
    /// Makes branches, notes and reports of what agents made, and makes them again.
    Harvest,
    /// Runs the checks and judges on this machine.
    Review,
    /// Starts, steers and ends agents and commands on this machine.
    Local,
    /// Sends tasks to Codex Cloud, which costs money.
    Cloud,
    /// Moves branches, rewrites refs and removes runs.
    Decide,
}

const GROUPS: [(&str, Group); 7] = [
    ("read", Group::Read),
    ("watch", Group::Watch),
    ("harvest", Group::Harvest),
    ("review", Group::Review),
    ("local", Group::Local),
    ("cloud", Group::Cloud),
    ("decide", Group::Decide),
];

impl Group {
    /// The word that `puff.mcp.allow` has for it.
    pub fn as_str(self) -> &'static str {
        GROUPS.iter().find(|(_, group)| *group == self).map_or("", |(word, _)| word)
    }
}

/// What is allowed: the settings' words in order, the last one that fits winning.
#[derive(Clone, Debug)]
pub struct Allowed {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    whom: Whom,
    allows: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Whom {
    All,
    Group(Group),
    Tool(String),
}

impl Allowed {
    /// Reads `puff.mcp.allow`; `is_tool` says which words name tools.
    ///
    /// # Errors
    /// When a word is neither a group nor a tool.
    pub fn of(settings: &Settings, is_tool: impl Fn(&str) -> bool) -> Result<Allowed> {
        let mut rules = Vec::new();
        for setting in settings.all(settings::MCP_ALLOW) {
            for word in setting.value.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty()) {
                let (allows, name) = word.strip_prefix('-').map_or((true, word), |name| (false, name));
                let group = GROUPS.iter().find(|(word, _)| *word == name).map(|(_, group)| *group);
                let (whom, allows) = match (name, group) {
                    ("all", _) => (Whom::All, allows),
                    ("none", _) => (Whom::All, !allows),
                    (_, Some(group)) => (Whom::Group(group), allows),
                    (name, None) if is_tool(name) => (Whom::Tool(name.to_owned()), allows),
                    _ => {
                        let groups: Vec<&str> = GROUPS.iter().map(|(word, _)| *word).collect();
                        let wanted = format!("made of all, none, {} and names of tools", groups.join(", "));
                        return Err(bad(settings::MCP_ALLOW, &setting, &wanted));
                    }
                };
                rules.push(Rule { whom, allows });
            }
        }
        Ok(Allowed { rules })
    }

    /// May this tool do what this group does?
    pub fn allows(&self, tool: &str, group: Group) -> bool {
        // Without a rule everything is; where the first one allows something, nothing else is.
        let unsaid = self.rules.first().is_none_or(|rule| !rule.allows);
        let fits = |rule: &&Rule| match &rule.whom {
            Whom::All => true,
            Whom::Group(of) => *of == group,
            Whom::Tool(name) => name == tool,
        };
        self.rules.iter().rev().find(fits).map_or(unsaid, |rule| rule.allows)
    }

    /// Where a tool that starts agents may start them.
    pub fn leave(&self, tool: &str) -> Permissions {
        Permissions { cloud: self.allows(tool, Group::Cloud), local: self.allows(tool, Group::Local) }
    }
}

/// A tool that is switched off.
pub fn refused(tool: &str, groups: &[Group]) -> Error {
    let groups: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
    Error::failed(format!("the tool '{tool}' is switched off here by puff.mcp.allow"))
        .hint(format!("only the user can allow it: git config --add puff.mcp.allow {}", groups.join(",")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::git::config::ConfigEntry;

    fn allowed(values: &[&str]) -> Result<Allowed> {
        let entry = |value: &&str| ConfigEntry {
            key: "puff.mcp.allow".into(),
            value: (*value).into(),
            scope: "local".into(),
            origin: "file:a".into(),
        };
        let settings = Settings::new(values.iter().map(entry).collect(), HashMap::new());
        Allowed::of(&settings, |name| ["pick", "list", "launch"].contains(&name))
    }

    #[test]
    fn the_last_word_that_fits_counts() {
        let may = |values: &[&str], tool, group| allowed(values).unwrap().allows(tool, group);
        assert!(may(&[], "pick", Group::Decide), "nothing is switched off by itself");
        assert!(!may(&["read,watch"], "pick", Group::Decide) && may(&["read,watch"], "list", Group::Read));
        assert!(may(&["-cloud"], "pick", Group::Decide) && !may(&["-cloud"], "launch", Group::Cloud));
        assert!(may(&["read", "pick"], "pick", Group::Decide));
        assert!(!may(&["all", "-decide -pick"], "pick", Group::Decide));
        assert!(!may(&["none"], "list", Group::Read) && may(&["none", "list"], "list", Group::Read));
        assert!(may(&["none", ""], "list", Group::Read), "an empty value takes back those before it");
        assert_eq!(allowed(&["-cloud"]).unwrap().leave("launch"), Permissions { cloud: false, local: true });
    }

    #[test]
    fn a_word_that_nobody_knows_is_told() {
        let error = allowed(&["read, everything"]).unwrap_err();
        assert!(error.message().contains("puff.mcp.allow is 'read, everything' (file:a)"), "{error}");
        assert!(error.message().contains("all, none, read, watch"), "{error}");
    }
}
