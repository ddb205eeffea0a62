//! Outside judges: programs that read what is known of the variants, not who made them, and answer scores.

mod exhibits;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub(super) use self::exhibits::Exhibits;
use super::cache::Answers;
use super::ranking::Candidate;
use super::{Found, worktrees};
use crate::app::{AgentEnv, App};
use crate::choice::results::{Outcome, TestResult};
use crate::error::Result;
use crate::model::documents::{Blinded, Question, SeenCheck, SeenOthers, SeenTest, SeenTests};
use crate::model::{Check, Judge, Oid, Opinion, OthersTests, Run, RunId, Schema, Span, TestStanding, documents};
use crate::process::{self, Cmd, Ended, HeadAndTail, Stop, Stream};
use crate::render::steps::shell_word;
use crate::store::sha256;

/// The most bytes of a patch that a judge gets to see.
const PATCH: usize = 1 << 20;

/// The most bytes of an answer, and of the complaints that are looked at.
const ANSWER: usize = 1 << 20;
const COMPLAINT: usize = 4 << 10;

/// The most characters of a reason.
const REASON: usize = 2000;

const WANTED: &str = "On standard output, a JSON object {\"variants\":[{\"variant\":\"A\",\"score\":0..10,\"reason\":\"…\"}]} \
    with one entry for each variant: 10 is a change to take as it is, 0 one to throw away. You are in a workspace at the base; \
    the folder that $GIT_PUFF_VARIANTS names has the tree of each variant, to read, by its letter.";

/// The variable that names the folder with the trees of the variants.
const VARIANTS: &str = "GIT_PUFF_VARIANTS";

/// The most tests of a check that a judge gets to see.
const TESTS: usize = 300;

/// A judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeCommand {
    /// A line for the shell.
    pub command: String,
    /// The folder that a program in it is named from.
    pub folder: PathBuf,
}

impl JudgeCommand {
    /// Returns the line with the path of its program in full: it runs in another folder than it was typed in.
    fn resolved(&self) -> String {
        let program = self.command.split_whitespace().next().unwrap_or_default();
        let is_plain = program.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c));
        let is_relative = program.contains('/') && !program.starts_with('/') && self.command.starts_with(program);
        let file = self.folder.join(program);
        match file.to_str().filter(|_| is_plain && is_relative && file.is_file()) {
            Some(file) => format!("{}{}", shell_word(file), &self.command[program.len()..]),
            None => self.command.clone(),
        }
    }
}

/// A candidate, its patch, whether that is cut, and its tree.
type Shown<'b> = (&'b Candidate<'b>, String, bool, Oid);

/// All that judges are shown of a run, before each gets its own order.
pub(super) struct Material<'b> {
    prompt: &'b str,
    run: &'b Run,
    base: Vec<SeenCheck<'b>>,
    /// The candidates without their twins.
    shown: Vec<Shown<'b>>,
    all: &'b [Candidate<'b>],
    found: &'b Found,
}

impl<'b> Material<'b> {
    /// Collects what judges are shown. `found` has the results of the checks.
    ///
    /// # Errors
    /// When a patch cannot be made.
    pub fn collect(
        app: &App,
        run: &'b Run,
        prompt: &'b str,
        base: &'b [Check],
        all: &'b [Candidate<'b>],
        found: &'b Found,
    ) -> Result<Material<'b>> {
        let mut shown = Vec::new();
        for candidate in all.iter().filter(|candidate| candidate.twin_of.is_none()) {
            let commit = run.variant(candidate.index).and_then(|variant| variant.commit).unwrap_or(run.base_oid);
            let (patch, is_cut) = shorten(&app.repo.patch_between(run.base_oid, commit)?);
            shown.push((candidate, patch, is_cut, app.repo.commit(commit)?.tree));
        }
        let base = checks(base, found, app.repo.commit(run.base_oid)?.tree);
        Ok(Material { prompt, run, base, shown, all, found })
    }

    /// Returns the trees of the variants.
    pub fn trees(&self) -> Vec<Oid> {
        self.shown.iter().map(|(.., tree)| *tree).collect()
    }
}

/// Returns checks on a tree with their tests, those first that did not pass.
fn checks<'b>(checks: &'b [Check], found: &'b Found, tree: Oid) -> Vec<SeenCheck<'b>> {
    let seen = |test: &'b TestResult| SeenTest {
        group: &test.group,
        name: &test.name,
        status: match test.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
        },
        actual: test.actual.as_deref(),
    };
    let of = |check: &'b Check| {
        let answer = found.get(&tree)?.iter().find(|answer| answer.check.command == check.command)?;
        let mut results: Vec<SeenTest<'b>> = answer.results.iter().map(seen).collect();
        results.sort_by_key(|test| ["failed", "skipped"].iter().position(|one| *one == test.status).unwrap_or(2));
        results.truncate(TESTS);
        Some(results)
    };
    checks.iter().map(|check| SeenCheck::new(check, of(check).unwrap_or_default())).collect()
}

/// The variants as a judge sees them: each with its letter.
pub(super) struct JudgePanel<'b> {
    /// The letter, the variant, its tree, and its twins.
    seats: Vec<(String, &'b Candidate<'b>, Oid, Vec<u32>)>,
    document: Vec<u8>,
}

impl<'b> JudgePanel<'b> {
    /// Seats the candidates before each judge, in an order that follows from the name of the run and from the judge: no number
    /// tells who is who, and a judge who is asked again is asked the same. Where two judges would have one order, the second
    /// begins with another candidate: what comes first has an advantage.
    pub fn seat_all(material: &'b Material<'b>, judges: &[JudgeCommand]) -> Vec<JudgePanel<'b>> {
        let mut taken: Vec<Vec<u32>> = Vec::new();
        let mut panels = Vec::new();
        for judge in judges {
            let mut order: Vec<&'b Shown<'b>> = material.shown.iter().collect();
            order.sort_by_cached_key(|(candidate, ..)| blind_order(&material.run.run, &judge.command, candidate.index));
            let numbers =
                |order: &[&Shown<'b>]| order.iter().map(|(candidate, ..)| candidate.index).collect::<Vec<_>>();
            for _ in 1..order.len() {
                if !taken.contains(&numbers(&order)) {
                    break;
                }
                order.rotate_left(1);
            }
            taken.push(numbers(&order));
            panels.push(JudgePanel::seat(material, &order));
        }
        panels
    }

    fn seat(material: &'b Material<'b>, order: &[&'b Shown<'b>]) -> JudgePanel<'b> {
        let seats: Vec<_> = order
            .iter()
            .enumerate()
            .map(|(at, (candidate, _, _, tree))| {
                let twins = material.all.iter().filter(|one| one.twin_of == Some(candidate.index));
                (letter(at), *candidate, *tree, twins.map(|one| one.index).collect())
            })
            .collect();
        let mut panel = JudgePanel { seats, document: Vec::new() };
        let blinded =
            order.iter().zip(&panel.seats).map(|((candidate, patch, patch_truncated, tree), (letter, ..))| {
                let mut evidence = candidate.evidence.clone();
                for finding in &mut evidence.findings {
                    finding.detail = panel.blind(&finding.detail);
                }
                Blinded {
                    variant: letter,
                    patch,
                    patch_truncated: *patch_truncated,
                    checks: checks(candidate.checks, material.found, *tree),
                    class: candidate.class,
                    why: candidate.why.iter().map(|why| panel.blind(why)).collect(),
                    tests: candidate.tests.map(|tests| panel.tests(tests)),
                    evidence,
                }
            });
        let document = Question {
            schema: Schema::of(documents::JUDGE),
            answer: WANTED,
            prompt: material.prompt,
            base: material.run.base_oid,
            base_checks: material.base.clone(),
            variants: blinded.collect(),
        };
        panel.document = serde_json::to_vec_pretty(&document).unwrap_or_default();
        panel
    }

    /// Returns the letter of a variant, or of the one that is the same.
    fn letter_of(&self, index: u32) -> Option<&str> {
        let is_it = |candidate: &Candidate<'_>, twins: &[u32]| candidate.index == index || twins.contains(&index);
        let mut seats = self.seats.iter().filter(|(_, candidate, _, twins)| is_it(candidate, twins));
        seats.next().map(|(letter, ..)| letter.as_str())
    }

    fn tests<'d>(&'d self, tests: &'d TestStanding) -> SeenTests<'d> {
        let others = tests.others.iter().filter_map(|other| {
            let OthersTests { variant, passed, failed } = *other;
            Some(SeenOthers { variant: self.letter_of(variant)?, passed, failed })
        });
        SeenTests { base: &tests.base, own: tests.own, others: others.collect() }
    }

    /// Returns what the review says with letters in place of its variants.
    fn blind(&self, said: &str) -> String {
        let (mut blind, mut rest) = (String::new(), said);
        while let Some(at) = rest.find("var") {
            let (before, name) = rest.split_at(at);
            let digits = name[3..].bytes().take_while(u8::is_ascii_digit).count();
            let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let letter = name[3..3 + digits].parse().ok().and_then(|index| self.letter_of(index));
            blind += before;
            match letter.filter(|_| is_word) {
                Some(letter) => blind += letter,
                None => blind += &name[..3 + digits],
            }
            rest = &name[3 + digits..];
        }
        blind + rest
    }

    /// Returns the letters with their trees.
    pub fn letters(&self) -> Vec<(String, Oid)> {
        self.seats.iter().map(|(letter, _, tree, _)| (letter.clone(), *tree)).collect()
    }

    /// Returns what a judge said when it was asked the same before.
    pub fn remembered(&self, app: &App, judge: &JudgeCommand) -> Option<Judge> {
        Answers::new(app).judge(&judge.command, &self.document)
    }

    /// Keeps what a judge said.
    pub fn keep(&self, app: &App, judge: &Judge) {
        Answers::new(app).keep_judge(&self.document, judge);
    }

    /// Asks a judge, in a workspace at the base; none when the review is stopped. `variants` has the trees by their letters.
    pub fn ask(
        &self,
        judge: &JudgeCommand,
        (workspace, variants): (&Path, &Path),
        limit: Span,
        stop: &Stop,
    ) -> Option<Judge> {
        let began = std::time::Instant::now();
        let opinions = match self.call(judge, (workspace, variants), limit, stop) {
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
    fn call(
        &self,
        judge: &JudgeCommand,
        (workspace, variants): (&Path, &Path),
        limit: Span,
        stop: &Stop,
    ) -> Result<Option<Vec<u8>>, String> {
        let cmd = AgentEnv::without_markers(Cmd::shell(&judge.resolved()))
            .cwd(workspace)
            .env("PWD", workspace)
            .env(VARIANTS, variants)
            .stdin(self.document.clone())
            .limit(limit.duration());
        let cmd = crate::git::TIES.iter().fold(cmd, |cmd, name| cmd.env_remove(name));
        let (mut out, mut err) = (HeadAndTail::new(ANSWER, 0), HeadAndTail::new(0, COMPLAINT));
        let hear = |bytes: &[u8], stream| match stream {
            Stream::Out => out.add(bytes),
            Stream::Err => err.add(bytes),
        };
        let ended = process::run_bounded(&cmd, worktrees::mark(workspace), stop, hear);
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
            let Some((letter, candidate, _, twins)) = shown else {
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

/// Returns where a variant sits: it follows from the names of the run and the judge, and does not reveal the number of a variant.
fn blind_order(run: &RunId, judge: &str, variant: u32) -> String {
    sha256(format!("{run}\0{judge}\0{variant}").as_bytes())
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

/// Returns the judges of the command line, whose programs are named from where it was typed; or else those of `puff.judge`, whose
/// programs are named from the top.
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
    fn every_run_and_judge_has_an_order_of_its_own() {
        let order = |run: &str, judge: &str| {
            let run: RunId = run.parse().unwrap();
            let mut order: Vec<u32> = (1..=6).collect();
            order.sort_by_cached_key(|variant| blind_order(&run, judge, *variant));
            order
        };
        assert_eq!(order("fix-3f2a", "one"), order("fix-3f2a", "one"));
        assert_ne!(order("fix-3f2a", "one"), order("fix-3f2b", "one"));
        assert_ne!(order("fix-3f2a", "one"), order("fix-3f2a", "other"));
        assert_ne!(order("fix-3f2a", "one"), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn the_program_of_a_judge_is_named_from_where_it_was_typed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("judge"), "").unwrap();
        let resolved =
            |command: &str| JudgeCommand { command: command.into(), folder: folder.path().into() }.resolved();
        assert_eq!(resolved("./judge -m x"), format!("{}/./judge -m x", folder.path().display()));
        for same in ["judge -m x", "./other", "/bin/judge", "X=1 ./judge", "\"./judge\""] {
            assert_eq!(resolved(same), same);
        }
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
