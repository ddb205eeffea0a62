//! The newest commits of all journals, as the watcher saw them last: an agent that deletes the ref of a run, or
//! sets it back, erases nothing.

use std::collections::HashMap;

use crate::app::App;
use crate::error::Result;
use crate::git::{Expected, RefFailure};
use crate::model::{Oid, RunId};
use crate::store::{Recorded, RunStore, runs_with_active_files};

/// The journals that were seen.
#[derive(Default)]
pub(super) struct Journals {
    /// By run, its newest commit, and whether it was being watched.
    seen: HashMap<RunId, (Oid, bool)>,
}

impl Journals {
    /// Puts back what is gone and was not pruned; and what of a run that is watched does not follow what was there.
    /// Answers the runs, with what happened to each.
    ///
    /// # Errors
    /// When the refs cannot be read.
    pub fn restore(&mut self, app: &App) -> Result<Vec<(RunId, String)>> {
        let store = RunStore::new(app);
        let mut restored = Vec::new();
        for id in runs_with_active_files(&app.layout).iter().filter_map(|name| name.parse::<RunId>().ok()) {
            let what = if store.head(&id).is_none() { "deleted" } else { "moved" };
            if let Some(head) = store.restore_ref(&id) {
                let said = format!(
                    "'{}' was {what} by something else than git-puff; it is at {} again",
                    id.ref_name(),
                    head.short()
                );
                restored.push((id, said));
            }
        }
        let now = store.heads()?;
        let changed = self.seen.iter().filter(|(run, (head, _))| now.get(run.as_str()) != Some(head));
        for (run, (head, is_job)) in changed {
            // What this process made since counts too.
            let made = app.written_step(run).filter(|made| app.repo.is_ancestor(*head, *made).unwrap_or(false));
            let (head, name) = (made.unwrap_or(*head), run.ref_name());
            if now.get(run.as_str()) == Some(&head) {
                continue;
            }
            let what = match now.get(run.as_str()) {
                None => "deleted",
                Some(there) if *is_job && !app.repo.is_ancestor(head, *there).unwrap_or(false) => "moved",
                Some(_) => continue,
            };
            if store.was_pruned(run, head) {
                continue;
            }
            if !store.restore_objects(run, head) {
                restored.push((run.clone(), format!("its record was {what}, and the objects of it are gone too")));
                continue;
            }
            let expected = now.get(run.as_str()).map_or(Expected::Absent, |there| Expected::At(*there));
            let _lock = store.lock()?;
            match app.repo.set_ref(&name, head, expected, "puff: put back") {
                Ok(()) => {
                    let said =
                        format!("'{name}' was {what} by something else than git-puff; it is at {} again", head.short());
                    restored.push((run.clone(), said));
                }
                // Another process has put it back, or began another run of that name.
                Err(RefFailure::Moved(_)) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(restored)
    }

    /// Takes down where the journals are.
    pub fn see(&mut self, runs: &[Recorded]) {
        let each = runs.iter().map(|recorded| (recorded.run.run.clone(), (recorded.head, recorded.run.is_job())));
        self.seen = each.collect();
    }
}
