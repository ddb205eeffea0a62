//! The decision or recommendation, its reasons, and the command that applies it.

use maud::{Markup, html};

use super::escape::text;
use super::{command, moment, ranked, verdict};
use crate::model::{Decision, Handoff, Recommendation, Review, Run, Variant, Verdict};
use crate::render::describe;
use crate::render::steps::{self, Step};

/// Returns the first section of the page.
pub fn section(handoff: &Handoff) -> Markup {
    let run = &handoff.run;
    html! {
        section #decision aria-labelledby="decision-h" {
            @if let Some(decision) = &run.decision { (taken(run, decision)) }
            @match &handoff.review {
                Some(review) if run.decision.is_none() && !review.outdated(run).is_empty() => (outdated(run, review)),
                Some(review) => (recommended(run, review)),
                None if run.decision.is_none() => (unreviewed(run)),
                None => {}
            }
        }
    }
}

fn taken(run: &Run, decision: &Decision) -> Markup {
    let how = match decision.how {
        crate::model::PickMethod::CherryPick => "by cherry-pick onto",
        crate::model::PickMethod::Merge => "by a merge into",
        crate::model::PickMethod::Branch => "as the branch",
    };
    let onto = decision.onto.strip_prefix("refs/heads/").unwrap_or(&decision.onto);
    html! {
        div .card.taken {
            p .eyebrow { "Decided " (moment(decision.decided_at)) }
            h2 #decision-h { "Picked: var" (decision.variant) (by(run, decision.variant)) }
            p {
                (how) " " code { (text(onto)) }
                @if let Some(after) = decision.after { ", now at " code { (after.short()) } "." }
                @else { ". Resolve the conflicts, then run " }
            }
            @if decision.after.is_none() {
                (command("git puff pick --continue"))
            }
            @if !decision.reasons.is_empty() { h3 { "Reasons at the time" } (list(&decision.reasons)) }
        }
    }
}

fn by(run: &Run, index: u32) -> Markup {
    let agent = run.variant(index).and_then(|variant| variant.agent.as_deref());
    html! { @if let Some(agent) = agent { span .quiet { " by " (text(agent)) } } }
}

fn list(items: &[String]) -> Markup {
    html! { ul .reasons { @for item in items { li { (text(item)) } } } }
}

fn recommended(run: &Run, review: &Review) -> Markup {
    let advice = &review.recommendation;
    let id = if run.decision.is_some() { "advice-h" } else { "decision-h" };
    html! {
        div .card.advice {
            p .eyebrow { @if run.decision.is_some() { "Recommended was" } @else { "Recommended" } }
            h2 id=(id) {
                @match advice.variant {
                    Some(index) => { "Pick var" (index) (by(run, index)) }
                    None if !advice.tied.is_empty() => { (several(&advice.tied)) " are equally good" }
                    None => "No variant is recommended",
                }
            }
            @if let Some(reviewed) = advice.variant.and_then(|index| review.variant(index)) {
                p { (verdict(reviewed.verdict)) " " (facts(run, reviewed.index)) }
            }
            (list(&advice.reasons))
            (ways(run, review))
            (afterwards(advice))
        }
    }
}

/// Returns the section for an outdated review, which recommends nothing.
fn outdated(run: &Run, review: &Review) -> Markup {
    let changed = review.outdated(run);
    let step = steps::review_them(run);
    html! {
        div .card.advice {
            p .eyebrow { "Reviewed " (moment(review.reviewed_at)) ", before later changes" }
            h2 #decision-h { (several(&changed)) (if changed.len() == 1 { " has" } else { " have" }) " changed since the review" }
            p { "Review the run again for a recommendation." }
            div .take { span { (step.purpose) } (command(&step.command)) }
        }
    }
}

fn facts(run: &Run, index: u32) -> Markup {
    let changes = run.variant(index).and_then(|variant| {
        Some(format!("{}, {}", describe::number(variant.files? as usize, "file"), describe::changes(variant)?))
    });
    html! { @if let Some(changes) = changes { span .quiet { (changes) } } }
}

fn several(indexes: &[u32]) -> String {
    let names: Vec<String> = indexes.iter().map(|index| format!("var{index}")).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// Returns the commands that pick the recommended variant.
fn ways(run: &Run, review: &Review) -> Markup {
    let advice = &review.recommendation;
    let candidates: Vec<u32> = advice.variant.into_iter().chain(advice.tied.iter().copied()).collect();
    html! {
        @if run.decision.is_none() {
            @for step in candidates.iter().filter_map(|index| run.variant(*index)).map(|it| taking(run, it)) {
                div .take { span { (step.purpose) } (command(&step.command)) }
            }
            @if let Some(variant) = advice.variant.and_then(|index| run.variant(index)) {
                p .quiet { "Read it first: " (command(&steps::read_changes(run, variant).command)) }
            }
            @if candidates.is_empty() {
                @for variant in ranked(run, Some(review)).into_iter().filter(|it| it.commit.is_some()).take(1) {
                    @if review.variant(variant.index).is_some_and(|it| it.verdict != Verdict::NoCommit) {
                        p .quiet { "The nearest is " a href={ "#" (variant.name()) } { (variant.name()) } "." }
                    }
                }
                @if let Some(step) = steps::again(run) {
                    div .take { span { (step.purpose) } (command(&step.command)) }
                }
            }
        }
    }
}

fn taking(run: &Run, variant: &Variant) -> Step {
    steps::take(run, variant, format!("pick {}", variant.name()))
}

fn afterwards(advice: &Recommendation) -> Markup {
    html! {
        @if !advice.follow_ups.is_empty() || !advice.residual_risk.is_empty() {
            div .pair {
                @if !advice.follow_ups.is_empty() { div { h3 { "Follow-ups" } (list(&advice.follow_ups)) } }
                @if !advice.residual_risk.is_empty() {
                    div { h3 { "Residual risk" } (list(&advice.residual_risk)) }
                }
            }
        }
    }
}

fn unreviewed(run: &Run) -> Markup {
    let first = steps::urgent(run);
    let reviewable = run.variants.iter().any(|variant| variant.commit.is_some());
    html! {
        div .card.advice {
            p .eyebrow { "Not reviewed" }
            @if reviewable {
                h2 #decision-h { "These variants were not reviewed yet" }
                p { "A review runs your checks on every variant and on the base, ranks the variants, and recommends one." }
                @let step = steps::review_them(run);
                div .take { span { (step.purpose) } (command(&step.command)) }
            } @else {
                h2 #decision-h { "No variants to choose from yet" }
                @for step in first { div .take { span { (text(&step.purpose)) } (command(&step.command)) } }
            }
        }
    }
}
