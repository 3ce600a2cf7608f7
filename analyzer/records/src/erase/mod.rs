//! Erasure: what a person asks to be gone is gone, everywhere that this program can reach.
//!
//! Constraints:
//! 1. An erasure is accepted when its numbered tombstone is durable. From then on every reader leaves out what it
//!    covers ([`Erased`]), in this process and in others on the same volume.
//! 2. An erasure of a subject covers what was stored before it was asked for: what was made until then, and what lay in
//!    the store whatever its time. What is stored later is new data.
//! 3. Segments are rewritten when they are sealed, under the maintenance lock ([`Eraser`]): by a serving analyzer, by
//!    `prune`, or by `erase` itself.
//! 4. Nothing that is made from the store is published past a newer tombstone that it may hold something of
//!    ([`publish`]): tombstones and publications are in one order.
//! 5. A tombstone stays for ever: an import, a late record or statement, or a copy that comes back is not shown.
//! 6. No file of an erasure names a person: a subject is there as a salted hash.

mod active;
mod artifacts;
mod attributed;
mod carry_out;
mod erased;
mod exports;
mod kept;
mod known;
mod log;
mod made;
mod publication;
mod quarantine;
mod receipt;
mod request;
mod reserve;
mod scan;
mod segments;
mod subject;
mod tombstone;
mod watch;
mod work;

pub use artifacts::{MARK_FILE, ModelErasure, deleted_for, marks_of, marks_to_pass_on};
pub use carry_out::Eraser;
pub use erased::Erased;
pub use exports::{Content, Export, note_export};
pub use kept::{Kept, kept_about};
pub use known::is_known_beside_the_store;
pub(crate) use log::keep_reserve;
pub use publication::{Source, publish};
pub use receipt::{
    DatasetGone, FileReached, MAX_INTERACTIONS_NAMED, ModelMarked, Receipt, SegmentRewritten,
    State, receipt, receipts,
};
pub use request::{MAX_SUBJECT_BYTES, Target, request};
pub(crate) use segments::is_line_erased;
pub use subject::SubjectHash;
pub use tombstone::{Covered, Named, Said, Tombstone, Whose};
pub use watch::Watch;
