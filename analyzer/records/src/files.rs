//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::error::{Context, Error};

/// Makes a folder and those above it.
pub(crate) fn create_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).context("make the folder", path)
}

/// Makes the entries of a folder durable.
pub fn sync_dir(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|dir| dir.sync_all())
        .context("sync the folder", path)
}

/// Writes `bytes` to `path` by a file aside, fsync, rename and fsync of the folder.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new("."));
    create_dir(parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = parent.join(format!(".{name}.{}.tmp", uuid::Uuid::now_v7().simple()));
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(source) = written.and_then(|()| fs::rename(&aside, path)) {
        let _ = fs::remove_file(&aside);
        return Err(Error::Io {
            action: "write",
            path: path.to_owned(),
            source,
        });
    }
    sync_dir(parent)
}

/// Removes a file; one that is gone already is fine. Returns the bytes it had.
pub(crate) fn remove(path: &Path) -> Result<u64, Error> {
    let bytes = fs::metadata(path).map_or(0, |meta| meta.len());
    match fs::remove_file(path) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).context("remove", path),
    }
}

/// Entries of a folder in the order of their names; a missing folder has none.
pub(crate) fn list(path: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error).context("list", path),
    };
    let mut paths = vec![];
    for entry in entries {
        paths.push(entry.context("list", path)?.path());
    }
    paths.sort();
    Ok(paths)
}
