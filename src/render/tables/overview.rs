//! Renders `git puff` without a verb: an overview of the runs, the most urgent first.

use super::super::columns::{Columns, Fit};
use super::super::describe;
use super::super::steps::{self, Step};
use super::lists::run_cells;
use crate::model::{Run, Time};

/// Maximum number of settled runs that are shown.
const SETTLED: usize = 5;

/// Maximum number of suggested commands.
const COMMANDS: usize = 4;

/// The overview without any run.
const FIRST_USE: &str = "\
no runs yet

git puff sends one task to several coding agents and makes a branch of every attempt.

next:
  try it without a cloud  git puff demo
  check this machine      git puff doctor
  send a task             git puff launch --env ENV --prompt 'what to do'
  use patches you have    git puff harvest --from DIR --base main
";

/// The groups of runs; a run is in the first group that matches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Attention,
    AtWork,
    Ready,
    Settled,
}

const GROUPS: [(Group, &str); 4] = [
    (Group::Attention, "waiting for you"),
    (Group::AtWork, "active"),
    (Group::Ready, "ready to harvest"),
    (Group::Settled, "latest"),
];

/// Renders the overview, in at most `width` columns. `watcher_alive` tells whether the watcher runs.
pub fn overview(runs: &[Run], watcher_alive: bool, now: Time, width: usize) -> String {
    if runs.is_empty() {
        return FIRST_USE.to_owned();
    }
    let chosen = choose(runs);
    let mut table =
        Columns::new([("", Fit::Start), ("", Fit::Whole), ("", Fit::Number), ("", Fit::Whole), ("", Fit::Start)]);
    chosen.iter().for_each(|(_, run)| table.row(run_cells(run, now)));
    let lines = table.lines(width.saturating_sub(2));
    let mut text = String::new();
    for (group, title) in GROUPS {
        let of_group: Vec<_> = chosen.iter().zip(&lines).filter(|((of, _), _)| *of == group).collect();
        if !of_group.is_empty() {
            text += &format!("{title}:\n");
            of_group.iter().for_each(|(_, line)| text += &format!("  {line}\n"));
            text.push('\n');
        }
    }
    let orphans = if watcher_alive { 0 } else { runs.iter().filter(|run| run.is_job()).count() };
    if orphans > 0 {
        let are = if orphans == 1 { "is" } else { "are" };
        text += &format!("{} {are} not being watched: no watcher is running\n\n", describe::number(orphans, "run"));
    }
    text + &format!("next:\n{}", steps::listing(&commands(&chosen, orphans > 0), "  "))
}

/// Returns the runs to show, by group, the newest of each group first.
fn choose(runs: &[Run]) -> Vec<(Group, &Run)> {
    let mut sorted: Vec<&Run> = runs.iter().collect();
    sorted.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.run.cmp(&b.run)));
    let mut chosen = Vec::new();
    for (group, _) in GROUPS {
        let most = if group == Group::Settled { SETTLED } else { usize::MAX };
        let of_group = sorted.iter().filter(|run| group_of(run) == group).take(most);
        chosen.extend(of_group.map(|run| (group, *run)));
    }
    chosen
}

fn group_of(run: &Run) -> Group {
    if run.attention.is_some() {
        Group::Attention
    } else if run.state.is_active() {
        Group::AtWork
    } else if describe::is_settled(run) {
        Group::Settled
    } else {
        Group::Ready
    }
}

/// Returns one command for each group, for its newest run.
fn commands(chosen: &[(Group, &Run)], orphaned: bool) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    if orphaned {
        steps.push(Step { purpose: "watch again".to_owned(), command: "git puff watch --detach".to_owned() });
    }
    for (group, _) in GROUPS {
        let newest = chosen.iter().find(|(of, _)| *of == group);
        let step = newest.and_then(|(_, run)| match group {
            // Commands to read a harvested run are in the output of `show`.
            Group::Settled => steps::next(run, None).pop(),
            Group::Ready => steps::urgent(run).pop(),
            _ => steps::next(run, None).into_iter().next(),
        });
        // Watching all runs includes following one of them.
        steps.extend(step.filter(|_| !(orphaned && group == Group::AtWork)));
    }
    steps.truncate(COMMANDS);
    steps
}

#[cfg(test)]
mod tests {
    use super::super::super::samples;
    use super::*;
    use crate::model::{Attention, State};

    fn named(mut run: Run, name: &str) -> Run {
        run.run = name.parse().unwrap();
        run
    }

    #[test]
    fn what_needs_someone_comes_first() {
        let mut waiting = named(samples::fresh(), "waiting-0001");
        waiting.attention = Some(Attention::NeedsLogin);
        let mut ready = named(samples::harvested(), "ready-0002");
        ready.state = State::Ready;
        let runs = [samples::harvested(), ready, named(samples::fresh(), "working-0003"), waiting];
        let wanted = "\
waiting for you:
  waiting-0001         pending (needs-login)  0/4  just now  Fix the parser

active:
  working-0003         pending                0/4  just now  Fix the parser

ready to harvest:
  ready-0002           ready                  4/4  just now  Fix the parser

latest:
  fix-the-parser-3f2a  harvested              4/4  just now  Fix the parser

next:
  sign in            codex login
  follow it          git puff watch working-0003
  fetch the patches  git puff harvest ready-0002
  show the run       git puff show fix-the-parser-3f2a
";
        assert_eq!(overview(&runs, true, samples::created(), 80), wanted);
        assert_eq!(overview(&[], true, samples::created(), 80), FIRST_USE);
    }

    #[test]
    fn a_run_that_nobody_watches_is_told() {
        let mut run = samples::fresh();
        run.watch = Some(crate::model::Watch {
            interval_s: 15,
            timeout_s: 0,
            harvest: false,
            max_active: 0,
            started_at: samples::created(),
            state: crate::model::WatchState::Active,
        });
        let text = overview(&[run], false, samples::created(), 80);
        assert!(text.contains(
            "1 run is not being watched: no watcher is running\n\nnext:\n  watch again  git puff watch --detach\n"
        ));
    }
}
