//! The handoff report as Markdown: a section for a run, and one for each of its variants.
//!
//! It is read as a git note (`git log --notes=puff/report` shows it as plain text, indented), on a terminal, and in a
//! pull request. The same run gives the same bytes. Untrusted text is put in a quote, in a cell or in a code span, so
//! that it is never Markdown, and never a line that looks like a section's heading.

mod review;

use super::describe;
use super::sections::{ending, heading};
use super::steps::{self, Step};
use super::text::{code, columns, markdown_cell, markdown_words, one_line, pad, quote_literally};
use crate::model::{Handoff, Oid, Risk, Run, Variant};

/// Maximum number of quoted lines of a prompt or a message; a command shows the rest.
const QUOTED_LINES: usize = 40;

/// Maximum width of a line of an agent's message, in columns.
const SAID: usize = 100;

/// Maximum width of a note in the table, in columns; the variant's own section has it in full.
const NOTE: usize = 100;

/// Returns the section of a run.
pub fn markdown(handoff: &Handoff) -> String {
    let run = &handoff.run;
    let parts = [
        heading(&run.run),
        summary(run),
        review::recommendation(handoff),
        format!("## Task\n\n{}", asked(handoff)),
        origin(run),
        variants(run),
        review::results(handoff),
        review::checks(handoff),
        review::judges(handoff),
        decision(run),
        said(run),
        review::findings(handoff).unwrap_or_else(|| risks(run)),
        review::rest(handoff),
        format!("## Next steps\n\n{}", commands(&steps::next(run, handoff.review.as_ref()))),
        ending(&run.run),
    ];
    join(&parts)
}

/// Returns the section of one variant, which is the note on its commit. Empty when the run has no such variant.
pub fn variant_markdown(handoff: &Handoff, index: u32) -> String {
    let run = &handoff.run;
    let Some(variant) = run.variant(index) else { return String::new() };
    let by = variant.agent.as_deref().map(|agent| format!(" Made by {}.", markdown_words(agent))).unwrap_or_default();
    let parts = [
        heading(&run.run),
        format!("Variant {index} of {}: {}.{by}", describe::total(run), describe::facts(variant)),
        format!("Asked: {}", title(handoff)),
        if describe::is_taken(run, variant) { decision(run) } else { String::new() },
        to_know(variant),
        review::of_variant(handoff, variant),
        message(run, variant),
        siblings(run, variant),
        format!("## Next steps\n\n{}", commands(&steps::of_variant(run, variant))),
        ending(&run.run),
    ];
    join(&parts)
}

/// Joins the non-empty parts with blank lines.
fn join(parts: &[String]) -> String {
    let said: Vec<&str> = parts.iter().map(|part| part.trim_end()).filter(|part| !part.is_empty()).collect();
    said.join("\n\n") + "\n"
}

fn summary(run: &Run) -> String {
    let mut summary = format!("{} {}", describe::state(run), describe::counts(run));
    if let Some(reason) = &run.reason {
        summary += &format!(" Why: {}.", markdown_words(reason));
    }
    if let Some(attention) = &run.attention {
        let what = markdown_words(describe::attention(attention));
        summary += &format!(" Action required ({}): {what}.", markdown_words(attention.as_str()));
    }
    summary
}

/// Returns the prompt, quoted, with a command that shows the rest of a long one.
fn asked(handoff: &Handoff) -> String {
    let run = &handoff.run;
    if handoff.prompt.trim().is_empty() {
        return format!("The prompt is unknown; the title of the task: {}", title(handoff));
    }
    let (quoted, whole) = quote_literally(&handoff.prompt, QUOTED_LINES);
    let rest = format!("\nThe rest: `git show refs/puff/runs/{}:prompt.md`\n", run.run);
    if whole { quoted } else { quoted + &rest }
}

/// Returns the title of the task as one line.
fn title(handoff: &Handoff) -> String {
    let prompt = one_line(&handoff.prompt, SAID);
    let title = if prompt.is_empty() { one_line(&handoff.run.title, SAID) } else { prompt };
    if title.is_empty() { "(not recorded)".to_owned() } else { markdown_words(&title) }
}

/// Returns the origin of the run, an item a line.
fn origin(run: &Run) -> String {
    let by = |dialect: &String| format!(" ({})", markdown_words(dialect));
    let provider = format!("{}{}", run.provider.as_str(), run.dialect.as_ref().map(by).unwrap_or_default());
    let task: Vec<String> =
        [run.task_id.as_deref().map(markdown_words), run.task_url.as_deref().map(url)].into_iter().flatten().collect();
    let items = [
        ("environment", run.env.as_deref().map(markdown_words)),
        ("provider", Some(provider)),
        ("task", (!task.is_empty()).then(|| task.join(", "))),
        ("base", Some(format!("{}, {}", markdown_words(&run.base), run.base_oid))),
        ("best of", Some(run.best_of.to_string())),
        ("instead of", run.parent.as_ref().map(ToString::to_string)),
        ("created", Some(run.created_at.format("%Y-%m-%d %H:%M:%S UTC").to_string())),
    ];
    items.into_iter().filter_map(|(key, value)| Some(format!("- {key}: {}\n", value?))).collect()
}

/// Returns a plain URL as a link, and any other text as words.
fn url(url: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-~:?=%#+".contains(c);
    let link = (url.starts_with("https://") || url.starts_with("http://")) && url.chars().all(plain);
    if link { url.to_owned() } else { code(url) }
}

const HEADS: [&str; 7] = ["variant", "status", "apply", "files", "+/-", "branch", "note"];

fn variants(run: &Run) -> String {
    if run.variants.is_empty() {
        String::new()
    } else {
        format!("## Variants\n\n{}", table(HEADS, run.variants.iter().map(row).collect()))
    }
}

/// The cells of a row, each of them Markdown.
type Cells<const N: usize> = [String; N];

/// Returns a table with aligned columns, for readers of the plain text.
fn table<const N: usize>(heads: [&str; N], rows: Vec<Cells<N>>) -> String {
    let heads = heads.map(str::to_owned);
    let width = |at: usize| rows.iter().chain([&heads]).map(|row| columns(&row[at])).max().unwrap_or(0);
    let mut widths: [usize; N] = std::array::from_fn(width);
    // The last column is not padded, because its cells differ much in length.
    widths[N - 1] = heads[N - 1].len();
    let line = |cells: &Cells<N>| -> String {
        let padded: String = cells.iter().zip(widths).map(|(cell, width)| format!(" {} |", pad(cell, width))).collect();
        format!("|{padded}\n")
    };
    let rule: String = widths.iter().map(|width| format!(" {} |", "-".repeat(*width))).collect();
    let body: String = rows.iter().map(line).collect();
    format!("{}|{rule}\n{body}", line(&heads))
}

fn row(variant: &Variant) -> [String; 7] {
    let cells = [
        Some(describe::name(variant)),
        Some(variant.status.as_str().to_owned()),
        describe::apply(variant).map(str::to_owned),
        variant.files.map(|files| files.to_string()),
        describe::changes(variant),
        variant.branch.clone(),
        Some(one_line(&describe::notes(variant, str::to_owned).join("; ").replace('\n', " "), NOTE)),
    ];
    let cells = cells.map(|cell| markdown_cell(&cell.unwrap_or_default()));
    cells.map(|cell| if cell.is_empty() { "-".to_owned() } else { cell })
}

/// Returns the picked variant and the reasons.
fn decision(run: &Run) -> String {
    let Some(decision) = &run.decision else { return String::new() };
    let reasons: String = decision.reasons.iter().map(|reason| format!("- {}\n", markdown_words(reason))).collect();
    let when = decision.decided_at.format("%Y-%m-%d %H:%M:%S UTC");
    format!("## Decision\n\n{} ({when})\n\n{reasons}", markdown_words(&describe::decision(decision, Oid::short)))
}

/// Returns the last message of every agent, a line each.
fn said(run: &Run) -> String {
    let line = |variant: &Variant| {
        let said = one_line(variant.message.as_deref()?, SAID);
        (!said.is_empty()).then(|| format!("- {}: {}\n", variant.name(), markdown_words(&said)))
    };
    let lines: String = run.variants.iter().filter_map(line).collect();
    if lines.is_empty() { lines } else { format!("The last message of each agent:\n\n{lines}") }
}

/// Returns the risks of the variants, an item a line.
fn risks(run: &Run) -> String {
    let lines = run.variants.iter().flat_map(|variant| {
        variant
            .risks
            .iter()
            .map(|it| format!("- {}: {}, {}\n", variant.name(), markdown_words(&it.kind.to_string()), risk(it)))
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("## Risks\n\n{lines}") }
}

fn risk(risk: &Risk) -> String {
    format!("{}, {}", code(&risk.path), markdown_words(&risk.detail))
}

/// Returns the facts about one variant, an item a line.
fn to_know(variant: &Variant) -> String {
    let mut items: Vec<String> = variant.reason.iter().map(|reason| markdown_words(reason)).collect();
    items.extend(variant.conflicts.iter().map(|path| format!("conflict: {}", code(path))));
    items.extend(variant.duplicate_of.map(|twin| format!("same patch as var{twin}")));
    let kind = |it: &Risk| {
        if it.counts() { format!("risk ({})", markdown_words(&it.kind.to_string())) } else { "meanwhile".into() }
    };
    items.extend(variant.risks.iter().map(|it| format!("{}: {}", kind(it), risk(it))));
    items.extend(describe::checks(variant));
    items.iter().map(|item| format!("- {item}\n")).collect()
}

fn message(run: &Run, variant: &Variant) -> String {
    let said = variant.message.as_deref().filter(|said| !said.trim().is_empty());
    let Some(said) = said else { return String::new() };
    let (quoted, whole) = quote_literally(said, QUOTED_LINES);
    let rest = format!("\nThe rest: `git show refs/puff/runs/{}:variants/{}/report.json`\n", run.run, variant.name());
    format!("## The agent's last message\n\n{quoted}{}", if whole { "" } else { &rest })
}

fn siblings(run: &Run, variant: &Variant) -> String {
    let line = |sibling: &Variant| {
        let branch = sibling.branch.as_deref().map(|branch| format!(", {}", markdown_words(branch)));
        format!("- {}: {}{}\n", sibling.name(), describe::facts(sibling), branch.unwrap_or_default())
    };
    let lines: String = run.variants.iter().filter(|sibling| sibling.index != variant.index).map(line).collect();
    if lines.is_empty() { lines } else { format!("## The other variants\n\n{lines}") }
}

fn commands(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("- {}: {}\n", step.purpose, code(&step.command))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{samples, sections};
    use super::*;

    fn handoff() -> Handoff {
        Handoff::new(&samples::harvested(), "Fix the parser\n\n# Handoff: fix-the-parser-3f2a\nIt has to trim.\n")
    }

    #[test]
    fn the_report_of_a_run() {
        assert_eq!(markdown(&handoff()), REPORT);
    }

    #[test]
    fn the_part_of_a_variant() {
        assert_eq!(variant_markdown(&handoff(), 3), VARIANT);
        assert_eq!(variant_markdown(&handoff(), 9), "");
    }

    #[test]
    fn nothing_in_a_section_ends_or_begins_one() {
        let handoff = handoff();
        let run = &handoff.run.run;
        for section in [markdown(&handoff), variant_markdown(&handoff, 3)] {
            assert_eq!(section.lines().filter(|line| line.starts_with("# Handoff: ")).count(), 1);
            assert!(!section.contains('\u{1b}'));
            let note = sections::replace_section(Some("before\n"), run, &section) + "after\n";
            assert_eq!(sections::replace_section(Some(&note), run, &section), note);
            assert_eq!(sections::remove_section(Some(&note), run), "before\n\nafter\n");
        }
    }

    #[test]
    fn a_long_prompt_is_cut_and_says_where_the_rest_is() {
        let long = Handoff::new(&samples::fresh(), "line\n".repeat(99));
        let report = markdown(&long);
        assert_eq!(report.matches(">     line").count(), QUOTED_LINES);
        assert!(report.contains("The rest: `git show refs/puff/runs/fix-the-parser-3f2a:prompt.md`"));
    }

    const REPORT: &str = "\
# Handoff: fix-the-parser-3f2a

The run is harvested. Of 4 variants, 3 completed and 1 failed; of their patches, 2 applied and 1 conflicted.

## Task

>     Fix the parser
>
>     # Handoff: fix-the-parser-3f2a
>     It has to trim.

- environment: web
- provider: codex-cloud (official)
- task: task_e_01, https://chatgpt.com/codex/tasks/task_e_01
- base: main, 1111111111111111111111111111111111111111
- best of: 4
- created: 2026-03-01 10:00:00 UTC

## Variants

| variant | status    | apply    | files | +/-    | branch                        | note |
| ------- | --------- | -------- | ----- | ------ | ----------------------------- | ---- |
| var1    | completed | applied  | 2     | +10 -3 | puff/fix-the-parser-3f2a/var1 | risks: .github/workflows/ci.yml |
| var2    | completed | applied  | 2     | +10 -3 | puff/fix-the-parser-3f2a/var2 | same patch as var1 |
| var3    | completed | conflict | 2     | +10 -3 | -                             | `conflicts in src/a\\|b.rs, src/lex.rs` |
| var4    | failed    | skipped  | -     | -      | -                             | the attempt ended without a patch |

The last message of each agent:

- var1: ``Trimmed the input in `parse`.``
- var2: ``Trimmed the input in `parse`.``
- var3: `�[2J# Handoff: x | <script>`

## Risks

- var1: workflow, `.github/workflows/ci.yml`, changes CI

## Next steps

- check and rank them: `git puff review fix-the-parser-3f2a`
- read var1: `git log -p 1111111111..puff/fix-the-parser-3f2a/var1`
- the files of var1: `git diff 1111111111...puff/fix-the-parser-3f2a/var1 --stat`
- try var1: `git switch puff/fix-the-parser-3f2a/var1`
- pick var1: `git puff pick fix-the-parser-3f2a:1`
- the patch of var3: `git puff patch fix-the-parser-3f2a:3`
- show the run: `git puff show fix-the-parser-3f2a`

<!-- end of handoff: fix-the-parser-3f2a -->
";

    const VARIANT: &str = "\
# Handoff: fix-the-parser-3f2a

Variant 3 of 4: completed, conflict, 2 files, +10 -3.

Asked: Fix the parser

- conflict: `src/a|b.rs`
- conflict: `src/lex.rs`

## The agent's last message

>     �[2J# Handoff: x | <script>
>     # Handoff: fix-the-parser-3f2a
>     ![a](http://b)

## The other variants

- var1: completed, applied, 2 files, +10 -3, puff/fix-the-parser-3f2a/var1
- var2: completed, applied, 2 files, +10 -3, puff/fix-the-parser-3f2a/var2
- var4: failed, skipped

## Next steps

- the patch of var3: `git puff patch fix-the-parser-3f2a:3`
- show the run: `git puff show fix-the-parser-3f2a`

<!-- end of handoff: fix-the-parser-3f2a -->
";
}
