//! Running the `codex` program.
//!
//! It writes an `error.log` with account ids and whole patches wherever it runs, so it runs in a folder of ours, and
//! that file is taken away. It never gives up by itself, so every call has a time limit. It may be a script around the
//! real program, which outlives the script, so calls are ended as a group.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ClientEnv, CodexProfile, error_parser};
use crate::model::TaskId;
use crate::process::{self, Cmd, Output};
use crate::provider::{Failure, RetryPolicy, Submission, SubmitFailure};

/// How long a question may take.
const READ_LIMIT: Duration = Duration::from_secs(60);
/// How long starting a task may take: ending this call early leaves it open whether there is a task.
const SUBMIT_LIMIT: Duration = Duration::from_secs(180);
/// How long `--help` may take. The first start of a program on a cold disk takes seconds.
const HELP_LIMIT: Duration = Duration::from_secs(10);
/// The pauses between tries of a read that fails for now, while a person waits.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// Variables that would lead the client, or the git that it calls, elsewhere.
const UNSET: [&str; 11] = [
    // With this set, every error carries a backtrace.
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    // This would be sent along with the prompt, silently.
    "CODEX_STARTING_DIFF",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES",
];

/// A `codex` program, and how it is run for one profile.
#[derive(Clone, Debug)]
pub(super) struct Client {
    program: PathBuf,
    profile: CodexProfile,
    cwd: PathBuf,
    git_dir: PathBuf,
    patience: RetryPolicy,
}

/// The arguments of a call after `codex`, and what it reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    pub args: Vec<String>,
    pub stdin: Option<Vec<u8>>,
    /// The task it is about, for a clear answer when there is none of that name.
    pub task: Option<TaskId>,
    /// It may answer on its standard output and exit with 1 all the same.
    pub answers_with_1: bool,
}

impl Call {
    pub fn new<A: Into<String>>(args: impl IntoIterator<Item = A>) -> Call {
        Call { args: args.into_iter().map(Into::into).collect(), ..Call::default() }
    }

    /// Adds an option with its value as one word, so that no value is read as an option, whatever it begins with.
    pub fn option(mut self, name: &str, value: impl std::fmt::Display) -> Call {
        self.args.push(format!("{name}={value}"));
        self
    }

    /// Adds a flag without a value.
    pub fn flag(mut self, name: &str) -> Call {
        self.args.push(name.to_owned());
        self
    }

    /// Adds the last argument behind `--`, where nothing is read as an option.
    pub fn operand(mut self, value: &str) -> Call {
        self.args.extend(["--".to_owned(), value.to_owned()]);
        self
    }

    pub fn about(mut self, task: &TaskId) -> Call {
        self.task = Some(task.clone());
        self
    }

    pub fn stdin(mut self, bytes: &[u8]) -> Call {
        self.stdin = Some(bytes.to_vec());
        self
    }
}

impl Client {
    pub fn find(profile: &CodexProfile, at: &ClientEnv<'_>) -> Result<Client, Failure> {
        let program = process::find(&profile.codex).ok_or_else(|| Failure::Client {
            what: format!("no program '{}' on PATH", profile.codex),
            hint: "install it with 'npm install -g @openai/codex', or name it with 'git config puff.codex PATH'".into(),
            said: String::new(),
        })?;
        // What is recorded must mean the same from every folder.
        let program = std::path::absolute(&program).unwrap_or(program);
        Ok(Client {
            program,
            profile: profile.clone(),
            cwd: at.cwd.to_owned(),
            git_dir: at.git_dir.to_owned(),
            patience: at.patience,
        })
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Returns what has to be recorded to reach the same service with the same login. The program is the path as found
    /// now: PATH may be another one when the watcher polls.
    pub fn profile(&self) -> CodexProfile {
        CodexProfile { codex: self.program.to_string_lossy().into_owned(), ..self.profile.clone() }
    }

    /// Asks for help texts, or for the version.
    pub fn help(&self, calls: &[Call]) -> Vec<Result<Output, process::Failure>> {
        let cmds: Vec<_> = calls.iter().map(|call| self.cmd(call).limit(HELP_LIMIT)).collect();
        process::run_all(&cmds, super::PARALLEL_CALLS)
    }

    /// Asks something; tries again after a pause when it fails for now and someone is waiting.
    pub fn read(&self, call: &Call) -> Result<Output, Failure> {
        self.read_about(None, call)
    }

    /// Returns the same, where an environment is named and may turn out to be none.
    pub fn read_about(&self, env: Option<&str>, call: &Call) -> Result<Output, Failure> {
        let mut pauses = self.pauses();
        loop {
            let output = process::run(&self.cmd(call).limit(READ_LIMIT));
            self.tidy();
            match self.read_answer(call, env, output) {
                Err(failure) if failure.is_temporary() => match pauses.next() {
                    Some(pause) => std::thread::sleep(*pause),
                    None => return Err(failure),
                },
                answer => return answer,
            }
        }
    }

    /// Asks several things at once; those that fail for now are asked again together.
    pub fn read_all(&self, calls: &[Call], parallel: usize) -> Vec<Result<Output, Failure>> {
        let mut pauses = self.pauses();
        let mut answers: Vec<Option<Result<Output, Failure>>> = calls.iter().map(|_| None).collect();
        loop {
            let again = |answer: &Option<Result<Output, Failure>>| match answer {
                None => true,
                Some(Err(failure)) => failure.is_temporary(),
                Some(Ok(_)) => false,
            };
            let open: Vec<usize> = (0..calls.len()).filter(|at| again(&answers[*at])).collect();
            let first = answers.iter().all(Option::is_none);
            if !open.is_empty() && !first {
                match pauses.next() {
                    Some(pause) => std::thread::sleep(*pause),
                    None => break,
                }
            }
            if open.is_empty() {
                break;
            }
            let cmds: Vec<_> = open.iter().map(|at| self.cmd(&calls[*at]).limit(READ_LIMIT)).collect();
            for (at, output) in open.iter().zip(process::run_all(&cmds, parallel)) {
                answers[*at] = Some(self.read_answer(&calls[*at], None, output));
            }
            self.tidy();
        }
        answers.into_iter().flatten().collect()
    }

    /// Starts a task: one call, whatever becomes of it.
    pub fn submit(&self, call: &Call, submission: &Submission<'_>) -> Result<Vec<u8>, SubmitFailure> {
        let output = process::run(&self.cmd(call).limit(SUBMIT_LIMIT).holds(submission.lock.clone()));
        self.tidy();
        match output {
            Ok(output) if output.success() => Ok(output.stdout),
            Ok(output) => Err(error_parser::of_submission(&output, submission.env)),
            Err(failure @ (process::Failure::NotFound { .. } | process::Failure::Start { .. })) => {
                Err(SubmitFailure::Refused(trouble(&failure)))
            }
            Err(failure) => Err(SubmitFailure::Lost { what: failure.to_string(), said: String::new() }),
        }
    }

    /// Returns a file with the prompt, for a client that does not read it from its standard input.
    pub fn prompt_file(&self, prompt: &str) -> Result<tempfile::NamedTempFile, Failure> {
        let write = || {
            let mut file = tempfile::Builder::new().prefix("prompt-").suffix(".md").tempfile_in(&self.cwd)?;
            std::io::Write::write_all(&mut file, prompt.as_bytes())?;
            Ok(file)
        };
        write().map_err(|cause: std::io::Error| Failure::Client {
            what: format!("cannot write the prompt into '{}'", self.cwd.display()),
            hint: "check who may write to the git directory, and the space on its disk".to_owned(),
            said: cause.to_string(),
        })
    }

    /// Returns the URL of a task, for clients that do not tell it.
    pub fn task_url(&self, task: &TaskId) -> String {
        let service = self.profile.service.as_deref().unwrap_or("https://chatgpt.com/backend-api");
        let site = service.trim_end_matches('/').trim_end_matches("/backend-api").trim_end_matches('/');
        format!("{site}/codex/tasks/{task}")
    }

    fn pauses(&self) -> std::slice::Iter<'static, Duration> {
        match self.patience {
            RetryPolicy::Some => PAUSES.iter(),
            RetryPolicy::None => [].iter(),
        }
    }

    fn cmd(&self, call: &Call) -> Cmd {
        let mut cmd = Cmd::new(&self.program).is_client().args(&call.args).cwd(&self.cwd).env("GIT_DIR", &self.git_dir);
        for name in UNSET {
            cmd = cmd.env_remove(name);
        }
        let profile = [("CODEX_HOME", &self.profile.codex_home), ("CODEX_CLOUD_TASKS_BASE_URL", &self.profile.service)];
        for (name, value) in profile {
            cmd = match value {
                Some(value) => cmd.env(name, value),
                None => cmd.env_remove(name),
            };
        }
        match &call.stdin {
            Some(bytes) => cmd.stdin(bytes.clone()),
            None => cmd,
        }
    }

    fn read_answer(
        &self,
        call: &Call,
        env: Option<&str>,
        output: Result<Output, process::Failure>,
    ) -> Result<Output, Failure> {
        match output {
            Ok(output) if output.success() => Ok(output),
            Ok(output) if call.answers_with_1 && error_parser::answers(&output) => Ok(output),
            Ok(output) => Err(error_parser::of_read(&output, call.task.as_ref(), env)),
            Err(failure) => Err(trouble(&failure)),
        }
    }

    /// Takes the client's log away: it grows with every call and holds what should not lie about.
    fn tidy(&self) {
        let _ = std::fs::remove_file(self.cwd.join("error.log"));
    }
}

/// Returns the program did not come to an end of its own.
pub(super) fn trouble(failure: &process::Failure) -> Failure {
    match failure {
        process::Failure::TimedOut { .. } => {
            Failure::Temporary { what: "codex does not respond".to_owned(), said: failure.to_string() }
        }
        _ => Failure::Client {
            what: "cannot run codex".to_owned(),
            hint: "check it with 'codex --version'; 'git config puff.codex PATH' names another one".to_owned(),
            said: match failure {
                process::Failure::Start { cause, .. } | process::Failure::Lost { cause, .. } => {
                    format!("{failure}: {cause}")
                }
                other => other.to_string(),
            },
        },
    }
}
