//! What is done to choose a variant: `cargo bench --bench choose [-- PART…]`, a part being `html`, `matrix` or `pick`. Whole
//! processes, as a user waits for them. Nothing here is asserted; the figures are for reading.

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "support/figures.rs"]
mod figures;

#[path = "choose/html.rs"]
mod html;
#[path = "choose/matrix.rs"]
mod matrix;
#[path = "choose/pick.rs"]
mod pick;
#[path = "choose/place.rs"]
mod place;

use figures::{heading, median, say, times, words};

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

fn main() {
    let wanted = figures::wanted();
    if wanted("html") {
        html::html();
    }
    if wanted("matrix") {
        matrix::measure();
    }
    if wanted("pick") {
        pick::measure();
    }
}
