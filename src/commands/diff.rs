//! `diff`

mod arguments;

use std::ffi::OsString;

use clap::{Args, Command};

use super::shared::find_run;
use super::show::no_variant;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::compare::{self, Material, Pick, Trees};
use crate::error::{Error, Exit, Kind, Result};
use crate::git::become_diff;
use crate::manual::{self, Example, Manual};
use crate::model::{Oid, Run, Selector};
use crate::render;
use crate::store::{Recorded, RunStore};
use crate::ui::{Format, Ui};
use arguments::{DiffArguments, Named};

/// Compare variants with their base and with each other
///
/// With one variant, compares the base with it; with two, the first with the second, using your 'git diff' with its
/// options, pager and exit code. With none, or with --matrix, prints how similar all variants are, the files that each
/// changes, the changes that all or only one make, equal variants, and the one nearest to the others; --json explains
/// every number.
///
/// A variant is N or varN of the run, or RUN:N of any run. A variant whose patch does not apply to the base is shown
/// on the files that the patch was made on, where this clone has them.
#[derive(Debug, Args)]
#[command(
    override_usage = "git puff diff <RUN> <A> [B] [GIT DIFF OPTIONS] [-- PATH...]\n       git puff diff <RUN> [--matrix \
                      [N]...] [--json]"
)]
pub struct Diff {
    #[command(flatten)]
    output: JsonFlag,
    /// Print a comparison matrix of all variants, or of the named ones
    #[arg(long)]
    matrix: bool,
    /// The run, up to two variants, and arguments for 'git diff'
    #[arg(value_name = "RUN", required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

impl Diff {
    /// Returns whether `--json` is among the words.
    pub fn json(&self) -> bool {
        self.output.json || DiffArguments::read(&self.words).is_ok_and(|words| words.json)
    }
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff diff @",
            does: "Show how similar the variants of the newest run are, and what each changes.",
        },
        Example { line: "git puff diff @ 2", does: "Show what the second variant changes." },
        Example {
            line: "git puff diff @ 1 2 --stat -- src",
            does: "Compare the first and the second below a folder with 'git diff'.",
        },
        Example { line: "git puff diff @ --json", does: "Print the comparison, with the basis of every number." },
    ],
    exits: &[(Kind::Failed, "There is nothing to compare, or the operation failed; with --exit-code, they differ.")],
    files: &[manual::RUN_REFS, manual::BRANCHES],
    ..Manual::NONE
};

/// Runs `diff`.
pub fn run(args: &Diff, look_around: impl FnOnce() -> Result<App>, command: &mut Command, ui: &Ui) -> Result<Exit> {
    let words = DiffArguments::read(&args.words)?;
    if let Some(long) = words.help {
        return help(command, long, ui);
    }
    let is_matrix = words.variants.is_empty() || words.matrix || args.matrix || args.json();
    words.check(is_matrix)?;
    let app = look_around()?;
    let recorded = find_run(&app, &words.run)?;
    let others = words.variants.iter().map(|named| match named {
        Named::Here(_) => Ok(None),
        Named::Of(selector) => RunStore::new(&app).find(selector).map(Some),
    });
    let others: Vec<Option<Recorded>> = others.collect::<Result<_>>()?;
    let pick = |(named, other): (&Named, &'_ Option<Recorded>)| {
        let recorded = other.as_ref().unwrap_or(&recorded).clone();
        (recorded, named.index())
    };
    let named: Vec<(Recorded, u32)> = words.variants.iter().zip(&others).map(pick).collect();
    let mut picks: Vec<Pick<'_>> = Vec::new();
    for (recorded, index) in &named {
        let variant = recorded.run.variant(*index).ok_or_else(|| no_variant(&recorded.run, *index))?;
        picks.push(Pick { recorded, variant });
    }
    if is_matrix {
        let all = compare::all(&recorded);
        return matrix(&app, &recorded.run, if picks.is_empty() { all } else { picks }, ui);
    }
    diff(&app, &recorded.run, &picks, &words, ui)
}

fn help(cli: &mut Command, long: bool, ui: &Ui) -> Result<Exit> {
    cli.build();
    if let Some(verb) = cli.find_subcommand_mut("diff") {
        let text = if long { verb.render_long_help() } else { verb.render_help() };
        ui.styled(&text.ansi().to_string());
    }
    Ok(Exit::Done)
}

fn matrix(app: &App, run: &Run, mut picks: Vec<Pick<'_>>, ui: &Ui) -> Result<Exit> {
    let mut seen = Vec::new();
    picks.retain(|pick| {
        let name = pick.name(&run.run);
        let is_new = !seen.contains(&name);
        seen.push(name);
        is_new
    });
    let comparison = compare::comparison(app, run, &picks)?;
    match ui.format() {
        Format::Json => ui.json(&comparison),
        _ => {
            let pager = ui.is_terminal_out().then(|| app.repo.pager()).flatten();
            ui.page(&render::tables::matrix(&comparison, ui.width(), &app.display), pager.as_deref());
        }
    }
    if comparison.variants.is_empty() {
        ui.note(&format!("no variant of '{}' has a change to compare", run.run));
        ui.hint(&format!("'git puff show {}' shows the variants", run.run));
        return Ok(Exit::With(Kind::Failed));
    }
    Ok(Exit::Done)
}

fn diff(app: &App, run: &Run, picks: &[Pick<'_>], words: &DiffArguments, ui: &Ui) -> Result<Exit> {
    let name = |pick: &Pick<'_>| pick.name(&run.run);
    let mut trees = Vec::new();
    for pick in picks {
        match compare::material(app, pick)? {
            Material::Trees(found) => trees.push(found),
            Material::Nothing(why) => {
                return Err(Error::failed(format!("cannot show {}: {why}", name(pick)))
                    .hint(format!("'git puff show {}' shows its variants", pick.recorded.run.run)));
            }
            Material::Patch { patch, why }
                if picks.len() == 1 && words.options.is_empty() && words.paths.is_empty() =>
            {
                ui.note(&format!("{}: {why}; showing its original patch", name(pick)));
                return Ok(page_patch(app, &patch, ui));
            }
            Material::Patch { why, .. } => return Err(no_tree(run, pick, picks, &why)),
        }
    }
    for (pick, trees) in picks.iter().zip(&trees) {
        if let Some(why) = &trees.aside {
            ui.note(&format!("{}: {why}; showing it on the files that it was made on", name(pick)));
        }
    }
    let sides = match (picks, trees.as_slice()) {
        ([one, other], [first, second]) => {
            let (here, there) = (one.recorded.run.base_oid, other.recorded.run.base_oid);
            if here != there {
                let bases = format!("{} and {}", app.display.oid(here), app.display.oid(there));
                ui.note(&format!("they have different bases, {bases}; the diff includes the changes between these"));
            }
            if first.new == second.new {
                ui.note(&format!("{} and {} are identical", name(one), name(other)));
            }
            [side(first, false), side(second, false)]
        }
        ([one, ..], [first, ..]) => {
            if first.old == first.new {
                ui.note(&format!("{} changes nothing", name(one)));
            }
            [side(first, true), side(first, false)]
        }
        _ => return Err(Error::failed("there is nothing to compare")),
    };
    // After the options no word can be mistaken for an option's value, and '--' marks the rest as paths.
    let sides = sides.map(|side| OsString::from(side.to_string()));
    let paths = std::iter::once(OsString::from("--")).chain(words.paths.iter().cloned());
    let words = words.options.iter().cloned().chain(sides).chain(paths);
    if ui.is_told() {
        ui.bytes(&app.repo.diff(words)?);
        return Ok(Exit::Done);
    }
    Err(become_diff(&app.foreground, words))
}

/// Returns git's argument for one side: the commit if there is one, because external diff tools may use it.
fn side(trees: &Trees, is_old: bool) -> Oid {
    match (trees.commits, is_old) {
        (Some((old, _)), true) => old,
        (Some((_, new)), false) => new,
        (None, true) => trees.old,
        (None, false) => trees.new,
    }
}

/// Shows a patch that does not apply.
fn page_patch(app: &App, patch: &[u8], ui: &Ui) -> Exit {
    if ui.is_terminal_out() {
        ui.page(&String::from_utf8_lossy(patch), app.repo.pager().as_deref());
    } else {
        ui.bytes(patch);
    }
    Exit::Done
}

/// Returns the error for a patch that does not apply, with the alternatives as a hint.
fn no_tree(run: &Run, pick: &Pick<'_>, picks: &[Pick<'_>], why: &str) -> Error {
    let of = &pick.recorded.run.run;
    let selector = Selector { run: of.to_string(), variant: Some(pick.variant.index) };
    let error = Error::failed(format!("cannot compare {}: {why}", pick.name(&run.run)));
    let patch = format!("'git puff diff {selector}' shows its patch");
    if picks.len() == 1 {
        return error.hint(format!("without options and paths, {patch}"));
    }
    let names: Vec<String> =
        picks.iter().map(|pick| format!(" {}:{}", pick.recorded.run.run, pick.variant.index)).collect();
    error.hint(format!("{patch}; 'git puff diff {} --matrix{}' compares the changed lines", run.run, names.concat()))
}
