//! `session log`

use std::time::Duration;

use clap::Args;

use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::commands::shared;
use crate::error::{Exit, Kind, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::process::Wake;
use crate::session::{log, screen};
use crate::store::SessionStore;
use crate::ui::{Format, Ui};

/// Polling interval of a followed log.
const LOOK: Duration = Duration::from_millis(200);

/// Show the output of a session
///
/// Prints text, without terminal control sequences; the raw bytes are in the file that 'git puff session show' names.
#[derive(Debug, Args)]
pub struct Log {
    /// The session
    id: String,
    /// Keep printing new output until the session ends
    #[arg(short, long, conflicts_with = "screen")]
    follow: bool,
    /// Print only the last N bytes
    #[arg(long, value_name = "N")]
    bytes: Option<u64>,
    /// Show its current screen
    #[arg(long, conflicts_with = "bytes")]
    screen: bool,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff session log shell --bytes 2000", does: "Show the end of its output." },
        Example { line: "git puff session log shell --screen", does: "Show its current screen." },
        Example { line: "git puff session log shell --follow", does: "Keep printing new output." },
    ],
    files: &[manual::SESSIONS],
    ..Manual::NONE
};

/// Runs `log`.
pub fn run(args: &Log, app: &App, ui: &Ui) -> Result<Exit> {
    let store = SessionStore::new(&app.layout);
    let session = store.find(&args.id)?;
    let place = store.place(&session.id);
    let unreadable = || format!("cannot read the log of '{}'", session.id);
    let print = |text: &str| shared::print_log(ui, None, Some(&session.id), text);
    if args.screen {
        let lines = screen::of(&place, session.size).or_fail(unreadable)?;
        let text = lines.join("\n");
        if ui.format() == Format::Json {
            print(&text)
        } else {
            ui.block(&text)
        }
        return Ok(Exit::Done);
    }
    if !args.follow {
        let output = log::tail(&place, args.bytes.unwrap_or(u64::MAX)).or_fail(unreadable)?;
        print(&log::text_of(&output));
        return Ok(Exit::Done);
    }
    let mut follower = log::Follower::begin(&place, args.bytes.unwrap_or(u64::MAX)).or_fail(unreadable)?;
    let mut open = Vec::new();
    loop {
        // Asked first, so that everything printed before the end is read below.
        let over = !place.is_supervised();
        let mut news = false;
        loop {
            let part = follower.read().or_fail(unreadable)?;
            if part.is_empty() {
                break;
            }
            news = true;
            open.extend_from_slice(&part);
            // An incomplete line may end within a control sequence.
            let end = open.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            print(&log::text_of(&open[..end]));
            open.drain(..end);
        }
        if over && !news {
            print(&log::text_of(&open));
            return Ok(Exit::Done);
        }
        if app.cancellation.pause(LOOK) == Wake::Interrupted {
            return Ok(Exit::With(Kind::Interrupted));
        }
    }
}
