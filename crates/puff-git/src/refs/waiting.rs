//! Changes of refs that wait until all that they name is on the disk.

use std::cell::{Cell, RefCell};

use super::change::{Expected, RefChange};
use crate::Oid;

/// Refs that are to be set, once all that they name is on the disk: those of a turn together, turn after turn.
#[derive(Default)]
pub(crate) struct Waiting {
    pub turns: RefCell<Vec<Vec<Change>>>,
    /// Refs that the steps rest on without changing them, and where they were.
    pub required: RefCell<Vec<(String, Oid)>>,
    pub is_open: Cell<bool>,
}

/// A change of a ref that waits.
pub(crate) struct Change {
    pub name: String,
    pub new: Oid,
    pub expected: Expected,
    pub message: String,
}

impl Change {
    pub fn of(change: &RefChange<'_>) -> Change {
        let RefChange { name, new, expected, message } = *change;
        Change { name: name.to_owned(), new, expected, message: message.to_owned() }
    }

    pub fn borrowed(&self) -> RefChange<'_> {
        RefChange { name: &self.name, new: self.new, expected: self.expected, message: &self.message }
    }
}
