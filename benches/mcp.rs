//! The server for agents, as its client waits for it: `cargo bench --bench mcp`. Nothing here is asserted; the figures
//! are for reading.

#[path = "support/figures.rs"]
#[allow(dead_code, reason = "a part of them is used here")]
mod figures;
#[path = "support/full.rs"]
mod full;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use figures::{heading, median, say, wanted};
use full::{RUNS, full};
use serde_json::json;
use support::mcp::Client;
use support::test_repo::TestRepo;

fn main() {
    let is_wanted = wanted();
    if is_wanted("start") {
        start(&TestRepo::new());
    }
    if is_wanted("list") {
        list(&full(true));
    }
    if is_wanted("memory") {
        memory(&TestRepo::new());
    }
}

/// From the start of the process to the answer of `initialize`.
fn start(repo: &TestRepo) {
    heading("start");
    let once = || {
        let begun = Instant::now();
        let mut client = Client::silent(repo);
        client.shake_hands();
        begun.elapsed()
    };
    let times: Vec<Duration> = (0..100).map(|_| once()).collect();
    let least = times.iter().min().copied().unwrap_or_default();
    say("initialize answered, median of 100", median(times), "(goal: 30 ms)");
    say("initialize answered, the quickest", least, "");
    let mut client = Client::new(repo);
    let listed = measured(50, || drop(client.request("tools/list", json!({}))));
    say("tools/list", listed, "");
    let size = client.request("tools/list", json!({})).to_string().len();
    println!("  tools/list is {} KiB", size >> 10);
}

fn list(repo: &TestRepo) {
    heading(&format!("{RUNS} runs"));
    let mut client = Client::new(repo);
    for (what, limit) in [("list, all of them", 1000), ("list, the newest 20", 20)] {
        let ask = json!({"name": "list", "arguments": {"limit": limit}});
        // Until the line is there: what a client does with it is its own affair.
        let time = measured(30, || {
            client.ask("tools/call", ask.clone());
            client.line();
        });
        say(what, time, if limit == 1000 { "(goal: 60 ms)" } else { "" });
    }
    say("show", measured(30, || drop(client.call("show", json!({"run": "run-500"})))), "");
}

fn memory(repo: &TestRepo) {
    heading("memory");
    let mut client = Client::new(repo);
    client.request("ping", json!({}));
    println!("  idle: {} KiB (goal: 15 MiB)", resident(&client));
    for round in 1..=5 {
        for _ in 0..200 {
            client.call("list", json!({}));
        }
        println!("  after {} calls: {} KiB", round * 200, resident(&client));
    }
    for round in 1..=5 {
        for _ in 0..200 {
            client.request("tools/list", json!({}));
        }
        println!("  after {} lists of tools: {} KiB", round * 200, resident(&client));
    }
}

/// The memory of the server that is in use, in KiB.
fn resident(client: &Client) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", client.child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

fn measured(times: usize, mut work: impl FnMut()) -> Duration {
    let mut once = || {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    median((0..times).map(|_| once()).collect())
}
