//! The ways in which programs are started, and what each is told about the trace.

use std::process::Command;

use crate::trace::{Inheritance, VARIABLE};

/// How a program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// What it prints is read.
    Captured,
    /// The user sees what it prints.
    Seen,
    /// It outlives this process, or guards it.
    Detached,
    /// It is the user's check, or a judge.
    Check,
    /// It is an agent in a terminal.
    Agent,
    /// It serves agents.
    Server,
}

impl Way {
    fn inheritance(self, is_bare: bool) -> Inheritance {
        match self {
            Way::Detached => Inheritance::Full,
            Way::Check | Way::Agent | Way::Server => Inheritance::Nothing,
            // What has an environment of its own is an agent that is asked about itself.
            Way::Captured | Way::Seen if is_bare => Inheritance::Nothing,
            Way::Captured => Inheritance::NotToStderr,
            Way::Seen => Inheritance::Full,
        }
    }

    /// Tells a program that is started in this way whether to trace; `is_bare` says whether it has an environment of its own.
    pub(super) fn hand_on_trace(self, is_bare: bool, command: &mut Command) {
        match self.inheritance(is_bare).value() {
            Some(Some(value)) => drop(command.env(VARIABLE, value)),
            Some(None) => drop(command.env_remove(VARIABLE)),
            None => {}
        }
    }
}
