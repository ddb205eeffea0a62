//! `config`

use clap::Args;

use crate::cli::JsonFlag;
use crate::context::{Context, Environment};
use crate::engine::config;
use crate::error::{Error, Exit, Kind, Result};
use crate::git;
use crate::manual::{Example, Manual};
use crate::model::documents::{Configuration, ConfiguredKey};
use crate::model::{Schema, documents};
use crate::render;
use crate::settings::Settings;
use crate::ui::{Format, Ui};

/// Show what is set, where, and what could be
///
/// Every key of puff.* with its value, where that was written, its default and its meaning; values that cannot be used
/// and typing errors are marked. All layers of git's configuration count as git counts them, 'git -c' and includes too,
/// and a variable GIT_PUFF_… before them. This only shows: 'git config KEY VALUE' sets.
#[derive(Debug, Args)]
pub struct Config {
    /// One key, with or without 'puff.' in front; exit 1 when it has no value
    key: Option<String>,
    /// What somebody wants to set
    #[arg(hide = true)]
    value: Option<String>,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// What the manual says of it.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff config", does: "Show every key, those that are set first." },
        Example { line: "git puff config bestOf", does: "Show one." },
        Example { line: "git puff config --json", does: "Print all of it for another program." },
    ],
    exits: &[(Kind::Failed, "The key that was named has no value.")],
    ..Manual::NONE
};

/// Shows. It needs no repository: there is a configuration outside of one, too.
pub fn run(args: &Config, here: impl Fn() -> Result<Context>, ui: &Ui) -> Result<Exit> {
    if let (Some(key), Some(value)) = (&args.key, &args.value) {
        let key = render::steps::shell_word(&config::full(key));
        return Err(Error::usage("'git puff config' only shows; git's own command sets")
            .hint(format!("git config {key} {}", render::steps::shell_word(value))));
    }
    let settings = match here() {
        Ok(context) => context.settings,
        // Where nobody stands, only the place that was asked for counts.
        Err(error) if ui.is_told() => return Err(error),
        Err(_) => Settings::new(git::config::list()?, Environment::read().puff),
    };
    let Some(name) = &args.key else {
        let all = config::configuration(&settings);
        match ui.format() {
            Format::Json => ui.json(&all),
            _ => {
                let pager = ui.is_terminal_out().then(git::pager).flatten();
                ui.page(&render::config::configuration(&all, ui.width()), pager.as_deref());
            }
        }
        return Ok(Exit::Done);
    };
    let key = config::named(&settings, name).ok_or_else(|| unknown(name))?;
    let has_value = !key.values.is_empty();
    print(key, ui);
    Ok(if has_value { Exit::Done } else { Exit::With(Kind::Failed) })
}

fn print(key: ConfiguredKey, ui: &Ui) {
    match ui.format() {
        Format::Json => {
            let schema = Schema::of(documents::CONFIG);
            ui.json(&Configuration { schema, settings: vec![key], unknown: Vec::new() });
        }
        _ => ui.block(&render::config::key(&key, ui.width())),
    }
}

fn unknown(name: &str) -> Error {
    let error = Error::usage(format!("'{name}' is no setting of git-puff"));
    match config::meant(name) {
        Some(meant) => error.hint(format!("did you mean '{meant}'?")),
        None => error.hint("'git puff config' lists the keys"),
    }
}
