//! How each field of a record is merged.
//!
//! The tables name every field: a new field of [`Run`] or [`Variant`] without a rule does not compile.

use crate::model::{Local, Run, Variant};

/// How a field of a run is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunRule {
    /// What one side changed counts; of two changes, the one of the newer record. Fields that this git-puff does not
    /// know are merged like this, too.
    ThreeWay,
    /// What the common base has stays: it was asked for once.
    AsAsked,
    /// Its fields have rules of their own.
    Local,
    /// It depends on other fields, and has a function of its own.
    Own,
}

/// How a field of what says how agents on a machine work is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalRule {
    /// As of a run.
    ThreeWay,
    /// As of a run.
    AsAsked,
}

/// How a field of a variant is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VariantRule {
    /// What one side changed counts; of two changes, the one of the newer record. Fields that this git-puff does not
    /// know are merged like this, too.
    ThreeWay,
    /// It belongs to one patch, so that all of these fields are one side's.
    Patch,
    /// A review made it, so that it goes with the review that stands.
    Review,
}

/// Declares the rules of all fields of a record, by the names that they have in JSON.
macro_rules! rules {
    ($name:ident: $record:ident $(with $extra:ident)?, $rule:ident { $($kind:ident: [$($field:ident),+ $(,)?],)+ }) => {
        pub(super) const $name: &[(&str, $rule)] = {
            // Without `..`: the compiler reports a field that has no rule, or two.
            const _: fn(&$record) = |$record { $($($field: _,)+)+ $($extra: _)? }| ();
            &[$($((stringify!($field), $rule::$kind)),+),+]
        };

        impl $rule {
            /// Returns the rule of the field with this name.
            pub(super) fn of(name: &str) -> $rule {
                $name.iter().find(|(field, _)| *field == name).map_or($rule::ThreeWay, |(_, rule)| *rule)
            }
        }
    };
}

rules!(RUN: Run with extra, RunRule {
    ThreeWay: [
        schema, run, task_id, task_url, provider, dialect, profile, env, base, base_oid, best_of, title, parent,
        observed, watch, identity,
    ],
    AsAsked: [prompt_file, check, home],
    Local: [local],
    Own: [
        state, attention, reason, created_at, updated_at, submitted_at, progress_at, decision, variants,
    ],
});

rules!(LOCAL: Local, LocalRule {
    ThreeWay: [jobs, keep, limit_s, worktrees],
    AsAsked: [confine],
});

rules!(VARIANT: Variant with extra, VariantRule {
    ThreeWay: [index, agent, placement, ignored],
    Patch: [
        status, revision, apply, branch, commit, patch_sha256, files, insertions, deletions, reason, conflicts,
        duplicate_of, risks, message,
    ],
    Review: [checks, score],
});
