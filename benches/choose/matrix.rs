//! The comparison of all variants of a run: `git-puff diff RUN --json`.

use super::place::{Place, Shape};
use super::support::test_repo::TestRepo;
use super::{heading, say, times};

const ARGS: [&str; 3] = ["diff", "try", "--json"];

pub fn measure() {
    let repo = &TestRepo::empty();
    let usual = Shape { files: 1_000, lines: 120, variants: 16, changed: 200, edits: 10 };
    heading("the matrix of 16 variants of 200 files, 10 lines changed in each");
    let small = Place::new(repo, "small", usual).time(&ARGS);
    say("1,000 files in the repository", small, "(goal: < 300 ms)");
    let large = Place::new(repo, "large", Shape { files: 100_000, ..usual }).time(&ARGS);
    say("100,000 files in the repository", large, &times(large, small, "the time at 1,000", "<= 1.2"));

    heading("more of everything");
    let place = Place::new(repo, "lines", Shape { edits: 40, ..usual });
    let lines = place.time(&ARGS);
    say("40 lines changed in each file", lines, &times(lines, small, "the time for 10", "<= 4"));
    say("  for people", place.time(&["diff", "try"]), "");
    let fewer = Place::new(repo, "fewer", Shape { variants: 4, ..usual }).time(&ARGS);
    say("4 variants instead of 16", fewer, &times(fewer, small, "the time for 16", ""));
    let many = Place::new(repo, "many", Shape { changed: 500, ..usual }).time(&ARGS);
    say("500 files instead of 200", many, &times(many, small, "the time for 200", "about 2.5"));
    // Some 20 MiB of diff each.
    let long = Shape { files: 100, lines: 12_000, variants: 4, changed: 40, edits: 6_000 };
    say("4 variants of 20 MiB each", Place::new(repo, "long", long).time(&ARGS), "");
}
