//! The log analyzer: HTTP service, web page and commands on a data directory.

// They end the program when the reader is gone: see `out`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod access;
pub mod analyze;
pub mod app;
pub mod cli;
pub mod commands;
pub mod corrections;
mod duration;
mod erasing;
pub mod events;
pub mod exports;
mod listener;
pub mod loop_state;
mod metrics;
pub mod next;
pub mod out;
mod outcome;
pub mod promote;
pub mod recorder;
pub mod redaction;
pub mod report;
pub mod routes;
pub mod serving;
pub mod source;
pub mod training;
pub mod upload;

pub use logloop_records::unpack;
