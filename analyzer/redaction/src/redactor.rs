//! The redactor: finds spans block by block and writes the text with placeholders.

use std::borrow::Cow;

use crate::bytes::{line_end, line_start, next_line};
use crate::config::{Config, Error, rule_set};
use crate::key::Key;
use crate::kind::{Counts, Kind, Kinds};
use crate::placeholder;
use crate::rules::{self, Patterns, Progress};
use crate::span::{Span, merge};

/// A line with something replaced is looked at again until nothing is found, this many times at most. One more look
/// suffices but for texts that were made to defy it.
pub const MAX_ROUNDS: usize = 16;
/// The passes go over the text in blocks of about this many bytes, which stay in the processor's cache between them.
const BLOCK_BYTES: usize = 32 << 10;

/// Replaces what its settings name in any text. Cheap to share between threads, costly to make.
pub struct Redactor {
    kinds: Kinds,
    patterns: Patterns,
    rule_set: String,
    key: Key,
}

/// A text without what was to be redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted<'t> {
    /// The text; borrowed if there was nothing to replace.
    pub text: Cow<'t, str>,
    /// How many values of each kind were replaced; the lines of a private key count each.
    pub counts: Counts,
}

impl Redactor {
    /// A redactor of these settings, whose placeholders are made with `key`.
    ///
    /// # Errors
    /// User patterns that are too many, too long, wrong, too large when compiled, or match the empty text.
    pub fn new(config: Config, key: Key) -> Result<Redactor, Error> {
        rules::prepare();
        Ok(Redactor {
            kinds: config.kinds,
            patterns: Patterns::new(&config.patterns)?,
            rule_set: rule_set(config.kinds, &config.patterns),
            key,
        })
    }

    /// The name of the rules that every text passed: version and kinds, `v1:secrets,email,card`. Equal names mean equal
    /// rules; it belongs into the record.
    pub fn rule_set(&self) -> &str {
        &self.rule_set
    }

    /// The text with placeholders. Whole texts only: a private key is known by its first line.
    pub fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        let mut counts = Counts::default();
        let mut spans = self.find(text);
        if spans.is_empty() {
            return Redacted {
                text: Cow::Borrowed(text),
                counts,
            };
        }
        let mut out = self.replace(text, &spans, &mut counts);
        // Lines do not depend on each other but within private keys.
        for _ in 0..MAX_ROUNDS {
            if !spans.iter().any(|span| span.kind == Kind::PrivateKey) {
                break;
            }
            spans = self.find(&out);
            if spans.is_empty() {
                break;
            }
            out = self.replace(&out, &spans, &mut counts);
        }
        Redacted {
            text: Cow::Owned(out),
            counts,
        }
    }

    /// Redacts a text of a record where it lies, and adds to its counts.
    pub fn redact_in_place(&self, text: &mut String, counts: &mut Counts) {
        let redacted = self.redact(text);
        counts.add(&redacted.counts);
        if let Cow::Owned(new) = redacted.text {
            *text = new;
        }
    }

    /// Every span that is to be replaced, in order and apart from each other.
    fn find(&self, text: &str) -> Vec<Span> {
        let bytes = text.as_bytes();
        let mut spans = Vec::new();
        let mut progress = Progress::default();
        let mut start = 0;
        while start < bytes.len() {
            let end = match start + BLOCK_BYTES < bytes.len() {
                true => next_line(bytes, line_end(bytes, start + BLOCK_BYTES)),
                false => bytes.len(),
            };
            rules::scan(self.kinds, text, start..end, &mut progress, &mut spans);
            start = end;
        }
        self.find_patterns(text, &mut spans);
        if spans.is_empty() {
            return spans;
        }
        let mut spans: Vec<Span> = spans
            .into_iter()
            .filter_map(|span| placeholder::respect(bytes, span))
            .collect();
        merge(&mut spans);
        spans
    }

    fn find_patterns(&self, text: &str, spans: &mut Vec<Span>) {
        if self.patterns.is_empty() {
            return;
        }
        let mut start = 0;
        while start < text.len() {
            let end = line_end(text.as_bytes(), start);
            self.patterns.find(&text[start..end], |from, to| {
                spans.push(Span::new(start + from, start + to, Kind::Pattern));
            });
            start = next_line(text.as_bytes(), end);
        }
    }

    /// Writes the text with placeholders for `spans`; each line with one is looked at again until nothing is found.
    fn replace(&self, text: &str, spans: &[Span], counts: &mut Counts) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 8);
        let mut done = 0;
        let mut rest = spans;
        while let Some(first) = rest.first() {
            let start = line_start(text.as_bytes(), first.start);
            let end = line_end(text.as_bytes(), first.start);
            let here = rest.iter().take_while(|span| span.start < end).count();
            let (spans, later) = rest.split_at(here);
            out.push_str(&text[done..start]);
            self.settle(&mut out, &text[start..end], start, spans, counts);
            (done, rest) = (end, later);
        }
        out.push_str(&text[done..]);
        out
    }

    /// Writes one line, which begins at `offset` of the text that `spans` count in.
    fn settle(
        &self,
        out: &mut String,
        line: &str,
        offset: usize,
        spans: &[Span],
        counts: &mut Counts,
    ) {
        let from = out.len();
        self.write(out, line, offset, spans, counts);
        for _ in 0..MAX_ROUNDS {
            let spans = self.find(&out[from..]);
            if spans.is_empty() {
                break;
            }
            let line = out.split_off(from);
            self.write(out, &line, 0, &spans, counts);
        }
    }

    fn write(
        &self,
        out: &mut String,
        line: &str,
        offset: usize,
        spans: &[Span],
        counts: &mut Counts,
    ) {
        let mut done = 0;
        for span in spans {
            let (start, end) = (span.start - offset, span.end - offset);
            out.push_str(&line[done..start]);
            placeholder::push(out, &self.key, span.kind, &line[start..end]);
            counts.count(span.kind);
            done = end;
        }
        out.push_str(&line[done..]);
    }
}
