//! The file of an export while it is written: under another name, until it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use sha2::{Digest, Sha256};

use super::line_format;
use crate::dataset::hex;
use crate::erase::Content;
use crate::error::{Context, Error};
use crate::example::TrainingExample;
use crate::files;
use crate::filesystem::RealFilesystem;

/// Beginning of the document, up to the number of examples.
const HEAD: &str = "{\"source\":\"chat_interactions\",\"total_examples\":";

/// Digits kept free for the number of examples, which is known only at the end.
const TOTAL_WIDTH: usize = 20;

/// Bytes gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 256 << 10;

/// Age of an unfinished file that nobody writes to any more.
const UNFINISHED_AGE: Duration = Duration::from_secs(3600);

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Document,
    Lines,
    Log,
}

/// The file, written under another name.
pub(super) struct Aside {
    pub(super) layout: Layout,
    target: PathBuf,
    file: Output,
    /// The labels of a log.
    labels: Option<Output>,
    total: u64,
}

struct Output {
    path: PathBuf,
    out: BufWriter<File>,
    /// What was written, but for a head that is written again in the end.
    hash: Sha256,
    head_bytes: u64,
    bytes: u64,
}

impl Output {
    fn new(path: PathBuf) -> Result<Self, Error> {
        let file = File::create(&path).context("make", &path)?;
        let out = BufWriter::with_capacity(WRITE_BUFFER_BYTES, file);
        Ok(Self {
            path,
            out,
            hash: Sha256::new(),
            head_bytes: 0,
            bytes: 0,
        })
    }

    fn head(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.head_bytes = bytes.len() as u64;
        self.bytes = self.head_bytes;
        self.out.write_all(bytes).context("write", &self.path)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes).context("write", &self.path)
    }

    fn content(&self) -> Content {
        Content {
            bytes: self.bytes,
            from: self.head_bytes,
            sha256: hex(&self.hash.clone().finalize()),
        }
    }

    fn sync(&mut self) -> Result<(), Error> {
        self.out.flush().context("write", &self.path)?;
        self.out.get_ref().sync_all().context("sync", &self.path)
    }
}

impl Aside {
    pub(super) fn new(parent: &Path, target: &Path, layout: Layout) -> Result<Self, Error> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let unique = uuid::Uuid::now_v7().simple();
        remove_leftovers(parent, &name)?;
        let path = |end: &str| parent.join(format!(".{name}.{unique}{end}.tmp"));
        let labels = (layout == Layout::Log).then(|| Output::new(path(".labels")));
        Ok(Self {
            layout,
            target: target.to_owned(),
            file: Output::new(path(""))?,
            labels: labels.transpose()?,
            total: 0,
        })
    }

    pub(super) fn begin(&mut self) -> Result<(), Error> {
        if self.layout == Layout::Document {
            let now = Utc::now().to_rfc3339();
            let text = format!(
                "{HEAD}{:TOTAL_WIDTH$},\"export_timestamp\":\"{now}\",\"training_data\":[",
                0
            );
            self.file.head(text.as_bytes())?;
        }
        Ok(())
    }

    pub(super) fn rows(&mut self, rows: &[TrainingExample], text: &[u8]) -> Result<(), Error> {
        if self.layout == Layout::Document {
            let comma: &[u8] = if self.total == 0 { b"\n" } else { b",\n" };
            self.file.write(comma)?;
        }
        self.file.write(text)?;
        for row in rows {
            self.total += 1;
            if let Some(labels) = &mut self.labels {
                self.file.write(line_format::write(row).as_bytes())?;
                let mut label = serde_json::to_vec(&line_format::label(row, self.total))
                    .expect("a label is JSON");
                label.push(b'\n');
                labels.write(&label)?;
            }
        }
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<u64, Error> {
        if self.layout == Layout::Document {
            self.file.write(b"\n]}\n")?;
            let total = format!("{:TOTAL_WIDTH$}", self.total);
            let patch = |out: &mut BufWriter<File>| -> io::Result<()> {
                out.seek(SeekFrom::Start(HEAD.len() as u64))?;
                out.write_all(total.as_bytes())
            };
            patch(&mut self.file.out).context("write", &self.file.path)?;
        }
        self.file.sync()?;
        if let Some(labels) = &mut self.labels {
            labels.sync()?;
        }
        Ok(self.total)
    }

    /// The files as they are named now.
    pub(super) fn paths(&self) -> Vec<&Path> {
        let labels = self.labels.as_ref().map(|labels| labels.path.as_path());
        [self.file.path.as_path()]
            .into_iter()
            .chain(labels)
            .collect()
    }

    /// By what the files are known again.
    pub(super) fn contents(&self) -> Vec<Content> {
        let labels = self.labels.as_ref().map(Output::content);
        [self.file.content()].into_iter().chain(labels).collect()
    }

    /// The files as they are named in the end.
    pub(super) fn targets(&self) -> Vec<PathBuf> {
        let labels = self.labels.as_ref().map(|_| {
            let mut target = self.target.as_os_str().to_owned();
            target.push(super::logs::LABELS);
            PathBuf::from(target)
        });
        [self.target.clone()].into_iter().chain(labels).collect()
    }

    /// Gives the files their names: the labels first, since a log without them is read by the rules.
    pub(super) fn publish(&self, parent: &Path) -> Result<(), Error> {
        if let (Some(labels), Some(target)) = (&self.labels, self.targets().get(1)) {
            fs::rename(&labels.path, target).context("write", target)?;
        }
        fs::rename(&self.file.path, &self.target).context("write", &self.target)?;
        files::sync_dir(parent)
    }

    /// After an error: what it takes is needed where the disk is full.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(&self.file.path);
        if let Some(labels) = self.labels {
            let _ = fs::remove_file(&labels.path);
        }
    }
}

/// Removes what killed processes have left of this file.
fn remove_leftovers(parent: &Path, name: &str) -> Result<(), Error> {
    let begins = format!(".{name}.");
    for path in files::list(&RealFilesystem, parent)? {
        let other = path.file_name().unwrap_or_default().to_string_lossy();
        let is_old = || {
            let modified = fs::metadata(&path).and_then(|meta| meta.modified());
            let age = modified.map(|time| time.elapsed().unwrap_or_default());
            age.is_ok_and(|age| age >= UNFINISHED_AGE)
        };
        if other.starts_with(&begins) && other.ends_with(".tmp") && is_old() {
            files::remove(&RealFilesystem, &path)?;
        }
    }
    Ok(())
}
