//! The segmented append store: plain JSON Lines that never lose what was acknowledged.
//!
//! Invariants:
//! 1. A record is acknowledged only after its bytes are on disk (`fdatasync`; group commit, no
//!    wait when idle).
//! 2. One writer per active segment, held by a lock for as long as it lives; after locking, the
//!    open file is compared with the path, else reopened.
//! 3. Segments are sealed by size or age; a segment left by a dead writer is sealed by the next
//!    one that gets its lock.
//! 4. Readers need no lock: the active segments first, then the sealed, each inode once; an
//!    active one is read to its last whole line; a vanished file means to list again.
//! 5. Recovery truncates only an unfinished last line of an unsealed segment and keeps the bytes
//!    it removed. Damage anywhere else is counted and reported, and the rest goes on being served.
//! 6. A rewrite makes a new generation of a segment: new file, fsync, rename, fsync of the
//!    directory, unlink; the highest generation wins. One rewriter at a time.
//! 7. A failed `fsync` is never retried on the same file: the batch fails, the segment is
//!    abandoned, a new one opened. A full disk fails the batch and leaves the segment whole.
//! 8. Every bound is a named constant with a unit.

mod active;
mod meta;
mod reader;
mod segment;
mod writer;

pub(crate) use meta::sidecar_path;
pub use meta::{SegmentMeta, meta};
pub use reader::{Line, Scan, read_opened, read_segment};
pub(crate) use segment::superseded;
pub use segment::{Opened, Segment, next_generation, segments};
pub use writer::{MAX_RECORD_BYTES, Options, Store};
