//! Any patch onto a small tree: the engine answers, answers the same again, and a tree that it makes can be read and
//! leads into no git directory.
//!
//! An input is a patch, unless it begins with a NUL: then it says how one is built (`build.rs`), with the check sums
//! and sizes right that no mutation hits.
#![no_main]

mod build;
mod place;

use std::cell::RefCell;

use git_tree_apply::{Verdict, apply};
use libfuzzer_sys::fuzz_target;
use place::Place;

/// So many runs share a store: what they write must not fill the memory.
const RUNS: usize = 2000;

thread_local! {
    static PLACE: RefCell<Option<(Place, usize)>> = const { RefCell::new(None) };
}

fuzz_target!(|input: &[u8]| {
    PLACE.with_borrow_mut(|here| {
        let (place, runs) = here.get_or_insert_with(|| (Place::new(), 0));
        match input.strip_prefix(b"\0") {
            Some(recipe) => check(place, &build::patch(recipe, place)),
            None => check(place, input),
        }
        *runs += 1;
        if *runs == RUNS {
            *here = None;
        }
    });
});

fn check(place: &Place, patch: &[u8]) {
    let answer = || apply(&place.store, place.base, patch).expect("objects are read and written");
    let applied = answer();
    assert_eq!(applied, answer(), "the same patch, the same answer");
    match &applied.verdict {
        Verdict::Applied(tree) => assert!(*tree != place.base, "{applied:?}"),
        Verdict::Unchanged(tree) => assert_eq!(*tree, place.base),
        Verdict::Merged(_) | Verdict::Conflict(_) | Verdict::Refused(_) | Verdict::Malformed(_) => {}
    }
    if let Some(tree) = applied.verdict.tree() {
        place.check(tree);
    }
}
