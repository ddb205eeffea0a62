//! `hook pre-push`: the hook that git calls before it pushes.

use std::io::{IsTerminal, Read};

use clap::Args;

use crate::app::App;
use crate::commands::flags::JsonFlag;
use crate::engine::push::{self, Sent};
use crate::error::{Error, Exit, Kind, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::model::{DisplayFormat, Level, Push, PushFinding};
use crate::settings;
use crate::ui::{Format, Ui};

/// Maximum number of findings that are printed individually.
const MOST: usize = 20;

/// Check a push, as git's pre-push hook
///
/// Git passes the remote, and on standard input a line '<local ref> <local oid> <remote ref> <remote oid>' for each
/// ref. Commits that came from a variant are found by their trailers, also after a rename of the branch, a
/// cherry-pick, a rebase or a squash; and by their changes where the trailers were removed. Only these are inspected.
/// Exits with 1 when the push is refused. An empty commit is not judged. Of several runs with the same change, the
/// best evidence counts. An internal error never stops a push: it warns of what was not judged, and exits with 0.
///
/// Each rule is a key of git's configuration, whose value is refuse, warn or allow:
///
/// puff.prePush.unreviewed (refuse): the variant was neither reviewed nor picked.
///
/// puff.prePush.failed (refuse): it failed its checks; only a warning if it was picked nevertheless.
///
/// puff.prePush.loser (refuse): another variant of its run was picked.
///
/// puff.prePush.risk (refuse): it has a risk that was not accepted with 'git puff review RUN --accept RISK'.
///
/// puff.prePush.partial (refuse): its patch did not apply, is incomplete, or left '.rej' files.
///
/// puff.prePush.conflictMarker (refuse): the pushed files contain conflict markers.
///
/// puff.prePush.secret (refuse): an added line or a commit message contains what looks like a secret.
///
/// puff.prePush.scratch (refuse): it adds a file that an agent or its client left behind, such as error.log.
///
/// puff.prePush.records (warn): the remote does not have the record of the run; 'git puff sync' sends it.
///
/// For one push: 'git -c puff.prePush.loser=allow push', or 'git push --no-verify', which skips all hooks.
#[derive(Debug, Args)]
pub struct PrePush {
    /// The remote
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// Its address
    #[arg(value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    pub(super) output: JsonFlag,
}

/// The verb's manual entry.
pub(super) const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "echo HEAD $(git rev-parse HEAD) refs/heads/main $(git rev-parse origin/main) | git puff hook pre-push origin",
        does: "Check what a push of HEAD to main would send.",
    }],
    exits: &[(Kind::Failed, "The push is refused.")],
    files: &[manual::RUN_REFS, manual::TRASH_REFS],
    settings: &[
        settings::PRE_PUSH_UNREVIEWED,
        settings::PRE_PUSH_FAILED,
        settings::PRE_PUSH_LOSER,
        settings::PRE_PUSH_RISK,
        settings::PRE_PUSH_PARTIAL,
        settings::PRE_PUSH_CONFLICT_MARKER,
        settings::PRE_PUSH_SECRET,
        settings::PRE_PUSH_SCRATCH,
        settings::PRE_PUSH_RECORDS,
    ],
    ..Manual::NONE
};

/// Runs `hook pre-push`. An internal error never stops a push.
pub fn run(args: &PrePush, here: impl Fn() -> Result<App>, ui: &Ui) -> Result<Exit> {
    let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(args, here, ui)));
    looked.unwrap_or_else(|_| {
        ui.warn("the push was not checked and is allowed: this is a bug in git-puff");
        Ok(Exit::Done)
    })
}

fn look(args: &PrePush, here: impl Fn() -> Result<App>, ui: &Ui) -> Result<Exit> {
    let mut sent = Sent { remote: args.remote.clone(), updates: Vec::new() };
    let mut lines = Vec::new();
    if args.remote.is_some() || !std::io::stdin().is_terminal() {
        std::io::stdin().read_to_end(&mut lines).or_fail(|| "cannot read standard input".to_owned())?;
    }
    let mut app = None;
    if lines.is_empty() && args.remote.is_none() {
        let app = app.insert(here()?);
        let told = push::of_pre_commit(&app.environment.pre_commit)?;
        let (remote, updates) = told.ok_or_else(|| {
            Error::usage("no refs on standard input")
                .hint("git calls this before a push, once 'git puff hook install' has set that up")
        })?;
        sent = Sent { remote, updates };
    } else {
        sent.updates = push::read(&lines)?;
    }
    if !sent.concerns_us() {
        return Ok(answer(&sent, Vec::new(), &DisplayFormat::PLAIN, ui));
    }
    let app = match app {
        Some(app) => app,
        None => match here() {
            Ok(app) => app,
            Err(error) => {
                ui.warn(&format!("the push was not checked and is allowed: {error}"));
                return Ok(Exit::Done);
            }
        },
    };
    let suspects = match push::suspects(&app, &sent) {
        Ok(suspects) => suspects,
        // Nothing shows that this push brings a variant.
        Err(error) => {
            ui.warn(&format!("the push was not checked: {error}"));
            return Ok(Exit::Done);
        }
    };
    if suspects.is_empty() {
        return Ok(answer(&sent, Vec::new(), &app.display, ui));
    }
    let checker = match push::checker(&app, &sent) {
        Ok(checker) => checker,
        // The user has to fix a rule that cannot be read.
        Err(error) => {
            ui.error(&error);
            let commit = suspects.first().map(|suspect| app.display.oid(suspect.commit_id())).unwrap_or_default();
            ui.note(&format!("push refused: {commit} came from a variant, and its rule cannot be read"));
            return Ok(Exit::With(Kind::Failed));
        }
    };
    let mut unjudged = Vec::new();
    let judged = checker.all(&suspects, &mut |what| unjudged.push(what));
    let findings = judged.unwrap_or_else(|error| {
        unjudged.push(error.to_string());
        Vec::new()
    });
    for what in &unjudged {
        ui.warn(&format!("not checked, and allowed: {what}"));
    }
    if !unjudged.is_empty() {
        ui.hint("this is a bug in git-puff or a damaged repository; check it with 'git fsck'");
    }
    Ok(answer(&sent, findings, &app.display, ui))
}

fn answer(sent: &Sent, findings: Vec<PushFinding>, display: &DisplayFormat, ui: &Ui) -> Exit {
    let refused = findings.iter().filter(|finding| finding.level == Level::Refuse).count();
    let exit = if refused > 0 { Exit::With(Kind::Failed) } else { Exit::Done };
    if ui.format() == Format::Json {
        ui.json(&Push { schema: Push::schema(), remote: sent.remote.clone(), refused: refused > 0, findings });
        return exit;
    }
    // Reasons to refuse come last, where they are easiest to see.
    let (refusing, warning): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.level == Level::Refuse);
    for finding in warning.iter().take(MOST) {
        ui.warn(&words(finding, display));
        ui.hint(&finding.way_out);
    }
    for finding in refusing.iter().take(MOST) {
        ui.error(&Error::failed(words(finding, display)).hint(finding.way_out.clone()));
    }
    for (count, what) in [(warning.len(), "warnings"), (refusing.len(), "reasons to refuse the push")] {
        if count > MOST {
            ui.note(&format!("and {} more {what}", count - MOST));
        }
    }
    if refused > 0 {
        let remote = sent.remote.as_deref().map(|remote| format!(" to '{remote}'")).unwrap_or_default();
        let error =
            Error::failed(format!("push{remote} refused for {refused} reason{}", if refused == 1 { "" } else { "s" }));
        ui.error(
            &error.hint("to push anyway: git push --no-verify; to change a rule: git config puff.prePush.RULE warn"),
        );
    }
    exit
}

/// Returns a finding as one line, with its rule.
fn words(finding: &PushFinding, display: &DisplayFormat) -> String {
    let PushFinding { commit, subject, detail, rule, .. } = finding;
    let place = match (&finding.path, finding.line) {
        (Some(path), Some(line)) => format!("{}:{line}: ", display.path(path)),
        (Some(path), None) => format!("{}: ", display.path(path)),
        _ => String::new(),
    };
    format!("{} '{subject}': {place}{detail} [{rule}]", display.oid(*commit))
}
