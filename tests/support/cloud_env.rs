//! A test repository and a cloud, with the real client between them: what most tests of a run's life begin with.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::cloud::{Cloud, Task};
use super::test_repo::{PATIENCE, Ran, TestRepo, finish, pinned_codex, run, wait_until};

/// The environment of every cloud environment.
pub const ENV: &str = "acme/widgets";

/// The route of a submission, as [`Cloud::fault`] and [`Cloud::count`] match it.
pub const SUBMISSION: &str = "POST /backend-api/wham/tasks";

/// The route of the list of tasks.
pub const LISTING: &str = "GET /backend-api/wham/tasks/list";

/// A test repository whose git-puff speaks to a cloud of its own, looks once a second, and gives up on silent attempts after
/// `puff.settle`. The test repository goes first: its watcher must not outlive its cloud.
pub struct CloudEnv {
    pub repo: TestRepo,
    pub cloud: Cloud,
}

impl CloudEnv {
    /// On the small repository.
    pub fn new() -> CloudEnv {
        CloudEnv::with(TestRepo::new())
    }

    /// On any repository.
    pub fn with(mut repo: TestRepo) -> CloudEnv {
        let cloud = Cloud::start();
        cloud.add_environment("env_lab_1", ENV);
        repo.use_real_codex(&cloud);
        // The program inside the npm package: started without node it takes half the time.
        repo.git(&["config", "--global", "puff.codex", &native(&pinned_codex()).display().to_string()]);
        for (key, value) in [("puff.env", ENV), ("puff.interval", "1s"), ("puff.settle", "2s")] {
            repo.git(&["config", "--global", key, value]);
        }
        CloudEnv { repo, cloud }
    }

    /// `git puff submit` of best-of-N; answers the run's name and the task's.
    #[track_caller]
    pub fn submit(&self, best_of: usize, prompt: &str) -> (String, String) {
        self.start("submit", best_of, prompt, &[])
    }

    /// The same with `launch`: a watcher follows it.
    #[track_caller]
    pub fn launch(&self, best_of: usize, prompt: &str, more: &[&str]) -> (String, String) {
        self.start("launch", best_of, prompt, more)
    }

    #[track_caller]
    fn start(&self, verb: &str, best_of: usize, prompt: &str, more: &[&str]) -> (String, String) {
        let best_of = best_of.to_string();
        let args = [verb, "--json", "--best-of", &best_of, "--prompt", prompt];
        let run = self.repo.puff(&[&args, more].concat()).ok().json();
        let name = |field: &str| run[field].as_str().expect("a launched run has one").to_owned();
        (name("run"), name("task_id"))
    }

    /// Lets an attempt complete: its patch makes `notes.txt` read `text`.
    pub fn finish(&self, task: &str, attempt: usize, text: &str) {
        let patch = String::from_utf8(self.repo.patch("notes.txt", format!("{text}\n"))).expect("a patch of text");
        self.cloud.finish(task, attempt, &patch, &format!("I wrote {text}."));
    }

    /// The same for attempts 1 to N, each with a text of its own: `attempt 1`, ….
    pub fn finish_all(&self, task: &str) {
        for attempt in 1..=self.cloud.task(task).best_of {
            self.finish(task, attempt, &format!("attempt {attempt}"));
        }
    }

    /// `notes.txt` on the branch of a variant.
    pub fn notes(&self, run: &str, variant: usize) -> String {
        self.repo.git(&["show", &format!("puff/{run}/var{variant}:notes.txt")])
    }

    /// The commit at the branch of a variant.
    pub fn tip(&self, run: &str, variant: usize) -> String {
        self.repo.git(&["rev-parse", &format!("puff/{run}/var{variant}")])
    }

    /// The only task that the cloud has.
    #[track_caller]
    pub fn only_task(&self) -> Task {
        let mut tasks = self.cloud.tasks();
        assert_eq!(tasks.len(), 1, "{tasks:#?}");
        tasks.remove(0)
    }

    /// `git puff …` from another folder.
    pub fn puff_in(&self, folder: &Path, args: &[&str]) -> Ran {
        run(self.repo.command("git").current_dir(folder).arg("puff").args(args))
    }

    /// `git-puff …` in the background, to be awaited with [`CloudEnv::ended`].
    pub fn spawn(&self, args: &[&str]) -> Child {
        self.repo.spawn(args, Stdio::null())
    }

    /// Waits until the cloud has been asked so often.
    #[track_caller]
    pub fn asked(&self, needle: &str, count: usize) {
        assert!(self.cloud.wait_for(needle, count, PATIENCE), "never asked: {needle}");
    }

    /// Waits until the watcher has looked again, twice: what it saw before is recorded then.
    #[track_caller]
    pub fn looked_again(&self) {
        self.asked(LISTING, self.cloud.count(LISTING) + 2);
    }

    /// Waits until no Codex client of this environment lives: a kill of git-puff leaves the one that it had called.
    #[track_caller]
    pub fn clients_ended(&self) {
        let service = format!("CODEX_CLOUD_TASKS_BASE_URL={}", self.cloud.base_url());
        let is_client = |pid: &Path| {
            let read =
                |file: &str| String::from_utf8_lossy(&std::fs::read(pid.join(file)).unwrap_or_default()).into_owned();
            read("cmdline").contains("codex\0cloud\0") && read("environ").contains(&service)
        };
        wait_until("the last client ended", || {
            let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
            !processes.map(|entry| entry.path()).any(|pid| is_client(&pid))
        });
    }
}

/// Waits for the end of a program that was started in the background.
pub fn ended(child: Child) -> Ran {
    finish(child.wait_with_output().expect("it ends"))
}

/// One field of every variant of a run, in order.
pub fn each(run: &Value, field: &str) -> Vec<Value> {
    run["variants"].as_array().expect("a run has variants").iter().map(|variant| variant[field].clone()).collect()
}

/// The program that the npm package's script starts, where it is to be found; else the script.
pub fn native(script: &Path) -> PathBuf {
    let below = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let modules = script.ancestors().find(|folder| folder.ends_with("node_modules")).expect("it is in node_modules");
    let vendors = below(&modules.join("@openai")).into_iter().map(|package| package.join("vendor"));
    let programs = vendors.flat_map(|vendor| below(&vendor)).map(|target| target.join("bin/codex"));
    programs.into_iter().find(|program| program.is_file()).unwrap_or_else(|| script.to_owned())
}
