//! Interactions and logs to folded examples: what one thread has.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use logloop_logs::{Entry, LogStream};

use super::counts::Counts;
use super::entries::{Entries, Given, Label, Out, Seen};
use super::fold::Fold;
use super::meter::Meter;
use super::origin::Origin;
use super::record::{self, Group, Log, Record};
use super::rules::Rules;
use super::sample::{Share, Windows};
use super::sequences::{About, MAX_READ_BYTES, Sequences};
use super::snapshot::Snapshot;
use crate::blob;
use crate::crc::{self, Check};
use crate::error::{Context, Error};
use crate::example::TrainingExample;
use crate::layout::DataDir;
use crate::sequence::TrainingSequence;
use crate::store::{Courtesy, for_each_line};

/// Bytes of a blob that are unpacked at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Where the rows of a part go.
pub(super) trait Sink {
    /// Takes the next rows, in order.
    fn rows(&mut self, rows: Vec<TrainingExample>) -> Result<(), Error>;

    /// Whether it takes sequences.
    fn wants_sequences(&self) -> bool {
        false
    }

    /// Takes the next sequences, in order.
    fn sequences(&mut self, _rows: Vec<TrainingSequence>) -> Result<(), Error> {
        Ok(())
    }
}

/// Makes the rows of one source after the other.
pub(super) struct Maker<'s> {
    pub(super) data: &'s DataDir,
    pub(super) snapshot: &'s Snapshot,
    meter: &'s Meter,
    courtesy: Courtesy,
    pub(super) fold: Fold,
    pub(super) rules: Rules,
    pub(super) sequences: Sequences,
    pub(super) counts: Counts,
}

impl<'s> Maker<'s> {
    /// For one of so many threads.
    pub(super) fn new(
        data: &'s DataDir,
        snapshot: &'s Snapshot,
        meter: &'s Meter,
        threads: usize,
    ) -> Self {
        Self {
            data,
            snapshot,
            meter,
            courtesy: Courtesy::of(data, threads, Duration::MAX),
            fold: Fold::default(),
            rules: Rules::default(),
            sequences: Sequences::default(),
            counts: Counts::default(),
        }
    }

    /// So many more bytes were read. Leaves the machine to those who append, for as long as somebody does. An error: the
    /// export is to end.
    pub(super) fn read(&mut self, bytes: u64) -> Result<(), Error> {
        self.courtesy.give_way();
        self.meter.read(bytes)
    }

    /// All interactions of a segment, as long as the snapshot saw it. A damaged line is counted, and the rest is read.
    pub(super) fn segment(
        &mut self,
        opened: impl std::io::Read,
        path: &Path,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        for_each_line(opened, path, |line| {
            self.read(line.length)?;
            if !line.ended || line.is_blank() {
                return Ok(());
            }
            let check = crc::check(line.bytes);
            let text = std::str::from_utf8(line.bytes).ok();
            let record = text
                .filter(|_| !line.is_too_long())
                .and_then(|text| record::of(text, check))
                .map(|record| record.with_id(line.bytes));
            match record {
                None => self.counts.leave_out("damaged", 1),
                Some(record) => match self.refuses(&record, check) {
                    Some(reason) => self.counts.leave_out(reason, 1),
                    None => self.interaction(&record, line.offset),
                },
            }
            self.pass_on(sink, false)
        })
    }

    /// What was counted since the last source; the rows that are held go to the sink.
    pub(super) fn finish(&mut self, sink: &mut dyn Sink) -> Result<Counts, Error> {
        self.pass_on(sink, true)?;
        let left_out = self.sequences.left_out();
        self.counts.leave_out("too_many_sequences", left_out);
        Ok(std::mem::take(&mut self.counts))
    }

    /// Passes rows on, if there are too many to hold.
    pub(super) fn pass_on(&mut self, sink: &mut dyn Sink, all: bool) -> Result<(), Error> {
        let sequences = self.sequences.rows(all);
        if !sequences.is_empty() {
            self.counts.sequences += sequences.len() as u64;
            sink.sequences(sequences)?;
        }
        if !all && !self.fold.is_full() {
            return Ok(());
        }
        let rows = self.fold.take();
        if rows.is_empty() {
            return Ok(());
        }
        self.counts.rows(&rows);
        self.meter.wrote(rows.len() as u64);
        sink.rows(rows)
    }

    /// Why nothing is learnt from an interaction.
    fn refuses(&self, record: &Record<'_>, check: Check) -> Option<&'static str> {
        let filter = &self.snapshot.filter;
        if check == Check::Wrong {
            Some("wrong_checksum")
        } else if record.is_erased(&self.snapshot.erased) {
            Some("erased")
        } else if filter.since.is_some_and(|since| record.timestamp < since) {
            Some("before_since")
        } else if filter.subject.is_some() && filter.subject.as_deref() != record.subject.as_deref()
        {
            Some("other_subject")
        } else if filter.useful_only && self.origin(record).is_useful() != Some(true) {
            Some("not_useful")
        } else {
            None
        }
    }

    fn origin<'r>(&self, record: &'r Record<'r>) -> Origin<'r>
    where
        's: 'r,
    {
        Origin {
            record,
            said: self.snapshot.said.get(&record.id),
        }
    }

    /// An interaction that so many bytes of its segment stand before.
    fn interaction<'r>(&mut self, record: &'r Record<'r>, offset: u64)
    where
        's: 'r,
    {
        let (origin, share) = (self.origin(record), Share::after(offset));
        self.sequences.begin(About {
            source: "chat_interaction",
            log: record.id.to_string(),
            interaction_id: Some(record.id.to_string()),
            interaction_timestamp: Some(record.timestamp),
            contributor: origin
                .subject()
                .map(|subject| self.snapshot.contributors.of(subject)),
            weak: origin.weak(),
        });
        let reads = self.sequences.reads_after(offset);
        let mut out = Out {
            filter: &self.snapshot.filter,
            held_out: &self.snapshot.held_out,
            contributors: &self.snapshot.contributors,
            correctors: &self.snapshot.correctors,
            fold: &mut self.fold,
            rules: &mut self.rules,
            sequences: &mut self.sequences,
            given: Given::default(),
        };
        let read = if is_sampled(&origin, share) {
            sampled(self.data, origin, share, &mut out).and_then(|()| {
                if reads && record.analysis_results.stats.has_transactions() {
                    transactions(self.data, origin, &mut out)?;
                }
                Ok(())
            })
        } else {
            whole(self.data, origin, &mut out)
        };
        out.sequences.end(out.filter);
        let given = out.given;
        if let Err(error) = read {
            tracing::warn!(id = %record.id, %error, "left out: its log cannot be read");
            self.counts.leave_out("log_unreadable", 1);
        }
        self.counts.interactions += u64::from(given.entries > 0);
        self.counts.given(given);
    }
}

/// Whether the failures that the answer lists, and windows of the rest, do: nobody corrected a line, and the log is long.
fn is_sampled(origin: &Origin<'_>, share: Share) -> bool {
    let results = &origin.record.analysis_results;
    origin.corrections().is_empty()
        && results.stats.total_lines > share.max_whole_lines()
        && results.stats.format().is_some()
        && results
            .failures
            .iter()
            .all(|group| !group.log_entry.is_empty())
}

/// Every entry of the log.
fn whole(data: &DataDir, origin: Origin<'_>, out: &mut Out<'_>) -> Result<(), Error> {
    let record = origin.record;
    let stats = &record.analysis_results.stats;
    let mut entries = Entries::of(origin);
    let mut each = |entry: Entry<'_>| {
        let mark = entries.push(&entry, out);
        out.sequences
            .push(&entry, logloop_logs::key(&entry.message), mark, out.filter);
    };
    let Some(name) = record.log_blob.as_deref() else {
        let text = record.log_content.text().unwrap_or_default();
        stats.parser().feed(&text, true, &mut each);
        return Ok(());
    };
    let path = blob::path(data, name)?;
    let mut stream = LogStream::new(stats.forced_format());
    let no_text = |_| no_text(&path);
    in_chunks(blob::open(data, &path)?, &path, |chunk| {
        stream.push(chunk, &mut each).map_err(no_text)
    })?;
    stream.finish(&mut each).map_err(no_text)?;
    Ok(())
}

/// The groups of failures as they are told, and of the other entries those in windows.
fn sampled<'r>(
    data: &DataDir,
    origin: Origin<'r>,
    share: Share,
    out: &mut Out<'_>,
) -> Result<(), Error> {
    let record = origin.record;
    let stats = &record.analysis_results.stats;
    let Some(format) = stats.format() else {
        return Ok(());
    };
    for group in &record.analysis_results.failures {
        failure(group, format, origin, out);
    }
    let mut entries = Entries::without_failures(origin);
    let mut each = |entry: Entry<'_>| {
        entries.push(&entry, out);
    };
    let mut windows = Windows::of(format, share, stats.total_lines);
    match (record.log_blob.as_deref(), &record.log_content) {
        (None, Log::Escaped(raw)) => {
            windows.escaped(raw, &mut each);
            return Ok(());
        }
        (None, Log::Plain(text)) => windows.push(text.as_bytes(), &mut each),
        (Some(name), _) => {
            let path = blob::path(data, name)?;
            in_chunks(blob::open(data, &path)?, &path, |chunk| {
                windows.push(chunk, &mut each);
                Ok(())
            })?;
        }
    }
    windows.finish(&mut each);
    Ok(())
}

/// The transactions at the beginning of a long log, for what is normal alone: no example is made of their entries.
fn transactions(data: &DataDir, origin: Origin<'_>, out: &mut Out<'_>) -> Result<(), Error> {
    let record = origin.record;
    let stats = &record.analysis_results.stats;
    let entries = Entries::of(origin);
    let mut each = |entry: Entry<'_>| {
        let mark = entries.mark(&entry);
        out.sequences
            .push(&entry, logloop_logs::key(&entry.message), mark, out.filter);
    };
    let Some(name) = record.log_blob.as_deref() else {
        let text = record.log_content.text().unwrap_or_default();
        let part = &text[..text.floor_char_boundary(MAX_READ_BYTES)];
        stats.parser().feed(part, true, &mut each);
        return Ok(());
    };
    let path = blob::path(data, name)?;
    let mut part = Vec::new();
    blob::open(data, &path)?
        .take(MAX_READ_BYTES as u64)
        .read_to_end(&mut part)
        .context("read", &path)?;
    let mut stream = LogStream::new(stats.forced_format());
    let no_text = |_| no_text(&path);
    stream.push(&part, &mut each).map_err(no_text)?;
    stream.finish(&mut each).map_err(no_text)?;
    Ok(())
}

/// A group of failures as one example, with its first entry and the count of all.
fn failure<'r>(
    group: &'r Group<'r>,
    format: logloop_logs::Format,
    origin: Origin<'r>,
    out: &mut Out<'_>,
) {
    let mut first = None;
    logloop_logs::Parser::assuming(format).feed(&group.log_entry, true, &mut |entry: Entry<'_>| {
        if first.is_none() {
            first = Some((entry.message.into_owned(), entry.raw.to_owned()));
        }
    });
    let Some((message, raw)) = first else {
        return;
    };
    let seen = Seen {
        raw: &raw,
        key: logloop_logs::key(&message),
        message: &message,
        level: group.level.as_deref(),
        component: group.component.as_deref(),
        operation: group.operation.as_deref(),
        timestamp: group.timestamp.as_deref(),
        transaction_id: group.transaction_id.as_deref(),
        count: group.count.max(1),
        before: None,
    };
    let label = Label {
        is_failure: true,
        severity: group.severity,
        by: origin.weak(),
        who: origin.subject(),
        said_at: origin.useful_at(),
        patterns: &group.error_patterns,
        keywords: &group.keywords,
    };
    out.add(&seen, label, || origin.example());
}

/// What is said of a file that holds no log.
pub(super) fn no_text(path: &Path) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        problem: "its bytes are no text: is it a log?".to_owned(),
    }
}

fn in_chunks(
    mut reader: impl std::io::Read,
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = reader.read(&mut chunk).context("read", path)?;
        if read == 0 {
            return Ok(());
        }
        each(&chunk[..read])?;
    }
}
