//! What confines checks and agents here, and whether that is what the settings ask for.

use crate::app::App;
use crate::model::{Confine, Finding};
use crate::process::confine::Mechanism;
use crate::session::confinement;
use crate::settings;

/// The name of these findings.
const NAME: &str = "confinement";

/// Returns what is confined, by what, and which places of the settings are not there.
pub(super) fn findings(app: &App) -> Vec<Finding> {
    // A word that is none is found with all other settings.
    let Ok(confine) = confinement::wanted(app, None) else { return Vec::new() };
    let found = match Mechanism::find() {
        Ok(mechanism) => Finding::ok(NAME, &mechanism.to_string(), effect(app, confine)),
        Err(_) if confine.names_checks() || confine.names_agents() => match confinement::prove(app, None) {
            Err(error) => Finding::fail(NAME, error),
            Ok(()) => return Vec::new(),
        },
        Err(_) if confine == Confine::Off => Finding::ok(NAME, "", effect(app, confine)),
        Err(why) => {
            let detail = format!("checks may write anywhere: {why}");
            Finding::warn(NAME, "", detail, "put a container before them: git config puff.check.wrapper COMMAND")
        }
    };
    let missing =
        app.settings.all(settings::CONFINE_WRITE).into_iter().filter_map(|setting| missing(app, &setting.value));
    std::iter::once(found).chain(missing).collect()
}

/// Returns what the settings confine, in words.
fn effect(app: &App, confine: Confine) -> &'static str {
    let is_wrapped = app.settings.text(settings::CHECK_WRAPPER).is_some();
    match confine {
        Confine::Auto if is_wrapped => "checks are wrapped by puff.check.wrapper instead, agents may write anywhere",
        Confine::Auto | Confine::Checks => "checks may write only where they work, agents anywhere",
        Confine::Agents => "agents may write only where they work, checks anywhere",
        Confine::All => "checks and agents may write only where they work",
        Confine::Off => "checks and agents may write anywhere: puff.confine is off",
    }
}

fn missing(app: &App, named: &str) -> Option<Finding> {
    let path = confinement::place(app, named);
    let detail = format!("{} names '{named}', which is not there", settings::CONFINE_WRITE.name);
    let hint = "make the folder, or remove the value: confined programs cannot make it";
    (!path.exists()).then(|| Finding::warn(NAME, named, detail, hint))
}
