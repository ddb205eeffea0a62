//! What is known of a session at its end: what it said, what it used, and what it changed.

use super::agents::Reader;
use crate::git::snapshot;
use crate::model::Session;

/// Fills in what the agent's output told, and what changed in its folder.
pub fn fill(session: &mut Session, reader: &Reader) {
    if let Some(message) = reader.last_message() {
        session.last_message = Some(message.to_owned());
    }
    session.tokens = reader.tokens().or(session.tokens);
    session.checks = reader.checks().to_vec();
    if let Some(start) = session.start_tree {
        session.changed = snapshot::changed_since(&session.cwd, start).ok();
    }
}
