//! Plain data: runs, variants, reports, the legal transitions, and how they are written as JSON.
//!
//! Nothing here reads a file, a clock or the environment. The JSON forms are those of the command-line
//! contract; fields that a newer git-puff added are kept when a record is read and written again.

mod app_server;
mod artifact;
pub(crate) mod as_str;
mod comparison;
mod confine;
mod decision;
pub mod display;
pub mod documents;
mod export;
mod finding;
mod handoff;
mod hook;
mod id;
mod init;
mod job;
mod kickoff;
mod local;
mod manifest;
pub mod path;
mod provider;
mod push;
mod recovery;
mod review;
mod risk;
mod run;
mod run_merge;
mod schema;
mod session;
mod side_by_side;
mod standing;
mod step;
mod variant;
mod watch;

pub use app_server::{AppServer, AppServerStatus};
pub use artifact::{Meta, Report};
pub use comparison::{Compared, ComparedFile, Comparison, LeftOut, Pair, PairFile};
pub use confine::Confine;
pub use decision::{Decision, PickMethod};
pub use display::DisplayFormat;
pub use export::{LeftBehind, LeftFile, Tombstone};
pub use finding::{Finding, FindingResult};
pub use handoff::Handoff;
pub use hook::{HookManager, HookOutcome, HookReport, HookState};
pub use id::{BadRunId, NotATask, RunId, Selector, TaskId, slug};
pub use init::{Init, InitOutcome, InitStep, InitThing};
pub use job::{Job, JobState};
pub use kickoff::Kickoff;
pub use local::{AgentCount, BadAgentCount, Local, MOST_LOCAL};
pub use manifest::{Manifest, NotARepo, PullRequestHint, RepoName};
pub use provider::{Profile, ProviderName};
pub use puff_agents::state::{SessionState, Stdin};
pub use puff_git::{Abbrev, ChangeKind, Identity, Oid, PathChange, Time};
pub use puff_system::span::{Bytes, NotASpan, NotBytes, Span};
pub use puff_system::text::first_line;
pub use push::{Level, Push, PushFinding, Rule};
pub use recovery::{Act, KeptBranch, KeptNote, KeptWorktree, PickPoint, PrunePoint, Recovery};
pub use review::{CheckConfinement, Evidence, Judge, Observation, Opinion, Recommendation, Review, Reviewed, Verdict};
pub use risk::{Risk, RiskKind};
pub use run::{Attention, IllegalTransition, Run, State};
pub use run_merge::{MergeSide, RunMerge};
pub use schema::{Schema, SchemaError};
pub use session::{BadSessionId, OwnWorktree, Session, SessionAgent, SessionEnd, SessionId, WorktreeOutcome};
pub use side_by_side::{Difference, FileVersion, Hunk, PairDifference, Row, SideBySide, SideBySideFile, Sign, Unshown};
pub use standing::{Against, BaseTests, Class, Likeness, OthersTests, TestStanding, Undecided};
pub use step::{StepKind, subject_of};
pub use variant::{
    Apply, Check, CheckStatus, Counts, IgnoredFiles, MOST_VARIANTS, Score, ScorePart, Variant, VariantStatus,
};
pub use watch::{Ending, Watch, WatchState};
