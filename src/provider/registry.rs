//! The kinds of providers that this program knows, and what each of them can do.

use std::sync::Arc;
use std::time::Duration;

use super::{Provider, RetryPolicy};
use crate::error::{Error, Result};
use crate::model::{Finding, Profile, ProviderName};

/// A kind of provider. `C` is what it is opened in: the repository and its surroundings.
pub trait ProviderKind<C>: Send + Sync {
    /// Returns the name that runs, settings and JSON have for it, in kebab-case.
    fn name(&self) -> ProviderName;

    /// Returns what it is called in a sentence: `Codex Cloud`.
    fn title(&self) -> &str;

    /// Returns what it can do, whatever it is opened with.
    fn capabilities(&self) -> Capabilities;

    /// Opens it as a run recorded it, or as it is reached from here and now where there is no profile.
    ///
    /// # Errors
    /// When it cannot be used: its program is missing, for example.
    fn open<'c>(
        &self,
        context: &'c C,
        profile: Option<&Profile>,
        retry_policy: RetryPolicy,
    ) -> Result<Box<dyn Provider + 'c>>;

    /// Examines, for `git puff doctor`, whether it can be used from here, and whether there is such an environment.
    /// Changes nothing and costs nothing.
    fn examine(&self, context: &C, env: Option<&str>) -> Vec<Finding> {
        let name = format!("provider_{}", self.name());
        let checked = self.open(context, None, RetryPolicy::Some);
        let checked = checked.and_then(|provider| provider.check(env).map_err(Error::from));
        vec![Finding::of(&name, checked.map(|()| String::new()), "it can be used")]
    }
}

/// What a kind of provider can do, and what the program must do for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Attempts cost money: `puff.attemptLimit` counts them.
    pub is_paid: bool,
    /// A task needs an environment, named by `--env` or `puff.env`.
    pub needs_environment: bool,
    /// What attempts can start from.
    pub base: BaseKind,
    /// Where the work is done.
    pub place: Place,
    /// A task can be cancelled from here.
    pub can_cancel: bool,
    /// The longest interval between two polls that makes sense, where a poll costs next to nothing; none leaves it to the
    /// user.
    pub longest_interval: Option<Duration>,
}

/// What the attempts of a provider can start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseKind {
    /// The tip of a branch of the remote, whatever it is when the attempts start.
    RemoteBranch,
    /// Any commit of this repository.
    Commit,
}

/// Where the work of a provider is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a service, which any clone can ask. A submission starts the attempts; where its answer is lost there may be a
    /// task, so that it is never repeated.
    Service,
    /// On this machine. A submission starts nothing, and is repeated after an interruption: attempts start when the task is
    /// observed.
    Here,
}

/// All kinds of providers that this program knows.
pub struct Registry<C> {
    kinds: Arc<[Arc<dyn ProviderKind<C>>]>,
}

// Derived, these would ask the same of `C`.
impl<C> Clone for Registry<C> {
    fn clone(&self) -> Registry<C> {
        Registry { kinds: Arc::clone(&self.kinds) }
    }
}

impl<C> Registry<C> {
    /// Creates a registry of these kinds.
    pub fn new(kinds: impl IntoIterator<Item = Arc<dyn ProviderKind<C>>>) -> Registry<C> {
        Registry { kinds: kinds.into_iter().collect() }
    }

    /// Creates a registry that has one kind more.
    pub fn with(&self, kind: Arc<dyn ProviderKind<C>>) -> Registry<C> {
        Registry::new(self.kinds.iter().cloned().chain([kind]))
    }

    /// Returns all kinds, in the order in which they were registered.
    pub fn kinds(&self) -> impl Iterator<Item = &dyn ProviderKind<C>> {
        self.kinds.iter().map(AsRef::as_ref)
    }

    /// Returns the kind with this name, if this program knows one.
    pub fn find(&self, name: &ProviderName) -> Option<&dyn ProviderKind<C>> {
        self.kinds().find(|kind| kind.name() == *name)
    }

    /// Returns the kind with this name.
    ///
    /// # Errors
    /// When this program knows no such kind: a newer git-puff wrote the name, or it is misspelt.
    pub fn get(&self, name: &ProviderName) -> Result<&dyn ProviderKind<C>> {
        self.find(name).ok_or_else(|| {
            let known: Vec<String> = self.kinds().map(|kind| kind.name().to_string()).collect();
            Error::cannot_work(format!("no provider named '{name}'"))
                .hint(format!("this git-puff knows: {}", known.join(", ")))
        })
    }

    /// Returns what the kind with this name can do. Nothing is repeated or cancelled at one that is not known.
    pub fn capabilities(&self, name: &ProviderName) -> Capabilities {
        self.find(name).map_or(Capabilities::UNKNOWN, |kind| kind.capabilities())
    }

    /// Returns what the kind with this name is called in a sentence.
    pub fn title<'r>(&'r self, name: &'r ProviderName) -> &'r str {
        self.find(name).map_or(name.as_str(), |kind| kind.title())
    }
}

impl Capabilities {
    /// What can be done where there is no provider.
    pub const NOTHING: Capabilities = Capabilities {
        is_paid: false,
        needs_environment: false,
        base: BaseKind::Commit,
        place: Place::Here,
        can_cancel: false,
        longest_interval: None,
    };

    /// What is assumed of a provider that this program does not know.
    const UNKNOWN: Capabilities = Capabilities { is_paid: true, place: Place::Service, ..Capabilities::NOTHING };
}
