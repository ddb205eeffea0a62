//! Runs the loopback service by hand: `loopback-cloud [--port N] [--codex-home DIR]`.
//!
//! It prints the base URL and takes commands on standard input, one a line; `help` lists them.
//! It stays up when standard input is closed.

#[path = "cloud.rs"]
mod cloud;

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, process, thread};

use cloud::{Action, Cloud};

const HELP: &str = "\
env ID LABEL                  add an environment
task ENV N TITLE              add a task started elsewhere, with N attempts
start|fail|cancel TASK N      change attempt N; TASK is an id, or @ for the newest
finish TASK N FILE|- [TEXT]   complete attempt N with the diff in FILE, or without one
current TASK N                name the current turn
applied|review TASK           mark it
fault [ROUTE] WHAT [TIMES]    WHAT: STATUS, late:STATUS, drop, lost, half, garbage, delay:MS
clear                         end all faults
offline, online               leave the network, come back
tasks, requests               show them
auto SECONDS DIFFDIR          from now on attempts end one by one, with DIFFDIR/N.diff or failing";

type Result<T> = std::result::Result<T, String>;

fn main() {
    let (port, codex_home) = arguments(env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("{error}\nusage: loopback-cloud [--port N] [--codex-home DIR]");
        process::exit(2);
    });
    let cloud = Arc::new(Cloud::start_on(port));
    if let Some(codex_home) = codex_home {
        cloud.write_login(&codex_home);
    }
    println!("{}", cloud.base_url());
    for line in io::stdin().lock().lines().map_while(io::Result::ok) {
        if let Err(error) = run(&cloud, &line) {
            eprintln!("{error}");
        }
    }
    loop {
        thread::park();
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<(u16, Option<PathBuf>)> {
    let (mut port, mut codex_home) = (0, None);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a value"))?;
        match word.as_str() {
            "--port" => port = number(&value)?,
            "--codex-home" => codex_home = Some(value.into()),
            _ => return Err(format!("unknown option {word}")),
        }
    }
    Ok((port, codex_home))
}

fn run(cloud: &Arc<Cloud>, line: &str) -> Result<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [] => {}
        ["env", id, label @ ..] => cloud.add_environment(id, &label.join(" ")),
        ["task", env, n, title @ ..] => {
            println!("{}", cloud.add_task(env, &title.join(" "), number(n)?));
        }
        [verb @ ("start" | "fail" | "cancel" | "current"), task, n] => {
            let (task, n) = attempt(cloud, task, n)?;
            match *verb {
                "start" => cloud.start_attempt(&task, n),
                "fail" => cloud.fail(&task, n),
                "cancel" => cloud.cancel(&task, n),
                _ => cloud.set_current_turn(&task, n),
            }
        }
        ["finish", task, n, file, message @ ..] => {
            let (task, n) = attempt(cloud, task, n)?;
            let diff = match *file {
                "-" => String::new(),
                file => fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
            };
            cloud.finish(&task, n, &diff, &message.join(" "));
        }
        ["fault", words @ ..] => {
            let (route, action, times) = fault(words)?;
            cloud.fault(&route, action, times);
        }
        ["applied", task] => cloud.set_applied(&attempt(cloud, task, "1")?.0),
        ["review", task] => cloud.set_review(&attempt(cloud, task, "1")?.0),
        ["clear"] => cloud.clear_faults(),
        ["offline"] => cloud.disconnect(),
        ["online"] => cloud.reconnect(),
        ["tasks"] => show_tasks(cloud),
        ["requests"] => {
            for request in cloud.requests() {
                println!("{} {}", request.line(), request.body);
            }
        }
        ["auto", seconds, diffs] => {
            let seconds = Duration::try_from_secs_f64(number(seconds)?).map_err(|e| e.to_string())?;
            let (cloud, diffs) = (Arc::clone(cloud), PathBuf::from(diffs));
            thread::spawn(move || work(&cloud, seconds, &diffs));
        }
        ["help"] => println!("{HELP}"),
        _ => return Err(format!("not understood: {line}")),
    }
    Ok(())
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}

/// Looks the attempt up first: the service itself panics over one that is not there.
fn attempt(cloud: &Cloud, task: &str, n: &str) -> Result<(String, usize)> {
    let tasks = cloud.tasks();
    let found = match task {
        "@" => tasks.last(),
        id => tasks.iter().find(|task| task.id == id),
    };
    let found = found.ok_or(format!("no task {task}"))?;
    let n = number(n)?;
    if n == 0 || n > found.attempts.len() {
        return Err(format!("{} has {} attempts", found.id, found.attempts.len()));
    }
    Ok((found.id.clone(), n))
}

/// Reads `[ROUTE…] WHAT [TIMES]`; a route may have spaces, so it is read from the end.
fn fault(words: &[&str]) -> Result<(String, Action, Option<usize>)> {
    let (route, action, times) = match words {
        [route @ .., what, times] if action(what).is_some() && times.parse::<usize>().is_ok() => {
            (route, action(what), times.parse().ok())
        }
        [route @ .., what] => (route, action(what), None),
        [] => (words, None, None),
    };
    let action = action.ok_or("fault [ROUTE] STATUS|late:STATUS|drop|lost|half|garbage|delay:MS [TIMES]")?;
    Ok((route.join(" "), action, times))
}

fn action(what: &str) -> Option<Action> {
    match what.split_once(':') {
        Some(("delay", millis)) => Some(Action::Delay(Duration::from_millis(millis.parse().ok()?))),
        Some(("late", status)) => status.parse().ok().map(Action::StatusAfterProcessing),
        Some(_) => None,
        None if what == "drop" => Some(Action::DropConnection),
        None if what == "lost" => Some(Action::DropAfterProcessing),
        None if what == "garbage" => Some(Action::Answer(200, "<html>busy</html>".to_owned())),
        None if what == "half" => Some(Action::DropHalfway),
        None => what.parse().ok().filter(|status| *status >= 100).map(Action::Status),
    }
}

fn show_tasks(cloud: &Cloud) {
    for task in cloud.tasks() {
        let branch = task.branch.as_deref().unwrap_or("-");
        let states: Vec<_> = task.attempts.iter().map(|attempt| attempt.status).collect();
        println!("{} {} {branch} {states:?} {:?}", task.id, task.environment_id, task.prompt);
    }
}

/// Plays the agents: takes up every task that comes and ends its attempts one after the other.
fn work(cloud: &Arc<Cloud>, pace: Duration, diffs: &Path) {
    let mut taken = cloud.tasks().len();
    loop {
        let tasks = cloud.tasks();
        for task in &tasks[taken..] {
            let (cloud, diffs) = (Arc::clone(cloud), diffs.to_owned());
            let (id, count) = (task.id.clone(), task.attempts.len());
            thread::spawn(move || end_attempts(&cloud, &id, count, pace, &diffs));
        }
        taken = tasks.len();
        thread::sleep(Duration::from_millis(50));
    }
}

fn end_attempts(cloud: &Cloud, task: &str, count: usize, pace: Duration, diffs: &Path) {
    for n in 1..=count {
        cloud.start_attempt(task, n);
    }
    for n in 1..=count {
        thread::sleep(pace);
        match fs::read_to_string(diffs.join(format!("{n}.diff"))) {
            Ok(diff) => cloud.finish(task, n, &diff, &format!("Attempt {n} is done.")),
            Err(_) => cloud.fail(task, n),
        }
    }
}
