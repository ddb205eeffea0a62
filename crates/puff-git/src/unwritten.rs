//! Objects that are held in memory, until what belongs together is written at once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use git2::ObjectType;

use crate::Oid;

/// So much is held in memory at a time. An object that is longer goes to the disk at once.
pub(super) const MUCH: usize = 16 << 20;

/// Objects that are made and not on the disk yet.
#[derive(Default)]
pub(super) struct Unwritten {
    pub objects: RefCell<ObjectBatch>,
    /// How many scopes are open that keep objects here.
    pub scopes: Cell<usize>,
    /// How many of them throw theirs away.
    pub trials: Cell<usize>,
    /// Whether many of them may become a pack.
    pub packs: Cell<bool>,
}

/// Objects in the order in which they were made.
#[derive(Default)]
pub(super) struct ObjectBatch {
    pub objects: HashMap<Oid, (ObjectType, Rc<Vec<u8>>)>,
    pub order: Vec<Oid>,
    pub size: usize,
}

impl ObjectBatch {
    /// Returns whether it is much by now.
    pub fn add(&mut self, id: Oid, kind: ObjectType, bytes: Vec<u8>) -> bool {
        self.size += bytes.len();
        self.objects.insert(id, (kind, Rc::new(bytes)));
        self.order.push(id);
        self.size > MUCH
    }
}
