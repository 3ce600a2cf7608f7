//! Checks a data directory's stores, and repairs what can be repaired without losing anything.

mod blobs;
mod dump;
mod segment;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use uuid::Uuid;

pub use dump::dump;

use crate::error::{Context, Error};
use crate::layout::{DataDir, Kind};
use crate::maintenance;
use crate::store::{seal_orphans, segments, sidecar_path, superseded};

/// Problems that a report names; the others are counted.
const MAX_PROBLEMS_NAMED: usize = 10_000;

/// What to do besides looking.
#[derive(Clone, Copy, Debug, Default)]
pub struct FsckOptions {
    /// Set damaged lines aside, rebuild sidecars, remove what a newer generation has replaced, seal what dead writers left.
    pub repair: bool,
    /// Seal every active segment that no process holds.
    pub reseal: bool,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// Stable name of its kind.
    pub kind: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Where that line begins, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What is wrong, and what it means.
    pub what: String,
    /// It is put right.
    pub repaired: bool,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FsckReport {
    /// Segments read.
    pub segments: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Blobs read.
    pub blobs: u64,
    /// Segments of dead writers that were sealed.
    pub sealed: u64,
    /// Problems by kind.
    pub counts: BTreeMap<&'static str, u64>,
    /// Those that are left.
    pub unrepaired: u64,
    /// The problems, at most 10,000.
    pub problems: Vec<Problem>,
}

impl FsckReport {
    fn add(&mut self, problem: Problem) {
        *self.counts.entry(problem.kind).or_default() += 1;
        self.unrepaired += u64::from(!problem.repaired);
        if self.problems.len() < MAX_PROBLEMS_NAMED {
            self.problems.push(problem);
        }
    }

    fn add_file(&mut self, kind: &'static str, path: &Path, what: &str, repaired: bool) {
        self.add(Problem {
            kind,
            path: path.to_owned(),
            line: None,
            offset: None,
            what: what.to_owned(),
            repaired,
        });
    }
}

/// What the segments say of other files.
#[derive(Default)]
struct Seen {
    ids: HashSet<Uuid>,
    /// Blobs that records name, and where.
    blobs: HashMap<String, (PathBuf, u64)>,
}

/// Checks both stores: every line, every sidecar, every blob. With repair nothing is thrown away: damaged lines go to the
/// quarantine, byte for byte.
pub fn fsck(data: &DataDir, options: FsckOptions) -> Result<FsckReport, Error> {
    if data.fs().stat(data.root()).is_err() {
        return Err(Error::Invalid(format!(
            "there is no data directory at {}: check --data and the volume's mount",
            data.root().display()
        )));
    }
    let _lock = options
        .repair
        .then(|| maintenance::wait(data, "fsck", maintenance::MAX_WAIT))
        .transpose()?;
    let mut report = FsckReport::default();
    let mut seen = Seen::default();
    for kind in [Kind::Interactions, Kind::Feedback] {
        if options.repair || options.reseal {
            report.sealed += seal_orphans(data, kind, None)?;
        }
        replaced(data, kind, options, &mut report)?;
        for listed in segments(data, kind)? {
            segment::check(data, kind, &listed, options.repair, &mut seen, &mut report)?;
        }
    }
    blobs::check(data, &seen, &mut report)?;
    Ok(report)
}

fn replaced(
    data: &DataDir,
    kind: Kind,
    options: FsckOptions,
    report: &mut FsckReport,
) -> Result<(), Error> {
    let old = superseded(data, kind)?;
    if !old.is_empty() && options.repair {
        let dir = data.sealed(kind);
        data.fs().sync_dir(&dir).context("sync the folder", &dir)?;
    }
    for path in old {
        if options.repair {
            crate::files::remove(data.fs(), &path)?;
            crate::files::remove(data.fs(), &sidecar_path(&path))?;
        }
        let what = "a newer generation has replaced it; it is not read";
        report.add_file("replaced_generation", &path, what, options.repair);
    }
    Ok(())
}
