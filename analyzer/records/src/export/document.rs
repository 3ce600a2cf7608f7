//! Export to the documented JSON document.

use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use chrono::Utc;

use super::{ExportOptions, Snapshot};
use crate::erase::{note_export, publish};
use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::DataDir;

/// Digits kept free for the number of examples, which is known only at the end.
const TOTAL_WIDTH: usize = 20;

/// Writes `{source, total_examples, export_timestamp, training_data: […]}` to `output`, aside
/// first and renamed when it is whole; missing folders are made. Returns the number of examples.
pub fn export_document(data: &Path, output: &Path, options: &ExportOptions) -> Result<u64, Error> {
    let data = DataDir::new(data);
    let snapshot = Snapshot::take(&data, options.since)?;
    let parent = output
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    files::create_dir(&RealFilesystem, parent)?;
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let aside = parent.join(format!(".{name}.{}.tmp", uuid::Uuid::now_v7().simple()));
    let written = write(&data, &snapshot, &aside).and_then(|total| {
        publish(&data, snapshot.source(), || {
            fs::rename(&aside, output).context("write", output)?;
            note_export(&data, output, snapshot.source().erasures)?;
            Ok(total)
        })
    });
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    let total = written?;
    files::sync_dir(parent)?;
    Ok(total)
}

fn write(data: &DataDir, snapshot: &Snapshot, path: &Path) -> Result<u64, Error> {
    let mut out = BufWriter::new(File::create(path).context("make", path)?);
    let head = "{\"source\":\"chat_interactions\",\"total_examples\":";
    let mut total: u64 = 0;
    let now = Utc::now().to_rfc3339();
    write!(
        out,
        "{head}{total:TOTAL_WIDTH$},\"export_timestamp\":\"{now}\",\"training_data\":["
    )
    .context("write", path)?;
    for segment in &snapshot.segments {
        let Some(opened) = segment.open()? else {
            continue;
        };
        let (examples, _) = snapshot.examples(data, segment, opened)?;
        for example in examples {
            let comma = if total == 0 { "\n" } else { ",\n" };
            let text = serde_json::to_string(&example).expect("an example is JSON");
            write!(out, "{comma}{text}").context("write", path)?;
            total += 1;
        }
    }
    let finish = |mut out: BufWriter<File>| {
        out.write_all(b"\n]}\n")?;
        out.seek(SeekFrom::Start(head.len() as u64))?;
        write!(out, "{total:TOTAL_WIDTH$}")?;
        out.into_inner()
            .map_err(std::io::IntoInnerError::into_error)?
            .sync_all()
    };
    finish(out).context("write", path)?;
    Ok(total)
}
