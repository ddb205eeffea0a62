//! The similarity of the variants, as a picture and as a table.

use maud::{Markup, html};

use super::escape::text;
use super::variants::percent;
use crate::model::Comparison;
use crate::render::describe;

/// The side of a cell, and the space for a name before the first one, in SVG units.
const CELL: usize = 52;
const NAMES: usize = 64;

/// Maximum number of listed files; the rest are counted.
const FILES: usize = 200;

/// Returns the section of the comparison; nothing for fewer than two variants.
pub fn section(comparison: Option<&Comparison>) -> Markup {
    let Some(comparison) = comparison else { return html! {} };
    html! {
        section #likeness aria-labelledby="likeness-h" {
            h2 #likeness-h { "Similarity" }
            div .likeness {
                div .scroll role="region" aria-label="Similarity as a picture" tabindex="0" { (picture(comparison)) }
                div {
                    (sayings(comparison))
                    p .quiet {
                        "100 % is the same change, 0 % nothing in common: twice the changed lines that two variants share, divided by all "
                        "the changed lines of both."
                    }
                }
            }
            details .inner {
                summary { "The same as a table" }
                div .scroll role="region" aria-label="Similarity as a table" tabindex="0" { (table(comparison)) }
            }
            (files(comparison))
        }
    }
}

/// Returns the similarity of two variants by index, from 0 to 1.
fn likeness(comparison: &Comparison, row: usize, column: usize) -> Option<f64> {
    let name = |at: usize| comparison.variants[at].name.as_str();
    if row == column { Some(1.0) } else { comparison.likeness(name(row), name(column)) }
}

/// Returns the matrix as a picture: shaded cells with percentages.
fn picture(comparison: &Comparison) -> Markup {
    let count = comparison.variants.len();
    let side = NAMES + count * CELL;
    let middle = |at: usize| NAMES + at * CELL + CELL / 2;
    let pairs = || (0..count).flat_map(|row| (0..count).map(move |column| (row, column)));
    html! {
        svg .matrix viewBox={ "0 0 " (side) " " (side - NAMES + 28) } width=(side) height=(side - NAMES + 28) role="img"
            aria-labelledby="matrix-t matrix-d" {
            title #matrix-t { "Similarity of every two variants, in percent" }
            desc #matrix-d { (described(comparison)) }
            @for (at, variant) in comparison.variants.iter().enumerate() {
                text .name x=(middle(at)) y="18" text-anchor="middle" { (text(&short(&variant.name))) }
                text .name x=(NAMES - 10) y=(28 + at * CELL + CELL / 2 + 5) text-anchor="end" { (text(&short(&variant.name))) }
            }
            @for (row, column) in pairs() {
                @let likeness = likeness(comparison, row, column);
                @let (x, y) = (NAMES + column * CELL, 28 + row * CELL);
                g .cell data-a=(text(&comparison.variants[row].name)) data-b=(text(&comparison.variants[column].name)) {
                    rect class={ "h" (level(row == column, likeness)) } x=(x + 1) y=(y + 1) width=(CELL - 2) height=(CELL - 2) rx="4" {}
                    @if row != column {
                        text class={ "n" (level(false, likeness)) } x=(x + CELL / 2) y=(y + CELL / 2 + 5) text-anchor="middle" {
                            (percent(likeness).trim_end_matches(" %"))
                        }
                    }
                }
            }
        }
    }
}

/// Returns a name that fits beside its row.
fn short(name: &str) -> String {
    crate::render::text::cut_start(&crate::render::text::clean_line(name), 8)
}

/// Returns the shade of a cell: 0 to 9, or that of a variant against itself.
fn level(itself: bool, likeness: Option<f64>) -> String {
    match likeness {
        _ if itself => "-self".to_owned(),
        Some(likeness) => ((likeness * 10.0) as u32).min(9).to_string(),
        None => "-none".to_owned(),
    }
}

/// Returns the description of the picture as text.
fn described(comparison: &Comparison) -> String {
    let pairs = comparison
        .pairs
        .iter()
        .take(FILES)
        .map(|pair| format!("{} and {}: {}", short(&pair.a), short(&pair.b), percent(Some(pair.likeness))));
    pairs.collect::<Vec<_>>().join("; ") + "."
}

/// Returns the conclusions from the numbers.
fn sayings(comparison: &Comparison) -> Markup {
    html! {
        ul .reasons {
            @if let Some(nearest) = &comparison.nearest {
                li { strong { (text(nearest)) } " is the nearest to all others." }
            }
            @for group in &comparison.same { li { (text(&group.join(", "))) " make the same change, apart from whitespace." } }
            li { (describe::number(comparison.agreed_lines as usize, "changed line")) " made by all." }
            @for variant in comparison.variants.iter().filter(|variant| variant.only_here > 0) {
                li {
                    (describe::number(variant.only_here as usize, "changed line")) " only in " (text(&variant.name))
                    @if !variant.only_files.is_empty() {
                        ", the only one to change "
                        @for (at, path) in variant.only_files.iter().take(3).enumerate() { @if at > 0 { ", " } code { (text(path)) } }
                        @if variant.only_files.len() > 3 { " and " (variant.only_files.len() - 3) " more" }
                    }
                    "."
                }
            }
            @for left in &comparison.left_out { li { (text(&left.name)) " is not compared: " (text(&left.why)) "." } }
        }
    }
}

fn table(comparison: &Comparison) -> Markup {
    html! {
        table .grid.numbers {
            caption .hidden { "Similarity of every two variants" }
            thead { tr {
                th scope="col" { "variant" }
                @for variant in &comparison.variants { th scope="col" .num { (text(&variant.name)) } }
                th scope="col" .num { "mean" }
            } }
            tbody {
                @for (row, variant) in comparison.variants.iter().enumerate() {
                    tr {
                        th scope="row" { (text(&variant.name)) }
                        @for column in 0..comparison.variants.len() {
                            td .num data-a=(text(&variant.name)) data-b=(text(&comparison.variants[column].name)) {
                                @if row == column { "·" } @else { (percent(likeness(comparison, row, column))) }
                            }
                        }
                        td .num { (percent(variant.agreement)) }
                    }
                }
            }
        }
    }
}

/// Returns the table of changed files and their variants.
fn files(comparison: &Comparison) -> Markup {
    html! {
        @if !comparison.files.is_empty() {
            details .inner {
                summary { "Changed files (" (comparison.files.len()) ")" }
                div .scroll role="region" aria-label="Changed files" tabindex="0" {
                    table .grid {
                        thead { tr { th scope="col" { "file" } th scope="col" { "variants" } th scope="col" .num { "agreed lines" } } }
                        tbody {
                            @for file in comparison.files.iter().take(FILES) {
                                tr {
                                    th scope="row" { code { (text(&file.path)) } }
                                    td {
                                        (text(&file.variants.join(", ")))
                                        @if file.same && file.variants.len() > 1 { span .small { "same content in all" } }
                                        @if file.binary { span .small { "binary" } }
                                    }
                                    td .num { (file.agreed_lines) }
                                }
                            }
                        }
                    }
                }
                @if comparison.files.len() > FILES {
                    p .quiet { "and " (comparison.files.len() - FILES) " more: " code { "git puff diff " (comparison.run) " --json" } }
                }
            }
        }
    }
}
