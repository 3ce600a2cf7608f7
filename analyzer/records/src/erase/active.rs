//! Segments that are still written to, and whether something in them is erased.

use std::collections::HashMap;

use super::erased::Erased;
use super::segments::is_line_erased;
use crate::error::Error;
use crate::filesystem::{FileId, Stream};
use crate::layout::Kind;
use crate::store::{Segment, for_each_line};

/// Looks through active segments, each byte once for as long as nothing is erased.
#[derive(Debug, Default)]
pub(super) struct ActiveSearch {
    looked: HashMap<FileId, Looked>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Looked {
    /// Number of the last erasure that was looked for.
    number: u64,
    /// Bytes that were looked through.
    to: u64,
    holds: bool,
}

impl ActiveSearch {
    /// Whether something in the segment is erased.
    pub(super) fn holds(
        &mut self,
        segment: &Segment,
        kind: Kind,
        erased: &Erased,
    ) -> Result<bool, Error> {
        let mut looked = self.looked.get(&segment.id).copied().unwrap_or_default();
        if looked.number != erased.number() {
            looked = Looked {
                number: erased.number(),
                ..Looked::default()
            };
        }
        if !looked.holds
            && looked.to < segment.bytes
            && let Some((file, end)) = segment.handle()?
        {
            let from = looked.to;
            for_each_line(Stream::new(file, from, end), &segment.path, |line| {
                if line.ended {
                    looked.to = from + line.offset + line.length;
                    looked.holds |= is_line_erased(line.bytes, kind, erased);
                }
                Ok(())
            })?;
        }
        self.looked.insert(segment.id, looked);
        Ok(looked.holds)
    }

    /// Forgets what is not written to any more: once it is rewritten, another file may get its number.
    pub(super) fn forget_what_is_sealed(&mut self, listed: &[Segment]) {
        let is_active = |id: &FileId| listed.iter().any(|s| !s.sealed && s.id == *id);
        self.looked.retain(|id, _| is_active(id));
    }
}
