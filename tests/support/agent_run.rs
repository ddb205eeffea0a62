//! Scripted agents in a test repository: shell scripts that git-puff starts as it starts any agent.

use serde_json::Value;

use super::test_repo::{Ran, TestRepo};

/// A test repository with agents of its own. Its worktrees are beside the clone, in [`AgentRun::workspace_root`].
pub struct AgentRun {
    pub repo: TestRepo,
}

impl AgentRun {
    pub fn new() -> AgentRun {
        AgentRun { repo: TestRepo::new() }
    }

    /// Teaches git-puff an agent: a script for `sh`, which gets the prompt on its standard input, and the folder of the
    /// lab as `$LAB`.
    pub fn agent(&self, name: &str, script: &str) -> &AgentRun {
        let path = self.repo.path("bin").join(format!("{name}.sh"));
        let repo = self.repo.path("");
        std::fs::write(&path, format!("LAB='{}'\n{script}\n", repo.display())).expect("a script");
        self.repo.git(&["config", &format!("puff.agent.{name}.command"), &format!("sh '{}'", path.display())]);
        self
    }

    /// `git puff launch … --harvest`, followed to its end; answers the run as it is then.
    #[track_caller]
    pub fn tournament(&self, args: &[&str]) -> Value {
        let run = self.launch(&[args, &["--harvest"]].concat());
        self.tournament_end(&run)
    }

    /// Waits until a run is not watched any more; answers it as it is then.
    #[track_caller]
    pub fn tournament_end(&self, run: &str) -> Value {
        self.repo.wait_for(run, "not watched any more", |run| run["watch"]["active"] == false)
    }

    /// `git puff launch …`; answers the run's name.
    #[track_caller]
    pub fn launch(&self, args: &[&str]) -> String {
        let run = self.try_launch(args).ok().json();
        run["run"].as_str().expect("a run has a name").to_owned()
    }

    pub fn try_launch(&self, args: &[&str]) -> Ran {
        self.repo.puff(&[&["launch", "--json", "--prompt", "Trim the input"], args].concat())
    }

    /// The folder of all worktrees.
    pub fn workspace_root(&self) -> std::path::PathBuf {
        self.repo.path("work.puff")
    }

    /// What is left of runs among the workspaces: the pool, which is used again, is not.
    pub fn left(&self) -> Vec<String> {
        left_in(&self.workspace_root())
    }

    /// Has agents and checks work in linked worktrees of the repository.
    pub fn linked(self) -> AgentRun {
        self.repo.git(&["config", "puff.workspace", "linked"]);
        self
    }

    /// A session that works for a run.
    pub fn session(&self, run: &str, variant: u32) -> Value {
        self.repo.puff(&["session", "show", &format!("{run}-var{variant}"), "--json"]).ok().json()
    }

    /// A file on the branch of a variant.
    pub fn file(&self, run: &str, variant: u32, file: &str) -> String {
        self.repo.git(&["show", &format!("puff/{run}/var{variant}:{file}")])
    }
}

impl Drop for AgentRun {
    fn drop(&mut self) {
        // Agents that are still at work must not outlive the test repository.
        let sessions = self.repo.puff(&["session", "list", "--json"]);
        let listed: Value = serde_json::from_str(&sessions.stdout).unwrap_or_default();
        for session in listed["sessions"].as_array().into_iter().flatten() {
            if session["ended_at"].is_null() {
                self.repo.puff(&["session", "kill", session["id"].as_str().unwrap_or_default()]);
            }
        }
    }
}

/// What is in a folder of workspaces beside the pool.
pub fn left_in(root: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name != "pool").collect();
    names.sort();
    names
}
