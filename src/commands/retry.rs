//! `retry`

use std::path::Path;

use clap::Args;

use super::{launch, shared};
use crate::app::App;
use crate::commands::flags::{ConfineArg, OutputFlags, PromptArgs, RunArgs};
use crate::engine::intent::{Intent, WatchOptions};
use crate::engine::launch::{Plan, launch};
use crate::error::{Error, Exit, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::model::{AgentCount, Confine, Local, Run, Selector, Span};
use crate::process::Cmd;
use crate::render::findings::Draft;
use crate::settings;
use crate::store::RunStore;
use crate::ui::Ui;

/// Start a new run with the settings of an old one
///
/// The new run has the old one as its parent, and the same watch options, agents and checks. With --edit, the results
/// of the old run (failed checks, conflicts, risks, the review) are shown below the prompt, and are not sent.
#[derive(Debug, Args)]
pub struct Retry {
    /// The run to repeat
    run: Selector,
    #[command(flatten)]
    prompt: PromptArgs,
    /// Edit the prompt first, with the results of the old run below it
    #[arg(long)]
    edit: bool,
    #[command(flatten)]
    settings: RunArgs,
    #[command(flatten)]
    confine: ConfineArg,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example { line: "git puff retry @", does: "Send the newest run's prompt again, with the same settings." },
        Example {
            line: "git puff retry @ --edit",
            does: "Edit the prompt first, with the results of the old run below it.",
        },
        Example {
            line: "git puff retry @ --prompt 'Fix the parser, and test it' --best-of 2",
            does: "Use another prompt and fewer attempts.",
        },
    ],
    files: &[manual::RUN_REFS, manual::RUNBOOK, manual::WORKTREES],
    settings: &[
        settings::REMOTE,
        settings::ATTEMPT_LIMIT,
        settings::CODEX,
        settings::DIALECT,
        settings::WORKSPACE,
        settings::WORKSPACE_DIR,
        settings::WORKSPACE_SETUP,
        settings::WORKSPACE_COPY,
        settings::WORKSPACE_LINK,
        settings::AGENT_COMMAND,
        settings::AGENT_WRAPPER,
        settings::AGENT_TRUST,
        settings::CONFINE,
        settings::CONFINE_WRITE,
    ],
    variables: &[manual::CODEX_HOME, manual::CODEX_SERVICE],
    ..Manual::NONE
};

/// Runs `retry`.
pub fn run(args: &Retry, app: &App, ui: &Ui) -> Result<Exit> {
    let store = RunStore::new(app);
    let recorded = shared::find_run(app, &args.run)?;
    let old = &recorded.run;
    if old.is_imported() {
        return Err(Error::failed(format!(
            "cannot retry run '{}': provider {} has nothing to repeat",
            old.run, old.provider
        ))
        .hint("start a new run with 'git puff launch'"));
    }
    let (mut prompt, mut prompt_file) = match shared::given_prompt(&args.prompt, app, ui)? {
        Some(given) => given,
        None => (store.prompt(&recorded)?, None),
    };
    let draft = app.layout.root().join(format!("PROMPT_EDITMSG-{}.md", old.run));
    if args.edit {
        let edited = edit(app, &draft, &Draft::new(&prompt, old, store.review(&recorded)?.as_ref()))?;
        // A changed prompt no longer comes from that file.
        prompt_file = prompt_file.filter(|_| edited == prompt);
        prompt = edited;
    }
    let check = if old.is_remote() { Vec::new() } else { old.check.clone() };
    if check.len() < old.check.len() {
        ui.note(&format!(
            "the checks of '{}' come from another clone and are not used: {}",
            old.run,
            old.check.join("; ")
        ));
    }
    let best_of = shared::best_of(&args.settings)?;
    let intent = Intent {
        prompt,
        prompt_file,
        env: args.settings.env.clone().or_else(|| old.env.clone()),
        base: args.settings.base.clone().or_else(|| Some(old.base.clone())),
        best_of: best_of.or(Some(old.best_of)),
        parent: Some(old.run.clone()),
        agents: agents(old, best_of),
        jobs: old.local.as_ref().map(|local| local.jobs).filter(|jobs| *jobs < old.best_of),
        keep: old.local.as_ref().is_some_and(|local| local.keep),
        limit: old.local.as_ref().map_or(Span(0), Local::limit),
        check,
        confine: args.confine.confine.or_else(|| confined(old)),
        name: None,
    };
    let watch = old.watch.as_ref().map(|watch| WatchOptions {
        interval: Span(watch.interval_s),
        timeout: Span(watch.timeout_s),
        harvest: watch.harvest,
    });
    let plan = Plan { intents: vec![intent], watch, max_active: 0, skip_doctor: false };
    let launched = launch::confirm_many(&plan.intents, plan.max_active, app, ui)
        .and_then(|()| launch(app, plan, &shared::listener(app, ui)));
    // The user must not have to write the prompt twice.
    match &launched {
        Err(_) if args.edit => ui.note(&format!("your prompt is in '{}', for --prompt-file", draft.display())),
        _ => drop(std::fs::remove_file(&draft)),
    }
    let launched = launched?;
    launch::conclude(launched, watch.is_some(), app, ui)
}

/// Returns what is confined of a run that was started here.
fn confined(old: &Run) -> Option<Confine> {
    old.local.as_ref().filter(|_| !old.is_remote()).and_then(|local| local.confine)
}

/// Returns the agents of a run on this machine; a single agent makes `best_of` attempts.
fn agents(old: &Run, best_of: Option<u32>) -> Vec<AgentCount> {
    let crews = AgentCount::of(old.variants.iter().filter_map(|variant| variant.agent.as_deref()));
    match (crews.as_slice(), best_of) {
        _ if old.local.is_none() => Vec::new(),
        ([one], Some(count)) => vec![AgentCount { count, ..one.clone() }],
        _ => crews,
    }
}

/// Opens a prompt in the user's editor, as git opens a commit message. On success, the file holds the prompt alone.
fn edit(app: &App, path: &Path, draft: &Draft) -> Result<String> {
    let editor = app.repo.editor().ok_or_else(|| {
        Error::failed("no editor is configured").hint("set one: git config --global core.editor EDITOR")
    })?;
    app.layout.prepare()?;
    std::fs::write(path, &draft.text).or_fail(|| format!("cannot write '{}'", path.display()))?;
    let cmd = Cmd::shell(&format!("{editor} \"$@\"")).arg(&editor).arg(path);
    let ended = app.foreground.run_on_terminal(&cmd, None).or_fail(|| format!("cannot run the editor '{editor}'"))?;
    if !ended.success() {
        return Err(Error::failed(format!("the editor '{editor}' ended with {ended}"))
            .hint(format!("nothing was submitted; your prompt is in '{}'", path.display())));
    }
    let bytes = std::fs::read(path).or_fail(|| format!("cannot read '{}'", path.display()))?;
    let edited = Intent::prompt(bytes, "the editor")?;
    let prompt = draft.cut(&edited).ok_or_else(|| {
        Error::failed("cannot find the line that ends the prompt").hint(format!(
            "nothing was submitted; keep only the prompt in '{}', and use it with --prompt-file",
            path.display()
        ))
    })?;
    let prompt = Intent::prompt(prompt.as_bytes().to_vec(), "the editor")?;
    std::fs::write(path, &prompt).or_fail(|| format!("cannot write '{}'", path.display()))?;
    Ok(prompt)
}
