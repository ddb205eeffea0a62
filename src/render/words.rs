//! How runs and variants are worded, once for reports and tables. What is answered here is as it came from outside:
//! whoever puts it in a line or a cell cleans it.

use crate::model::{Apply, Attention, CheckStatus, Decision, Oid, Risk, Run, State, Taking, Variant, VariantStatus};

/// So many paths are named in a note; the others are counted.
const PATHS: usize = 3;

/// How far a run is, in a sentence.
pub fn state(run: &Run) -> &'static str {
    match run.state {
        State::Queued => "The run waits for a place; nothing was sent yet.",
        State::Submitting => "The run is being submitted.",
        State::Pending => "The run is at work.",
        State::Ready => "The run is ready to be harvested.",
        State::Harvested => "The run is harvested.",
        State::Reviewed => "The run is harvested and reviewed.",
        State::Picked => "The run is decided.",
        State::Error => "The run ended in error.",
        State::Cancelled => "The run was cancelled.",
    }
}

/// What was decided, in a sentence, with the names of objects as `name` has them.
pub fn decision(decision: &Decision, name: impl Fn(&Oid) -> String) -> String {
    let onto = decision.onto.strip_prefix("refs/heads/").unwrap_or(&decision.onto);
    let how = match decision.how {
        Taking::CherryPick => format!("by a cherry-pick onto {onto}"),
        Taking::Merge => format!("by a merge into {onto}"),
        Taking::Branch => format!("as the branch {onto}"),
    };
    match decision.after {
        Some(after) => format!("var{} was taken, {how}: {}.", decision.variant, name(&after)),
        None => format!("var{} is being taken, {how}: what is in conflict waits for somebody.", decision.variant),
    }
}

/// This variant is the one that was taken.
pub fn is_taken(run: &Run, variant: &Variant) -> bool {
    run.decision.as_ref().is_some_and(|decision| decision.variant == variant.index)
}

/// How the variants are, in a sentence: `Of 4 variants, 3 completed and 1 failed; of their patches, 2 applied`
pub fn counts(run: &Run) -> String {
    let statuses = [
        (VariantStatus::Completed, "completed"),
        (VariantStatus::Failed, "failed"),
        (VariantStatus::Cancelled, "cancelled"),
        (VariantStatus::Unknown, "unknown"),
        (VariantStatus::InProgress, "at work"),
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
        return format!("{} asked for, none begun.", number(total(run), "variant"));
    }
    let mut sentence = format!("Of {}, {}", number(total(run), "variant"), list(&counted));
    let patches = list(&applied);
    if !patches.is_empty() {
        sentence += &format!("; of their patches, {patches}");
    }
    sentence + "."
}

/// How many variants a run has or will have.
pub fn total(run: &Run) -> usize {
    run.variants.len().max(run.best_of as usize)
}

/// `1 file`, `2 files`.
pub fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `3 completed and 1 failed`, without what there is none of.
fn list(counted: &[(usize, &str)]) -> String {
    let some = counted.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = some.map(|(count, word)| format!("{count} {word}")).collect();
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => words.concat(),
    }
}

/// What a person must do, in words; the word itself for those of a newer git-puff.
pub fn attention(attention: &Attention) -> &str {
    match attention {
        Attention::NeedsLogin => "sign in to the provider; the run goes on afterwards",
        Attention::NeedsTask => "say which task the submission became: nobody knows whether it was taken",
        Attention::AttemptLimit => "the limit of attempts is reached; the run goes on when it is not",
        Attention::TaskNotFound => "the provider does not know the task (any more)",
        Attention::ClientTrouble => "cannot run the provider's client, or isn't understood",
        Attention::NeedsSignature => "make signing work: commits are to be signed, and cannot be; then harvest the run",
        Attention::Other(word) => word,
    }
}

/// `pending`, or `pending (needs-login)` where a person is needed.
pub fn state_word(run: &Run) -> String {
    match &run.attention {
        Some(attention) => format!("{} ({})", run.state.as_str(), attention.as_str()),
        None if run.is_running_elsewhere() => format!("{} (elsewhere)", run.state.as_str()),
        None => run.state.as_str().to_owned(),
    }
}

/// `var2`, and who made it where that is known: `var2 (codex)`.
pub fn name(variant: &Variant) -> String {
    match &variant.agent {
        Some(agent) => format!("{} ({agent})", variant.name()),
        None => variant.name(),
    }
}

/// `+10 -3`; nothing before the harvest.
pub fn changes(variant: &Variant) -> Option<String> {
    let (plus, minus) = (variant.insertions?, variant.deletions?);
    Some(format!("+{plus} -{minus}"))
}

/// What the patch is to the base, in a word; nothing before the harvest.
pub fn apply(variant: &Variant) -> Option<&'static str> {
    variant.apply.map(Apply::as_str)
}

/// `completed, applied, 2 files, +10 -3`.
pub fn facts(variant: &Variant) -> String {
    let mut facts = vec![variant.status.as_str().to_owned()];
    facts.extend(apply(variant).map(str::to_owned));
    facts.extend(variant.files.map(|files| number(files as usize, "file")));
    facts.extend(changes(variant));
    facts.join(", ")
}

/// What there is to know about a variant, each in a few words: why it has no branch, where it conflicts, whose twin
/// it is, what is risky, how its checks went. Paths are as `path` has them.
pub fn notes(variant: &Variant, path: impl Fn(&str) -> String) -> Vec<String> {
    let mut notes: Vec<String> = variant.reason.iter().cloned().collect();
    if !variant.conflicts.is_empty() {
        notes.push(format!("conflicts in {}", some_of(variant.conflicts.iter().map(|it| path(it)))));
    }
    notes.extend(variant.duplicate_of.map(|twin| format!("same patch as var{twin}")));
    // These paths are not in its patch, so they would be misread among the others.
    let is_stray = |risk: &&Risk| risk.kind == Risk::USER_WORKTREE;
    let (strays, risks): (Vec<&Risk>, Vec<&Risk>) =
        variant.risks.iter().filter(|risk| risk.counts()).partition(is_stray);
    if !risks.is_empty() {
        notes.push(format!("risks: {}", some_of(risks.iter().map(|risk| path(&risk.path)))));
    }
    if !strays.is_empty() {
        let changed = some_of(strays.iter().map(|risk| path(&risk.path)));
        notes.push(format!("{}: {changed} (changed there while its agent was active)", Risk::USER_WORKTREE));
    }
    if let Some(ignored) = &variant.ignored {
        let named = some_of(ignored.paths.iter().map(|name| path(name)));
        notes.push(format!("{} not in the patch: {named}", number(ignored.count as usize, "new ignored file")));
    }
    notes.extend(checks(variant));
    notes
}

/// `2 of 3 checks passed`; nothing where none was run.
pub fn checks(variant: &Variant) -> Option<String> {
    let passed = variant.checks.iter().filter(|check| check.status == CheckStatus::Passed).count();
    let all = variant.checks.len();
    (all > 0).then(|| format!("{passed} of {} passed", number(all, "check")))
}

/// The first few, and how many more.
pub fn some_of(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(PATHS);
    let mut words = names.take(PATHS).collect::<Vec<_>>().join(", ");
    if more > 0 {
        words += &format!(" and {more} more");
    }
    words
}

/// A harvest would bring something.
pub fn wants_harvest(run: &Run) -> bool {
    let closed = matches!(run.state, State::Queued | State::Submitting | State::Cancelled);
    run.state == State::Ready || (!closed && run.has_unharvested())
}

/// Nothing of the run waits for anybody.
pub fn is_settled(run: &Run) -> bool {
    run.attention.is_none() && !run.state.is_active() && !wants_harvest(run)
}

/// How many of its variants are terminal: `2/4`.
pub fn done(run: &Run) -> String {
    format!("{}/{}", run.terminal(), total(run))
}
