//! Several refs changed at once: all of them or none, by `git update-ref --stdin`. libgit2's own transaction is not
//! atomic, and knows no tables.

use std::time::Duration;

use super::change::{RefFailure, RefStep, unwritable};
use crate::Oid;
use crate::program::run;
use crate::repo::Repo;

/// How often a transaction is tried, and the pause between two tries: another one lasts for milliseconds.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// What git says when another process holds the lock: of a ref in a file, and of those in tables.
const BUSY: [&str; 2] = [".lock", "cannot lock references"];

impl Repo {
    /// Takes all these steps, or none of them. Lock files of others are waited for, never removed.
    ///
    /// # Errors
    /// [`RefFailure::Moved`] when a ref is not as it has to be; otherwise when one cannot be written, in git's words.
    pub fn change_refs(&self, steps: &[RefStep], message: &str) -> Result<(), RefFailure> {
        let Some(first) = steps.first() else { return Ok(()) };
        self.flush().map_err(|cause| unwritable(&first.name, &format!("cannot write an object: {cause}")))?;
        let nothing = steps.iter().find_map(|step| step.new.or(step.old)).map(|oid| oid.nothing().to_string());
        let name = |oid: Option<Oid>| oid.map(|oid| oid.to_string()).or(nothing.clone()).unwrap_or_default();
        // Without the last word, nothing is done: a process that is killed while writing this has changed nothing.
        let updates =
            steps.iter().map(|step| format!("update {}\0{}\0{}\0", step.name, name(step.new), name(step.old)));
        let script = format!("start\0{}prepare\0commit\0", updates.collect::<String>());
        let cmd = self
            .git()
            .args(["update-ref", "--no-deref", "--stdin", "-z", "-m", message])
            .stdin(script)
            .holds(self.held());
        let mut tries = 0;
        loop {
            let Err(failure) = run(&cmd) else { return Ok(()) };
            if let Some(moved) = steps.iter().find(|step| self.ref_on_disk(&step.name) != step.old) {
                return Err(RefFailure::Moved(moved.name.clone()));
            }
            let said = failure.to_string();
            tries += 1;
            if tries == TRIES || !BUSY.iter().any(|words| said.contains(words)) {
                return Err(unwritable(&first.name, &said));
            }
            std::thread::sleep(PAUSE);
        }
    }
}
