//! `retry`

use clap::Args;

use super::{launch, shared};
use crate::cli::{OutputFlags, PromptArgs, RunArgs};
use crate::context::Context;
use crate::engine::intent::{Intent, WatchWish};
use crate::engine::launch::{Plan, launch};
use crate::error::{Error, Exit, Result, ResultExt};
use crate::model::{ProviderKind, Selector, Span};
use crate::process::{self, Cmd};
use crate::store::RunStore;
use crate::ui::Ui;

/// Start a new run with the settings of an old one
///
/// The new run names the old one as its parent, and is watched as that was.
#[derive(Debug, Args)]
pub struct Retry {
    /// The run to repeat
    run: Selector,
    #[command(flatten)]
    prompt: PromptArgs,
    /// Open the prompt in your editor first
    #[arg(long)]
    edit: bool,
    #[command(flatten)]
    settings: RunArgs,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// Tries again.
pub fn run(args: &Retry, context: &Context, ui: &Ui) -> Result<Exit> {
    let store = RunStore::new(context);
    let recorded = shared::find_run(context, &args.run)?;
    let old = &recorded.run;
    if old.provider != ProviderKind::CodexCloud {
        return Err(Error::failed(format!(
            "the run '{}' has provider {}, which has nothing to repeat",
            old.run,
            old.provider.as_str()
        ))
        .hint("start a new one with 'git puff launch'"));
    }
    let (mut prompt, prompt_file) = match shared::given_prompt(&args.prompt, context)? {
        Some(given) => given,
        None => (store.prompt(&recorded)?, None),
    };
    if args.edit {
        prompt = edit(context, &prompt)?;
    }
    let best_of = shared::best_of(&args.settings)?;
    let intent = Intent {
        prompt,
        prompt_file,
        env: args.settings.env.clone().or_else(|| old.env.clone()),
        base: args.settings.base.clone().or_else(|| Some(old.base.clone())),
        best_of: best_of.or(Some(old.best_of)),
        name: None,
        parent: Some(old.run.clone()),
    };
    let watch = old.watch.as_ref().map(|watch| WatchWish {
        interval: Span(watch.interval_s),
        timeout: Span(watch.timeout_s),
        harvest: watch.harvest,
    });
    let plan = Plan { intents: vec![intent], watch, max_active: 0, skip_doctor: false };
    let launched = launch(context, plan, &shared::listener(ui))?;
    launch::conclude(launched, watch.is_some(), context, ui)
}

/// Opens a prompt in the user's editor, as git opens a commit message.
fn edit(context: &Context, prompt: &str) -> Result<String> {
    let editor = context
        .repo
        .editor()
        .ok_or_else(|| Error::failed("git knows no editor").hint("set one: git config --global core.editor EDITOR"))?;
    context.places.prepare()?;
    let path = context.places.root().join("PROMPT_EDITMSG.md");
    std::fs::write(&path, prompt).or_fail(|| format!("'{}' can't be written", path.display()))?;
    let cmd = Cmd::shell(&format!("{editor} \"$@\"")).arg(&editor).arg(&path);
    let ended = process::run_on_terminal(&cmd, None).or_fail(|| format!("the editor '{editor}' can't be run"))?;
    if !ended.success() {
        return Err(Error::failed(format!("the editor '{editor}' ended with {ended}")).hint("nothing was submitted"));
    }
    let bytes = std::fs::read(&path).or_fail(|| format!("'{}' can't be read", path.display()))?;
    let _ = std::fs::remove_file(&path);
    Intent::prompt(bytes, "the editor")
}
