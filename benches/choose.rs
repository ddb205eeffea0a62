//! What is done to choose a variant: `cargo bench --bench choose [-- PART…]`, where a part is `html` or `pick`.
//! Nothing here is asserted; the figures are medians, for reading.

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "choose/html.rs"]
mod html;
#[path = "choose/pick.rs"]
mod pick;

use std::time::Duration;

const PUFF: &str = env!("CARGO_BIN_EXE_git-puff");

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    if wanted("html") {
        html::html();
    }
    if wanted("pick") {
        pick::measure();
    }
}

fn heading(what: &str) {
    println!("{what}");
}

fn say(what: &str, time: Duration, note: &str) {
    println!("  {what:<58} {:>8.2} ms  {note}", time.as_secs_f64() * 1e3);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
