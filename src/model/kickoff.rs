//! What the runbook log keeps of a launch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Oid, ProviderName, Run, RunId, Time};

/// A line of `.codex/bo4_runs.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kickoff {
    /// The task at the provider.
    pub task_id: Option<String>,
    /// The environment, as it was named.
    pub env: Option<String>,
    /// The base, as it was named.
    pub base: String,
    /// How many attempts.
    pub best_of: u32,
    /// The file the prompt came from, or the copy that git-puff kept.
    pub prompt_file: String,
    /// The run; absent in lines of older tools.
    #[serde(default)]
    pub run: Option<RunId>,
    /// The commit of the base.
    #[serde(default)]
    pub base_oid: Option<Oid>,
    /// Who does the work.
    #[serde(default)]
    pub provider: Option<ProviderName>,
    /// When the intent was recorded.
    #[serde(default)]
    pub created_at: Option<Time>,
}

impl Kickoff {
    /// Returns whether this is the line of that run, and not of an earlier one of the same name.
    pub fn is_of(&self, run: &Run) -> bool {
        self.is_same(&Kickoff::from(run))
    }

    /// Returns whether both are about the same run. Lines of older tools do not say when theirs began.
    pub fn is_same(&self, other: &Kickoff) -> bool {
        let same_time = || match (self.created_at, other.created_at) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.run.is_some() && self.run == other.run && same_time()
    }
}

impl From<&Run> for Kickoff {
    fn from(run: &Run) -> Kickoff {
        Kickoff {
            task_id: run.task_id.clone(),
            env: run.env.clone(),
            base: run.base.clone(),
            best_of: run.best_of,
            prompt_file: run.prompt_file.clone(),
            run: Some(run.run.clone()),
            base_oid: Some(run.base_oid),
            provider: Some(run.provider.clone()),
            created_at: Some(run.created_at),
        }
    }
}
