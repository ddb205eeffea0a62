//! Stand-ins for the `codex` program: shell scripts on the test repository's PATH that log every call, and then either replay
//! recordings of a real client or do what a test says.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::test_repo::TestRepo;

/// The task of the recordings.
pub const TASK: &str = "task_e_00000000000000000000000000000001";

/// The prompt of the recordings.
pub const PROMPT: &str = "Trim input before parsing\n";

/// What every stand-in begins with: it notes its arguments, its standard input, where and in which environment it was
/// called. The line in `calls.log` comes last, so a call that is listed there is noted whole.
const NOTE: &str = r#"#!/bin/sh
here='@HERE@'
call=$(mktemp -d "$here/calls/XXXXXX") || exit 70
printf '%s\0' "$@" > "$call/argv"
cat > "$call/stdin"
env > "$call/env"
pwd > "$call/cwd"
cat /proc/$$/stat > "$call/stat" 2>/dev/null
env= task=
for arg; do
    case "$arg" in
    --env=*) env=${arg#*=} ;;
    --prompt-file=*) cat "${arg#*=}" > "$call/prompt" ;;
    esac
    task=$arg
done
echo "${call##*/}" >> "$here/calls.log"
"#;

/// Replays recordings: the phase says which of the task's, a fault takes the place of every answer but help.
const REPLAY: &str = r#"
answer() {
    [ -f "$here/$1.exit" ] || { echo "no recording '$1' for: $*" >&2; exit 70; }
    cat "$here/$1.out"
    cat "$here/$1.err" >&2
    exit "$(cat "$here/$1.exit")"
}
case "$*" in
--version) echo 'codex-cli @VERSION@'; exit ;;
'cloud --help') answer cloud-help ;;
*' --help') answer "help-$2" ;;
esac
for fault in "$here"/faults/*; do
    mv "$fault" "$call/fault" 2>/dev/null && answer "$(cat "$call/fault")"
done
[ -f "$here/fault" ] && answer "$(cat "$here/fault")"
phase=$(cat "$here/phase")
case "$2 $env" in
'new nope') answer unknown-env ;;
'new gadgets') answer ambiguous-env ;;
new*|exec*) answer submit ;;
list*) if [ "$phase" = none ]; then answer list-empty; else answer "$phase-list"; fi ;;
show*) if [ "$task" = @TASK@ ]; then answer "$phase-show"; else answer unknown-task; fi ;;
esac
answer "$2"
"#;

/// A `codex` that is none.
pub struct FakeCodex {
    folder: PathBuf,
    recordings: Option<&'static str>,
}

/// A call that reached a stand-in.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub argv: Vec<String>,
    pub stdin: String,
    /// What was in the file of `--prompt-file`.
    pub prompt: Option<String>,
    pub cwd: PathBuf,
    pub env: Vec<String>,
    /// `/proc/self/stat` of the shell, where there is one.
    pub stat: String,
}

impl FakeCodex {
    /// One that does `body` (shell, with `$call` as a folder of this call) after noting the call.
    pub fn scripted(repo: &TestRepo, body: &str) -> FakeCodex {
        let folder = repo.path("standin");
        fs::create_dir_all(folder.join("calls")).expect("a folder");
        fs::create_dir_all(folder.join("faults")).expect("a folder");
        let script = NOTE.replace("@HERE@", &folder.display().to_string()) + body;
        repo.use_script_as_codex(&script);
        FakeCodex { folder, recordings: None }
    }

    /// The fork that reads its prompt from standard input.
    pub fn headless_a(repo: &TestRepo) -> FakeCodex {
        FakeCodex::replaying(repo, "headless-a", "0.71.0")
    }

    /// The older fork.
    pub fn headless_b(repo: &TestRepo) -> FakeCodex {
        FakeCodex::replaying(repo, "headless-b", "0.45.0")
    }

    /// The official client, as far as it can be called without anything being paid, and its submission.
    pub fn official(repo: &TestRepo) -> FakeCodex {
        FakeCodex::replaying(repo, "official", "0.151.0")
    }

    fn replaying(repo: &TestRepo, recordings: &'static str, version: &str) -> FakeCodex {
        let standin = FakeCodex::scripted(repo, &REPLAY.replace("@VERSION@", version).replace("@TASK@", TASK));
        let files = fs::read_dir(folder_of(recordings)).expect("the recordings");
        for file in files.map(|entry| entry.expect("a recording").path()) {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            let recording = read(&file);
            let text = |field: &str| recording[field].as_str().expect("text").to_owned();
            let exit = recording["exit"].as_i64().expect("a number");
            standin.knows(&name, &text("stdout"), &text("stderr"), exit);
        }
        let standin = FakeCodex { recordings: Some(recordings), ..standin };
        standin.phase("none");
        standin
    }

    /// Adds an answer that nobody recorded.
    pub fn knows(&self, name: &str, stdout: &str, stderr: &str, exit: i64) {
        for (end, content) in [("out", stdout), ("err", stderr), ("exit", &exit.to_string())] {
            fs::write(self.folder.join(format!("{name}.{end}")), content).expect("a file");
        }
    }

    /// How far the task is from here on: `none, pending, partial, ready, current-turn-is-3, error`.
    pub fn phase(&self, phase: &str) {
        self.put("phase", phase);
    }

    /// Every call but help is answered with this recording.
    pub fn fails_with(&self, recording: &str) {
        self.put("fault", recording);
    }

    /// Calls are answered as they should be again.
    pub fn recovers(&self) {
        fs::remove_file(self.folder.join("fault")).expect("there was a fault");
    }

    /// The next calls but help are answered with these recordings, one each.
    pub fn fails_next_with(&self, recordings: &[&str]) {
        for (number, recording) in recordings.iter().enumerate() {
            self.put(&format!("faults/{number}"), recording);
        }
    }

    /// A recording as it was recorded.
    pub fn recording(&self, name: &str) -> Value {
        read(&folder_of(self.recordings.expect("a stand-in with recordings")).join(format!("{name}.json")))
    }

    /// The arguments of a recorded call, without the program's name, each option with its value as one word: clap reads
    /// `--env x` and `--env=x` alike, and the second also where the value begins with `-`.
    pub fn recorded_argv(&self, name: &str) -> Vec<String> {
        let recording = self.recording(name);
        let mut joined: Vec<String> = Vec::new();
        for arg in recording["argv"].as_array().expect("arguments").iter().skip(1) {
            let arg = arg.as_str().expect("text");
            match joined.last_mut() {
                Some(last) if last.starts_with("--") && !last.contains('=') => *last = format!("{last}={arg}"),
                _ => joined.push(arg.to_owned()),
            }
        }
        joined
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        let log = fs::read_to_string(self.folder.join("calls.log")).unwrap_or_default();
        log.lines().map(|call| self.call(&self.folder.join("calls").join(call))).collect()
    }

    fn call(&self, folder: &Path) -> Call {
        let text = |name: &str| String::from_utf8_lossy(&fs::read(folder.join(name)).expect("a note")).into_owned();
        Call {
            argv: text("argv").split_terminator('\0').map(str::to_owned).collect(),
            stdin: text("stdin"),
            prompt: fs::read_to_string(folder.join("prompt")).ok(),
            cwd: PathBuf::from(text("cwd").trim_end()),
            env: text("env").lines().map(str::to_owned).collect(),
            stat: text("stat"),
        }
    }

    /// The calls whose arguments begin so.
    pub fn calls_of(&self, words: &[&str]) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.argv.iter().zip(words).filter(|(arg, word)| arg == word).count() == words.len());
        calls
    }

    /// The calls that cost something.
    pub fn paid(&self) -> Vec<Call> {
        let mut calls = self.calls();
        let pays = |call: &Call| call.argv.get(1).is_some_and(|verb| verb == "new" || verb == "exec");
        calls.retain(|call| pays(call) && !call.argv.iter().any(|arg| arg == "--help"));
        calls
    }

    /// The calls that asked for help.
    pub fn asked_for_help(&self) -> usize {
        self.calls().iter().filter(|call| call.argv.iter().any(|arg| arg == "--help")).count()
    }

    /// Writes a file of ours whole: the script may be reading it.
    fn put(&self, name: &str, content: &str) {
        let draft = self.folder.join("draft");
        fs::write(&draft, content).expect("a file");
        fs::rename(draft, self.folder.join(name)).expect("a file");
    }
}

fn folder_of(recordings: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(recordings)
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("a recording")).expect("JSON")
}
