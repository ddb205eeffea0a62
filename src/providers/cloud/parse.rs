//! What the client prints, read by pure functions. The samples in the tests are cut from recordings of the real
//! programs (`tests/recordings`): official 0.151.0, headless-a and headless-b.

use std::collections::HashSet;

use serde::Deserialize;

use crate::model::{MOST_VARIANTS, TaskId, VariantStatus};
use crate::provider::{
    Attempt, AttemptObservations, Collection, Failure, Observation, Task, TaskStatus, TaskSummary, Work,
};

/// A page of the list of tasks.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    pub tasks: Vec<ListedTask>,
    #[serde(default)]
    pub cursor: Option<String>,
    /// There is more than is shown (headless-b).
    #[serde(default)]
    pub truncated: bool,
}

/// A task of the list, with the fields that all clients have.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ListedTask {
    pub id: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub title: String,
    pub status: String,
    #[serde(default)]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub environment_label: Option<String>,
    #[serde(default)]
    pub attempt_total: Option<u32>,
    #[serde(default)]
    pub is_review: bool,
}

impl ListedTask {
    fn task_status(&self) -> TaskStatus {
        status_word(&self.status).unwrap_or(TaskStatus::Pending)
    }

    pub fn observed(&self) -> Observation {
        Observation {
            status: Some(self.task_status()),
            attempts: credible(self.attempt_total),
            updated_at: self.updated_at.clone(),
            news: AttemptObservations::None,
            trouble: None,
        }
    }

    /// Returns the summary of a listed task; none for reviews, and for what has no name to ask for.
    pub fn summary(self, url: impl Fn(&TaskId) -> String) -> Option<TaskSummary> {
        let id: TaskId = self.id.parse().ok()?;
        let status = self.task_status();
        (!self.is_review).then(|| TaskSummary {
            url: self.url.or_else(|| Some(url(&id))),
            id,
            title: self.title,
            status,
            updated_at: self.updated_at,
            env_label: self.environment_label,
            attempts: credible(self.attempt_total),
            prompt: None,
        })
    }
}

/// Returns a number of attempts that can be one.
fn credible(total: Option<u32>) -> Option<u32> {
    total.filter(|total| (1..=MOST_VARIANTS).contains(total))
}

/// Reads `list --json`.
pub(super) fn list(stdout: &[u8]) -> Result<Listing, Failure> {
    serde_json::from_slice(stdout).map_err(|_| not_understood("codex cloud list", &String::from_utf8_lossy(stdout)))
}

#[derive(Debug, Deserialize)]
struct Shown {
    variants: Vec<ShownVariant>,
    #[serde(default)]
    attempt_total: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct ShownVariant {
    #[serde(default)]
    attempt_placement: Option<u32>,
    status: String,
    #[serde(default)]
    diff: Option<String>,
    #[serde(default)]
    messages: Vec<String>,
    #[serde(default)]
    prompt: Option<String>,
}

/// Reads `show --json --all`, and puts the attempts in the order of their places.
pub(super) fn show(stdout: &[u8]) -> Result<Collection, Failure> {
    let shown: Shown = serde_json::from_slice(stdout)
        .map_err(|_| not_understood("codex cloud show", &String::from_utf8_lossy(stdout)))?;
    let too_far = |variant: &ShownVariant| variant.attempt_placement.is_some_and(|place| place >= MOST_VARIANTS);
    if shown.variants.len() > MOST_VARIANTS as usize || shown.variants.iter().any(too_far) {
        return Err(not_understood("codex cloud show", &String::from_utf8_lossy(stdout)));
    }
    let prompt = shown.variants.iter().find_map(|variant| variant.prompt.clone());
    let placements: HashSet<u32> = shown.variants.iter().filter_map(|variant| variant.attempt_placement).collect();
    let all_placed = placements.len() == shown.variants.len();
    let mut made: Vec<_> = shown
        .variants
        .into_iter()
        .zip(0..)
        .map(|(variant, at)| Attempt {
            // Where a service gives no places, or one twice, its order is all there is: two attempts in one place would
            // take turns at being the variant.
            placement: variant.attempt_placement.filter(|_| all_placed).or(Some(at)),
            status: attempt_status(&variant.status),
            work: variant.diff.map(|diff| Work::Patch(diff.into_bytes())),
            messages: Some(variant.messages),
            prompt: prompt.clone(),
            exported: None,
            reason: None,
            risks: Vec::new(),
        })
        .collect();
    made.sort_by_key(|attempt| attempt.placement);
    let attempts = credible(shown.attempt_total);
    Ok(Collection { attempts, attempts_made: made, ..Collection::default() })
}

fn attempt_status(word: &str) -> VariantStatus {
    match word {
        "completed" => VariantStatus::Completed,
        "failed" => VariantStatus::Failed,
        "cancelled" | "canceled" => VariantStatus::Cancelled,
        "in_progress" => VariantStatus::InProgress,
        _ => VariantStatus::Pending,
    }
}

fn status_word(word: &str) -> Option<TaskStatus> {
    match word.to_ascii_lowercase().as_str() {
        "pending" => Some(TaskStatus::Pending),
        // An applied task is one that was ready when it was applied.
        "ready" | "applied" => Some(TaskStatus::Ready),
        "error" => Some(TaskStatus::Error),
        _ => None,
    }
}

/// Reads the first line of `status`: `[READY] title`.
pub(super) fn status_line(said: &str) -> Option<TaskStatus> {
    let word = said.trim_start().strip_prefix('[')?.split_once(']')?.0;
    status_word(word)
}

/// Reads the title behind the status, in the first line of `status`.
pub(super) fn status_title(said: &str) -> String {
    let line = said.trim_start().lines().next().unwrap_or("");
    line.split_once(']').map_or("", |(_, title)| title.trim()).to_owned()
}

/// Reads how many diffs a task has out of the official client's complaint that the one asked for is not there.
pub(super) fn diffs_there(said: &str) -> Option<u32> {
    if said.contains("No diff available for task") {
        return Some(0);
    }
    let rest = said.split_once("not available; only ")?.1;
    rest.split_once(" attempt(s) found")?.0.parse().ok()
}

/// Reads the task's name off what a submission printed: its URL, `Created task ID`, or the bare id, in the last line.
pub(super) fn submitted(stdout: &[u8]) -> Option<Task> {
    let text = String::from_utf8_lossy(stdout);
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    let word = last.strip_prefix("Created task ").unwrap_or(last);
    let is_url = word.contains("://");
    let named = if is_url { word.contains("/tasks/") } else { word.starts_with("task_") };
    let id = word.parse().ok().filter(|_| named)?;
    Some(Task { id, url: is_url.then(|| word.to_owned()) })
}

/// Returns a client that prints what we cannot read is named, with the beginning of what it printed.
pub(super) fn not_understood(call: &str, said: &str) -> Failure {
    Failure::Client {
        what: format!("cannot understand what '{call}' prints"),
        hint: "check which program that is: 'git puff doctor'; 'git config puff.codex PATH' names another".to_owned(),
        said: said.trim().chars().take(300).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clients_list_is_read() {
        let official = r#"{"tasks":[{"id":"task_e_01","url":"http://h/codex/tasks/task_e_01","title":"Trim\n",
            "status":"ready","updated_at":"2026-11-20T09:36:28.017855167Z","environment_id":null,
            "environment_label":"acme/widgets","summary":{"files_changed":1,"lines_added":2,"lines_removed":1},
            "is_review":false,"attempt_total":4}],"cursor":"abc="}"#;
        let listing = list(official.as_bytes()).unwrap();
        assert_eq!(listing.cursor.as_deref(), Some("abc="));
        assert_eq!(listing.tasks[0].observed().status, Some(TaskStatus::Ready));
        let a = r#"{"environment":null,"include_reviews":false,"tasks":[{"id":"task_e_01","title":"Trim\n",
            "status":"pending","updated_at":"2026-11-20T09:36:32.819246292Z","environment_label":"acme/widgets",
            "files_changed":1,"lines_added":2,"lines_removed":1,"is_review":false,"attempt_total":4}]}"#;
        assert_eq!(list(a.as_bytes()).unwrap().tasks[0].attempt_total, Some(4));
        let b = r#"{"tasks":[{"id":"task_e_01","title":"Trim","status":"error","updated_at":"2026-11-20T09:36:38Z",
            "environment_id":null,"environment_label":"acme/widgets","summary":{"files_changed":1,"lines_added":2,
            "lines_removed":1},"is_review":false,"attempt_total":4}],"truncated":true,"sort":"updated_at:desc",
            "pages":1,"effective_filter":{"feed":"current"}}"#;
        let listing = list(b.as_bytes()).unwrap();
        assert!(listing.truncated && listing.tasks[0].observed().status == Some(TaskStatus::Error));
        assert!(matches!(list(b"<html>busy</html>"), Err(Failure::Client { .. })));
    }

    #[test]
    fn attempts_are_put_in_the_order_of_their_places() {
        // headless-a, the task whose current turn is its third attempt; diffs cut short.
        let shown = r#"{"task_id":"task_e_01","variants":[
            {"variant_index":1,"is_base":true,"attempt_placement":2,"status":"completed","diff":"third","messages":["late"],"prompt":"Trim\n"},
            {"variant_index":2,"is_base":false,"attempt_placement":0,"status":"completed","diff":"first","messages":[],"prompt":null},
            {"variant_index":3,"is_base":false,"attempt_placement":1,"status":"failed","diff":null,"messages":[],"prompt":null},
            {"variant_index":4,"is_base":false,"attempt_placement":3,"status":"in_progress","diff":null,"messages":[],"prompt":null}]}"#;
        let made = show(shown.as_bytes()).unwrap().attempts_made;
        let seen: Vec<_> = made.iter().map(|made| (made.placement.unwrap(), made.status, made.patch())).collect();
        use VariantStatus::*;
        let first: &[u8] = b"first";
        let third: &[u8] = b"third";
        assert_eq!(
            seen,
            [(0, Completed, Some(first)), (1, Failed, None), (2, Completed, Some(third)), (3, InProgress, None)]
        );
        assert!(made.iter().all(|made| made.prompt.as_deref() == Some("Trim\n")));
    }

    #[test]
    fn without_a_place_for_each_their_order_is_all_there_is() {
        for placements in [["null", "0", "1"], ["1", "1", "0"], ["null", "null", "null"]] {
            let variants = placements.map(|place| format!(r#"{{"attempt_placement":{place},"status":"completed"}}"#));
            let shown = format!(r#"{{"variants":[{}]}}"#, variants.join(","));
            let made = show(shown.as_bytes()).unwrap().attempts_made;
            assert_eq!(made.iter().map(|made| made.placement).collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
        }
        assert!(show(br#"{"variants":[{"attempt_placement":4294967295,"status":"completed"}]}"#).is_err());
    }

    #[test]
    fn a_submission_names_its_task_in_the_last_line() {
        let url = submitted(b"http://h:1/codex/tasks/task_e_01\n").unwrap();
        assert_eq!((url.id.as_str(), url.url.is_some()), ("task_e_01", true));
        assert_eq!(submitted(b"Created task task_e_01\n").unwrap().id.as_str(), "task_e_01");
        assert_eq!(submitted(b"task_e_01\n").unwrap().id.as_str(), "task_e_01");
        for garbage in ["", "\n", "hello world", "<html>", "done", "http://h/login"] {
            assert!(submitted(garbage.as_bytes()).is_none(), "{garbage}");
        }
    }

    #[test]
    fn the_count_of_diffs_is_read_off_the_complaint() {
        assert_eq!(diffs_there("Attempt 3 not available; only 2 attempt(s) found"), Some(2));
        assert_eq!(diffs_there("No diff available for task task_e_01; it may still be running."), Some(0));
        assert_eq!(diffs_there("something else"), None);
    }

    #[test]
    fn a_status_is_the_word_in_brackets() {
        assert_eq!(status_line("[APPLIED] title\n\nacme"), Some(TaskStatus::Ready));
        assert_eq!(status_line("[PENDING] [READY] title"), Some(TaskStatus::Pending));
        assert_eq!(status_line("garbage"), None);
    }
}
