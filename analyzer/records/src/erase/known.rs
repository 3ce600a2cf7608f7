//! Whether anything beside the store knows an interaction that retention removed.

use uuid::Uuid;

use super::exports;
use crate::dataset::has_rows_of;
use crate::error::Error;
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::{DataDir, Kind};

/// Whether a data set, an exported file or the quarantine names an interaction. All of them are read for it: to be asked
/// where the store itself does not know it. What cannot be read may name it.
pub fn is_known_beside_the_store(data: &DataDir, id: Uuid) -> Result<bool, Error> {
    for dir in files::list(&RealFilesystem, &data.datasets())? {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if may_be(has_rows_of(&dir, id)) {
            return Ok(true);
        }
    }
    for kind in [Kind::Interactions, Kind::Feedback] {
        for path in files::list(&RealFilesystem, &data.quarantine(kind))? {
            if may_be(exports::is_named_in_file(&path, id)) {
                return Ok(true);
            }
        }
    }
    Ok(may_be(exports::is_in_any(data, id)))
}

/// What cannot be read may name it.
fn may_be(named: Result<bool, Error>) -> bool {
    named.unwrap_or_else(|error| {
        tracing::warn!(%error, "nobody can say which interactions are in it");
        true
    })
}
