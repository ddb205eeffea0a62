//! Places in which the commands of the documentation are typed: each has what the text around them takes for granted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::agent_run::AgentRun;
use super::choice::Choice;
use super::cloud_env::CloudEnv;
use super::test_repo::{TestRepo, run};

/// Lines that are too large for a test, the file that runs them, and the words by which it does.
pub const ELSEWHERE: [(&str, (&str, &str)); 4] = [
    ("cargo run --release --quiet -- demo", (".ci/run", "cargo run --release --quiet --locked -- demo")),
    ("tests/run", (".ci/run", "tests/run --locked")),
    ("cargo install --path .", (".ci/run", "cargo install --path .")),
    ("packaging/install", ("tests/suite/packaging.rs", "packaging(&repo, \"install\"")),
];

/// Lines that end otherwise than well, as the text around them says.
const ENDINGS: [(&str, i32); 0] = [];

/// A place, and whatever keeps it alive.
pub enum Scene {
    Alone(TestRepo),
    Choice(Choice),
    AgentRun(AgentRun),
    Cloud(Box<Busy>),
}

/// A cloud environment whose cloud finishes every attempt by itself.
pub struct Busy {
    env: Arc<CloudEnv>,
    ends: Arc<AtomicBool>,
    agents: Option<JoinHandle<()>>,
}

impl Scene {
    /// The scene of this name.
    pub fn named(name: &str) -> Scene {
        match name {
            // Nothing is typed there: it is what ELSEWHERE is about.
            "source" | "install" => Scene::Alone(TestRepo::empty()),
            "work" => Scene::Alone(TestRepo::new()),
            "choice" => Scene::Choice(Choice::new()),
            "pruned" => {
                let choice = Choice::new();
                choice.repo.puff(&["prune", "fix"]).ok();
                Scene::Choice(choice)
            }
            "team" => {
                let choice = Choice::new();
                choice.repo.puff(&["review", "fix", "--check", "true"]).ok();
                choice.repo.commit("README", "A thing to try more things on.\n", "Say more");
                Scene::Choice(choice)
            }
            "crew" => Scene::AgentRun(crew()),
            "cloud" => Scene::Cloud(Box::new(Busy::new())),
            other => panic!("there is no scene '{other}'"),
        }
    }

    /// The test repository of the scene.
    pub fn repo(&self) -> &TestRepo {
        match self {
            Scene::Alone(repo) => repo,
            Scene::Choice(choice) => &choice.repo,
            Scene::AgentRun(crew) => &crew.repo,
            Scene::Cloud(busy) => &busy.env.repo,
        }
    }

    /// Types a line there; it has to end as it should.
    #[track_caller]
    pub fn play(&self, place: &str, line: &str) {
        let ran = run(self.repo().command("bash").args(["-c", line]));
        let wanted = ENDINGS.iter().find(|(typed, _)| *typed == line).map_or(0, |(_, code)| *code);
        assert_eq!(ran.code, wanted, "{place}: {line}\n{}\n{}", ran.stdout, ran.stderr);
    }
}

/// Agents named as the known ones are, each of which makes something of its own and tests it.
fn crew() -> AgentRun {
    let crew = AgentRun::new();
    crew.repo.commit("test.sh", "grep -q '[ui]32' src/parse.rs || grep -q i64 src/parse.rs\n", "Test it");
    for (name, kind) in [("codex", "i64"), ("claude", "i32")] {
        let script = format!(
            "sed -i 's/u32/{kind}/' src/parse.rs; echo \"// $GIT_PUFF_SESSION\" >>src/parse.rs; echo 'It has a sign now.'"
        );
        crew.agent(name, &script);
    }
    crew
}

impl Busy {
    fn new() -> Busy {
        let env = CloudEnv::new();
        env.cloud.add_environment("env_lab_2", "my-environment");
        let patches: Vec<String> = (1..=4)
            .map(|n| String::from_utf8(env.repo.patch("notes.txt", format!("attempt {n}\n"))).expect("a text"))
            .collect();
        let (env, ends) = (Arc::new(env), Arc::new(AtomicBool::new(false)));
        let agents = std::thread::spawn({
            let (env, ends) = (Arc::clone(&env), Arc::clone(&ends));
            move || {
                let mut done = 0;
                while !ends.load(Ordering::Relaxed) {
                    let tasks = env.cloud.tasks();
                    for task in &tasks[done..] {
                        for (n, patch) in patches.iter().enumerate().take(task.best_of) {
                            env.cloud.finish(&task.id, n + 1, patch, "Done.");
                        }
                    }
                    done = tasks.len();
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        });
        Busy { env, ends, agents: Some(agents) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(agents) = self.agents.take() {
            let _ = agents.join();
        }
    }
}
