//! Who changed a ref while an agent or a check ran: it, the user, git-puff itself, or an unknown process.
//!
//! Git writes no author of a ref change, but it leaves traces. A commit, merge or checkout is logged in the HEAD of the
//! worktree that it is made in, so a move of a checked out branch that its worktree's HEAD does not have came from
//! elsewhere. What points to a commit that only an agent's HEAD has been at is the agent's. A branch made of `HEAD` and
//! a stash of `(no branch)` come from a detached HEAD, as agents have it and users rarely. These are clues, not proofs:
//! who can write the git directory can forge them. What the clues leave open is said as that.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::git::state::{self, Head};
use crate::git::{LogEntry, Worktree, WorktreeKind};
use crate::model::{Act, Oid};
use crate::session::worktree::WorkspaceRoot;
use crate::store::{RecoveryPoints, RunStore};

/// The HEAD of a worktree of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UserHead {
    /// The name of the folder that git keeps of it; empty for the main worktree.
    pub worktree: String,
    /// The full name of its branch; empty when it is detached.
    pub branch: String,
}

/// Who changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The agent or check of the worktree in question.
    Agent,
    /// The user, git-puff, or another agent.
    Others,
    /// It cannot be told.
    Unknown,
}

/// The logs that tell of it.
pub(super) struct Clues<'c> {
    app: &'c App,
    /// The HEAD of the agent's worktree, and the commit that it began at.
    agent: Vec<LogEntry>,
    start: Option<Oid>,
    agent_branch: Option<String>,
    /// The HEADs of the user's worktrees, before and after, with their logs.
    users: Vec<(UserHead, Vec<LogEntry>)>,
    before: Vec<UserHead>,
    /// The HEADs of other worktrees that git-puff made.
    other_agents: Vec<Vec<LogEntry>>,
    /// What picks set refs to.
    picks: Vec<(String, Option<Oid>)>,
}

impl UserHead {
    /// Returns the name of its HEAD as people see it.
    pub fn shown(&self) -> String {
        if self.worktree.is_empty() { "HEAD".to_owned() } else { format!("worktrees/{}/HEAD", self.worktree) }
    }

    fn git_dir(&self, common: &Path) -> PathBuf {
        if self.worktree.is_empty() { common.to_owned() } else { common.join("worktrees").join(&self.worktree) }
    }
}

/// Returns whether a worktree was made by git-puff, for an attempt or a review.
fn is_ours(worktree: &Worktree) -> bool {
    if worktree.kind == WorktreeKind::Private {
        return true;
    }
    let marked = ["puff-before.json", "puff-junit"].iter().any(|name| worktree.admin.join(name).exists());
    marked || worktree.locked.as_deref().is_some_and(|reason| reason.starts_with("git-puff:"))
}

/// Returns the linked worktrees that are the user's: not git-puff's own, nor those that an agent made inside its own.
pub(super) fn user_worktrees(app: &App) -> Vec<Worktree> {
    let root = WorkspaceRoot::find(app).ok();
    let roots: Vec<PathBuf> = root
        .iter()
        .flat_map(|root| [Some(root.root().to_owned()), root.root().canonicalize().ok()])
        .flatten()
        .collect();
    let is_below = |worktree: &Worktree| roots.iter().any(|root| worktree.path.starts_with(root));
    app.repo.worktrees().into_iter().filter(|worktree| !is_ours(worktree) && !is_below(worktree)).collect()
}

/// Returns the HEADs of the user's worktrees, the main one among them.
pub(super) fn user_heads(app: &App) -> Vec<UserHead> {
    let name = |worktree: Worktree| Some(worktree.admin.file_name()?.to_string_lossy().into_owned());
    let names = std::iter::once(String::new()).chain(user_worktrees(app).into_iter().filter_map(name));
    let head = |worktree: String| {
        let mut head = UserHead { worktree, branch: String::new() };
        if let Head::On(branch) = state::head(&head.git_dir(&app.repo.location().common_dir))? {
            head.branch = branch;
        }
        Some(head)
    };
    names.filter_map(head).collect()
}

impl<'c> Clues<'c> {
    /// Reads the logs as they are now. `before` are the HEADs of the user's worktrees as they were.
    pub fn read(app: &'c App, worktree: &Worktree, start: Option<Oid>, before: &[UserHead]) -> Clues<'c> {
        let log = |git_dir: &Path| app.repo.reflog(git_dir, "HEAD");
        let common = &app.repo.location().common_dir;
        let users = user_heads(app).into_iter().map(|head| (head.clone(), log(&head.git_dir(common)))).collect();
        let others = app.repo.worktrees().into_iter();
        let others = others.filter(|other| is_ours(other) && other.admin != worktree.admin);
        let runs = RunStore::new(app).list().map(|(runs, _)| runs).unwrap_or_default();
        let decisions = runs.into_iter().filter_map(|recorded| recorded.run.decision);
        let mut picks: Vec<(String, Option<Oid>)> = Vec::new();
        for decision in decisions {
            picks.extend([(decision.onto.clone(), decision.before), (decision.onto, decision.after)]);
        }
        for point in RecoveryPoints::new(app).list().unwrap_or_default() {
            if let Act::Pick(pick) = point.recovery.act {
                picks.extend([(pick.onto.clone(), pick.before), (pick.onto, Some(pick.commit))]);
            }
        }
        let on_branch = match state::head(&worktree.admin) {
            Some(Head::On(branch)) => Some(branch),
            _ => None,
        };
        Clues {
            app,
            agent: log(&worktree.admin),
            start,
            agent_branch: on_branch,
            users,
            before: before.to_vec(),
            other_agents: others.map(|other| log(&other.admin)).collect(),
            picks,
        }
    }

    /// Returns who set a ref to what it is, or deleted it.
    pub fn of_ref(&self, name: &str, from: Option<Oid>, to: Option<Oid>) -> Origin {
        if self.picks.iter().any(|(onto, at)| onto == name && *at == to) {
            return Origin::Others;
        }
        let short = name.strip_prefix("refs/heads/").unwrap_or(name);
        let renamed = |entry: &LogEntry| {
            let subject = entry.subject.strip_prefix("Branch: renamed ").and_then(|names| names.split_once(" to "));
            subject.is_some_and(|(old, new)| old == name || new == name)
        };
        if self.user_entries().any(renamed) {
            return Origin::Others;
        }
        let Some(to) = to else {
            // Git deletes no branch that is checked out.
            let was_held = self.before.iter().any(|head| head.branch == name);
            let is_held = self.users.iter().any(|(head, log)| head.branch == name && !log.is_empty());
            return if was_held && is_held { Origin::Agent } else { Origin::Unknown };
        };
        // A tag of its own is an object that points to a commit.
        let commit = self.app.repo.resolve(&to.to_string()).ok().flatten().unwrap_or(to);
        let was_at = |log: &[LogEntry]| log.iter().any(|entry| entry.new == commit);
        let (by_agent, by_user) = (was_at(&self.agent), self.users.iter().any(|(_, log)| was_at(log)));
        let is_start = self.start == Some(commit);
        if by_agent && !by_user && !is_start {
            return Origin::Agent;
        }
        if !by_agent && !by_user && !is_start && self.other_agents.iter().any(|log| was_at(log)) {
            return Origin::Others;
        }
        let log = self.app.repo.reflog(&self.app.repo.location().common_dir, name);
        let is_rename = |entry: &LogEntry| entry.subject.starts_with("Branch: renamed ");
        let newest = log.iter().find(|entry| entry.new == to && !is_rename(entry));
        if newest.is_some_and(|newest| self.user_entries().any(|entry| entry == newest)) {
            return Origin::Others;
        }
        if name == "refs/stash" {
            return newest.map_or(Origin::Unknown, |newest| self.of_stash(&newest.subject));
        }
        let holder = self.users.iter().find(|(head, _)| head.branch == name);
        if let Some((_, head_log)) = holder {
            let was_held = self.before.iter().any(|head| head.branch == name);
            return match head_log.first() {
                Some(entry) if entry.new == commit => Origin::Others,
                Some(_) if was_held => Origin::Agent,
                _ => Origin::Unknown,
            };
        }
        let left = format!("returning to {name}");
        let arrived = format!(" to {short}");
        let passed_through = |entry: &LogEntry| {
            entry.subject.ends_with(&left)
                || from.is_none() && entry.subject.starts_with("checkout: ") && entry.subject.ends_with(&arrived)
        };
        if by_user && self.user_entries().any(|entry| entry.new == commit && passed_through(entry)) {
            return Origin::Others;
        }
        match newest.and_then(|newest| newest.subject.strip_prefix("branch: ")) {
            Some("Created from HEAD" | "Reset to HEAD") if by_agent || is_start => {
                if self.is_user_detached() {
                    Origin::Unknown
                } else {
                    Origin::Agent
                }
            }
            // What 'git branch NAME' writes where a branch is checked out.
            Some(made) if from.is_none() && by_user => {
                let of = made.strip_prefix("Created from ").unwrap_or_default();
                let is_user_branch = |head: &UserHead| head.branch.strip_prefix("refs/heads/") == Some(of);
                let of_user = self.before.iter().chain(self.users.iter().map(|(head, _)| head)).any(is_user_branch);
                if of_user { Origin::Others } else { Origin::Unknown }
            }
            // A tag on what only the user has been at.
            None if from.is_none() && name.starts_with("refs/tags/") && by_user && !by_agent && !is_start => {
                Origin::Others
            }
            _ => Origin::Unknown,
        }
    }

    /// Returns who made a stash: `WIP on main: 1234567 Subject`, `On (no branch): words`.
    fn of_stash(&self, subject: &str) -> Origin {
        let on = subject.strip_prefix("WIP on ").or_else(|| subject.strip_prefix("On "));
        let Some((on, _)) = on.and_then(|rest| rest.split_once(": ")) else { return Origin::Unknown };
        let is_on = |head: &UserHead| head.branch.strip_prefix("refs/heads/") == Some(on);
        let mine = |branch: &String| branch.strip_prefix("refs/heads/") == Some(on);
        if on == "(no branch)" {
            return if self.is_user_detached() { Origin::Unknown } else { Origin::Agent };
        }
        if self.agent_branch.as_ref().is_some_and(mine) {
            return Origin::Agent;
        }
        let by_user = self.before.iter().chain(self.users.iter().map(|(head, _)| head)).any(is_on);
        if by_user { Origin::Others } else { Origin::Unknown }
    }

    /// Returns who switched a worktree of the user's to another branch.
    pub fn of_head(&self, before: &UserHead, after: &UserHead) -> Origin {
        let Some((_, log)) = self.users.iter().find(|(head, _)| head.worktree == after.worktree) else {
            return Origin::Unknown;
        };
        let short = after.branch.strip_prefix("refs/heads/").unwrap_or(&after.branch);
        let left = before.branch.strip_prefix("refs/heads/").unwrap_or(&before.branch);
        let tells = |entry: &LogEntry| match after.branch.is_empty() {
            true => entry.subject.contains(left) || entry.subject.starts_with("rebase"),
            false => entry.subject.split(' ').any(|word| word == short || word == after.branch),
        };
        match log.first() {
            None => Origin::Unknown,
            Some(_) if log.iter().any(tells) => Origin::Others,
            Some(_) => Origin::Agent,
        }
    }

    fn user_entries(&self) -> impl Iterator<Item = &LogEntry> {
        self.users.iter().flat_map(|(_, log)| log)
    }

    fn is_user_detached(&self) -> bool {
        self.before.iter().chain(self.users.iter().map(|(head, _)| head)).any(|head| head.branch.is_empty())
    }
}
