//! What the demo prints at its end.

use std::path::Path;

use super::repo::DemoRepo;
use super::story::{RUN, branch};
use crate::render::steps::{self, Step, shell_word};

/// Returns the closing text: what to try here, and how to continue elsewhere.
pub(super) fn next_steps(place: &DemoRepo) -> String {
    let folder = |path: &Path| shell_word(&path.display().to_string());
    let step = |purpose: &str, command: String| Step { purpose: purpose.to_owned(), command };
    let mut here = vec![step("go there", format!("cd {}", folder(&place.repo())))];
    if let Some(program) = place.program_not_on_path() {
        here.push(step("let git find git-puff", format!("PATH={}:\"$PATH\"", folder(program))));
    }
    here.extend([
        step("the report, kept as a note", "git log --notes=puff/report -1".to_owned()),
        step("compare two attempts", format!("git diff {} {}", branch(1), branch(2))),
        step("see how dan was answered", format!("git puff session show {RUN}-var4")),
        step("take the winner", format!("git puff pick {RUN}:2")),
        step("run its tests", "sh test.sh".to_owned()),
        step("delete the demo", format!("cd / && rm -rf {}", folder(place.root()))),
    ]);
    let cloud = [
        step("make an environment", "git puff create".to_owned()),
        step("see what is missing", "git puff doctor".to_owned()),
        step("send a task", "git puff launch --prompt 'what to do'".to_owned()),
    ];
    let agents = [
        step(
            "send codex and claude",
            "git puff launch --agent codex:2 --agent claude:2 --prompt 'what to do'".to_owned(),
        ),
        step("see what they do", "git puff session list".to_owned()),
    ];
    let agents = steps::listing(&agents, "  ");
    let (here, cloud) = (steps::listing(&here, "  "), steps::listing(&cloud, "  "));
    format!(
        "\nNow try for yourself:\n\n{here}\nThen in a repository of your own, with agents on this machine:\n\n{agents}\nOr with Codex Cloud:\n\n{cloud}"
    )
}
