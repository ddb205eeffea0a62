//! What becomes of patches, behaviour by behaviour: a base, a patch, and what is expected of the engine and of git.
//!
//! The cases are told so that they can be read as documentation. Each is tried by both: what it says must come of it,
//! and `git apply --cached` must say the same, except where a case says why we differ. `README.md` beside this lists
//! which of them stand for what git's own tests check.

mod attributes;
mod binary;
mod broken;
mod ends;
mod index_lines;
mod line_ends;
mod merges;
mod modes;
mod moves;
mod names;
mod paths;
mod places;
mod plain;
mod removals;
mod series;
mod submodules;
mod table;
mod tell;
mod types;

use git_tree_apply::Mode;
use tell::{Case, Expected, Git, tree};

use crate::judge::{Judge, Verdict, Word};

/// Tries the cases of a theme, and says of all that fail what came instead.
fn check(cases: Vec<Case>) {
    let only = std::env::var("APPLY_CASE").unwrap_or_default();
    let failures: Vec<String> =
        cases.iter().filter(|case| case.name.contains(&only)).filter_map(|case| try_case(case).err()).collect();
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// Each asks in a repository of its own: what one has written must not help the other.
fn try_case(case: &Case) -> Result<(), String> {
    let (engine, git) = (Judge::new(), Judge::new());
    let known = |judge: &Judge| {
        for blob in &case.known {
            judge.store().put_blob(blob);
        }
        for (key, value) in &case.configured {
            judge.set(key, value);
        }
        tree(judge, &case.base)
    };
    let (base, same_base) = (known(&engine), known(&git));
    assert_eq!(base, same_base, "{}", case.name);
    let shown = |what: String| format!("\n{}: {what}\n{}", case.name, beginning(&case.patch));

    let said = engine.store().apply(base, &case.patch);
    let fits = match &case.expected {
        Expected::Nothing => said.word == Word::Unchanged && said.tree == Some(base),
        Expected::Tree(files) => said.word == Word::Applied && said.tree == Some(tree(&engine, files)),
        Expected::Merged(files) => {
            // A merge that leaves all as it was changes nothing.
            let word = if said.tree == Some(base) { Word::Unchanged } else { Word::Merged };
            said.word == word && said.tree == Some(tree(&engine, files))
        }
        Expected::Conflict(paths) => said.word == Word::Conflict && said.paths == *paths,
        Expected::Refused(words) => said.word == Word::Refused && words.iter().all(|word| said.reason.contains(word)),
    };
    if !fits {
        return Err(shown(format!("{:?} was expected, and the engine says {said:?}", case.expected)));
    }

    let plain = git.git(base, &case.patch, Mode::Plain);
    let fits_plainly = matches!(case.expected, Expected::Nothing | Expected::Tree(_));
    let merged = if fits_plainly { Verdict::None } else { git.git(base, &case.patch, Mode::ThreeWay) };
    let refuses = matches!(plain, Verdict::Refused(_));
    let agrees = match &case.expected {
        Expected::Nothing => plain == Verdict::Tree(base),
        Expected::Tree(files) => plain == Verdict::Tree(tree(&git, files)),
        Expected::Merged(files) => refuses && merged == Verdict::Tree(tree(&git, files)),
        Expected::Conflict(paths) => refuses && merged == Verdict::Conflict && git.unmerged() == *paths,
        Expected::Refused(_) => refuses && matches!(merged, Verdict::Refused(_)),
    };
    match case.git {
        Git::Differs(why) if agrees => Err(shown(format!("git agrees, though it is said that it does not: {why}"))),
        Git::Agrees if !agrees => {
            let expected = format!("{:?} was expected, and the engine agrees", case.expected);
            Err(shown(format!("{expected}, but git says {plain:?}, and three-way {merged:?}")))
        }
        _ => Ok(()),
    }
}

/// So much of a patch as tells which one it is.
fn beginning(patch: &[u8]) -> String {
    String::from_utf8_lossy(&patch[..patch.len().min(1000)]).into_owned()
}

macro_rules! themes {
    ($($theme:ident: $what:ident,)*) => {
        /// All cases.
        fn all() -> Vec<Case> {
            [$($theme::cases(),)*].into_iter().flatten().collect()
        }

        $(
            #[test]
            fn $what() {
                check($theme::cases());
            }
        )*
    };
}

themes! {
    ends: hunks_at_the_ends_of_a_file,
    places: hunks_that_moved,
    moves: renames_and_copies,
    removals: files_that_come_and_go,
    types: folders_and_symbolic_links,
    submodules: submodules_and_their_commits,
    modes: modes_of_files,
    names: names_of_files,
    plain: plain_unified_diffs,
    line_ends: line_ends_and_white_space,
    binary: binary_patches,
    index_lines: index_lines_and_text_around,
    series: several_patches_in_one,
    broken: patches_that_can_not_be_read,
    merges: three_way_merges,
    paths: paths_that_are_refused,
    attributes: merge_drivers_that_attributes_name,
}
