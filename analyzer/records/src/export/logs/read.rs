//! One log to examples, in memory that does not follow its size.

use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;

use logloop_logs::{Entry, Level, LogStream, Neighbours};

use super::column;
use super::sidecar::{LineLabel, Sidecar};
use super::text::is_text;
use crate::error::{Context, Error};
use crate::example::{LabelSource, TrainingExample};
use crate::export::entries::{DEFAULT_CORRECTED_SEVERITY, Given, Label, Out, Seen};
use crate::export::line_format;
use crate::export::maker::{Maker, Sink, no_text};
use crate::export::sequences::{About, Mark};
use crate::unpack::Unpack;

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Bytes of the longest line whose first column is read; a longer one goes on as it is.
const MAX_LABELLED_LINE_BYTES: usize = 1 << 20;

/// All entries of a log; none of a file that holds no text. What cannot be read on is told and counted; what was read before stays.
pub(in crate::export) fn read(
    maker: &mut Maker<'_>,
    stored: impl Read,
    path: &Path,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut labels = Labels {
        sidecar: None,
        tags: None,
        failed: None,
        own: path == maker.data.log_export(),
        neighbours: Neighbours::default(),
        own_lines: 0,
    };
    let mut stream = Some(LogStream::new(None));
    let below = path.strip_prefix(maker.data.root()).unwrap_or(path);
    maker.sequences.begin(About {
        source: "log",
        log: below.to_string_lossy().into_owned(),
        weak: (LabelSource::Rule, LabelSource::Rule.weight()),
        ..About::default()
    });
    let read = Sidecar::of(maker.data, path).and_then(|sidecar| {
        labels.sidecar = sidecar;
        let Some(read) = lines(maker, stored, path, &mut labels, &mut stream, sink)? else {
            let problem = "its bytes are no text: take it away, or convert it to UTF-8";
            maker
                .counts
                .problem(maker.data, path, ("log_not_text", 1), problem);
            return Ok(());
        };
        labels.tell_what_is_behind(read, maker)
    });
    maker.sequences.end(&maker.snapshot.filter);
    let Err(error) = read else { return Ok(()) };
    match of_log_or_labels(&error, path) {
        Some((file, problem)) => {
            maker
                .counts
                .problem(maker.data, file, ("log_unreadable", 1), problem);
            Ok(())
        }
        // Of the place where the rows go, not of the log.
        None => Err(error),
    }
}

/// Where and what, if an error is about the log or its labels.
fn of_log_or_labels<'e>(error: &'e Error, log: &Path) -> Option<(&'e Path, String)> {
    let (path, problem) = match error {
        Error::Io {
            action,
            path,
            source,
        } => (path, format!("cannot {action} it: {source}")),
        Error::Damaged { path, problem } => (path, problem.clone()),
        _ => return None,
    };
    let is_of = path.to_string_lossy().starts_with(&*log.to_string_lossy());
    is_of.then_some((path, problem))
}

/// Gives all lines; how many there were. `None`: it holds no text.
fn lines(
    maker: &mut Maker<'_>,
    stored: impl Read,
    path: &Path,
    labels: &mut Labels,
    stream: &mut Option<LogStream>,
    sink: &mut dyn Sink,
) -> Result<Option<u64>, Error> {
    let mut unpack = Unpack::new(Box::new(stored)).context("read", path)?;
    let mut rest: Vec<u8> = vec![];
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut done, mut begun) = (0, false);
    loop {
        let read = unpack.read(&mut chunk).context("read", path)?;
        let bytes = unpack.packed_bytes();
        maker.read(bytes - done)?;
        done = bytes;
        rest.extend_from_slice(&chunk[..read]);
        if !begun && read > 0 && rest.len() < CHUNK_BYTES {
            continue;
        }
        if !begun {
            begun = true;
            if !is_text(&rest) {
                return Ok(None);
            }
            // A sidecar says more than a column; the column is no part of the message in either case.
            labels.tags = column::has_labels(&rest).then(Tags::default);
        }
        let last = read == 0;
        let whole = match &mut labels.tags {
            Some(tags) => tags.take_off(whole_lines(&mut rest, last)),
            None if labels.own => whole_lines(&mut rest, last),
            None => std::mem::take(&mut rest),
        };
        let lines = give(maker, &whole, last, path, labels, stream)?;
        maker.pass_on(sink, false)?;
        if last {
            return Ok(Some(lines));
        }
    }
}

/// Gives the parser the next bytes, and what it finds to the maker; in the end, how many lines there were.
fn give(
    maker: &mut Maker<'_>,
    bytes: &[u8],
    last: bool,
    path: &Path,
    labels: &mut Labels,
    stream: &mut Option<LogStream>,
) -> Result<u64, Error> {
    let mut lines = 0;
    let mut out = Out {
        filter: &maker.snapshot.filter,
        held_out: &maker.snapshot.held_out,
        contributors: &maker.snapshot.contributors,
        correctors: &maker.snapshot.correctors,
        fold: &mut maker.fold,
        rules: &mut maker.rules,
        sequences: &mut maker.sequences,
        given: Given::default(),
    };
    let no_text = |_| no_text(path);
    if labels.own {
        labels.push_own(bytes, &mut out);
        lines = labels.own_lines;
    } else {
        let mut each = |entry: Entry<'_>| labels.push(&entry, &mut out);
        if let Some(parser) = stream {
            parser.push(bytes, &mut each).map_err(no_text)?;
        }
        if last && let Some(parser) = stream.take() {
            lines = parser.finish(&mut each).map_err(no_text)?.0.total_lines;
        }
    }
    let given = out.given;
    maker.counts.given(given);
    labels.failed.take().map_or(Ok(lines), Err)
}

/// What is known of the lines of a log.
struct Labels {
    sidecar: Option<Sidecar>,
    tags: Option<Tags>,
    /// The sidecar could not be read on.
    failed: Option<Error>,
    neighbours: Neighbours,
    /// Written by the log-format export: see [`line_format`].
    own: bool,
    /// Lines of that which were read.
    own_lines: u64,
}

impl Labels {
    fn push(&mut self, entry: &Entry<'_>, out: &mut Out<'_>) {
        let (first, last) = (entry.line_start, entry.line_end);
        let tag = self.tags.as_mut();
        let tag = tag.and_then(|tags| tags.of_lines(first, last));
        let said = self.said(first, last);
        let said = said.or(tag.map(|is_failure| LineLabel {
            is_failure,
            ..LineLabel::default()
        }));
        let key = logloop_logs::key(&entry.message);
        self.neighbours.step(key, entry);
        let seen = Seen::of(entry, key, self.neighbours.before());
        let mark = self.give(said, seen, entry.level, out);
        // Where labels end nobody knows what is normal.
        if self.failed.is_none() {
            out.sequences.push(entry, key, mark, out.filter);
        }
    }

    /// Lines of the log-format export: an example each.
    fn push_own(&mut self, bytes: &[u8], out: &mut Out<'_>) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.own_lines += 1;
            let text = String::from_utf8_lossy(line);
            let said = self.said(self.own_lines, self.own_lines);
            if let Some(fields) = line_format::read(&text) {
                let seen = fields.seen();
                let level = seen.level.and_then(Level::from_word);
                self.give(said, seen, level, out);
            }
        }
    }

    fn give(
        &self,
        said: Option<LineLabel>,
        seen: Seen<'_>,
        level: Option<Level>,
        out: &mut Out<'_>,
    ) -> Mark {
        match said {
            // Nothing more is known of its labels, and the rules must not take their place.
            _ if self.failed.is_some() => Mark::default(),
            Some(said) => {
                let source = said.label_source.unwrap_or(LabelSource::Gold);
                labelled(&said, seen, out);
                Mark::of(said.is_failure, source, said.held_out)
            }
            None => {
                let by = (LabelSource::Rule, LabelSource::Rule.weight());
                out.add_by_rules(&seen, level, by, None, of_log)
            }
        }
    }

    /// Tells of labels that are of no line of the log.
    fn tell_what_is_behind(&mut self, lines: u64, maker: &mut Maker<'_>) -> Result<(), Error> {
        let Some(sidecar) = &mut self.sidecar else {
            return Ok(());
        };
        if let Some((first, labels)) = sidecar.behind(lines)? {
            let problem = format!(
                "line {first}: the label is of a line behind the end of the log, which has {lines} lines ({labels} \
                 labels are): were they made for another log?"
            );
            let counted = ("label_behind_end", labels);
            let path = sidecar.path();
            maker.counts.problem(maker.data, path, counted, problem);
        }
        Ok(())
    }

    fn said(&mut self, first: u64, last: u64) -> Option<LineLabel> {
        let sidecar = self.sidecar.as_mut().filter(|_| self.failed.is_none())?;
        match sidecar.of_lines(first, last) {
            Ok(said) => said,
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }
}

fn labelled<'a>(said: &'a LineLabel, mut seen: Seen<'a>, out: &mut Out<'_>) {
    let source = said.label_source.unwrap_or(LabelSource::Gold);
    let severity = said.severity.unwrap_or(DEFAULT_CORRECTED_SEVERITY);
    let label = Label {
        is_failure: said.is_failure,
        severity: if said.is_failure { severity } else { 0.0 },
        by: (source, said.weight.unwrap_or(source.weight())),
        who: said.contributor.as_deref(),
        said_at: said.said_at,
        patterns: &[],
        keywords: &[],
    };
    seen.component = said.component.as_deref().or(seen.component);
    seen.operation = said.operation.as_deref().or(seen.operation);
    seen.count = said.count.unwrap_or(1).max(1);
    out.add(&seen, label, || TrainingExample {
        held_out: said.held_out,
        ..of_log()
    });
}

/// An example of a log, with nothing of an entry in it yet.
fn of_log() -> TrainingExample {
    TrainingExample {
        source: "log".to_owned(),
        ..TrainingExample::default()
    }
}

/// Takes the whole lines off `rest`; at the end, or of a line without bounds, all of it.
fn whole_lines(rest: &mut Vec<u8>, last: bool) -> Vec<u8> {
    let end = match memchr::memrchr(b'\n', rest) {
        _ if last || rest.len() > MAX_LABELLED_LINE_BYTES => rest.len(),
        Some(at) => at + 1,
        None => 0,
    };
    let left = rest.split_off(end);
    std::mem::replace(rest, left)
}

/// What a first column says of lines, as far as their entries are still to come.
#[derive(Default)]
struct Tags {
    /// Number of the next line that is taken, less one.
    lines: u64,
    /// Lines that are not normal, by number.
    waiting: VecDeque<(u64, Tag)>,
}

/// A line that the column does not call normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Alert,
    /// It has no such column.
    None,
}

impl Tags {
    /// The lines with `-` in place of every tag: it is no part of the message, and would give the label away.
    fn take_off(&mut self, lines: Vec<u8>) -> Vec<u8> {
        let mut out = Vec::with_capacity(lines.len());
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.lines += 1;
            match column::tag(line) {
                Some(tag) if column::is_alert(tag) => {
                    self.waiting.push_back((self.lines, Tag::Alert));
                    out.push(b'-');
                    out.extend_from_slice(&line[tag.len()..]);
                }
                Some(_) => out.extend_from_slice(line),
                None => {
                    self.waiting.push_back((self.lines, Tag::None));
                    out.extend_from_slice(line);
                }
            }
        }
        out
    }

    /// Whether one of the lines is an alert. `None`: nobody says what they are, since the first of them has no such
    /// column; those behind it go on with what it began. Asked for in the order of the log.
    fn of_lines(&mut self, first: u64, last: u64) -> Option<bool> {
        let (mut alert, mut untold) = (false, false);
        let is_next = |next: &(u64, Tag)| next.0 <= last;
        while let Some((line, tag)) = self.waiting.front().copied().filter(is_next) {
            self.waiting.pop_front();
            alert |= tag == Tag::Alert && line >= first;
            untold |= tag == Tag::None && line == first;
        }
        (alert || !untold).then_some(alert)
    }
}
