//! `demo`

mod place;
mod story;

use std::path::PathBuf;

use clap::Args;

use self::place::Place;
use crate::context::Environment;
use crate::error::{Error, Exit, Result};
use crate::process;
use crate::ui::Ui;

/// Try git-puff in a throw-away repository, without an account and without a network
///
/// Makes a small repository and the patches of five attempts in a folder of their own, runs the real commands on them,
/// and shows what to try next. Your own git configuration does not count there, and nothing outside of the folder is
/// touched.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to make it: a folder that is empty, or not there yet [default: a new temporary folder]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Plays the demo; what it made stays, for the user to look at.
pub fn run(args: &Demo, ui: &Ui) -> Result<Exit> {
    let environment = Environment::read();
    let place = Place::choose(args.folder.as_deref(), environment)?;
    ui.block(&story::opening(place.root()));
    play(&place, ui).map_err(|error| match error.next_step() {
        Some(_) => error,
        None => error.hint(format!("what was made so far is in '{}'", place.root().display())),
    })?;
    ui.block(&story::closing(&place));
    Ok(Exit::Done)
}

fn play(place: &Place, ui: &Ui) -> Result<()> {
    place.make()?;
    for scene in story::SCENES {
        ui.block(&format!("\n{}\n\n$ git puff {}", scene.introduction, scene.args.join(" ")));
        show(place, scene.args, scene.ends, ui)?;
        ui.block(scene.remark);
    }
    Ok(())
}

/// Runs this same program as a user would, and shows all that it says.
fn show(place: &Place, args: &[&str], ends: Exit, ui: &Ui) -> Result<()> {
    let words = format!("git puff {}", args.join(" "));
    let output = process::run(&place.puff(args)?)
        .map_err(|cause| Error::failed(format!("'{words}' can't be run")).because(cause))?;
    ui.block(&String::from_utf8_lossy(&output.stderr));
    ui.block(&String::from_utf8_lossy(&output.stdout));
    if output.status.code() == Some(i32::from(ends.code())) {
        return Ok(());
    }
    Err(Error::failed(format!("'{words}' ended in another way than it should: {}", output.status)))
}
