//! From a journal to what travels of it.
//!
//! Every step is made again without what only concerns its own clone, with the same author, date and subject; a step of
//! which nothing is left is left out. So what travels has a history of its own, which follows from the journal alone:
//! made again, it is the same. What came from elsewhere travels on as it came.

use std::collections::{HashMap, HashSet};

use super::derive::arrived;
use super::journal::Journal;
use super::tree::{Files, PROMPT, RUN, VIEWS, files};
use crate::app::App;
use crate::error::{Error, Result};
use crate::git::Draft;
use crate::model::{Identity, LeftFile, Oid, Run};
use crate::store::{LEFT, sha256};

/// Makes what travels of one run.
pub(in crate::engine) struct Exporter<'c> {
    app: &'c App,
    /// The most bytes of an artifact that travels; 0 for any.
    most: u64,
    /// The steps of the journal, and of what travels.
    pub journal: Journal,
    /// What is made of a step.
    made: HashMap<Oid, Oid>,
}

impl<'c> Exporter<'c> {
    /// Creates the exporter of a run whose steps up to `published` are in other clones already.
    ///
    /// # Errors
    /// When one of them is missing.
    pub fn new(app: &'c App, most: u64, published: &[Oid]) -> Result<Exporter<'c>> {
        let mut exporter = Exporter { app, most, journal: Journal::default(), made: HashMap::new() };
        for tip in published {
            exporter.journal.take_in(&app.repo, *tip)?;
            exporter.made.extend(exporter.journal.up_to(*tip).into_iter().map(|step| (step, step)));
        }
        Ok(exporter)
    }

    /// Records what is known to be exported of a step.
    pub fn know(&mut self, step: Oid, exported: Oid) {
        if self.app.repo.has_commit(exported) {
            self.made.insert(step, exported);
        }
    }

    /// Returns what travels of a journal up to this step.
    ///
    /// # Errors
    /// When it cannot be read or made, or is larger than what travels.
    pub fn of(&mut self, head: Oid) -> Result<Oid> {
        if let Some(made) = self.made.get(&head) {
            let made = *made;
            self.journal.take_in(&self.app.repo, made)?;
            return Ok(made);
        }
        let repo = &self.app.repo;
        self.journal.take_in(repo, head)?;
        let origin = self.origin(head)?;
        let known: HashSet<Oid> = self.made.keys().copied().collect();
        for step in self.journal.since(head, &known) {
            let made = self.step(step, origin.as_ref())?;
            self.journal.take_in(repo, made)?;
            self.made.insert(step, made);
        }
        Ok(self.made[&head])
    }

    /// Returns who began the run; none where its record says so.
    fn origin(&self, head: Oid) -> Result<Option<Identity>> {
        let repo = &self.app.repo;
        if files(repo, head)?.run(repo)?.is_remote() {
            return Ok(None);
        }
        let mut first = head;
        while let Some(parent) = self.journal.parents(first).first() {
            first = *parent;
        }
        let (author, _) = repo.authorship(first)?;
        let author = String::from_utf8_lossy(&author).into_owned();
        let named = author.split_once(" <").and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)));
        let (name, email) = named.unwrap_or(("unknown", ""));
        Ok(Some(Identity { name: name.to_owned(), email: email.to_owned() }))
    }

    fn step(&self, step: Oid, origin: Option<&Identity>) -> Result<Oid> {
        let repo = &self.app.repo;
        let commit = repo.commit(step)?;
        // A step that only corrects what arrived says nothing that others should have.
        if let Some(arrived) = arrived(&commit.message, &commit.parents) {
            return Ok(self.made.get(&arrived).copied().unwrap_or(arrived));
        }
        let mut parents: Vec<Oid> = Vec::new();
        for parent in &commit.parents {
            let made = self.made.get(parent).copied().unwrap_or(*parent);
            if !parents.contains(&made) {
                parents.push(made);
            }
        }
        let follows = |one: &Oid, other: &Oid| one != other && self.journal.follows(*one, *other);
        let all = parents.clone();
        parents.retain(|parent| !all.iter().any(|later| follows(later, parent)));
        let (stripped, run) = self.strip(&files(repo, step)?, origin)?;
        if let [parent] = parents[..]
            && says_the_same(self.app, parent, &stripped, &run)?
        {
            return Ok(parent);
        }
        let tree = stripped.write(repo)?;
        if tree == commit.tree && parents == commit.parents {
            return Ok(step);
        }
        let (author, message) = repo.authorship(step)?;
        repo.write_draft(&Draft { tree, parents, committer: author.clone(), author, message })
    }

    /// Returns the files of a step without what only concerns its clone, and without what is too large.
    fn strip(&self, whole: &Files, origin: Option<&Identity>) -> Result<(Files, Run)> {
        let repo = &self.app.repo;
        let (run, mut left) = (whole.run(repo)?, whole.left(repo)?);
        let run = match origin {
            Some(origin) => run.exported(origin),
            None => run.exported(&self.app.journalist()),
        };
        let mut files = whole.clone();
        files.0.retain(|path, _| !VIEWS.contains(&path.as_str()));
        for (path, oid) in &whole.0 {
            let size = repo.blob_size(*oid)? as u64;
            if self.most == 0 || size <= self.most || VIEWS.contains(&path.as_str()) || path == LEFT {
                continue;
            }
            if path == RUN || path == PROMPT {
                return Err(Error::failed(format!("its {path} has {}", crate::render::text::bytes(size)))
                    .hint("raise the limit: git config puff.sync.maxSize SIZE"));
            }
            files.0.remove(path);
            left.push(LeftFile { path: path.clone(), size, sha256: sha256(&repo.blob(*oid)?), oid: *oid });
        }
        files.put(repo, RUN, &run)?;
        files.put_left(repo, left)?;
        Ok((files, run))
    }
}

/// Returns whether an exported step says just this, except for the time.
fn says_the_same(app: &App, step: Oid, stripped: &Files, run: &Run) -> Result<bool> {
    let repo = &app.repo;
    let there = files(repo, step)?;
    let others = |files: &Files| {
        let mut others = files.clone();
        others.0.remove(RUN);
        others
    };
    if others(&there) != others(stripped) {
        return Ok(false);
    }
    let before = there.run(repo)?;
    Ok(Run { updated_at: run.updated_at, ..before } == *run)
}
