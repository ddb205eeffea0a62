//! The next steps: commands for the current state of a run.

use super::describe;
use crate::model::{Apply, Attention, ProviderName, Review, Run, State, Variant};

/// A command and its purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The purpose in a few words: `read var1`.
    pub purpose: String,
    /// The command, quoted for a shell.
    pub command: String,
}

impl Step {
    fn new(purpose: impl Into<String>, command: impl Into<String>) -> Step {
        Step { purpose: purpose.into(), command: command.into() }
    }
}

/// Returns the next steps, the most urgent first, for the state of the run.
pub fn next(run: &Run, review: Option<&Review>) -> Vec<Step> {
    let mut steps = urgent(run);
    steps.extend(decided(run));
    let current = review.filter(|review| review.outdated(run).is_empty());
    let best = current.and_then(|review| review.recommendation.variant);
    if run.decision.is_none() {
        // A person chooses among equally good variants.
        let tied = current.map(|review| review.recommendation.tied.as_slice()).unwrap_or_default();
        let take = |index| Step::new(format!("pick var{index}"), format!("git puff pick {}:{index}", run.run));
        steps.extend(best.iter().chain(tied).map(take));
        let known = review.is_none() && run.state == State::Reviewed;
        if current.is_none() && !known && run.variants.iter().any(has_branch) {
            steps.push(review_them(run));
        }
    }
    steps.extend(reading(run, best, current.is_some()));
    let unfit = run.variants.iter().filter(|variant| !has_branch(variant) && has_patch(variant));
    steps.extend(unfit.map(|variant| patch(run, variant)));
    if matches!(run.state, State::Error | State::Cancelled) {
        steps.extend(again(run));
    }
    steps.push(Step::new("show the run", format!("git puff show {}", run.run)));
    steps
}

/// Returns the steps that the run waits for: an action of the user, watching or harvesting.
pub fn urgent(run: &Run) -> Vec<Step> {
    let mut steps = attention(run);
    if run.is_running_elsewhere() {
        steps.push(Step::new("fetch its state", "git puff sync"));
    } else if run.state.is_active() && run.attention != Some(Attention::NeedsTask) {
        steps.push(Step::new("follow it", format!("git puff watch {}", run.run)));
    }
    if describe::wants_harvest(run) {
        steps.push(Step::new("fetch the patches", format!("git puff harvest {}", run.run)));
    }
    steps
}

/// Returns the steps after a pick, or during one.
fn decided(run: &Run) -> Vec<Step> {
    let Some(decision) = &run.decision else { return Vec::new() };
    let name = format!("var{}", decision.variant);
    match decision.after {
        None => vec![
            Step::new(format!("continue with {name}, once resolved"), "git puff pick --continue"),
            Step::new("or abort the pick", "git puff pick --abort"),
        ],
        Some(after) => vec![
            Step::new(format!("show the picked {name}"), format!("git show {}", after.short())),
            Step::new("undo the pick", format!("git puff undo {}", run.run)),
            Step::new("remove the run", format!("git puff prune {}", run.run)),
        ],
    }
}

/// Returns the steps for the user that the run waits for.
fn attention(run: &Run) -> Vec<Step> {
    match run.attention {
        Some(Attention::NeedsLogin) if run.provider == ProviderName::CODEX_CLOUD => {
            vec![Step::new("sign in", codex_login(run))]
        }
        Some(Attention::NeedsLogin) => vec![Step::new("sign in, then", format!("git puff watch {}", run.run))],
        Some(Attention::NeedsTask) => vec![
            Step::new("name its task", format!("git puff adopt TASK --run {}", run.run)),
            Step::new("or try again", format!("git puff retry {}", run.run)),
        ],
        Some(Attention::TaskNotFound) => again(run).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Returns the login command for the CODEX_HOME of the launch: another login cannot see the task.
fn codex_login(run: &Run) -> String {
    let home = run.profile.as_ref().and_then(|profile| profile.0.get("codex_home")?.as_str());
    home.map(|home| format!("CODEX_HOME={} ", shell_word(home))).unwrap_or_default() + "codex login"
}

/// Returns the steps to read, compare and pick the variants that have a branch.
fn reading(run: &Run, best: Option<u32>, reviewed: bool) -> Vec<Step> {
    let with_branch: Vec<&Variant> = run.variants.iter().filter(|variant| has_branch(variant)).collect();
    // A duplicate's branch shows nothing new.
    let elder =
        |variant: &Variant| variant.duplicate_of.is_none_or(|twin| !with_branch.iter().any(|v| v.index == twin));
    let telling: Vec<&Variant> = with_branch.iter().copied().filter(|variant| elder(variant)).collect();
    let mut steps: Vec<Step> = telling.iter().filter_map(|variant| read(run, variant)).collect();
    let better = |a: &&Variant, b: &&Variant| {
        let first = (best == Some(a.index)).cmp(&(best == Some(b.index)));
        first.then(score(a).total_cmp(&score(b))).then(b.index.cmp(&a.index))
    };
    let Some((best, branch)) = telling.iter().copied().max_by(better).and_then(|v| Some((v, branch(v)?))) else {
        return steps;
    };
    let other = telling.iter().find(|variant| variant.index != best.index);
    if other.is_some() {
        steps.push(Step::new("compare them all", format!("git puff diff {}", run.run)));
    }
    if let Some((other, other_branch)) = other.and_then(|other| Some((other, self::branch(other)?))) {
        let purpose = format!("compare {} and {}", best.name(), other.name());
        steps.push(Step::new(purpose, format!("git diff {branch} {other_branch}")));
    }
    let (name, base) = (best.name(), run.base_oid.short());
    steps.push(Step::new(format!("the files of {name}"), format!("git diff {base}...{branch} --stat")));
    steps.push(Step::new(format!("try {name}"), format!("git switch {branch}")));
    // Only a variant that the review recommends is suggested.
    if !reviewed && run.decision.is_none() {
        steps.push(take(run, best, format!("pick {name}")));
    }
    steps
}

/// Returns the steps for one variant.
pub fn of_variant(run: &Run, variant: &Variant) -> Vec<Step> {
    let mut steps: Vec<Step> = read(run, variant).into_iter().collect();
    if let Some(branch) = branch(variant) {
        steps.push(Step::new("try it", format!("git switch {branch}")));
        if run.decision.is_none() {
            steps.push(take(run, variant, "pick it".to_owned()));
        }
    }
    if has_patch(variant) {
        steps.push(patch(run, variant));
    }
    steps.push(Step::new("show the run", format!("git puff show {}", run.run)));
    steps
}

/// Returns the step that shows the changes of a variant, with or without a branch.
pub fn read_changes(run: &Run, variant: &Variant) -> Step {
    Step::new(format!("read {}", variant.name()), format!("git puff diff {} {}", run.run, variant.index))
}

/// Returns the step that reviews the variants.
pub fn review_them(run: &Run) -> Step {
    Step::new("check and rank them", format!("git puff review {}", run.run))
}

/// Returns the step that retries the run; none if its provider cannot.
pub fn again(run: &Run) -> Option<Step> {
    can_retry(run).then(|| Step::new("try again", format!("git puff retry {}", run.run)))
}

fn read(run: &Run, variant: &Variant) -> Option<Step> {
    let command = format!("git log -p {}..{}", run.base_oid.short(), branch(variant)?);
    Some(Step::new(format!("read {}", variant.name()), command))
}

fn patch(run: &Run, variant: &Variant) -> Step {
    let purpose = format!("the patch of {}", variant.name());
    Step::new(purpose, format!("git puff patch {}:{}", run.run, variant.index))
}

/// Returns the step that picks a variant; with plain git while the run is active.
pub fn take(run: &Run, variant: &Variant, purpose: String) -> Step {
    match branch(variant) {
        Some(branch) if run.state.is_active() || run.state == State::Ready => {
            Step::new(purpose, format!("git cherry-pick {branch}"))
        }
        _ => Step::new(purpose, format!("git puff pick {}:{}", run.run, variant.index)),
    }
}

fn has_branch(variant: &Variant) -> bool {
    variant.branch.is_some() && variant.commit.is_some()
}

/// Returns whether a variant has a patch, applied or not.
fn has_patch(variant: &Variant) -> bool {
    variant.patch_sha256.is_some() && variant.apply != Some(Apply::Empty)
}

fn can_retry(run: &Run) -> bool {
    !run.is_imported()
}

/// Returns the branch, quoted for a shell; none before the harvest.
fn branch(variant: &Variant) -> Option<String> {
    variant.branch.as_deref().filter(|_| variant.commit.is_some()).map(shell_word)
}

fn score(variant: &Variant) -> f64 {
    variant.score.as_ref().map_or(0.0, |score| score.total)
}

/// Quotes a word for the shell. Names come from records that others may have written, and commands are copied.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=@%:,".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", super::text::clean_line(word).replace('\'', "'\\''"))
}

/// Returns the steps in two aligned columns, after `indent`.
pub fn listing(steps: &[Step], indent: &str) -> String {
    let widest = steps.iter().map(|step| super::text::columns(&step.purpose)).max().unwrap_or(0);
    let line = |step: &Step| format!("{indent}{}  {}\n", super::text::pad(&step.purpose, widest), step.command);
    steps.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn commands(run: &Run) -> Vec<String> {
        next(run, None).into_iter().map(|step| step.command).collect()
    }

    #[test]
    fn a_run_at_work_is_watched_not_read() {
        let mut run = samples::fresh();
        assert_eq!(commands(&run), ["git puff watch fix-the-parser-3f2a", "git puff show fix-the-parser-3f2a"]);
        run.attention = Some(Attention::NeedsTask);
        let wanted = [
            "git puff adopt TASK --run fix-the-parser-3f2a",
            "git puff retry fix-the-parser-3f2a",
            "git puff show fix-the-parser-3f2a",
        ];
        assert_eq!(commands(&run), wanted);
    }

    #[test]
    fn a_harvested_run_is_read_compared_and_taken() {
        let mut run = samples::harvested();
        run.variants[1].duplicate_of = None;
        run.variants[2].patch_sha256 = None;
        let wanted = [
            "git puff review fix-the-parser-3f2a",
            "git log -p 1111111111..puff/fix-the-parser-3f2a/var1",
            "git log -p 1111111111..puff/fix-the-parser-3f2a/var2",
            "git puff diff fix-the-parser-3f2a",
            "git diff puff/fix-the-parser-3f2a/var1 puff/fix-the-parser-3f2a/var2",
            "git diff 1111111111...puff/fix-the-parser-3f2a/var1 --stat",
            "git switch puff/fix-the-parser-3f2a/var1",
            "git puff pick fix-the-parser-3f2a:1",
            "git puff show fix-the-parser-3f2a",
        ];
        assert_eq!(commands(&run), wanted);
    }

    #[test]
    fn a_branch_name_can_not_run_anything() {
        let mut run = samples::harvested();
        run.variants[0].branch = Some("x;$(reboot)/it's".to_owned());
        assert_eq!(commands(&run)[1], "git log -p 1111111111..'x;$(reboot)/it'\\''s'");
    }
}
