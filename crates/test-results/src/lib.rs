//! What test runners say, test by test: from the text that they print ([`OutputReader`]) and the files that they write
//! ([`read_folder`], [`read_below`]).
//!
//! The text and the files come from code that is not trusted. Nothing of them is expanded or executed, the memory that
//! they take is bounded, and what is not understood is passed over.

mod actual;
mod environment;
mod files;
mod merge;
mod output;
mod report;
mod text;

pub use environment::{environment, has_settings_of_its_own};
pub use files::{read_below, read_folder};
pub use merge::merge;
pub use output::OutputReader;
pub use report::{Counts, Outcome, Report, Runner, Section, TestResult};
