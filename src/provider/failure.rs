//! Why a provider could not answer.

use crate::error::Error;

/// Why a provider could not answer.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Failure {
    /// There is no sign-in, or it has expired.
    #[error("you are not signed in to {to}")]
    SignedOut {
        /// What there is no sign-in to.
        to: &'static str,
        /// The command that signs in.
        login: &'static str,
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
    #[error("no task '{task}' in {at}")]
    NoSuchTask {
        /// Where it is not known.
        at: String,
        /// The task.
        task: String,
    },
    /// The environment is not known, or its name means several or none here.
    #[error("{what}")]
    BadEnvironment {
        /// In the user's words.
        what: String,
        /// What to do.
        hint: &'static str,
        /// What the client said.
        said: String,
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
    /// Creates the failure of a provider that cannot be used, in the words of `error`.
    pub fn unusable(error: &Error) -> Failure {
        Failure::Client {
            what: error.message().to_owned(),
            hint: error.next_step().unwrap_or_default().to_owned(),
            said: error.causes().join("; "),
        }
    }

    /// Returns whether a second try may help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Failure::Temporary { .. })
    }

    /// Returns what the other side said.
    pub fn said(&self) -> &str {
        match self {
            Failure::SignedOut { said, .. }
            | Failure::Temporary { said, .. }
            | Failure::BadEnvironment { said, .. }
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
            Failure::SignedOut { login, .. } => {
                Error::cannot_work(message).hint(format!("run '{login}'; nothing is lost meanwhile"))
            }
            Failure::Temporary { .. } => Error::failed(message).hint("run the command again in a while"),
            Failure::NoSuchTask { .. } => Error::failed(message).hint("copy the id or URL from the task's page"),
            Failure::BadEnvironment { hint, .. } => Error::failed(message).hint(hint),
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
    #[error("cannot tell whether the task was accepted: {what}")]
    Lost {
        /// What happened.
        what: String,
        /// What the client said.
        said: String,
    },
}
