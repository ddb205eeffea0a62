//! On what grounds a variant was taken, as known at that time: a sentence each.

use crate::engine::review::TreeVerdict;
use crate::model::{Check, CheckStatus, Review, Run, Variant};

/// Returns the reasons: what was recommended, how its checks went, its place, and what is risky in it.
pub(super) fn of(run: &Run, variant: &Variant, review: Option<&Review>) -> Vec<String> {
    let mut reasons = vec![recommendation(variant, review)];
    if let Some(review) = review {
        let tied: Vec<String> = review.recommendation.tied.iter().map(|index| format!("var{index}")).collect();
        if tied.len() > 1 {
            reasons.push(format!("{} were equally good.", tied.join(", ")));
        }
        let ranked = review.variants.iter().filter(|reviewed| reviewed.rank.is_some()).count();
        let rank = review.variant(variant.index).and_then(|reviewed| reviewed.rank);
        let score = variant.score.as_ref().map(|score| format!(", with a score of {}", score.total));
        reasons.extend(rank.map(|rank| format!("It was number {rank} of {ranked}{}.", score.unwrap_or_default())));
    }
    reasons.extend(checks(&variant.checks));
    let risks: Vec<&str> = variant.risks.iter().filter(|risk| risk.counts()).map(|risk| risk.path.as_str()).collect();
    if !risks.is_empty() {
        reasons.push(format!("It has risks: {}.", risks.join(", ")));
    }
    let twins: Vec<String> = run
        .variants
        .iter()
        .filter(|other| other.index != variant.index && other.patch_sha256.is_some())
        .filter(|other| other.patch_sha256 == variant.patch_sha256)
        .map(Variant::name)
        .collect();
    if !twins.is_empty() {
        reasons.push(format!("Its patch is also that of {}.", twins.join(", ")));
    }
    reasons
}

/// Returns what is said of the tree that lands.
pub(super) fn landing(verdict: Option<&TreeVerdict>, unchecked: bool) -> Option<String> {
    match verdict.map(|verdict| &verdict.failure) {
        Some(None) => Some("What landed passed its checks.".to_owned()),
        Some(Some(failure)) => Some(format!("What landed fails {failure}; it was taken with --force.")),
        None => unchecked.then(|| "What landed was not checked (--no-check).".to_owned()),
    }
}

fn recommendation(variant: &Variant, review: Option<&Review>) -> String {
    let Some(review) = review else { return "There was no review: nothing was recommended.".to_owned() };
    let why = review.recommendation.reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    let sentence = match review.recommendation.variant {
        Some(index) if index == variant.index => format!("It was recommended{why}"),
        Some(index) => format!("It was not recommended: var{index} was{why}"),
        None => format!("Nothing was recommended{why}"),
    };
    if sentence.ends_with('.') { sentence } else { sentence + "." }
}

fn checks(checks: &[Check]) -> Option<String> {
    let failed: Vec<String> = checks
        .iter()
        .filter(|check| check.status != CheckStatus::Passed)
        .map(|check| {
            let before = check.on_base.is_some_and(|status| status != CheckStatus::Passed);
            format!("'{}'{}", check.command, if before { " (on the base already)" } else { "" })
        })
        .collect();
    match (checks, failed.as_slice()) {
        ([], _) => Some("No check was run on it.".to_owned()),
        ([_], []) => Some("Its check passed.".to_owned()),
        (all, []) => Some(format!("All {} checks passed.", all.len())),
        (all, failed) => Some(format!("{} of {} checks did not pass: {}.", failed.len(), all.len(), failed.join(", "))),
    }
}
