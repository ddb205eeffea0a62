//! What is kept: runs in refs, the runbook log, notes; and where live things are.

mod app_server;
mod layout;
mod live;
mod lock;
mod notes;
mod put_back;
mod run_cache;
mod run_summary;
mod runbook;
mod runs;
mod sessions;
mod tombstones;
mod trash;

pub use app_server::{AppServerPlace, read as read_app_server};
pub use layout::{Layout, RUNBOOK, replace};
pub use live::{ENVIRONMENT, LiveFiles, USER_FILES, ignored_before, runs_with_live_files, user_files_of};
pub use lock::FileLock;
pub use notes::{NOTES, NoteEdit, Notes, REPORT as REPORT_NOTES, edit_notes};
pub use run_summary::{RiskSummary, RunSummary, VariantGlance};
pub use runbook::{Runbook, RunbookLine};
pub use runs::{Change, Files, LEFT, Outcome, REVIEW, RUNS, Recorded, RunStore, Unreadable, parse_run, sha256};
pub use sessions::{SessionPlace, SessionStore};
pub use tombstones::{PRUNED, REMOTES, Tombstones, nobody};
pub use trash::{Kept, Point, TRASH, Trash};
