//! Renders `show`: a run with its variants, or one variant.

use super::super::columns::{Columns, Fit, fields};
use super::super::text::{ago, clean_block, clean_line, one_line};
use super::super::{describe, review, steps};
use crate::model::{DisplayFormat, Report, Review, Risk, Run, Span, Time, Variant, Watch};

/// Renders `show RUN`: the run, its variants in at most `width` columns, their ranking, and the next steps.
pub fn run(run: &Run, review: Option<&Review>, now: Time, width: usize, display: &DisplayFormat) -> String {
    let notes: String = run.variants.iter().filter_map(|variant| note(variant, width, display)).collect();
    let ranking = review.map(|review| review::ranking(review, run, width)).unwrap_or_default();
    let opinions = review.map(|review| review::all_opinions(review, run, width)).unwrap_or_default();
    let advice = review.map(|review| review::recommendation(review, run)).unwrap_or_default();
    let advice: String = advice.iter().map(|line| format!("{line}\n")).collect();
    let parts = [
        header(run, now, display),
        variants(run, width),
        notes,
        ranking,
        opinions,
        advice,
        next(&steps::next(run, review)),
    ];
    join(&parts)
}

/// Renders `show RUN:N`: a variant and the messages of its agent. Empty when the run has no such variant.
pub fn variant(
    run: &Run,
    review: Option<&Review>,
    index: u32,
    report: Option<&Report>,
    now: Time,
    display: &DisplayFormat,
) -> String {
    let Some(variant) = run.variant(index) else { return String::new() };
    let parts = [
        variant_header(run, review, variant, now, display),
        said(variant, report),
        next(&steps::of_variant(run, variant)),
    ];
    join(&parts)
}

/// Joins the non-empty parts with blank lines.
pub(super) fn join(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}

fn next(steps: &[steps::Step]) -> String {
    format!("next:\n{}", steps::listing(steps, "  "))
}

fn header(run: &Run, now: Time, display: &DisplayFormat) -> String {
    let text = |value: &Option<String>| value.as_deref().map(clean_line).unwrap_or_default();
    let attention = run.attention.as_ref().map(|attention| clean_line(describe::attention(attention)));
    let dialect = run.dialect.as_ref().map(|dialect| format!(" ({})", clean_line(dialect)));
    let changed = Some(ago(now, run.updated_at)).filter(|_| run.updated_at != run.created_at);
    fields(&[
        ("run", run.run.to_string()),
        ("title", clean_line(&run.title)),
        ("state", clean_line(&describe::state_word(run))),
        ("why", text(&run.reason)),
        ("to do", attention.unwrap_or_default()),
        (
            "origin",
            run.home.as_ref().map(|home| format!("in the clone of {}", clean_line(&home.name))).unwrap_or_default(),
        ),
        ("provider", run.provider.as_str().to_owned() + &dialect.unwrap_or_default()),
        ("environment", text(&run.env)),
        ("task", text(&run.task_id)),
        ("url", text(&run.task_url)),
        ("base", format!("{} ({})", clean_line(&run.base), display.oid(run.base_oid))),
        ("best of", run.best_of.to_string()),
        ("instead of", run.parent.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("prompt", clean_line(&run.prompt_file)),
        (
            "decision",
            run.decision
                .as_ref()
                .map(|it| clean_line(&describe::decision(it, |oid| display.oid(*oid))))
                .unwrap_or_default(),
        ),
        ("watched", run.watch.as_ref().map(watch).unwrap_or_default()),
        ("created", ago(now, run.created_at)),
        ("changed", changed.unwrap_or_default()),
    ])
}

/// Formats the watch options: `every 15s, then harvested`, or the result of the watch.
fn watch(watch: &Watch) -> String {
    if !watch.is_active() {
        return watch.ending().map(|ending| format!("no longer ({})", ending.as_str())).unwrap_or_default();
    }
    let harvest = if watch.harvest { ", then harvested" } else { "" };
    let limit = match watch.timeout_s {
        0 => String::new(),
        seconds => format!(", for up to {}", Span(seconds)),
    };
    format!("every {}{limit}{harvest}", Span(watch.interval_s))
}

fn variants(run: &Run, width: usize) -> String {
    let mut table = Columns::new([
        ("VARIANT", Fit::Whole),
        ("STATUS", Fit::Whole),
        ("APPLY", Fit::Whole),
        ("FILES", Fit::Number),
        ("+/-", Fit::Whole),
        ("BRANCH", Fit::End),
    ]);
    for variant in &run.variants {
        table.row([
            describe::name(variant),
            variant.status.as_str().to_owned(),
            describe::apply(variant).unwrap_or_default().to_owned(),
            variant.files.map(|files| files.to_string()).unwrap_or_default(),
            describe::changes(variant).unwrap_or_default(),
            variant.branch.clone().unwrap_or_default(),
        ]);
    }
    if run.variants.is_empty() { String::new() } else { table.render(width) }
}

/// Returns the notes of a variant, as a line below the table.
fn note(variant: &Variant, width: usize, display: &DisplayFormat) -> Option<String> {
    let notes = describe::notes(variant, |path: &str| display.path(path)).join("; ").replace('\n', " ");
    let (name, room) = (variant.name(), width.saturating_sub(variant.name().len() + 2));
    (!notes.is_empty()).then(|| format!("{name}: {}\n", one_line(&notes, room)))
}

fn variant_header(run: &Run, review: Option<&Review>, variant: &Variant, now: Time, display: &DisplayFormat) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let line = |risk: &Risk| clean_line(&format!("{}: {}, {}", risk.kind, display.path(&risk.path), risk.detail));
    let risks: Vec<String> = variant.risks.iter().filter(|risk| risk.counts()).map(line).collect();
    // Shown separately, because the user may have made these changes.
    let meanwhile: Vec<String> = variant
        .risks
        .iter()
        .filter(|risk| !risk.counts())
        .map(|risk| clean_line(&format!("{}, {}", display.path(&risk.path), risk.detail)))
        .collect();
    let revision = Some(variant.revision.to_string()).filter(|_| variant.revision > 1);
    let conflicts: Vec<String> = variant.conflicts.iter().map(|path| clean_line(&display.path(path))).collect();
    let checks: Vec<String> = variant.checks.iter().map(|check| clean_line(&review::how(check))).collect();
    let standing = review.and_then(|review| review::standing(review, run, variant));
    // What judges said of another patch says nothing.
    let judged = review.filter(|_| standing.is_some()).map(|review| review::opinions(review, variant.index));
    let judged = judged.unwrap_or_default();
    let [rank, verdict, class] = standing.unwrap_or_default();
    let reviewed = review.filter(|_| !class.is_empty()).and_then(|review| review.variant(variant.index));
    let why = reviewed.into_iter().flat_map(|reviewed| reviewed.why.iter().map(|why| clean_line(why)));
    let class: Vec<String> =
        Some(class).filter(|class| !class.is_empty()).into_iter().chain(why).chain(judged).collect();
    fields(&[
        ("variant", format!("{} of {} of {}", variant.index, describe::total(run), run.run)),
        ("title", clean_line(&run.title)),
        ("facts", describe::facts(variant)),
        ("why", text(&variant.reason)),
        ("agent", text(&variant.agent)),
        ("revision", revision.unwrap_or_default()),
        ("branch", text(&variant.branch)),
        ("commit", variant.commit.map(|commit| commit.to_string()).unwrap_or_default()),
        ("base", format!("{} ({})", clean_line(&run.base), display.oid(run.base_oid))),
        ("patch", text(&variant.patch_sha256)),
        ("same as", variant.duplicate_of.map(|twin| format!("var{twin}")).unwrap_or_default()),
        ("conflicts", conflicts.join("\n")),
        ("risks", risks.join("\n")),
        ("meanwhile", meanwhile.join("\n")),
        ("verdict", verdict),
        ("checks", checks.join("\n")),
        ("rank", rank),
        ("class", class.join("\n")),
        ("created", ago(now, run.created_at)),
    ])
}

/// Returns all messages in the provider's report, or else the last one.
fn said(variant: &Variant, report: Option<&Report>) -> String {
    let all = report.and_then(|report| report.messages.clone()).filter(|messages| !messages.is_empty());
    let messages = all.unwrap_or_else(|| variant.message.iter().cloned().collect());
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    let blocks: Vec<String> = messages
        .iter()
        .map(|message| clean_block(message.trim()).lines().map(indented).collect::<String>())
        .filter(|block| !block.is_empty())
        .collect();
    if blocks.is_empty() { String::new() } else { format!("the agent said:\n{}", blocks.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::super::super::{samples, text};
    use super::*;

    #[test]
    fn a_run_is_shown_with_its_variants() {
        let now = samples::created() + chrono::Duration::hours(2);
        let shown = run(&samples::harvested(), None, now, 80, &DisplayFormat::PLAIN);
        let table: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("VARIANT")).take(9).collect();
        let wanted = "\
VARIANT  STATUS     APPLY     FILES  +/-     BRANCH
var1     completed  applied       2  +10 -3  puff/fix-the-parser-3f2a/var1
var2     completed  applied       2  +10 -3  puff/fix-the-parser-3f2a/var2
var3     completed  conflict      2  +10 -3  -
var4     failed     skipped       -  -       -

var1: risks: .github/workflows/ci.yml
var2: same patch as var1
var3: conflicts in src/a|b.rs, src/lex.rs";
        assert_eq!(table.join("\n"), wanted);
        assert!(table[..5].iter().all(|line| text::columns(line) <= 80));
    }

    #[test]
    fn a_variant_says_what_its_agent_said_without_its_escapes() {
        let shown = variant(&samples::harvested(), None, 3, None, samples::created(), &DisplayFormat::PLAIN);
        assert!(shown.contains("the agent said:\n  �[2J# Handoff: x | <script>\n"), "{shown}");
        assert!(shown.contains("conflicts: src/a|b.rs\n           src/lex.rs\n"), "{shown}");
        assert_eq!(variant(&samples::harvested(), None, 9, None, samples::created(), &DisplayFormat::PLAIN), "");
    }
}
