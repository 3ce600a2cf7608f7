//! What an export reads: segments and logs as long as they were when it began, and what had been said by then.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::contributor::Contributors;
use super::counts::Counts;
use super::held_out::HeldOut;
use super::how::How;
use super::logs;
use super::options::{ExportOptions, Filter};
use super::origin::Said;
use crate::dataset::{DATASET_SCHEMA, hex};
use crate::erase::{Erased, Export, Source as Published};
use crate::error::{Context, Error};
use crate::feedback::read_feedback;
use crate::layout::{DataDir, Kind};
use crate::store::{Segment, segments};

/// Bytes at the beginning of a file by which it is known again, whatever its name is by then.
const HEAD_BYTES: u64 = 4 << 10;

/// Layout of the file that a snapshot is kept in.
const LAYOUT: u32 = 2;

/// A snapshot, as it is kept beside the parts: who goes on after a kill reads the same.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Snapshot {
    layout: u32,
    template_version: u32,
    /// When it was taken.
    pub(super) taken: DateTime<Utc>,
    /// Number of the last erasure; parts made before another one are not used.
    pub(super) erasures: u64,
    /// What is left out, as of then.
    #[serde(skip)]
    pub(super) erased: Erased,
    pub(super) filter: Filter,
    pub(super) logs_only: bool,
    pub(super) sources: Vec<Source>,
    /// What is not read, and why.
    pub(super) refused: Counts,
    pub(super) said: HashMap<Uuid, Said>,
    #[serde(skip)]
    pub(super) held_out: HeldOut,
    #[serde(skip)]
    pub(super) contributors: Contributors,
    /// Subjects that corrected something, and not as reviewers.
    #[serde(skip)]
    pub(super) correctors: HashSet<String>,
    #[serde(skip)]
    segments: Vec<Segment>,
}

/// One file that is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) kind: SourceKind,
    /// File name of a segment; path of a log below the data directory.
    pub(super) name: String,
    /// Bytes that are read.
    pub(super) bytes: u64,
    /// SHA-256 of its first bytes.
    head: String,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourceKind {
    Segment,
    Log,
}

impl Snapshot {
    /// Of what is there now.
    pub(super) fn take(data: &DataDir, options: &ExportOptions) -> Result<Self, Error> {
        // Before the segments are listed: what is erased later is newer than this snapshot.
        let (taken, erased) = (Utc::now(), Erased::load(data)?);
        let mut sources = vec![];
        let mut listed = vec![];
        let mut refused = Counts::default();
        if !options.logs_only {
            listed = segments(data, Kind::Interactions)?;
            listed.retain(|segment| segment.bytes > 0);
            for segment in &listed {
                sources.extend(of_segment(segment)?);
            }
        }
        if !options.filter.is_about_people() {
            let own_too = sources.is_empty();
            let listed = logs::list(data, own_too)?;
            for path in &listed.logs {
                sources.extend(of_log(data, path, options.filter.since)?);
            }
            for path in &listed.links_out {
                logs::link_out(&mut refused, data, path);
            }
        }
        let said: HashMap<_, Said> = read_feedback(data)?
            .into_iter()
            .map(|(id, merged)| (id, merged.into()))
            .collect();
        let snapshot = Self {
            layout: LAYOUT,
            template_version: logloop_logs::TEMPLATE_VERSION,
            taken,
            erasures: erased.number(),
            erased,
            filter: options.filter.clone(),
            logs_only: options.logs_only,
            sources,
            refused,
            said,
            held_out: HeldOut::default(),
            contributors: Contributors::open(data)?,
            correctors: HashSet::new(),
            segments: listed,
        };
        Ok(snapshot.ready())
    }

    /// The one that an export which was killed has kept, if this export can go on with it.
    pub(super) fn kept(
        data: &DataDir,
        path: &Path,
        options: &ExportOptions,
    ) -> Result<Option<Self>, Error> {
        let Some(mut kept) = std::fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok())
        else {
            return Ok(None);
        };
        let erased = Erased::load(data)?;
        let same = kept.layout == LAYOUT
            && kept.erasures == erased.number()
            && How::asked(options).goes_on(&kept.how());
        if !same {
            return Ok(None);
        }
        kept.erased = erased;
        kept.contributors = Contributors::open(data)?;
        kept.segments = segments(data, Kind::Interactions)?;
        Ok(Some(kept.ready()))
    }

    fn ready(mut self) -> Self {
        let corrections = self.said.values().flat_map(|said| &said.corrections);
        self.held_out = HeldOut::of(corrections.clone());
        self.correctors = corrections
            .filter(|correction| !correction.gold)
            .filter_map(|correction| correction.subject.clone())
            .collect();
        self
    }

    /// The segment that a source is: by its name, or by its beginning if it was sealed since; in its next generation if
    /// it was rewritten. `None`: retention removed it.
    pub(super) fn segment(&self, source: &Source) -> Result<Option<Segment>, Error> {
        let same_name = |segment: &&Segment| segment.name() == source.name;
        let candidates = self.segments.iter().filter(same_name);
        let others = self.segments.iter().filter(|s| !same_name(s));
        for segment in candidates.chain(others) {
            if segment.bytes >= source.bytes
                && let Some(opened) = segment.open()?
                && head(opened, &segment.path, source.bytes)? == source.head
            {
                let mut found = segment.clone();
                found.bytes = source.bytes;
                return Ok(Some(found));
            }
        }
        let stem = |name: &str| {
            name.rsplit_once(".g")
                .map_or(String::new(), |(stem, _)| stem.to_owned())
        };
        let wanted = stem(&source.name);
        let rewritten = |segment: &&Segment| segment.sealed && stem(&segment.name()) == wanted;
        Ok(self.segments.iter().find(rewritten).cloned())
    }

    /// What a publication is compared with, so that nothing is published past an erasure of it.
    pub(super) fn published(&self) -> Published {
        Published {
            erasures: self.erasures,
            taken: self.taken,
            since: self.filter.since,
        }
    }

    fn how(&self) -> How<'_> {
        How {
            filter: &self.filter,
            logs_only: self.logs_only,
            template_version: self.template_version,
            schema: DATASET_SCHEMA,
        }
    }

    /// What is noted of a file that is made of it.
    pub(super) fn exported(&self) -> Export<'_> {
        Export {
            erasures: self.erasures,
            since: self.filter.since,
            subject: self.filter.subject.as_deref(),
        }
    }

    pub(super) fn total_bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.bytes).sum()
    }
}

fn of_segment(segment: &Segment) -> Result<Option<Source>, Error> {
    let Some(opened) = segment.open()? else {
        return Ok(None);
    };
    Ok(Some(Source {
        kind: SourceKind::Segment,
        name: segment.name(),
        bytes: segment.bytes,
        head: head(opened, &segment.path, segment.bytes)?,
    }))
}

fn of_log(
    data: &DataDir,
    path: &Path,
    since: Option<DateTime<Utc>>,
) -> Result<Option<Source>, Error> {
    let stat = data.fs().stat(path).context("read", path)?;
    let is_old = since.is_some_and(|since| stat.modified < SystemTime::from(since));
    if stat.bytes == 0 || is_old {
        return Ok(None);
    }
    let below = path.strip_prefix(data.root()).unwrap_or(path);
    Ok(Some(Source {
        kind: SourceKind::Log,
        name: below.to_string_lossy().into_owned(),
        bytes: stat.bytes,
        head: head(logs::open(data, path, stat.bytes)?, path, stat.bytes)?,
    }))
}

/// SHA-256 of the first bytes of a file that is read up to `bytes`.
fn head(reader: impl Read, path: &Path, bytes: u64) -> Result<String, Error> {
    let mut head = vec![];
    reader
        .take(HEAD_BYTES.min(bytes))
        .read_to_end(&mut head)
        .context("read", path)?;
    Ok(hex(&Sha256::digest(&head)))
}
