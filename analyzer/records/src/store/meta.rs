//! The sidecar of a sealed segment: what it holds, so that nobody has to read it to know.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::facts::{Facts, Head};
use super::reader::read_opened;
use super::segment::{Opened, Segment};
use crate::crc::{self, Check};
use crate::error::{Context, Error};
use crate::filesystem::{FileHandle, Filesystem, Open, write_all_at};

/// Layout of the sidecar; one of another layout is stale.
const SIDECAR_SCHEMA: u32 = 2;

/// Subjects that a sidecar names.
const MAX_SUBJECTS: usize = 256;

/// Largest sidecar that is read, in bytes.
const MAX_SIDECAR_BYTES: usize = 1 << 20;

/// Bytes that the first read of a sidecar asks for.
const SIDECAR_READ_BYTES: usize = 4 << 10;

/// Threads that read sidecars at the same time.
const MAX_THREADS: usize = 8;

/// Sidecars that are worth a thread.
const MIN_SHARE: usize = 256;

/// Counts over one segment. A cache: it can be rebuilt from the segment at any time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SegmentMeta {
    /// Layout of the sidecar.
    #[serde(default)]
    pub(crate) schema: u32,
    /// Bytes of the segment; a sidecar with another figure is stale.
    pub bytes: u64,
    /// Records in it.
    pub records: u64,
    /// Records with a log.
    pub logs: u64,
    /// Of these, with the log in a blob.
    #[serde(default)]
    pub blobs: u64,
    /// Failures found in those logs.
    pub failures: u64,
    /// Time of the oldest record.
    pub first: Option<DateTime<Utc>>,
    /// Time of the newest record.
    pub last: Option<DateTime<Utc>>,
    /// Lines that hold no record.
    pub damaged: u64,
    /// Records with a wrong checksum.
    #[serde(default)]
    pub mismatched: u64,
    /// Records with an idempotency key.
    #[serde(default)]
    pub keyed: u64,
    /// SHA-256 of the segment's bytes, in hexadecimal; empty while nobody has read it.
    #[serde(default)]
    pub sha256: String,
    /// Who made the records, at most 256; see [`SegmentMeta::may_have_subject`].
    #[serde(default)]
    pub subjects: BTreeSet<String>,
    /// There are more subjects than are named.
    #[serde(default)]
    pub more_subjects: bool,
}

impl SegmentMeta {
    pub(super) fn add(&mut self, facts: &Facts) {
        self.records += 1;
        self.logs += u64::from(facts.has_log);
        self.blobs += u64::from(facts.has_blob);
        self.failures += facts.failures;
        self.keyed += u64::from(facts.key.is_some());
        self.first = Some(self.first.map_or(facts.time, |first| first.min(facts.time)));
        self.last = self.last.max(Some(facts.time));
        if let Some(subject) = &facts.subject
            && !self.subjects.contains(subject)
        {
            if self.subjects.len() < MAX_SUBJECTS {
                self.subjects.insert(subject.clone());
            } else {
                self.more_subjects = true;
            }
        }
    }

    /// Adds the counts of another segment; its digest and subjects stay its own.
    pub fn merge(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.records += other.records;
        self.logs += other.logs;
        self.blobs += other.blobs;
        self.failures += other.failures;
        self.damaged += other.damaged;
        self.mismatched += other.mismatched;
        self.keyed += other.keyed;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    /// Whether a record of this subject can be in the segment.
    pub fn may_have_subject(&self, subject: &str) -> bool {
        self.more_subjects || self.subjects.contains(subject)
    }
}

/// Counts of a segment: from its sidecar, else by reading it (and then the sidecar is written).
pub fn meta(segment: &Segment) -> Result<SegmentMeta, Error> {
    if let Some(meta) = read_sidecar(segment) {
        return Ok(meta);
    }
    let meta = count(segment)?;
    if segment.sealed && meta.bytes == segment.bytes {
        write_sidecar(segment.fs(), &segment.path, &meta);
    }
    Ok(meta)
}

/// What a sealed segment's sidecar says, if there is one that fits.
pub(crate) fn read_sidecar(segment: &Segment) -> Option<SegmentMeta> {
    if !segment.sealed {
        return None;
    }
    let file = segment
        .fs()
        .open(&sidecar_path(&segment.path), Open::Read)
        .ok()?;
    let text = read_line(&*file).ok()?;
    let text = text.trim_ascii_end();
    if crc::check(text) != Check::Right {
        return None;
    }
    let meta: SegmentMeta = serde_json::from_slice(text).ok()?;
    (meta.schema == SIDECAR_SCHEMA && meta.bytes == segment.bytes).then_some(meta)
}

/// What the sidecars of many segments say: reading them is most of what a start does.
pub(super) fn read_sidecars(segments: &[Segment]) -> Vec<Option<SegmentMeta>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = segments
        .len()
        .div_ceil(threads.min(MAX_THREADS))
        .max(MIN_SHARE);
    let read = |share: &[Segment]| share.iter().map(read_sidecar).collect::<Vec<_>>();
    let mut shares = segments.chunks(share);
    let first = shares.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|share| scope.spawn(move || read(share)))
            .collect();
        let mut found = read(first);
        for other in others {
            found.extend(other.join().expect("reading does not panic"));
        }
        found
    })
}

/// The bytes of a sidecar: one line, mostly got by one read.
fn read_line(file: &dyn FileHandle) -> io::Result<Vec<u8>> {
    let mut text = vec![0; SIDECAR_READ_BYTES];
    let mut read = 0;
    loop {
        let got = file.read_at(&mut text[read..], read as u64)?;
        read += got;
        if got == 0 || text[read - 1] == b'\n' || read >= MAX_SIDECAR_BYTES {
            text.truncate(read);
            return Ok(text);
        }
        if read == text.len() {
            text.resize(MAX_SIDECAR_BYTES.min(2 * read), 0);
        }
    }
}

/// Counts a segment by reading all of it.
pub(crate) fn count(segment: &Segment) -> Result<SegmentMeta, Error> {
    let mut meta = SegmentMeta {
        schema: SIDECAR_SCHEMA,
        ..SegmentMeta::default()
    };
    let Some(opened) = segment.open()? else {
        return Ok(meta);
    };
    meta.bytes = opened.snapshot_bytes();
    let mut hashing = Hashing {
        opened,
        hasher: Sha256::new(),
    };
    let scan = read_opened::<Head>(&segment.path, &mut hashing, |line| {
        meta.add(&line.record.into());
        Ok(())
    })?;
    meta.damaged = scan.damaged;
    meta.mismatched = scan.mismatched;
    if segment.sealed {
        meta.sha256 = hex(hashing.hasher);
    }
    Ok(meta)
}

/// Completes the counts that a writer kept of a segment it has sealed, and writes the sidecar.
pub(super) fn finish(segment: &Segment, counted: &SegmentMeta) -> Result<SegmentMeta, Error> {
    let mut meta = counted.clone();
    meta.schema = SIDECAR_SCHEMA;
    meta.bytes = segment.bytes;
    let Some(opened) = segment.open()? else {
        return Ok(meta);
    };
    let mut hashing = Hashing {
        opened,
        hasher: Sha256::new(),
    };
    io::copy(&mut hashing, &mut io::sink()).context("read", &segment.path)?;
    meta.sha256 = hex(hashing.hasher);
    write_sidecar(segment.fs(), &segment.path, &meta);
    Ok(meta)
}

/// Not synced: it is a cache that carries a checksum. On a full or read-only volume the figures are right without it.
fn write_sidecar(fs: &dyn Filesystem, segment: &Path, meta: &SegmentMeta) {
    let text = crc::seal(&serde_json::to_string(meta).expect("counts are JSON"));
    let path = sidecar_path(segment);
    let aside = path.with_extension(format!("{}.tmp", uuid::Uuid::now_v7().simple()));
    let written = fs
        .open(&aside, Open::New)
        .and_then(|file| write_all_at(&*file, text.as_bytes(), 0))
        .and_then(|()| fs.rename(&aside, &path));
    if let Err(error) = written {
        let _ = fs.remove_file(&aside);
        tracing::debug!(%error, path = %path.display(), "sidecar not written");
    }
}

/// `x.g0.jsonl` → `x.g0.meta.json`.
pub(crate) fn sidecar_path(segment: &Path) -> PathBuf {
    segment.with_extension("meta.json")
}

struct Hashing {
    opened: Opened,
    hasher: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.opened.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

fn hex(hasher: Sha256) -> String {
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
