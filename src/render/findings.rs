//! The results of a run, shown below a prompt that is being edited, and removed afterwards.

use super::describe;
use super::text::{clean_block, clean_line};
use crate::model::{CheckStatus, Review, Run, Variant};

/// The text of the line that ends the prompt.
const SCISSORS: &str = ">8 ---- everything below this line is ignored ---- 8<";

/// Maximum number of output lines shown for a check.
const TAIL: usize = 15;

/// A prompt for the editor, with the results of a run below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The text for the editor.
    pub text: String,
    scissors: String,
}

impl Draft {
    /// Returns the prompt, a scissors line, and the findings.
    pub fn new(prompt: &str, run: &Run, review: Option<&Review>) -> Draft {
        let mut scissors = format!("# ---- {SCISSORS}");
        // The prompt may contain the scissors line itself.
        while prompt.lines().any(|line| line.trim_end() == scissors) {
            scissors.insert(2, '-');
        }
        let end = if prompt.is_empty() || prompt.ends_with('\n') { "" } else { "\n" };
        let findings: String =
            findings(run, review).lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
        Draft { text: format!("{prompt}{end}\n{scissors}\n{findings}"), scissors }
    }

    /// Returns the prompt from the edited text; none when the scissors line is missing.
    pub fn cut<'t>(&self, edited: &'t str) -> Option<&'t str> {
        let mut at = 0;
        for line in edited.split_inclusive('\n') {
            if line.trim_end() == self.scissors {
                // The empty line above was added too.
                let prompt = &edited[..at];
                return Some(
                    prompt
                        .strip_suffix("\r\n\r\n")
                        .or(prompt.strip_suffix("\n\n"))
                        .map_or(prompt, |short| &prompt[..short.len() + 1]),
                );
            }
            at += line.len();
        }
        None
    }
}

/// Returns the results of a run, in lines.
fn findings(run: &Run, review: Option<&Review>) -> String {
    let mut text = format!("Results of {}: {} {}\n", run.run, describe::state(run), describe::counts(run));
    text += &run.reason.iter().map(|reason| format!("Why: {}\n", clean_line(reason))).collect::<String>();
    if let Some(review) = review {
        let recommendation = &review.recommendation;
        if let Some(index) = recommendation.variant {
            text += &format!("The review recommended var{index}.\n");
        }
        let said = recommendation.reasons.iter().chain(&recommendation.follow_ups).chain(&recommendation.residual_risk);
        text += &said.map(|line| format!("- {}\n", clean_line(line))).collect::<String>();
    }
    for variant in &run.variants {
        text += "\n";
        text += &of_variant(variant, review);
    }
    text
}

fn of_variant(variant: &Variant, review: Option<&Review>) -> String {
    let mut text = format!("{}: {}\n", describe::name(variant), describe::facts(variant));
    let mut item = |words: String| text += &format!("- {}\n", clean_line(&words));
    variant.reason.iter().for_each(|reason| item(reason.clone()));
    if !variant.conflicts.is_empty() {
        item(format!("it conflicts in {}", variant.conflicts.join(", ")));
    }
    variant.duplicate_of.iter().for_each(|twin| item(format!("same patch as var{twin}")));
    variant.risks.iter().for_each(|risk| item(format!("{}: {}, {}", risk.kind, risk.path, risk.detail)));
    if let Some(reviewed) = review.and_then(|review| review.variant(variant.index)) {
        for seen in reviewed.evidence.findings.iter().filter(|seen| seen.counts) {
            item(format!("{}: {}, {}", seen.kind, seen.path, seen.detail));
        }
    }
    let opinions = review.map(|review| super::review::opinions(review, variant.index));
    opinions.into_iter().flatten().for_each(item);
    for check in &variant.checks {
        let exit = check.exit.map(|exit| format!(" (exit {exit})")).unwrap_or_default();
        let word = match check.status {
            CheckStatus::Passed => "passed".to_owned(),
            CheckStatus::Failed => format!("failed{exit}"),
            CheckStatus::Timeout => "timed out".to_owned(),
            CheckStatus::Error => "could not run".to_owned(),
        };
        text += &format!("- {word}: {}\n", clean_line(&check.command));
        if check.status != CheckStatus::Passed {
            let tail = clean_block(check.tail.trim_end());
            let lines: Vec<&str> = tail.lines().collect();
            let last = &lines[lines.len().saturating_sub(TAIL)..];
            text += &last.iter().map(|line| format!("    {line}\n")).collect::<String>();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn what_is_below_the_line_is_cut_off_and_headings_are_not() {
        let run = samples::harvested();
        for prompt in ["# Title\n\nFix it.\n", "# Title", "a\r\n", "a\n\n\n# b\n"] {
            let draft = Draft::new(prompt, &run, None);
            let cut = draft.cut(&draft.text).unwrap();
            assert_eq!(cut.trim_end_matches('\n'), prompt.trim_end_matches('\n'), "{:?}", draft.text);
            assert!(draft.text.contains("# var3: completed, conflict") && draft.text.contains("src/lex.rs"));
            assert!(!draft.text.contains('\u{1b}'));
            assert_eq!(draft.cut(&draft.text.replace("---", "--")), None);
            // A prompt that has such a line itself loses nothing by it.
            let again = Draft::new(&draft.text, &run, None);
            assert_eq!(again.cut(&again.text), Some(draft.text.as_str()));
        }
    }

    #[test]
    fn a_check_that_failed_shows_the_end_of_what_it_printed() {
        let mut run = samples::harvested();
        let tail: String = (0..99).map(|line| format!("line {line}\n")).collect();
        run.variants[0].checks = vec![crate::model::Check {
            command: "cargo test".into(),
            status: CheckStatus::Failed,
            exit: Some(101),
            duration_s: 1.0,
            tail,
            cached: false,
            on_base: None,
            tests: None,
            warm: false,
            confirmed: false,
        }];
        let draft = Draft::new("x\n", &run, None);
        assert!(draft.text.contains("# - failed (exit 101): cargo test\n#     line 84\n"), "{}", draft.text);
        assert!(draft.text.contains("#     line 98\n") && !draft.text.contains("line 83"));
    }
}
