//! git-puff's pre-push hook in a repository: install, uninstall, inspect.
//!
//! A hook that is there already is kept beside ours as `pre-push.before-puff`, where ours finds it. It gets its second
//! name first, and ours takes its place in one step after that; taken away, ours is replaced by it in one step. So a
//! kill at any point leaves a hook of the user's in effect, as it was or behind ours.

mod chained;
mod folder;
mod managers;
mod part;

use std::path::{Path, PathBuf};

use self::chained::ChainedHook;
pub use self::folder::Folder;
use self::part::{HookOwner, LINE};
use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{HookOutcome, HookReport, HookState};

/// The name by which git knows the hook.
const NAME: &str = "pre-push";

/// Returns how our hook is.
///
/// # Errors
/// When that cannot be found out.
pub fn status(app: &App) -> Result<HookReport> {
    inspect(&Folder::find(app)?)
}

/// Puts our hook where git looks for it. `shared` says that it may be put into a folder that is not of this repository
/// alone.
///
/// Where another program manages the hooks, nothing is done: the answer says what to add to its configuration.
///
/// # Errors
/// When the hook cannot be put there, saying why.
pub fn install(app: &App, shared: bool) -> Result<HookReport> {
    let folder = Folder::find(app)?;
    let before = inspect(&folder)?;
    let managed = before.manager.as_ref().is_some_and(|manager| manager.in_charge);
    if managed || matches!(before.state, HookState::Installed | HookState::Called) {
        return Ok(HookReport { did: Some(HookOutcome::Nothing), ..before });
    }
    folder.prove_ours(shared)?;
    let path = folder.hook();
    let did = match HookOwner::read(&path)? {
        HookOwner::Ours { text } => {
            chained::replace(&path, &part::renewed(&text))?;
            HookOutcome::Updated
        }
        HookOwner::Theirs { text } => {
            prove_callable(&path, &text)?;
            chained::chain(&path)?;
            HookOutcome::Installed
        }
        HookOwner::Missing => {
            let made = folder.make()?;
            chained::put(&path, &part::whole(made))?;
            HookOutcome::Installed
        }
    };
    Ok(HookReport { did: Some(did), ..inspect(&folder)? })
}

/// Takes our hook away, and puts back what was there before.
///
/// # Errors
/// When it cannot be taken away without taking something of the user's along.
pub fn uninstall(app: &App, shared: bool) -> Result<HookReport> {
    let folder = Folder::find(app)?;
    let before = inspect(&folder)?;
    let path = folder.hook();
    match (before.state, HookOwner::read(&path)?) {
        (HookState::Installed | HookState::Outdated, HookOwner::Ours { text }) => {
            folder.prove_ours(shared)?;
            let rest = part::others(&text);
            match (rest, ChainedHook::of(&path)?) {
                (None, ChainedHook::Nothing) => chained::remove(&path)?,
                (None, _) => chained::restore(&path)?,
                (Some(rest), ChainedHook::Nothing) => chained::replace(&path, &rest)?,
                (Some(_), _) => return Err(mixed(&path)),
            }
            if part::made_folder(&text) {
                folder.remove_if_empty();
            }
            Ok(HookReport { did: Some(HookOutcome::Uninstalled), ..inspect(&folder)? })
        }
        (HookState::Called | HookState::Managed, _) => Err(called_elsewhere(&before)),
        _ => {
            chained::sweep(&path)?;
            Ok(HookReport { did: Some(HookOutcome::Nothing), ..before })
        }
    }
}

fn inspect(folder: &Folder) -> Result<HookReport> {
    let path = folder.hook();
    let whose = HookOwner::read(&path)?;
    let manager = managers::find(folder, &whose);
    let state = match &whose {
        HookOwner::Ours { text } if part::is_current(text) => HookState::Installed,
        HookOwner::Ours { .. } => HookState::Outdated,
        HookOwner::Theirs { text } if part::calls_us(text) => HookState::Called,
        _ if manager.as_ref().is_some_and(|manager| manager.is_set_up()) => HookState::Managed,
        _ => HookState::Absent,
    };
    let ours = matches!(whose, HookOwner::Ours { .. });
    let chained = Some(chained::name(&path)).filter(|chained| ours && chained.symlink_metadata().is_ok());
    let chained_runs = chained.as_deref().is_some_and(chained::is_executable);
    let chained = chained.map(|chained| chained.display().to_string());
    let path = path.display().to_string();
    Ok(HookReport { schema: HookReport::schema(), state, did: None, path, chained, chained_runs, manager })
}

fn called_elsewhere(report: &HookReport) -> Error {
    let file = report.manager.as_ref().filter(|_| report.state == HookState::Managed).map(|manager| &manager.file);
    let file = file.unwrap_or(&report.path);
    Error::failed(format!("git-puff is called from '{file}', which is yours"))
        .hint("take the lines with 'git puff hook pre-push' out of it")
}

/// Checks that a hook can be called by another one: one that acts on its own name cannot.
fn prove_callable(path: &Path, text: &[u8]) -> Result<()> {
    if !part::asks_its_name(text) {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the hook '{}' acts on the name it is called by, so it has to keep its name",
        path.display()
    ))
    .hint(format!("call git-puff from what it runs, by this line: {LINE}")))
}

fn mixed(path: &Path) -> Error {
    let chained: PathBuf = chained::name(path);
    Error::failed(format!("'{}' has lines besides git-puff's, and '{}' exists too", path.display(), chained.display()))
        .hint("keep one of the two: move your lines over into the other, then 'git puff hook uninstall'")
}
