//! The page of a run: time and size.

use std::fs;
use std::time::Instant;

use super::support::test_repo::{TestRepo, run};
use super::{PUFF, median, say};

const ROUNDS: usize = 9;

/// How the changed lines of a file lie: so many together, and so many lines from one of these places to the next.
struct Shape {
    together: usize,
    every: usize,
}

/// Four variants of 2,000 changed lines each, half of them as all do, half of them alone, and the bad case of it: every
/// sixth line of a file changed, so that the page has the whole of it. And sixteen variants of 500 files.
pub fn html() {
    super::heading("the report of a run as one page of HTML, whole processes");
    let goal = "<= 200 ms, <= 2 MiB";
    page("4 variants x 2,000 changed lines, 5 together", 4, 8, 125, &Shape { together: 5, every: 25 }, goal);
    page("4 variants x 2,000 changed lines, every sixth line", 4, 8, 125, &Shape { together: 1, every: 6 }, "");
    page("16 variants x 500 files", 16, 500, 3, &Shape { together: 1, every: 6 }, "");
}

/// A run whose variants change so many lines in each of so many files. A changed line is one that goes and one that comes.
fn page(what: &str, variants: usize, files: usize, changed: usize, shape: &Shape, goal: &str) {
    let repo = TestRepo::new();
    let text = |file: usize, variant: Option<usize>| {
        let line = |number: usize| {
            let place = number / shape.every;
            let is_changed = number % shape.every < shape.together && place * shape.together < changed;
            let theirs = variant.filter(|_| is_changed);
            let call = match (theirs, theirs.filter(|_| place.is_multiple_of(2))) {
                (_, Some(variant)) => format!("compute_{variant}(&input[{number}..], {})?", number + variant),
                (Some(_), None) => format!("compute(&input[{number}..], {number})?"),
                _ => format!("compute(input, {number})"),
            };
            match number % 5 {
                4 if theirs.is_none() => format!("    }} // {file} {number}\n"),
                3 => format!("    let value_{file}_{number} = {call}; // of the part that is read\n"),
                _ => format!("    let value_{number} = {call};\n"),
            }
        };
        (0..changed / shape.together * shape.every + 40).map(line).collect::<String>()
    };
    let write = |variant: Option<usize>| {
        (0..files).for_each(|file| repo.write(&format!("src/part_{file}.rs"), text(file, variant)))
    };
    write(None);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-qm", "Parts"]);
    let folder = repo.path("export");
    for variant in 1..=variants {
        write(Some(variant));
        let patch = run(repo.command("git").args(["diff", "HEAD"])).bytes;
        repo.git(&["reset", "-q", "--hard"]);
        let folder = folder.join(format!("var{variant}"));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("patch.diff"), patch).expect("a patch");
    }
    run(repo.command(PUFF).args(["harvest", "--base", "main", "--name", "try", "--from"]).arg(&folder)).ok();
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        bytes = run(repo.command(PUFF).args(["report", "try", "--format", "html"])).ok().bytes.len();
        times.push(began.elapsed());
    }
    let size = format!(
        "{:.2} MiB{}",
        bytes as f64 / 1_048_576.0,
        if goal.is_empty() { String::new() } else { format!("  (goal: {goal})") }
    );
    say(what, median(times), &size);
}
