//! What the client's complaints mean.
//!
//! It complains in text. The shapes are those of the recordings and of the official client's source of errors: an
//! optional `WARNING: …` in front that is no error, `Error: …`, and the words of the HTTP status.

use crate::model::TaskId;
use crate::process::Output;
use crate::provider::{Failure, SubmitFailure};

/// As much of a complaint as is kept: a decoding error repeats the whole answer of the service.
const MOST: usize = 1000;

/// What a failed question means.
pub(super) fn of_read(output: &Output, task: Option<&TaskId>, env: Option<&str>) -> Failure {
    classify(&words(output), task, env)
}

/// What a failed submission means. Everything before the task is created (the sign-in, the environment, the call
/// itself) proves that there is none; so does a clear no from the service. All else leaves it open.
pub(super) fn of_submission(output: &Output, env: &str) -> SubmitFailure {
    let said = words(output);
    let creating = said.contains("create_task failed") || said.contains("/wham/tasks ");
    let failure = classify(&said, None, Some(env));
    let lost = |what: String| SubmitFailure::Lost { what, said: said.clone() };
    match failure {
        Failure::SignedOut { .. }
        | Failure::NoSuchEnvironment { .. }
        | Failure::AmbiguousEnvironment { .. }
        | Failure::NotAnEnvironmentId { .. } => SubmitFailure::Refused(failure),
        Failure::Temporary { what, said } if !creating && before_creating(&said) => {
            SubmitFailure::Refused(Failure::Temporary { what, said })
        }
        Failure::Temporary { .. } if said.contains("429") => SubmitFailure::Refused(failure),
        Failure::Temporary { what, .. } => lost(what),
        // A status of 4xx is the service's word that it did nothing; so is the client's that it was called wrongly.
        Failure::Refused { .. } | Failure::NoSuchTask { .. } if status(&said).is_some_and(|code| code < 500) => {
            SubmitFailure::Refused(Failure::Refused { what: "Codex Cloud refused the task".to_owned(), said })
        }
        Failure::Refused { .. } if output.status.code() == Some(2) => SubmitFailure::Refused(failure),
        Failure::Refused { .. } if !creating && output.status.code().is_some() && !said.is_empty() => {
            SubmitFailure::Refused(failure)
        }
        other => lost(other.to_string()),
    }
}

/// The request that failed comes before the one that creates the task.
fn before_creating(said: &str) -> bool {
    said.contains("/environments") || said.contains("list_tasks")
}

fn classify(said: &str, task: Option<&TaskId>, env: Option<&str>) -> Failure {
    let lower = said.to_ascii_lowercase();
    let owned = said.to_owned();
    let named = env.unwrap_or_default().to_owned();
    if lower.contains("not signed in") || status(said) == Some(401) {
        return Failure::SignedOut { said: owned };
    }
    if lower.contains("ambiguous") && lower.contains("environment") {
        return Failure::AmbiguousEnvironment { env: named, said: owned };
    }
    let no_env = lower.contains("no environment with label")
        || (lower.contains("environment '") && lower.contains("' not found"))
        || lower.contains("environment id must not be empty");
    if no_env {
        return Failure::NoSuchEnvironment { env: named, said: owned };
    }
    match (status(said), task) {
        (Some(404), Some(task)) => return Failure::NoSuchTask { task: task.to_string() },
        (Some(429), _) => {
            return Failure::Temporary { what: "Codex Cloud takes no more calls for now".to_owned(), said: owned };
        }
        (Some(code), _) if code >= 500 => {
            return Failure::Temporary { what: format!("Codex Cloud has a fault ({code})"), said: owned };
        }
        (Some(403), _) => {
            return Failure::Refused { what: "Codex Cloud does not let you do this".to_owned(), said: owned };
        }
        _ => {}
    }
    let network = ["error sending request", "connection refused", "connection closed", "timed out", "dns error"];
    if network.iter().any(|words| lower.contains(words)) {
        return Failure::Temporary { what: "Codex Cloud can't be reached".to_owned(), said: owned };
    }
    // An answer that breaks off in the middle reads as one that can't be decoded.
    if lower.contains("decode error") {
        return Failure::Temporary { what: "Codex Cloud's answer can't be understood".to_owned(), said: owned };
    }
    Failure::Refused { what: "codex could not do this".to_owned(), said: owned }
}

/// A call that exits with 1 and complains of nothing has answered.
pub(super) fn answers(output: &Output) -> bool {
    let complains = String::from_utf8_lossy(&output.stderr).lines().any(|line| !is_noise(line));
    output.status.code() == Some(1) && !complains && !output.stdout.is_empty()
}

/// Lines of normal operation.
fn is_noise(line: &str) -> bool {
    line.starts_with("WARNING:") || line.trim().is_empty()
}

/// The HTTP status in a complaint: `… failed: 429 Too Many Requests; content-type=…`.
fn status(said: &str) -> Option<u16> {
    said.split("failed: ").skip(1).find_map(|rest| {
        let code = rest.split(' ').next()?;
        (code.len() == 3).then(|| code.parse().ok())?
    })
}

/// The complaint itself: warnings of normal operation left out, and cut to a length that can be shown.
fn words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| !is_noise(line));
    let mut said: String = lines.map(str::trim_end).collect::<Vec<_>>().join("\n");
    if said.is_empty() {
        said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    }
    let said = said.strip_prefix("Error: ").unwrap_or(&said);
    match said.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(said: &str) -> Failure {
        classify(said, Some(&"task_x".parse().unwrap()), Some("env"))
    }

    #[test]
    fn complaints_of_the_recorded_clients_are_understood() {
        let http = |status: &str| {
            format!(
                "http error: list_tasks failed: GET http://h/wham/tasks/list failed: {status}; content-type=x; body={{}}"
            )
        };
        assert!(matches!(classified(&http("401 Unauthorized")), Failure::SignedOut { .. }));
        assert!(matches!(classified(&http("404 Not Found")), Failure::NoSuchTask { .. }));
        assert!(classified(&http("429 Too Many Requests")).is_temporary());
        assert!(classified(&http("503 Service Unavailable")).is_temporary());
        assert!(classified("error sending request for url (http://h/wham/tasks/list)").is_temporary());
        let signed_out = "Not signed in. Please run 'codex login' to sign in with ChatGPT, then re-run 'codex cloud'.";
        assert!(matches!(classified(signed_out), Failure::SignedOut { .. }));
        for said in [
            "environment 'nope' not found; run `codex cloud` to list available environments",
            "No environment with label 'nope'. Use the TUI to copy the ID, or ensure the label matches exactly",
        ] {
            assert!(matches!(classified(said), Failure::NoSuchEnvironment { .. }), "{said}");
        }
        for said in [
            "environment label 'twin' is ambiguous; run `codex cloud` to pick the desired environment id",
            "Ambiguous environment label 'gadgets'. Candidates: acme/gadgets (env_lab_2), beta/gadgets (env_lab_3)",
        ] {
            assert!(matches!(classified(said), Failure::AmbiguousEnvironment { .. }), "{said}");
        }
    }
}
