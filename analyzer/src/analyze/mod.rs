//! A log to an answer: score per masked text, blocks, groups, templates, ranks, statistics,
//! comparison, recommendations, summary.

mod anomaly;
mod baseline;
mod blocks;
mod cells;
mod changes;
mod clock;
mod context;
mod decided;
mod distinct;
mod group;
mod infer;
mod rank;
mod recommend;
mod scorer;
mod sequences;
mod stats;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod transactions;
mod why;

use std::collections::HashMap;

use logloop_logs::{Entry, Format, MAX_LINE_BYTES, Summary, mine, parse_each};
use logloop_records::{AnalysisResults, AnalysisStats, Failure, TemplateCount};
use logloop_scoring::rules::Evidence;

pub use baseline::Baseline;
use blocks::{Blocks, Role};
use cells::Cells;
use clock::Clock;
use context::Context;
pub use decided::{Decided, EntryVerdict};
use distinct::Count;
use group::Groups;
use scorer::Before;
pub use scorer::{ScoredBy, Scorer, Verdict};
use sequences::Sequences;
use stats::Counts;

/// Failure groups kept in an answer; the rest is counted and told.
pub const MAX_FAILURE_GROUPS: usize = 500;

/// What a log says.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Statistics, failures and recommendations.
    pub results: AnalysisResults,
    /// The same for people, as markdown that starts with `## Analysis Summary`.
    pub response_text: String,
}

/// How to analyze.
#[derive(Default)]
pub struct Options<'b> {
    /// The format; detected if none.
    pub format: Option<Format>,
    /// A good run to compare with.
    pub baseline: Option<&'b Baseline>,
    /// What was not read before this.
    pub warnings: Vec<String>,
}

/// Analyzes a log that is in memory.
pub fn analyze(text: &str, options: Options<'_>, scorer: &Scorer) -> Analysis {
    let format = options.format;
    let mut analyzer = Analyzer::new(options, scorer);
    let summary = parse_each(text, format, |entry| analyzer.push(&entry));
    analyzer.finish(&summary, vec![]).0
}

/// Analyzes a log an entry at a time: memory follows what is told, not the lines.
pub struct Analyzer<'s> {
    options: Options<'s>,
    scorer: &'s Scorer,
    cells: Cells,
    blocks: Blocks,
    groups: Groups,
    context: Context,
    counts: Counts,
    clock: Clock,
    /// Where the serving model knows what is normal.
    sequences: Option<Sequences<'s>>,
    /// Entries that are no failures because people said so.
    forgiven: u64,
    /// What was before a group's first entry, by its line, where the model heeds it.
    before: HashMap<u64, Before>,
}

impl<'s> Analyzer<'s> {
    /// Nothing read yet.
    pub fn new(options: Options<'s>, scorer: &'s Scorer) -> Self {
        Self {
            options,
            scorer,
            cells: Cells::default(),
            blocks: Blocks::default(),
            groups: Groups::default(),
            context: Context::default(),
            counts: Counts::default(),
            clock: Clock::default(),
            sequences: scorer.sequences().map(Sequences::new),
            forgiven: 0,
            before: HashMap::new(),
        }
    }

    /// Takes the next entry.
    pub fn push(&mut self, entry: &Entry<'_>) {
        let (text, verdict) = self.cells.add(entry, self.scorer);
        self.forgiven += u64::from(verdict.forgiven);
        let key = match text {
            Some(text) => self.cells.texts.key(text),
            None => logloop_logs::key(&entry.message),
        };
        let group = group::key(key, entry.level);
        let seen = decided::seen(entry, &verdict, group, key, self.options.baseline);
        let role = self.blocks.push(&seen);
        let success = self.blocks.success();
        if self.context.is_awaited() {
            let groups = &mut self.groups;
            self.context
                .give(entry, |group, line| groups.context(group, line));
        }
        match role {
            Role::Quiet => {}
            Role::Head => {
                if let Some(at) = self.groups.add(group, text, entry, &verdict, success) {
                    let before = self.context.begin(at);
                    let failure = &mut self.groups.listed[at].failure;
                    failure.context = before;
                    failure.is_new = seen.is_new;
                    let before = self.cells.before();
                    if before.added != 0.0 {
                        self.before.insert(entry.line_start, before);
                    }
                }
            }
            Role::Member { group, .. } => self.groups.belongs(group, entry),
        }
        self.context.remember(entry);
        if let Some(sequences) = &mut self.sequences {
            let failed = role == Role::Head;
            sequences.push(entry, text, failed, &self.cells.texts);
        }
        self.counts.add(&stats::Seen {
            line: entry.line_start,
            line_end: entry.line_end,
            level: entry.level,
            component: entry.component.as_deref(),
            operation: entry.operation.as_deref(),
            transaction_id: entry.transaction_id.as_deref(),
            timestamp: entry.timestamp.as_deref(),
            time: self.clock.time(entry),
            text_key: key,
            evidence: if role == Role::Head {
                verdict.evidence
            } else {
                Evidence::None
            },
            success,
        });
    }

    /// The answer, and what a second pass over the same entries needs to tell of each.
    pub fn finish(mut self, read: &Summary, mut warnings: Vec<String>) -> (Analysis, Decided) {
        let decisions = self.blocks.finish();
        let texts_left_out = self.cells.left_out.count();
        let mut texts = self.cells.texts;
        let own = texts.len();
        let joined = self
            .options
            .baseline
            .map(|good| (good, good.join(&mut texts)));
        let templates = mine(&texts);
        let (anomalies, sequence_counts) = match self.sequences {
            Some(sequences) => {
                let (anomalies, counts) = sequences.finish(&texts, &templates);
                (anomalies, Some(counts))
            }
            None => (vec![], None),
        };
        let unclear = decisions.counts(Evidence::Weak, read.total_lines);
        let counts = |evidence, line| decisions.counts(evidence, line);
        let (left_out, left_out_failures) = self.groups.left_out(counts);
        let groups = self
            .groups
            .merged(counts, |text| templates.template(&texts, text));
        let found = groups.len() as u64 + left_out.count;
        let first_texts: HashMap<u64, u32> = groups
            .iter()
            .filter_map(|group| group.text.map(|text| (group.failure.line, text)))
            .collect();
        let (mut failures, keys): (Vec<Failure>, Vec<_>) = groups
            .into_iter()
            .map(|group| (group.failure, group.keys))
            .unzip();
        let keys = failures
            .iter()
            .map(|failure| failure.line)
            .zip(keys)
            .collect();
        rank::rank(&mut failures);
        let survived = decisions.survived();
        let ranks = decided::ranks(&failures, &keys);

        warnings.splice(0..0, std::mem::take(&mut self.options.warnings));
        let mut stats = self.counts.finish(unclear, survived, |key| {
            texts
                .find_key(key)
                .map(|text| templates.text(&texts, text).to_owned())
        });
        stats.total_failures =
            left_out_failures + failures.iter().map(|failure| failure.count).sum::<u64>();
        for failure in &failures {
            for name in &failure.error_patterns {
                *stats.error_patterns.entry(name.clone()).or_default() += failure.count;
            }
        }
        let told = templates.counted(&texts, own);
        stats.total_templates = told.len() as u64 + texts_left_out.count;
        (stats.top_templates, stats.rare_templates) =
            stats::top_and_rare(told.iter().map(|one| (one.count, one.first_line)), |at| {
                let one = &told[at];
                let template = templates.template(&texts, one.text);
                TemplateCount {
                    template_id: template.id,
                    template: template.text,
                    count: one.count,
                    line: one.first_line,
                }
            });
        stats.sequences = sequence_counts.filter(|counts| counts.checked + counts.unknown > 0);
        (stats.total_lines, stats.format_forced) =
            (read.total_lines, self.options.format.is_some());
        stats.format = read.detection.format.to_string();
        stats.format_reason.clone_from(&read.detection.reason);
        failures.truncate(MAX_FAILURE_GROUPS);
        let explainer = self.scorer.explainer();
        for failure in &mut failures {
            let masked = match first_texts.get(&failure.line) {
                Some(text) => texts.text(*text),
                None => &failure.template,
            };
            why::complete(
                &mut failure.why,
                self.scorer,
                explainer.as_ref(),
                masked,
                &why::Entry {
                    before: self.before.get(&failure.line).map(|before| {
                        let text = before.text.map_or("", |text| texts.text(text));
                        (text, before.added)
                    }),
                    level: failure.level.as_deref(),
                    component: failure.component.as_deref(),
                },
            );
            if let Some(network) = self.scorer.network() {
                failure.inferred = infer::infer(failure, network, masked);
            }
        }
        stats.failure_groups_left_out = found - failures.len() as u64;
        if self.forgiven > 0 {
            warnings.push(format!(
                "{} entries that the rules take for failures are none, because people corrected them",
                self.forgiven
            ));
        }
        warnings.append(&mut stats.warnings);
        stats.warnings = warnings;
        told_bounds(&mut stats, read, texts_left_out, left_out, found);

        let comparison =
            joined.map(|(good, joined)| good.compare(&texts, own, &joined, &templates, &failures));
        let recommendations = recommend::recommend(&failures);
        let results = AnalysisResults {
            stats,
            failures,
            anomalies,
            recommendations,
            comparison,
        };
        let response_text = summary::markdown(&results);
        let analysis = Analysis {
            results,
            response_text,
        };
        (analysis, Decided::new(decisions, ranks, texts, templates))
    }
}

/// A word on everything that a bound kept out.
fn told_bounds(
    stats: &mut AnalysisStats,
    read: &Summary,
    texts_left_out: Count,
    left_out: Count,
    found: u64,
) {
    let warnings = &mut stats.warnings;
    if read.cut_lines > 0 {
        warnings.push(format!(
            "{} lines have more than {MAX_LINE_BYTES} bytes: only their beginning was read",
            read.cut_lines
        ));
    }
    if texts_left_out.count > 0 {
        warnings.push(format!(
            "{texts_left_out} templates came after the first {}: they are counted, and not merged where only a word varies",
            stats.total_templates - texts_left_out.count
        ));
    }
    if stats.failure_groups_left_out > 0 {
        let more = if left_out.more { "more than " } else { "" };
        warnings.push(format!(
            "{more}{found} groups of failures were found; the {} that rank first are listed",
            found - stats.failure_groups_left_out
        ));
    }
}
