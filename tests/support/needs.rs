//! What a test drives beside git: where it is not installed, the test is left out by name, and everything else runs.

use std::collections::HashMap;
use std::io::Write;
use std::process::Command;
use std::sync::Mutex;

/// Leaves the calling test out where one of these is not installed. The names are those of `tests/needs`.
#[allow(unused_macros, reason = "each test program needs its own part of this")]
macro_rules! needs {
    ($($name:literal),+ $(,)?) => {
        if !$crate::support::needs::are_met(&[$($name),+]) {
            return;
        }
    };
}

/// Tells whether all of these are installed; names the calling test and the first that is not, in the file
/// `PUFF_LEFT_OUT`, of which `tests/run` makes its closing list, or on standard error.
pub fn are_met(names: &[&str]) -> bool {
    let Some(missing) = names.iter().find(|name| !is_there(name)) else { return true };
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    match std::env::var_os("PUFF_LEFT_OUT") {
        Some(list) => {
            let mut list =
                std::fs::File::options().append(true).create(true).open(list).expect("the list of tests/run");
            // In one write, since tests run beside each other.
            list.write_all(format!("{missing} {test}\n").as_bytes()).expect("the list of tests/run");
        }
        // Not by a macro: what those print, a test that passes does not show.
        None => {
            let _ = writeln!(std::io::stderr(), "left out: {test} needs '{missing}' (tests/run installs it)");
        }
    }
    false
}

fn is_there(name: &str) -> bool {
    static KNOWN: Mutex<Option<HashMap<String, bool>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let known = known.get_or_insert_with(HashMap::new);
    if let Some(answer) = known.get(name) {
        return *answer;
    }
    let mut ask = Command::new("sh");
    ask.args(["-c", ". tests/needs; is_there \"$1\"", "sh", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let answer = ask.status().expect("a shell").success();
    let answer = answer && (name != "landlock" || git_puff::process::confine::Mechanism::find().is_ok());
    known.insert(name.to_owned(), answer);
    answer
}
