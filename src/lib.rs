//! git-puff sends one task to several coding agents, harvests every attempt as a branch, and helps to choose.
//!
//! # One idea
//!
//! A [run](model::Run) is a value that moves forward: `queued → submitting → pending → ready → harvested → reviewed →
//! picked`, or `error`, or `cancelled`. Every step is one commit on `refs/puff/runs/<run>`, made by compare-and-swap on
//! the ref. So a step is whole or not there, survives a crash at any point, needs no database, and has a history that
//! `git log` shows.
//! Branches, notes, the runbook log and reports are views of it, and [`engine::repair`] makes them again.
//!
//! Intent comes first: a run is recorded as `submitting`, with its prompt, before the cloud is called. A crash between the
//! call and its answer leaves a record that can be matched to its task. What costs money is never repeated by itself.
//!
//! # The modules
//!
//! | module | what is in it |
//! |---|---|
//! | [`program`] | the whole program: from the words of a call to its exit code |
//! | [`cli`] | the command line, as types |
//! | [`commands`] | one file a verb: its arguments, one function, and what the manual says beside |
//! | [`mcp`] | the server for agents: a second front door, whose tools are the verbs |
//! | [`manual`] | examples, exit codes, files and settings of a verb, as data: `--help` and the man pages are made of it |
//! | [`app`] | what every verb is given: repository, settings, clock, ids, paths, environment, permissions |
//! | [`watch`] | the poll loop, the detached watcher, jobs |
//! | [`engine`] | launching, observing, harvesting, importing, repairing: what verbs and watcher share |
//! | [`provider`] | what does the work of runs: two traits, what kinds of providers can do, a registry |
//! | [`providers`] | Codex Cloud in its three dialects, agents on this machine, patches that were on disk |
//! | [`patch`] | a patch onto a tree of the repository, by the engine of [`git_tree_apply`] |
//! | [`choice`] | the rule of a review: copies of tests that tell variants apart, cheats, classes |
//! | [`compare`] | what variants do, beside each other: likeness, sameness, versions of a file side by side |
//! | [`session`] | one agent under a pseudo-terminal: its supervisor, log, diagnosis, resume |
//! | [`app_server`] | the Codex app server of a repository: its supervisor, and the first words with it |
//! | [`store`] | runs in refs, the runbook log, notes, sessions |
//! | [`render`] | a finished model → Markdown, HTML, tables, lines about progress |
//! | [`git`] | the only user of git2, and of `git` for what libgit2 does differently |
//! | [`files`] | opening files where others may have put links |
//! | [`layout`] | where live things are: locks, logs, records, sockets, worktrees |
//! | [`lock`] | locks on files, held as long as a process lives |
//! | [`scratch`], [`user_place`] | temporary folders for programs; the places that programs keep for a user |
//! | [`parallel`] | several things at once, in a bounded number of threads |
//! | [`process`] | the only door to other programs |
//! | [`trace`] | what is done, as lines, for `-v` and `GIT_PUFF_TRACE`; silent unless asked |
//! | [`settings`] | the keys of `puff.*`, and which value counts |
//! | [`model`] | plain data, the legal transitions, the JSON forms |
//! | [`ui`], [`error`] | the only writer to standard output and error; what can go wrong, and the exit codes |
//!
//! What agents are and say is the package [`puff_agents`]; `session` gives it its settings, workspaces and records. [`git`] is
//! the package [`puff_git`]; `error`, `files`, `folder`, `lock`, `parallel`, `process`, `scratch`, `trace` and `user_place` are those of
//! [`puff_system`]. What test runners print and write is read by [`test_results`]. None of them knows anything of runs.
//!
//! Dependencies point one way: the layers are listed in CONTRIBUTING.md, and a test keeps them.
//! Nothing below `commands` prints, nothing outside `app` reads the clock or the environment, nothing outside `puff_git`
//! names a type of git2, and nothing outside `providers/cloud` knows what the Codex client's text looks like.
//!
//! # The way of the data
//!
//! - **launch**: arguments → intent → everything that can fail is checked → recorded as `submitting` → submitted → recorded
//!   with its task → the watcher is woken.
//! - **watch**: the runs that are due → one look at all of them → transitions → recorded → harvested where asked for.
//! - A run of agents on this machine goes the same way: its task is named as the run is, looking at it starts what has a
//!   place, and what the provider has is what is in the worktrees.
//! - **harvest**: everything the provider has → recorded as artifacts → each patch onto the base's tree → a commit → a
//!   branch, created or moved only if no commit is based on it → notes and report.
//! - **pick**: a recovery point → the decision recorded as waiting → taken, by git in the worktree or on trees onto a
//!   branch → recorded as done → notes. **prune**: a recovery point → notes, worktrees, logs → all refs at once.
//!   **undo**: the reverse of either, from the recovery point.
//! - **sync**: what a remote has is fetched → checked as data from outside → put together with what was done here, field by
//!   field → notes → journals, all at once → what travels of ours is made, looked through for secrets, and sent.
//! - **push**: what git tells its hook → the commits that the remote lacks → those that came from a variant, by their
//!   trailers or by what they bring → the rules. Without such a commit, no file is looked into.
//!
//! # Where to start reading
//!
//! [`model::Run`] says what there is to know about a run. [`store::RunStore`] keeps it. [`engine::launch`] and
//! [`engine::harvest`] are the two ways through the whole program; [`watch::watcher`] runs in between.

// The documentation of this library is for those who work on it, and is made with --document-private-items.
#![allow(rustdoc::private_intra_doc_links)]

pub mod app;
mod app_server;
mod choice;
pub mod cli;
pub mod commands;
mod compare;
mod engine;
mod layout;
pub mod manual;
mod mcp;
pub mod model;
pub mod patch;
pub mod program;
pub mod provider;
pub mod providers;
mod render;
mod session;
pub mod settings;
mod store;
pub mod ui;
mod watch;

pub use puff_git as git;
pub use puff_system::{error, process, trace};
pub(crate) use puff_system::{files, folder, lock, parallel, scratch, user_place};
