//! What is kept: runs in refs, the runbook log, notes; and where live things are.

mod active_files;
mod app_server;
mod journal;
mod notes;
mod recovery_points;
mod restore;
mod run_cache;
mod run_summary;
mod runbook;
mod runs;
mod selection;
mod sessions;
mod tombstones;

pub use active_files::{ActiveFiles, ENVIRONMENT, USER_FILES, ignored_before, runs_with_active_files, user_files_of};
pub use app_server::{AppServerPlace, read as read_app_server};
pub use notes::{NOTES, NoteEdit, Notes, REPORT as REPORT_NOTES, edit_notes};
pub use puff_agents::place::SessionPlace;
pub use recovery_points::{RECOVERY_POINTS, RecoveryPoint, RecoveryPoints};
pub use run_summary::RunSummary;
pub use runbook::{Runbook, RunbookLine};
pub use runs::{Change, Files, LEFT, Outcome, REVIEW, RUNS, Recorded, RunStore, Unreadable, parse_run, sha256};
pub use selection::by_beginning;
pub use sessions::{SessionRecord, SessionStore};
pub use tombstones::{PRUNED, REMOTES, Tombstones, neutral_identity};
