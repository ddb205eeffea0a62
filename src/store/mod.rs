//! What is kept: runs in refs, the runbook log, notes; and where live things are.

mod app_server;
mod glance;
mod graves;
mod live;
mod lock;
mod notes;
mod places;
mod put_back;
mod recall;
mod runbook;
mod runs;
mod sessions;
mod trash;

pub use app_server::{AppServerPlace, read as read_app_server};
pub use glance::{Glance, RiskGlance, VariantGlance};
pub use graves::{Graves, PRUNED, REMOTES, nobody};
pub use live::{ENVIRONMENT, LiveFiles, USER_FILES, ignored_before, runs_with_live_files, user_files_of};
pub use lock::FileLock;
pub use notes::{NOTES, NoteEdit, Notes, REPORT as REPORT_NOTES, edit_notes};
pub use places::{Places, RUNBOOK, replace};
pub use runbook::{Runbook, RunbookLine};
pub use runs::{Change, Files, LEFT, Outcome, REVIEW, RUNS, Recorded, RunStore, Unreadable, parse_run, sha256};
pub use sessions::{SessionPlace, SessionStore};
pub use trash::{Kept, Point, TRASH, Trash};
