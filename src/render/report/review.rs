//! The results of a review, as parts of the report.

use super::{Cells, table};
use crate::model::{Check, CheckStatus, Handoff, Observation, Review, Run, Variant};
use crate::render::describe;
use crate::render::review::{against, facts, how, recommendation_is_current, seconds, standing, tests};
use crate::render::text::{code, markdown_cell, markdown_words, one_line, quote_literally};

/// Maximum number of failing checks that are quoted, and of the last lines of each.
const QUOTED: usize = 4;
const LINES: usize = 12;

/// Maximum number of listed findings of a variant.
const FINDINGS: usize = 12;

/// Maximum width of a judge's reason, in columns.
const REASON: usize = 300;

/// Returns the recommended variant, the reasons, and the command that picks it.
pub(super) fn recommendation(handoff: &Handoff) -> String {
    let Some(review) = &handoff.review else { return String::new() };
    let run = &handoff.run;
    let said = &review.recommendation;
    let first = match (recommendation_is_current(review, run), said.variant) {
        (Err(why), _) => return format!("## Recommendation\n\n{why}\n"),
        (Ok(()), Some(variant)) => {
            format!("Pick var{variant}: {}\n", code(&format!("git puff pick {}:{variant}", run.run)))
        }
        (Ok(()), None) => "No variant is recommended.\n".to_owned(),
    };
    let reasons: Vec<String> = said.reasons.iter().cloned().chain(against(said)).collect();
    format!("## Recommendation\n\n{first}\n{}", items(&reasons))
}

/// Returns the ranking of the variants.
pub(super) fn results(handoff: &Handoff) -> String {
    let Some(review) = &handoff.review else { return String::new() };
    let run = &handoff.run;
    let mut ranked: Vec<(&Variant, [String; 3])> =
        run.variants.iter().filter_map(|variant| Some((variant, standing(review, run, variant)?))).collect();
    ranked.sort_by_key(|(variant, _)| {
        let rank = review.variant(variant.index).and_then(|reviewed| reviewed.rank);
        (rank.is_none(), rank, variant.index)
    });
    let rows = ranked.into_iter().map(|(variant, [rank, verdict, class])| {
        let [risks, judge] = facts(review, variant);
        cells([rank, describe::name(variant), class, verdict, risks, judge])
    });
    let heads = ["rank", "variant", "class", "verdict", "risks", "judge"];
    format!("## Ranking\n\n{}", table(heads, rows.collect()))
}

/// Returns a table with a row for every check of the base and of every variant.
pub(super) fn checks(handoff: &Handoff) -> String {
    let Some(review) = &handoff.review else { return String::new() };
    let of = |name: &str, checks: &[Check]| -> Vec<Cells<6>> {
        let row = |check: &Check| {
            let on_base = check.on_base.map(|status| status.as_str().to_owned()).unwrap_or_default();
            let exit = check.exit.filter(|code| *code != 0).map(|code| format!(" ({code})")).unwrap_or_default();
            let status = format!("{}{exit}", check.status.as_str());
            let tests = tests(check).unwrap_or_default();
            cells([name.to_owned(), check.command.clone(), status, on_base, tests, seconds(check.duration_s)])
        };
        checks.iter().map(row).collect()
    };
    let mut rows = of("base", &review.base);
    rows.extend(handoff.run.variants.iter().flat_map(|variant| of(&describe::name(variant), &variant.checks)));
    if rows.is_empty() {
        return "## Checks\n\nNo check was run: the ranking is based on the changes alone.\n".to_owned();
    }
    let heads = ["of", "check", "result", "on the base", "tests", "time"];
    format!("## Checks\n\n{}{}{}", table(heads, rows), unconfined(review), failures(&handoff.run))
}

/// Returns the checks that ran unconfined while others, or earlier ones, did not.
fn unconfined(review: &Review) -> String {
    let Some(confinement) = review.confinement.as_ref().filter(|of| !of.unconfined.is_empty()) else {
        return String::new();
    };
    let checks: Vec<String> = confinement.unconfined.iter().map(|command| code(command)).collect();
    let settings: Vec<String> = confinement.mended_by.iter().map(|setting| code(setting)).collect();
    format!("\nUnconfined, since the base passes it only so (see {}): {}\n", settings.join(", "), checks.join(", "))
}

/// Returns the last output lines of the first failing checks.
fn failures(run: &Run) -> String {
    let failing = run.variants.iter().filter(|variant| variant.duplicate_of.is_none()).flat_map(|variant| {
        let failed = variant.checks.iter().filter(|check| check.status != CheckStatus::Passed);
        failed.map(move |check| (variant, check))
    });
    let quoted = failing.take(QUOTED).map(|(variant, check)| {
        let said = check.tail.trim_end();
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
        format!("\n{}: {}\n\n{}", variant.name(), markdown_words(&how(check)), quote_literally(&last, LINES).0)
    });
    quoted.collect()
}

/// Returns the opinions of the judges.
pub(super) fn judges(handoff: &Handoff) -> String {
    let Some(review) = handoff.review.as_ref().filter(|review| !review.judges.is_empty()) else { return String::new() };
    let mut lines = String::new();
    for judge in &review.judges {
        lines += &match &judge.error {
            Some(error) => {
                format!("- {} does not count: {}\n", code(&judge.command), markdown_words(&one_line(error, REASON)))
            }
            None => format!("- {}\n", code(&judge.command)),
        };
        for opinion in &judge.opinions {
            let reason = markdown_words(&one_line(&opinion.reason, REASON));
            lines += &format!("  - var{}: {} of 10. {reason}\n", opinion.variant, opinion.score);
        }
    }
    format!("## Judges\n\n{lines}")
}

/// Returns the findings of each variant, an item a line: risks that count, and notes.
pub(super) fn findings(handoff: &Handoff) -> Option<String> {
    let review = handoff.review.as_ref()?;
    let of_base = |finding| format!("- base: {}\n", words_of(review, finding));
    let mut lines: String = review.base_findings.iter().take(FINDINGS).map(of_base).collect();
    for reviewed in &review.variants {
        let mut shown: Vec<&Observation> = reviewed.evidence.findings.iter().collect();
        shown.sort_by_key(|finding| !finding.counts);
        for finding in shown.iter().take(FINDINGS) {
            lines += &format!("- var{}: {}\n", reviewed.index, words_of(review, finding));
        }
        if shown.len() > FINDINGS {
            lines += &format!("- var{}: {} more\n", reviewed.index, shown.len() - FINDINGS);
        }
    }
    Some(if lines.is_empty() { lines } else { format!("## Risks\n\n{lines}") })
}

fn words_of(review: &Review, finding: &Observation) -> String {
    let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
    let place = code(&format!("{}{line}", finding.path));
    let accepted = if finding.is_accepted(&review.accepted) { " (accepted)" } else { "" };
    format!("{}, {place}, {}{accepted}", markdown_words(&finding.kind), markdown_words(&finding.detail))
}

/// Returns the follow-ups and the residual risk of the recommendation.
pub(super) fn rest(handoff: &Handoff) -> String {
    let Some(review) = &handoff.review else { return String::new() };
    if recommendation_is_current(review, &handoff.run).is_err() {
        return String::new();
    }
    let part = |heading: &str, of: &[String]| {
        if of.is_empty() { String::new() } else { format!("## {heading}\n\n{}\n", items(of)) }
    };
    let said = &review.recommendation;
    part("Follow-ups", &said.follow_ups) + &part("Residual risk", &said.residual_risk)
}

/// Returns the review of one variant, an item a line: for the note on its commit.
pub(super) fn of_variant(handoff: &Handoff, variant: &Variant) -> String {
    let standing = handoff.review.as_ref().and_then(|review| standing(review, &handoff.run, variant));
    let Some([rank, verdict, class]) = standing else { return String::new() };
    if rank.is_empty() {
        return String::new();
    }
    let class = if class.is_empty() { class } else { format!(", class {class}") };
    let mut lines = format!("- rank {rank}: {verdict}{class}\n");
    let reviewed = handoff.review.as_ref().and_then(|review| review.variant(variant.index));
    for why in reviewed.into_iter().flat_map(|reviewed| &reviewed.why) {
        lines += &format!("- {}\n", markdown_words(why));
    }
    for check in &variant.checks {
        lines += &format!("- {}\n", markdown_words(&how(check)));
    }
    format!("## Review\n\n{lines}")
}

fn items(of: &[String]) -> String {
    of.iter().map(|item| format!("- {}\n", markdown_words(item))).collect()
}

fn cells<const N: usize>(cells: [String; N]) -> Cells<N> {
    cells.map(|cell| {
        let cell = markdown_cell(&one_line(&cell, 100));
        if cell.is_empty() { "-".to_owned() } else { cell }
    })
}
