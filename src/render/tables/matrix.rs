//! Renders `diff --matrix`: the similarity of variants.

use super::super::columns::{Columns, Fit};
use super::super::describe;
use super::super::steps::{self, Step};
use super::super::text::{clean_line, columns, cut_start, one_line, pad};
use crate::model::{Compared, ComparedFile, Comparison, DisplayFormat, LeftOut};

/// Maximum number of listed files; the others are counted.
const MOST_FILES: usize = 40;

/// Width of a similarity in columns: `100`, after a space.
const CELL: usize = 4;

/// Maximum width of a row's label, in columns.
const LABEL: usize = 24;

/// Renders a comparison in at most `width` columns, with the next steps.
pub fn matrix(comparison: &Comparison, width: usize, display: &DisplayFormat) -> String {
    let names = Names::of(comparison);
    let left_out = left_out(comparison, width);
    let parts = match comparison.variants.is_empty() {
        true => vec![left_out],
        false => vec![
            square(comparison, &names, width),
            sentences(comparison, &names, width) + &left_out,
            variants(comparison, width, display),
            files(comparison, &names, width, display),
            next(comparison),
        ],
    };
    super::show::join(&parts)
}

/// Short names of the variants.
struct Names {
    short: Vec<String>,
    rows: Vec<String>,
}

impl Names {
    /// Returns the numbers of the variants of one run, or their positions if they are of several runs.
    fn of(comparison: &Comparison) -> Names {
        let variants = &comparison.variants;
        if variants.iter().all(|variant| variant.run == comparison.run) {
            let short = variants.iter().map(|variant| variant.index.to_string()).collect();
            return Names { short, rows: variants.iter().map(|variant| variant.name.clone()).collect() };
        }
        let short: Vec<String> = (1..=variants.len()).map(|place| format!("#{place}")).collect();
        let row = |(place, variant): (&String, &Compared)| {
            format!("{place} {}", cut_start(&variant.name, LABEL - columns(place) - 1))
        };
        Names { rows: short.iter().zip(variants).map(row).collect(), short }
    }

    /// Formats a set of variants: `all`, or `1-3, 7`.
    fn list(&self, comparison: &Comparison, wanted: &[String]) -> String {
        let count = comparison.variants.len();
        if wanted.len() == count && count > 1 {
            return "all".to_owned();
        }
        let indexes: Vec<usize> =
            (0..count).filter(|place| wanted.contains(&comparison.variants[*place].name)).collect();
        let runs = indexes.chunk_by(|one, other| one + 1 == *other).map(|run| match run {
            [] => String::new(),
            [one] => self.short[*one].clone(),
            [one, .., last] => format!("{}-{}", self.short[*one], self.short[*last]),
        });
        runs.collect::<Vec<_>>().join(", ")
    }
}

/// Returns the matrix of all pairs; in several parts if its columns do not fit.
fn square(comparison: &Comparison, names: &Names, width: usize) -> String {
    const HEAD: &str = "SIMILARITY %";
    let count = comparison.variants.len();
    if count < 2 {
        return String::new();
    }
    let label = names.rows.iter().map(|name| columns(name)).max().unwrap_or(0).max(HEAD.len());
    let mut likeness = vec![String::new(); count * count];
    let place = |name: &str| comparison.variants.iter().position(|variant| variant.name == name).unwrap_or(0);
    for pair in &comparison.pairs {
        let (one, other) = (place(&pair.a), place(&pair.b));
        let word = if pair.same { "=".to_owned() } else { percent(pair.likeness) };
        likeness[other * count + one].clone_from(&word);
        likeness[one * count + other] = word;
    }
    let all: Vec<usize> = (0..count).collect();
    let squares = all.chunks((width.saturating_sub(label) / CELL).max(1)).map(|shown| {
        let line = |name: &str, cell: &dyn Fn(usize) -> String| {
            let cells: String = shown.iter().map(|at| format!("{:>CELL$}", cell(*at))).collect();
            format!("{}{cells}\n", pad(name, label))
        };
        let cell =
            |at: usize, other: usize| if other == at { "-".to_owned() } else { likeness[at * count + other].clone() };
        let row = |at: usize| line(&names.rows[at], &|other| cell(at, other));
        line(HEAD, &|at| names.short[at].clone()) + &(0..count).map(row).collect::<String>()
    });
    squares.collect::<Vec<_>>().join("\n")
}

/// Formats a similarity in percent; only an exact value is 0 or 100.
fn percent(likeness: f64) -> String {
    match likeness {
        0.0 => "0".to_owned(),
        1.0 => "100".to_owned(),
        likeness => format!("{:.0}", (likeness * 100.0).round().clamp(1.0, 99.0)),
    }
}

fn sentences(comparison: &Comparison, names: &Names, width: usize) -> String {
    let count = comparison.variants.len();
    let mut lines = Vec::new();
    if count > 1 {
        let files = comparison.files.iter().filter(|file| file.agreed_lines > 0).count();
        lines.push(match comparison.agreed_lines {
            0 => format!("All {count} have no changed line in common."),
            lines => format!(
                "{} have {} in {}.",
                if count == 2 { "Both".to_owned() } else { format!("All {count}") },
                describe::number(lines as usize, "changed line"),
                describe::number(files, "file")
            ),
        });
    }
    let same =
        |group: &Vec<String>| format!("= the same code, apart from whitespace: {}", names.list(comparison, group));
    lines.extend(comparison.same.iter().map(same));
    if let Some(nearest) = comparison.nearest.as_deref().and_then(|name| comparison.variant(name)) {
        let agreement = percent(nearest.agreement.unwrap_or(0.0));
        lines.push(format!("Nearest to all others: {}, with a mean similarity of {agreement}%.", nearest.name));
    }
    lines.iter().map(|line| one_line(line, width) + "\n").collect()
}

fn left_out(comparison: &Comparison, width: usize) -> String {
    let line =
        |left: &LeftOut| one_line(&clean_line(&format!("{}: not compared, {}", left.name, left.why)), width) + "\n";
    comparison.left_out.iter().map(line).collect()
}

fn variants(comparison: &Comparison, width: usize, display: &DisplayFormat) -> String {
    let mut table = Columns::new([
        ("VARIANT", Fit::End),
        ("FILES", Fit::Number),
        ("+/-", Fit::Whole),
        ("MEAN %", Fit::Number),
        ("ONLY HERE", Fit::Number),
        ("ONLY FILES", Fit::Start),
    ]);
    for variant in &comparison.variants {
        table.row([
            variant.name.clone(),
            variant.files.to_string(),
            format!("+{} -{}", variant.insertions, variant.deletions),
            variant.agreement.map(percent).unwrap_or_default(),
            variant.only_here.to_string(),
            describe::some_of(variant.only_files.iter().map(|path| display.path(path))),
        ]);
    }
    table.render(width)
}

fn files(comparison: &Comparison, names: &Names, width: usize, display: &DisplayFormat) -> String {
    let mut table =
        Columns::new([("FILE", Fit::End), ("VARIANTS", Fit::Start), ("AGREED", Fit::Number), ("CONTENT", Fit::Whole)]);
    let mut files: Vec<&ComparedFile> = comparison.files.iter().collect();
    files.sort_by_key(|file| std::cmp::Reverse(file.variants.len()));
    for file in files.iter().take(MOST_FILES) {
        let several = file.variants.len() > 1;
        let content = match (file.binary, file.same && several) {
            (true, true) => "binary, same",
            (true, false) => "binary",
            (false, true) => "same",
            (false, false) => "",
        };
        let agreed = Some(file.agreed_lines).filter(|lines| several && *lines > 0);
        table.row([
            display.path(&file.path),
            names.list(comparison, &file.variants),
            agreed.map(|lines| lines.to_string()).unwrap_or_default(),
            content.to_owned(),
        ]);
    }
    let more = files.len().saturating_sub(MOST_FILES);
    let rest = if more > 0 { format!("… and {more} more; --json has all of them\n") } else { String::new() };
    table.render(width) + &rest
}

fn next(comparison: &Comparison) -> String {
    let argument = |variant: &Compared| match variant.run == comparison.run {
        true => variant.index.to_string(),
        false => variant.name.clone(),
    };
    let run = &comparison.run;
    let first = comparison.nearest.as_deref().and_then(|name| comparison.variant(name));
    let Some(first) = first.or(comparison.variants.first()) else { return String::new() };
    let mut next = vec![Step {
        purpose: format!("read {}", first.name),
        command: format!("git puff diff {run} {}", argument(first)),
    }];
    let is_other = |other: &&Compared| other.name != first.name && !is_same(comparison, first, other);
    if let Some(other) = comparison.variants.iter().find(is_other) {
        next.push(Step {
            purpose: format!("compare {} and {}", first.name, other.name),
            command: format!("git puff diff {run} {} {}", argument(first), argument(other)),
        });
    }
    format!("next:\n{}", steps::listing(&next, "  "))
}

fn is_same(comparison: &Comparison, one: &Compared, other: &Compared) -> bool {
    comparison.same.iter().any(|group| group.contains(&one.name) && group.contains(&other.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Change, ChangeKind, FileChange, compare};
    use crate::model::Oid;

    /// Variants of `run`, each with the lines that it adds to files; a name with a colon is of another run.
    fn compared(variants: &[(&str, &[(&str, &str)])]) -> Comparison {
        let change = |(name, files): &(&str, &[(&str, &str)])| {
            let (run, index) = name.split_once(':').unwrap_or(("run", name.trim_start_matches("var")));
            let files = files.iter().map(|(path, lines)| {
                let mut added = crate::compare::Lines::default();
                lines.split(' ').zip(1..).for_each(|(line, number)| added.push(number, line.as_bytes()));
                let (new, path) =
                    (Oid::from_bytes(&[lines.bytes().fold(0, u8::wrapping_add); 20]), path.as_bytes().to_vec());
                let modes = (None, Some(0o100644));
                let binary = path.ends_with(b".png");
                let kind = ChangeKind::Added;
                let removed = Default::default();
                let (old_mode, new_mode) = modes;
                FileChange { path, from: None, kind, old_mode, new_mode, old: None, new, binary, removed, added }
            });
            let (run, index) = (run.parse().unwrap(), index.parse().unwrap());
            Change { name: (*name).to_owned(), run, index, files: files.collect() }
        };
        let changes: Vec<Change> = variants.iter().map(change).collect();
        compare(&"run".parse().unwrap(), Oid::from_bytes(&[1; 20]).unwrap(), &changes, &|_| None)
    }

    #[test]
    fn four_variants_are_told_at_a_glance() {
        let comparison = compared(&[
            ("var1", &[("src/parse.rs", "a b c"), ("logo.png", "x")]),
            ("var2", &[("src/parse.rs", "a b d")]),
            ("var3", &[("src/parse.rs", "a b d")]),
            ("var5", &[]),
        ]);
        let wanted = "\
SIMILARITY %   1   2   3
var1           -  50  50
var2          50   -   =
var3          50   =   -

All 3 have 2 changed lines in 1 file.
= the same code, apart from whitespace: 2-3
Nearest to all others: var2, with a mean similarity of 75%.
var5: not compared, it changes nothing

VARIANT  FILES  +/-    MEAN %  ONLY HERE  ONLY FILES
var1         2  +4 -0      50          3  logo.png
var2         1  +3 -0      75          0  -
var3         1  +3 -0      75          0  -

FILE          VARIANTS  AGREED  CONTENT
src/parse.rs  all            2  -
logo.png      1              -  binary

next:
  read var2              git puff diff run 2
  compare var2 and var1  git puff diff run 2 1
";
        assert_eq!(matrix(&comparison, 80, &DisplayFormat::PLAIN), wanted);
    }

    #[test]
    fn sixteen_variants_fit_and_more_go_on_below() {
        let files: Vec<(String, String)> = (0..60)
            .map(|file| (format!("src/a/very/long/folder/of/files/number/{file}/\u{1b}[2Jmod.rs"), "a b".into()))
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, lines)| (path.as_str(), lines.as_str())).collect();
        for (count, squares) in [(16, 1), (40, 3)] {
            let names: Vec<String> = (1..=count).map(|index| format!("var{index}")).collect();
            let variants: Vec<_> = names.iter().map(|name| (name.as_str(), files.as_slice())).collect();
            let shown = matrix(&compared(&variants), 80, &DisplayFormat::PLAIN);
            let widest = shown.lines().map(columns).max().unwrap();
            assert!(widest <= 80, "{widest}:\n{shown}");
            assert_eq!(shown.matches("SIMILARITY").count(), squares);
            assert!(shown.contains("… and 20 more;") && !shown.contains('\u{1b}'), "{shown}");
        }
    }

    #[test]
    fn variants_of_other_runs_are_told_by_their_places() {
        let file: &[(&str, &str)] = &[("a", "1")];
        let comparison =
            compared(&[("var1", file), ("an-older-run-with-a-long-name-3f2a:12", &[("a", "2")]), ("var4", file)]);
        let shown = matrix(&comparison, 80, &DisplayFormat::PLAIN);
        let square: Vec<&str> = shown.lines().take(4).collect();
        let wanted = [
            "SIMILARITY %              #1  #2  #3",
            "#1 var1                    -   0   =",
            "#2 …-a-long-name-3f2a:12   0   -   0",
            "#3 var4                    =   0   -",
        ];
        assert_eq!(square, wanted);
        assert!(shown.contains("git puff diff run 1 an-older-run-with-a-long-name-3f2a:12\n"), "{shown}");
    }
}
