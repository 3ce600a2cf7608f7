//! What is known at the end of a log, to tell of each entry in a second pass.

use std::collections::HashMap;

use logloop_logs::{Entry, Preceding, Template, Templates, Texts};
use logloop_records::Failure;

use super::baseline::Baseline;
use super::blocks::{Blocks, Decisions, Role, Seen};
use super::group;
use super::scorer::{Scorer, Verdict};

/// The decisions on a log. The second pass takes the same entries in the same order.
pub struct Decided {
    decisions: Decisions,
    /// Rank by the keys of the groups.
    ranks: HashMap<u64, u32>,
    texts: Texts,
    templates: Templates,
    blocks: Blocks,
    /// What the entry before adds to the failure logit.
    preceding: Preceding<f32>,
}

/// What is said of one entry.
pub struct EntryVerdict {
    /// Its template in this log.
    pub template: Template,
    /// Did it fail, by itself or as a part of a failure?
    pub is_failure: bool,
    /// Rank of the group that it is in, if it failed and that group is listed.
    pub rank: Option<u32>,
    /// Its own score.
    pub verdict: Verdict,
}

/// What the blocks see of an entry.
pub(super) fn seen(
    entry: &Entry<'_>,
    verdict: &Verdict,
    group: u64,
    text_key: u64,
    baseline: Option<&Baseline>,
) -> Seen {
    Seen {
        evidence: verdict.evidence,
        worded: verdict.worded,
        is_success: verdict.is_success,
        group,
        is_new: baseline.map(|baseline| baseline.lacks(text_key)),
        ..Seen::of(entry)
    }
}

/// Ranks of the groups by the keys under which they were collected; `keys`: those of each group, by its first line.
pub(super) fn ranks(failures: &[Failure], keys: &HashMap<u64, Vec<u64>>) -> HashMap<u64, u32> {
    failures
        .iter()
        .flat_map(|failure| keys[&failure.line].iter().map(|key| (*key, failure.rank)))
        .collect()
}

impl Decided {
    pub(super) fn new(
        decisions: Decisions,
        ranks: HashMap<u64, u32>,
        texts: Texts,
        templates: Templates,
    ) -> Self {
        Self {
            decisions,
            ranks,
            texts,
            templates,
            blocks: Blocks::default(),
            preceding: Preceding::default(),
        }
    }

    /// What is said of the next entry.
    pub fn entry(
        &mut self,
        entry: &Entry<'_>,
        scorer: &Scorer,
        baseline: Option<&Baseline>,
    ) -> EntryVerdict {
        let masked = logloop_logs::template(&entry.message);
        let key = masked.key();
        let judged = scorer.judge(&masked.text, entry);
        self.preceding
            .step(key, entry, |last| *last = judged.as_before);
        let before = self.preceding.before().copied().unwrap_or_default();
        let verdict = scorer.settle(&judged, before, entry);
        let template = match self.texts.find_key(key) {
            Some(text) => self.templates.template(&self.texts, text),
            None => masked,
        };
        let own = group::key(key, entry.level);
        let seen = seen(entry, &verdict, own, key, baseline);
        let line = entry.line_start;
        let counts = |evidence| self.decisions.counts(evidence, line);
        let group = match self.blocks.push(&seen) {
            Role::Head => Some(own).filter(|_| counts(verdict.evidence)),
            Role::Member { group, evidence } => Some(group).filter(|_| counts(evidence)),
            Role::Quiet => self
                .decisions
                .leads_to(line)
                .filter(|group| self.ranks.contains_key(group)),
        };
        EntryVerdict {
            template,
            is_failure: group.is_some(),
            rank: group.and_then(|group| self.ranks.get(&group).copied()),
            verdict,
        }
    }
}
