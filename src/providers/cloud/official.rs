//! The words of the official client.
//!
//! It tells no attempt's status, and `diff --attempt N` does not mean attempt N: attempts without a diff are left out,
//! the others sorted by place, and the Nth of those is printed. So attempts are counted, and known by their bytes.

use super::PARALLEL_CALLS;
use super::client::{Call, Client};
use super::parse;
use crate::model::{TaskId, VariantStatus};
use crate::process::Output;
use crate::provider::{Attempt, AttemptObservations, Collection, Failure, Question, Submission, TaskStatus, Work};

/// How often fetching is started over because an attempt finished in the middle of it.
const ROUNDS: usize = 4;

pub(super) fn submit(submission: &Submission<'_>) -> Call {
    Call::new(["cloud", "exec"])
        .option("--env", submission.env)
        .option("--attempts", submission.attempts)
        .option("--branch", submission.branch)
        .operand("-")
        .stdin(submission.prompt.as_bytes())
}

pub(super) fn diff(task: &TaskId, attempt: u32) -> Call {
    Call::new(["cloud", "diff"]).option("--attempt", attempt).operand(task.as_str()).about(task)
}

/// Reads the answer to a question for the last attempt: either it is there, and with it all, or the client says how
/// many are.
pub(super) fn count(output: Result<Output, Failure>, attempts: u32) -> Result<AttemptObservations, Failure> {
    match output {
        Ok(_) => Ok(AttemptObservations::Finished(attempts)),
        Err(Failure::Refused { said, .. }) if parse::diffs_there(&said).is_some() => {
            Ok(AttemptObservations::Finished(parse::diffs_there(&said).unwrap_or(0)))
        }
        Err(failure) => Err(failure),
    }
}

/// Asks about one task by its name: its status and title.
pub(super) fn status(client: &Client, task: &TaskId) -> Result<(TaskStatus, String), Failure> {
    // It exits with 1 for a task that is running.
    let call = Call { answers_with_1: true, ..Call::new(["cloud", "status"]).operand(task.as_str()) };
    let output = client.read(&call.about(task))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let status = parse::status_line(&said).ok_or_else(|| parse::not_understood("codex cloud status", &said))?;
    Ok((status, parse::status_title(&said)))
}

/// Fetches every diff there is.
///
/// The numbers shift when an attempt finishes in the middle: the count is asked again afterwards, and when it has
/// grown, all are fetched again.
pub(super) fn collect(client: &Client, question: &Question) -> Result<Collection, Failure> {
    let ask = || client.read(&diff(&question.id, question.attempts));
    let counted = |answer: Result<Output, Failure>| match count(answer, question.attempts)? {
        AttemptObservations::Finished(there) => Ok(there),
        AttemptObservations::None | AttemptObservations::Each(_) => Ok(0),
    };
    let mut there = counted(ask())?;
    for _ in 0..ROUNDS {
        let calls: Vec<_> = (1..=there).map(|attempt| diff(&question.id, attempt)).collect();
        let fetched: Result<Vec<_>, _> = client.read_all(&calls, PARALLEL_CALLS).into_iter().collect();
        let fetched = fetched?;
        // With the last one there, none can be added any more.
        let now = if there >= question.attempts { there } else { counted(ask())? };
        if now == there {
            let made = fetched.into_iter().map(|output| Attempt {
                placement: None,
                status: VariantStatus::Completed,
                work: Some(Work::Patch(output.stdout)),
                messages: None,
                prompt: None,
                exported: None,
                reason: None,
                risks: Vec::new(),
            });
            return Ok(Collection { attempts_made: made.collect(), ..Collection::default() });
        }
        there = now;
    }
    Err(Failure::Temporary { what: "attempts finish faster than they can be fetched".to_owned(), said: String::new() })
}
