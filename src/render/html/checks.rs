//! The results and outputs of the checks.

use maud::{Markup, html};

use super::chip;
use super::escape::text;
use crate::model::{Check, CheckStatus, Handoff, Variant};
use crate::render::review::seconds;

/// Returns whether any check has a result.
pub fn has_any(handoff: &Handoff) -> bool {
    !columns(handoff).is_empty()
}

/// The results of one variant or of the base.
struct Column<'h> {
    name: String,
    of: Option<&'h Variant>,
    checks: &'h [Check],
}

fn columns(handoff: &Handoff) -> Vec<Column<'_>> {
    let base = handoff.review.as_ref().map(|review| review.base.as_slice()).filter(|base| !base.is_empty());
    let base = base.map(|checks| Column { name: "base".to_owned(), of: None, checks });
    let variants = handoff.run.variants.iter().filter(|variant| !variant.checks.is_empty());
    let of = |variant| Column::of(variant);
    base.into_iter().chain(variants.map(of)).collect()
}

impl Column<'_> {
    fn of(variant: &Variant) -> Column<'_> {
        Column { name: variant.name(), of: Some(variant), checks: &variant.checks }
    }

    fn check(&self, command: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.command == command)
    }
}

/// Returns every command that was run, in the order of the review.
fn commands<'h>(handoff: &'h Handoff, columns: &[Column<'h>]) -> Vec<&'h str> {
    let mut commands: Vec<&str> = Vec::new();
    let reviewed = handoff.review.iter().flat_map(|review| review.commands.iter().map(String::as_str));
    let run = columns.iter().flat_map(|column| column.checks.iter().map(|check| check.command.as_str()));
    for command in reviewed.chain(run) {
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    commands
}

/// Returns the table of results, and the outputs below it.
pub fn section(handoff: &Handoff) -> Markup {
    let columns = columns(handoff);
    let commands = commands(handoff, &columns);
    html! {
        @if !columns.is_empty() {
            section #checks aria-labelledby="checks-h" {
                h2 #checks-h { "Checks" }
                div .scroll role="region" aria-labelledby="checks-h" tabindex="0" {
                    table .grid {
                        thead { tr {
                            th scope="col" { "check" }
                            @for column in &columns { th scope="col" { (column.name) } }
                        } }
                        tbody {
                            @for command in &commands {
                                tr {
                                    th scope="row" { code { (text(command)) } }
                                    @for column in &columns { td { (cell(column.check(command), column.of)) } }
                                }
                            }
                        }
                    }
                }
                p .quiet { "The base is the commit that all variants start from: a check that fails there was broken before." }
                @for command in &commands { (outputs(command, &columns)) }
            }
        }
    }
}

fn cell(check: Option<&Check>, of: Option<&Variant>) -> Markup {
    let Some(check) = check else { return html! { span .quiet { "not run" } } };
    html! {
        (status(check.status))
        span .small {
            (seconds(check.duration_s))
            @if let Some(tests) = check.tests {
                ", " (tests.passed) "/" (tests.passed + tests.failed) " tests"
                @if tests.skipped > 0 { ", " (tests.skipped) " skipped" }
            }
            @if check.cached { ", kept from an earlier review" }
            @if of.is_some() && broken_before(check) { ", fails on the base too" }
        }
    }
}

fn broken_before(check: &Check) -> bool {
    check.status != CheckStatus::Passed && check.on_base.is_some_and(|base| base != CheckStatus::Passed)
}

/// Returns the result of a check, with a symbol.
pub fn status(status: CheckStatus) -> Markup {
    match status {
        CheckStatus::Passed => chip("good", "✓", "passed"),
        CheckStatus::Failed => chip("bad", "✗", "failed"),
        CheckStatus::Timeout => chip("bad", "◷", "timed out"),
        CheckStatus::Error => chip("bad", "!", "could not run"),
    }
}

/// Returns the outputs of one check on the base and on every variant.
fn outputs(command: &str, columns: &[Column<'_>]) -> Markup {
    let printed: Vec<_> = columns
        .iter()
        .filter_map(|column| Some((column, column.check(command)?)))
        .filter(|(_, check)| !check.tail.trim().is_empty())
        .collect();
    html! {
        @if !printed.is_empty() {
            details .output {
                summary { "Output of " code { (text(command)) } }
                @for (column, check) in printed {
                    details .inner {
                        summary { strong { (column.name) } " " (status(check.status)) " " (exit(check)) }
                        @if let Some(variant) = column.of.filter(|_| broken_before(check)) {
                            p .small { "It fails on the base as well as on " (variant.name()) "." }
                        }
                        pre .output tabindex="0" { (text(check.tail.trim_end())) }
                    }
                }
            }
        }
    }
}

fn exit(check: &Check) -> Markup {
    html! { span .small { @if let Some(exit) = check.exit { "exit " (exit) ", " } (seconds(check.duration_s)) } }
}
