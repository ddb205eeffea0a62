//! Arguments that several verbs share.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::app::App;
use crate::model::{Abbrev, Confine};

/// `--json`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct JsonFlag {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `--json` or `--porcelain`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct OutputFlags {
    /// Print JSON
    #[arg(long, conflicts_with = "porcelain")]
    pub json: bool,
    /// Print KEY=VALUE lines
    #[arg(long)]
    pub porcelain: bool,
}

/// The abbreviation of object names in output for people.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct AbbrevArgs {
    /// Abbreviate object names to N digits, or more if ambiguous; without N, as git does [config: core.abbrev]
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, overrides_with = "no_abbrev")]
    abbrev: Option<Option<usize>>,
    /// Print full object names
    #[arg(long, overrides_with = "abbrev")]
    no_abbrev: bool,
}

impl AbbrevArgs {
    /// Shows object names so from here on; as git is configured to, where no flag is given.
    pub fn apply(&self, app: &mut App) {
        let digits = self.abbrev.flatten().map(Abbrev::digits);
        let wanted = if self.no_abbrev { Some(Abbrev::Whole) } else { digits };
        wanted.into_iter().for_each(|abbrev| app.abbreviate(abbrev));
    }

    /// Names are to be shortened.
    pub fn is_given(&self) -> bool {
        self.abbrev.is_some()
    }
}

/// `--confine`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct ConfineArg {
    /// Let checks, agents or all of them write only where they work, as in --confine=agents; without WHAT, all
    /// [config: puff.confine]
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = Confine::All.as_str(),
        value_parser = PossibleValuesParser::new(Confine::WORDS).try_map(|word| word.parse::<Confine>()),
    )]
    pub confine: Option<Confine>,
}

/// The source of a prompt: one of the two flags, or standard input.
#[derive(Clone, Debug, Default, Args)]
pub struct PromptArgs {
    /// The prompt
    #[arg(long, value_name = "TEXT", conflicts_with = "prompt_file")]
    pub prompt: Option<String>,
    /// Read the prompt from a file; '-' for standard input
    #[arg(long, value_name = "FILE")]
    pub prompt_file: Option<PathBuf>,
}

/// The base settings of a run.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// The cloud environment, by its id or label [config: puff.env]
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// The remote's branch to start from; with agents on this machine, any commit [default: HEAD]
    #[arg(long, visible_alias = "branch", value_name = "REF")]
    pub base: Option<String>,
    /// Number of attempts [config: puff.bestOf; with --agent their sum]
    #[arg(long, visible_alias = "attempts", value_name = "N", allow_negative_numbers = true)]
    pub best_of: Option<i64>,
}
