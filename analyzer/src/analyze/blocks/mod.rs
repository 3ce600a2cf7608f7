//! Which entries fail, and which belong to one that does.
//!
//! A pure state machine over the entries of a log, in their order. It looks ahead not at all and behind by
//! line numbers only, so that it costs a few comparisons where nothing fails. Two things are known at the end of
//! the log alone: what stands before a failure and leads to it, and whether words that say little count beside
//! clear failures. [`Blocks::finish`] has both; who lists entries runs a second pass with it.

mod shape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use logloop_logs::{Entry, Level};
use logloop_scoring::rules::Evidence;
pub(super) use shape::{Shape, shape};

/// Lines between an entry and the block that it may continue; blank ones alone can lie there.
const MAX_BLANK_LINES: u64 = 1;

/// Lines before a failure that can lead to it.
const MAX_LEAD_LINES: u64 = 200;

/// Spans of lines that lead to failures, 32 bytes each; beyond these they stay without.
const MAX_LEADS: usize = 100_000;

/// What the machine reads of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// First line, from 1.
    pub(super) first: u64,
    /// Last line, included.
    pub(super) last: u64,
    /// Level, if it has one.
    pub(super) level: Option<Level>,
    /// It has a time and a level of its own.
    pub(super) structured: bool,
    /// Kind of its first line.
    pub(super) shape: Shape,
    /// Blanks before its first line.
    pub(super) indent: usize,
    /// It is a mark around a script that a CI system repeats.
    pub(super) script: Script,
    /// How far its own verdict can be relied on.
    pub(super) evidence: Evidence,
    /// It announces that a whole (a build, a job) succeeded.
    pub(super) is_success: bool,
    /// Words, not only its level, say that it failed.
    pub(super) worded: bool,
    /// Group that it would be counted in.
    pub(super) group: u64,
    /// Whether the good run lacks it, where there is one.
    pub(super) is_new: Option<bool>,
}

/// Marks around a script that is repeated before it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Script {
    /// No mark.
    #[default]
    No,
    /// The script follows.
    Begins,
    /// It ended, its output follows.
    Ends,
}

/// What an entry is among the failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// No failure, unless it leads to one (see [`Decisions::leads_to`]).
    Quiet,
    /// It failed.
    Head,
    /// It belongs to the failure before it.
    Member {
        /// Group of that failure.
        group: u64,
        /// Evidence of that failure.
        evidence: Evidence,
    },
}

/// The machine.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Option<Open>,
    /// Lines before the next entry that lead to it if it fails: the first and last.
    lead: Option<(u64, u64)>,
    in_script: bool,
    /// Entries so far, and those with a time and a level.
    entries: u64,
    structured: u64,
    decisions: Decisions,
}

/// The failure that the next entry may belong to.
#[derive(Clone, Copy, Debug)]
struct Open {
    last: u64,
    group: u64,
    evidence: Evidence,
    /// Blanks before its first entry.
    indent: usize,
    /// Its last entry announced an end.
    ended: bool,
}

/// What is known at the end of the log.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    leads: Vec<Lead>,
    clear: bool,
    /// An entry without a time and level of its own announced how a whole ended: this is the log of a job.
    job: bool,
    /// Line of the last entry that announced that a whole succeeded, 0 without one.
    success: u64,
    clear_after_success: bool,
    outcome_after_success: bool,
}

#[derive(Clone, Copy, Debug)]
struct Lead {
    first: u64,
    last: u64,
    group: u64,
    evidence: Evidence,
}

impl Blocks {
    /// Reads the next entry.
    pub(super) fn push(&mut self, seen: &Seen) -> Role {
        // Where most entries have a time and a level, each speaks for itself. In the log of a job few do: there
        // the time is that of the system which runs it.
        self.entries += 1;
        self.structured += u64::from(seen.structured);
        let seen = &Seen {
            structured: seen.structured && 2 * self.structured >= self.entries,
            ..*seen
        };
        match seen.script {
            Script::Begins => self.in_script = true,
            Script::Ends => self.in_script = false,
            Script::No => {}
        }
        if seen.is_success && !seen.structured {
            self.decisions.succeed(seen.first);
        }
        if self.in_script || seen.script == Script::Ends {
            (self.open, self.lead) = (None, None);
            return Role::Quiet;
        }
        let open = self
            .open
            .filter(|open| seen.first <= open.last + 1 + MAX_BLANK_LINES);
        if let Some(open) = open
            && belongs(seen, open)
        {
            self.open = Some(Open {
                last: seen.last,
                ended: seen.evidence == Evidence::Outcome,
                ..open
            });
            self.lead = None;
            return Role::Member {
                group: open.group,
                evidence: open.evidence,
            };
        }
        if seen.evidence == Evidence::None || seen.is_new == Some(false) {
            self.open = None;
            self.follow_lead(seen);
            return Role::Quiet;
        }
        self.decisions.add(seen, self.lead);
        self.lead = None;
        self.open = Some(Open {
            last: seen.last,
            group: seen.group,
            evidence: seen.evidence,
            indent: seen.indent,
            ended: seen.evidence == Evidence::Outcome,
        });
        Role::Head
    }

    fn follow_lead(&mut self, seen: &Seen) {
        let leads = seen.level.is_none()
            && (matches!(seen.shape, Shape::Snippet | Shape::Ruler | Shape::Place)
                || seen.is_new == Some(true));
        self.lead = leads.then(|| match self.lead {
            Some((first, last))
                if seen.first <= last + 1 + MAX_BLANK_LINES
                    && seen.last - first < MAX_LEAD_LINES =>
            {
                (first, seen.last)
            }
            _ => (seen.first, seen.last),
        });
    }

    /// Line of the last entry that announced that a whole succeeded, 0 without one.
    pub(super) fn success(&self) -> u64 {
        self.decisions.success
    }

    /// What is known when all entries have been read.
    pub(super) fn finish(self) -> Decisions {
        self.decisions
    }
}

/// Whether an entry belongs to the failure right before it.
fn belongs(seen: &Seen, open: Open) -> bool {
    let quiet = seen.level.is_some_and(|level| level <= Level::Info);
    if seen.structured || quiet {
        return false;
    }
    let adjacent = seen.first == open.last + 1;
    let clear = open.evidence == Evidence::Clear && !open.ended;
    match (seen.evidence, seen.shape) {
        _ if seen.evidence > Evidence::None && seen.is_new == Some(false) => clear,
        // A trace goes on, whatever words are in it.
        (evidence, Shape::Frame) if seen.level.is_none() && evidence <= open.evidence => true,
        // Its own words make it a failure of its own; a level alone goes on with what was said.
        (Evidence::Clear, _) => !seen.worded && clear,
        (Evidence::Outcome, _) => adjacent && !open.ended,
        (Evidence::Weak, _) => adjacent && clear,
        (Evidence::None, _) if open.ended => false,
        (Evidence::None, Shape::Frame | Shape::Snippet | Shape::Comparison) => true,
        (Evidence::None, Shape::Indented) => adjacent && clear && seen.indent > open.indent,
        (Evidence::None, _) => clear && seen.is_new == Some(true),
    }
}

impl Decisions {
    fn succeed(&mut self, line: u64) {
        self.success = line;
        (self.clear_after_success, self.outcome_after_success) = (false, false);
    }

    fn add(&mut self, seen: &Seen, lead: Option<(u64, u64)>) {
        let is_clear = seen.evidence == Evidence::Clear;
        let is_outcome = seen.evidence == Evidence::Outcome && !seen.structured;
        self.clear |= is_clear;
        self.job |= is_outcome;
        self.clear_after_success |= is_clear;
        self.outcome_after_success |= is_outcome;
        let near = |(_, last): &(u64, u64)| seen.first <= last + 1 + MAX_BLANK_LINES;
        if let Some((first, last)) = lead.filter(near)
            && self.leads.len() < MAX_LEADS
        {
            self.leads.push(Lead {
                first,
                last,
                group: seen.group,
                evidence: seen.evidence,
            });
        }
    }

    /// Whether nothing counts that failed before the last success.
    pub(super) fn survived(&self) -> bool {
        self.success > 0 && (self.clear_after_success || !self.outcome_after_success)
    }

    /// Whether a failure of this evidence at a line counts. In the log of a job, words and announcements do not
    /// where something clearer is known, and nothing does that the job survived: it announced a success later,
    /// and failed afterwards for another reason or not at all.
    pub(super) fn counts(&self, evidence: Evidence, line: u64) -> bool {
        let survived = line < self.success && self.survived();
        match evidence {
            Evidence::None => false,
            Evidence::Weak | Evidence::Outcome => !(survived || self.job && self.clear),
            Evidence::Clear => !survived,
        }
    }

    /// Group of the failure that a quiet entry leads to, by its first line.
    pub(super) fn leads_to(&self, line: u64) -> Option<u64> {
        let after = self.leads.partition_point(|lead| lead.first <= line);
        let lead = self.leads[..after].last()?;
        (line <= lead.last && self.counts(lead.evidence, lead.last)).then_some(lead.group)
    }
}

impl Seen {
    /// What the machine reads of an entry; its verdict and group come from the scorer.
    pub(super) fn of(entry: &Entry<'_>) -> Self {
        let text = said(entry);
        Self {
            first: entry.line_start,
            last: entry.line_end,
            level: entry.level,
            structured: entry.level.is_some() && entry.timestamp.is_some(),
            shape: shape(text),
            indent: indent(text),
            script: script(text),
            evidence: Evidence::None,
            is_success: false,
            worded: false,
            group: 0,
            is_new: None,
        }
    }
}

/// The message of an entry with the blanks before it.
fn said<'e>(entry: &'e Entry<'_>) -> &'e str {
    if entry.level.is_none() && entry.timestamp.is_none() {
        return entry.raw;
    }
    let Cow::Borrowed(message) = &entry.message else {
        return &entry.message;
    };
    // The message is a part of the raw text: what lies before it ends with its indentation.
    let start = (message.as_ptr() as usize).wrapping_sub(entry.raw.as_ptr() as usize);
    let Some(before) = entry.raw.get(..start) else {
        return message;
    };
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let blanks = before.bytes().rev().take_while(is_blank).count();
    // One blank separates a message from the fields before it.
    let fields = before.len() > blanks;
    let indent = blanks.saturating_sub(usize::from(fields));
    entry.raw.get(start - indent..).unwrap_or(message)
}

fn indent(text: &str) -> usize {
    match text.as_bytes().first() {
        Some(byte) if byte.is_ascii_graphic() => 0,
        _ => text.len() - text.trim_start().len(),
    }
}

fn script(text: &str) -> Script {
    let text = &text[indent(text)..];
    if !text.starts_with('#') {
        Script::No
    } else if text.starts_with("##[group]Run ") {
        Script::Begins
    } else if text.starts_with("##[endgroup]") {
        Script::Ends
    } else {
        Script::No
    }
}
