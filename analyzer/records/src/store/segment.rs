//! The segments of a store, as they lie on disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files;
use crate::layout::{DataDir, Kind};

/// Times a listing is taken again when a file vanished under it.
const MAX_LISTINGS: usize = 10;

/// One segment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it lies.
    pub path: PathBuf,
    /// No writer appends to it any more.
    pub sealed: bool,
    /// Bytes when it was listed; a snapshot reads no further.
    pub bytes: u64,
}

/// Segments of a store: the sealed, oldest first, then the active ones.
///
/// Active ones are listed first (a segment sealed in between is then seen twice, not missed) and
/// each inode counts once. Of a sealed segment the highest generation counts.
pub fn segments(data: &DataDir, kind: Kind) -> Result<Vec<Segment>, Error> {
    'listing: for _ in 0..MAX_LISTINGS {
        let active = jsonl(&data.store(kind))?;
        let sealed = highest_generations(jsonl(&data.sealed(kind))?);
        let mut found: Vec<(u64, Segment)> = vec![];
        for (path, sealed) in sealed
            .into_iter()
            .map(|path| (path, true))
            .chain(active.into_iter().map(|path| (path, false)))
        {
            let Ok(meta) = fs::metadata(&path) else {
                continue 'listing;
            };
            if !found.iter().any(|(inode, _)| *inode == meta.ino()) {
                found.push((
                    meta.ino(),
                    Segment {
                        path,
                        sealed,
                        bytes: meta.len(),
                    },
                ));
            }
        }
        return Ok(found.into_iter().map(|(_, segment)| segment).collect());
    }
    Err(Error::Damaged {
        path: data.store(kind),
        problem: "files keep vanishing while they are listed; is something else removing them?"
            .into(),
    })
}

/// `<stem>.g<n>.jsonl` → `<stem>.g<n+1>.jsonl`.
pub fn next_generation(path: &Path) -> PathBuf {
    let (stem, generation) = split_generation(path);
    path.with_file_name(format!("{stem}.g{}.jsonl", generation + 1))
}

/// Name of a segment sealed now; sorts by time, and no two writers make the same.
pub(super) fn sealed_name(kind: Kind) -> String {
    format!("{}.{}.g0.jsonl", kind.name(), uuid::Uuid::now_v7())
}

fn highest_generations(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut best: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
    for path in paths {
        let (stem, generation) = split_generation(&path);
        let other = best
            .entry(stem)
            .or_insert_with(|| (generation, path.clone()));
        if generation > other.0 {
            *other = (generation, path);
        }
    }
    best.into_values().map(|(_, path)| path).collect()
}

fn split_generation(path: &Path) -> (String, u64) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".jsonl").unwrap_or(&name);
    match stem
        .rsplit_once(".g")
        .map(|(stem, number)| (stem, number.parse()))
    {
        Some((stem, Ok(number))) => (stem.to_owned(), number),
        _ => (stem.to_owned(), 0),
    }
}

fn jsonl(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let visible = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".jsonl") && !name.starts_with('.')
    };
    Ok(files::list(dir)?.into_iter().filter(visible).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_generation_wins() {
        let got = highest_generations(
            ["a.g0.jsonl", "a.g10.jsonl", "a.g9.jsonl", "b.g0.jsonl"]
                .map(PathBuf::from)
                .to_vec(),
        );
        assert_eq!(got, ["a.g10.jsonl", "b.g0.jsonl"].map(PathBuf::from));
        assert_eq!(
            next_generation(Path::new("x/a.g9.jsonl")),
            Path::new("x/a.g10.jsonl")
        );
    }
}
