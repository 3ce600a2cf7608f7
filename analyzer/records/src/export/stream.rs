//! Export to one file that grows as the data is read: the JSON document, JSON Lines, and log lines.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard};

use super::aside::{Aside, Layout};
use super::maker::{Maker, Sink};
use super::meter::Meter;
use super::options::ExportOptions;
use super::parts::read_source;
use super::snapshot::Snapshot;
use super::threads;
use crate::dataset::Problem;
use crate::erase::{note_export, publish};
use crate::error::Error;
use crate::example::TrainingExample;
use crate::files;
use crate::filesystem::RealFilesystem;
use crate::layout::DataDir;

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
    let threads = threads::used(snapshot.sources.len(), options.threads);
    let done = threads::each(snapshot.sources.len(), threads, &meter, || {
        let mut maker = Maker::new(data, snapshot, &meter, threads);
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
