//! What travelled of which journal, as it was found out last: for speed alone. A file that is missing or damaged is as
//! good as none.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::app::App;
use crate::model::{Oid, RunId};

/// By the newest step of a journal, the run and the newest of what travels of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KnownSteps(BTreeMap<RunId, Vec<(Oid, Oid)>>);

/// How many steps of each run are known: the one before the newest may still be what another remote has.
const STEPS: usize = 4;

impl KnownSteps {
    /// Reads the file.
    pub fn read(app: &App) -> KnownSteps {
        let text = crate::files::read_to_string(path(app)).unwrap_or_default();
        let mut known = KnownSteps::default();
        for line in text.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            if let [run, step, exported] = fields[..]
                && let (Ok(run), Ok(step), Ok(exported)) = (run.parse(), step.parse(), exported.parse())
            {
                known.0.entry(run).or_default().push((step, exported));
            }
        }
        known
    }

    /// Returns what travels of a journal up to this step, if that is known.
    pub fn of(&self, run: &RunId, step: Oid) -> Option<Oid> {
        self.steps(run).find(|(known, _)| *known == step).map(|(_, exported)| exported)
    }

    /// Returns all that is known of a run.
    pub fn steps(&self, run: &RunId) -> impl Iterator<Item = (Oid, Oid)> {
        self.0.get(run).into_iter().flatten().copied()
    }

    /// Takes down what travels of a journal.
    pub fn learn(&mut self, run: &RunId, step: Oid, exported: Oid) {
        let steps = self.0.entry(run.clone()).or_default();
        steps.retain(|(known, _)| *known != step);
        steps.push((step, exported));
        let more = steps.len().saturating_sub(STEPS);
        steps.drain(..more);
    }

    /// Writes the file, of the runs that there are.
    pub fn keep(&mut self, app: &App, is_there: impl Fn(&RunId) -> bool) {
        self.0.retain(|run, _| is_there(run));
        let line = |run: &RunId, (step, exported): &(Oid, Oid)| format!("{run} {step} {exported}\n");
        let lines = self.0.iter().flat_map(|(run, steps)| steps.iter().map(move |known| line(run, known)));
        let lines: String = lines.collect();
        // A repository that cannot be written has failed before this.
        let _ = app.layout.replace(&path(app), lines.as_bytes());
    }
}

fn path(app: &App) -> PathBuf {
    app.layout.cache("travels")
}
