//! How variants differ from each other, as numbers and as text: plain data in, plain data out.
//!
//! A [`Change`] is what one variant does to its base. [`compare`] lays several beside each other. A
//! [`side_by_side::Maker`] sets the versions of a file beside each other, line by line, as a page shows them. Where the bytes come from is not known here, and no clock is looked at: the same input gives the
//! same answer on every machine, and [`Effort`] keeps hostile input from taking long.
//!
//! # What is counted
//!
//! The *changed lines* of a file are the lines that a change removes and those that it adds, each with its own side: to
//! remove a line is not to add it. Lines are bytes up to their LF, which does not count, so that a missing one at the end
//! of a file makes no difference here; CR does count. What cannot be said in lines counts as one changed line each:
//!
//! | what | is shared by |
//! |---|---|
//! | a binary file, or one too large to be text here | those who leave it with the same bytes |
//! | a mode that changes, a new file that is no plain one | those who leave it with the same mode |
//! | a rename | those who rename the same file to the same path |
//! | an empty file that comes or goes | those who do the same |
//!
//! A submodule is a file of one line, `Subproject commit <id>`, and a symbolic link one whose text is its target: git
//! shows them so. A file is known by its path afterwards, a deleted one by its path before. So two variants who rename a
//! file to different paths, or one who renames and one who edits in place, share nothing of it.

mod change;
mod edits;
mod lines;
mod marks;
mod matrix;
mod sameness;
pub mod side_by_side;
mod units;

pub use change::{Change, ChangeKind, FileChange, Lines, SUBMODULE};
pub use lines::{Effort, MOST_TEXT, changed_lines, is_binary};
pub use matrix::compare;
