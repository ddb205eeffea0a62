//! What the demo tells: a program with a bug, five attempts at it, and the words around them.

use std::path::Path;

use super::place::Place;
use crate::error::{Exit, Kind};
use crate::model::VariantStatus;
use crate::render::steps::{self, Step, shell_word};

/// What the agents were asked.
pub(super) const PROMPT: &str = "Fix average.sh: without any numbers it has to print 0";

/// The name that the demo gives to the run.
const RUN: &str = "fix-average";

/// A version of the program: its files and their contents.
pub(super) type Files = &'static [(&'static str, &'static str)];

/// The program as it was before the base: what the fifth attempt was made on.
pub(super) const OLD: Files = &[("average.sh", OLD_PROGRAM), ("test.sh", TEST)];

/// The program with its bug: the base.
pub(super) const BASE: Files = &[("average.sh", PROGRAM)];

/// The subjects of the two commits.
pub(super) const SUBJECTS: [&str; 2] = ["Print the average of numbers", "Let the shell count by itself"];

const OLD_PROGRAM: &str = "\
#!/bin/sh
# Prints the average of the numbers it is given, rounded down.
sum=0
for number in \"$@\"; do
  sum=$(expr \"$sum\" + \"$number\")
done
expr \"$sum\" / $#
";

const PROGRAM: &str = "\
#!/bin/sh
# Prints the average of the numbers it is given, rounded down.
sum=0
for number in \"$@\"; do
  sum=$((sum + number))
done
echo $((sum / $#))
";

const TEST: &str = "\
#!/bin/sh
# Ends with 0 when average.sh does what it should.
check() {
  expected=$1
  shift
  printed=$(sh average.sh \"$@\" 2>&1)
  if [ \"$printed\" != \"$expected\" ]; then
    echo \"average.sh $* prints '$printed', not '$expected'\"
    exit 1
  fi
}
check 2 2
check 4 2 4 6
echo 'all is well'
";

/// What one agent did.
pub(super) struct Attempt {
    /// How it ended.
    pub status: VariantStatus,
    /// It worked on the old version, not on the base.
    pub outdated: bool,
    /// What it changed: in which file, from what, to what.
    pub edits: &'static [(&'static str, &'static str, &'static str)],
    /// What it said at the end.
    pub message: &'static str,
}

/// The fix that the first and the fourth attempt both came to.
const LEAVE_EARLY: &[(&str, &str, &str)] = &[("average.sh", "sum=0\n", "[ $# -gt 0 ] || { echo 0; exit; }\nsum=0\n")];

/// The five attempts: one of each kind that a user meets.
pub(super) const ATTEMPTS: [Attempt; 5] = [
    Attempt {
        status: VariantStatus::Completed,
        outdated: false,
        edits: LEAVE_EARLY,
        message: "Without numbers there is nothing to divide, so average.sh prints 0 and leaves early.",
    },
    Attempt {
        status: VariantStatus::Completed,
        outdated: false,
        edits: &[
            ("average.sh", "echo $((sum / $#))\n", "echo $((sum / ($# > 0 ? $# : 1)))\n"),
            ("test.sh", "check 2 2\n", "check 0\ncheck 2 2\n"),
        ],
        message: "The sum is divided by 1 when there are no numbers. I added a test for it.",
    },
    Attempt { status: VariantStatus::Failed, outdated: false, edits: &[], message: "I ran out of time." },
    Attempt {
        status: VariantStatus::Completed,
        outdated: false,
        edits: LEAVE_EARLY,
        message: "average.sh now answers 0 at once when it gets no numbers.",
    },
    Attempt {
        status: VariantStatus::Completed,
        outdated: true,
        edits: &[("average.sh", "expr \"$sum\" / $#\n", "if [ $# -eq 0 ]; then echo 0; else expr \"$sum\" / $#; fi\n")],
        message: "Without numbers expr would divide by zero, so it is not called then.",
    },
];

/// A command, and what is said around it.
pub(super) struct Scene {
    pub introduction: &'static str,
    pub args: &'static [&'static str],
    pub ends: Exit,
    pub remark: &'static str,
}

/// What is run, in this order.
pub(super) const SCENES: &[Scene] = &[
    Scene {
        introduction: "First, a branch is made of every attempt that can be used:",
        args: &["harvest", "--from", "../patches", "--base", "main", "--name", RUN],
        ends: Exit::With(Kind::Partial),
        remark: "\
\nIt ends with exit code 3: done, except that an attempt does not apply. That is var5,
whose agent started from an older commit. var3 failed, and var4 is var1 once more.
HEAD, the index and the files are as they were.",
    },
    Scene {
        introduction: "The run is kept in the repository, as commits under refs/puff/runs:",
        args: &["list"],
        ends: Exit::Done,
        remark: "",
    },
    Scene {
        introduction: "And this is its handoff report, good to read here and in a pull request:",
        args: &["report", RUN],
        ends: Exit::Done,
        remark: "",
    },
];

/// What is said before anything is made.
pub(super) fn opening(root: &Path) -> String {
    format!(
        "\
A bug, and the patches of five agents that were asked to fix it. No account is
needed and no network, and all happens in one folder:

  {}
    repo      a program of a few lines, on the branch main
    patches   what the agents made of it, as var1 to var5\n",
        root.display()
    )
}

/// What is said at the end: what to try here, and how to go on elsewhere.
pub(super) fn closing(place: &Place) -> String {
    let folder = |path: &Path| shell_word(&path.display().to_string());
    let branch = |variant: u32| format!("puff/{RUN}/var{variant}");
    let step = |purpose: &str, command: String| Step { purpose: purpose.to_owned(), command };
    let mut here = vec![step("go there", format!("cd {}", folder(&place.repo())))];
    if let Some(program) = place.program_not_on_path() {
        here.push(step("let git find git-puff", format!("PATH={}:\"$PATH\"", folder(program))));
    }
    here.extend([
        step("the report, kept as a note", "git log --notes=puff/report -1".to_owned()),
        step("compare two attempts", format!("git diff {} {}", branch(1), branch(2))),
        step("see why var5 is out", format!("git puff show {RUN}:5")),
        step("take the winner", format!("git cherry-pick {}", branch(2))),
        step("run its tests", "sh test.sh".to_owned()),
        step("delete the demo", format!("cd / && rm -rf {}", folder(place.root()))),
    ]);
    let cloud = [
        step("make an environment", "git puff create".to_owned()),
        step("see what is missing", "git puff doctor".to_owned()),
        step("send a task", "git puff launch --prompt 'what to do'".to_owned()),
    ];
    let (here, cloud) = (steps::listing(&here, "  "), steps::listing(&cloud, "  "));
    format!("\nNow try for yourself:\n\n{here}\nThen with Codex Cloud, in a repository of your own:\n\n{cloud}")
}
