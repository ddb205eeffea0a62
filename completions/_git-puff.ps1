
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'git-puff' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'git-puff'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'git-puff' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('launch', 'launch', [CompletionResultType]::ParameterValue, 'Send a task to Codex Cloud, or to agents on this machine, and watch it in the background')
            [CompletionResult]::new('submit', 'submit', [CompletionResultType]::ParameterValue, 'Send a task to Codex Cloud, or to agents on this machine, without watching it')
            [CompletionResult]::new('adopt', 'adopt', [CompletionResultType]::ParameterValue, 'Take up a task that was started elsewhere, or name the task of an interrupted submission')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Start a new run with the settings of an old one')
            [CompletionResult]::new('watch', 'watch', [CompletionResultType]::ParameterValue, 'Follow runs until every variant is through')
            [CompletionResult]::new('jobs', 'jobs', [CompletionResultType]::ParameterValue, 'Show what is being watched')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop watching, and nothing else')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'End a run before it is done')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what the watcher wrote down about a run')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show the runs of this repository, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a run with its variants, or one variant')
            [CompletionResult]::new('harvest', 'harvest', [CompletionResultType]::ParameterValue, 'Make a branch of every finished variant')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Print the handoff report of a run')
            [CompletionResult]::new('patch', 'patch', [CompletionResultType]::ParameterValue, 'Print the patch of a variant, byte for byte')
            [CompletionResult]::new('preflight', 'preflight', [CompletionResultType]::ParameterValue, 'Say whether patches would apply, and to what tree')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show how variants differ from their base and from each other')
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Run checks on every variant, gather evidence, rank them, and say which to take')
            [CompletionResult]::new('pick', 'pick', [CompletionResultType]::ParameterValue, 'Take a variant, and record the decision')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove runs: their branches, worktrees, notes, records and logs')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back the last pick or prune')
            [CompletionResult]::new('session', 'session', [CompletionResultType]::ParameterValue, 'Run agents in the background, see what they are doing, and talk to them')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Look for what could stand in the way, and repair what is broken')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Explain how to make a cloud environment, and how to check it')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Try git-puff in a throw-away repository, without an account and without a network')
            [CompletionResult]::new('cas-start', 'cas-start', [CompletionResultType]::ParameterValue, 'Start the Codex app server of this repository in the background')
            [CompletionResult]::new('cas-stop', 'cas-stop', [CompletionResultType]::ParameterValue, 'End the Codex app server of this repository')
            [CompletionResult]::new('cas-status', 'cas-status', [CompletionResultType]::ParameterValue, 'Show how the Codex app server of this repository is')
            break
        }
        'git-puff;launch' {
            [CompletionResult]::new('--prompt', '--prompt', [CompletionResultType]::ParameterName, 'What to do, in words')
            [CompletionResult]::new('--prompt-file', '--prompt-file', [CompletionResultType]::ParameterName, 'A file that says what to do; ''-'' for standard input')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The cloud environment: its id or its label [config: puff.env]')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]')
            [CompletionResult]::new('--best-of', '--best-of', [CompletionResultType]::ParameterName, 'How many attempts [config: puff.bestOf; with --agent their sum]')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'How many attempts [config: puff.bestOf; with --agent their sum]')
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'An agent on this machine, and how many attempts it makes: codex:2; may be given several times')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many agents work at once [default: all]')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'A command that a review runs on every variant; may be given several times [config: puff.check]')
            [CompletionResult]::new('--intent', '--intent', [CompletionResultType]::ParameterName, 'Markdown files with settings at their top (env, base, best-of, agent, check, name) and the prompt below: a run each')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the run')
            [CompletionResult]::new('--max-active', '--max-active', [CompletionResultType]::ParameterName, 'Queue what is more than N runs at work; 0 for no limit [config: puff.maxActive]')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'The time between two looks [config: puff.interval]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Stop watching after this time, and end agents on this machine; 0 for never [config: puff.timeout]')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave the worktrees of the agents after the harvest')
            [CompletionResult]::new('--skip-doctor', '--skip-doctor', [CompletionResultType]::ParameterName, 'Leave out the questions to Codex Cloud before the submission')
            [CompletionResult]::new('--harvest', '--harvest', [CompletionResultType]::ParameterName, 'Harvest as soon as it is ready [config: puff.autoHarvest]')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;submit' {
            [CompletionResult]::new('--prompt', '--prompt', [CompletionResultType]::ParameterName, 'What to do, in words')
            [CompletionResult]::new('--prompt-file', '--prompt-file', [CompletionResultType]::ParameterName, 'A file that says what to do; ''-'' for standard input')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The cloud environment: its id or its label [config: puff.env]')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]')
            [CompletionResult]::new('--best-of', '--best-of', [CompletionResultType]::ParameterName, 'How many attempts [config: puff.bestOf; with --agent their sum]')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'How many attempts [config: puff.bestOf; with --agent their sum]')
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'An agent on this machine, and how many attempts it makes: codex:2; may be given several times')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many agents work at once [default: all]')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'A command that a review runs on every variant; may be given several times [config: puff.check]')
            [CompletionResult]::new('--intent', '--intent', [CompletionResultType]::ParameterName, 'Markdown files with settings at their top (env, base, best-of, agent, check, name) and the prompt below: a run each')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the run')
            [CompletionResult]::new('--max-active', '--max-active', [CompletionResultType]::ParameterName, 'Queue what is more than N runs at work; 0 for no limit [config: puff.maxActive]')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave the worktrees of the agents after the harvest')
            [CompletionResult]::new('--skip-doctor', '--skip-doctor', [CompletionResultType]::ParameterName, 'Leave out the questions to Codex Cloud before the submission')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;adopt' {
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'The branch that the task started from [default: the branch of HEAD]')
            [CompletionResult]::new('--best-of', '--best-of', [CompletionResultType]::ParameterName, 'How many attempts it has, where Codex does not say')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'How many attempts it has, where Codex does not say')
            [CompletionResult]::new('--run', '--run', [CompletionResultType]::ParameterName, 'The interrupted run that this task belongs to')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;retry' {
            [CompletionResult]::new('--prompt', '--prompt', [CompletionResultType]::ParameterName, 'What to do, in words')
            [CompletionResult]::new('--prompt-file', '--prompt-file', [CompletionResultType]::ParameterName, 'A file that says what to do; ''-'' for standard input')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The cloud environment: its id or its label [config: puff.env]')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'The branch of the remote to start from, or any commit for agents on this machine [default: HEAD]')
            [CompletionResult]::new('--best-of', '--best-of', [CompletionResultType]::ParameterName, 'How many attempts [config: puff.bestOf; with --agent their sum]')
            [CompletionResult]::new('--attempts', '--attempts', [CompletionResultType]::ParameterName, 'How many attempts [config: puff.bestOf; with --agent their sum]')
            [CompletionResult]::new('--edit', '--edit', [CompletionResultType]::ParameterName, 'Open the prompt in your editor first, with what came of the old run below it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;watch' {
            [CompletionResult]::new('--task', '--task', [CompletionResultType]::ParameterName, 'A task, by its id or its URL, whether it is a run here or not')
            [CompletionResult]::new('--task-url', '--task-url', [CompletionResultType]::ParameterName, 'The task''s URL; with --task too, the same task''s')
            [CompletionResult]::new('--result-file', '--result-file', [CompletionResultType]::ParameterName, 'Write how it ended into this file, as KEY=VALUE lines')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'The time between two looks [config: puff.interval]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after this time; 0 for never [config: puff.timeout]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every run that is not through')
            [CompletionResult]::new('--detach', '--detach', [CompletionResultType]::ParameterName, 'Watch in the background, and come back at once')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;jobs' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;stop' {
            [CompletionResult]::new('--job', '--job', [CompletionResultType]::ParameterName, 'The same as RUN: a job is named as its run is')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every job')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;cancel' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;log' {
            [CompletionResult]::new('--bytes', '--bytes', [CompletionResultType]::ParameterName, 'Only the last N bytes')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Go on showing what is added, until the watching ends')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Go on showing what is added, until the watching ends')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;list' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;show' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;harvest' {
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Only these variants')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Also write DIR/var<N>/{patch.diff,report.json,meta.json}')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Import exported patches: DIR/var<N>/patch.diff')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'The commit that imported patches were made on')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the imported run')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until every variant is through')
            [CompletionResult]::new('--recreate', '--recreate', [CompletionResultType]::ParameterName, 'Make branches again that were deleted')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;report' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write it into a file, or into a folder as report.md, report.json or report.html')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write it into a file, or into a folder as report.md, report.json or report.html')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;patch' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;preflight' {
            [CompletionResult]::new('--patch', '--patch', [CompletionResultType]::ParameterName, 'A patch; ''-'' for standard input')
            [CompletionResult]::new('--onto', '--onto', [CompletionResultType]::ParameterName, 'The commit or tree to try on [default: the base of the run]')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Read ''REV PATH'' lines from standard input and answer each, in order')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;diff' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--matrix', '--matrix', [CompletionResultType]::ParameterName, 'Compare all variants, or those that are named, in numbers')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;review' {
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'A command that is run on every variant; may be given several times [config: puff.check]')
            [CompletionResult]::new('--judge', '--judge', [CompletionResultType]::ParameterName, 'A command that scores the variants; may be given several times [config: puff.judge]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many worktrees are checked at once [default: half of the processors]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long a check, or a judge, may take; 0 for as long as it takes')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Run the checks on these variants only; what is known of the others counts')
            [CompletionResult]::new('--accept', '--accept', [CompletionResultType]::ParameterName, 'Take a risk that was found: its kind, or KIND:PATH; kept by later reviews')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Run everything again, whatever is known')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave the worktrees in which something was run')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;pick' {
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'Make a new branch of this name at its commit')
            [CompletionResult]::new('--onto', '--onto', [CompletionResultType]::ParameterName, 'Onto this branch, which no worktree may have checked out: no worktree and no index is touched, no hook is run, and what conflicts is refused')
            [CompletionResult]::new('--cherry-pick', '--cherry-pick', [CompletionResultType]::ParameterName, 'Cherry-pick its commit (the default)')
            [CompletionResult]::new('--merge', '--merge', [CompletionResultType]::ParameterName, 'Merge its branch, always with a commit of its own')
            [CompletionResult]::new('--continue', '--continue', [CompletionResultType]::ParameterName, 'Go on after conflicts were resolved')
            [CompletionResult]::new('--abort', '--abort', [CompletionResultType]::ParameterName, 'Give the pick up that waits here')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;prune' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only those that have not changed for this long: 30d, 2w')
            [CompletionResult]::new('--picked', '--picked', [CompletionResultType]::ParameterName, 'Only those of which a variant was picked')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would go and what would stay, and remove nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would go and what would stay, and remove nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;undo' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;session' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start an agent, or any command, in the background')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show every session of this repository, newest first, and what it is doing')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what there is to know about a session')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show what a session printed')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Type something in a session, and Enter')
            [CompletionResult]::new('poke', 'poke', [CompletionResultType]::ParameterValue, 'Type Enter in a session')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait until a session ends')
            [CompletionResult]::new('kill', 'kill', [CompletionResultType]::ParameterValue, 'End a session, and all that it started')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Go on with a session that has ended, was killed or is lost')
            [CompletionResult]::new('attach', 'attach', [CompletionResultType]::ParameterValue, 'Sit down at the terminal of a session')
            [CompletionResult]::new('supervise', 'supervise', [CompletionResultType]::ParameterValue, 'The supervisor itself')
            break
        }
        'git-puff;session;start' {
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'The agent [default: codex]')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The session''s id [default: made of the prompt]')
            [CompletionResult]::new('--cwd', '--cwd', [CompletionResultType]::ParameterName, 'Where it runs [default: here]')
            [CompletionResult]::new('--log-size', '--log-size', [CompletionResultType]::ParameterName, 'Keep the newest so much of its output; 0 for all')
            [CompletionResult]::new('--worktree', '--worktree', [CompletionResultType]::ParameterName, 'Give it a worktree of its own, at HEAD')
            [CompletionResult]::new('--auto', '--auto', [CompletionResultType]::ParameterName, 'Answer, poke and resume it by itself when it is stuck, as configured')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;session;list' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;session;show' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;session;log' {
            [CompletionResult]::new('--bytes', '--bytes', [CompletionResultType]::ParameterName, 'Only the last N bytes')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Go on showing what comes, until it ends')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Go on showing what comes, until it ends')
            [CompletionResult]::new('--screen', '--screen', [CompletionResultType]::ParameterName, 'Show what a person at its terminal would see')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;session;send' {
            [CompletionResult]::new('--no-enter', '--no-enter', [CompletionResultType]::ParameterName, 'Leave Enter out')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;session;poke' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;session;wait' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait no longer than this; 0 for as long as it takes')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;session;kill' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;session;resume' {
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'The newest that can be resumed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;session;attach' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;session;supervise' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'git-puff;doctor' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The cloud environment to check [config: puff.env]')
            [CompletionResult]::new('--repair', '--repair', [CompletionResultType]::ParameterName, 'Make again from the run refs what is missing, remove locks that nobody holds, end picks and prunes that were interrupted, and find the tasks of interrupted submissions')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only what is not well')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only what is not well')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;create' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;demo' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;cas-start' {
            [CompletionResult]::new('--cwd', '--cwd', [CompletionResultType]::ParameterName, 'Where it runs [default: the top of the main worktree]')
            [CompletionResult]::new('--state-file', '--state-file', [CompletionResultType]::ParameterName, 'Keep a copy of what is known of it (socket, process id, versions, ...) in this file, as JSON')
            [CompletionResult]::new('--server-request-timeout-ms', '--server-request-timeout-ms', [CompletionResultType]::ParameterName, 'How long it may take to answer what git-puff asks it; first of all, after its start')
            [CompletionResult]::new('--opt-out-notification-method', '--opt-out-notification-method', [CompletionResultType]::ParameterName, 'A notification that it is not to send to git-puff; may be given several times')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'Write its log into this file, and what was there before into FILE.1 when it is full')
            [CompletionResult]::new('--proxy-script', '--proxy-script', [CompletionResultType]::ParameterName, 'Run this program instead of the server: it gets --cwd, --state-file, --server-request-timeout-ms and --opt-out-notification-method as they are here, and is ready when it has written the state file, or, without one, when it has lived for a second')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;cas-stop' {
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Kill it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'git-puff;cas-status' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--porcelain', '--porcelain', [CompletionResultType]::ParameterName, 'Print KEY=VALUE lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
