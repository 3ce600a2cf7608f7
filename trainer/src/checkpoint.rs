//! The state of a training on the volume, so that a pod that was killed goes on where it was.
//!
//! `models/.progress/<version>.checkpoint`: a line with the digest of the rest, then safetensors. It is replaced as a
//! whole, read only if it is of the very same training, and gone when the version is published. One that cannot be
//! written or read costs time and nothing else.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use logloop_scoring::artifact::digest;
use logloop_scoring::features::FEATURE_VERSION;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;

use crate::device::Kind;
use crate::fit::Hyperparameters;
use crate::state::{Position, State};
use logloop_scoring::artifact::PROGRESS_DIR;

/// Pause between two checkpoints, at least, unless the user chooses.
pub const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);
/// Bytes of a checkpoint, at most: six networks of the widths that a training from nothing has are 28 MiB.
const MAX_CHECKPOINT_BYTES: u64 = 256 << 20;
/// How the file begins; another layout gets another number.
const MAGIC: &str = "logloop-checkpoint 1";
/// Bytes of the first line, at most.
const MAX_FIRST_LINE: usize = 128;
/// Key of the binding in the metadata.
const OF_KEY: &str = "of";
/// Key of the counters in the metadata.
const POSITION_KEY: &str = "position";

/// What a checkpoint is of. Anything else would come to another result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Of<'a> {
    /// The name of the version.
    pub version: &'a str,
    /// Digest of the data set.
    pub dataset: &'a str,
    /// Digest of the base.
    pub base: Option<&'a str>,
    /// Entries that are trained on.
    pub items: usize,
    /// Which of them are on which side ([`crate::split::Split::number`]): where another program made other sides, some of what is
    /// tested on now was learned.
    pub split: u64,
    /// What the user chose.
    pub hyper: Hyperparameters,
    /// Threads.
    pub threads: usize,
    /// What it runs on.
    pub device: Kind,
}

/// Keeps the state of one training.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    of: String,
    every: Duration,
    rested: Instant,
    has_failed: bool,
    tell: fn(&str),
}

impl Keeper {
    /// For a training; `tell` takes what people should know.
    pub fn new(models: &Path, of: &Of<'_>, every: Duration, tell: fn(&str)) -> Self {
        let program = env!("CARGO_PKG_VERSION");
        let of_json =
            serde_json::json!({"program": program, "features": FEATURE_VERSION, "of": of});
        Self {
            path: path(models, of.version),
            of: of_json.to_string(),
            every,
            rested: Instant::now(),
            has_failed: false,
            tell,
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state that an attempt before left, if it is of this training and whole.
    pub fn read(&self) -> Option<State> {
        match read(&self.path).and_then(|bytes| decode(&bytes, &self.of)) {
            Ok(state) => Some(state),
            Err(None) => None,
            Err(Some(problem)) => {
                self.anew(&problem);
                None
            }
        }
    }

    /// Tells that a checkpoint is of no use.
    pub fn anew(&self, problem: &str) {
        let path = self.path.display();
        (self.tell)(&format!(
            "the checkpoint {path} is not used, the training starts anew: {problem}"
        ));
    }

    /// Whether it is time for another one.
    pub fn is_due(&self) -> bool {
        self.rested.elapsed() >= self.every
    }

    /// Replaces the file. What goes wrong is told once.
    pub fn write(&mut self, state: &State) {
        let written = encode(state, &self.of).and_then(|bytes| {
            logloop_records::write_atomic(&self.path, &bytes).map_err(|error| error.to_string())
        });
        if let Err(problem) = written
            && !self.has_failed
        {
            self.has_failed = true;
            (self.tell)(&format!(
                "the training goes on without a checkpoint: {problem}; if the pod is killed, it starts anew"
            ));
        }
        self.rested = Instant::now();
    }

    /// Tells people.
    pub fn tell(&self, text: &str) {
        (self.tell)(text);
    }
}

/// Where the checkpoint of a version is.
pub fn path(models: &Path, version: &str) -> PathBuf {
    models
        .join(PROGRESS_DIR)
        .join(format!("{version}.checkpoint"))
}

/// Removes the checkpoint of a version; one that stays is swept later.
pub fn remove(models: &Path, version: &str) {
    let _ = fs::remove_file(path(models, version));
}

/// The bytes of a file. `Err(None)`: there is none.
fn read(path: &Path) -> Result<Vec<u8>, Option<String>> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => None,
        _ => Some(format!("it cannot be read ({error})")),
    };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(MAX_CHECKPOINT_BYTES + 1);
    bounded.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_CHECKPOINT_BYTES {
        let mib = MAX_CHECKPOINT_BYTES >> 20;
        return Err(Some(format!("it has more than {mib} MiB")));
    }
    Ok(bytes)
}

fn encode(state: &State, of: &str) -> Result<Vec<u8>, String> {
    let floats = state.floats.iter().map(|(name, (shape, values))| {
        let bytes = bytes_of(values.iter().map(|value| value.to_le_bytes()));
        (name, Dtype::F32, shape.clone(), bytes)
    });
    let indices = state.indices.iter().map(|(name, values)| {
        let bytes = bytes_of(values.iter().map(|value| value.to_le_bytes()));
        (name, Dtype::U32, vec![values.len()], bytes)
    });
    let raw: Vec<_> = floats.chain(indices).collect();
    let views = raw.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views = views
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    let position = serde_json::to_string(&state.position).map_err(|error| error.to_string())?;
    let metadata = HashMap::from([
        (OF_KEY.to_owned(), of.to_owned()),
        (POSITION_KEY.to_owned(), position),
    ]);
    let mut bytes =
        safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())?;
    let head = format!("{MAGIC} {}\n", digest(&bytes));
    bytes.splice(..0, head.bytes());
    if bytes.len() as u64 > MAX_CHECKPOINT_BYTES {
        let mib = MAX_CHECKPOINT_BYTES >> 20;
        return Err(format!("it would have more than {mib} MiB"));
    }
    Ok(bytes)
}

fn bytes_of(words: impl ExactSizeIterator<Item = [u8; 4]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(words.len() * 4);
    words.for_each(|word| bytes.extend_from_slice(&word));
    bytes
}

fn decode(bytes: &[u8], of: &str) -> Result<State, Option<String>> {
    let damaged = || Some("it is damaged".to_owned());
    let head = &bytes[..bytes.len().min(MAX_FIRST_LINE)];
    let end = head
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(damaged)?;
    let (head, body) = (&bytes[..end], &bytes[end + 1..]);
    if head != format!("{MAGIC} {}", digest(body)).as_bytes() {
        return Err(damaged());
    }
    let (_, metadata) = SafeTensors::read_metadata(body).map_err(|_| damaged())?;
    let metadata = metadata.metadata().clone().unwrap_or_default();
    if metadata.get(OF_KEY).map(String::as_str) != Some(of) {
        let problem =
            "it is of other data, a base, options, threads or a release that are not these";
        return Err(Some(problem.to_owned()));
    }
    let position = metadata.get(POSITION_KEY).ok_or_else(damaged)?;
    let position: Position = serde_json::from_str(position).map_err(|_| damaged())?;
    let mut state = State {
        position,
        ..State::default()
    };
    for (name, view) in SafeTensors::deserialize(body)
        .map_err(|_| damaged())?
        .iter()
    {
        let words = view
            .data()
            .chunks_exact(4)
            .map(|word| [word[0], word[1], word[2], word[3]]);
        match view.dtype() {
            Dtype::F32 => {
                let values = words.map(f32::from_le_bytes).collect();
                state
                    .floats
                    .insert(name.to_owned(), (view.shape().to_vec(), values));
            }
            Dtype::U32 => {
                let values = words.map(u32::from_le_bytes).collect();
                state.indices.insert(name.to_owned(), values);
            }
            _ => return Err(damaged()),
        }
    }
    Ok(state)
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
