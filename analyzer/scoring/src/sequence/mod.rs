//! What is normal for a transaction (session, trace, request), or for a window where entries name none.
//!
//! ```text
//! entries → Assembler → sequences of templates → Profile (counts, order) → evidence by kind → findings with reasons
//! ```
//!
//! The model is a set of counts: in how many normal sequences of a kind each template, count, order and length was seen. Each
//! check gives a p-value, the smoothed share of normal sequences that are at least as odd; what lies below the check's
//! threshold, found on normal sequences that the counts did not know, is told. Plain tables, no network: every finding says
//! what was counted.

mod assemble;
mod check;
mod evidence;
mod kind;
mod model;
mod profile;
mod reason;
mod table;
#[cfg(test)]
mod tests;

pub use assemble::{
    Assembler, MAX_FOLLOWED, MAX_STEPS, MAX_WINDOWS, Sequence, Shape, Step, Taken, WINDOW_ENTRIES,
};
pub use check::Check;
pub use evidence::{Evidence, evidence};
pub use kind::{Kind, MIN_FOLLOWED, Thresholds};
pub use model::{
    MAX_SEQUENCE_BYTES, MAX_SEQUENCE_KINDS, MAX_SEQUENCE_TEMPLATES, SEQUENCE_SCHEMA, SequenceError,
    SequenceModel,
};
pub use profile::Profile;
pub use reason::{MAX_REASONS, Names, Reason, reasons};
pub use table::{Histogram, TRUST};
