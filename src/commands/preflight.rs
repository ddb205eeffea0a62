//! `preflight`

use std::path::{Path, PathBuf};

use clap::Args;

use super::shared;
use super::show::no_variant;
use crate::app::App;
use crate::commands::flags::{AbbrevArgs, JsonFlag};
use crate::engine::preflight;
use crate::error::{Error, Exit, Kind, Result, ResultExt};
use crate::manual::{self, Example, Manual};
use crate::model::documents::{Trial, Trials};
use crate::model::{Apply, DisplayFormat, Oid, Schema, Selector, documents};
use crate::patch::{self, Applied};
use crate::store::RunStore;
use crate::ui::{Format, Ui};

/// Check whether patches would apply, and print the resulting trees
///
/// Prints a line for each patch: the result, the tree ('-' if none), and the variant or the file, quoted as git quotes
/// paths. Writes only objects. Exit 3 when a variant of the run would not apply, 1 when the patch of --patch would
/// not; --batch answers every line and exits 0.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["run", "patch", "batch"]))]
pub struct Preflight {
    /// The run, or one variant of it
    #[arg(value_name = "RUN[:N]")]
    run: Option<Selector>,
    /// A patch; '-' for standard input
    #[arg(long, value_name = "FILE", requires = "onto")]
    patch: Option<PathBuf>,
    /// The commit or tree to apply to [default: the base of the run]
    #[arg(long, value_name = "REV", conflicts_with = "batch")]
    onto: Option<String>,
    /// Read 'REV PATH' lines from standard input, and answer each in order
    #[arg(long)]
    batch: bool,
    /// Terminate lines with NUL, also the input of --batch, and do not quote names
    #[arg(short = 'z', conflicts_with = "json")]
    nul: bool,
    #[command(flatten)]
    abbrev: AbbrevArgs,
    #[command(flatten)]
    pub(crate) output: JsonFlag,
}

/// The format of lines.
#[derive(Clone, Copy, Debug)]
struct Form {
    /// Lines end with NUL, and names are unquoted.
    nul: bool,
    /// Object names are abbreviated; git's plumbing does so only on request.
    short: bool,
}

impl Form {
    fn end(self) -> u8 {
        if self.nul { 0 } else { b'\n' }
    }
}

/// The result for one patch, and the name in its line.
struct Answer {
    trial: Trial,
    /// The variant or the file.
    name: Vec<u8>,
}

impl Answer {
    fn of(applied: Applied, onto: Option<Oid>, name: impl Into<Vec<u8>>) -> Answer {
        let trial = Trial {
            apply: applied.apply,
            tree: applied.tree,
            onto,
            run: None,
            variant: None,
            path: None,
            reason: applied.reason,
            conflicts: applied.paths,
            risks: applied.risks,
        };
        Answer { trial, name: name.into() }
    }

    fn of_file(applied: Applied, onto: Option<Oid>, name: &[u8]) -> Answer {
        let mut answer = Answer::of(applied, onto, name);
        answer.trial.path = Some(String::from_utf8_lossy(name).into_owned());
        answer
    }

    /// Formats `<apply> <tree-oid|-> <path or variant>` in the requested format.
    fn line(&self, form: Form, display: &DisplayFormat) -> Vec<u8> {
        let tree = self.trial.tree.map(|tree| if form.short { display.oid(tree) } else { tree.to_string() });
        let mut line = format!("{} {} ", self.trial.apply.as_str(), tree.as_deref().unwrap_or("-")).into_bytes();
        match form.nul {
            true => line.extend_from_slice(&self.name),
            false => line.extend_from_slice(display.path(&self.name).as_bytes()),
        }
        line.push(form.end());
        line
    }
}

/// The verb's manual entry.
pub const MANUAL: Manual = Manual {
    examples: &[
        Example {
            line: "git puff preflight @",
            does: "Check whether each variant of the newest run applies to its base.",
        },
        Example { line: "git puff preflight @:2 --onto main", does: "Check whether one applies to main." },
        Example {
            line: "git puff preflight --patch ../patches/var1/patch.diff --onto HEAD",
            does: "Check a patch in a file.",
        },
        Example {
            line: "echo 'main ../patches/var1/patch.diff' | git puff preflight --batch",
            does: "Answer each line of input with a line, for other programs.",
        },
        Example {
            line: "printf 'main ../patches/var1/patch.diff\\0' | git puff preflight --batch -z",
            does: "The same, for names with any bytes.",
        },
    ],
    exits: &[
        (Kind::Failed, "The patch of --patch would not apply, or the operation failed."),
        (Kind::Partial, "A variant of the run would not apply."),
    ],
    files: &[manual::RUN_REFS],
    ..Manual::NONE
};

/// Runs `preflight`.
pub fn run(args: &Preflight, app: &mut App, ui: &Ui) -> Result<Exit> {
    let form = Form { nul: args.nul, short: args.abbrev.is_given() };
    args.abbrev.apply(app);
    if let Some(replaced) = preflight::replaced(&app.repo)? {
        ui.warn(&replaced);
        ui.hint("'git replace -l' lists them");
    }
    if args.batch {
        return batch(form, app, ui);
    }
    if let Some(file) = &args.patch {
        return one(file, args.onto.as_deref().unwrap_or("HEAD"), form, app, ui);
    }
    let selector = args.run.as_ref().ok_or_else(|| Error::usage("no run given"))?;
    variants(selector, args.onto.as_deref(), form, app, ui)
}

/// Checks the variants of a run against its base or another commit.
fn variants(selector: &Selector, onto: Option<&str>, form: Form, app: &App, ui: &Ui) -> Result<Exit> {
    let recorded = RunStore::new(app).find(selector)?;
    let run = &recorded.run;
    let onto = match onto {
        Some(revision) => preflight::onto(&app.repo, revision)?,
        None => preflight::base(app, run)?,
    };
    let chosen = match selector.variant {
        Some(index) => vec![run.variant(index).ok_or_else(|| no_variant(run, index))?],
        None => run.variants.iter().collect(),
    };
    let mut answers = Vec::new();
    for variant in chosen {
        let applied = preflight::variant(app, &recorded, variant, onto)?;
        let name = format!("{}:{}", run.run, variant.index);
        let mut answer = Answer::of(applied, Some(onto), name);
        answer.trial.run = Some(run.run.clone());
        answer.trial.variant = Some(variant.index);
        answers.push(answer);
    }
    print(&answers, form, &app.display, ui);
    if answers.iter().all(|answer| answer.trial.apply == Apply::Skipped) {
        ui.hint(&format!("'git puff harvest {}' fetches what there is", run.run));
    }
    let fails = answers.iter().any(|answer| answer.trial.apply.is_failure());
    Ok(if fails { Exit::With(Kind::Partial) } else { Exit::Done })
}

/// Checks one patch of a file, or of standard input.
fn one(file: &Path, onto: &str, form: Form, app: &App, ui: &Ui) -> Result<Exit> {
    let onto = preflight::onto(&app.repo, onto)?;
    let patch = if file.as_os_str() == "-" { shared::input(ui)? } else { read(app, &shared::absolute(app, file))? };
    let applied = patch::apply(&app.repo, onto, &patch)?;
    let answer = Answer::of_file(applied, Some(onto), file.as_os_str().as_encoded_bytes());
    let fails = answer.trial.apply.is_failure();
    print(&[answer], form, &app.display, ui);
    Ok(if fails { Exit::With(Kind::Failed) } else { Exit::Done })
}

fn print(answers: &[Answer], form: Form, display: &DisplayFormat, ui: &Ui) {
    if ui.format() == Format::Json {
        ui.json(&document(answers));
        return;
    }
    for answer in answers {
        ui.bytes(&answer.line(form, display));
        say_why(answer, &display.path(&answer.name), display, ui);
    }
}

fn document(answers: &[Answer]) -> Trials<'_> {
    let results = answers.iter().map(|answer| &answer.trial).collect();
    Trials { schema: Schema::of(documents::PREFLIGHT), results }
}

fn say_why(answer: &Answer, name: &str, display: &DisplayFormat, ui: &Ui) {
    if let Some(reason) = &answer.trial.reason {
        let paths = if answer.trial.apply == Apply::Conflict {
            format!(" ({})", display.paths(&answer.trial.conflicts))
        } else {
            String::new()
        };
        ui.warn(&format!("{name}: {reason}{paths}"));
    }
}

/// Answers each line as soon as possible, because the caller may wait for it before it writes the next.
fn batch(form: Form, app: &App, ui: &Ui) -> Result<Exit> {
    let unreadable = || "cannot read standard input".to_owned();
    let mut input = ui.reader().or_fail(unreadable)?;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input.read_until(form.end(), &mut line).or_fail(unreadable)?;
        if read == 0 {
            break;
        }
        let said = line.strip_suffix(&[form.end()]).unwrap_or(&line);
        let said = said.strip_suffix(b"\r").filter(|_| !form.nul).unwrap_or(said);
        let answer = answer(said, app);
        if ui.format() == Format::Json {
            ui.json_line(&document(&[answer]));
        } else {
            ui.bytes(&answer.line(form, &app.display));
            say_why(&answer, &format!("line {number}"), &app.display, ui);
        }
    }
    Ok(Exit::Done)
}

/// Returns the answer to a line; an invalid line gets an answer too.
fn answer(line: &[u8], app: &App) -> Answer {
    let Some(space) = line.iter().position(|byte| *byte == b' ') else {
        let why = "expected a line 'REV PATH'";
        return Answer::of_file(Applied::none(Apply::Rejected, why), None, line);
    };
    let (revision, path) = (&line[..space], &line[space + 1..]);
    let try_it = || -> Result<(Applied, Oid)> {
        let onto = preflight::onto(&app.repo, &String::from_utf8_lossy(revision))?;
        let patch = read(app, &shared::absolute(app, &path_of(path)))?;
        Ok((patch::apply(&app.repo, onto, &patch)?, onto))
    };
    match try_it() {
        Ok((applied, onto)) => Answer::of_file(applied, Some(onto), path),
        Err(error) => Answer::of_file(Applied::none(Apply::Rejected, error.to_string()), None, path),
    }
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

fn read(app: &App, path: &Path) -> Result<Vec<u8>> {
    app.read_named(path).map_err(|cause| {
        Error::failed(format!("cannot read the patch '{}': {cause}", path.display()))
            .hint("name a file that 'git diff --binary' wrote")
    })
}
