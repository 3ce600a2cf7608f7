//! The segmented append store: plain JSON Lines that never lose what was acknowledged.
//!
//! Invariants:
//! 1. A record is acknowledged only after its bytes are on disk (`fdatasync`; group commit, no
//!    wait when idle), and after the name of its file is.
//! 2. One writer per active segment, held by a lock for as long as it lives; after locking, the
//!    open file is compared with the path (`fstat`, `stat`), else reopened. Volumes whose locks do
//!    not reach other nodes are refused for several nodes, with the reason.
//! 3. Segments are sealed by size or age; a segment left by a dead writer is sealed by the next
//!    one that gets its lock. Sealing is a rename: the bytes are durable before.
//! 4. Readers need no lock: open the active segments first, then list the sealed, dedupe by inode;
//!    read an active one to its last whole line; a vanished file (ENOENT, ESTALE) means list again.
//! 5. Recovery truncates only an unfinished last line of an unsealed segment, and keeps the bytes
//!    it removed; where they cannot be kept, the segment is sealed as it is. Damage anywhere else
//!    is left out, counted and reported, and the rest goes on being served.
//! 6. Retention removes whole sealed segments. A rewrite makes a new generation of a segment: new
//!    file, fsync, rename, fsync of the directory, unlink; the highest generation wins. One
//!    rewriter at a time (a maintenance lock).
//! 7. A blob is durable before the record that names it, and goes after that record's segment.
//! 8. A failed `fsync` is never retried on the same file: the batch fails, the segment is
//!    abandoned, a new one opened. A full disk fails the batch, leaves the segment whole and
//!    recovers by itself; deleting and starting up need no free space.
//! 9. Sidecars are a cache: rebuilt when missing, stale or damaged, never needed to start.
//! 10. What is erased ([`crate::erase`]) is in no total, also while it still lies in a segment.
//! 11. Every bound is a named constant with a unit.

mod active;
mod commit;
mod counts;
mod courtesy;
mod facts;
mod hidden;
mod holder;
mod keys;
mod landmark;
mod lines;
mod lock;
mod locks;
mod meta;
mod pace;
mod reader;
mod recovery;
mod rewrite;
mod segment;
mod shared;
mod told;
mod watch;
mod writer;

pub(crate) use active::seal_orphans;
pub use commit::Pending;
pub use counts::Totals;
pub(crate) use courtesy::Courtesy;
pub(crate) use facts::Presence;
pub use facts::{Facts, Record};
pub use hidden::sum_of;
pub use keys::{Claim, MAX_KEY_BYTES, Reservation, Running};
pub(crate) use landmark::Landmark;
pub(crate) use lines::for_each_line;
pub use locks::{Reach, reach_of};
pub use meta::{SegmentMeta, meta};
pub(crate) use meta::{count, read_sidecar, sidecar_path};
pub use reader::{Line, Scan, read_opened, read_segment};
pub(crate) use rewrite::{remove as remove_segment, remove_all as remove_segments, rewrite};
pub(crate) use segment::superseded;
pub use segment::{Opened, Segment, next_generation, segments};
pub use writer::{MAX_RECORD_BYTES, Options, Store};
