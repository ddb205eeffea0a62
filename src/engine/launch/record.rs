//! From an intent that nothing stands against to the record of a run.

use super::prepare::{Prepared, Service, Work};
use crate::engine::intent::WatchOptions;
use crate::model::{ProviderName, Run, Span, State, StepKind, Time, Variant, Watch, WatchState};
use crate::store::Change;

/// What all runs of one launch have in common.
pub(super) struct New<'a> {
    pub service: Option<&'a Service<'a>>,
    pub watch: Option<WatchOptions>,
    pub max_active: u32,
    pub now: Time,
    pub state: State,
}

impl New<'_> {
    pub fn run(&self, prepared: &Prepared, created: Time) -> Run {
        let Prepared { intent, id, work, base, best_of } = prepared;
        let blank = Run::blank(id, &base.named, base.oid, *best_of, &intent.prompt, created);
        let worked = match work {
            Work::Service { env } => Run {
                provider: self.service.map_or(ProviderName::CODEX_CLOUD, |service| service.kind.name()),
                dialect: self.service.and_then(|service| service.provider.dialect()).map(str::to_owned),
                profile: self.service.and_then(|service| service.provider.profile()),
                env: env.clone(),
                ..blank
            },
            Work::Local(local) => {
                let agents = intent.agents.iter().flat_map(|agents| (0..agents.count).map(|_| agents.agent.clone()));
                let variant = |(index, agent)| Variant { agent: Some(agent), ..Variant::new(index) };
                let variants = (1..).zip(agents).map(variant).collect();
                Run { provider: ProviderName::LOCAL, local: Some(local.clone()), variants, ..blank }
            }
        };
        // The time limit of agents on this machine is each session's own.
        let timeout = |options: WatchOptions| if worked.local.is_some() { Span(0) } else { options.timeout };
        let watched = |options: WatchOptions| watch(WatchOptions { timeout: timeout(options), ..options }, self.now);
        Run {
            prompt_file: intent.prompt_file.clone().unwrap_or_else(|| Run::kept_prompt(id)),
            state: self.state,
            parent: intent.parent.clone(),
            check: intent.check.clone(),
            watch: self.watch.map(|options| Watch { max_active: self.max_active, ..watched(options) }),
            ..worked
        }
    }

    pub fn change(&self, prepared: &Prepared) -> Change<'static> {
        let Prepared { intent, base, best_of, .. } = prepared;
        let subject = format!("intent: best of {best_of} on {} ({})", base.named, base.oid.short());
        let prompt = ("prompt.md".to_owned(), Some(intent.prompt.clone().into_bytes()));
        Change { files: vec![prompt], ..Change::new(StepKind::Intent, subject) }
    }
}

/// Returns how a run is watched from now on.
pub fn watch(options: WatchOptions, now: Time) -> Watch {
    Watch {
        interval_s: options.interval.0.max(1),
        timeout_s: options.timeout.0,
        harvest: options.harvest,
        max_active: 0,
        started_at: now,
        state: WatchState::Active,
    }
}
