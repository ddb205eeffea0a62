//! Names: runs, tasks, and what a user may type for them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::schema::written_as;

/// The longest run id.
const LONGEST: usize = 40;

/// The name of a run: `[a-z0-9-]`, 1 to 40 characters, neither beginning nor ending with `-`. It is a part of
/// ref names, so nothing else is let in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

written_as!(RunId, "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$");

/// The text cannot be a run's id.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a run id: up to {LONGEST} of a-z, 0-9 and '-', beginning and ending with a letter or digit")]
pub struct BadRunId(String);

impl RunId {
    /// The refs of runs: the journal of each is a ref below it.
    pub const REFS: &str = "refs/puff/runs/";

    /// Returns the full name of the ref that has the journal of this run.
    pub fn ref_name(&self) -> String {
        format!("{}{self}", RunId::REFS)
    }

    /// Returns the id of a run about `about`, told from others by `suffix`: `fix-the-parser-3f2a`.
    ///
    /// # Errors
    /// When `suffix` holds anything but `[a-z0-9]` or is too long.
    pub fn compose(about: &str, suffix: &str) -> Result<RunId, BadRunId> {
        let slug = slug(about, LONGEST.saturating_sub(suffix.len() + 1).min(30));
        format!("{slug}-{suffix}").parse()
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = BadRunId;

    fn from_str(text: &str) -> Result<RunId, BadRunId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = !text.is_empty()
            && text.len() <= LONGEST
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if good { Ok(RunId(text.to_owned())) } else { Err(BadRunId(text.to_owned())) }
    }
}

impl TryFrom<String> for RunId {
    type Error = BadRunId;

    fn try_from(text: String) -> Result<RunId, BadRunId> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> String {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the first words of `text` as `[a-z0-9-]`, at most `longest` characters, cut between words where possible.
/// Text without a usable character gives `run`.
pub fn slug(text: &str, longest: usize) -> String {
    let line = text.lines().find(|line| line.chars().any(|c| c.is_ascii_alphanumeric())).unwrap_or("");
    let words = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        let room = longest.saturating_sub(slug.len() + usize::from(!slug.is_empty()));
        if word.len() > room && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().take(room).map(|c| c.to_ascii_lowercase()));
    }
    if slug.is_empty() { "run".to_owned() } else { slug }
}

/// The name of a task at the service, out of an id or the task's URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(String);

/// The text is neither a task id nor a task's URL.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is neither a task id nor the URL of a task")]
pub struct NotATask(String);

impl TaskId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what it is called where only a run has a name.
    pub fn as_run(&self) -> RunId {
        RunId(slug(&self.0, LONGEST))
    }
}

impl FromStr for TaskId {
    type Err = NotATask;

    fn from_str(text: &str) -> Result<TaskId, NotATask> {
        let path = text.trim().split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
        let id = if path.contains("://") { path.rsplit('/').next().unwrap_or("") } else { path };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-~.".contains(&byte);
        let good = !id.is_empty() && id.len() <= 200 && !id.starts_with(['-', '.']) && id.bytes().all(allowed);
        if good { Ok(TaskId(id.to_owned())) } else { Err(NotATask(text.to_owned())) }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a user typed for a run, or for a variant of it: `RUN` or `RUN:N`, where RUN is an id, a unique prefix of
/// one, a task id or URL, or `@` for the newest run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The part before `:N`.
    pub run: String,
    /// The variant's number.
    pub variant: Option<u32>,
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Selector, String> {
        if text.is_empty() {
            return Err("a run is an id, the beginning of one, a task's id or URL, or '@'".to_owned());
        }
        // A URL has a colon of its own, and a port after it may look like a number.
        let split = if text.contains("://") { None } else { text.rsplit_once(':') };
        match split {
            None => Ok(Selector { run: text.to_owned(), variant: None }),
            Some((run, number)) => match number.strip_prefix("var").unwrap_or(number).parse() {
                Ok(number) if number > 0 && !run.is_empty() => {
                    Ok(Selector { run: run.to_owned(), variant: Some(number) })
                }
                _ => Err(format!("'{text}' names no variant: write RUN:N with a number from 1")),
            },
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variant {
            None => f.write_str(&self.run),
            Some(number) => write!(f, "{}:{number}", self.run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_the_first_words_that_fit() {
        assert_eq!(slug("Fix the parser, please!", 14), "fix-the-parser");
        assert_eq!(slug("Fix the parser, please!", 13), "fix-the");
        assert_eq!(slug("\n  \nÜber-größe", 30), "ber-gr-e");
        assert_eq!(slug("日本語", 30), "run");
        assert_eq!(slug(&"a".repeat(99), 10), "aaaaaaaaaa");
    }

    #[test]
    fn a_run_id_is_safe_inside_a_ref_name() {
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "a..b", "é", &"a".repeat(41)] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
        let id = RunId::compose("Fix the parser so that it trims its input at both ends", "3f2a").unwrap();
        assert_eq!(id.as_str(), "fix-the-parser-so-that-it-3f2a");
    }

    #[test]
    fn a_task_is_named_by_id_or_url() {
        for text in ["task_e_01", "https://chatgpt.com/codex/tasks/task_e_01?x=1", "http://h:80/codex/tasks/task_e_01/"]
        {
            assert_eq!(text.parse::<TaskId>().unwrap().as_str(), "task_e_01");
        }
        for bad in ["", "-x", "a b", "https://", "a/b"] {
            assert!(bad.parse::<TaskId>().is_err(), "{bad}");
        }
        for (task, name) in [("task_e_01", "task-e-01"), ("_", "run"), (&"x~".repeat(99), &"x-".repeat(20)[..39])] {
            let named = task.parse::<TaskId>().unwrap().as_run();
            assert_eq!((named.as_str(), named.as_str().parse::<RunId>().is_ok()), (name, true));
        }
    }

    #[test]
    fn a_selector_may_name_a_variant() {
        assert_eq!("@:2".parse::<Selector>().unwrap(), Selector { run: "@".into(), variant: Some(2) });
        assert_eq!("fix:var3".parse::<Selector>().unwrap().variant, Some(3));
        assert_eq!("http://h:80/t".parse::<Selector>().unwrap().variant, None);
        for bad in ["", "a:0", "a:x", ":1"] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }
}
