//! Progress bars: for a person at a terminal; who hears instead of one is told the same.

use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::capture::{CapturedOutput, Said};
use crate::model::{Run, RunId, Time};
use crate::render::progress;
use crate::render::text::clean_line;

fn new_bar(total: u64) -> ProgressBar {
    // The template is ours, so it is one; the default would do as well.
    let style = ProgressStyle::with_template("[{bar:12}] {wide_msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
    ProgressBar::new(total).with_style(style)
}

/// A progress bar; nothing where nobody would see it.
pub struct Bar {
    shown: Option<ProgressBar>,
    heard: Option<CapturedOutput>,
    total: u64,
}

impl Bar {
    /// A bar for so many steps, among these.
    pub(super) fn new(bars: Option<MultiProgress>, heard: Option<CapturedOutput>, total: u64) -> Bar {
        Bar { shown: bars.map(|bars| bars.add(new_bar(total))), heard, total }
    }

    /// Shows how far it is, and what goes on.
    pub fn show(&self, done: u64, line: &str) {
        if let Some(bar) = &self.shown {
            bar.set_position(done);
            bar.set_message(clean_line(line));
        }
        if let Some(heard) = &self.heard {
            heard.say(Said::Step { done, total: self.total, line });
        }
    }
}

impl Drop for Bar {
    /// Leaves the terminal without it, however the work ended.
    fn drop(&mut self) {
        self.shown.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// Progress bars, one a run.
pub struct Progress {
    bars: Option<MultiProgress>,
    of_run: HashMap<RunId, ProgressBar>,
    heard: Option<CapturedOutput>,
    told: HashMap<RunId, (u64, u64)>,
}

impl Progress {
    /// None yet.
    pub(super) fn new(bars: Option<MultiProgress>, heard: Option<CapturedOutput>) -> Progress {
        Progress { bars, of_run: HashMap::new(), heard, told: HashMap::new() }
    }

    /// Shows how far a run is.
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

    /// Tells how far all of them are, when one has come further.
    fn tell(&mut self, run: &Run, total: u64, now: Time) {
        let Some(heard) = &self.heard else { return };
        let far = (run.terminal() as u64, total);
        if self.told.insert(run.run.clone(), far) != Some(far) {
            let (done, total) = self.told.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            heard.say(Said::Step { done, total, line: &progress::bar_line(run, now) });
        }
    }

    /// Takes the bar of a run away.
    pub fn finish(&mut self, run: &RunId) {
        if let (Some(bars), Some(bar)) = (&self.bars, self.of_run.remove(run)) {
            bar.finish_and_clear();
            bars.remove(&bar);
        }
    }
}

impl Drop for Progress {
    /// Leaves the terminal without bars, however the watching ended.
    fn drop(&mut self) {
        let runs: Vec<RunId> = self.of_run.keys().cloned().collect();
        runs.iter().for_each(|run| self.finish(run));
    }
}
