//! Parses the arguments of `diff`: those of git-puff, and those for `git diff`.
//!
//! Options of git are passed through unchecked. Only a separate word has to be told from the value of the option
//! before it.

use std::ffi::{OsStr, OsString};

use crate::error::{Error, Result};
use crate::model::Selector;

/// The options of `git diff` whose value may be a separate word.
const WITH_VALUE: [&str; 27] = [
    "-G",
    "-I",
    "-O",
    "-S",
    "-l",
    "--anchored",
    "--color-moved-ws",
    "--diff-algorithm",
    "--diff-filter",
    "--diff-merges",
    "--find-object",
    "--ignore-matching-lines",
    "--inter-hunk-context",
    "--line-prefix",
    "--output",
    "--output-indicator-context",
    "--output-indicator-new",
    "--output-indicator-old",
    "--rotate-to",
    "--skip-to",
    "--src-prefix",
    "--dst-prefix",
    "--stat-count",
    "--stat-graph-width",
    "--stat-name-width",
    "--stat-width",
    "--word-diff-regex",
];

/// A variant as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// The one of this number of the run.
    Here(u32),
    /// One of any run.
    Of(Selector),
}

impl Named {
    /// Its number.
    pub fn index(&self) -> u32 {
        match self {
            Named::Here(index) => *index,
            Named::Of(selector) => selector.variant.unwrap_or(0),
        }
    }

    /// Parses `N`, `varN` or `RUN:N`.
    fn read(word: &str) -> Option<Named> {
        match word.strip_prefix("var").unwrap_or(word).parse() {
            Ok(index) => Some(Named::Here(index)),
            Err(_) => word.parse().ok().filter(|selector: &Selector| selector.variant.is_some()).map(Named::Of),
        }
    }
}

/// The parsed arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffArguments {
    /// Whether help was requested, and whether the long one.
    pub help: Option<bool>,
    /// `--json`.
    pub json: bool,
    /// `--matrix`.
    pub matrix: bool,
    /// The run.
    pub run: Selector,
    /// The variants.
    pub variants: Vec<Named>,
    /// The options for git.
    pub options: Vec<OsString>,
    /// The paths after `--`.
    pub paths: Vec<OsString>,
}

impl DiffArguments {
    /// Parses the arguments.
    ///
    /// # Errors
    /// When there is no run, or a word is neither a variant nor for git.
    pub fn read(words: &[OsString]) -> Result<DiffArguments> {
        let mut said = DiffArguments {
            help: None,
            json: false,
            matrix: false,
            run: Selector { run: String::new(), variant: None },
            variants: Vec::new(),
            options: Vec::new(),
            paths: Vec::new(),
        };
        let mut bare: Vec<&OsStr> = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            match word.to_str() {
                Some("--") => said.paths = rest.by_ref().cloned().collect(),
                Some("-h") => said.help = said.help.or(Some(false)),
                Some("--help") => said.help = said.help.or(Some(true)),
                Some("--json") => said.json = true,
                Some("--matrix") => said.matrix = true,
                Some(option) if WITH_VALUE.contains(&option) => {
                    let value = rest.next().ok_or_else(|| {
                        Error::usage(format!("the option '{option}' needs a value")).hint("see 'git help diff'")
                    })?;
                    said.options.extend([word.clone(), value.clone()]);
                }
                _ if is_option(word) => said.options.push(word.clone()),
                _ => bare.push(word),
            }
        }
        if said.help.is_some() {
            return Ok(said);
        }
        let Some((run, variants)) = bare.split_first() else {
            return Err(Error::usage("no run given").hint("name one: git puff diff RUN; 'git puff list' shows them"));
        };
        said.run = run
            .to_string_lossy()
            .parse()
            .map_err(|why: String| Error::usage(why).hint("'git puff list' shows the runs of this repository"))?;
        // RUN:N is as good as RUN N.
        said.variants.extend(said.run.variant.take().map(Named::Here));
        for word in variants {
            let word = word.to_string_lossy();
            let named = Named::read(&word).ok_or_else(|| {
                Error::usage(format!("'{word}' is not a variant: use N, varN or RUN:N"))
                    .hint(format!("put paths after '--': git puff diff {} N -- {word}", said.run))
            })?;
            said.variants.push(named);
        }
        Ok(said)
    }

    /// Checks that the arguments fit a matrix or, otherwise, a comparison by git.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, is_matrix: bool) -> Result<()> {
        let run = &self.run;
        if !is_matrix && self.variants.len() > 2 {
            return Err(Error::usage(format!("git compares at most two variants, not {}", self.variants.len()))
                .hint(format!("'git puff diff {run} --matrix' compares all of them")));
        }
        if is_matrix && let Some(word) = self.options.first().or(self.paths.first()) {
            let word = word.to_string_lossy();
            return Err(Error::usage(format!("'{word}' is for 'git diff', which needs one or two variants"))
                .hint(format!("name them: git puff diff {run} A [B] [git diff options] [-- PATH…]")));
        }
        Ok(())
    }
}

/// Returns whether a word is an option; a single '-' is a file to git.
fn is_option(word: &OsStr) -> bool {
    word.len() > 1 && word.as_encoded_bytes()[0] == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<DiffArguments> {
        DiffArguments::read(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn parts(line: &str) -> (Vec<u32>, String, String) {
        let words = read(line).unwrap();
        let joined = |words: &[OsString]| words.join(OsStr::new(" ")).into_string().unwrap();
        (words.variants.iter().map(Named::index).collect(), joined(&words.options), joined(&words.paths))
    }

    #[test]
    fn ours_and_gits_are_told_apart_wherever_they_stand() {
        let wanted = |options: &str, paths: &str| (vec![1, 2], options.to_owned(), paths.to_owned());
        assert_eq!(parts("run 1 var2"), wanted("", ""));
        assert_eq!(parts("--stat run 1 -w 2 -- --json 3"), wanted("--stat -w", "--json 3"));
        assert_eq!(parts("run 1 -S 3 2 --output x -U5"), wanted("-S 3 --output x -U5", ""));
        assert_eq!(parts("run:1 other:2 --"), wanted("", ""));
        let words = read("run 1 @:2 --json").unwrap();
        assert_eq!(words.variants[1], Named::Of("@:2".parse().unwrap()));
        assert!(words.json && !words.matrix && words.help.is_none());
        assert_eq!(read("run --help").unwrap().help, Some(true));
        assert_eq!(read("run -- -h").unwrap().help, None);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_do() {
        let error = |line: &str| {
            let error = read(line).and_then(|words| words.check(words.variants.is_empty())).unwrap_err();
            format!("{error}; {}", error.next_step().unwrap_or_default())
        };
        assert!(error("run src/a.rs").contains("git puff diff run N -- src/a.rs"));
        assert!(error("run 1 2 3").contains("--matrix"));
        assert!(error("run --stat").contains("'--stat' is for 'git diff'"));
        assert!(error("run -- x").contains("'x' is for 'git diff'"));
        assert!(error("run 1 -S").contains("'-S' needs a value"));
        assert!(error("--stat").contains("no run given"));
    }
}
