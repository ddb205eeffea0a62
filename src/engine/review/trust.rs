//! Which recorded checks may run without anybody being asked: those that were said in this clone.

use crate::app::App;
use crate::error::{Error, Result};
use crate::store::{Recorded, RunStore, Tombstones};

/// Checks that a record names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedChecks {
    /// The commands: those that the launch named, or else those of the last review.
    pub commands: Vec<String>,
    /// Where they come from, when that may be another clone: the user has to trust them before they run.
    pub from: Option<String>,
}

impl RecordedChecks {
    /// Returns the checks that a run's record names.
    ///
    /// # Errors
    /// When the last review cannot be read.
    pub fn of(app: &App, recorded: &Recorded) -> Result<RecordedChecks> {
        let run = &recorded.run;
        let home = run.home.as_ref().map(|home| format!("the clone of {}", home.name));
        if !run.check.is_empty() {
            return Ok(RecordedChecks { commands: run.check.clone(), from: home });
        }
        RecordedChecks::of_review(app, recorded)
    }

    /// Returns the checks of the last review.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_review(app: &App, recorded: &Recorded) -> Result<RecordedChecks> {
        let run = &recorded.run;
        let home = run.home.as_ref().map(|home| format!("the clone of {}", home.name));
        let review = RunStore::new(app).review(recorded)?;
        let commands = review.map(|review| review.commands).unwrap_or_default();
        // A review that was seen in another clone may have been made there.
        let elsewhere = home.is_some() || Tombstones::new(app).is_shared(&run.run)?;
        let from = (elsewhere && !commands.is_empty())
            .then(|| home.unwrap_or_else(|| "a clone that has the run too".to_owned()));
        Ok(RecordedChecks { commands, from })
    }

    /// Returns the error that the checks are not trusted here.
    pub fn refusal(&self, run: &str) -> Error {
        let from = self.from.as_deref().unwrap_or("elsewhere");
        let commands: Vec<String> = self.commands.iter().map(|command| format!("'{command}'")).collect();
        Error::failed(format!("the checks of '{run}' come from {from} and are not trusted here"))
            .hint(format!(
                "they are {}; --trust-checks runs them, --check CMD and puff.check others",
                commands.join(", ")
            ))
            .because_it_said("a check is a command of the shell, and runs with your rights")
    }
}
