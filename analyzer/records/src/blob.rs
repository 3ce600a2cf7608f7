//! Logs too large for a record: one zstd file each, beside the segments.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::error::{Context, Error};
use crate::files;
use crate::filesystem::{Open, Sink, Stream};
use crate::interaction::Interaction;
use crate::layout::DataDir;

/// Logs up to this many bytes stay inside of the record.
pub const MAX_INLINE_LOG_BYTES: usize = 256 << 10;

/// Largest log in bytes, decompressed.
pub const MAX_LOG_BYTES: usize = 256 << 20;

/// zstd level: logs are written once and read a few times.
const ZSTD_LEVEL: i32 = 3;

/// Moves a large log out of the record into a blob of its own, durable before the record is.
pub fn spill(data: &DataDir, interaction: &mut Interaction) -> Result<(), Error> {
    if interaction.log_content.len() <= MAX_INLINE_LOG_BYTES {
        return Ok(());
    }
    let name = format!("{}.log.zst", interaction.id);
    let path = data.blobs().join(&name);
    files::replace(data.fs(), &path, |file| {
        let mut packer =
            zstd::Encoder::new(Sink::new(&**file), ZSTD_LEVEL).context("compress", &path)?;
        // A flipped bit is told when the log is read.
        packer.include_checksum(true).context("compress", &path)?;
        packer
            .write_all(interaction.log_content.as_bytes())
            .and_then(|()| packer.finish())
            .context("write", &path)?;
        Ok(())
    })?;
    interaction.log_content = String::new();
    interaction.log_blob = Some(name);
    Ok(())
}

/// The log of an interaction, wherever it lies.
pub fn log<'a>(data: &DataDir, interaction: &'a Interaction) -> Result<Cow<'a, str>, Error> {
    let Some(name) = &interaction.log_blob else {
        return Ok(Cow::Borrowed(&interaction.log_content));
    };
    let path = path(data, name)?;
    let mut text = String::new();
    open(data, &path)?
        .read_to_string(&mut text)
        .context("read", &path)?;
    Ok(Cow::Owned(text))
}

/// The bytes of a blob, unpacked as they are read, up to [`MAX_LOG_BYTES`].
pub(crate) fn open(data: &DataDir, path: &Path) -> Result<impl Read + use<>, Error> {
    let file = data.fs().open(path, Open::Read).context("open", path)?;
    let packed = Stream::new(file, 0, u64::MAX);
    let reader = zstd::Decoder::new(packed).context("read", path)?;
    Ok(reader.take(MAX_LOG_BYTES as u64))
}

/// Path of a blob; a name that leads elsewhere is refused.
pub fn path(data: &DataDir, name: &str) -> Result<PathBuf, Error> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        return Err(Error::Damaged {
            path: data.blobs().join("?"),
            problem: format!("{name:?} is no name of a blob; the record that holds it was changed"),
        });
    }
    Ok(data.blobs().join(name))
}
