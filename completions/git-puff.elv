
use builtin;
use str;

set edit:completion:arg-completer[git-puff] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'git-puff'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'git-puff'= {
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand launch 'Send a task to Codex Cloud, or to agents on this machine, and watch it in the background'
            cand submit 'Send a task to Codex Cloud, or to agents on this machine, without watching it'
            cand adopt 'Take up a task that was started elsewhere, or name the task of an interrupted submission'
            cand retry 'Start a new run with the settings of an old one'
            cand watch 'Follow runs until every variant is through'
            cand jobs 'Show what is being watched'
            cand stop 'Stop watching, and nothing else'
            cand cancel 'End a run before it is done'
            cand log 'Show what the watcher wrote down about a run'
            cand list 'Show the runs of this repository, newest first'
            cand show 'Show a run with its variants, or one variant'
            cand harvest 'Make a branch of every finished variant'
            cand report 'Print the handoff report of a run'
            cand patch 'Print the patch of a variant, byte for byte'
            cand preflight 'Say whether patches would apply, and to what tree'
            cand diff 'Show how variants differ from their base and from each other'
            cand review 'Run checks on every variant, gather evidence, rank them, and say which to take'
            cand pick 'Take a variant, and record the decision'
            cand prune 'Remove runs: their branches, worktrees, notes, records and logs'
            cand undo 'Take back the last pick or prune'
            cand session 'Run agents in the background, see what they are doing, and talk to them'
            cand doctor 'Look for what could stand in the way, and repair what is broken'
            cand create 'Explain how to make a cloud environment, and how to check it'
            cand demo 'Try git-puff in a throw-away repository, without an account and without a network'
            cand cas-start 'Start the Codex app server of this repository in the background'
            cand cas-stop 'End the Codex app server of this repository'
            cand cas-status 'Show how the Codex app server of this repository is'
        }
        &'git-puff;launch'= {
            cand --prompt 'What to do, in words'
            cand --prompt-file 'A file that says what to do; ''-'' for standard input'
            cand --env 'The cloud environment: its id or its label [config: puff.env]'
            cand --base 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]'
            cand --branch 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]'
            cand --best-of 'How many attempts [config: puff.bestOf; with --agent their sum]'
            cand --attempts 'How many attempts [config: puff.bestOf; with --agent their sum]'
            cand --agent 'An agent on this machine, and how many attempts it makes: codex:2; may be given several times'
            cand --jobs 'How many agents work at once [default: all]'
            cand --check 'A command that a review runs on every variant; may be given several times [config: puff.check]'
            cand --intent 'Markdown files with settings at their top (env, base, best-of, agent, check, name) and the prompt below: a run each'
            cand --name 'The name of the run'
            cand --max-active 'Queue what is more than N runs at work; 0 for no limit [config: puff.maxActive]'
            cand --interval 'The time between two looks [config: puff.interval]'
            cand --timeout 'Stop watching after this time, and end agents on this machine; 0 for never [config: puff.timeout]'
            cand --keep 'Leave the worktrees of the agents after the harvest'
            cand --skip-doctor 'Leave out the questions to Codex Cloud before the submission'
            cand --harvest 'Harvest as soon as it is ready [config: puff.autoHarvest]'
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;submit'= {
            cand --prompt 'What to do, in words'
            cand --prompt-file 'A file that says what to do; ''-'' for standard input'
            cand --env 'The cloud environment: its id or its label [config: puff.env]'
            cand --base 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]'
            cand --branch 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]'
            cand --best-of 'How many attempts [config: puff.bestOf; with --agent their sum]'
            cand --attempts 'How many attempts [config: puff.bestOf; with --agent their sum]'
            cand --agent 'An agent on this machine, and how many attempts it makes: codex:2; may be given several times'
            cand --jobs 'How many agents work at once [default: all]'
            cand --check 'A command that a review runs on every variant; may be given several times [config: puff.check]'
            cand --intent 'Markdown files with settings at their top (env, base, best-of, agent, check, name) and the prompt below: a run each'
            cand --name 'The name of the run'
            cand --max-active 'Queue what is more than N runs at work; 0 for no limit [config: puff.maxActive]'
            cand --keep 'Leave the worktrees of the agents after the harvest'
            cand --skip-doctor 'Leave out the questions to Codex Cloud before the submission'
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;adopt'= {
            cand --base 'The branch that the task started from [default: the branch of HEAD]'
            cand --best-of 'How many attempts it has, where Codex does not say'
            cand --attempts 'How many attempts it has, where Codex does not say'
            cand --run 'The interrupted run that this task belongs to'
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;retry'= {
            cand --prompt 'What to do, in words'
            cand --prompt-file 'A file that says what to do; ''-'' for standard input'
            cand --env 'The cloud environment: its id or its label [config: puff.env]'
            cand --base 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]'
            cand --branch 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]'
            cand --best-of 'How many attempts [config: puff.bestOf; with --agent their sum]'
            cand --attempts 'How many attempts [config: puff.bestOf; with --agent their sum]'
            cand --edit 'Open the prompt in your editor first, with what came of the old run below it'
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;watch'= {
            cand --task 'A task, by its id or its URL, whether it is a run here or not'
            cand --task-url 'The task''s URL; with --task too, the same task''s'
            cand --result-file 'Write how it ended into this file, as KEY=VALUE lines'
            cand --interval 'The time between two looks [config: puff.interval]'
            cand --timeout 'Give up after this time; 0 for never [config: puff.timeout]'
            cand --all 'Every run that is not through'
            cand --detach 'Watch in the background, and come back at once'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;jobs'= {
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;stop'= {
            cand --job 'The same as RUN: a job is named as its run is'
            cand --all 'Every job'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;cancel'= {
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;log'= {
            cand --bytes 'Only the last N bytes'
            cand -f 'Go on showing what is added, until the watching ends'
            cand --follow 'Go on showing what is added, until the watching ends'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;list'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;show'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;harvest'= {
            cand --variant 'Only these variants'
            cand --out 'Also write DIR/var<N>/{patch.diff,report.json,meta.json}'
            cand --from 'Import exported patches: DIR/var<N>/patch.diff'
            cand --base 'The commit that imported patches were made on'
            cand --name 'The name of the imported run'
            cand --wait 'Wait until every variant is through'
            cand --recreate 'Make branches again that were deleted'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;report'= {
            cand --format 'The form of the report'
            cand -o 'Write it into a file, or into a folder as report.md, report.json or report.html'
            cand --output 'Write it into a file, or into a folder as report.md, report.json or report.html'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;patch'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;preflight'= {
            cand --patch 'A patch; ''-'' for standard input'
            cand --onto 'The commit or tree to try on [default: the base of the run]'
            cand --batch 'Read ''REV PATH'' lines from standard input and answer each, in order'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;diff'= {
            cand --json 'Print JSON'
            cand --matrix 'Compare all variants, or those that are named, in numbers'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;review'= {
            cand --check 'A command that is run on every variant; may be given several times [config: puff.check]'
            cand --judge 'A command that scores the variants; may be given several times [config: puff.judge]'
            cand --jobs 'How many worktrees are checked at once [default: half of the processors]'
            cand --timeout 'How long a check, or a judge, may take; 0 for as long as it takes'
            cand --variant 'Run the checks on these variants only; what is known of the others counts'
            cand --accept 'Take a risk that was found: its kind, or KIND:PATH; kept by later reviews'
            cand --fresh 'Run everything again, whatever is known'
            cand --keep 'Leave the worktrees in which something was run'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;pick'= {
            cand --branch 'Make a new branch of this name at its commit'
            cand --onto 'Onto this branch, which no worktree may have checked out: no worktree and no index is touched, no hook is run, and what conflicts is refused'
            cand --cherry-pick 'Cherry-pick its commit (the default)'
            cand --merge 'Merge its branch, always with a commit of its own'
            cand --continue 'Go on after conflicts were resolved'
            cand --abort 'Give the pick up that waits here'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;prune'= {
            cand --older-than 'Only those that have not changed for this long: 30d, 2w'
            cand --picked 'Only those of which a variant was picked'
            cand -n 'Say what would go and what would stay, and remove nothing'
            cand --dry-run 'Say what would go and what would stay, and remove nothing'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;undo'= {
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;session'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand start 'Start an agent, or any command, in the background'
            cand list 'Show every session of this repository, newest first, and what it is doing'
            cand show 'Show what there is to know about a session'
            cand log 'Show what a session printed'
            cand send 'Type something in a session, and Enter'
            cand poke 'Type Enter in a session'
            cand wait 'Wait until a session ends'
            cand kill 'End a session, and all that it started'
            cand resume 'Go on with a session that has ended, was killed or is lost'
            cand attach 'Sit down at the terminal of a session'
            cand supervise 'The supervisor itself'
        }
        &'git-puff;session;start'= {
            cand --agent 'The agent [default: codex]'
            cand --name 'The session''s id [default: made of the prompt]'
            cand --cwd 'Where it runs [default: here]'
            cand --log-size 'Keep the newest so much of its output; 0 for all'
            cand --worktree 'Give it a worktree of its own, at HEAD'
            cand --auto 'Answer, poke and resume it by itself when it is stuck, as configured'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;session;list'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;session;show'= {
            cand --json 'Print JSON'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;session;log'= {
            cand --bytes 'Only the last N bytes'
            cand -f 'Go on showing what comes, until it ends'
            cand --follow 'Go on showing what comes, until it ends'
            cand --screen 'Show what a person at its terminal would see'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;session;send'= {
            cand --no-enter 'Leave Enter out'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;session;poke'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;session;wait'= {
            cand --timeout 'Wait no longer than this; 0 for as long as it takes'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;session;kill'= {
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;session;resume'= {
            cand --last 'The newest that can be resumed'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;session;attach'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;session;supervise'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'git-puff;doctor'= {
            cand --env 'The cloud environment to check [config: puff.env]'
            cand --repair 'Make again from the run refs what is missing, remove locks that nobody holds, end picks and prunes that were interrupted, and find the tasks of interrupted submissions'
            cand -q 'Print only what is not well'
            cand --quiet 'Print only what is not well'
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;create'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;demo'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;cas-start'= {
            cand --cwd 'Where it runs [default: the top of the main worktree]'
            cand --state-file 'Keep a copy of what is known of it (socket, process id, versions, ...) in this file, as JSON'
            cand --server-request-timeout-ms 'How long it may take to answer what git-puff asks it; first of all, after its start'
            cand --opt-out-notification-method 'A notification that it is not to send to git-puff; may be given several times'
            cand --log-file 'Write its log into this file, and what was there before into FILE.1 when it is full'
            cand --proxy-script 'Run this program instead of the server: it gets --cwd, --state-file, --server-request-timeout-ms and --opt-out-notification-method as they are here, and is ready when it has written the state file, or, without one, when it has lived for a second'
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;cas-stop'= {
            cand --force 'Kill it'
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'git-puff;cas-status'= {
            cand --json 'Print JSON'
            cand --porcelain 'Print KEY=VALUE lines'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
