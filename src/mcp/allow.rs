//! The permissions of the server: `puff.mcp.allow`.

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::app::Permissions;
use crate::error::{Error, Result};
use crate::model::as_str::as_str;
use crate::settings::{self, Settings, bad};

/// A group of tools that can be allowed or disabled, by its name in `puff.mcp.allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum Group {
    /// Reads, and changes nothing.
    Read,
    /// Starts and stops watching, and records the states of runs.
    Watch,
    /// Creates and recreates branches, notes and reports of variants.
    Harvest,
    /// Runs the checks and judges on this machine.
    Review,
    /// Starts, controls and stops agents and commands on this machine.
    Local,
    /// Sends tasks to Codex Cloud, which costs money.
    Cloud,
    /// Moves branches, rewrites refs and removes runs.
    Decide,
}

as_str!(Group);

/// The rules of the setting in order; the last match wins.
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
                let (whom, allows) = match (name, name.parse().ok()) {
                    ("all", _) => (Whom::All, allows),
                    ("none", _) => (Whom::All, !allows),
                    (_, Some(group)) => (Whom::Group(group), allows),
                    (name, None) if is_tool(name) => (Whom::Tool(name.to_owned()), allows),
                    _ => {
                        let groups = Group::VARIANTS.join(", ");
                        let wanted = format!("a list of all, none, {groups} or names of tools");
                        return Err(bad(settings::MCP_ALLOW, &setting, &wanted));
                    }
                };
                rules.push(Rule { whom, allows });
            }
        }
        Ok(Allowed { rules })
    }

    /// Returns whether a tool may do what a group does.
    pub fn allows(&self, tool: &str, group: Group) -> bool {
        // Without rules everything is allowed; if the first rule allows something, nothing else is.
        let unsaid = self.rules.first().is_none_or(|rule| !rule.allows);
        let fits = |rule: &&Rule| match &rule.whom {
            Whom::All => true,
            Whom::Group(of) => *of == group,
            Whom::Tool(name) => name == tool,
        };
        self.rules.iter().rev().find(fits).map_or(unsaid, |rule| rule.allows)
    }

    /// Returns where a tool may start agents.
    pub fn permissions(&self, tool: &str) -> Permissions {
        Permissions { cloud: self.allows(tool, Group::Cloud), local: self.allows(tool, Group::Local) }
    }
}

/// Returns the error for a disabled tool.
pub fn refused(tool: &str, groups: &[Group]) -> Error {
    let groups: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
    Error::failed(format!("puff.mcp.allow disables the tool '{tool}'"))
        .hint(format!("only the user can allow it: git config --add puff.mcp.allow {}", groups.join(",")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::git::config::{ConfigEntry, Scope};

    fn allowed(values: &[&str]) -> Result<Allowed> {
        let entry = |value: &&str| ConfigEntry {
            key: "puff.mcp.allow".into(),
            value: (*value).into(),
            scope: Scope::Local,
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
        assert_eq!(allowed(&["-cloud"]).unwrap().permissions("launch"), Permissions { cloud: false, local: true });
    }

    #[test]
    fn a_word_that_nobody_knows_is_told() {
        let error = allowed(&["read, everything"]).unwrap_err();
        assert!(error.message().contains("puff.mcp.allow is 'read, everything' (file:a)"), "{error}");
        assert!(error.message().contains("all, none, read, watch"), "{error}");
    }
}
