//! The check of the blobs.

use std::collections::HashSet;
use std::io;

use super::{FsckReport, Problem, Seen};
use crate::blob;
use crate::error::Error;
use crate::files;
use crate::layout::DataDir;

pub(super) fn check(data: &DataDir, seen: &Seen, report: &mut FsckReport) -> Result<(), Error> {
    let mut there = HashSet::new();
    for path in files::list(data.fs(), &data.blobs())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        report.blobs += 1;
        there.insert(name.clone().into_owned());
        if !seen.blobs.contains_key(&*name) {
            let what = "no record names it; retention removes it when it is an hour old";
            report.add_file("blob_without_record", &path, what, false);
        } else if let Err(error) =
            blob::open(data, &path).and_then(|mut log| drain(&mut log, &path))
        {
            report.add_file("blob_damaged", &path, &error.to_string(), false);
        }
    }
    let mut missing: Vec<_> = seen.blobs.iter().collect();
    missing.retain(|(name, _)| !there.contains(*name));
    missing.sort();
    for (name, (path, line)) in missing {
        report.add(Problem {
            kind: "blob_missing",
            path: path.clone(),
            line: Some(*line),
            offset: None,
            what: format!("its log {name} is not there; the record is served without it"),
            repaired: false,
        });
    }
    Ok(())
}

fn drain(log: &mut impl io::Read, path: &std::path::Path) -> Result<(), Error> {
    use crate::error::Context;
    io::copy(log, &mut io::sink()).context("read", path)?;
    Ok(())
}
