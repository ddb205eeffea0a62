//! A summary of many runs that costs as little as possible: for completions, which a person waits for at every key.

use serde::Deserialize;

use super::RunStore;
use super::run_cache::RunCache;

/// What there is to say of a run in half a line. Words are as they were recorded: what this git-puff does not know is
/// shown as well.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RunSummary {
    /// Its name; that of its ref where the record cannot be read.
    #[serde(default)]
    pub run: String,
    /// The first line of what was asked.
    #[serde(default)]
    pub title: String,
    /// How far it is; empty where the record cannot be read.
    #[serde(default)]
    pub state: String,
    /// The cloud environment, as it was named.
    #[serde(default)]
    pub env: Option<String>,
    /// When it was recorded, RFC 3339 in UTC: sorts as the time does.
    #[serde(default)]
    pub created_at: String,
    /// 1..N.
    #[serde(default)]
    pub variants: Vec<VariantSummary>,
}

/// The same of a variant.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct VariantSummary {
    /// Its number.
    #[serde(default)]
    pub index: u32,
    /// What became of the attempt.
    #[serde(default)]
    pub status: String,
    /// The agent that made it.
    #[serde(default)]
    pub agent: Option<String>,
    /// What became of its patch.
    #[serde(default)]
    pub apply: Option<String>,
    /// What is risky in it.
    #[serde(default)]
    pub risks: Vec<RiskSummary>,
}

/// The same of a risk.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RiskSummary {
    /// Its kind.
    #[serde(default)]
    pub kind: String,
    /// The path it is about.
    #[serde(default)]
    pub path: String,
}

impl RunStore<'_> {
    /// Returns the runs whose names begin so, newest first. Nothing is written, not even what a listing remembers; a
    /// run that cannot be read has its name only.
    pub fn summaries(&self, beginning: &str) -> Vec<RunSummary> {
        let layout = self.layout;
        // What no name of a run holds would be a pattern.
        let is_plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        if !beginning.bytes().all(is_plain) {
            return Vec::new();
        }
        let refs = self.journals().heads(beginning).unwrap_or_default();
        let mut recall = if refs.is_empty() { RunCache::none(layout) } else { RunCache::read(layout) };
        let mut runs: Vec<RunSummary> = Vec::with_capacity(refs.len());
        for (name, head) in refs {
            let bytes = recall.record(head, || self.record(&name, head));
            let known =
                bytes.ok().and_then(|bytes| serde_json::from_slice::<RunSummary>(bytes).ok()).unwrap_or_default();
            runs.push(RunSummary { run: name, ..known });
        }
        runs.sort_by(|one, other| (&other.created_at, &other.run).cmp(&(&one.created_at, &one.run)));
        runs
    }
}
