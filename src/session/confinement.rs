//! What checks and agents may write, by the settings: their workspace, a temporary folder of their own, devices, caches of
//! build tools, and what the user names. They may read anything.
//!
//! `/tmp` is no such place: others' files are there, and workspaces too. Programs find theirs by `TMPDIR`.

mod caches;

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::app::{AgentEnv, App, Environment};
use crate::error::{Error, Result};
use crate::model::Confine;
use crate::process::Cmd;
use crate::process::confine::{Confinement, Mechanism, Unsupported};
use crate::scratch::Scratch;
use crate::session::agents::Agent;
use crate::settings;
use crate::user_place::UserPlace;

/// The variable by which programs find the folder for temporary files.
pub const TMPDIR: &str = "TMPDIR";

/// The hidden verb that [`become_confined`].
const CONFINE: &str = "confine";

/// Devices: what is there decides by itself who may write it.
const DEVICES: &str = "/dev";

/// What confined programs may write beside what is theirs alone, and whether they may use the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rules {
    places: Vec<PathBuf>,
    has_network: bool,
    #[serde(skip)]
    mechanism: Mechanism,
}

impl Rules {
    /// Returns what confines by them.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Returns whether confined programs may use the network.
    pub fn has_network(&self) -> bool {
        self.has_network
    }

    /// Confines a call: it may write in `own` and in `scratch` too, which is its folder for temporary files.
    pub fn confine(&self, cmd: Cmd, own: &[&Path], scratch: &Scratch) -> Cmd {
        let own = own.iter().map(|path| path.to_path_buf());
        let writable = own.chain([scratch.path().to_owned(), DEVICES.into()]).chain(self.places.iter().cloned());
        let confinement = Confinement::new(writable);
        let confinement = if self.has_network { confinement } else { confinement.without_network() };
        cmd.env(TMPDIR, scratch.path()).confined(Some(confinement))
    }
}

/// Returns what is to be confined: `wanted`, or else `puff.confine`.
///
/// # Errors
/// When the setting is another word.
pub fn wanted(app: &App, wanted: Option<Confine>) -> Result<Confine> {
    match wanted {
        Some(wanted) => Ok(wanted),
        None => Ok(app.settings.choice(settings::CONFINE)?.unwrap_or(Confine::Auto)),
    }
}

/// Returns the rules for checks; none where they are not confined. `flag` is what a flag says, or the run.
///
/// # Errors
/// When they are to be confined by name, or kept from the network, and the system cannot.
pub fn of_checks(app: &App, flag: Option<Confine>) -> Result<Option<Rules>> {
    let confine = wanted(app, flag)?;
    // What the user puts before checks confines them, or could not do its work inside of ours: containers mount.
    let is_wrapped = app.settings.text(settings::CHECK_WRAPPER).is_some();
    if !(confine.names_checks() || confine == Confine::Auto && !is_wrapped) {
        return Ok(None);
    }
    let has_network =
        !app.settings.text(settings::CONFINE_NETWORK).is_some_and(|word| word.eq_ignore_ascii_case("off"));
    match Mechanism::find() {
        Ok(mechanism) if !has_network && !mechanism.has_network_rules() => Err(Error::cannot_work(format!(
            "puff.confine.network is off, but cannot be enforced here: {mechanism} has no rules for it, ABI 4 has"
        ))
        .hint("use a newer kernel (Linux 6.7), or git config puff.confine.network on")),
        Ok(mechanism) => Ok(Some(Rules { places: places(app), has_network, mechanism })),
        Err(why) if confine.names_checks() => Err(impossible(app, confine, flag, &why)),
        Err(why) if !has_network => {
            Err(Error::cannot_work(format!("puff.confine.network is off, but cannot be enforced here: {why}"))
                .hint("git config puff.confine.network on"))
        }
        Err(_) => Ok(None),
    }
}

/// Returns whether an agent is to be confined. `flag` is what the run says.
///
/// # Errors
/// When it is, and the system cannot.
pub fn is_for_agent(app: &App, flag: Option<Confine>, agent: &Agent) -> Result<bool> {
    // Its own sandbox mounts, which a confined program may not; and it is the narrower of the two.
    let is_wanted = wanted(app, flag)?.names_agents() && !agent.is_sandboxed();
    if is_wanted {
        prove(app, flag)?;
    }
    Ok(is_wanted)
}

/// Puts before an agent's command what confines it, where it is to be: it may write `workspace`, which is none otherwise, what it keeps for its user by its environment, and the
/// folder that `TMPDIR` names then. What comes before it in its session, a setup of the user's on the base, is not confined.
///
/// # Errors
/// When this program is not known.
pub fn agent_command(
    app: &App,
    (agent, environment): (&Agent, &AgentEnv),
    workspace: Option<&Path>,
    argv: Vec<String>,
) -> Result<Vec<String>> {
    let Some(workspace) = workspace else { return Ok(argv) };
    let program = app.environment.program.as_deref().and_then(Path::to_str);
    let program =
        program.ok_or_else(|| Error::cannot_work("cannot find the git-puff program, which confines agents"))?;
    let find = |place: &UserPlace| place.find(|name| environment.path(name), environment.path("HOME").as_deref());
    let own = agent.own_places().iter().filter_map(find);
    let caches = caches(app).iter().filter_map(find).chain(named(app));
    let writable = std::iter::once(workspace.to_owned()).chain(own).chain(caches).filter(|path| path.exists());
    let words = writable.filter_map(|path| Some(["--write".to_owned(), path.to_str()?.to_owned()]));
    let front = [program.to_owned(), CONFINE.to_owned()].into_iter().chain(words.flatten());
    Ok(front.chain(["--".to_owned()]).chain(argv).collect())
}

/// Becomes a program that may write in these places, devices, and its folder for temporary files. Returns only where that
/// fails.
///
/// # Errors
/// Always: the program is not there, or could not be confined.
pub fn become_confined(writable: &[PathBuf], command: &[OsString]) -> Result<Infallible> {
    let Some((program, args)) = command.split_first() else {
        return Err(Error::usage("no command is given").hint("git-puff itself calls this"));
    };
    let places = writable.iter().cloned().chain(Environment::read().path(TMPDIR)).chain([DEVICES.into()]);
    let cause = Confinement::new(places).exec(program, args);
    Err(Error::cannot_work(format!("cannot start '{}' confined", program.display()))
        .hint("without: --confine=off, or git config puff.confine auto")
        .because(cause))
}

/// Returns the folder that an agent works in: its own workspace, or the worktree of the user that it was started in.
pub fn workspace(cwd: &Path, is_own: bool) -> &Path {
    let mut above = cwd.ancestors().filter(|_| !is_own);
    above.find(|folder| folder.join(".git").exists()).unwrap_or(cwd)
}

/// Proves that what is to be confined by name can be.
///
/// # Errors
/// When it cannot, or the setting is none.
pub fn prove(app: &App, flag: Option<Confine>) -> Result<()> {
    let confine = wanted(app, flag)?;
    if !confine.names_checks() && !confine.names_agents() {
        return Ok(());
    }
    Mechanism::find().map(drop).map_err(|why| impossible(app, confine, flag, &why))
}

fn impossible(app: &App, confine: Confine, flag: Option<Confine>, why: &Unsupported) -> Error {
    let asked = match (flag, app.settings.get(settings::CONFINE)) {
        (None, Some(setting)) => format!("puff.confine is '{}' ({})", setting.value, setting.origin),
        _ => format!("--confine={} was asked for", confine.as_str()),
    };
    Error::cannot_work(format!("{asked}, but programs cannot be confined here: {why}"))
        .hint("do without: --confine=off, or git config puff.confine auto, which confines where that is possible")
}

/// Returns what every confined check may write: caches of build tools, and `puff.confine.write`. What is not there is left
/// out.
fn places(app: &App) -> Vec<PathBuf> {
    let home = app.environment.home.as_deref();
    let caches = caches(app).iter().filter_map(|cache| cache.find(|name| app.environment.path(name), home));
    caches.chain(named(app)).filter(|path| path.exists()).collect()
}

/// Returns the caches that may be written, unless an empty value denies them.
fn caches(app: &App) -> &'static [UserPlace] {
    if app.settings.is_cleared(settings::CONFINE_WRITE) { &[] } else { caches::CACHES }
}

/// Returns the places of `puff.confine.write`.
fn named(app: &App) -> impl Iterator<Item = PathBuf> {
    app.settings.all(settings::CONFINE_WRITE).into_iter().map(|setting| place(app, &setting.value))
}

/// Returns the path that a value of `puff.confine.write` names.
pub fn place(app: &App, named: &str) -> PathBuf {
    let main = app.layout.top().unwrap_or(&app.repo.location().common_dir);
    super::workspace_root::expand(app, main, named)
}
