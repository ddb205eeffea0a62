//! `as_str` of plain enums: their words in JSON and for people, as strum derives them.

/// Gives enums that derive [`strum::IntoStaticStr`] the function `as_str`. Strum's own (`const_into_str`) is a method
/// without documentation, which a public type may not have here.
macro_rules! as_str {
    ($($name:ident),+) => {
        $(impl $name {
            /// Returns the word for it in JSON, in settings and for people.
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        })+
    };
}

pub(crate) use as_str;

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use serde::Serialize;

    use crate::model::{
        AppServerStatus, Apply, HookState, InitThing, Level, PickMethod, Rule, SessionState, VariantStatus, Verdict,
    };

    fn agree<T: Serialize>(value: T, word: impl Display) {
        assert_eq!(serde_json::to_value(value).unwrap(), word.to_string());
    }

    #[test]
    fn people_see_the_words_of_json() {
        agree(Apply::Applied3Way, Apply::Applied3Way.as_str());
        agree(AppServerStatus::FailedToStart, AppServerStatus::FailedToStart.as_str());
        agree(HookState::Managed, HookState::Managed.as_str());
        agree(InitThing::RewriteRef, InitThing::RewriteRef.as_str());
        agree(Rule::ConflictMarker, Rule::ConflictMarker);
        agree(SessionState::RateLimited, SessionState::RateLimited.as_str());
        agree(PickMethod::CherryPick, PickMethod::CherryPick.as_str());
        agree(VariantStatus::InProgress, VariantStatus::InProgress.as_str());
        agree(Verdict::FailsOnBase, Verdict::FailsOnBase.as_str());
        assert_eq!(Level::WORDS, ["refuse", "warn", "allow"]);
    }
}
