//! What is done about a session that does not get on: the stuck-agent protocol, as one decision.
//!
//! Without `--auto` nothing is done but reported. With it, a question is answered where a rule of `puff.session.answer`
//! allows it; a session that hangs is poked once, then killed and resumed, twice at most; one that loops is killed.
//! What is slow is left alone: only what prints nothing, uses no processor time and moves no bytes counts as hung.

use std::time::Duration;

use super::diagnose::{Diagnosis, Pattern, QuestionKind};
use crate::state::SessionState;

/// How often a hung session is killed and resumed.
pub(crate) const RESUMES: u32 = 2;
/// How long a poke may take to help.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be decided about.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What it is doing.
    pub diagnosis: &'a Diagnosis,
    /// The protocol may act.
    pub auto: bool,
    /// How often it was poked by the protocol.
    pub pokes: u32,
    /// How long ago it was poked last.
    pub poked: Option<Duration>,
    /// How many sessions this one goes on from.
    pub resumes: u32,
    /// It can be resumed: the agent's own name of the session is known, and a command for it.
    pub resumable: bool,
    /// The screens that were answered already, as [`Diagnosis::screen`] names them.
    pub answered: &'a [u64],
    /// What may be answered.
    pub answers: &'a [AnswerRule],
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// Type this, then remember the screen as answered.
    Answer {
        /// The text.
        text: String,
        /// Press Enter after it.
        enter: bool,
        /// The rule that allows it, as it is configured.
        rule: String,
    },
    /// Press Enter.
    Poke,
    /// Kill it and continue it in a new session.
    KillAndResume,
    /// Notify of this once, though it is decided anew at every tick.
    Report(String),
    /// Kill it, since it loops.
    KillLoop,
}

/// Decides.
pub fn decide(situation: &Situation) -> Step {
    let Situation { diagnosis, auto, .. } = *situation;
    match diagnosis.state {
        SessionState::Waiting if auto => answer(situation).unwrap_or(Step::Nothing),
        SessionState::Looping if auto => Step::KillLoop,
        SessionState::Looping => Step::Report(format!("it loops: {}", diagnosis.why)),
        SessionState::Hung if auto => hung(situation),
        SessionState::Hung => Step::Report(format!("it hangs: {}", diagnosis.why)),
        _ => Step::Nothing,
    }
}

fn answer(situation: &Situation) -> Option<Step> {
    let Situation { diagnosis, answered, answers, .. } = *situation;
    // These would be secrets in a configuration file.
    if matches!(diagnosis.kind, Some(QuestionKind::Password | QuestionKind::Login)) {
        return None;
    }
    if diagnosis.screen.is_none_or(|screen| answered.contains(&screen)) {
        return None;
    }
    // Not what stands above the question: that is text of the agent's, which could allow itself anything.
    let asked = diagnosis.asked.as_deref()?;
    let rule = answers.iter().find(|rule| rule.pattern.is_in(asked))?;
    Some(Step::Answer { text: rule.text.clone(), enter: rule.enter, rule: rule.written.clone() })
}

fn hung(situation: &Situation) -> Step {
    let Situation { diagnosis, pokes, poked, resumes, resumable, .. } = *situation;
    if pokes == 0 {
        return Step::Poke;
    }
    if poked.is_some_and(|ago| ago < PATIENCE) {
        return Step::Nothing;
    }
    let still = |why: String| Step::Report(format!("it hangs, and {why}: {}", diagnosis.why));
    if !resumable {
        return still("cannot be resumed, so it is not killed".to_owned());
    }
    if resumes >= RESUMES { still(format!("was resumed {resumes} times already")) } else { Step::KillAndResume }
}

/// A question that may be answered, and how.
#[derive(Clone, Debug)]
pub struct AnswerRule {
    written: String,
    pattern: Pattern,
    text: String,
    enter: bool,
}

impl AnswerRule {
    /// Parses `PATTERN => TEXT`, with `--no-enter` behind it where Enter is not to be pressed. The last ` => ` divides
    /// them.
    ///
    /// # Errors
    /// Why it cannot be read as a rule.
    pub fn parse(written: &str) -> Result<AnswerRule, String> {
        let divided = written.rsplit_once("=>").ok_or("it has no '=>' between a pattern and a text")?;
        let (pattern, text) = (divided.0.trim(), divided.1.trim());
        if pattern.is_empty() {
            return Err("its pattern is empty, which would answer everything".to_owned());
        }
        let compiled = Pattern::parse(pattern, true).map_err(|why| format!("cannot read its pattern: {why}"))?;
        if compiled.is_in("") {
            return Err("its pattern matches nothing at all, which would answer everything".to_owned());
        }
        let bare = text.strip_suffix("--no-enter").filter(|rest| rest.is_empty() || rest.ends_with(' '));
        let (text, enter) = bare.map_or((text, true), |rest| (rest.trim_end(), false));
        if text.is_empty() && !enter {
            return Err("it types nothing".to_owned());
        }
        if text.chars().any(char::is_control) {
            return Err("its text holds a control character".to_owned());
        }
        Ok(AnswerRule { written: written.trim().to_owned(), pattern: compiled, text: text.to_owned(), enter })
    }
}

#[cfg(test)]
mod tests;
