//! What differs between versions of a file, and between two lines.
//!
//! Everything here is a pure function of the contents that it is given. It takes as long as what differs is large, and
//! no clock ends it: the same contents give the same answer on every machine.

pub mod edits;
pub mod marks;
pub mod sides;
