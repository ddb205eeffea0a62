//! The words of the two forks with commands for scripts.
//!
//! `show --json --all` brings every attempt with its diff in one call. Its variant 1 is whatever the service calls the
//! current turn, so attempts are told apart by their place.

use std::path::Path;

use super::client::{Call, Client};
use super::parse;
use crate::model::{TaskId, VariantStatus};
use crate::process::Output;
use crate::provider::{Attempt, AttemptObservation, AttemptObservations, Collection, Failure, Submission, TaskStatus};

pub(super) fn submit_by_stdin(submission: &Submission<'_>) -> Call {
    submitting(submission).stdin(submission.prompt.as_bytes())
}

pub(super) fn submit_by_file(submission: &Submission<'_>, prompt: &Path) -> Call {
    let title = crate::model::first_line(submission.prompt, 72);
    submitting(submission).option("--title", title).option("--prompt-file", prompt.display())
}

fn submitting(submission: &Submission<'_>) -> Call {
    Call::new(["cloud", "new"])
        .option("--env", submission.env)
        .option("--base", submission.branch)
        .option("--best-of", submission.attempts)
}

pub(super) fn show(task: &TaskId) -> Call {
    Call::new(["cloud", "show", "--json", "--all"]).operand(task.as_str()).about(task)
}

/// Reads how far each attempt is.
pub(super) fn each(output: Result<Output, Failure>) -> Result<AttemptObservations, Failure> {
    Ok(news(&parse::show(&output?.stdout)?))
}

/// Returns how a task as a whole reads, by its attempts.
pub(super) fn overall(shown: &Collection) -> TaskStatus {
    let has = |status: VariantStatus| shown.attempts_made.iter().any(|made| made.status == status);
    let at_work = has(VariantStatus::Pending) || has(VariantStatus::InProgress);
    match (has(VariantStatus::Completed), at_work) {
        (true, _) => TaskStatus::Ready,
        (false, true) => TaskStatus::Pending,
        (false, false) => TaskStatus::Error,
    }
}

/// Returns how far each attempt is.
pub(super) fn news(shown: &Collection) -> AttemptObservations {
    let news =
        |made: &Attempt| Some(AttemptObservation { placement: made.placement?, status: made.status, reason: None });
    AttemptObservations::Each(shown.attempts_made.iter().filter_map(news).collect())
}

/// Fetches everything about a task.
pub(super) fn collect(client: &Client, task: &TaskId) -> Result<Collection, Failure> {
    parse::show(&client.read(&show(task))?.stdout)
}
