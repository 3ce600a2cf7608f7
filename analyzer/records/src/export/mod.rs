//! Interactions, what people said about them, and other logs, to training examples.
//!
//! A snapshot (each segment and log, and its length) is taken first; one part for each of them, folded within it. Memory
//! follows neither the data nor the largest segment: a fold that is full is passed on and begun anew.
//!
//! ```text
//! snapshot → maker (a line → record → entries → labels → fold), one a thread → parts (Parquet), or one stream in order
//! ```

mod aside;
mod card;
mod contributor;
mod counts;
mod dataset;
mod entries;
mod fold;
mod found;
mod held_out;
mod how;
mod line_format;
mod logs;
mod maker;
mod meter;
mod options;
mod origin;
mod parts;
mod record;
mod rules;
mod sample;
mod scan;
mod sequences;
mod snapshot;
mod stream;
mod threads;
mod workplace;

pub use counts::MAX_PROBLEMS;
pub use dataset::export_dataset;
pub(crate) use logs::LABELS;
pub use options::{ExportOptions, Filter, OnProgress, Progress};
pub use stream::{Written, export_document, export_log};
pub use threads::MAX_THREADS;
pub(crate) use workplace::{LOCK_FILE, SNAPSHOT_FILE};

use crate::error::Error;
use crate::layout::DataDir;

fn require(data: &DataDir) -> Result<(), Error> {
    if data.root().is_dir() {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "there is no data directory at {}: check --data and the volume's mount",
        data.root().display()
    )))
}
