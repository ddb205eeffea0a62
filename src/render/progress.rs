//! The progress of a run as one line: for the progress bar, and a line for each change for a pipe and the log.

use super::describe;
use super::text::{clean_line, one_line};
use crate::model::{DisplayFormat, Run, Span, Time, Variant, VariantStatus};

/// Maximum width of a reason, in columns.
const REASON: usize = 200;

/// Returns the text beside a run's progress bar: `fix-the-parser-3f2a  2/4 done, 1 failed  5m 3s  last change 20s ago`.
pub fn bar_line(run: &Run, now: Time) -> String {
    let failed = run.count(VariantStatus::Failed);
    let mut done = format!("{} done", describe::done(run));
    if failed > 0 {
        done += &format!(", {failed} failed");
    }
    if let Some(attention) = &run.attention {
        done += &format!(", {}", clean_line(attention.as_str()));
    }
    let began = run.submitted_at.unwrap_or(run.created_at);
    let changed = run.progress_at.unwrap_or(run.updated_at);
    format!("{}  {done}  {}  last change {} ago", run.run, passed(now, began), passed(now, changed))
}

/// Returns the time between two moments; zero if the clocks differ.
fn passed(now: Time, then: Time) -> Span {
    Span(u64::try_from((now - then).num_seconds()).unwrap_or(0))
}

/// Returns the changes of a run between two polls, a line each; for a new run, its state.
pub fn change(old: Option<&Run>, new: &Run, display: &DisplayFormat) -> Vec<String> {
    let mut lines: Vec<String> = state(old, new).into_iter().chain(attention(old, new)).collect();
    for variant in &new.variants {
        lines.extend(variant_change(old.and_then(|old| old.variant(variant.index)), new, variant, display));
    }
    lines
}

/// Returns the changes of a run between two states, in one line without its name: a subject for its journal.
pub fn subject(old: &Run, new: &Run) -> String {
    let variants: Vec<String> = new
        .variants
        .iter()
        .filter(|variant| old.variant(variant.index).is_none_or(|old| old.status != variant.status))
        .map(|variant| format!("{} {}", variant.name(), variant.status.as_str()))
        .collect();
    let state = (old.state != new.state).then(|| new.state.as_str().to_owned());
    let attention = (old.attention != new.attention).then(|| match &new.attention {
        Some(attention) => clean_line(attention.as_str()),
        None => "attention cleared".to_owned(),
    });
    let parts: Vec<String> = state.into_iter().chain(attention).chain(variants).collect();
    if parts.is_empty() { "observed".to_owned() } else { parts.join(", ") }
}

fn state(old: Option<&Run>, new: &Run) -> Option<String> {
    let was = match old {
        Some(old) if old.state == new.state => return None,
        Some(old) => format!(" (was {})", old.state.as_str()),
        None => format!(", {} done", describe::done(new)),
    };
    let why = new.reason.as_deref().map(|reason| format!(": {}", one_line(reason, REASON))).unwrap_or_default();
    Some(format!("{}: {}{was}{why}", new.run, new.state.as_str()))
}

fn attention(old: Option<&Run>, new: &Run) -> Option<String> {
    let was = old.and_then(|old| old.attention.as_ref());
    if was == new.attention.as_ref() {
        return None;
    }
    Some(match (&new.attention, was) {
        (Some(now), _) => {
            let (word, what) = (clean_line(now.as_str()), clean_line(describe::attention(now)));
            format!("{}: {word}: {what}", new.run)
        }
        (None, was) => {
            let word = was.map(|was| clean_line(was.as_str())).unwrap_or_default();
            format!("{}: no longer {word}", new.run)
        }
    })
}

fn variant_change(old: Option<&Variant>, run: &Run, new: &Variant, display: &DisplayFormat) -> Option<String> {
    let nothing = Variant::new(new.index);
    let old = old.unwrap_or(&nothing);
    let mut news = Vec::new();
    if old.status != new.status {
        news.push(new.status.as_str().to_owned());
    }
    if new.revision > 1 && old.revision != new.revision {
        news.push(format!("its patch changed (revision {})", new.revision));
    }
    if old.apply != new.apply {
        news.extend(describe::apply(new).map(str::to_owned));
    }
    if old.branch != new.branch {
        news.extend(new.branch.as_ref().map(|branch| format!("branch {}", clean_line(branch))));
    }
    if old.apply != new.apply || old.reason != new.reason {
        let notes = describe::notes(new, |path: &str| display.path(path)).join("; ").replace('\n', " ");
        news.extend((!notes.is_empty()).then(|| one_line(&notes, REASON)));
    }
    (!news.is_empty()).then(|| format!("{}:{}: {}", run.run, new.index, news.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::model::{Attention, State};

    #[test]
    fn a_bar_says_how_far_and_how_long() {
        let mut run = samples::fresh();
        run.variants[0].status = VariantStatus::Completed;
        run.variants[1].status = VariantStatus::Failed;
        run.progress_at = Some(samples::created() + chrono::Duration::seconds(283));
        let now = samples::created() + chrono::Duration::seconds(303);
        assert_eq!(bar_line(&run, now), "fix-the-parser-3f2a  2/4 done, 1 failed  5m 3s  last change 20s ago");
    }

    #[test]
    fn a_change_is_told_once() {
        let old = samples::fresh();
        assert_eq!(change(None, &old, &DisplayFormat::PLAIN), ["fix-the-parser-3f2a: pending, 0/4 done"]);
        let mut new = old.clone();
        new.attention = Some(Attention::NeedsLogin);
        new.variants[1].status = VariantStatus::InProgress;
        let wanted = [
            "fix-the-parser-3f2a: needs-login: sign in to the provider; the run continues afterwards",
            "fix-the-parser-3f2a:2: in_progress",
        ];
        assert_eq!(change(Some(&old), &new, &DisplayFormat::PLAIN), wanted);
        assert_eq!(change(Some(&new), &new, &DisplayFormat::PLAIN), [""; 0]);
        let mut later = samples::harvested();
        later.state = State::Ready;
        let wanted = [
            "fix-the-parser-3f2a: ready (was pending)",
            "fix-the-parser-3f2a: no longer needs-login",
            "fix-the-parser-3f2a:1: completed, applied, branch puff/fix-the-parser-3f2a/var1, risks: .github/workflows/ci.yml",
        ];
        assert_eq!(change(Some(&new), &later, &DisplayFormat::PLAIN)[..3], wanted);
    }
}
