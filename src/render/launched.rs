//! The output of a launch.

use super::steps;
use super::text::{clean_line, one_line};
use crate::model::{DisplayFormat, Run, State};

/// Returns a launched run in a few lines, with the next steps.
pub fn launched(run: &Run, watched: bool, display: &DisplayFormat) -> String {
    let what = match run.state {
        State::Queued => "queued",
        State::Pending => "launched",
        _ => "recorded",
    };
    let base = clean_line(&run.base);
    let mut text = format!("{what} {}: best of {} on {base} ({})\n", run.run, run.best_of, display.oid(run.base_oid));
    text += &format!("  {}\n", one_line(&run.title, 76));
    if let Some(url) = &run.task_url {
        text += &format!("  {}\n", clean_line(url));
    }
    if !matches!(run.state, State::Queued | State::Pending) {
        return text;
    }
    let step = |purpose: &str, command: String| steps::Step { purpose: purpose.to_owned(), command };
    let mut next = Vec::new();
    if watched {
        next.push(step("follow it (watched in the background)", format!("git puff watch {}", run.run)));
        next.push(step("show its log", format!("git puff log {}", run.run)));
    } else {
        next.push(step("watch it in the background", format!("git puff watch --detach {}", run.run)));
    }
    next.push(step("create branches", format!("git puff harvest {}", run.run)));
    text + &steps::listing(&next, "  ")
}
