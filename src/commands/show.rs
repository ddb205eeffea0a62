//! `show`

use clap::Args;

use crate::app::App;
use crate::commands::flags::{AbbrevArgs, JsonFlag};
use crate::error::{Error, Exit, Result};
use crate::manual::{self, Example, Manual};
use crate::model::{Report, Run, Selector, Variant};
use crate::providers::local::live;
use crate::render;
use crate::store::RunStore;
use crate::ui::{Format, Ui};

/// Show a run with its variants, or one variant
#[derive(Debug, Args)]
pub struct Show {
    /// The run, or RUN:N for a variant of it
    #[arg(value_name = "RUN[:N]")]
    run: Selector,
    #[command(flatten)]
    abbrev: AbbrevArgs,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff show @", does: "Show the newest run with its variants." },
        Example { line: "git puff show @:2", does: "Show its second variant." },
        Example { line: "git puff show @ --json", does: "Print the complete record." },
    ],
    files: &[manual::RUN_REFS],
    ..Manual::NONE
};

/// Runs `show`.
pub fn run(args: &Show, app: &mut App, ui: &Ui) -> Result<Exit> {
    args.abbrev.apply(app);
    let store = RunStore::new(app);
    let recorded = store.find(&args.run)?;
    let committed = live::fetch(app, &recorded.run);
    for (index, name) in committed.iter().filter(|(index, _)| args.run.variant.is_none_or(|wanted| wanted == *index)) {
        let base = app.display.oid(recorded.run.base_oid);
        ui.hint(&format!("the agent of var{index} has commits: git log -p {base}..{name}"));
    }
    let now = app.clock.now();
    let text = match args.run.variant {
        None if ui.format() == Format::Json => {
            ui.json(&recorded.run);
            return Ok(Exit::Done);
        }
        None => render::tables::run(&recorded.run, store.review(&recorded)?.as_ref(), now, ui.width(), &app.display),
        Some(index) => {
            let variant = recorded.run.variant(index).ok_or_else(|| no_variant(&recorded.run, index))?;
            if ui.format() == Format::Json {
                ui.json(&Run { variants: vec![variant.clone()], ..recorded.run.clone() });
                return Ok(Exit::Done);
            }
            let report = store.file(recorded.head, &Variant::path(index, "report.json"))?;
            let report: Option<Report> = report.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            render::tables::variant(
                &recorded.run,
                store.review(&recorded)?.as_ref(),
                index,
                report.as_ref(),
                now,
                &app.display,
            )
        }
    };
    let pager = ui.is_terminal_out().then(|| app.repo.pager()).flatten();
    ui.page(&text, pager.as_deref());
    Ok(Exit::Done)
}

/// Returns the error for a variant number that the run does not have.
pub(super) fn no_variant(run: &Run, index: u32) -> Error {
    Error::failed(format!("no variant {index} in run '{}'", run.run)).hint(format!(
        "use 1 to {}; 'git puff show {}' lists them",
        run.variants.len(),
        run.run
    ))
}
