//! Why a provider could not answer.

use crate::error::Error;

/// Why a provider could not answer.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Failure {
    /// There is no sign-in, or it has expired.
    #[error("you are not signed in to Codex")]
    SignedOut {
        /// What the client said.
        said: String,
    },
    /// It may work later: the network, too many calls, a fault of the service.
    #[error("{what}")]
    Temporary {
        /// In the user's words.
        what: String,
        /// What the client said.
        said: String,
    },
    /// The service does not know the task.
    #[error("no task '{task}' in Codex Cloud")]
    NoSuchTask {
        /// The task.
        task: String,
    },
    /// No environment has that id or label.
    #[error("no cloud environment named '{env}'")]
    NoSuchEnvironment {
        /// As it was named.
        env: String,
        /// What the client said.
        said: String,
    },
    /// Several environments have that label.
    #[error("several cloud environments are called '{env}'")]
    AmbiguousEnvironment {
        /// As it was named.
        env: String,
        /// What the client said.
        said: String,
    },
    /// This client cannot look a label up.
    #[error("'{env}' looks like the label of a cloud environment, and this codex takes only ids")]
    NotAnEnvironmentId {
        /// As it was named.
        env: String,
    },
    /// The program is missing, too old, hangs, or prints what cannot be understood.
    #[error("{what}")]
    Client {
        /// In the user's words.
        what: String,
        /// What to do.
        hint: String,
        /// What the program said.
        said: String,
    },
    /// The service said no.
    #[error("{what}")]
    Refused {
        /// In the user's words.
        what: String,
        /// What the client said.
        said: String,
    },
    /// The provider has no way to do this.
    #[error("{0}")]
    Impossible(String),
}

impl Failure {
    /// Returns whether a second try may help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Failure::Temporary { .. })
    }

    /// Returns what the other side said.
    pub fn said(&self) -> &str {
        match self {
            Failure::SignedOut { said }
            | Failure::Temporary { said, .. }
            | Failure::NoSuchEnvironment { said, .. }
            | Failure::AmbiguousEnvironment { said, .. }
            | Failure::Client { said, .. }
            | Failure::Refused { said, .. } => said,
            _ => "",
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let message = failure.to_string();
        let said = failure.said().to_owned();
        let error = match failure {
            Failure::SignedOut { .. } => {
                Error::cannot_work(message).hint("run 'codex login'; nothing is lost meanwhile")
            }
            Failure::Temporary { .. } => Error::failed(message).hint("run the command again in a while"),
            Failure::NoSuchTask { .. } => Error::failed(message)
                .hint("copy the id or URL from the task's page; 'codex cloud list' shows the newest"),
            Failure::NoSuchEnvironment { .. } => Error::failed(message)
                .hint("'codex cloud' lists the environments you can use; 'git puff create' shows how to make one"),
            Failure::AmbiguousEnvironment { .. } => {
                Error::failed(message).hint("name it by its id, which 'codex cloud' and the environment's page show")
            }
            Failure::NotAnEnvironmentId { .. } => Error::failed(message)
                .hint("give the id, which the environment's page shows; 'git config puff.env ID' keeps it"),
            Failure::Client { hint, .. } => Error::cannot_work(message).hint(hint),
            Failure::Refused { .. } => {
                Error::failed(message).hint("its output is below; 'git puff doctor' finds what is wrong")
            }
            Failure::Impossible(_) => Error::failed(message).hint("the task's page can do more than the program"),
        };
        error.because_it_said(&said)
    }
}

/// Why a submission has no task.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitFailure {
    /// Provably nothing was started, and nothing is paid.
    #[error(transparent)]
    Refused(#[from] Failure),
    /// The answer was lost: there may be a task.
    #[error("cannot tell whether Codex Cloud accepted the task: {what}")]
    Lost {
        /// What happened.
        what: String,
        /// What the client said.
        said: String,
    },
}
