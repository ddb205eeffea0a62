//! The variants: a table of all, and the details of each with the reasons of its rank.

use maud::{Markup, html};

use super::escape::text;
use super::{chip, ranked, reviewed, section_of, step_list, verdict};
use crate::model::{Evidence, Handoff, Observation, Review, Reviewed, Run, Variant};
use crate::render::{describe, steps};

/// Returns the table of all variants, best first.
pub fn table(handoff: &Handoff) -> Markup {
    let (run, review) = (&handoff.run, handoff.review.as_ref());
    let recommended = super::recommended(run, review);
    html! {
        @if !run.variants.is_empty() {
            section #variants aria-labelledby="variants-h" {
                h2 #variants-h { "Variants" }
                div .scroll role="region" aria-labelledby="variants-h" tabindex="0" {
                    table .grid {
                        thead { tr {
                            @if review.is_some() { th scope="col" { "rank" } }
                            th scope="col" { "variant" }
                            th scope="col" { "result" }
                            th scope="col" .num { "changes" }
                            @if review.is_some() { th scope="col" { "class" } }
                            th scope="col" { "notes" }
                        } }
                        tbody {
                            @for variant in ranked(run, review) {
                                (row(run, variant, review, recommended == Some(variant.index)))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn row(run: &Run, variant: &Variant, review: Option<&Review>, recommended: bool) -> Markup {
    let reviewed = reviewed(run, review, variant.index);
    let notes = describe::notes(variant, str::to_owned);
    html! {
        tr .best[recommended] {
            @if review.is_some() { td .num { (reviewed.and_then(|it| it.rank).map_or("–".to_owned(), |it| it.to_string())) } }
            th scope="row" {
                a href={ "#" (section_of(variant.index)) } { (variant.name()) }
                @if recommended { " " span .star { span aria-hidden="true" { "★ " } "recommended" } }
                @if let Some(agent) = &variant.agent { span .small { (text(agent)) } }
            }
            td { (outcome(variant, reviewed)) }
            td .num.fact data-name="changes" {
                (describe::changes(variant).unwrap_or_else(|| "–".to_owned()))
                @if let Some(files) = variant.files { span .small { (describe::number(files as usize, "file")) } }
            }
            @if review.is_some() {
                td .fact data-name="class" { (reviewed.and_then(|it| it.class).map_or("–".to_owned(), |class| format!("{}, {}", class.as_str().to_uppercase(), class.words()))) }
            }
            td .wide.fact { @for note in notes { span .small { (text(&note)) } } }
        }
    }
}

fn outcome(variant: &Variant, reviewed: Option<&Reviewed>) -> Markup {
    match (reviewed, variant.apply) {
        (Some(reviewed), _) if reviewed.commit.is_some() => verdict(reviewed.verdict),
        (_, Some(apply)) if variant.commit.is_some() => chip("none", "•", apply.as_str()),
        (_, Some(apply)) => chip("bad", "✗", apply.as_str()),
        _ => chip("none", "•", &variant.status.as_str().replace('_', " ")),
    }
}

/// Formats a number; whole ones without a fraction.
pub fn number(number: f64) -> String {
    let rounded = format!("{number:.2}");
    rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Formats a similarity in percent. Only an equal change is 100 %.
pub fn percent(likeness: Option<f64>) -> String {
    likeness.map_or("–".to_owned(), |likeness| match (likeness * 100.0).round() {
        100.0 if likeness < 1.0 => "99 %".to_owned(),
        percent => format!("{percent} %"),
    })
}

/// Returns the details of each variant; the recommended one is open.
pub fn details(handoff: &Handoff) -> Markup {
    let (run, review) = (&handoff.run, handoff.review.as_ref());
    let open = super::recommended(run, review);
    html! {
        @if !run.variants.is_empty() {
            section #details aria-labelledby="details-h" {
                h2 #details-h { "Each variant in detail" }
                @if let Some(review) = review { (judges(review)) }
                @for variant in ranked(run, review) {
                    details .variant id=(section_of(variant.index)) open[open == Some(variant.index)] {
                        @let reviewed = reviewed(run, review, variant.index);
                        (summary(variant, reviewed))
                        @if let Some(reviewed) = reviewed {
                            (class(reviewed))
                            @if let Some(review) = review { (opinions(review, variant.index)) }
                            (evidence(&reviewed.evidence, review))
                            (touched(reviewed))
                        }
                        (risks(variant, reviewed))
                        (message(variant))
                        h3 { "Commands" }
                        (step_list(&steps::of_variant(run, variant)))
                    }
                }
            }
        }
    }
}

fn summary(variant: &Variant, reviewed: Option<&Reviewed>) -> Markup {
    html! {
        summary {
            strong { (text(&describe::name(variant))) } " "
            (outcome(variant, reviewed)) " "
            span .small {
                (describe::facts(variant))
                @if let Some(branch) = &variant.branch { ", " code { (text(branch)) } }
            }
        }
        @for note in variant.reason.iter() { p { (text(note)) } }
        @if !variant.conflicts.is_empty() {
            p { "Conflicts with the base in:" }
            ul { @for path in &variant.conflicts { li { code { (text(path)) } } } }
        }
        @if let Some(twin) = variant.duplicate_of {
            p { "The same patch as " a href={ "#" (section_of(twin)) } { "var" (twin) } "." }
        }
    }
}

fn class(reviewed: &Reviewed) -> Markup {
    let Some(class) = reviewed.class else { return html! {} };
    html! {
        h3 { "Class " (class.as_str().to_uppercase()) ": " (class.words()) }
        ul { @for why in &reviewed.why { li { (text(why)) } } }
    }
}

fn evidence(evidence: &Evidence, review: Option<&Review>) -> Markup {
    let accepted = |it: &Observation| review.is_some_and(|review| it.is_accepted(&review.accepted));
    html! {
        h3 { "Evidence in the change" }
        (names("Tests added", &evidence.tests_added))
        (names("Tests removed", &evidence.tests_removed))
        @if evidence.findings.is_empty() { p .quiet { "No findings." } }
        @else {
            ul .findings {
                @for finding in &evidence.findings {
                    li {
                        @if accepted(finding) { (chip("none", "✓", "accepted")) }
                        @else if finding.counts { (chip("bad", "!", "counts against it")) }
                        @else { (chip("none", "i", "note")) }
                        " " strong { (text(&finding.kind)) } " "
                        code { (text(&finding.path)) @if let Some(line) = finding.line { ":" (line) } }
                        " " (text(&finding.detail))
                    }
                }
            }
        }
        details .inner {
            summary { (describe::number(evidence.files.len(), "file")) ", a patch of " (evidence.patch_bytes) " bytes" }
            ul .names { @for path in evidence.files.iter().take(MOST) { li { code { (text(path)) } } } }
            @if evidence.files.len() > MOST { p .quiet { "and " (evidence.files.len() - MOST) " more" } }
        }
    }
}

/// Returns a list of names, cut after [`MOST`].
const MOST: usize = 500;

fn names(what: &str, names: &[String]) -> Markup {
    html! {
        @if !names.is_empty() {
            p {
                (what) ": "
                @for (at, name) in names.iter().take(MOST).enumerate() { @if at > 0 { ", " } code { (text(name)) } }
                @if names.len() > MOST { " and " (names.len() - MOST) " more" }
            }
        }
    }
}

fn touched(reviewed: &Reviewed) -> Markup {
    html! {
        @if !reviewed.touched.is_empty() {
            p { "The checks changed the worktree: " }
            ul { @for change in &reviewed.touched { li { code { (text(&change.to_string())) } } } }
        }
    }
}

/// Returns the risks of the harvest, if no review lists them among its evidence.
fn risks(variant: &Variant, reviewed: Option<&Reviewed>) -> Markup {
    let told = |kind: &str, path: &str| {
        reviewed.is_some_and(|it| it.evidence.findings.iter().any(|seen| seen.kind == kind && seen.path == path))
    };
    let risks: Vec<_> = variant.risks.iter().filter(|risk| !told(&risk.kind.to_string(), &risk.path)).collect();
    html! {
        @if !risks.is_empty() {
            h3 { "Risks to check before using it" }
            ul .findings {
                @for risk in risks {
                    li {
                        @if risk.counts() { (chip("bad", "!", "risk")) } @else { (chip("none", "i", "note")) }
                        " " strong { (text(&risk.kind.to_string())) } " " code { (text(&risk.path)) } " "
                        (text(&risk.detail))
                    }
                }
            }
        }
    }
}

/// Returns the judges, with those that failed.
fn judges(review: &Review) -> Markup {
    html! {
        @for judge in &review.judges {
            p .quiet {
                "Judge " code { (text(&judge.command)) } ": "
                @if let Some(error) = &judge.error { (chip("bad", "✗", "no answer")) " " (text(error)) }
                @else { (describe::number(judge.opinions.len(), "opinion")) " in " (number(judge.duration_s)) " s, without agents' names" }
            }
        }
    }
}

fn opinions(review: &Review, index: u32) -> Markup {
    let opinions = review.judges.iter().flat_map(|judge| judge.opinions.iter().map(move |it| (judge, it)));
    let opinions: Vec<_> = opinions.filter(|(_, opinion)| opinion.variant == index).collect();
    html! {
        @if !opinions.is_empty() {
            h3 { "Opinions of the judges" }
            @for (judge, opinion) in opinions {
                blockquote {
                    p { strong { (number(opinion.score)) " of 10. " } (text(&opinion.reason)) }
                    p .small { code { (text(&judge.command)) } ", judged as " (text(&opinion.letter)) }
                }
            }
        }
    }
}

fn message(variant: &Variant) -> Markup {
    let said = variant.message.as_deref().filter(|said| !said.trim().is_empty());
    html! {
        @if let Some(said) = said {
            h3 { "The agent's last message" }
            pre .prose tabindex="0" { (text(said.trim_end())) }
        }
        @else if variant.commit.is_some() { p .quiet { "Its agent left no message." } }
    }
}
