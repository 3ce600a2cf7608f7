//! The segments of a store, as they lie on disk.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{FileHandle, FileId, Filesystem, Open, Stream};
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
    /// Which file it is.
    pub id: FileId,
    /// An active segment is held open: once it is sealed, its path names another file.
    held: Option<Arc<dyn FileHandle>>,
    fs: Arc<dyn Filesystem>,
}

/// An open file, and the bytes of it that count.
pub(crate) type Held = (Arc<dyn FileHandle>, u64);

/// A segment open for reading, up to the length that its snapshot saw.
#[derive(Clone, Debug)]
pub struct Opened {
    stream: Stream,
    bytes: u64,
}

impl Opened {
    fn new(file: Arc<dyn FileHandle>, bytes: u64) -> Self {
        let stream = Stream::new(file, 0, bytes);
        Self { stream, bytes }
    }

    /// Bytes of the snapshot.
    pub fn snapshot_bytes(&self) -> u64 {
        self.bytes
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Segment {
    /// Opens the segment from its beginning. One that was rewritten since it was listed is read in its newer
    /// generation, whole; one that retention removed meanwhile has nothing to read: `None`.
    pub fn open(&self) -> Result<Option<Opened>, Error> {
        Ok(self.handle()?.map(|(file, bytes)| Opened::new(file, bytes)))
    }

    /// The open file and the bytes of it that count; see [`Segment::open`].
    pub(crate) fn handle(&self) -> Result<Option<Held>, Error> {
        if let Some(file) = &self.held {
            return Ok(Some((Arc::clone(file), self.bytes)));
        }
        match self.fs.open(&self.path, Open::Read) {
            Ok(file) => Ok(Some((file, self.bytes))),
            Err(error) if is_gone(&error) => self.newer(),
            Err(error) => Err(error).context("open", &self.path),
        }
    }

    fn newer(&self) -> Result<Option<Held>, Error> {
        let (stem, _) = split_generation(&self.path);
        for _ in 0..MAX_LISTINGS {
            let dir = self.path.parent().unwrap_or(Path::new("."));
            let newest = highest_generations(jsonl(&*self.fs, dir)?)
                .into_iter()
                .find(|path| split_generation(path).0 == stem);
            let Some(path) = newest else { return Ok(None) };
            match self.fs.open(&path, Open::Read) {
                Ok(file) => {
                    let bytes = file.stat().context("read", &path)?.bytes;
                    return Ok(Some((file, bytes)));
                }
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error).context("open", &path),
            }
        }
        Err(vanishing(&self.path))
    }

    /// The sealed segment that has replaced this one.
    pub(super) fn replaced_by(&self, path: PathBuf) -> Result<Self, Error> {
        let stat = self.fs.stat(&path).context("look at", &path)?;
        Ok(Self {
            path,
            sealed: true,
            bytes: stat.bytes,
            id: stat.id,
            held: None,
            fs: Arc::clone(&self.fs),
        })
    }

    /// Name of the file, without its folder.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    pub(crate) fn fs(&self) -> &dyn Filesystem {
        &*self.fs
    }

    pub(super) fn shared_fs(&self) -> Arc<dyn Filesystem> {
        Arc::clone(&self.fs)
    }
}

/// Not there any more, here or on another node's side of a network file system.
pub(super) fn is_gone(error: &io::Error) -> bool {
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
    for _ in 0..MAX_LISTINGS {
        let active = unsealed(data, kind)?;
        let Some(mut found) = sealed_segments(data, kind)? else {
            continue;
        };
        let seen: HashSet<FileId> = found.iter().map(|segment| segment.id).collect();
        found.extend(active.into_iter().filter(|a| !seen.contains(&a.id)));
        return Ok(found);
    }
    Err(vanishing(&data.store(kind)))
}

/// The active segments, of whatever writer.
pub(super) fn unsealed(data: &DataDir, kind: Kind) -> Result<Vec<Segment>, Error> {
    for _ in 0..MAX_LISTINGS {
        if let Some(found) = active_segments(data, kind)? {
            return Ok(found);
        }
    }
    Err(vanishing(&data.store(kind)))
}

/// `None`: a file vanished meanwhile.
fn active_segments(data: &DataDir, kind: Kind) -> Result<Option<Vec<Segment>>, Error> {
    let mut found = vec![];
    for path in jsonl(data.fs(), &data.store(kind))? {
        let file = match data.fs().open(&path, Open::Read) {
            Ok(file) => file,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(error).context("open", &path),
        };
        let stat = file.stat().context("read", &path)?;
        found.push(Segment {
            path,
            sealed: false,
            bytes: stat.bytes,
            id: stat.id,
            held: Some(file),
            fs: data.shared_fs(),
        });
    }
    Ok(Some(found))
}

fn sealed_segments(data: &DataDir, kind: Kind) -> Result<Option<Vec<Segment>>, Error> {
    let mut found = vec![];
    for path in highest_generations(jsonl(data.fs(), &data.sealed(kind))?) {
        let Ok(stat) = data.fs().stat(&path) else {
            return Ok(None);
        };
        found.push(Segment {
            path,
            sealed: true,
            bytes: stat.bytes,
            id: stat.id,
            held: None,
            fs: data.shared_fs(),
        });
    }
    Ok(Some(found))
}

/// Generations of sealed segments that a rewrite has replaced and did not get to remove. They must go before the newer
/// one does, or they would come back.
pub(crate) fn superseded(data: &DataDir, kind: Kind) -> Result<Vec<PathBuf>, Error> {
    let all = jsonl(data.fs(), &data.sealed(kind))?;
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
    /// A segment whose file is open already.
    pub(super) fn held(
        data: &DataDir,
        path: PathBuf,
        file: Arc<dyn FileHandle>,
    ) -> Result<Self, Error> {
        let stat = file.stat().context("read", &path)?;
        Ok(Self {
            path,
            sealed: false,
            bytes: stat.bytes,
            id: stat.id,
            held: Some(file),
            fs: data.shared_fs(),
        })
    }
}

/// Name of a segment sealed now; sorts by time, and no two writers make the same.
pub(super) fn sealed_name(kind: Kind) -> String {
    format!("{}.{}.g0.jsonl", kind.name(), uuid::Uuid::now_v7())
}

/// Of each segment the newest generation, in the order of their stems.
fn highest_generations(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut all: Vec<(String, u64, PathBuf)> = paths
        .into_iter()
        .map(|path| {
            let (stem, generation) = split_generation(&path);
            (stem, generation, path)
        })
        .collect();
    all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    all.dedup_by(|later, first| later.0 == first.0);
    all.into_iter().map(|(_, _, path)| path).collect()
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

fn jsonl(fs: &dyn Filesystem, dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let visible = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".jsonl") && !name.starts_with('.')
    };
    Ok(files::list(fs, dir)?.into_iter().filter(visible).collect())
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
