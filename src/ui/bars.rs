//! Progress bars on a terminal; a listener gets the same progress as values.

use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::capture::{CapturedOutput, OutputEvent};
use crate::model::{Run, RunId, Time};
use crate::render::progress;
use crate::render::text::clean_line;

fn new_bar(total: u64) -> ProgressBar {
    // The template is constant and valid; the default is only a fallback.
    let style = ProgressStyle::with_template("[{bar:12}] {wide_msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
    ProgressBar::new(total).with_style(style)
}

/// A progress bar; invisible without a terminal.
pub struct Bar {
    shown: Option<ProgressBar>,
    captured: Option<CapturedOutput>,
    total: u64,
}

impl Bar {
    /// Creates a bar of `total` steps among these.
    pub(super) fn new(bars: Option<MultiProgress>, captured: Option<CapturedOutput>, total: u64) -> Bar {
        Bar { shown: bars.map(|bars| bars.add(new_bar(total))), captured, total }
    }

    /// Sets the number of steps, where more have turned up.
    pub fn lengthen(&mut self, total: u64) {
        self.total = total;
        self.shown.iter().for_each(|bar| bar.set_length(total));
    }

    /// Shows the completed steps and the current one.
    pub fn show(&self, done: u64, line: &str) {
        if let Some(bar) = &self.shown {
            bar.set_position(done);
            bar.set_message(clean_line(line));
        }
        if let Some(captured) = &self.captured {
            captured.emit(OutputEvent::Step { done, total: self.total, line });
        }
    }
}

impl Drop for Bar {
    /// Removes the bar from the terminal.
    fn drop(&mut self) {
        self.shown.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// Progress bars, one a run.
pub struct Progress {
    bars: Option<MultiProgress>,
    of_run: HashMap<RunId, ProgressBar>,
    captured: Option<CapturedOutput>,
    told: HashMap<RunId, (u64, u64)>,
}

impl Progress {
    /// Creates an empty instance.
    pub(super) fn new(bars: Option<MultiProgress>, captured: Option<CapturedOutput>) -> Progress {
        Progress { bars, of_run: HashMap::new(), captured, told: HashMap::new() }
    }

    /// Shows the progress of a run.
    pub fn update(&mut self, run: &Run, now: Time) {
        let total = run.variants.len().max(run.best_of as usize) as u64;
        self.tell(run, total, now);
        let Some(bars) = &self.bars else { return };
        let line = progress::bar_line(run, now);
        let new = || bars.add(new_bar(total).with_message(line.clone()));
        let bar = self.of_run.entry(run.run.clone()).or_insert_with(new);
        bar.set_length(total);
        bar.set_position(run.terminal() as u64);
        bar.set_message(line);
    }

    /// Reports the total progress to the listener, when a run has made progress.
    fn tell(&mut self, run: &Run, total: u64, now: Time) {
        let Some(captured) = &self.captured else { return };
        let far = (run.terminal() as u64, total);
        if self.told.insert(run.run.clone(), far) != Some(far) {
            let (done, total) = self.told.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            captured.emit(OutputEvent::Step { done, total, line: &progress::bar_line(run, now) });
        }
    }

    /// Removes the bar of a run.
    pub fn finish(&mut self, run: &RunId) {
        if let (Some(bars), Some(bar)) = (&self.bars, self.of_run.remove(run)) {
            bar.finish_and_clear();
            bars.remove(&bar);
        }
    }
}

impl Drop for Progress {
    /// Removes the bars from the terminal.
    fn drop(&mut self) {
        let runs: Vec<RunId> = self.of_run.keys().cloned().collect();
        runs.iter().for_each(|run| self.finish(run));
    }
}
