//! Renders sessions: a list, or the details of one.

use super::super::columns::{Columns, Fit, fields};
use super::super::describe::{number, some_of};
use super::super::text::{ago, clean_line, one_line};
use crate::model::{DisplayFormat, OwnWorktree, Session, SessionState, Span, Time, WorktreeOutcome};

/// Maximum width of the evidence, in columns.
const WHY: usize = 120;

/// Renders `session list`: the sessions in the given order, in at most `width` columns.
pub fn sessions(sessions: &[Session], now: Time, width: usize) -> String {
    if sessions.is_empty() {
        return "no sessions\n".to_owned();
    }
    let mut table = Columns::new([
        ("SESSION", Fit::Start),
        ("AGENT", Fit::Whole),
        ("STATE", Fit::Whole),
        ("STARTED", Fit::Whole),
        ("WHY", Fit::Start),
    ]);
    for session in sessions {
        table.row([
            session.id.to_string(),
            clean_line(session.agent.as_str()),
            state(session),
            ago(now, session.started_at),
            one_line(&why(session), WHY),
        ]);
    }
    table.render(width)
}

fn state(session: &Session) -> String {
    match (session.state, session.exit()) {
        (SessionState::Exited, Some(code)) => format!("exited {code}"),
        (state, _) => state.as_str().to_owned(),
    }
}

/// Renders `session show`: the details of a session.
pub fn session(session: &Session, now: Time, display: &DisplayFormat) -> String {
    let text = |value: &Option<String>| value.as_deref().map(clean_line).unwrap_or_default();
    let end = session.end.map_or(now, |end| end.at);
    let lasted = u64::try_from((end - session.started_at).num_seconds()).unwrap_or(0);
    let work = session.run.as_ref().zip(session.variant).map(|(run, variant)| format!("{run}:{variant}"));
    let context = session.context_kept.map(|kept| match kept {
        true => "kept",
        false => "not kept: the agent began a new session",
    });
    let words: Vec<String> = session.argv.iter().map(|word| quoted(word)).collect();
    let files = match (&session.changed, session.state.is_over()) {
        (Some(files), _) if files.is_empty() => "none changed".to_owned(),
        (Some(files), _) => files.iter().map(|file| clean_line(&changed(file, display))).collect::<Vec<_>>().join("\n"),
        (None, _) => String::new(),
    };
    fields(&[
        ("session", session.id.to_string()),
        ("title", clean_line(&session.title)),
        ("state", state(session)),
        ("why", text(&session.why)),
        ("next", text(&session.next)),
        ("agent", clean_line(session.agent.as_str())),
        ("command", one_line(&words.join(" "), 200)),
        ("folder", clean_line(&session.cwd.to_string_lossy())),
        ("worktree", session.worktree.as_ref().map(worktree).unwrap_or_default()),
        ("ignored", session.worktree.as_ref().and_then(|own| ignored(own, display)).unwrap_or_default()),
        ("process", session.pid.map(|pid| pid.to_string()).unwrap_or_default()),
        ("variant", work.unwrap_or_default()),
        ("started", ago(now, session.started_at)),
        ("lasted", Span(lasted).to_string()),
        ("last output", session.last_output_at.map(|then| ago(now, then)).unwrap_or_default()),
        ("printed", format!("{} bytes", session.printed)),
        ("log", clean_line(&session.log_path.to_string_lossy())),
        ("trouble", text(&session.log_trouble)),
        ("agent's id", text(&session.agent_session)),
        ("resumed from", session.resumed_from.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("context", context.unwrap_or_default().to_owned()),
        ("resumed as", session.resumed_as.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("tokens", session.tokens.map(|tokens| tokens.to_string()).unwrap_or_default()),
        ("checks", session.checks.iter().map(|check| clean_line(check)).collect::<Vec<_>>().join("\n")),
        ("files", files),
        ("last message", one_line(session.last_message.as_deref().unwrap_or_default(), 400)),
    ])
}

/// Returns the evidence for its state, and whether its worktree is kept.
fn why(session: &Session) -> String {
    let kept = session.worktree.as_ref().is_some_and(|own| own.outcome == Some(WorktreeOutcome::Kept));
    let why = session.why.clone().unwrap_or_default();
    if kept { format!("{why}; its worktree is kept") } else { why }
}

/// Returns the state of a session's worktree.
fn worktree(own: &OwnWorktree) -> String {
    let path = clean_line(&own.path.to_string_lossy());
    match own.outcome {
        None => "its own".to_owned(),
        Some(WorktreeOutcome::Removed) => "removed: nothing in it had changed except ignored files".to_owned(),
        Some(WorktreeOutcome::Kept) => {
            format!("kept, for its changes; to remove it: git worktree remove --force {}", quoted(&path))
        }
    }
}

/// Returns the new ignored files in it.
fn ignored(own: &OwnWorktree, display: &DisplayFormat) -> Option<String> {
    let files = own.ignored.as_ref()?;
    let named = some_of(files.paths.iter().map(|name| display.path(name).to_string()));
    let count = number(files.count as usize, "new ignored file");
    let removed = "were removed with it; to keep such files, set puff.harvest.ignored";
    Some(match own.outcome {
        Some(WorktreeOutcome::Removed) => format!("{count}: {named}; they {removed}"),
        _ => format!("{count}: {named}"),
    })
}

/// Formats a changed file after git's status letter.
fn changed(file: &str, display: &DisplayFormat) -> String {
    file.split_once(' ').map_or_else(|| file.to_owned(), |(how, path)| format!("{how} {}", display.path(path)))
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
