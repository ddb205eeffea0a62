//! Outside judges: programs that read what is known of the variants, not who made them, and answer scores.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::cache::Answers;
use super::ranking::Candidate;
use super::worktrees;
use crate::app::{AgentEnv, App};
use crate::error::Result;
use crate::model::documents::{Blinded, Question, SeenCheck};
use crate::model::{Check, Judge, Opinion, Run, RunId, Schema, Span, documents};
use crate::process::{self, Cmd, Ended, HeadAndTail, Stop, Stream};
use crate::store::sha256;

/// The most bytes of a patch that a judge gets to see.
const PATCH: usize = 1 << 20;

/// The most bytes of an answer, and of the complaints that are looked at.
const ANSWER: usize = 1 << 20;
const COMPLAINT: usize = 4 << 10;

/// The most characters of a reason.
const REASON: usize = 2000;

const WANTED: &str = "On standard output, a JSON object {\"variants\":[{\"variant\":\"A\",\"score\":0..10,\"reason\":\"…\"}]} \
    with one entry for each variant: 10 is a change to take as it is, 0 one to throw away.";

/// A judge, and where it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeCommand {
    /// A line for the shell.
    pub command: String,
    /// The folder that it runs in.
    pub folder: PathBuf,
}

/// The variants as judges see them: each with its letter.
pub(super) struct JudgePanel<'b> {
    /// The letter, the variant, and its twins.
    seats: Vec<(String, &'b Candidate<'b>, Vec<u32>)>,
    document: Vec<u8>,
}

impl<'b> JudgePanel<'b> {
    /// Seats the candidates in an order that follows from the run's name alone, so that no number tells who is who, and
    /// that a judge who is asked again is asked the same.
    ///
    /// # Errors
    /// When a patch cannot be made.
    pub fn assemble(
        app: &App,
        run: &Run,
        prompt: &str,
        base: &'b [Check],
        candidates: &'b [Candidate<'b>],
    ) -> Result<JudgePanel<'b>> {
        let mut order: Vec<&Candidate<'_>> =
            candidates.iter().filter(|candidate| candidate.twin_of.is_none()).collect();
        order.sort_by_cached_key(|candidate| blind_order(&run.run, candidate.index));
        let seats: Vec<_> = order
            .into_iter()
            .enumerate()
            .map(|(at, candidate)| {
                let twins = candidates.iter().filter(|one| one.twin_of == Some(candidate.index));
                (letter(at), candidate, twins.map(|one| one.index).collect())
            })
            .collect();
        let mut variants = Vec::new();
        for (letter, candidate, _) in &seats {
            let commit = run.variant(candidate.index).and_then(|variant| variant.commit).unwrap_or(run.base_oid);
            let patch = app.repo.patch_between(run.base_oid, commit)?;
            let (patch, patch_truncated) = shorten(&patch);
            let checks = candidate.checks.iter().map(SeenCheck::from).collect();
            variants.push(Blinded { variant: letter, patch, patch_truncated, checks, evidence: candidate.evidence });
        }
        let document = Question {
            schema: Schema::of(documents::JUDGE),
            answer: WANTED,
            prompt,
            base: run.base_oid,
            base_checks: base.iter().map(SeenCheck::from).collect(),
            variants,
        };
        let document = serde_json::to_vec_pretty(&document).unwrap_or_default();
        Ok(JudgePanel { seats, document })
    }

    /// Returns what a judge said when it was asked the same before.
    pub fn remembered(&self, app: &App, judge: &JudgeCommand) -> Option<Judge> {
        Answers::new(app).judge(&judge.command, &self.document)
    }

    /// Keeps what a judge said.
    pub fn keep(&self, app: &App, judge: &Judge) {
        Answers::new(app).keep_judge(&self.document, judge);
    }

    /// Asks a judge; none when the review is stopped. `mark` is a folder of ours alone.
    pub fn ask(&self, judge: &JudgeCommand, limit: Span, mark: &Path, stop: &Stop) -> Option<Judge> {
        let began = std::time::Instant::now();
        let opinions = match self.call(judge, limit, mark, stop) {
            Ok(None) => return None,
            Ok(Some(said)) => self.read(&said),
            Err(why) => Err(why),
        };
        let duration_s = (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        let (opinions, error) = match opinions {
            Ok(opinions) => (opinions, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Some(Judge { command: judge.command.clone(), error, duration_s, cached: false, opinions })
    }

    /// Returns what the judge printed; none when it was stopped.
    fn call(&self, judge: &JudgeCommand, limit: Span, mark: &Path, stop: &Stop) -> Result<Option<Vec<u8>>, String> {
        let cmd = AgentEnv::without_markers(Cmd::shell(&judge.command))
            .cwd(&judge.folder)
            .stdin(self.document.clone())
            .limit(limit.duration());
        let (mut out, mut err) = (HeadAndTail::new(ANSWER, 0), HeadAndTail::new(0, COMPLAINT));
        let hear = |bytes: &[u8], stream| match stream {
            Stream::Out => out.add(bytes),
            Stream::Err => err.add(bytes),
        };
        let ended = process::run_bounded(&cmd, worktrees::mark(mark), stop, hear);
        let complaint = String::from_utf8_lossy(&err.bytes()).into_owned();
        let last = complaint.lines().rev().find(|line| !line.trim().is_empty());
        match ended.map_err(|failure| failure.to_string())?.0 {
            Ended::Stopped => Ok(None),
            Ended::TimedOut => Err(format!("it gave no answer within {limit}")),
            Ended::With(0) if out.left_out() > 0 => Err(format!("its answer has more than {} KiB", ANSWER >> 10)),
            Ended::With(0) => Ok(Some(out.bytes())),
            Ended::With(code) => Err(format!(
                "it ended with exit code {code}{}",
                last.map(|line| format!(": {line}")).unwrap_or_default()
            )),
        }
    }

    /// Takes an answer apart: a score for every variant, and for no other process.
    fn read(&self, said: &[u8]) -> Result<Vec<Opinion>, String> {
        let answer = find(said)?;
        let mut opinions = Vec::new();
        let mut heard = BTreeSet::new();
        for Scored { variant, score, reason } in answer.variants {
            let shown = self.seats.iter().find(|(letter, ..)| *letter == variant);
            let Some((letter, candidate, twins)) = shown else {
                return Err(format!("it scored '{variant}', which it was not shown"));
            };
            if !(0.0..=10.0).contains(&score) {
                return Err(format!("its score of {letter} is {score}, not from 0 to 10"));
            }
            if !heard.insert(letter) {
                return Err(format!("it scored {letter} twice"));
            }
            let reason: String = reason.chars().take(REASON).collect();
            for index in std::iter::once(candidate.index).chain(twins.iter().copied()) {
                opinions.push(Opinion { variant: index, letter: letter.clone(), score, reason: reason.clone() });
            }
        }
        let missing: Vec<&str> = self
            .seats
            .iter()
            .map(|(letter, ..)| letter)
            .filter(|letter| !heard.contains(letter))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            return Err(format!("it left out {}", missing.join(", ")));
        }
        opinions.sort_by_key(|opinion| opinion.variant);
        Ok(opinions)
    }
}

#[derive(Deserialize)]
struct Answer {
    variants: Vec<Scored>,
}

#[derive(Deserialize)]
struct Scored {
    variant: String,
    score: f64,
    #[serde(default)]
    reason: String,
}

/// Returns the answer in what was printed: all of it, or what stands between the first brace and the last. Some
/// programs talk around it.
fn find(said: &[u8]) -> Result<Answer, String> {
    let text = String::from_utf8_lossy(said);
    let text = text.trim();
    if text.is_empty() {
        return Err("it printed nothing".to_owned());
    }
    let inner = || Some(&text[text.find('{')?..=text.rfind('}')?]);
    let parsed = serde_json::from_str(text).or_else(|why| match inner() {
        Some(inner) => serde_json::from_str(inner).map_err(|_| why),
        None => Err(why),
    });
    parsed.map_err(|why| format!("its answer is not the requested JSON: {why}"))
}

/// Returns where a variant sits: it follows from the run's name, and does not reveal the number of a variant.
fn blind_order(run: &RunId, variant: u32) -> String {
    sha256(format!("{run}\0{variant}").as_bytes())
}

fn shorten(patch: &[u8]) -> (String, bool) {
    let cut = patch.len() > PATCH;
    let end = if cut {
        patch[..PATCH].iter().rposition(|byte| *byte == b'\n').map_or(PATCH, |at| at + 1)
    } else {
        patch.len()
    };
    (String::from_utf8_lossy(&patch[..end]).into_owned(), cut)
}

/// Returns the letter of a variant: A, B, …, Z, AA, AB, ….
fn letter(at: usize) -> String {
    let last = char::from(b'A' + (at % 26) as u8);
    if at < 26 { last.to_string() } else { format!("{}{last}", letter(at / 26 - 1)) }
}

/// Returns the judges of the command line, which run where it was typed; or else those of `puff.judge`, which run at
/// the top.
pub fn appoint(app: &App, flags: &[String]) -> Vec<JudgeCommand> {
    let (commands, folder) = if flags.is_empty() {
        let configured = app.settings.all(crate::settings::JUDGE);
        let top = app.layout.top().unwrap_or(&app.repo.location().common_dir);
        (configured.into_iter().map(|setting| setting.value).collect(), top.to_owned())
    } else {
        (flags.to_vec(), app.environment.cwd.clone())
    };
    commands.into_iter().map(|command| JudgeCommand { command, folder: folder.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_has_an_order_of_its_own() {
        let order = |run: &str| {
            let run: RunId = run.parse().unwrap();
            let mut order: Vec<u32> = (1..=6).collect();
            order.sort_by_cached_key(|variant| blind_order(&run, *variant));
            order
        };
        assert_eq!(order("fix-3f2a"), order("fix-3f2a"));
        assert_ne!(order("fix-3f2a"), order("fix-3f2b"));
        assert_ne!(order("fix-3f2a"), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn letters_do_not_end() {
        assert_eq!([0, 25, 26, 51, 52, 702].map(letter), ["A", "Z", "AA", "AZ", "BA", "AAA"]);
    }

    #[test]
    fn an_answer_is_found_in_what_is_said_around_it() {
        let good = r#"{"variants":[{"variant":"A","score":7.5,"reason":"fine"}]}"#;
        for said in [good.to_owned(), format!("Here it is:\n```json\n{good}\n```\n")] {
            assert_eq!(find(said.as_bytes()).ok().map(|answer| answer.variants[0].score), Some(7.5));
        }
        for bad in ["", "I like A.", "{\"variants\":[{\"variant\":\"A\"}]}", "[]"] {
            assert!(find(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
