//! The Jobs that do the work: how they are built, and how what became of them is read.

pub mod blocked;
pub mod build;
mod extra;
pub mod gather;
pub mod outcome;
pub mod results;
pub mod wake;
pub mod warnings;
pub mod way;
