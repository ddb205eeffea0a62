//! What is known of a session at its end: what it said, what it used, and what it changed.

use super::agents::Reader;
use crate::model::Session;
use crate::store::SessionPlace;

/// Fills in what the agent's output told, and what changed in its folder.
pub fn fill(session: &mut Session, reader: &Reader, place: &SessionPlace) {
    if let Some(message) = reader.last_message() {
        session.last_message = Some(message.to_owned());
    }
    session.tokens = reader.tokens().or(session.tokens);
    session.checks = reader.checks().to_vec();
    if let Some(start) = session.start_tree {
        // Not by where the folder says that its repository is: the agent may have written that.
        session.changed = place.work_folder().and_then(|folder| folder.changed_since(start).ok());
    }
}
