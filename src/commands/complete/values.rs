//! The values of an argument: runs, sessions, branches and the like, where they can be listed quickly.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Arg, Command};

use super::line::Line;
use super::{Candidate, Offer, verbs};
use crate::app::App;
use crate::error::Result;
use crate::model::{AgentCount, Selector};
use crate::session::agents;
use crate::settings::{self, KEYS};
use crate::store::{RunStore, RunSummary, SessionStore};

/// How a run may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// `RUN`
    Run,
    /// `RUN[:N]`
    RunOrVariant,
    /// `RUN:N`
    Variant,
}

/// Where the values of an argument come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// clap lists them.
    Listed,
    /// Runs, or their variants.
    Runs(Naming),
    /// The numbers of the variants of the run that is named in front.
    Variants,
    /// The run, and behind it variants and paths: what `diff` takes.
    Compared,
    /// The risks that were found in the variants of that run.
    Risks,
    /// Sessions.
    Sessions,
    /// Branches and tags.
    Revisions,
    /// Branches of this repository.
    Branches,
    /// Remotes.
    Remotes,
    /// Cloud environments that runs or the configuration name.
    Environments,
    /// Agents that are known or configured.
    Agents,
    /// Keys of `puff.*`.
    Keys,
    /// Verbs.
    Verbs,
    /// Any file.
    Files,
    /// Any folder.
    Folders,
}

/// Returns the source of an argument's values, by its type and value name; none for free text.
pub fn source(verb: &Command, arg: &Arg) -> Option<Source> {
    let kind = arg.get_value_parser().type_id();
    let id = arg.get_id().as_str();
    let named = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    let listed = || (!arg.get_possible_values().is_empty()).then_some(Source::Listed);
    let of_runs = || {
        (kind == TypeId::of::<Selector>()).then_some(Source::Runs(match named {
            "RUN:N" => Naming::Variant,
            named if named.contains("[:N]") => Naming::RunOrVariant,
            _ => Naming::Run,
        }))
    };
    let by_name = || match (named, id) {
        ("RUN", _) if verb.get_name() == "diff" => Some(Source::Compared),
        // The name of a new run is free text.
        ("RUN", id) if id != "name" => Some(Source::Runs(Naming::Run)),
        ("N", "variant") => Some(Source::Variants),
        ("RISK", _) => Some(Source::Risks),
        ("ID", "id") | ("SESSION", _) => Some(Source::Sessions),
        ("REF" | "REV", _) => Some(Source::Revisions),
        (_, "branch") | ("BRANCH", _) => Some(Source::Branches),
        ("REMOTE", _) => Some(Source::Remotes),
        ("ENV", _) => Some(Source::Environments),
        (_, "agent") => Some(Source::Agents),
        ("KEY", _) => Some(Source::Keys),
        ("VERB", _) => Some(Source::Verbs),
        ("DIR", _) => Some(Source::Folders),
        ("FILE", _) => Some(Source::Files),
        _ if kind == TypeId::of::<PathBuf>() => Some(Source::Files),
        _ => None,
    };
    let of_agents = || (kind == TypeId::of::<AgentCount>()).then_some(Source::Agents);
    listed().or_else(of_runs).or_else(of_agents).or_else(by_name)
}

/// Returns the values for the command line `line`.
pub(super) struct Values<'l, 'c> {
    open: &'l dyn Fn() -> Result<App>,
    root: &'l Command,
    line: &'l Line<'c>,
}

impl<'l, 'c> Values<'l, 'c> {
    pub(super) fn new(open: &'l dyn Fn() -> Result<App>, root: &'l Command, line: &'l Line<'c>) -> Values<'l, 'c> {
        Values { open, root, line }
    }

    /// Returns the values of an argument with the prefix `cursor`.
    pub(super) fn of(&self, arg: &Arg, cursor: &str) -> Offer {
        let Some(source) = source(self.line.verb(), arg) else { return Offer::default() };
        let candidates = match source {
            Source::Files => return Offer { also: Some("files"), ..Offer::default() },
            Source::Folders => return Offer { also: Some("folders"), ..Offer::default() },
            Source::Compared if self.line.is_behind() => return Offer { also: Some("files"), ..Offer::default() },
            Source::Listed => listed(arg),
            Source::Verbs => verbs(self.root),
            // Outside of a repository, and on any error, there are no candidates.
            source => (self.open)().map(|app| self.found(source, &app, cursor)).unwrap_or_default(),
        };
        let begins = |candidate: &Candidate| candidate.word.starts_with(cursor);
        Offer { candidates: candidates.into_iter().filter(begins).collect(), also: None }
    }

    fn found(&self, source: Source, app: &App, cursor: &str) -> Vec<Candidate> {
        match source {
            Source::Runs(naming) => runs(app, naming, cursor),
            Source::Compared if self.line.words().is_empty() => runs(app, Naming::Run, cursor),
            Source::Compared if cursor.contains(':') => runs(app, Naming::Variant, cursor),
            Source::Variants | Source::Compared => {
                self.run(app).iter().flat_map(|run| variants(run, String::new())).collect()
            }
            Source::Risks => self.run(app).as_ref().map(risks).unwrap_or_default(),
            Source::Sessions => sessions(app),
            Source::Revisions => refs(app, &["refs/heads/", "refs/tags/"]),
            Source::Branches => refs(app, &["refs/heads/"]),
            Source::Remotes => names_in_config(app, "remote."),
            Source::Environments => environments(app),
            Source::Agents => all_agents(app),
            Source::Keys => keys(app, cursor),
            Source::Listed | Source::Verbs | Source::Files | Source::Folders => Vec::new(),
        }
    }

    /// Returns the run that the words before the cursor name.
    fn run(&self, app: &App) -> Option<RunSummary> {
        let word = self.line.words().first().map(String::as_str).or_else(|| self.line.given("run"))?;
        let name = word.split(':').next().unwrap_or(word);
        one(app, name)
    }
}

/// Returns the run of this name, the only one with this prefix, or the newest for `@`.
fn one(app: &App, name: &str) -> Option<RunSummary> {
    let beginning = if name == "@" { "" } else { name };
    let mut runs = RunStore::new(app).summaries(beginning);
    match runs.iter().position(|run| run.run == name) {
        Some(at) => Some(runs.swap_remove(at)),
        None if name == "@" || runs.len() == 1 => runs.into_iter().next(),
        None => None,
    }
}

fn listed(arg: &Arg) -> Vec<Candidate> {
    let values = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
    let about = |help: Option<&clap::builder::StyledStr>| help.map(ToString::to_string).unwrap_or_default();
    values.map(|value| Candidate::new(value.get_name(), about(value.get_help()))).collect()
}

fn runs(app: &App, naming: Naming, cursor: &str) -> Vec<Candidate> {
    if let Some((name, _)) = cursor.rsplit_once(':').filter(|_| naming != Naming::Run) {
        return one(app, name).iter().flat_map(|run| variants(run, format!("{name}:"))).collect();
    }
    let beginning = if cursor == "@" { "" } else { cursor };
    let runs = RunStore::new(app).summaries(beginning);
    let colon = if naming == Naming::Variant { ":" } else { "" };
    if let ([run], ":", false) = (runs.as_slice(), colon, cursor.is_empty() || cursor == "@") {
        return variants(run, format!("{}:", run.run)).collect();
    }
    let newest = runs.first().filter(|_| cursor.is_empty() || cursor == "@");
    let newest = newest.map(|run| Candidate::new(format!("@{colon}"), format!("the newest: {}", about(run))));
    newest.into_iter().chain(runs.iter().map(|run| Candidate::new(format!("{}{colon}", run.run), about(run)))).collect()
}

/// Returns the description of a run.
fn about(run: &RunSummary) -> String {
    match (run.title.is_empty(), run.state.is_empty()) {
        (_, true) => "cannot read its record".to_owned(),
        (true, false) => run.state.clone(),
        (false, false) => format!("{}: {}", run.state, run.title),
    }
}

fn variants(run: &RunSummary, front: String) -> impl Iterator<Item = Candidate> + '_ {
    run.variants.iter().map(move |variant| {
        let words = [Some(&variant.status), variant.apply.as_ref(), variant.agent.as_ref()];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        Candidate::new(format!("{front}{}", variant.index), words.join(", "))
    })
}

fn risks(run: &RunSummary) -> Vec<Candidate> {
    let all = || run.variants.iter().flat_map(|variant| &variant.risks);
    let kinds: BTreeSet<String> = all().map(|risk| risk.kind.to_string()).collect();
    let paths: BTreeSet<String> = all().map(|risk| format!("{}:{}", risk.kind, risk.path)).collect();
    let kinds = kinds.into_iter().map(|kind| Candidate::new(kind, "wherever it is"));
    kinds.chain(paths.into_iter().map(|path| Candidate::new(path, ""))).collect()
}

fn sessions(app: &App) -> Vec<Candidate> {
    let mut sessions = SessionStore::new(&app.layout).list().unwrap_or_default();
    sessions.reverse();
    let about =
        |title: &str, state: &str| if title.is_empty() { state.to_owned() } else { format!("{state}: {title}") };
    sessions.iter().map(|one| Candidate::new(one.id.as_str(), about(&one.title, one.state.as_str()))).collect()
}

fn refs(app: &App, under: &[&str]) -> Vec<Candidate> {
    let of = |folder: &&str| {
        let what = if *folder == "refs/tags/" { "a tag" } else { "a branch" };
        let refs = app.repo.refs_under(folder).unwrap_or_default();
        let short = |name: String| Candidate::new(name.trim_start_matches(*folder), what);
        refs.into_iter().map(|(name, _)| short(name)).collect::<Vec<_>>()
    };
    under.iter().flat_map(of).collect()
}

/// Returns the subsection names of a section in git's configuration.
fn names_in_config(app: &App, section: &str) -> Vec<Candidate> {
    let keys = app.settings.keys();
    let name = |key: &str| Some(key.strip_prefix(section)?.rsplit_once('.')?.0.to_owned());
    let names: BTreeSet<String> = keys.filter_map(name).collect();
    names.into_iter().map(|name| Candidate::new(name, "")).collect()
}

fn environments(app: &App) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let configured = app.settings.text(settings::ENV);
    found.extend(configured.map(|env| Candidate::new(env, "from puff.env")));
    for run in RunStore::new(app).summaries("") {
        if let Some(env) = run.env.filter(|env| !found.iter().any(|known| known.word == *env)) {
            found.push(Candidate::new(env, format!("of the run {}", run.run)));
        }
    }
    found
}

fn all_agents(app: &App) -> Vec<Candidate> {
    let configured = app.settings.agents().into_iter().map(|name| Candidate::new(name, "configured"));
    configured.chain(agents::known().map(|name| Candidate::new(name, "known"))).collect()
}

/// Returns every key; without the prefix 'puff.' when the cursor's word lacks it.
fn keys(app: &App, cursor: &str) -> Vec<Candidate> {
    let front = if cursor.starts_with("puff.") || "puff.".starts_with(cursor) { "" } else { "puff." };
    let names: BTreeSet<String> = all_agents(app).into_iter().map(|agent| agent.word).collect();
    let spelled = |key: &settings::Key| match key.name.split_once("<name>") {
        Some((front, end)) => names.iter().map(|name| format!("{front}{name}{end}")).collect(),
        None => vec![key.name.to_owned()],
    };
    KEYS.iter()
        .flat_map(|key| {
            spelled(key).into_iter().map(|name| Candidate::new(name.trim_start_matches(front), key.meaning))
        })
        .collect()
}
