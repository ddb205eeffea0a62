//! The script of the demo: a program with a bug, four agents that fix it, and the text around them.

use std::path::Path;

/// The agents' prompt.
pub(super) const PROMPT: &str = "Fix average.sh: without any numbers it has to print 0";

/// The name that the demo gives to the run.
pub(super) const RUN: &str = "fix-average";

/// The files of the program, with its bug.
pub(super) const PROGRAM: [(&str, &str); 2] = [("average.sh", AVERAGE), ("test.sh", TEST)];

/// The subject of its commit.
pub(super) const SUBJECT: &str = "Print the average of numbers";

const AVERAGE: &str = "\
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

/// The fix of ada and dan.
const LEAVES_EARLY: &str = "\
cat >average.sh <<'END'
#!/bin/sh
# Prints the average of the numbers it is given, rounded down.
[ $# -gt 0 ] || { echo 0; exit; }
sum=0
for number in \"$@\"; do
  sum=$((sum + number))
done
echo $((sum / $#))
END
";

/// An agent: its name, and the lines of its script. They are small programs that behave like agents.
pub(super) struct Agent {
    pub name: &'static str,
    pub script: &'static [&'static str],
}

/// The agents, one variant each.
pub(super) const AGENTS: [Agent; 4] = [
    Agent {
        name: "ada",
        script: &[
            "echo 'Reading average.sh and test.sh.'; sleep 1\n",
            LEAVES_EARLY,
            "echo 'Without numbers there is nothing to divide: it leaves early.'; sh test.sh\n",
        ],
    },
    Agent {
        name: "ben",
        script: &[
            "echo 'A test first.'; sleep 1\n",
            "cat >average.sh <<'END'
#!/bin/sh
# Prints the average of the numbers it is given, rounded down.
sum=0
for number in \"$@\"; do
  sum=$((sum + number))
done
echo $((sum / ($# > 0 ? $# : 1)))
END
{ sed '/^check 2 2$/,$d' test.sh; echo 'check 0'; sed -n '/^check 2 2$/,$p' test.sh; } >new.sh && mv new.sh test.sh
",
            "echo 'The sum is divided by 1 when there are no numbers.'; sh test.sh\n",
        ],
    },
    Agent {
        name: "cleo",
        script: &[
            "echo 'That is easy.'; sleep 2\n",
            "printf '#!/bin/sh\\n# Prints the average of no numbers.\\necho 0\\n' >average.sh\n",
            "echo 'It prints 0 now. I have not run the test.'\n",
        ],
    },
    Agent {
        name: "dan",
        script: &[
            "echo 'I would let average.sh leave early.'; sleep 1\n",
            "printf 'Apply this change to average.sh? [y/N] '; read -r answer </dev/tty\n",
            "[ \"$answer\" = y ] || { echo 'Nothing was changed.'; exit 1; }\n",
            LEAVES_EARLY,
            "sh test.sh\n",
        ],
    },
];

/// The answer that `--auto` gives.
pub(super) const ANSWER: &str = "Apply this change to .*\\? => y";

/// A command and the text around it.
pub(super) struct Scene {
    pub introduction: &'static str,
    pub args: &'static [&'static str],
    pub remark: &'static str,
}

/// The commands, in order.
pub(super) const SCENES: &[Scene] = &[
    Scene {
        introduction: "The task is sent to all four at once, each in a worktree of its own. They work in the background:",
        args: &[
            "launch",
            "--prompt",
            PROMPT,
            "--name",
            RUN,
            "--agent",
            "ada",
            "--agent",
            "ben",
            "--agent",
            "cleo",
            "--agent",
            "dan",
            "--interval",
            "1s",
        ],
        remark: "",
    },
    Scene {
        introduction: "You could do something else meanwhile; this follows the run:",
        args: &["watch", RUN],
        remark: "",
    },
    Scene {
        introduction: "Make a branch of each attempt, and remove its worktree:",
        args: &["harvest", RUN],
        remark: "",
    },
    Scene {
        introduction: "dan stopped at a question. Its session detected that, and answered as puff.session.answer allows:",
        args: &["session", "log", "fix-average-var4"],
        remark: "",
    },
];

/// The last scene, after the tests were run.
pub(super) const REPORT: Scene = Scene {
    introduction: "This is the handoff report, for the terminal or a pull request:",
    args: &["report", RUN],
    remark: "",
};

/// Returns the branch of a variant.
pub(super) fn branch(variant: usize) -> String {
    format!("puff/{RUN}/var{variant}")
}

/// Returns the opening text.
pub(super) fn opening(root: &Path) -> String {
    format!(
        "\
Four agents are sent to fix a bug. They are small scripts that behave like agents
do. No account is needed and no network, and all happens in one folder:

  {}
    repo      a program of a few lines, on the branch main
    agents    the scripts\n",
        root.display()
    )
}
