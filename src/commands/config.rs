//! `config`

use clap::Args;

use crate::app::{App, Environment};
use crate::commands::flags::JsonFlag;
use crate::engine::config;
use crate::error::{Error, Exit, Kind, Result};
use crate::git;
use crate::manual::{Example, Manual};
use crate::model::documents::{Configuration, ConfiguredKey};
use crate::model::{Schema, documents};
use crate::render;
use crate::settings::Settings;
use crate::ui::{Format, Ui};

/// Show the settings, with their values and origins
///
/// Lists every key of puff.* with its value, origin, default and meaning, and marks invalid values and misspelled
/// keys. Reads all of git's configuration files, 'git -c' and includes too, with git's precedence; a variable
/// GIT_PUFF_… overrides them. To change a setting, use 'git config KEY VALUE'.
#[derive(Debug, Args)]
pub struct Config {
    /// Show one key, with or without the prefix 'puff.'; exit 1 when it has no value
    key: Option<String>,
    /// A value to set (not supported; use 'git config')
    #[arg(hide = true)]
    value: Option<String>,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff config", does: "Show every key, with the keys that are set first." },
        Example { line: "git puff config bestOf", does: "Show one key." },
        Example { line: "git puff config --json", does: "Print all of it for another program." },
    ],
    exits: &[(Kind::Failed, "The key has no value.")],
    ..Manual::NONE
};

/// Runs `config`. It needs no repository, because configuration exists outside of one too.
pub fn run(args: &Config, here: impl Fn() -> Result<App>, ui: &Ui) -> Result<Exit> {
    if let (Some(key), Some(value)) = (&args.key, &args.value) {
        let key = render::steps::shell_word(&config::full(key));
        return Err(Error::usage("'git puff config' cannot change a setting")
            .hint(format!("git config {key} {}", render::steps::shell_word(value))));
    }
    let settings = match here() {
        Ok(app) => app.settings,
        // Without a repository, only the requested key matters.
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
    let error = Error::usage(format!("no setting named '{name}'"));
    match config::meant(name) {
        Some(meant) => error.hint(format!("did you mean '{meant}'?")),
        None => error.hint("'git puff config' lists the keys"),
    }
}
