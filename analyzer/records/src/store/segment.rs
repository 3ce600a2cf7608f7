//! The segments of a store, as they lie on disk.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Context, Error};
use crate::files;
use crate::layout::{DataDir, Kind};

/// Times a listing is taken again when a file vanished under it.
const MAX_LISTINGS: usize = 10;

/// One segment file.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Where it lay when it was listed.
    pub path: PathBuf,
    /// No writer appends to it any more.
    pub sealed: bool,
    /// Bytes when it was listed; a snapshot reads no further.
    pub bytes: u64,
    /// An active segment is held open: once it is sealed, its path names another file.
    held: Option<Arc<File>>,
}

/// A segment open for reading, up to the length that its snapshot saw.
#[derive(Clone, Debug)]
pub struct Opened {
    file: Arc<File>,
    bytes: u64,
    offset: u64,
}

impl Opened {
    /// Bytes of the snapshot.
    pub fn snapshot_bytes(&self) -> u64 {
        self.bytes
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.bytes.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..wanted], self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl Segment {
    /// Opens the segment from its beginning. One that was rewritten since it was listed is read in its newer
    /// generation, whole; one that retention removed meanwhile has nothing to read: `None`.
    pub fn open(&self) -> Result<Option<Opened>, Error> {
        if let Some(file) = &self.held {
            return Ok(Some(Opened {
                file: Arc::clone(file),
                bytes: self.bytes,
                offset: 0,
            }));
        }
        match File::open(&self.path) {
            Ok(file) => Ok(Some(Opened {
                file: Arc::new(file),
                bytes: self.bytes,
                offset: 0,
            })),
            Err(error) if is_gone(&error) => self.open_newer(),
            Err(error) => Err(error).context("open", &self.path),
        }
    }

    fn open_newer(&self) -> Result<Option<Opened>, Error> {
        let (stem, _) = split_generation(&self.path);
        for _ in 0..MAX_LISTINGS {
            let dir = self.path.parent().unwrap_or(Path::new("."));
            let newest = highest_generations(jsonl(dir)?)
                .into_iter()
                .find(|path| split_generation(path).0 == stem);
            let Some(path) = newest else { return Ok(None) };
            match File::open(&path) {
                Ok(file) => {
                    let bytes = file.metadata().context("read", &path)?.len();
                    return Ok(Some(Opened {
                        file: Arc::new(file),
                        bytes,
                        offset: 0,
                    }));
                }
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error).context("open", &path),
            }
        }
        Err(vanishing(&self.path))
    }
}

/// Not there any more, here or on another node's side of a network file system.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::StaleNetworkFileHandle
    )
}

fn vanishing(path: &Path) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        problem: "files keep vanishing while they are listed; is something else removing them?"
            .into(),
    }
}

/// Segments of a store: the sealed, oldest first, then the active ones.
///
/// Active ones are listed and opened first: a segment sealed in between is then seen twice, not missed, and each inode
/// counts once. Of a sealed segment the highest generation counts.
pub fn segments(data: &DataDir, kind: Kind) -> Result<Vec<Segment>, Error> {
    'listing: for _ in 0..MAX_LISTINGS {
        let mut active = vec![];
        for path in jsonl(&data.store(kind))? {
            match File::open(&path) {
                Ok(file) => {
                    let meta = file.metadata().context("read", &path)?;
                    let held = Some(Arc::new(file));
                    active.push((
                        meta.ino(),
                        Segment {
                            path,
                            sealed: false,
                            bytes: meta.len(),
                            held,
                        },
                    ));
                }
                Err(error) if is_gone(&error) => continue 'listing,
                Err(error) => return Err(error).context("open", &path),
            }
        }
        let mut found = vec![];
        let mut seen = HashSet::new();
        for path in highest_generations(jsonl(&data.sealed(kind))?) {
            let Ok(meta) = fs::metadata(&path) else {
                continue 'listing;
            };
            seen.insert(meta.ino());
            found.push(Segment {
                path,
                sealed: true,
                bytes: meta.len(),
                held: None,
            });
        }
        found.extend(
            active
                .into_iter()
                .filter(|(inode, _)| !seen.contains(inode))
                .map(|(_, segment)| segment),
        );
        return Ok(found);
    }
    Err(vanishing(&data.store(kind)))
}

/// Generations of sealed segments that a rewrite has replaced and did not get to remove. They must go before the newer
/// one does, or they would come back.
pub(crate) fn superseded(data: &DataDir, kind: Kind) -> Result<Vec<PathBuf>, Error> {
    let all = jsonl(&data.sealed(kind))?;
    let current: HashSet<PathBuf> = highest_generations(all.clone()).into_iter().collect();
    Ok(all
        .into_iter()
        .filter(|path| !current.contains(path))
        .collect())
}

/// `<stem>.g<n>.jsonl` → `<stem>.g<n+1>.jsonl`.
pub fn next_generation(path: &Path) -> PathBuf {
    let (stem, generation) = split_generation(path);
    path.with_file_name(format!("{stem}.g{}.jsonl", generation + 1))
}

impl Segment {
    /// A segment at a path that only this process writes.
    pub(super) fn own(path: PathBuf, bytes: u64) -> Self {
        Self {
            path,
            sealed: false,
            bytes,
            held: None,
        }
    }
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
