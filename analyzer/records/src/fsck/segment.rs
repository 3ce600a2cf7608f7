//! The check of one segment.

use serde::Deserialize;
use uuid::Uuid;

use super::{FsckReport, Problem, Seen};
use crate::crc::{self, Check};
use crate::error::Error;
use crate::files;
use crate::layout::{DataDir, Kind};
use crate::store::{
    Segment, count, for_each_line, meta, next_generation, read_sidecar, rewrite, segments,
    sidecar_path,
};

#[derive(Deserialize)]
struct Head {
    #[serde(default, rename = "timestamp")]
    _timestamp: Option<chrono::DateTime<chrono::Utc>>,
    #[serde(default)]
    id: Uuid,
    #[serde(default)]
    log_blob: Option<String>,
}

pub(super) fn check(
    data: &DataDir,
    kind: Kind,
    segment: &Segment,
    repair: bool,
    seen: &mut Seen,
    report: &mut FsckReport,
) -> Result<(), Error> {
    let Some(opened) = segment.open()? else {
        return Ok(());
    };
    report.segments += 1;
    report.bytes += segment.bytes;
    let mut damaged: Vec<u8> = vec![];
    let mut found: Vec<Problem> = vec![];
    for_each_line(opened, &segment.path, |line| {
        let mut problem = |kind, what: &str| {
            found.push(Problem {
                kind,
                path: segment.path.clone(),
                line: Some(line.number),
                offset: Some(line.offset),
                what: what.to_owned(),
                repaired: false,
            });
        };
        if !line.ended {
            if segment.sealed {
                problem(
                    "unfinished_line",
                    "the last line has no end; it is not served",
                );
                damaged.extend_from_slice(line.bytes);
                damaged.push(b'\n');
            }
            return Ok(());
        }
        if line.is_blank() {
            return Ok(());
        }
        let head = serde_json::from_slice::<Head>(line.bytes).ok();
        let Some(head) = head.filter(|_| !line.is_too_long()) else {
            problem("damaged_line", "it holds no record; it is not served");
            damaged.extend_from_slice(line.bytes);
            damaged.push(b'\n');
            return Ok(());
        };
        report.records += 1;
        if crc::check(line.bytes) == Check::Wrong {
            let what = "the checksum is wrong; the record is served, and not trained on";
            problem("wrong_checksum", what);
        }
        if kind == Kind::Interactions && !head.id.is_nil() && !seen.ids.insert(head.id) {
            problem("duplicate_id", "another record has the same id");
        }
        if let Some(name) = head.log_blob {
            seen.blobs.insert(name, (segment.path.clone(), line.number));
        }
        Ok(())
    })?;
    let set_aside = repair && segment.sealed && !damaged.is_empty();
    if set_aside {
        let name = format!("{}.damaged", segment.name());
        files::write_atomic_on(data.fs(), &data.quarantine(kind).join(name), &damaged)?;
        rewrite(segment, |line| {
            line.ended && (line.is_blank() || is_record(line.bytes))
        })?;
        let newer = next_generation(&segment.path);
        for rewritten in segments(data, kind)?.iter().filter(|s| s.path == newer) {
            meta(rewritten)?;
        }
    }
    for mut problem in found {
        problem.repaired = set_aside && matches!(problem.kind, "unfinished_line" | "damaged_line");
        report.add(problem);
    }
    if segment.sealed && !set_aside {
        sidecar(segment, repair, report)?;
    }
    Ok(())
}

fn is_record(line: &[u8]) -> bool {
    serde_json::from_slice::<Head>(line).is_ok()
}

/// A wrong one is worse than none.
fn sidecar(segment: &Segment, repair: bool, report: &mut FsckReport) -> Result<(), Error> {
    let path = sidecar_path(&segment.path);
    let kind = match read_sidecar(segment) {
        Some(said) if said == count(segment)? => return Ok(()),
        Some(_) => "sidecar_wrong",
        None => "sidecar_missing",
    };
    if repair {
        files::remove(segment.fs(), &path)?;
        meta(segment)?;
    }
    let what = "the counts beside the segment are missing or wrong; they are rebuilt from it";
    report.add_file(kind, &path, what, repair);
    Ok(())
}
