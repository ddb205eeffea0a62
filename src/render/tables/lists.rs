//! Lists of runs, jobs and findings.

use super::super::columns::{Columns, Fit};
use super::super::describe;
use super::super::text::{ago, clean_line, one_line, pad};
use crate::model::documents::Kind;
use crate::model::{Finding, Job, Run, Span, Time};

/// Maximum width of a title, in columns.
const TITLE: usize = 120;

/// Renders `list`: the runs in the given order, in at most `width` columns.
pub fn runs(runs: &[Run], now: Time, width: usize) -> String {
    if runs.is_empty() {
        return "no runs\n".to_owned();
    }
    let mut table = Columns::new([
        ("RUN", Fit::Start),
        ("STATE", Fit::Whole),
        ("DONE", Fit::Number),
        ("CREATED", Fit::Whole),
        ("TITLE", Fit::Start),
    ]);
    runs.iter().for_each(|run| table.row(run_cells(run, now)));
    table.render(width)
}

/// Returns the cells of a run: name, state, number of finished variants, creation time, title.
pub fn run_cells(run: &Run, now: Time) -> [String; 5] {
    let title = one_line(&run.title, TITLE);
    [run.run.to_string(), describe::state_word(run), describe::done(run), ago(now, run.created_at), title]
}

/// Renders `jobs`, in at most `width` columns.
pub fn jobs(jobs: &[Job], now: Time, width: usize) -> String {
    if jobs.is_empty() {
        return "no run is being watched\n".to_owned();
    }
    let mut table = Columns::new([
        ("RUN", Fit::Start),
        ("STATE", Fit::Whole),
        ("EVERY", Fit::Number),
        ("LAST POLL", Fit::Whole),
        ("NEXT POLL", Fit::Whole),
        ("LOG", Fit::End),
    ]);
    for job in jobs {
        let last = job.last_poll_at.map(|then| ago(now, then));
        let next = job.next_poll_at.map(|then| until(now, then));
        table.row([
            job.run.to_string(),
            job.state.as_str().to_owned(),
            Span(job.interval_s).to_string(),
            last.unwrap_or_default(),
            next.unwrap_or_default(),
            job.log_path.clone(),
        ]);
    }
    table.render(width)
}

/// Renders `schema`: the kinds of documents.
pub fn kinds(kinds: &[Kind], width: usize) -> String {
    let mut table = Columns::new([("KIND", Fit::Whole), ("DESCRIPTION", Fit::Start)]);
    kinds.iter().for_each(|kind| table.row([kind.name.to_owned(), kind.about.to_owned()]));
    table.render(width)
}

/// Formats a time in the future: `in 12s`; `now` when it is due.
fn until(now: Time, then: Time) -> String {
    match u64::try_from((then - now).num_seconds()) {
        Ok(seconds) if seconds > 0 => format!("in {}", Span(seconds)),
        _ => "now".to_owned(),
    }
}

/// Renders `doctor`: a line a check, with its hint below.
pub fn findings(findings: &[Finding]) -> String {
    let widest = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let (result, name) = (finding.result.as_str(), pad(&clean_line(&finding.name), widest));
        text += format!("{result:<4}  {name}  {}", clean_line(&finding.detail)).trim_end();
        text.push('\n');
        if let Some(hint) = &finding.hint {
            text += &format!("{:6}hint: {}\n", "", clean_line(hint));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::super::samples;
    use super::*;
    use crate::model::{Attention, FindingResult};

    #[test]
    fn runs_are_listed_in_eighty_columns() {
        let mut waiting = samples::fresh();
        waiting.attention = Some(Attention::NeedsLogin);
        waiting.title = "Make \u{1b}[31mthe parser trim its input at both ends".to_owned();
        let now = samples::created() + chrono::Duration::minutes(3);
        let wanted = "\
RUN                  STATE                  DONE  CREATED  TITLE
fix-the-parser-3f2a  pending (needs-login)   0/4  3m ago   Make �[31mthe parser…
fix-the-parser-3f2a  harvested               4/4  3m ago   Fix the parser
";
        assert_eq!(runs(&[waiting, samples::harvested()], now, 80), wanted);
    }

    #[test]
    fn jobs_and_findings() {
        let job = Job {
            run: samples::fresh().run,
            task_id: None,
            watcher: Some(7),
            state: crate::model::JobState::Watching,
            interval_s: 15,
            last_poll_at: Some(samples::created()),
            next_poll_at: Some(samples::created() + chrono::Duration::seconds(15)),
            log_path: "/home/me/src/project/.git/puff/logs/fix-the-parser-3f2a.log".to_owned(),
        };
        let wanted = "\
RUN                  STATE     EVERY  LAST POLL  NEXT POLL  LOG
fix-the-parser-3f2a  watching    15s  just now   in 15s     …the-parser-3f2a.log
";
        assert_eq!(jobs(&[job], samples::created(), 80), wanted);
        let ok = Finding {
            name: "git".into(),
            result: FindingResult::Ok,
            value: None,
            detail: "git 2.47".into(),
            hint: None,
        };
        let fail = Finding {
            name: "login".into(),
            result: FindingResult::Fail,
            detail: "codex is signed out".into(),
            hint: Some("codex login".into()),
            value: None,
        };
        let wanted = "ok    git    git 2.47\nfail  login  codex is signed out\n      hint: codex login\n";
        assert_eq!(findings(&[ok, fail]), wanted);
    }
}
