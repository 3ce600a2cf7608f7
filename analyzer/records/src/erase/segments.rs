//! Takes what is erased out of a segment.

use std::collections::BTreeMap;

use super::erased::Erased;
use super::scan::Head;
use super::tombstone::Tombstone;
use crate::error::Error;
use crate::layout::Kind;
use crate::store::{self, Segment, for_each_line, next_generation};

/// What is to go of one segment.
pub(super) struct Planned {
    pub(super) segment: Segment,
    /// Numbers of the lines that go, from 1, ascending.
    drop_lines: Vec<u64>,
    /// Records that go, by erasure.
    pub(super) records: BTreeMap<u64, u64>,
    kept_lines: u64,
    /// Blobs of the records that go, with their erasures.
    pub(super) blobs: Vec<(u64, String)>,
}

impl Planned {
    /// The generation that replaces the segment; `None`: all of it goes.
    pub(super) fn target(&self) -> Option<String> {
        let path = next_generation(&self.segment.path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (self.kept_lines > 0).then(|| name.into_owned())
    }

    /// Rewrites or removes the segment. Returns the bytes of what replaces it.
    pub(super) fn carry_out(&self) -> Result<u64, Error> {
        if self.kept_lines == 0 {
            store::remove_segment(&self.segment)?;
            return Ok(0);
        }
        let mut drop = self.drop_lines.iter().peekable();
        let freed = store::rewrite(&self.segment, |line| {
            drop.next_if_eq(&&line.number).is_none()
        })?;
        Ok(self.segment.bytes.saturating_sub(freed))
    }
}

/// Decides for each line of a segment; `None`: nothing in it is erased.
pub(super) fn plan(
    segment: &Segment,
    kind: Kind,
    erased: &Erased,
) -> Result<Option<Planned>, Error> {
    let mut planned = Planned {
        segment: segment.clone(),
        drop_lines: vec![],
        records: BTreeMap::new(),
        kept_lines: 0,
        blobs: vec![],
    };
    let Some(opened) = segment.open()? else {
        return Ok(None);
    };
    for_each_line(opened, &segment.path, |line| {
        if line.is_blank() {
            return Ok(());
        }
        match erasure_of(line.bytes, kind, erased) {
            Some(tombstone) => {
                planned.drop_lines.push(line.number);
                *planned.records.entry(tombstone.number).or_default() += 1;
                let head = serde_json::from_slice::<Head>(line.bytes).ok();
                if let Some(name) = head.and_then(|head| head.log_blob) {
                    planned.blobs.push((tombstone.number, name));
                }
            }
            None => planned.kept_lines += 1,
        }
        Ok(())
    })?;
    Ok(Some(planned).filter(|planned| !planned.drop_lines.is_empty()))
}

/// Whether a line of a store is erased.
pub(crate) fn is_line_erased(line: &[u8], kind: Kind, erased: &Erased) -> bool {
    erasure_of(line, kind, erased).is_some()
}

/// The erasure that covers a line, also one that is damaged and still says whose it is.
fn erasure_of<'a>(line: &[u8], kind: Kind, erased: &'a Erased) -> Option<&'a Tombstone> {
    let Ok(head) = serde_json::from_slice::<Head>(line) else {
        return super::attributed::erasure_of(line, erased);
    };
    let subject = head.subject.as_deref();
    match kind {
        Kind::Interactions => erased.by(head.id(line), subject, head.timestamp),
        Kind::Feedback => erased.said_by(head.interaction_id, subject, head.timestamp),
    }
}
