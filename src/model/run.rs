//! A run: what was asked, how far it is, and the steps it may take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::IntoStaticStr;

use super::as_str::as_str;
use super::{
    Apply, Decision, Identity, Local, Oid, Profile, ProviderName, RunId, Schema, Time, Variant, VariantStatus, Watch,
    documents, first_line,
};

/// One best-of-N tournament, as `run.json` and every `--json` answer have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// `puff.run/1`.
    #[schemars(extend("const" = Schema::of(documents::RUN)))]
    pub schema: Schema,
    /// Its name, fixed when the intent is recorded.
    pub run: RunId,
    /// The task at the provider, once it is known.
    pub task_id: Option<String>,
    /// Where a person can look at the task.
    pub task_url: Option<String>,
    /// Who does the work.
    pub provider: ProviderName,
    /// How the provider's client is spoken to.
    pub dialect: Option<String>,
    /// With which client, login and service: recorded at launch, used by every later call.
    pub profile: Option<Profile>,
    /// The cloud environment, as it was named.
    pub env: Option<String>,
    /// How agents on this machine carry it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<Local>,
    /// The base as it was named.
    pub base: String,
    /// The commit that all variants start from.
    pub base_oid: Oid,
    /// How many attempts were asked for.
    pub best_of: u32,
    /// The file the prompt came from, or the copy that git-puff kept.
    pub prompt_file: String,
    /// The first line of the prompt, or the task's title where the prompt is not known.
    #[serde(default)]
    pub title: String,
    /// How far it is.
    pub state: State,
    /// What a person must do before it can go on.
    pub attention: Option<Attention>,
    /// Why it is in this state, where that needs saying.
    #[serde(default)]
    pub reason: Option<String>,
    /// The run this one repeats.
    pub parent: Option<RunId>,
    /// When the intent was recorded.
    pub created_at: Time,
    /// When this record last changed.
    pub updated_at: Time,
    /// When the provider took the task.
    #[serde(default)]
    pub submitted_at: Option<Time>,
    /// When the provider last told something new; `puff.settle` counts from here.
    #[serde(default)]
    pub progress_at: Option<Time>,
    /// The provider's own word for when the task last changed, since it was through: another one is news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// How it is watched; null when it never was.
    pub watch: Option<Watch>,
    /// Who is the author of its commits, recorded at the first harvest so that later ones make the same.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// The commands that a review runs on its variants, where the launch named some; else `puff.check` counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check: Vec<String>,
    /// Which variant was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Whose clone it is at home in, where that is another one than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Identity>,
    /// 1..N.
    pub variants: Vec<Variant>,
    /// What a newer git-puff wrote here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// Waiting for a place; nothing was sent.
    Queued,
    /// Being sent, or sent without an answer.
    Submitting,
    /// The provider has it, and not every variant is terminal.
    Pending,
    /// Every variant is terminal, at least one completed, and something is not harvested yet.
    Ready,
    /// Every patch is kept, and the branches are made.
    Harvested,
    /// The variants were checked and ranked.
    Reviewed,
    /// Someone decided.
    Picked,
    /// No variant completed, or the task was never taken.
    Error,
    /// Ended by someone before it was done.
    Cancelled,
}

as_str!(State);

impl State {
    /// Returns whether this step is allowed. A state may always stay what it is.
    ///
    /// `error` goes on to `pending` or `ready` because a sibling of a failed attempt may finish late, to `harvested` when the
    /// user asks for a branch of what a failed one left, and
    /// `submitting` to `queued` when the provider provably took nothing.
    pub fn may_become(self, next: State) -> bool {
        use State::*;
        if self == next {
            return true;
        }
        match self {
            Queued => matches!(next, Submitting | Error | Cancelled),
            Submitting => matches!(next, Queued | Pending | Ready | Error | Cancelled),
            Pending => matches!(next, Ready | Error | Cancelled),
            Ready => matches!(next, Pending | Harvested | Error),
            Harvested => matches!(next, Pending | Reviewed | Picked),
            Reviewed => matches!(next, Pending | Harvested | Picked),
            Picked => matches!(next, Harvested | Reviewed),
            Error => matches!(next, Pending | Ready | Harvested),
            Cancelled => false,
        }
    }

    /// Returns whether the provider may still have something new without anybody asking again.
    pub fn is_active(self) -> bool {
        matches!(self, State::Queued | State::Submitting | State::Pending)
    }
}

/// What a person must do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// Sign in to the provider; the run goes on afterwards.
    NeedsLogin,
    /// Say which task a submission became, or that it became none.
    NeedsTask,
    /// The spending limit is reached; the queue waits until it is not.
    AttemptLimit,
    /// The provider does not know the task (any more).
    TaskNotFound,
    /// The client cannot be run, or isn't understood.
    ClientTrouble,
    /// Make signing work: the commits of variants are to be signed, and cannot be.
    NeedsSignature,
    /// A word of a newer git-puff.
    #[serde(untagged)]
    Other(String),
}

impl Attention {
    /// Returns the word that JSON and people see.
    pub fn as_str(&self) -> &str {
        match self {
            Attention::NeedsLogin => "needs-login",
            Attention::NeedsTask => "needs-task",
            Attention::AttemptLimit => "attempt-limit",
            Attention::TaskNotFound => "task-not-found",
            Attention::ClientTrouble => "client-trouble",
            Attention::NeedsSignature => "needs-signature",
            Attention::Other(word) => word,
        }
    }
}

/// A step that the life of a run does not have.
#[derive(Debug, thiserror::Error)]
#[error("a run that is {} does not become {}", from.as_str(), to.as_str())]
pub struct IllegalTransition {
    from: State,
    to: State,
}

impl Run {
    /// Returns a run of which only what was asked is known: queued, at Codex Cloud.
    pub fn blank(id: &RunId, base: &str, base_oid: Oid, best_of: u32, prompt: &str, now: Time) -> Run {
        Run {
            schema: Run::schema(),
            run: id.clone(),
            task_id: None,
            task_url: None,
            provider: ProviderName::CODEX_CLOUD,
            dialect: None,
            profile: None,
            env: None,
            local: None,
            base: base.to_owned(),
            base_oid,
            best_of,
            prompt_file: Run::kept_prompt(id),
            title: first_line(prompt, 200),
            state: State::Queued,
            attention: None,
            reason: None,
            parent: None,
            created_at: now,
            updated_at: now,
            submitted_at: None,
            progress_at: None,
            observed: None,
            watch: None,
            identity: None,
            check: Vec::new(),
            decision: None,
            home: None,
            variants: (1..=best_of).map(Variant::new).collect(),
            extra: Map::new(),
        }
    }

    /// Returns the name of the copy of the prompt that is kept with a run: `git show` prints it.
    pub fn kept_prompt(id: &RunId) -> String {
        format!("{}:prompt.md", id.ref_name())
    }

    /// Takes a step in the life of the run.
    ///
    /// # Errors
    /// When [`State::may_become`] says no; the run stays as it was.
    pub fn advance(&mut self, to: State) -> Result<(), IllegalTransition> {
        if !self.state.may_become(to) {
            return Err(IllegalTransition { from: self.state, to });
        }
        self.state = to;
        Ok(())
    }

    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::RUN)
    }

    /// Returns the run without what only concerns watching it: what a report and a note say must not change because
    /// it was polled. `updated_at` is when the provider last told something new.
    pub fn outcome(&self) -> Run {
        let updated_at = self.progress_at.unwrap_or(self.created_at);
        Run { watch: None, observed: None, updated_at, ..self.clone() }
    }

    /// Returns the variant with this number.
    pub fn variant(&self, index: u32) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.index == index)
    }

    /// Returns the variant with this number, to be changed.
    pub fn variant_mut(&mut self, index: u32) -> Option<&mut Variant> {
        self.variants.iter_mut().find(|variant| variant.index == index)
    }

    /// Returns how many variants have this status.
    pub fn count(&self, status: VariantStatus) -> usize {
        self.variants.iter().filter(|variant| variant.status == status).count()
    }

    /// Returns how many variants nothing more is expected of.
    pub fn terminal(&self) -> usize {
        self.variants.iter().filter(|variant| variant.status.is_terminal()).count()
    }

    /// Returns whether every variant is terminal.
    pub fn is_complete(&self) -> bool {
        !self.variants.is_empty() && self.variants.iter().all(|variant| variant.status.is_terminal())
    }

    /// Returns whether a completed variant has no outcome yet.
    pub fn has_unharvested(&self) -> bool {
        self.variants.iter().any(|v| v.status == VariantStatus::Completed && v.apply.is_none())
    }

    /// Returns whether a completed variant of agents on this machine whose work could not be read yet.
    pub fn has_untaken(&self) -> bool {
        !self.is_remote() && self.variants.iter().any(|variant| self.is_untaken(variant))
    }

    /// Returns whether this variant has completed on this machine, and its work is only in its worktree. An empty patch
    /// is one, too.
    pub fn is_untaken(&self, variant: &Variant) -> bool {
        let ended = variant.status == VariantStatus::Completed;
        self.is_local() && ended && variant.patch_sha256.is_none()
    }

    /// Returns whether a completed variant did not apply.
    pub fn has_apply_failure(&self) -> bool {
        self.variants.iter().any(|v| v.apply.is_some_and(Apply::is_failure))
    }

    /// Returns whether agents on this machine (or on the one that it is at home on) do its work.
    pub fn is_local(&self) -> bool {
        self.provider == ProviderName::LOCAL
    }

    /// Returns whether it was made from patches that were on disk: there is no provider to be asked.
    pub fn is_imported(&self) -> bool {
        self.provider == ProviderName::IMPORT
    }

    /// Returns whether this run is to be watched.
    pub fn is_job(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::is_active)
    }

    /// Returns what the variants' statuses make of a run that the provider has taken: still running, ready or failed.
    pub fn verdict(&self) -> State {
        if !self.is_complete() {
            State::Pending
        } else if self.count(VariantStatus::Completed) > 0 {
            State::Ready
        } else {
            State::Error
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [State; 9] = [
        State::Queued,
        State::Submitting,
        State::Pending,
        State::Ready,
        State::Harvested,
        State::Reviewed,
        State::Picked,
        State::Error,
        State::Cancelled,
    ];

    #[test]
    fn nothing_returns_to_before_it_was_paid() {
        for state in ALL.into_iter().filter(|s| !matches!(s, State::Queued | State::Submitting)) {
            assert!(!state.may_become(State::Queued), "{state:?}");
            assert!(!state.may_become(State::Submitting), "{state:?}");
        }
    }

    #[test]
    fn a_cancelled_run_stays_cancelled() {
        assert!(ALL.into_iter().filter(|s| *s != State::Cancelled).all(|next| !State::Cancelled.may_become(next)));
    }

    #[test]
    fn attention_words_of_the_future_are_kept() {
        let future: Attention = serde_json::from_str("\"needs-coffee\"").unwrap();
        assert_eq!(future.as_str(), "needs-coffee");
        assert_eq!(serde_json::to_string(&future).unwrap(), "\"needs-coffee\"");
        assert_eq!(serde_json::to_string(&Attention::NeedsLogin).unwrap(), "\"needs-login\"");
    }
}
