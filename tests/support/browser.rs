//! A real headless Chromium, for pages that tests made.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::test_repo::finish;

/// What is to be done with a page, step by step.
pub struct Visit {
    steps: Vec<Value>,
}

/// What came of it.
#[derive(Debug)]
pub struct Visited {
    /// The answers of [`Visit::ask`], in order.
    pub values: Vec<Value>,
    /// Every address that the browser was sent to or asked for.
    pub requests: Vec<String>,
    /// The texts of dialogs that opened.
    pub dialogs: Vec<String>,
    /// What scripts threw, and what the browser itself calls an error: something that the page's policy forbids, say.
    pub errors: Vec<String>,
}

impl Visit {
    /// In a window of this size.
    pub fn new(width: u32, height: u32, dark: bool) -> Visit {
        Visit { steps: vec![json!({"screen": {"width": width, "height": height, "dark": dark}})] }
    }

    pub fn without_scripts(self) -> Visit {
        self.then(json!({"script": false}))
    }

    pub fn open(self, page: &Path) -> Visit {
        self.then(json!({"open": page}))
    }

    /// Presses a key.
    pub fn press(self, key: &str) -> Visit {
        self.then(json!({"press": key}))
    }

    /// Asks the page: an expression of JavaScript.
    pub fn ask(self, expression: &str) -> Visit {
        self.then(json!({"eval": expression}))
    }

    /// Takes a picture of what is to be seen, or of the whole page, for somebody to look at.
    pub fn shot(self, path: &Path, whole: bool) -> Visit {
        self.then(json!({"shot": {"path": path, "whole": whole}}))
    }

    fn then(mut self, step: Value) -> Visit {
        self.steps.push(step);
        self
    }

    /// Does it.
    #[track_caller]
    pub fn go(self) -> Visited {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/browser.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(chromium()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("node runs");
        let steps = Value::from(self.steps).to_string();
        child.stdin.take().expect("stdin is piped").write_all(steps.as_bytes()).expect("node reads");
        let seen = finish(child.wait_with_output().expect("node ends")).ok().json();
        let texts = |field: &str| -> Vec<String> {
            let texts = seen[field].as_array().expect("a list").iter();
            texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
        };
        Visited {
            values: seen["values"].as_array().expect("a list").clone(),
            requests: texts("requests"),
            dialogs: texts("dialogs"),
            errors: texts("errors"),
        }
    }
}

impl Visited {
    /// The page asked for nothing but itself, opened no dialog, and nothing in it failed.
    #[track_caller]
    pub fn stays_quiet(self) -> Visited {
        assert_eq!(self.requests.len(), 1, "{:?}", self.requests);
        assert!(self.dialogs.is_empty() && self.errors.is_empty(), "{:?} {:?}", self.dialogs, self.errors);
        self
    }
}

/// The browser: `PUFF_CHROMIUM`, or one on the PATH.
pub fn chromium() -> PathBuf {
    if let Some(named) = std::env::var_os("PUFF_CHROMIUM").filter(|name| !name.is_empty()) {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let found = names.iter().flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)));
    found.into_iter().find(|program| program.is_file()).expect(
        "there is no Chromium on the PATH, which the pages are tested in: install it ('apt-get install chromium', or \
        your system's way), or name one in PUFF_CHROMIUM",
    )
}
