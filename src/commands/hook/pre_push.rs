//! `hook pre-push`: what git asks before it pushes.

use std::io::{IsTerminal, Read};

use clap::Args;

use crate::cli::JsonFlag;
use crate::context::Context;
use crate::engine::push::{self, Sent};
use crate::error::{Error, Exit, Kind, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::model::{Level, Push, PushFinding, shown};
use crate::settings;
use crate::ui::{Format, Ui};

/// So many findings are told one by one.
const MOST: usize = 20;

/// Look at a push, as git's hook of that name does
///
/// Git gives it the remote, and on standard input a line '<local ref> <local oid> <remote ref> <remote oid>' for each ref.
/// Commits that came from a variant are found by their trailers, wherever they ended up: on a branch of another name, taken
/// by cherry-pick, rebased, squashed; and by what they bring, where the trailers were taken away. Of these alone more is
/// looked at. Exits with 1 when the push is refused. A commit without a change is not judged.
/// Of several runs with the same change, the best evidence counts. A fault of git-puff stops no push: it warns of what was
/// not judged, and exits with 0.
///
/// Each rule is a key of git's configuration, whose value is refuse, warn or allow:
///
/// puff.prePush.unreviewed (refuse): no review has looked at the variant, and nobody picked it.
///
/// puff.prePush.failed (refuse): it failed its checks. When somebody picked it all the same, that is only warned of.
///
/// puff.prePush.loser (refuse): another variant of its run was picked.
///
/// puff.prePush.risk (refuse): there is a risk in it that nobody has taken by 'git puff review RUN --accept RISK'.
///
/// puff.prePush.partial (refuse): its patch did not apply, a part of it is missing, or there are '.rej' files.
///
/// puff.prePush.conflictMarker (refuse): conflict markers are left in what is pushed in the end.
///
/// puff.prePush.secret (refuse): something that is added, or the message of a commit, has what looks like a
/// secret.
///
/// puff.prePush.scratch (refuse): a file comes that an agent or its client left behind, such as error.log.
///
/// puff.prePush.records (warn): the remote does not have the record of the run; 'git puff sync' sends it.
///
/// For one push: 'git -c puff.prePush.loser=allow push', or 'git push --no-verify', which asks no hook.
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

/// What the manual says of it.
pub(super) const MANUAL: Manual = Manual {
    examples: &[Example {
        line: "echo HEAD $(git rev-parse HEAD) refs/heads/main $(git rev-parse origin/main) | git puff hook pre-push origin",
        does: "Tell what a push of HEAD to main would be told.",
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

/// Looks at it. A fault of git-puff stops no push.
pub fn run(args: &PrePush, here: impl Fn() -> Result<Context>, ui: &Ui) -> Result<Exit> {
    let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(args, here, ui)));
    looked.unwrap_or_else(|_| {
        ui.warn("what is pushed was not judged, and is let go: this is a fault of git-puff");
        Ok(Exit::Done)
    })
}

fn look(args: &PrePush, here: impl Fn() -> Result<Context>, ui: &Ui) -> Result<Exit> {
    let mut sent = Sent { remote: args.remote.clone(), updates: Vec::new() };
    let mut lines = Vec::new();
    if args.remote.is_some() || !std::io::stdin().is_terminal() {
        std::io::stdin().read_to_end(&mut lines).or_fail(|| "cannot read standard input".to_owned())?;
    }
    let mut context = None;
    if lines.is_empty() && args.remote.is_none() {
        let context = context.insert(here()?);
        let told = push::of_pre_commit(&context.environment.pre_commit)?;
        let (remote, updates) = told.ok_or_else(|| {
            Error::usage("nobody tells what is pushed")
                .hint("git calls this before a push, once 'git puff hook install' has set that up")
        })?;
        sent = Sent { remote, updates };
    } else {
        sent.updates = push::read(&lines)?;
    }
    if !sent.concerns_us() {
        return Ok(answer(&sent, Vec::new(), ui));
    }
    let context = match context {
        Some(context) => context,
        None => match here() {
            Ok(context) => context,
            Err(error) => {
                ui.warn(&format!("what is pushed was not judged, and is let go: {error}"));
                return Ok(Exit::Done);
            }
        },
    };
    let suspects = match push::suspects(&context, &sent) {
        Ok(suspects) => suspects,
        // Nothing tells that this push is any business of ours.
        Err(error) => {
            ui.warn(&format!("what is pushed was not looked at: {error}"));
            return Ok(Exit::Done);
        }
    };
    if suspects.is_empty() {
        return Ok(answer(&sent, Vec::new(), ui));
    }
    let judge = match push::judge(&context, &sent) {
        Ok(judge) => judge,
        // A rule that cannot be read is the user's to mend.
        Err(error) => {
            ui.error(&error);
            let commit = suspects.first().map(|suspect| suspect.commit_id().shown()).unwrap_or_default();
            ui.note(&format!(
                "the push is refused: {commit} came from a variant, and it cannot be told whether it may go"
            ));
            return Ok(Exit::With(Kind::Failed));
        }
    };
    let mut unjudged = Vec::new();
    let judged = judge.all(&suspects, &mut |what| unjudged.push(what));
    let findings = judged.unwrap_or_else(|error| {
        unjudged.push(error.to_string());
        Vec::new()
    });
    for what in &unjudged {
        ui.warn(&format!("not judged, and let go: {what}"));
    }
    if !unjudged.is_empty() {
        ui.hint("this is a fault of git-puff or of the repository; 'git fsck' checks the repository");
    }
    Ok(answer(&sent, findings, ui))
}

fn answer(sent: &Sent, findings: Vec<PushFinding>, ui: &Ui) -> Exit {
    let refused = findings.iter().filter(|finding| finding.level == Level::Refuse).count();
    let exit = if refused > 0 { Exit::With(Kind::Failed) } else { Exit::Done };
    if ui.format() == Format::Json {
        ui.json(&Push { schema: Push::schema(), remote: sent.remote.clone(), refused: refused > 0, findings });
        return exit;
    }
    // What refuses comes last, where it is seen.
    let (refusing, warning): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.level == Level::Refuse);
    for finding in warning.iter().take(MOST) {
        ui.warn(&words(finding));
        ui.hint(&finding.way_out);
    }
    for finding in refusing.iter().take(MOST) {
        ui.error(&Error::failed(words(finding)).hint(finding.way_out.clone()));
    }
    for (count, what) in [(warning.len(), "warnings"), (refusing.len(), "reasons to refuse it")] {
        if count > MOST {
            ui.note(&format!("and {} more {what}", count - MOST));
        }
    }
    if refused > 0 {
        let remote = sent.remote.as_deref().map(|remote| format!(" to '{remote}'")).unwrap_or_default();
        let error = Error::failed(format!(
            "the push{remote} is refused for {refused} reason{}",
            if refused == 1 { "" } else { "s" }
        ));
        ui.error(
            &error.hint(
                "to push all the same: git push --no-verify; to change a rule: git config puff.prePush.RULE warn",
            ),
        );
    }
    exit
}

/// A finding in a line, with the rule that it is by.
fn words(finding: &PushFinding) -> String {
    let PushFinding { commit, subject, detail, rule, .. } = finding;
    let place = match (&finding.path, finding.line) {
        (Some(path), Some(line)) => format!("{}:{line}: ", shown::path(path)),
        (Some(path), None) => format!("{}: ", shown::path(path)),
        _ => String::new(),
    };
    format!("{} '{subject}': {place}{detail} [{rule}]", commit.shown())
}
