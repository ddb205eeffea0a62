//! `log`

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use clap::Args;

use super::shared;
use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::error::{Error, Exit, Kind, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::model::Selector;
use crate::process::Wake;
use crate::store::RunStore;
use crate::ui::{Format, Ui};

/// Show the watcher's log of a run
///
/// The journal of the run itself is 'git log refs/puff/runs/RUN'.
#[derive(Debug, Args)]
pub struct Log {
    /// The run
    run: Selector,
    /// Keep printing new lines until the watcher has finished
    #[arg(short, long)]
    follow: bool,
    /// Print only the last N bytes
    #[arg(long, value_name = "N")]
    bytes: Option<u64>,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff log @", does: "Show the watcher's log of the newest run." },
        Example { line: "git puff log @ --follow", does: "Keep printing new output." },
        Example { line: "git puff log @ --bytes 2000", does: "Print only its end." },
    ],
    files: &[manual::WATCHER_LOG],
    ..Manual::NONE
};

/// Runs `log`.
pub fn run(args: &Log, app: &App, ui: &Ui) -> Result<Exit> {
    let run = shared::find_run(app, &args.run)?.run;
    let path = app.layout.log(&run.run);
    let unreadable = || format!("cannot read the log '{}'", path.display());
    let comes = args.follow && run.is_job();
    if !comes && !path.exists() {
        return Err(Error::failed(format!("no log of '{}': it was not watched in the background", run.run))
            .hint(format!("its journal is in 'git log refs/puff/runs/{}'", run.run)));
    }
    let store = RunStore::new(app);
    let mut at = match (args.bytes, path.metadata()) {
        (Some(bytes), Ok(meta)) => meta.len().saturating_sub(bytes),
        _ => 0,
    };
    let mut open = Vec::new();
    loop {
        // Asked before reading, so that a line written in between is read in the next iteration.
        let ended = !store.load(&run.run)?.run.is_job();
        let mut text = Vec::new();
        if let Ok(mut file) = crate::files::open(&path) {
            file.seek(SeekFrom::Start(at)).or_fail(unreadable)?;
            file.read_to_end(&mut text).or_fail(unreadable)?;
        }
        at += text.len() as u64;
        let over = !args.follow || ended;
        if ui.format() == Format::Json {
            open.append(&mut text);
            let end =
                if over { open.len() } else { open.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
            let whole: Vec<u8> = open.drain(..end).collect();
            shared::print_log(ui, Some(&run.run), None, &String::from_utf8_lossy(&whole));
        } else {
            ui.bytes(&text);
        }
        if over {
            return Ok(Exit::Done);
        }
        if app.cancellation.pause(Duration::from_millis(250)) == Wake::Interrupted {
            return Ok(Exit::With(Kind::Interrupted));
        }
    }
}
