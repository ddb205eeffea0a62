# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_git_puff_global_optspecs
    string join \n json h/help V/version
end

function __fish_git_puff_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_git_puff_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_git_puff_using_subcommand
    set -l cmd (__fish_git_puff_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c git-puff -n "__fish_git_puff_needs_command" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_needs_command" -s V -l version -d 'Print version'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "launch" -d 'Send a task to Codex Cloud, or to agents on this machine, and watch it in the background'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "submit" -d 'Send a task to Codex Cloud, or to agents on this machine, without watching it'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "adopt" -d 'Take up a task that was started elsewhere, or name the task of an interrupted submission'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "retry" -d 'Start a new run with the settings of an old one'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "watch" -d 'Follow runs until every variant is through'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "jobs" -d 'Show what is being watched'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "stop" -d 'Stop watching, and nothing else'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "cancel" -d 'End a run before it is done'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "log" -d 'Show what the watcher wrote down about a run'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "list" -d 'Show the runs of this repository, newest first'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "show" -d 'Show a run with its variants, or one variant'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "harvest" -d 'Make a branch of every finished variant'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "report" -d 'Print the handoff report of a run'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "patch" -d 'Print the patch of a variant, byte for byte'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "preflight" -d 'Say whether patches would apply, and to what tree'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "diff" -d 'Show how variants differ from their base and from each other'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "review" -d 'Run checks on every variant, gather evidence, rank them, and say which to take'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "pick" -d 'Take a variant, and record the decision'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "prune" -d 'Remove runs: their branches, worktrees, notes, records and logs'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "undo" -d 'Take back the last pick or prune'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "session" -d 'Run agents in the background, see what they are doing, and talk to them'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "doctor" -d 'Look for what could stand in the way, and repair what is broken'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "create" -d 'Explain how to make a cloud environment, and how to check it'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "demo" -d 'Try git-puff in a throw-away repository, without an account and without a network'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "cas-start" -d 'Start the Codex app server of this repository in the background'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "cas-stop" -d 'End the Codex app server of this repository'
complete -c git-puff -n "__fish_git_puff_needs_command" -f -a "cas-status" -d 'Show how the Codex app server of this repository is'
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l prompt -d 'What to do, in words' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l prompt-file -d 'A file that says what to do; \'-\' for standard input' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l env -d 'The cloud environment: its id or its label [config: puff.env]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l base -l branch -d 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l best-of -l attempts -d 'How many attempts [config: puff.bestOf; with --agent their sum]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l agent -d 'An agent on this machine, and how many attempts it makes: codex:2; may be given several times' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l jobs -d 'How many agents work at once [default: all]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l check -d 'A command that a review runs on every variant; may be given several times [config: puff.check]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l intent -d 'Markdown files with settings at their top (env, base, best-of, agent, check, name) and the prompt below: a run each' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l name -d 'The name of the run' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l max-active -d 'Queue what is more than N runs at work; 0 for no limit [config: puff.maxActive]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l interval -d 'The time between two looks [config: puff.interval]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l timeout -d 'Stop watching after this time, and end agents on this machine; 0 for never [config: puff.timeout]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l keep -d 'Leave the worktrees of the agents after the harvest'
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l skip-doctor -d 'Leave out the questions to Codex Cloud before the submission'
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l harvest -d 'Harvest as soon as it is ready [config: puff.autoHarvest]'
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand launch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l prompt -d 'What to do, in words' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l prompt-file -d 'A file that says what to do; \'-\' for standard input' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l env -d 'The cloud environment: its id or its label [config: puff.env]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l base -l branch -d 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l best-of -l attempts -d 'How many attempts [config: puff.bestOf; with --agent their sum]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l agent -d 'An agent on this machine, and how many attempts it makes: codex:2; may be given several times' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l jobs -d 'How many agents work at once [default: all]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l check -d 'A command that a review runs on every variant; may be given several times [config: puff.check]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l intent -d 'Markdown files with settings at their top (env, base, best-of, agent, check, name) and the prompt below: a run each' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l name -d 'The name of the run' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l max-active -d 'Queue what is more than N runs at work; 0 for no limit [config: puff.maxActive]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l keep -d 'Leave the worktrees of the agents after the harvest'
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l skip-doctor -d 'Leave out the questions to Codex Cloud before the submission'
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand submit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand adopt" -l base -d 'The branch that the task started from [default: the branch of HEAD]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand adopt" -l best-of -l attempts -d 'How many attempts it has, where Codex does not say' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand adopt" -l run -d 'The interrupted run that this task belongs to' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand adopt" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand adopt" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l prompt -d 'What to do, in words' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l prompt-file -d 'A file that says what to do; \'-\' for standard input' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l env -d 'The cloud environment: its id or its label [config: puff.env]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l base -l branch -d 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l best-of -l attempts -d 'How many attempts [config: puff.bestOf; with --agent their sum]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l edit -d 'Open the prompt in your editor first, with what came of the old run below it'
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l task -d 'A task, by its id or its URL, whether it is a run here or not' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l task-url -d 'The task\'s URL; with --task too, the same task\'s' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l result-file -d 'Write how it ended into this file, as KEY=VALUE lines' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l interval -d 'The time between two looks [config: puff.interval]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l timeout -d 'Give up after this time; 0 for never [config: puff.timeout]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l all -d 'Every run that is not through'
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l detach -d 'Watch in the background, and come back at once'
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand jobs" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand jobs" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand jobs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand stop" -l job -d 'The same as RUN: a job is named as its run is' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand stop" -l all -d 'Every job'
complete -c git-puff -n "__fish_git_puff_using_subcommand stop" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand cancel" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand log" -l bytes -d 'Only the last N bytes' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand log" -s f -l follow -d 'Go on showing what is added, until the watching ends'
complete -c git-puff -n "__fish_git_puff_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand list" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand list" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand show" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand show" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l variant -d 'Only these variants' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l out -d 'Also write DIR/var<N>/{patch.diff,report.json,meta.json}' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l from -d 'Import exported patches: DIR/var<N>/patch.diff' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l base -d 'The commit that imported patches were made on' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l name -d 'The name of the imported run' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l wait -d 'Wait until every variant is through'
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l recreate -d 'Make branches again that were deleted'
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand harvest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand report" -l format -d 'The form of the report' -r -f -a "md\t'Markdown'
json\t'JSON'
html\t'One page with everything in it, to be opened in a browser'"
complete -c git-puff -n "__fish_git_puff_using_subcommand report" -s o -l output -d 'Write it into a file, or into a folder as report.md, report.json or report.html' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand patch" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand preflight" -l patch -d 'A patch; \'-\' for standard input' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand preflight" -l onto -d 'The commit or tree to try on [default: the base of the run]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand preflight" -l batch -d 'Read \'REV PATH\' lines from standard input and answer each, in order'
complete -c git-puff -n "__fish_git_puff_using_subcommand preflight" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand preflight" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand diff" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand diff" -l matrix -d 'Compare all variants, or those that are named, in numbers'
complete -c git-puff -n "__fish_git_puff_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l check -d 'A command that is run on every variant; may be given several times [config: puff.check]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l judge -d 'A command that scores the variants; may be given several times [config: puff.judge]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l jobs -d 'How many worktrees are checked at once [default: half of the processors]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l timeout -d 'How long a check, or a judge, may take; 0 for as long as it takes' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l variant -d 'Run the checks on these variants only; what is known of the others counts' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l accept -d 'Take a risk that was found: its kind, or KIND:PATH; kept by later reviews' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l fresh -d 'Run everything again, whatever is known'
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l keep -d 'Leave the worktrees in which something was run'
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand review" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -l branch -d 'Make a new branch of this name at its commit' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -l onto -d 'Onto this branch, which no worktree may have checked out: no worktree and no index is touched, no hook is run, and what conflicts is refused' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -l cherry-pick -d 'Cherry-pick its commit (the default)'
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -l merge -d 'Merge its branch, always with a commit of its own'
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -l continue -d 'Go on after conflicts were resolved'
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -l abort -d 'Give the pick up that waits here'
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand pick" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand prune" -l older-than -d 'Only those that have not changed for this long: 30d, 2w' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand prune" -l picked -d 'Only those of which a variant was picked'
complete -c git-puff -n "__fish_git_puff_using_subcommand prune" -s n -l dry-run -d 'Say what would go and what would stay, and remove nothing'
complete -c git-puff -n "__fish_git_puff_using_subcommand prune" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand undo" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "start" -d 'Start an agent, or any command, in the background'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "list" -d 'Show every session of this repository, newest first, and what it is doing'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "show" -d 'Show what there is to know about a session'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "log" -d 'Show what a session printed'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "send" -d 'Type something in a session, and Enter'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "poke" -d 'Type Enter in a session'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "wait" -d 'Wait until a session ends'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "kill" -d 'End a session, and all that it started'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "resume" -d 'Go on with a session that has ended, was killed or is lost'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "attach" -d 'Sit down at the terminal of a session'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and not __fish_seen_subcommand_from start list show log send poke wait kill resume attach supervise" -f -a "supervise" -d 'The supervisor itself'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -l agent -d 'The agent [default: codex]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -l name -d 'The session\'s id [default: made of the prompt]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -l cwd -d 'Where it runs [default: here]' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -l log-size -d 'Keep the newest so much of its output; 0 for all' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -l worktree -d 'Give it a worktree of its own, at HEAD'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -l auto -d 'Answer, poke and resume it by itself when it is stuck, as configured'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from show" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from log" -l bytes -d 'Only the last N bytes' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from log" -s f -l follow -d 'Go on showing what comes, until it ends'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from log" -l screen -d 'Show what a person at its terminal would see'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from send" -l no-enter -d 'Leave Enter out'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from send" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from poke" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from wait" -l timeout -d 'Wait no longer than this; 0 for as long as it takes' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from wait" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from kill" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from kill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from resume" -l last -d 'The newest that can be resumed'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from resume" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from attach" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand session; and __fish_seen_subcommand_from supervise" -s h -l help -d 'Print help'
complete -c git-puff -n "__fish_git_puff_using_subcommand doctor" -l env -d 'The cloud environment to check [config: puff.env]' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand doctor" -l repair -d 'Make again from the run refs what is missing, remove locks that nobody holds, end picks and prunes that were interrupted, and find the tasks of interrupted submissions'
complete -c git-puff -n "__fish_git_puff_using_subcommand doctor" -s q -l quiet -d 'Print only what is not well'
complete -c git-puff -n "__fish_git_puff_using_subcommand doctor" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand doctor" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l cwd -d 'Where it runs [default: the top of the main worktree]' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l state-file -d 'Keep a copy of what is known of it (socket, process id, versions, ...) in this file, as JSON' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l server-request-timeout-ms -d 'How long it may take to answer what git-puff asks it; first of all, after its start' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l opt-out-notification-method -d 'A notification that it is not to send to git-puff; may be given several times' -r
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l log-file -d 'Write its log into this file, and what was there before into FILE.1 when it is full' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l proxy-script -d 'Run this program instead of the server: it gets --cwd, --state-file, --server-request-timeout-ms and --opt-out-notification-method as they are here, and is ready when it has written the state file, or, without one, when it has lived for a second' -r -F
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-stop" -l force -d 'Kill it'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-stop" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-stop" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-status" -l json -d 'Print JSON'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-status" -l porcelain -d 'Print KEY=VALUE lines'
complete -c git-puff -n "__fish_git_puff_using_subcommand cas-status" -s h -l help -d 'Print help (see more with \'--help\')'
