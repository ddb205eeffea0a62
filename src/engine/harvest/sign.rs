//! Signing the commits of variants, for users who sign.
//!
//! A signature is never made twice the same: so the signed commit is kept in the run, byte for byte, and every clone that
//! harvests again, here or in another clone, writes that very commit. Whether a variant is signed is decided when its
//! commit is first made.

use std::cell::RefCell;

use crate::app::App;
use crate::error::{Error, Result};
use crate::git::Draft;
use crate::model::{Attention, Oid, RunId, StepKind, Variant};
use crate::settings;
use crate::store::{Change, RunStore};

/// Signs the commits of a harvest.
pub(in crate::engine) struct Signer<'c> {
    app: &'c App,
    asked: bool,
    failure: RefCell<Option<String>>,
}

/// A commit that was made.
pub(super) struct Signed {
    /// Its name.
    pub commit: Oid,
    /// Its bytes, where it is signed.
    pub bytes: Option<Vec<u8>>,
}

impl<'c> Signer<'c> {
    /// Signs where `puff.sign` says so, or, where that is unset, `commit.gpgSign`.
    ///
    /// # Errors
    /// When `puff.sign` is neither true nor false.
    pub fn new(app: &'c App) -> Result<Signer<'c>> {
        let asked = app.settings.signs()?;
        Ok(Signer { app, asked, failure: RefCell::default() })
    }

    /// Makes the commit of a variant. `kept` is the signed one of an earlier harvest.
    pub(super) fn commit(&self, variant: &Variant, draft: &Draft, kept: Option<Vec<u8>>) -> Result<Signed> {
        let repo = &self.app.repo;
        if let Some(bytes) = kept.filter(|bytes| draft.is_signed_as(bytes)) {
            return Ok(Signed { commit: repo.write_commit_bytes(&bytes)?, bytes: Some(bytes) });
        }
        // What was made unsigned stays so: its name is known.
        if !self.asked || variant.commit == Some(repo.name_draft(draft)?) {
            return Ok(Signed { commit: repo.write_draft(draft)?, bytes: None });
        }
        let commit = repo.write_signed(draft).map_err(|error| {
            *self.failure.borrow_mut() = Some(error.causes().first().cloned().unwrap_or_default());
            let name = variant.name();
            Error::failed(format!("cannot sign the commit of {name}: no commit was made"))
                .hint("make 'git commit -S' work without a prompt (ssh-add, or unlock gpg), then harvest again; or 'git config puff.sign false'")
                .because_it_said(&error.causes().join("; "))
        })?;
        Ok(Signed { commit, bytes: Some(repo.commit_bytes(commit)?) })
    }

    /// Records that a run needs the user to repair signing, if that is what failed.
    pub(super) fn record_failure(&self, id: &RunId) {
        let Some(why) = self.failure.take() else { return };
        let why = why.lines().next().unwrap_or_default().to_owned();
        // What is said about it must not hide why it is said.
        let _ = RunStore::new(self.app).update(id, self.app.clock.now(), |run| {
            if run.attention == Some(Attention::NeedsSignature) {
                return Ok(None);
            }
            run.attention = Some(Attention::NeedsSignature);
            run.reason = Some(format!("cannot sign commits: {why}"));
            Ok(Some(Change::new(StepKind::Harvest, format!("needs-signature: {why}"))))
        });
    }
}

impl settings::Settings {
    /// Returns whether commits are signed: `puff.sign`, or `commit.gpgSign` where that is unset.
    ///
    /// # Errors
    /// When `puff.sign` is neither true nor false.
    pub fn signs(&self) -> Result<bool> {
        match self.get(settings::SIGN) {
            Some(_) => self.truth(settings::SIGN),
            None => Ok(self.git_truth("commit.gpgsign")),
        }
    }
}
