//! What a review found out: `review.json` in a run's tree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::IntoStaticStr;

use super::as_str::as_str;
use super::{
    Against, Check, Class, Comparison, Oid, PathChange, Risk, Run, RunId, Schema, TestStanding, Time, Undecided,
    Variant, documents,
};

/// Everything that is known about the variants of a run when a person has to choose. What was run on each variant, and
/// its score, are in the run itself ([`super::Variant::checks`], [`super::Variant::score`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// `puff.review/1`.
    #[schemars(extend("const" = Schema::of(documents::REVIEW)))]
    pub schema: Schema,
    /// The run.
    pub run: RunId,
    /// The commit that its variants start from.
    pub base_oid: Oid,
    /// When it was made.
    pub reviewed_at: Time,
    /// The commands that were run, in their order.
    pub commands: Vec<String>,
    /// The same commands on the base, to tell what was broken before.
    pub base: Vec<Check>,
    /// What the checks changed in the base's worktree: what a check edits wherever it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub base_touched: Vec<PathChange>,
    /// What changed in the repository beside the base's worktree while the checks ran on it: refs, hooks, configuration. It
    /// counts against no variant; the same by a variant later changes nothing any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_findings: Vec<Observation>,
    /// How the checks were confined; none where they were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confinement: Option<CheckConfinement>,
    /// One entry per variant of the run.
    pub variants: Vec<Reviewed>,
    /// What outside judges said.
    pub judges: Vec<Judge>,
    /// How alike the variants are.
    pub comparison: Option<Comparison>,
    /// What to take, and why.
    pub recommendation: Recommendation,
    /// Risks that a person has looked at and taken: their kinds, or `kind:path`.
    #[serde(default)]
    pub accepted: Vec<String>,
    /// What a newer git-puff wrote here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Review {
    /// Returns the schema that this program writes.
    pub fn schema() -> Schema {
        Schema::of(documents::REVIEW)
    }

    /// Returns the variants that are not what they were when this was found out, or that came since.
    pub fn outdated(&self, run: &Run) -> Vec<u32> {
        let same = |variant: &&Variant| {
            let reviewed = self.variant(variant.index);
            reviewed.map_or(variant.commit.is_none(), |reviewed| reviewed.commit == variant.commit)
        };
        run.variants.iter().filter(|variant| !same(variant)).map(|variant| variant.index).collect()
    }

    /// Returns what is said of the variant with this number.
    pub fn variant(&self, index: u32) -> Option<&Reviewed> {
        self.variants.iter().find(|variant| variant.index == index)
    }
}

/// How the checks of a review were confined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckConfinement {
    /// By what: `Landlock, ABI 7`.
    pub by: String,
    /// Whether they could use the network.
    pub network: bool,
    /// The checks that ran unconfined, since the base passes them only so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconfined: Vec<String>,
    /// The settings of which one lets those do confined what they do; none where there are no such checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended_by: Vec<String>,
}

/// One variant, as the review found it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reviewed {
    /// Its number.
    pub index: u32,
    /// The commit that was looked at; none when there is none.
    pub commit: Option<Oid>,
    /// How its checks ended, in a word.
    pub verdict: Verdict,
    /// How far it can be trusted; none where no check was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Why it is in that class, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// Its tests, those of the base and of others; none where no check named its tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestStanding>,
    /// Its place, from 1; tied variants share one, and there are none without a commit.
    pub rank: Option<u32>,
    /// What was seen without running anything.
    pub evidence: Evidence,
    /// What the checks changed in the worktree, as `M path`: a check that edits what it checks.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub touched: Vec<PathChange>,
}

impl Reviewed {
    /// Returns what was found of tests that it bends, or was written for.
    pub fn cheats(&self) -> impl Iterator<Item = &Observation> {
        self.evidence.findings.iter().filter(|found| Observation::CHEATS.contains(&found.kind.as_str()))
    }

    /// Returns whether a person has not accepted all of that.
    pub fn has_open_cheat(&self, accepted: &[String]) -> bool {
        self.cheats().any(|found| !found.is_accepted(accepted))
    }
}

/// How the checks of a variant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// Every check passed.
    Passed,
    /// A check failed that passes on the base, or the base was not checked.
    Failed,
    /// Only such checks failed as fail on the base already.
    FailsOnBase,
    /// No check was run.
    Unchecked,
    /// There is nothing to check: the patch did not apply, is empty, or never came.
    NoCommit,
}

as_str!(Verdict);

/// What is seen in a change without running anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Bytes of the patch.
    pub patch_bytes: u64,
    /// Paths it touches.
    pub files: Vec<String>,
    /// Tests that come, by the names of their functions or files.
    pub tests_added: Vec<String>,
    /// Tests that go.
    pub tests_removed: Vec<String>,
    /// Whatever a reader should see: risks of the path policy (secrets and lock files among them), refs, hooks and
    /// configuration that changed while a check ran, conflict markers, white space, left-over debugging, binary and generated files.
    pub findings: Vec<Observation>,
    /// The mean likeness to the other variants, from 0 to 1; none when there are no others.
    pub agreement: Option<f64>,
}

/// Something in a change that a reader should see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// What kind of thing: `conflict-marker`, `whitespace`, `debugging`, `unfinished`, `secret`, `binary`, `generated`,
    /// `lockfile`, `ref`, `hook`, `config`, `concurrent`, ….
    pub kind: String,
    /// The path it is about.
    pub path: String,
    /// The line of the new file, where it is about one.
    pub line: Option<u64>,
    /// In words.
    pub detail: String,
    /// It counts against the variant in the ranking; what does not is only said.
    pub counts: bool,
}

impl From<&Risk> for Observation {
    /// Returns the observation of a risk, which counts where it can only be the variant's.
    fn from(risk: &Risk) -> Observation {
        let counts = risk.counts();
        let Risk { kind, path, detail } = risk.clone();
        Observation { kind: kind.to_string(), path, line: None, detail, counts }
    }
}

impl Observation {
    /// The kinds of what makes a variant one that is never recommended.
    pub const CHEATS: [&str; 6] =
        ["tests-removed", "tests-weakened", "tests-skipped", "test-settings", "overfit", "test-aware"];

    /// Returns whether this word, a kind or `kind:path`, names it.
    pub fn is_named(&self, word: &str) -> bool {
        let path = word.strip_prefix(&self.kind).and_then(|rest| rest.strip_prefix(':'));
        word == self.kind || path == Some(&self.path)
    }

    /// Returns whether it was accepted by what these words name.
    pub fn is_accepted(&self, accepted: &[String]) -> bool {
        accepted.iter().any(|word| self.is_named(word))
    }
}

/// What an outside judge said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judge {
    /// The command.
    pub command: String,
    /// What went wrong, if it did not answer as it should; then there are no opinions.
    pub error: Option<String>,
    /// Seconds it took.
    pub duration_s: f64,
    /// It was asked the same before, and is not asked again.
    #[serde(default)]
    pub cached: bool,
    /// What it says of each variant.
    pub opinions: Vec<Opinion>,
}

impl Judge {
    /// Returns the mean of what judges said of a variant; none where no judge said anything.
    pub fn mean(judges: &[Judge], variant: u32) -> Option<f64> {
        let opinions = judges.iter().flat_map(|judge| &judge.opinions).filter(|opinion| opinion.variant == variant);
        let scores: Vec<f64> = opinions.map(|opinion| opinion.score).collect();
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    }
}

/// What a judge says of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Opinion {
    /// The variant's number.
    pub variant: u32,
    /// The letter under which the judge saw it.
    pub letter: String,
    /// From 0 to 10.
    pub score: f64,
    /// Why.
    pub reason: String,
}

/// Which variant to take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// The one; none when nothing passes, or several are equally good.
    pub variant: Option<u32>,
    /// Those that are equally good, if several are.
    pub tied: Vec<u32>,
    /// Why this one, or why none: a sentence each.
    pub reasons: Vec<String>,
    /// Why not the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Against>,
    /// The variants between which tests do not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
    /// What is left to do after taking it.
    #[serde(default)]
    pub follow_ups: Vec<String>,
    /// What may still be wrong with it.
    #[serde(default)]
    pub residual_risk: Vec<String>,
}
