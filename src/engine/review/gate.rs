//! Which checks of a review are confined: the base decides.
//!
//! A check that the base passes unconfined, and not confined, is run unconfined on all: it writes somewhere that the rules
//! do not name. The base alone is run to find that out, before any variant, so that no variant can bring it about.

use std::collections::BTreeSet;

use super::Unit;
use super::cache::{Answer, Answers};
use crate::app::App;
use crate::error::Result;
use crate::model::{Check, CheckConfinement, CheckStatus, Confine};
use crate::session::confinement::{self, Rules};
use crate::settings;

/// What runs unconfined, since the base passes only so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freed {
    /// `puff.workspace.setup`, and with it all checks.
    Setup,
    /// A check.
    Check(String),
}

/// Returns the settings of which one lets confined checks do what was refused to them.
fn mending(network: bool) -> Vec<&'static str> {
    let network = (!network).then_some(settings::CONFINE_NETWORK.name);
    std::iter::once(settings::CONFINE_WRITE.name).chain(network).collect()
}

/// The rules of a review, and what they do not hold for.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    rules: Option<Rules>,
    freed: BTreeSet<Freed>,
}

impl Gate {
    /// Returns the rules that hold for a review before its base has been run.
    ///
    /// # Errors
    /// When checks are to be confined, and cannot be.
    pub fn new(app: &App, confine: Option<Confine>) -> Result<Gate> {
        Ok(Gate { rules: confinement::of_checks(app, confine)?, freed: BTreeSet::new() })
    }

    /// Returns whether anything is confined, so that the base has to be run first.
    pub fn is_closed(&self) -> bool {
        self.rules.is_some()
    }

    /// Returns the rules for a check.
    pub fn rules(&self, command: &str) -> Option<&Rules> {
        self.setup_rules().filter(|_| !self.freed.contains(&Freed::Check(command.to_owned())))
    }

    /// Returns the rules for `puff.workspace.setup`.
    pub fn setup_rules(&self) -> Option<&Rules> {
        self.rules.as_ref().filter(|_| !self.freed.contains(&Freed::Setup))
    }

    /// Returns what runs unconfined for the base's sake, and the settings that mend it.
    pub fn freed(&self) -> Vec<(&Freed, Vec<&'static str>)> {
        let network = self.rules.as_ref().is_none_or(Rules::has_network);
        self.freed.iter().map(|freed| (freed, mending(network))).collect()
    }

    /// Returns how a check is known to have ended. An answer of the base also says whether the check is confined.
    pub fn known(&mut self, answers: &Answers<'_>, unit: &Unit, command: &str) -> Option<Answer> {
        let Some(rules) = self.rules.as_ref().filter(|_| unit.of.is_empty()) else {
            return answers.check(unit.tree, command, self.rules(command));
        };
        let confined = answers.check(unit.tree, command, Some(rules))?;
        if confined.check.status == CheckStatus::Passed {
            return Some(confined);
        }
        let free = answers.check(unit.tree, command, None)?;
        let is_freed = self.hear(&free);
        Some(if is_freed || self.rules(command).is_none() { free } else { confined })
    }

    /// Takes in how a check ended on the base, and returns whether that frees something that was confined.
    pub fn hear(&mut self, on_base: &Answer) -> bool {
        let Check { status, command, .. } = &on_base.check;
        if self.rules(command).is_none() || on_base.confined {
            return false;
        }
        match *status {
            _ if on_base.by_setup => self.freed.insert(Freed::Setup),
            CheckStatus::Passed => self.freed.insert(Freed::Check(command.clone())),
            _ => false,
        }
    }

    /// Returns what the review's record says of it.
    pub fn record(&self, commands: &[String]) -> Option<CheckConfinement> {
        let rules = self.rules.as_ref().filter(|_| !commands.is_empty())?;
        let network = rules.has_network();
        let unconfined: Vec<String> =
            commands.iter().filter(|command| self.rules(command).is_none()).cloned().collect();
        let settings = if unconfined.is_empty() { Vec::new() } else { mending(network) };
        let mended_by = settings.into_iter().map(str::to_owned).collect();
        Some(CheckConfinement { by: rules.mechanism().to_string(), network, unconfined, mended_by })
    }
}
