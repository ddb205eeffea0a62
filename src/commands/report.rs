//! `report`

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared;
use crate::app::App;
use crate::engine::compare::side_by_side::side_by_side;
use crate::engine::{compare, handoff, manifest};
use crate::error::{Error, Exit, Result, ResultExt};
use crate::folder::{self, Folder};
use crate::manual::{self, Example, Manual};
use crate::model::{Handoff, Selector};
use crate::render;
use crate::render::html::Compared;
use crate::settings;
use crate::store::{Recorded, RunStore};
use crate::ui::Ui;

/// Print the handoff report of a run
///
/// Prints the prompt, the results and the next steps, for the terminal or a pull request. A manifest describes the
/// picked, or else the recommended, variant for the join operator.
#[derive(Debug, Args)]
pub struct Report {
    /// The run
    run: Selector,
    /// The format of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Md)]
    format: ReportFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write to a file, or into a folder as report.md, report.json or report.html; a manifest goes into the folder of
    /// an inbox, beside its patch
    #[arg(short, long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown
    Md,
    /// JSON
    Json,
    /// A self-contained HTML page
    Html,
    /// The manifest for 'git puff join-operator'
    Manifest,
}

impl ReportFormat {
    /// Returns the report's file name in a folder; a manifest is named differently.
    fn file(self) -> &'static str {
        match self {
            ReportFormat::Md => "report.md",
            ReportFormat::Json => "report.json",
            ReportFormat::Html => "report.html",
            ReportFormat::Manifest => "manifest.json",
        }
    }
}

impl Report {
    /// Returns whether JSON was asked for.
    pub(crate) fn json(&self) -> bool {
        self.format() == ReportFormat::Json
    }

    /// Returns the requested format.
    pub(crate) fn format(&self) -> ReportFormat {
        if self.json { ReportFormat::Json } else { self.format }
    }
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff report @", does: "Show the report of the newest run." },
        Example {
            line: "git puff report @ --format html --output report.html",
            does: "Write a self-contained HTML page, to open in a browser.",
        },
        Example { line: "git puff report @ --format json", does: "Print it for another program." },
        Example {
            line: "git puff report @ --format manifest --output inbox/",
            does: "Write the picked variant to the inbox of 'git puff join-operator'.",
        },
    ],
    files: &[manual::RUN_REFS, manual::REPORT_NOTES],
    settings: &[settings::REMOTE],
    ..Manual::NONE
};

/// Runs `report`.
pub fn run(args: &Report, app: &App, ui: &Ui) -> Result<Exit> {
    let store = RunStore::new(app);
    let recorded = shared::find_run(app, &args.run)?;
    let handoff = handoff::of(&store, &recorded)?;
    let format = args.format();
    let text = match format {
        ReportFormat::Md => render::report::markdown(&handoff),
        ReportFormat::Json => {
            serde_json::to_string_pretty(&handoff).or_fail(|| "cannot write the report as JSON".to_owned())? + "\n"
        }
        ReportFormat::Html => page(app, &recorded, &handoff)?,
        ReportFormat::Manifest => return deliver(args, &recorded, app, ui),
    };
    let Some(path) = &args.output else {
        match format {
            ReportFormat::Json => ui.json(&handoff),
            // HTML is not shown in a pager.
            ReportFormat::Html | ReportFormat::Manifest => ui.page(&text, None),
            ReportFormat::Md => {
                let pager = ui.is_terminal_out().then(|| app.repo.pager()).flatten();
                ui.page(&text, pager.as_deref());
            }
        }
        return Ok(Exit::Done);
    };
    let mut path = shared::absolute(app, path);
    let written = if path.is_dir() {
        let folder = Folder::open(&path, &app.bounds());
        path = path.join(format.file());
        folder.and_then(|folder| {
            let written = folder.write(OsStr::new(format.file()), text.as_bytes());
            written.map_err(|cause| Error::failed(format!("cannot write '{}'", path.display())).because(cause))
        })
    } else {
        folder::write(&path, text.as_bytes(), &app.bounds())
    };
    written.map_err(|error| match error.next_step() {
        Some(_) => error,
        None => error.hint("name a file in an existing folder, or a folder: -o FILE|DIR"),
    })?;
    ui.note(&format!("wrote {}", path.display()));
    Ok(Exit::Done)
}

/// Prints the manifest of the picked or recommended variant, or writes it to an inbox.
fn deliver(args: &Report, recorded: &Recorded, app: &App, ui: &Ui) -> Result<Exit> {
    let delivery = manifest::of(app, recorded)?;
    let Some(inbox) = &args.output else {
        ui.json(&delivery.manifest);
        return Ok(Exit::Done);
    };
    let (path, is_new) = manifest::deliver(&delivery, &shared::absolute(app, inbox), &app.bounds())?;
    ui.note(&format!("{} {}", if is_new { "wrote" } else { "already exists:" }, path.display()));
    Ok(Exit::Done)
}

/// Returns the page with a comparison of the variants: that of the last review, or else a new one.
fn page(app: &App, recorded: &Recorded, handoff: &Handoff) -> Result<String> {
    let sides = side_by_side(app, recorded)?;
    let kept = handoff.review.as_ref().and_then(|review| review.comparison.clone());
    let comparison = match kept {
        None if sides.variants.len() > 1 => Some(compare::comparison(app, &recorded.run, &compare::all(recorded))?),
        kept => kept,
    };
    Ok(render::html::page(handoff, Compared { comparison: comparison.as_ref(), sides: &sides }))
}
