//! Files that appear whole or not at all.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Context, Error};
use crate::filesystem::{FileHandle, Filesystem, Open, RealFilesystem, write_all_at};

/// Makes a folder and those above it, each durable in its parent before this returns.
pub(crate) fn create_dir(fs: &dyn Filesystem, path: &Path) -> Result<(), Error> {
    match fs.stat(path) {
        Ok(stat) if stat.is_dir => return Ok(()),
        Ok(_) => {
            return Err(Error::Damaged {
                path: path.to_owned(),
                problem: "a folder is needed, and a file is there: move it away".to_owned(),
            });
        }
        // Whether it is missing or a file is in the way shows further up.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
        Err(error) => return Err(error).context("look at", path),
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dir(fs, parent)?;
    }
    match fs.create_dir(path) {
        // Another process was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => other.context("make the folder", path)?,
    }
    let parent = parent.unwrap_or(Path::new("."));
    fs.sync_dir(parent).context("sync the folder", parent)
}

/// Makes the entries of a folder durable.
pub fn sync_dir(path: &Path) -> Result<(), Error> {
    RealFilesystem
        .sync_dir(path)
        .context("sync the folder", path)
}

/// Writes `bytes` to `path` by a file aside, fsync, rename and fsync of the folder.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_atomic_on(&RealFilesystem, path, bytes)
}

/// The same on another filesystem.
pub(crate) fn write_atomic_on(fs: &dyn Filesystem, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(fs, path, |file| {
        write_all_at(&**file, bytes, 0).context("write", path)
    })
}

/// Makes the file at `path` whole or not at all: `fill` writes it aside, then fsync, rename and fsync of the folder.
/// After an error nothing of it is left, as far as the filesystem lets it be removed.
pub(crate) fn replace(
    fs: &dyn Filesystem,
    path: &Path,
    fill: impl FnOnce(&Arc<dyn FileHandle>) -> Result<(), Error>,
) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new("."));
    create_dir(fs, parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = parent.join(format!(".{name}.{}.tmp", uuid::Uuid::now_v7().simple()));
    let file = fs.open(&aside, Open::New).context("make", &aside)?;
    let written = fill(&file).and_then(|()| {
        file.sync_all().context("sync", &aside)?;
        fs.rename(&aside, path).context("rename", path)
    });
    if let Err(error) = written {
        let _ = fs.remove_file(&aside);
        return Err(error);
    }
    fs.sync_dir(parent).context("sync the folder", parent)
}

/// Removes a file; one that is gone already is fine. Returns the bytes it had, and none if its name is there still.
pub(crate) fn remove(fs: &dyn Filesystem, path: &Path) -> Result<u64, Error> {
    let bytes = fs.stat(path).map_or(0, |stat| stat.bytes);
    match fs.remove_file(path) {
        Ok(()) if fs.stat(path).is_ok() => Ok(0),
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).context("remove", path),
    }
}

/// Entries of a folder in the order of their names; a missing folder has none.
pub(crate) fn list(fs: &dyn Filesystem, path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = match fs.list(path) {
        Ok(paths) => paths,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error).context("list", path),
    };
    // By bytes: all have the same parent, and comparing paths part by part takes most of the time of a long list.
    paths.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Ok(paths)
}
