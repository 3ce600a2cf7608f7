//! Export to one file that grows as the data is read: the JSON document, JSON Lines, and log lines.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use chrono::Utc;
use sha2::{Digest, Sha256};

use super::line_format;
use super::maker::{Maker, Sink};
use super::meter::Meter;
use super::options::ExportOptions;
use super::parts::read_source;
use super::snapshot::Snapshot;
use super::threads;
use crate::dataset::{Problem, hex};
use crate::erase::{Content, note_export, publish};
use crate::error::{Context, Error};
use crate::example::TrainingExample;
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::DataDir;

/// Beginning of the document, up to the number of examples.
const HEAD: &str = "{\"source\":\"chat_interactions\",\"total_examples\":";

/// Digits kept free for the number of examples, which is known only at the end.
const TOTAL_WIDTH: usize = 20;

/// Bytes gathered before they are written.
const WRITE_BUFFER_BYTES: usize = 256 << 10;

/// Age of an unfinished file that nobody writes to any more.
const UNFINISHED_AGE: Duration = Duration::from_secs(3600);

/// What came of an export to a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Examples in it.
    pub examples: u64,
    /// Interactions that gave some.
    pub interactions: u64,
    /// What was left out, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// What could not be used, at most [`super::MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
}

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Document,
    Lines,
    Log,
}

/// Writes `{source, total_examples, export_timestamp, training_data: […]}` to `output`, or, if its name ends with
/// `.jsonl`, an example a line. Aside first and renamed when it is whole; missing folders are made.
pub fn export_document(
    data: &Path,
    output: &Path,
    options: &ExportOptions,
) -> Result<Written, Error> {
    let lines = output.extension().is_some_and(|end| end == "jsonl");
    let layout = if lines {
        Layout::Lines
    } else {
        Layout::Document
    };
    export(data, output, options, layout)
}

/// Writes an example a line as `timestamp|level|component|operation|message`, and the labels beside it, to
/// `output.labels.jsonl`: an export that reads the log has the same labels.
pub fn export_log(data: &Path, output: &Path, options: &ExportOptions) -> Result<Written, Error> {
    export(data, output, options, Layout::Log)
}

fn export(
    data: &Path,
    output: &Path,
    options: &ExportOptions,
    layout: Layout,
) -> Result<Written, Error> {
    let data = DataDir::new(data);
    super::require(&data)?;
    let snapshot = Snapshot::take(&data, options)?;
    let parent = output
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    files::create_dir(&RealFilesystem, parent)?;
    let mut aside = Aside::new(parent, output, layout)?;
    // Who is killed leaves it behind.
    let noted = |path: &Path, content| note_export(&data, path, content, snapshot.exported());
    let made = aside
        .paths()
        .into_iter()
        .try_for_each(|path| noted(path, None))
        .and_then(|()| write(&data, &snapshot, options, &mut aside))
        .and_then(|written| {
            publish(&data, snapshot.published(), || {
                for (content, target) in aside.contents().into_iter().zip(aside.targets()) {
                    noted(&target, Some(content))?;
                }
                aside.publish(parent)?;
                Ok(written)
            })
        });
    if made.is_err() {
        aside.remove();
    }
    made
}

fn write(
    data: &DataDir,
    snapshot: &Snapshot,
    options: &ExportOptions,
    aside: &mut Aside,
) -> Result<Written, Error> {
    let meter = Meter::new(snapshot.total_bytes(), options.progress.clone());
    let layout = aside.layout;
    aside.begin()?;
    let turns = Turns {
        state: Mutex::new((0, aside)),
        changed: Condvar::new(),
    };
    let done = threads::each(snapshot.sources.len(), options.threads, &meter, || {
        let mut maker = Maker::new(data, snapshot, &meter);
        let (turns, meter) = (&turns, &meter);
        move |index: usize| {
            let mut rows = Rows {
                turns,
                meter,
                index,
                layout,
            };
            let done = read_source(&mut maker, &snapshot.sources[index], &mut rows)
                .and_then(|(_, counts)| turns.next(index, meter).map(|()| counts));
            if done.is_err() {
                // Nobody waits for a turn that does not come.
                meter.stop();
                turns.changed.notify_all();
            }
            done
        }
    })?;
    meter.tell()?;
    let (_, aside) = turns
        .state
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut all = snapshot.refused.clone();
    done.iter().for_each(|counts| all.merge(counts));
    Ok(Written {
        examples: aside.end()?,
        interactions: all.interactions,
        left_out: all.left_out,
        problems: all.problems,
    })
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

/// Sources are read at once and written one after the other.
struct Turns<'a> {
    /// Whose turn it is, and where to write.
    state: Mutex<(usize, &'a mut Aside)>,
    changed: Condvar,
}

impl<'a> Turns<'a> {
    fn wait(
        &self,
        index: usize,
        meter: &Meter,
    ) -> Result<MutexGuard<'_, (usize, &'a mut Aside)>, Error> {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        while state.0 != index {
            meter.go_on()?;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        Ok(state)
    }

    fn next(&self, index: usize, meter: &Meter) -> Result<(), Error> {
        self.wait(index, meter)?.0 += 1;
        self.changed.notify_all();
        Ok(())
    }
}

/// The rows of one source.
struct Rows<'t, 'a> {
    turns: &'t Turns<'a>,
    meter: &'t Meter,
    index: usize,
    layout: Layout,
}

impl Sink for Rows<'_, '_> {
    fn rows(&mut self, rows: Vec<TrainingExample>) -> Result<(), Error> {
        let mut text = Vec::new();
        if self.layout != Layout::Log {
            for (at, row) in rows.iter().enumerate() {
                if self.layout == Layout::Document && at > 0 {
                    text.extend_from_slice(b",\n");
                }
                serde_json::to_writer(&mut text, row).expect("an example is JSON");
                if self.layout == Layout::Lines {
                    text.push(b'\n');
                }
            }
        }
        self.turns
            .wait(self.index, self.meter)?
            .1
            .rows(&rows, &text)
    }
}

/// The file, written under another name.
struct Aside {
    layout: Layout,
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
    fn new(parent: &Path, target: &Path, layout: Layout) -> Result<Self, Error> {
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

    fn begin(&mut self) -> Result<(), Error> {
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

    fn rows(&mut self, rows: &[TrainingExample], text: &[u8]) -> Result<(), Error> {
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

    fn end(&mut self) -> Result<u64, Error> {
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
    fn paths(&self) -> Vec<&Path> {
        let labels = self.labels.as_ref().map(|labels| labels.path.as_path());
        [self.file.path.as_path()]
            .into_iter()
            .chain(labels)
            .collect()
    }

    /// By what the files are known again.
    fn contents(&self) -> Vec<Content> {
        let labels = self.labels.as_ref().map(Output::content);
        [self.file.content()].into_iter().chain(labels).collect()
    }

    /// The files as they are named in the end.
    fn targets(&self) -> Vec<PathBuf> {
        let labels = self.labels.as_ref().map(|_| {
            let mut target = self.target.as_os_str().to_owned();
            target.push(super::logs::LABELS);
            PathBuf::from(target)
        });
        [self.target.clone()].into_iter().chain(labels).collect()
    }

    /// Gives the files their names: the labels first, since a log without them is read by the rules.
    fn publish(&self, parent: &Path) -> Result<(), Error> {
        if let (Some(labels), Some(target)) = (&self.labels, self.targets().get(1)) {
            fs::rename(&labels.path, target).context("write", target)?;
        }
        fs::rename(&self.file.path, &self.target).context("write", &self.target)?;
        files::sync_dir(parent)
    }

    /// After an error: what it takes is needed where the disk is full.
    fn remove(self) {
        let _ = fs::remove_file(&self.file.path);
        if let Some(labels) = self.labels {
            let _ = fs::remove_file(&labels.path);
        }
    }
}
