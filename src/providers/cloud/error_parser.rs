//! What the client's complaints mean.
//!
//! It complains in text. The shapes are those of the recordings and of the official client's source of errors: an
//! optional `WARNING: …` in front that is no error, `Error: …`, and the words of the HTTP status.

use super::TITLE;
use crate::model::TaskId;
use crate::process::Output;
use crate::provider::{Failure, SubmitFailure};

/// As much of a complaint as is kept: a decoding error repeats the whole answer of the service.
const MOST: usize = 1000;

/// Returns what a failed question means.
pub(super) fn of_read(output: &Output, task: Option<&TaskId>, env: Option<&str>) -> Failure {
    classify(&words(output), task, env)
}

/// Returns what a failed submission means. Everything before the task is created (the sign-in, the environment, the
/// call itself) proves that there is none; so does the service's clear no to creating it. All else leaves it open.
pub(super) fn of_submission(output: &Output, env: &str) -> SubmitFailure {
    let said = words(output);
    let creating = verdict(&said).contains("create_task failed") || verdict(&said).contains("/wham/tasks ");
    let failure = classify(&said, None, Some(env));
    let lost = |what: String| SubmitFailure::Lost { what, said: said.clone() };
    if creating {
        // A status of 4xx is the service's word that it did nothing. Nothing else is, whatever it reads like.
        return match (status(&said), failure) {
            (Some(401 | 429), failure) => SubmitFailure::Refused(failure),
            (Some(400..500), _) => {
                SubmitFailure::Refused(Failure::Refused { what: "Codex Cloud refused the task".to_owned(), said })
            }
            (_, failure) => lost(failure.to_string()),
        };
    }
    match failure {
        Failure::SignedOut { .. } | Failure::BadEnvironment { .. } => SubmitFailure::Refused(failure),
        Failure::Temporary { .. } if before_creating(&said) => SubmitFailure::Refused(failure),
        Failure::Temporary { what, .. } => lost(what),
        Failure::Refused { .. } | Failure::NoSuchTask { .. } if status(&said).is_some_and(|code| code < 500) => {
            SubmitFailure::Refused(Failure::Refused { what: "Codex Cloud refused the task".to_owned(), said })
        }
        // The client's own word that it was called wrongly, or could not begin.
        Failure::Refused { .. } if output.status.code().is_some() && !said.is_empty() => {
            SubmitFailure::Refused(failure)
        }
        other => lost(other.to_string()),
    }
}

/// Returns whether the request that failed comes before the one that creates the task.
fn before_creating(said: &str) -> bool {
    verdict(said).contains("/environments") || verdict(said).contains("list_tasks")
}

fn classify(said: &str, task: Option<&TaskId>, env: Option<&str>) -> Failure {
    let lower = verdict(said).to_ascii_lowercase();
    let owned = said.to_owned();
    let named = env.unwrap_or_default().to_owned();
    if lower.contains("not signed in") || status(said) == Some(401) {
        return Failure::SignedOut { to: "Codex", login: "codex login", said: owned };
    }
    if lower.contains("ambiguous") && lower.contains("environment") {
        return Failure::BadEnvironment {
            what: format!("several cloud environments are called '{named}'"),
            hint: "name it by its id, which 'codex cloud' and the environment's page show",
            said: owned,
        };
    }
    let no_env = lower.contains("no environment with label")
        || (lower.contains("environment '") && lower.contains("' not found"))
        || lower.contains("environment id must not be empty");
    if no_env {
        return Failure::BadEnvironment {
            what: format!("no cloud environment named '{named}'"),
            hint: "'codex cloud' lists the environments you can use; 'git puff create' shows how to make one",
            said: owned,
        };
    }
    match (status(said), task) {
        (Some(404), Some(task)) => return Failure::NoSuchTask { at: TITLE.to_owned(), task: task.to_string() },
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
        return Failure::Temporary { what: "Codex Cloud cannot be reached".to_owned(), said: owned };
    }
    // An answer that breaks off in the middle reads as one that cannot be decoded.
    if lower.contains("decode error") {
        return Failure::Temporary { what: "Codex Cloud's answer cannot be understood".to_owned(), said: owned };
    }
    Failure::Refused { what: "codex could not do this".to_owned(), said: owned }
}

/// Returns whether a call that exits with 1 and complains of nothing has answered.
pub(super) fn answers(output: &Output) -> bool {
    let complains = String::from_utf8_lossy(&output.stderr).lines().any(|line| !is_noise(line));
    output.status.code() == Some(1) && !complains && !output.stdout.is_empty()
}

/// Lines of normal operation.
fn is_noise(line: &str) -> bool {
    line.starts_with("WARNING:") || line.trim().is_empty()
}

/// Returns a complaint without the answer of the service that it repeats: `…; content-type=…; body=…`. Titles and
/// prompts are in there, in anybody's words.
fn verdict(said: &str) -> &str {
    said.split_once("; content-type=").map_or(said, |(verdict, _)| verdict)
}

/// Returns the HTTP status in a complaint: `… failed: 429 Too Many Requests; content-type=…`.
fn status(said: &str) -> Option<u16> {
    verdict(said).split("failed: ").skip(1).find_map(|rest| {
        let code = rest.split(' ').next()?;
        (code.len() == 3).then(|| code.parse().ok())?
    })
}

/// Returns the complaint itself: warnings of normal operation left out, and cut to a length that can be shown.
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
            assert!(classified(said).to_string().starts_with("no cloud environment named"), "{said}");
        }
        for said in [
            "environment label 'twin' is ambiguous; run `codex cloud` to pick the desired environment id",
            "Ambiguous environment label 'gadgets'. Candidates: acme/gadgets (env_lab_2), beta/gadgets (env_lab_3)",
        ] {
            assert!(classified(said).to_string().starts_with("several cloud environments"), "{said}");
        }
    }
    #[cfg(unix)]
    #[test]
    fn only_a_clear_no_proves_that_nothing_was_started() {
        use std::os::unix::process::ExitStatusExt;
        let after = |said: &str| {
            let status = std::process::ExitStatus::from_raw(1 << 8);
            let stderr = format!("Error: {said}\n").into_bytes();
            of_submission(&Output { status, stdout: Vec::new(), stderr, took: Default::default() }, "env")
        };
        let refused = |said: &str| matches!(after(said), SubmitFailure::Refused(_));
        let post = |rest: &str| {
            format!("http error: create_task failed: {rest}; content-type=application/json; body={{\"task\": 429}}")
        };
        for status in ["401 Unauthorized", "403 Forbidden", "422 Unprocessable Entity", "429 Too Many Requests"] {
            assert!(refused(&post(&format!("POST http://h/wham/tasks failed: {status}"))), "{status}");
        }
        // The address, the answer and what is in it say nothing, whatever digits and words they hold.
        for open in [
            post("POST http://h:4290/wham/tasks failed: 500 Internal Server Error"),
            post("Decode error for http://h:4290/wham/tasks: EOF while parsing a value at line 1 column 0"),
            post("Decode error for http://h/wham/tasks: expected value") + "environment 'x' not found, not signed in",
            "http error: create_task failed: error sending request for url (http://h:4290/wham/tasks)".to_owned(),
        ] {
            assert!(!refused(&open), "{open}");
        }
        assert!(refused(
            "GET http://h:4290/wham/environments failed: 500 Internal Server Error; content-type=x; body="
        ));
        assert!(refused("failed to read query from stdin: stream did not contain valid UTF-8"));
    }
}
