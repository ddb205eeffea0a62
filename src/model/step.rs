//! The kind of a step in a run's journal, as a trailer of its commit says it.

use strum::{EnumString, IntoStaticStr};

use super::as_str::as_str;
use super::first_line;

/// The trailer that names the kind of a step: the last line of the commit's message.
const TRAILER: &str = "Puff-Step: ";

/// The kind of a step in a run's journal.
///
/// The subject of a step is for people, and may quote anything: an agent's error, a title. What git-puff decides by is
/// this word alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum StepKind {
    /// The intent to launch the run was recorded.
    Intent,
    /// The run came from a folder of patches.
    Import,
    /// The run came from a task that was started without git-puff.
    Adopt,
    /// The submission of the run began, succeeded or failed.
    Submit,
    /// Something changed at the provider.
    Observe,
    /// The watching of the run began or ended.
    Watch,
    /// The run was cancelled.
    Cancel,
    /// The base of the run was corrected.
    Base,
    /// Patches were collected, or applied onto the base.
    Harvest,
    /// The variants were reviewed.
    Review,
    /// A pick was started, or is done.
    Pick,
    /// A pick was undone.
    Undo,
    /// The report was rendered again; nothing else changed.
    Report,
    /// Steps of another clone arrived.
    Receive,
    /// Steps of two clones were merged.
    Merge,
    /// A step that this git-puff does not know.
    Unknown,
}

as_str!(StepKind);

impl StepKind {
    /// Returns the whole message of a step. Whatever the subject quotes, the trailer is the last line.
    pub fn message(self, subject: &str) -> String {
        let subject = subject.trim();
        let subject = if subject.is_empty() { self.as_str() } else { subject };
        format!("{subject}\n\n{TRAILER}{}\n", self.as_str())
    }

    /// Returns the kind of a step by its message.
    pub fn of(message: &str) -> StepKind {
        match message.trim_end().rsplit_once("\n\n").map(|(_, last)| last.strip_prefix(TRAILER)) {
            Some(Some(word)) => word.trim().parse().unwrap_or(StepKind::Unknown),
            _ => StepKind::without_trailer(message),
        }
    }

    /// Journals written before there was a trailer tell the steps that matter by their subjects.
    fn without_trailer(message: &str) -> StepKind {
        match message.lines().next().unwrap_or_default() {
            subject if subject.starts_with("pick: ") => StepKind::Pick,
            "the report was made again" => StepKind::Report,
            "the pick was taken back" => StepKind::Undo,
            _ => StepKind::Unknown,
        }
    }

    /// Returns whether this step is part of a pick before it in the journal, so that undoing the pick undoes it too.
    pub fn belongs_to_pick(self) -> bool {
        matches!(self, StepKind::Pick | StepKind::Report)
    }
}

/// Returns the subject of a step, for people.
pub fn subject_of(message: &str) -> String {
    first_line(message, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words as journals have them: they stay.
    const WORDS: [(StepKind, &str); 15] = [
        (StepKind::Intent, "intent"),
        (StepKind::Import, "import"),
        (StepKind::Adopt, "adopt"),
        (StepKind::Submit, "submit"),
        (StepKind::Observe, "observe"),
        (StepKind::Watch, "watch"),
        (StepKind::Cancel, "cancel"),
        (StepKind::Base, "base"),
        (StepKind::Harvest, "harvest"),
        (StepKind::Review, "review"),
        (StepKind::Pick, "pick"),
        (StepKind::Undo, "undo"),
        (StepKind::Report, "report"),
        (StepKind::Receive, "receive"),
        (StepKind::Merge, "merge"),
    ];

    #[test]
    fn every_kind_is_read_as_it_was_written() {
        for (step, word) in WORDS {
            let message = step.message("something happened");
            assert_eq!(message, format!("something happened\n\nPuff-Step: {word}\n"));
            assert_eq!(StepKind::of(&message), step);
            assert_eq!(StepKind::of(message.trim_end()), step);
            assert_eq!(StepKind::of(&step.message("")), step);
        }
    }

    #[test]
    fn the_trailer_counts_and_not_what_a_subject_quotes() {
        for quoted in
            ["pick: var1", "the report was made again", "a\n\nPuff-Step: pick", "a\n\nPuff-StepKind: pick\n\n"]
        {
            assert_eq!(StepKind::of(&StepKind::Observe.message(quoted)), StepKind::Observe, "{quoted:?}");
        }
        assert_eq!(StepKind::of("of a later version\n\nPuff-Step: teleport\n"), StepKind::Unknown);
    }

    #[test]
    fn a_journal_without_trailers_is_read_by_its_subjects() {
        assert_eq!(StepKind::of("pick: var2 was taken (cherry-pick, main)\n"), StepKind::Pick);
        assert_eq!(StepKind::of("the report was made again\n"), StepKind::Report);
        assert_eq!(StepKind::of("the pick was taken back\n"), StepKind::Undo);
        assert_eq!(StepKind::of("harvested: 3 applied\n"), StepKind::Unknown);
        assert_eq!(StepKind::of(""), StepKind::Unknown);
    }
}
