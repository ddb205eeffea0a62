//! Notices to the user while an operation runs: values, worded once.

use std::fmt::{self, Write};

use crate::model::{DisplayFormat, Oid, RunId};

/// Hears what happens.
pub type Listener<'a> = &'a dyn Fn(Notice);

/// Something that a person should hear. [`Notice::is_warning`] tells what is wrong from what is news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The remote does not answer; its branch is taken as it was seen last.
    RemoteSilent { remote: String, branch: String, said: String },
    /// Commits that the cloud will not see.
    Unpushed { remote: String, branch: String, commits: usize },
    /// Changes that are in no commit, and that the cloud will not see.
    Uncommitted { paths: usize },
    /// The task was taken.
    Submitted { run: RunId, task: String },
    /// Agents that are not confined, since they have a sandbox of their own.
    OwnSandbox { agents: Vec<String> },
    /// There is no place for it yet.
    Queued { run: RunId, active: usize },
    /// The runbook log was not written, after the task was paid for.
    RunbookMissed { run: RunId, why: String },
    /// The patches were made on another commit than the recorded base.
    BaseMoved { run: RunId, from: Oid, to: Oid },
    /// A completed variant did not apply.
    DidNotApply { run: RunId, variant: u32, reason: String, paths: Vec<String> },
    /// An attempt did not complete; whether it left a patch all the same.
    Skipped { run: RunId, variant: u32, status: &'static str, left: bool },
    /// A variant has a new patch.
    Revised { run: RunId, variant: u32, revision: u32 },
    /// A branch was left where it is, because it is not ours any more.
    BranchKept { branch: String, why: String },
    /// A branch that the user deleted stays deleted.
    BranchGone { branch: String },
    /// The provider cannot be asked; what is here already is used.
    ProviderSilent { run: RunId, why: String },
    /// What was kept for the harvest could not be removed.
    NotReleased { run: RunId, why: String },
    /// What an agent made could not be read.
    NotTaken { run: RunId, variant: u32, why: String },
    /// Some variants are still running.
    StillAtWork { run: RunId, open: usize },
    /// A patch stayed in the clone that the run came from.
    LeftBehind { run: RunId, variant: u32, size: u64 },
    /// A run whose record cannot be read is passed over.
    Unreadable { run: String, why: String },
    /// The user's command for news failed.
    NotifyFailed { why: String },
}

impl Notice {
    /// Returns whether something is wrong, or may surprise.
    pub fn is_warning(&self) -> bool {
        !matches!(
            self,
            Notice::Submitted { .. }
                | Notice::OwnSandbox { .. }
                | Notice::Queued { .. }
                | Notice::Skipped { .. }
                | Notice::Revised { .. }
                | Notice::BranchGone { .. }
                | Notice::StillAtWork { .. }
        )
    }
}

impl Notice {
    /// Returns it in words.
    pub fn words(&self, display: &DisplayFormat) -> String {
        let mut words = String::new();
        // Writing into a string does not fail.
        let _ = self.write(&mut words, display);
        words
    }

    fn write(&self, f: &mut String, display: &DisplayFormat) -> fmt::Result {
        match self {
            Notice::RemoteSilent { remote, branch, said } => {
                let said = said.lines().next().unwrap_or("no answer");
                write!(f, "'{remote}' does not respond ({said}); using '{branch}' as last seen")
            }
            Notice::Unpushed { remote, branch, commits } => {
                let (many, be) = if *commits == 1 { ("", "is") } else { ("s", "are") };
                let them = them(*commits);
                write!(f, "{commits} commit{many} of '{branch}' {be} not on '{remote}': the cloud will not see {them}")
            }
            Notice::Uncommitted { paths } => {
                write!(f, "{} in no commit: the cloud will not see {}", are(*paths, "changed path"), them(*paths))
            }
            Notice::Submitted { run, task } => write!(f, "{run}: submitted as {task}"),
            Notice::OwnSandbox { agents } => {
                write!(
                    f,
                    "{}: confined by a sandbox of its own, which cannot be used inside of another",
                    agents.join(", ")
                )
            }
            Notice::Queued { run, active } => write!(f, "{run}: queued, {} active", are(*active, "run")),
            Notice::RunbookMissed { run, why } => {
                write!(f, "{run}: no line in the runbook log ({why}); 'git puff doctor --repair' adds it")
            }
            Notice::BaseMoved { run, from, to } => {
                write!(
                    f,
                    "{run}: the patches were made on {}, not on {}; using that",
                    display.oid(*to),
                    display.oid(*from)
                )
            }
            Notice::DidNotApply { run, variant, reason, paths } => {
                write!(f, "{run}: variant {variant} does not apply: {reason}")?;
                if !paths.is_empty() {
                    write!(f, " ({})", display.paths(paths))?;
                }
                Ok(())
            }
            Notice::Skipped { run, variant, status, left } => {
                write!(f, "{run}: variant {variant} is skipped: {status}")?;
                if *left {
                    write!(f, "; 'git puff harvest {run} --variant {variant}' makes a branch of what it left")?;
                }
                Ok(())
            }
            Notice::Revised { run, variant, revision } => {
                write!(f, "{run}: variant {variant} has a new patch, revision {revision}")
            }
            Notice::BranchKept { branch, why } => write!(f, "the branch '{branch}' was left where it is: {why}"),
            Notice::BranchGone { branch } => {
                write!(f, "the branch '{branch}' was deleted and stays deleted; --recreate restores it")
            }
            Notice::ProviderSilent { run, why } => write!(f, "{run}: {why}; using what is here already"),
            Notice::NotReleased { run, why } => write!(f, "{run}: {why}; 'git puff doctor' lists the leftovers"),
            Notice::NotTaken { run, variant, why } => {
                write!(f, "{run}: variant {variant} is not harvested: {why}; its work is untouched, harvest it again")
            }
            Notice::StillAtWork { run, open } => {
                write!(f, "{run}: {} still running; harvest again later", are(*open, "variant"))
            }
            Notice::LeftBehind { run, variant, size } => write!(
                f,
                "{run}:{variant}: its patch, of {size} bytes, stayed in the clone that it came from, so it has no commit here"
            ),
            Notice::Unreadable { run, why } => write!(f, "run '{run}' is skipped: {why}"),
            Notice::NotifyFailed { why } => write!(f, "the command of puff.notify failed: {why}"),
        }
    }
}

fn are(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what} is") } else { format!("{count} {what}s are") }
}

fn them(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}
