//! A prune of half of a store: what it rewrites and frees.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use logloop_records::prune::{PruneOptions, prune};
use logloop_records::store::segments;
use logloop_records::{DataDir, Kind};

use crate::world::{SEGMENT_BYTES, make, record};

/// Bytes that the files below a folder take on the disk.
fn on_disk(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| match fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => on_disk(&path),
        Ok(meta) => meta.blocks() * 512,
        Err(_) => 0,
    };
    entries.map(of).sum()
}

pub(crate) fn run(dir: &Path, bytes: u64) {
    let data = DataDir::new(dir);
    let records = make(&data, bytes, SEGMENT_BYTES);
    let before = on_disk(dir);
    let cutoff = record(records / 2 + records / 1000).timestamp;
    let options = PruneOptions {
        cutoff: Some(cutoff),
        ..PruneOptions::default()
    };
    let began = Instant::now();
    let report = prune(&data, &options).unwrap();
    let took = began.elapsed().as_secs_f64();
    let freed = before.saturating_sub(on_disk(dir));
    let largest = segments(&data, Kind::Interactions)
        .unwrap()
        .iter()
        .map(|segment| segment.bytes)
        .max()
        .unwrap_or(1);
    println!(
        "prune of half of {:.2} GB: {} of {records} interactions in {took:.1} s, {} segments removed, {} rewritten",
        before as f64 / 1e9,
        report.interactions,
        report.segments,
        report.rewritten
    );
    println!(
        "  rewritten {:.1} MB = {:.2} segments (at most 2, aim 1)",
        report.rewritten_bytes as f64 / 1e6,
        report.rewritten_bytes as f64 / largest as f64
    );
    println!(
        "  freed {:.3} GB as told, {:.3} GB on the disk",
        report.freed_bytes as f64 / 1e9,
        freed as f64 / 1e9
    );
    assert!(
        report.rewritten_bytes <= 2 * largest,
        "more than two segments"
    );
}
