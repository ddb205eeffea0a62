//! Renders a review: progress lines while it runs, a table and a few lines at its end.

use super::columns::{Columns, Fit};
use super::describe;
use super::text::{clean_line, one_line};
use crate::model::{Check, CheckStatus, Judge, Recommendation, Review, Run, Span, Variant};

/// Maximum width of an error of a check or a judge, in columns.
const ERROR: usize = 200;

/// Formats a number of results: `3 results`, `1 result`.
pub fn results(count: usize) -> String {
    describe::number(count, "result")
}

/// Formats the end of a check: `var2: passed in 3.2s (34 tests): cargo test`.
pub fn ended(who: &str, check: &Check) -> String {
    let why = match check.status {
        CheckStatus::Error => one_line(&check.tail, ERROR),
        _ => String::new(),
    };
    let why = if why.is_empty() { why } else { format!(" ({why})") };
    clean_line(&format!("{who}: {}{why}", how(check)))
}

/// Formats the result of a check: `failed with exit 101 in 3.2s (33 of 34 tests passed): cargo test`.
pub fn how(check: &Check) -> String {
    let exit = check.exit.filter(|code| *code != 0).map(|code| format!(" with exit {code}")).unwrap_or_default();
    let cached = if check.cached { " before" } else { "" };
    let tests = tests(check).map(|tests| format!(" ({tests})")).unwrap_or_default();
    format!("{}{exit}{cached} in {}{tests}: {}", check.status.as_str(), seconds(check.duration_s), check.command)
}

/// Formats the counts of tests: `34 tests`, or `33 of 34 tests passed`.
pub fn tests(check: &Check) -> Option<String> {
    let tests = check.tests?;
    let all = tests.passed + tests.failed;
    Some(match tests.failed {
        0 => describe::number(all as usize, "test"),
        _ => format!("{} of {} passed", tests.passed, describe::number(all as usize, "test")),
    })
}

/// Formats a duration: `0.4s`, `12s`, `3m 5s`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1}s") } else { Span(seconds.round() as u64).to_string() }
}

/// Formats that a check, or `puff.workspace.setup` with all of them, runs unconfined, and the settings that mend it.
pub fn unconfined(command: Option<&str>, settings: &[&str]) -> String {
    let what = match command {
        Some(command) => format!("'{}' passes on the base only unconfined, and runs so", clean_line(command)),
        None => "puff.workspace.setup works on the base only unconfined, and all checks run so".to_owned(),
    };
    let mend = |setting: &&str| match *setting {
        "puff.confine.network" => "allow the network: git config puff.confine.network on".to_owned(),
        setting => format!("name where it writes: git config --add {setting} PATH"),
    };
    format!("{what}; {}", settings.iter().map(mend).collect::<Vec<_>>().join(", or "))
}

/// Formats the result of a judge.
pub fn judged(judge: &Judge) -> String {
    let command = clean_line(&judge.command);
    match &judge.error {
        Some(error) => format!("judge '{command}' failed and does not count: {}", one_line(error, ERROR)),
        None if judge.cached => format!("reusing the answer of judge '{command}'"),
        None => format!("judge '{command}' answered in {}", seconds(judge.duration_s)),
    }
}

/// Returns rank, verdict and class of a variant: `1`, `passed`, `A, backed`. None if the review is outdated for it.
pub fn standing(review: &Review, run: &Run, variant: &Variant) -> Option<[String; 3]> {
    let reviewed = review.variant(variant.index).filter(|_| !review.outdated(run).contains(&variant.index))?;
    let class = reviewed.class.map(|class| format!("{}, {}", class.as_str().to_uppercase(), class.words()));
    let rank = reviewed.rank.map(|rank| rank.to_string());
    Some([rank.unwrap_or_default(), verdict(review, variant), class.unwrap_or_default()])
}

/// Formats a verdict: `passed`, or `failed 1/2` with the number of passed checks.
fn verdict(review: &Review, variant: &Variant) -> String {
    let word = review.variant(variant.index).map(|reviewed| reviewed.verdict.as_str()).unwrap_or_default();
    let passed = variant.checks.iter().filter(|check| check.status == CheckStatus::Passed).count();
    match variant.checks.len() {
        all if all > passed => format!("{word} {passed}/{all}"),
        _ => word.to_owned(),
    }
}

/// Returns the ranking as a table, the best first.
pub fn ranking(review: &Review, run: &Run, width: usize) -> String {
    let mut table = Columns::new([
        ("RANK", Fit::Number),
        ("VARIANT", Fit::Whole),
        ("CLASS", Fit::Whole),
        ("VERDICT", Fit::Whole),
        ("RISKS", Fit::Number),
        ("JUDGE", Fit::Number),
    ]);
    for variant in ranked(review, run) {
        let Some([rank, verdict, class]) = standing(review, run, variant) else { continue };
        let [risks, judge] = facts(review, variant);
        table.row([rank, describe::name(variant), class, verdict, risks, judge]);
    }
    table.render(width)
}

/// Returns what judges said of a variant: `a judge gave 8 of 10: it handles the empty input`.
pub fn opinions(review: &Review, index: u32) -> Vec<String> {
    let opinions = review.judges.iter().flat_map(|judge| &judge.opinions).filter(|opinion| opinion.variant == index);
    opinions
        .map(|opinion| match opinion.reason.trim() {
            "" => format!("a judge gave {} of 10", opinion.score),
            reason => format!("a judge gave {} of 10: {}", opinion.score, clean_line(reason)),
        })
        .collect()
}

/// Returns the opinions on all variants with their classes, the best first, a line each of at most `width` columns.
pub fn all_opinions(review: &Review, run: &Run, width: usize) -> String {
    let mut lines = String::new();
    for variant in ranked(review, run) {
        let Some([_, _, class]) = standing(review, run, variant) else { continue };
        let class = if class.is_empty() { class } else { format!(" ({class})") };
        for opinion in opinions(review, variant.index) {
            lines += &format!("{}\n", one_line(&format!("{}{class}: {opinion}", variant.name()), width));
        }
    }
    lines
}

/// Returns the variants of a run, the best first.
fn ranked<'r>(review: &Review, run: &'r Run) -> Vec<&'r Variant> {
    let mut ranked: Vec<&Variant> = run.variants.iter().collect();
    ranked.sort_by_key(|variant| {
        let rank = review.variant(variant.index).and_then(|reviewed| reviewed.rank);
        (rank.is_none(), rank, variant.index)
    });
    ranked
}

/// Returns the number of risks that count, and the judges' mean, as cells.
pub fn facts(review: &Review, variant: &Variant) -> [String; 2] {
    let Some(reviewed) = review.variant(variant.index) else { return Default::default() };
    let risks = reviewed.evidence.findings.iter();
    let risks = risks.filter(|finding| finding.counts && !finding.is_accepted(&review.accepted)).count();
    let mean = Judge::mean(&review.judges, variant.index);
    [risks.to_string(), mean.map(|mean| format!("{mean:.1}")).unwrap_or_default()]
}

/// Checks that a recommendation is current.
pub fn recommendation_is_current(review: &Review, run: &Run) -> Result<(), String> {
    let names: Vec<String> = review.outdated(run).iter().map(|index| format!("var{index}")).collect();
    let have = match names.len() {
        0 => return Ok(()),
        1 => "has",
        _ => "have",
    };
    Err(format!("{} {have} changed since the review: run 'git puff review {}' again", names.join(", "), run.run))
}

/// Says why not the others; nothing where that is why none is recommended.
pub fn against(recommended: &Recommendation) -> Vec<String> {
    let all = recommended.against.iter().map(|against| format!("not var{}: {}", against.variant, against.why));
    let is_said = recommended.variant.is_none() && recommended.undecided.is_none();
    all.filter(|_| !is_said).collect()
}

/// Returns the recommendation and its reasons, a line each.
pub fn recommendation(review: &Review, run: &Run) -> Vec<String> {
    if let Err(why) = recommendation_is_current(review, run) {
        return vec![why];
    }
    let recommended = &review.recommendation;
    let mut lines = match (recommended.variant, recommended.tied.as_slice()) {
        (Some(variant), _) => vec![format!("pick var{variant}: git puff pick {}:{variant}", run.run)],
        (None, _) => vec!["no variant is recommended".to_owned()],
    };
    let section = |word: &str, items: &[String]| -> Vec<String> {
        items.iter().map(|item| format!("{word}: {}", clean_line(item))).collect()
    };
    lines.extend(section("  because", &recommended.reasons));
    lines.extend(against(recommended).iter().map(|line| clean_line(&format!("  {line}"))));
    lines.extend(section("  then", &recommended.follow_ups));
    lines.extend(section("  still", &recommended.residual_risk));
    lines
}
