//! `git-puff`, invoked as `git puff`.

use std::ffi::OsString;
use std::process::ExitCode;

use git_puff::{program, providers};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    program::run(&words, &providers::built_in())
}
