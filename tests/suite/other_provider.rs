//! A provider that git-puff does not have: one type, in this file. Everything else works with it as it is.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use git_puff::app::App;
use git_puff::error::Result;
use git_puff::model::{Oid, Profile, ProviderName, TaskId, Time, VariantStatus};
use git_puff::provider::{
    Attempt, AttemptObservation, AttemptObservations, BaseKind, Capabilities, Collection, Failure, Observation, Place,
    Provider, ProviderKind, Question, RetryPolicy, Submission, SubmitFailure, Task, TaskStatus, TaskSummary, Work,
};
use git_puff::{program, providers};

use crate::support::test_repo::{Ran, TestRepo, run};

/// Writes what it is asked into files of one folder: a task is a file there, and its two attempts add a line to README,
/// one as a patch and one as a commit.
struct Desk {
    folder: PathBuf,
}

/// The kind of it. Where its folder is, the environment says at launch and the run's profile from then on.
struct DeskKind;

/// The variable that names the folder.
const DESK: &str = "DESK";

impl ProviderKind<App> for DeskKind {
    fn name(&self) -> ProviderName {
        ProviderName::new("desk")
    }

    fn title(&self) -> &str {
        "the desk"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            is_paid: false,
            needs_environment: false,
            base: BaseKind::Commit,
            place: Place::Service,
            can_cancel: true,
            longest_interval: None,
        }
    }

    fn open<'c>(&self, _: &'c App, profile: Option<&Profile>, _: RetryPolicy) -> Result<Box<dyn Provider + 'c>> {
        let recorded = profile.and_then(|profile| profile.0.get("folder")?.as_str()).map(PathBuf::from);
        let folder = recorded.or_else(|| std::env::var_os(DESK).map(PathBuf::from));
        Ok(Box::new(Desk { folder: folder.expect("a desk") }))
    }
}

impl Provider for Desk {
    fn profile(&self) -> Option<Profile> {
        let folder = self.folder.display().to_string().into();
        Some(Profile([("folder".to_owned(), folder)].into_iter().collect()))
    }

    fn check(&self, env: Option<&str>) -> Result<(), Failure> {
        assert_eq!(env, None);
        Ok(())
    }

    fn submit(&self, submission: &Submission<'_>) -> Result<Task, SubmitFailure> {
        let id: TaskId = format!("desk-{}", submission.run).parse().expect("a task");
        std::fs::write(self.folder.join(id.as_str()), submission.commit.to_string()).expect("a task");
        Ok(Task { id, url: None })
    }

    fn observe(&self, tasks: &[Question]) -> Result<Vec<Observation>, Failure> {
        Ok(tasks.iter().map(|task| self.observe_task(task)).collect())
    }

    fn collect(&self, task: &Question) -> Result<Collection, Failure> {
        let base = std::fs::read_to_string(self.folder.join(task.id.as_str())).expect("a task");
        let works = [Work::Patch(patch("patched")), Work::Commit(commit(&base, "committed"))];
        let attempt = |(placement, work)| Attempt {
            placement: Some(placement),
            status: VariantStatus::Completed,
            work: Some(work),
            messages: None,
            prompt: None,
            exported: None,
            reason: None,
            risks: Vec::new(),
        };
        Ok(Collection { attempts_made: (0..).zip(works).map(attempt).collect(), ..Collection::default() })
    }

    fn cancel(&self, task: &Question) -> Result<(), Failure> {
        std::fs::copy(self.folder.join(task.id.as_str()), self.folder.join("cancelled"))
            .map(drop)
            .map_err(|cause| Failure::Impossible(format!("the desk does not cancel: {cause}")))
    }

    fn describe(&self, task: &TaskId) -> Result<TaskSummary, Failure> {
        Err(Failure::NoSuchTask { at: "the desk".to_owned(), task: task.to_string() })
    }

    fn recent(&self, _: Option<&str>, _: Time) -> Result<Vec<TaskSummary>, Failure> {
        Ok(Vec::new())
    }
}

impl Desk {
    fn observe_task(&self, task: &Question) -> Observation {
        let status = |placement| AttemptObservation { placement, status: VariantStatus::Completed, reason: None };
        let is_here = self.folder.join(task.id.as_str()).exists();
        Observation {
            status: is_here.then_some(TaskStatus::Ready),
            attempts: None,
            updated_at: None,
            news: if is_here {
                AttemptObservations::Each(vec![status(0), status(1)])
            } else {
                AttemptObservations::None
            },
            trouble: None,
        }
    }
}

fn patch(line: &str) -> Vec<u8> {
    format!("--- a/README\n+++ b/README\n@@ -1 +1,2 @@\n A thing to try things on.\n+{line}\n").into_bytes()
}

/// Makes a commit on `base`, with that line more in README.
fn commit(base: &str, line: &str) -> Oid {
    let git = |script: &str| {
        let output = Command::new("sh").args(["-ec", script, "sh", base, line]).output().expect("sh runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    let script = r#"
        export GIT_INDEX_FILE="$(git rev-parse --git-dir)/desk-index"
        git read-tree "$1"
        blob=$( (git cat-file blob "$1:README"; echo "$2") | git hash-object -w --stdin)
        git update-index --cacheinfo "100644,$blob,README"
        git commit-tree -p "$1" -m "$2" "$(git write-tree)"
    "#;
    git(script).parse().expect("an object name")
}

/// The variable with the words of a call, one on a line: then this test is `git-puff` with the desk.
const CALL: &str = "CALL_WITH_DESK";

#[test]
fn git_puff_with_the_desk() {
    let Ok(call) = std::env::var(CALL) else { return };
    let words: Vec<OsString> = call.lines().map(OsString::from).collect();
    let code = program::run(&words, &providers::built_in().with(Arc::new(DeskKind)));
    std::process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// Calls `git puff` as it is with the desk.
fn with_desk(repo: &TestRepo, args: &[&str]) -> Ran {
    let this = std::env::current_exe().expect("this program");
    let words = [&["git-puff"], args].concat().join("\n");
    let desk = repo.path("desk");
    std::fs::create_dir_all(&desk).expect("a folder");
    let mut call = repo.command(this);
    call.args(["--exact", "other_provider::git_puff_with_the_desk", "--nocapture"]).env(CALL, words).env(DESK, desk);
    run(&mut call)
}

#[test]
fn a_provider_of_one_file_goes_the_whole_way() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.provider", "desk"]);
    with_desk(&repo, &["submit", "--prompt", "Add a line", "--name", "line", "--best-of", "2"]).exits(0);
    let run = repo.puff(&["show", "line", "--json"]).exits(0).json();
    assert_eq!(run["provider"], "desk");
    assert_eq!(run["profile"]["folder"], repo.path("desk").display().to_string());
    // The environment of the launch is not needed any more.
    let watch = ["watch", "line", "--interval", "1s"];
    with_desk(&repo, &watch).exits(0);
    with_desk(&repo, &["harvest", "line"]).exits(0);
    assert_eq!(repo.git(&["show", "puff/line/var1:README"]), "A thing to try things on.\npatched");
    assert_eq!(repo.git(&["show", "puff/line/var2:README"]), "A thing to try things on.\ncommitted");
    assert_eq!(repo.git(&["rev-parse", "puff/line/var2^"]), repo.git(&["rev-parse", "main"]));
    with_desk(&repo, &["pick", "line:2"]).exits(0);
}

#[test]
fn what_a_provider_can_cancel_is_cancelled_there_before_it_is_recorded() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.provider", "desk"]);
    let submit = ["submit", "--prompt", "Add a line", "--name", "line", "--best-of", "2"];
    with_desk(&repo, &submit).exits(0);
    let (task, elsewhere) = (repo.path("desk/desk-line"), repo.path("desk-line"));
    std::fs::rename(&task, &elsewhere).expect("the task away");
    with_desk(&repo, &["cancel", "line"]).exits(1).complains(&["the desk does not cancel"]);
    assert_eq!(repo.puff(&["show", "line", "--json"]).json()["state"], "pending");
    std::fs::rename(&elsewhere, &task).expect("the task back");
    with_desk(&repo, &["cancel", "line"]).exits(0);
    assert_eq!(repo.puff(&["show", "line", "--json"]).json()["state"], "cancelled");
    assert!(repo.path("desk/cancelled").exists());
}

#[test]
fn a_git_puff_without_the_provider_shows_the_run_and_names_what_it_does_not_know() {
    let repo = TestRepo::new();
    repo.git(&["config", "puff.provider", "desk"]);
    with_desk(&repo, &["submit", "--prompt", "Add a line", "--name", "line", "--best-of", "2"]).exits(0);
    repo.puff(&["show", "line"]).exits(0);
    repo.puff(&["harvest", "line"]).exits(128).complains(&["no provider named 'desk'"]);
    let wrong = ["submit", "--prompt", "Add a line"];
    repo.puff(&wrong).exits(129).complains(&["puff.provider is 'desk'", "must be one of codex-cloud"]);
    repo.git(&["config", "puff.provider", "local"]);
    repo.puff(&wrong).exits(129).complains(&["puff.provider is 'local'"]);
}
