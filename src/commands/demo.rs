//! `demo`

mod next_steps;
mod repo;
mod story;

use std::path::PathBuf;

use clap::Args;

use self::repo::DemoRepo;
use self::story::Scene;
use crate::app::Environment;
use crate::error::{Error, Exit, Result};
use crate::manual::{Example, Manual};
use crate::process::Foreground;
use crate::render::steps::shell_word;
use crate::ui::Ui;

/// Try git-puff in a temporary repository, without an account and without a network
///
/// Creates a small repository in its own folder, sends four scripted agents to fix a bug in it, watches them, makes a
/// branch of each attempt, and shows what to try next. Ignores your git configuration, and changes nothing outside of
/// the folder.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder to create it in: empty, or not existing yet [default: a new temporary folder]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff demo", does: "Run the demo in a new temporary folder." },
        Example { line: "git puff demo ../playground", does: "Run the demo in a folder of your choice." },
    ],
    ..Manual::NONE
};

/// Runs `demo`; its folder stays, for the user to inspect.
pub fn run(args: &Demo, ui: &Ui) -> Result<Exit> {
    let environment = Environment::read();
    let place = DemoRepo::choose(args.folder.as_deref(), environment)?;
    ui.block(&story::opening(place.root()));
    play(&place, ui).map_err(|error| match error.next_step() {
        Some(_) => error,
        None => error.hint(format!("the demo's files so far are in '{}'", place.root().display())),
    })?;
    ui.block(&next_steps::next_steps(&place));
    Ok(Exit::Done)
}

fn play(place: &DemoRepo, ui: &Ui) -> Result<()> {
    place.make()?;
    for scene in story::SCENES {
        show(place, scene, ui)?;
    }
    ui.block("\nDoes what they made pass the test?\n");
    for (agent, variant) in story::AGENTS.iter().zip(1..) {
        let said = place.test(&story::branch(variant))?;
        ui.block(&format!("  var{variant} ({}): {said}", agent.name));
    }
    show(place, &story::REPORT, ui)
}

/// Runs this program as a user would, with its output passed through.
fn show(place: &DemoRepo, scene: &Scene, ui: &Ui) -> Result<()> {
    let shown = |word: &str| if word.starts_with('-') { word.to_owned() } else { shell_word(word) };
    let words: Vec<String> = scene.args.iter().map(|word| shown(word)).collect();
    let words = format!("git puff {}", words.join(" "));
    ui.block(&format!("\n{}\n\n$ {words}", scene.introduction));
    let status = Foreground::Terminal
        .run_on_terminal(&place.puff(scene.args)?, None)
        .map_err(|cause| Error::failed(format!("cannot run '{words}'")).because(cause))?;
    ui.block(scene.remark);
    if status.success() {
        return Ok(());
    }
    Err(Error::failed(format!("'{words}' ended unexpectedly: {status}")))
}
