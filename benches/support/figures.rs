//! Figures as the benches print them, and text to try things on.

use std::fmt::Write as _;
use std::time::Duration;

pub fn heading(what: &str) {
    println!("\n{what}");
}

pub fn say(what: &str, took: Duration, ratio: &str) {
    println!("  {what:<58} {:>9.3} ms  {ratio}", took.as_secs_f64() * 1000.0);
}

pub fn times(one: Duration, other: Duration, whose: &str, goal: &str) -> String {
    let ratio = format!("{:.2} x {whose}", one.as_secs_f64() / other.as_secs_f64());
    if goal.is_empty() { ratio } else { format!("{ratio} (goal: {goal})") }
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// About so many characters of something like code, always the same for a seed.
pub fn words(seed: usize, length: usize) -> String {
    const WORDS: [&str; 16] = [
        "let", "value", "match", "self", "->", "Some(", ")?;", "for", "index", "in", "0..", "{", "}", "return", "=",
        "write",
    ];
    let mut state = seed as u64 + 1;
    let mut text = String::new();
    while text.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = WORDS[(state >> 60) as usize];
        _ = write!(text, "{word} {} ", state >> 50 & 0x3ff);
    }
    text
}

/// The parts of a bench that were asked for on its command line; all of them when none was.
pub fn wanted() -> impl Fn(&str) -> bool {
    let parts: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    move |part| parts.is_empty() || parts.iter().any(|wanted| wanted == part)
}
