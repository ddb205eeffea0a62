//! The handoff as one HTML page, for a reader who has to choose a variant.
//!
//! A self-contained file that can be mailed, attached and archived. Its content security policy forbids the browser to
//! load anything and to run any other script, whatever a patch or a message contains. Without scripts it lacks only
//! the comparison of two variants, which the script computes from the changes of every variant against the base and
//! from edit scripts (`changes`).
//!
//! The same run gives the same bytes. `maud` renders the small parts with templates that are checked at compile time
//! and escape their values. Large parts, the lines of diffs, are appended directly.

mod changes;
mod checks;
mod decision;
mod escape;
mod matrix;
mod variants;

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::steps::Step;
use super::{describe, steps};
use crate::model::{Comparison, Handoff, Review, Reviewed, Run, SideBySide, Variant, Verdict};
use escape::text;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The comparison that a page shows beside the handoff.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'c> {
    /// The similarity matrix, if known.
    pub comparison: Option<&'c Comparison>,
    /// The changed lines.
    pub sides: &'c SideBySide,
}

/// Returns the page of a run.
pub fn page(handoff: &Handoff, compared: Compared<'_>) -> String {
    let run = &handoff.run;
    let Compared { sides, .. } = compared;
    let comparison = compared.comparison.filter(|it| it.variants.len() > 1);
    let title = title(run);
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
        fingerprint(STYLE),
        fingerprint(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (text(&title)) " · " (run.run) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a .skip href="#main" { "Skip to the report" }
                (header(run, &title))
                (navigation(handoff, comparison, sides))
                main #main tabindex="-1" {
                    (decision::section(handoff))
                    (variants::table(handoff))
                    (checks::section(handoff))
                    (variants::details(handoff))
                    (matrix::section(comparison))
                    (PreEscaped(changes::section(run, sides, advised(handoff))))
                    (asked(handoff))
                    (next(handoff))
                }
                footer { "Made by git-puff from " code { "refs/puff/runs/" (run.run) } "." }
                (help())
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// Returns the hash by which the policy allows a script or a style.
fn fingerprint(source: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(source.as_bytes())))
}

/// Returns the review of a variant; none if the variant has changed since.
fn reviewed<'r>(run: &Run, review: Option<&'r Review>, index: u32) -> Option<&'r Reviewed> {
    review.filter(|review| !review.outdated(run).contains(&index))?.variant(index)
}

/// Returns the recommended variant, unless the review is outdated.
fn recommended(run: &Run, review: Option<&Review>) -> Option<u32> {
    review.filter(|review| review.outdated(run).is_empty())?.recommendation.variant
}

/// Returns the variant to show first: the picked or the recommended one.
fn advised(handoff: &Handoff) -> Option<u32> {
    let recommended = recommended(&handoff.run, handoff.review.as_ref());
    handoff.run.decision.as_ref().map(|decision| decision.variant).or(recommended)
}

fn title(run: &Run) -> String {
    let title = super::text::one_line(&run.title, 200);
    if title.is_empty() { run.run.to_string() } else { title }
}

fn header(run: &Run, title: &str) -> Markup {
    html! {
        header {
            p .eyebrow { "git-puff report · " code { (run.run) } }
            h1 { (text(title)) }
            p .lead { (describe::state(run)) " " (describe::counts(run)) }
            @if let Some(reason) = &run.reason { p { (text(reason)) } }
            @if let Some(attention) = &run.attention {
                p .notice { strong { "Action required: " } (text(describe::attention(attention))) "." }
            }
        }
    }
}

fn navigation(handoff: &Handoff, comparison: Option<&Comparison>, sides: &SideBySide) -> Markup {
    let links = [
        ("decision", "Decision", true),
        ("variants", "Variants", !handoff.run.variants.is_empty()),
        ("checks", "Checks", checks::has_any(handoff)),
        ("details", "Details", !handoff.run.variants.is_empty()),
        ("likeness", "Likeness", comparison.is_some()),
        ("changes", "Changes", !sides.files.is_empty() || !sides.left_out.is_empty()),
        ("asked", "Task", true),
        ("next", "Next steps", true),
    ];
    html! {
        nav aria-label="Parts of the report" {
            ul { @for (id, name, _) in links.iter().filter(|link| link.2) { li { a href={ "#" (id) } { (name) } } } }
        }
    }
}

/// Returns the section of the task and the origin of the run.
fn asked(handoff: &Handoff) -> Markup {
    let run = &handoff.run;
    let dialect = run.dialect.as_deref().map(|dialect| format!(" ({dialect})")).unwrap_or_default();
    let facts = [
        ("run", Some(run.run.to_string())),
        ("base", Some(format!("{}, {}", run.base, run.base_oid))),
        ("best of", Some(run.best_of.to_string())),
        ("provider", Some(format!("{}{dialect}", run.provider.as_str()))),
        ("environment", run.env.clone()),
        ("task", run.task_id.clone()),
        ("address", run.task_url.clone()),
        ("instead of", run.parent.as_ref().map(ToString::to_string)),
        ("created", Some(moment(run.created_at))),
        ("reviewed", handoff.review.as_ref().map(|review| moment(review.reviewed_at))),
    ];
    html! {
        section #asked aria-labelledby="asked-h" {
            h2 #asked-h { "Task" }
            @if handoff.prompt.trim().is_empty() { p .quiet { "The prompt is not known." } }
            @else { pre .prose { (text(handoff.prompt.trim_end())) } }
            dl .facts {
                @for (name, value) in facts { @if let Some(value) = value { dt { (name) } dd { (text(&value)) } } }
            }
        }
    }
}

fn moment(time: crate::model::Time) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn next(handoff: &Handoff) -> Markup {
    html! {
        section #next aria-labelledby="next-h" {
            h2 #next-h { "Next steps" }
            (step_list(&steps::next(&handoff.run, handoff.review.as_ref())))
        }
    }
}

fn step_list(steps: &[Step]) -> Markup {
    html! { dl .steps { @for step in steps { dt { (text(&step.purpose)) } dd { (command(&step.command)) } } } }
}

/// Returns a command; the script adds a button that copies it.
fn command(command: &str) -> Markup {
    html! { span .command { code .cmd { (text(command)) } } }
}

/// Returns a verdict as a symbol and a word, because colour alone is not accessible.
fn verdict(verdict: Verdict) -> Markup {
    let (class, sign, word) = match verdict {
        Verdict::Passed => ("good", "✓", "passed"),
        Verdict::Failed => ("bad", "✗", "failed"),
        Verdict::FailsOnBase => ("odd", "≈", "fails only where the base does"),
        Verdict::Unchecked => ("none", "–", "not checked"),
        Verdict::NoCommit => ("none", "∅", "nothing to check"),
    };
    chip(class, sign, word)
}

fn chip(class: &str, sign: &str, word: &str) -> Markup {
    html! { span class={ "chip " (class) } { span aria-hidden="true" { (sign) " " } (word) } }
}

fn section_of(index: u32) -> String {
    format!("var{index}")
}

/// Returns the variants, best first if they are ranked.
fn ranked<'r>(run: &'r Run, review: Option<&Review>) -> Vec<&'r Variant> {
    let mut variants: Vec<&Variant> = run.variants.iter().collect();
    let rank = |variant: &Variant| reviewed(run, review, variant.index)?.rank;
    variants.sort_by_key(|variant| (rank(variant).unwrap_or(u32::MAX), variant.index));
    variants
}

fn help() -> Markup {
    let keys = [
        ("j / k", "next / previous file of the changes"),
        ("o", "open or close that file"),
        ("a / b", "choose the left / right side"),
        ("s", "swap the sides"),
        ("u", "side by side, or unified"),
        ("?", "this help"),
    ];
    html! {
        dialog #help aria-labelledby="help-h" {
            h2 #help-h { "Keys" }
            dl .keys { @for (key, what) in keys { dt { kbd { (key) } } dd { (what) } } }
            form method="dialog" { button { "Close" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_that_browsers_make() {
        assert_eq!(fingerprint(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn style_and_script_stay_in_their_elements() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
