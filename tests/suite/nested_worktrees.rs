//! Worktrees that an agent makes inside its own.

use serde_json::{Value, json};

use crate::support::agent_run::AgentRun;
use crate::support::cloud_env::each;

fn risks(run: &Value, variant: usize) -> Value {
    let risks = run["variants"][variant]["risks"].as_array().unwrap().iter();
    let risks = risks.filter(|risk| !matches!(risk["kind"].as_str(), Some("ref" | "concurrent")));
    risks.map(|risk| json!([risk["kind"], risk["path"]])).collect()
}

fn worktrees(crew: &AgentRun) -> Vec<String> {
    let listed = crew.repo.git(&["worktree", "list", "--porcelain"]);
    let paths = listed.lines().filter_map(|line| line.strip_prefix("worktree "));
    paths.skip(1).map(|path| path.rsplit_once("work.puff/").unwrap().1.to_owned()).collect()
}

#[test]
fn a_nested_worktree_is_excluded_and_removed_where_its_commits_are_elsewhere() {
    let crew = AgentRun::new().linked();
    crew.repo.commit(".gitignore", ".trees/\n", "Ignore");
    crew.agent("plain", "git worktree add -q sub; echo x >x");
    crew.agent("tracked", "git worktree add -q sub -b kept; cd sub; echo s >s; git add s; git commit -qm s; cd ..; git add sub; echo x >x");
    crew.agent("ignored", "git worktree add -q --detach .trees/sub; echo x >x");
    let run = crew.tournament(&["--agent", "plain", "--agent", "tracked", "--agent", "ignored"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["applied"; 3], "{run:#}");
    for variant in 1..=3 {
        let branch = format!("puff/{id}/var{variant}");
        assert_eq!(crew.repo.git(&["diff", "--name-status", "main", &branch]), "A\tx", "{variant}");
    }
    assert_eq!(risks(&run, 0), json!([["worktree", "sub"]]));
    assert_eq!(risks(&run, 1), json!([["worktree", "sub"]]));
    assert_eq!(risks(&run, 2), json!([["worktree", ".trees/sub"]]));
    assert_eq!(crew.repo.git(&["show", "kept:s"]), "s", "its branch has what it committed");
    assert_eq!(crew.left(), [""; 0]);
    assert_eq!(worktrees(&crew), [""; 0], "git knows none of them any more");
}

#[test]
fn a_nested_worktree_with_unique_commits_is_kept() {
    let crew = AgentRun::new().linked();
    crew.repo.commit(".gitignore", ".trees/\n", "Ignore");
    crew.agent("changed", "git worktree add -q sub; echo w >sub/w; echo x >x");
    crew.agent("committed", "git worktree add -q --detach .trees/sub; cd .trees/sub; echo w >w; git add w; git commit -qm w; cd ../..; echo x >x");
    let run = crew.tournament(&["--agent", "changed", "--agent", "committed"]);
    let id = run["run"].as_str().unwrap();
    assert_eq!(each(&run, "apply"), ["applied"; 2], "{run:#}");
    assert_eq!(risks(&run, 0), json!([["worktree-work", "sub"]]));
    assert_eq!(risks(&run, 1), json!([["worktree-work", ".trees/sub"]]));
    for variant in 1..=2 {
        let branch = format!("puff/{id}/var{variant}");
        assert_eq!(crew.repo.git(&["diff", "--name-status", "main", &branch]), "A\tx", "{variant}");
    }
    let workspace_root = crew.workspace_root().join(id);
    assert!(workspace_root.join("var1/sub/w").exists() && workspace_root.join("var2/.trees/sub/w").exists());
    let doctor = crew.repo.puff(&["doctor", "--repair", "--porcelain"]).stdout;
    assert!(!doctor.contains("CHECK=worktrees"), "they are as they should be: {doctor}");
    crew.repo.puff(&["prune", id]);
    assert!(
        workspace_root.join("var1/sub/w").exists() && workspace_root.join("var2/.trees/sub/w").exists(),
        "no prune takes them either"
    );
    assert_eq!(worktrees(&crew).len(), 4);
}
