//! The wording of runs and variants for reports and tables. The results contain untrusted text, which the caller
//! cleans.

use crate::model::{
    Apply, Attention, CheckStatus, Decision, Oid, PickMethod, Risk, RiskKind, Run, State, Variant, VariantStatus,
};

/// Maximum number of paths in a note; the others are counted.
const PATHS: usize = 3;

/// Returns the state of a run as a sentence.
pub fn state(run: &Run) -> &'static str {
    match run.state {
        State::Queued => "The run is queued; nothing was sent yet.",
        State::Submitting => "The run is being submitted.",
        State::Pending => "The run is active.",
        State::Ready => "The run is ready to harvest.",
        State::Harvested => "The run is harvested.",
        State::Reviewed => "The run is harvested and reviewed.",
        State::Picked => "A variant of the run was picked.",
        State::Error => "The run ended in error.",
        State::Cancelled => "The run was cancelled.",
    }
}

/// Returns the decision as a sentence, with object names formatted by `name`.
pub fn decision(decision: &Decision, name: impl Fn(&Oid) -> String) -> String {
    let onto = decision.onto.strip_prefix("refs/heads/").unwrap_or(&decision.onto);
    let how = match decision.how {
        PickMethod::CherryPick => format!("by a cherry-pick onto {onto}"),
        PickMethod::Merge => format!("by a merge into {onto}"),
        PickMethod::Branch => format!("as the branch {onto}"),
    };
    match decision.after {
        Some(after) => format!("var{} was picked, {how}: {}.", decision.variant, name(&after)),
        None => format!("var{} is being picked, {how}: resolve its conflicts.", decision.variant),
    }
}

/// Returns whether this variant was picked.
pub fn is_taken(run: &Run, variant: &Variant) -> bool {
    run.decision.as_ref().is_some_and(|decision| decision.variant == variant.index)
}

/// Returns the counts of the variants as a sentence: `Of 4 variants, 3 completed and 1 failed; of their patches, 2
/// applied`
pub fn counts(run: &Run) -> String {
    let statuses = [
        (VariantStatus::Completed, "completed"),
        (VariantStatus::Failed, "failed"),
        (VariantStatus::Cancelled, "cancelled"),
        (VariantStatus::Unknown, "unknown"),
        (VariantStatus::InProgress, "in progress"),
        (VariantStatus::Pending, "not started"),
    ];
    let counted: Vec<_> = statuses.map(|(status, word)| (run.count(status), word)).into();
    let applies = [
        (Apply::Applied, "applied"),
        (Apply::Applied3Way, "applied three-way"),
        (Apply::Conflict, "conflicted"),
        (Apply::Rejected, "rejected"),
        (Apply::Empty, "empty"),
    ];
    let count = |apply| run.variants.iter().filter(|variant| variant.apply == Some(apply)).count();
    let applied: Vec<_> = applies.map(|(apply, word)| (count(apply), word)).into();
    if run.variants.is_empty() {
        return format!("{} requested, none started.", number(total(run), "variant"));
    }
    let mut sentence = format!("Of {}, {}", number(total(run), "variant"), list(&counted));
    let patches = list(&applied);
    if !patches.is_empty() {
        sentence += &format!("; of their patches, {patches}");
    }
    sentence + "."
}

/// Returns the number of variants that a run has or will have.
pub fn total(run: &Run) -> usize {
    run.variants.len().max(run.best_of as usize)
}

/// Formats a count with its noun: `1 file`, `2 files`.
pub fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Formats the non-zero counts: `3 completed and 1 failed`.
fn list(counted: &[(usize, &str)]) -> String {
    let some = counted.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = some.map(|(count, word)| format!("{count} {word}")).collect();
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => words.concat(),
    }
}

/// Returns what the user has to do; the word itself for one of a newer git-puff.
pub fn attention(attention: &Attention) -> &str {
    match attention {
        Attention::NeedsLogin => "sign in to the provider; the run continues afterwards",
        Attention::NeedsTask => "name the task of the interrupted submission, if it has one",
        Attention::AttemptLimit => "the attempt limit is reached; the run continues when attempts are available again",
        Attention::TaskNotFound => "the provider has no such task (any more)",
        Attention::ClientTrouble => "cannot run the provider's client or parse its output",
        Attention::NeedsSignature => "fix commit signing, then harvest the run",
        Attention::Other(word) => word,
    }
}

/// Formats the state: `pending`, or `pending (needs-login)` if the user has to act.
pub fn state_word(run: &Run) -> String {
    match &run.attention {
        Some(attention) => format!("{} ({})", run.state.as_str(), attention.as_str()),
        None if run.is_running_elsewhere() => format!("{} (elsewhere)", run.state.as_str()),
        None => run.state.as_str().to_owned(),
    }
}

/// Formats the name of a variant, with its agent if known: `var2 (codex)`.
pub fn name(variant: &Variant) -> String {
    match &variant.agent {
        Some(agent) => format!("{} ({agent})", variant.name()),
        None => variant.name(),
    }
}

/// Formats the changed lines: `+10 -3`; none before the harvest.
pub fn changes(variant: &Variant) -> Option<String> {
    let (plus, minus) = (variant.insertions?, variant.deletions?);
    Some(format!("+{plus} -{minus}"))
}

/// Returns how the patch applied to the base; none before the harvest.
pub fn apply(variant: &Variant) -> Option<&'static str> {
    variant.apply.map(Apply::as_str)
}

/// Formats the facts of a variant: `completed, applied, 2 files, +10 -3`.
pub fn facts(variant: &Variant) -> String {
    let mut facts = vec![variant.status.as_str().to_owned()];
    facts.extend(apply(variant).map(str::to_owned));
    facts.extend(variant.files.map(|files| number(files as usize, "file")));
    facts.extend(changes(variant));
    facts.join(", ")
}

/// Returns notes on a variant: why it has no branch, its conflicts, its duplicate, its risks, the results of its
/// checks. Paths are formatted by `path`.
pub fn notes(variant: &Variant, path: impl Fn(&str) -> String) -> Vec<String> {
    let mut notes: Vec<String> = variant.reason.iter().cloned().collect();
    if !variant.conflicts.is_empty() {
        notes.push(format!("conflicts in {}", some_of(variant.conflicts.iter().map(|it| path(it)))));
    }
    notes.extend(variant.duplicate_of.map(|twin| format!("same patch as var{twin}")));
    // Listed separately, because these paths are not in its patch.
    let is_stray = |risk: &&Risk| risk.kind == RiskKind::UserWorktree;
    let (strays, risks): (Vec<&Risk>, Vec<&Risk>) =
        variant.risks.iter().filter(|risk| risk.counts()).partition(is_stray);
    if !risks.is_empty() {
        notes.push(format!("risks: {}", some_of(risks.iter().map(|risk| path(&risk.path)))));
    }
    if !strays.is_empty() {
        let changed = some_of(strays.iter().map(|risk| path(&risk.path)));
        notes.push(format!("{}: {changed} (changed there while its agent was active)", RiskKind::UserWorktree));
    }
    if let Some(ignored) = &variant.ignored {
        let named = some_of(ignored.paths.iter().map(|name| path(name)));
        notes.push(format!("{} not in the patch: {named}", number(ignored.count as usize, "new ignored file")));
    }
    notes.extend(checks(variant));
    notes
}

/// Formats the results of the checks: `2 of 3 checks passed`; none if no check was run.
pub fn checks(variant: &Variant) -> Option<String> {
    let passed = variant.checks.iter().filter(|check| check.status == CheckStatus::Passed).count();
    let all = variant.checks.len();
    (all > 0).then(|| format!("{passed} of {} passed", number(all, "check")))
}

/// Returns the first few names, and the number of the others.
pub fn some_of(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(PATHS);
    let mut words = names.take(PATHS).collect::<Vec<_>>().join(", ");
    if more > 0 {
        words += &format!(" and {more} more");
    }
    words
}

/// Returns whether a harvest would fetch something.
pub fn wants_harvest(run: &Run) -> bool {
    let closed = matches!(run.state, State::Queued | State::Submitting | State::Cancelled);
    run.state == State::Ready || (!closed && run.has_unharvested())
}

/// Returns whether the run waits for nothing.
pub fn is_settled(run: &Run) -> bool {
    run.attention.is_none() && !run.state.is_active() && !wants_harvest(run)
}

/// Formats the number of finished variants: `2/4`.
pub fn done(run: &Run) -> String {
    format!("{}/{}", run.terminal(), total(run))
}
