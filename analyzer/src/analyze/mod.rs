//! A log to an answer: score per masked text, blocks, groups, templates, ranks, statistics,
//! comparison, recommendations, summary.

mod baseline;
mod blocks;
mod cells;
mod changes;
mod context;
mod decided;
mod distinct;
mod group;
mod rank;
mod recommend;
mod scorer;
mod stats;
mod summary;
mod timeline;
mod transactions;

use logloop_logs::{Entry, Format, MAX_LINE_BYTES, Summary, Texts, mine, parse_each};
use logloop_records::{AnalysisResults, AnalysisStats, Failure, TemplateCount};
use logloop_scoring::rules::Evidence;

pub use baseline::Baseline;
use blocks::{Blocks, Role};
use cells::Cells;
use context::Context;
pub use decided::{Decided, EntryVerdict};
use distinct::Count;
use group::Groups;
pub use scorer::{ScoredBy, Scorer, Verdict};
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
        }
    }

    /// Takes the next entry.
    pub fn push(&mut self, entry: &Entry<'_>) {
        let (text, verdict) = self.cells.add(entry, self.scorer);
        let key = match text {
            Some(text) => self.cells.texts.key(text),
            None => logloop_logs::key(&entry.message),
        };
        let group = group::key(key, entry.level);
        let seen = decided::seen(entry, &verdict, group, key, self.options.baseline);
        let role = self.blocks.push(&seen);
        if self.context.is_awaited() {
            let groups = &mut self.groups;
            self.context
                .give(entry, |group, line| groups.context(group, line));
        }
        match role {
            Role::Quiet => {}
            Role::Head => {
                if let Some(at) = self.groups.add(group, text, entry, &verdict) {
                    let before = self.context.begin(at);
                    let failure = &mut self.groups.listed[at].failure;
                    failure.context = before;
                    failure.is_new = seen.is_new;
                }
            }
            Role::Member { group, .. } => self.groups.belongs(group, entry),
        }
        self.context.remember(entry);
        self.counts.add(&stats::Seen {
            line: entry.line_start,
            line_end: entry.line_end,
            level: entry.level,
            component: entry.component.as_deref(),
            operation: entry.operation.as_deref(),
            transaction_id: entry.transaction_id.as_deref(),
            timestamp: entry.timestamp.as_deref(),
            time: entry.time(),
            text_key: key,
            evidence: if role == Role::Head {
                verdict.evidence
            } else {
                Evidence::None
            },
        });
    }

    /// The answer, and what a second pass over the same entries needs to tell of each.
    pub fn finish(mut self, read: &Summary, mut warnings: Vec<String>) -> (Analysis, Decided) {
        let decisions = self.blocks.finish();
        let mut texts = self.cells.texts;
        let own = texts.len();
        let joined = self
            .options
            .baseline
            .map(|good| (good, good.join(&mut texts)));
        let templates = mine(&texts);
        let left_out = self.groups.left_out();
        let counts = |evidence, line| decisions.counts(evidence, line);
        let mut groups = self
            .groups
            .merged(counts, |text| templates.template(&texts, text));
        rank::rank(&mut groups, read.total_lines);
        let decided = Decided::new(decisions, &groups);
        let found = groups.len() as u64 + left_out.count;
        let mut failures: Vec<Failure> = groups.into_iter().map(|group| group.failure).collect();

        warnings.splice(0..0, std::mem::take(&mut self.options.warnings));
        let unclear = decided.counts(Evidence::Weak, read.total_lines);
        let mut stats = self.counts.finish(unclear, |key| {
            texts
                .find_key(key)
                .map(|text| templates.text(&texts, text).to_owned())
        });
        stats.total_failures = failures.iter().map(|failure| failure.count).sum();
        for failure in &failures {
            for name in &failure.error_patterns {
                *stats.error_patterns.entry(name.clone()).or_default() += failure.count;
            }
        }
        let told = templates.counted(&texts, own);
        stats.total_templates = told.len() as u64;
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
        (stats.total_lines, stats.format_forced) =
            (read.total_lines, self.options.format.is_some());
        stats.format = read.detection.format.to_string();
        stats.format_reason.clone_from(&read.detection.reason);
        failures.truncate(MAX_FAILURE_GROUPS);
        stats.failure_groups_left_out = found - failures.len() as u64;
        warnings.append(&mut stats.warnings);
        stats.warnings = warnings;
        told_bounds(&mut stats, read, &texts, left_out, found);

        let comparison =
            joined.map(|(good, joined)| good.compare(&texts, own, &joined, &templates, &failures));
        let recommendations = recommend::recommend(&failures);
        let results = AnalysisResults {
            stats,
            failures,
            recommendations,
            comparison,
        };
        let response_text = summary::markdown(&results);
        let analysis = Analysis {
            results,
            response_text,
        };
        (analysis, decided.with(texts, templates))
    }
}

/// A word on everything that a bound kept out.
fn told_bounds(
    stats: &mut AnalysisStats,
    read: &Summary,
    texts: &Texts,
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
    if texts.left_out() > 0 {
        warnings.push(format!(
            "{} entries came after {} distinct ones: they are not among the templates",
            texts.left_out(),
            texts.len()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_with_a_cause_and_its_consequences() {
        let text = "2026-11-22 10:00:00 INFO app: started\n\
            2026-11-22 10:00:01 ERROR db: connection refused by 10.0.0.1:5432\n\
            2026-11-22 10:00:02 ERROR api: request 17 failed\n\
            2026-11-22 10:00:03 ERROR api: request 18 failed\n\
            2026-11-22 10:00:04 INFO app: 0 errors while closing\n";
        let analysis = analyze(text, None, &mut Scorer::rules(), vec![]);
        let results = &analysis.results;
        assert_eq!(results.stats.total_lines, 5);
        assert_eq!(results.stats.total_failures, 3);
        assert_eq!(results.stats.levels["ERROR"], 3);
        assert_eq!(results.failures.len(), 2);
        let first = &results.failures[0];
        assert_eq!((first.rank, first.line, first.count), (1, 2, 1));
        assert_eq!(first.error_patterns, ["connection_refused"]);
        assert_eq!(first.component.as_deref(), Some("db"));
        assert_eq!(
            first.context.iter().map(|c| c.line).collect::<Vec<_>>(),
            [1, 3, 4, 5]
        );
        let second = &results.failures[1];
        assert_eq!(
            (second.lines.as_slice(), second.count),
            ([3, 4].as_slice(), 2)
        );
        assert_eq!(second.last_seen.as_deref(), Some("2026-11-22 10:00:03"));
        assert_eq!(results.recommendations[0].lines, [2]);
        assert!(analysis.response_text.starts_with("## Analysis Summary\n"));
        assert!(analysis.response_text.contains("line 2"));
    }

    #[test]
    fn a_good_log_has_no_failures_and_says_so() {
        let analysis = analyze(
            "all fine\nbye\n",
            None,
            &mut Scorer::rules(),
            vec!["w".into()],
        );
        assert!(analysis.results.failures.is_empty());
        assert!(analysis.response_text.contains("No failures"));
        assert_eq!(analysis.results.stats.warnings, ["w"]);
    }

    #[test]
    fn the_number_of_groups_is_bounded_and_told() {
        let text: String = (0..MAX_FAILURE_GROUPS + 5)
            .map(|n| format!("ERROR: step{} failed\n", in_letters(n)))
            .collect();
        let results = analyze(&text, None, &mut Scorer::rules(), vec![]).results;
        assert_eq!(results.failures.len(), MAX_FAILURE_GROUPS);
        assert_eq!(
            results.stats.total_failures as usize,
            MAX_FAILURE_GROUPS + 5
        );
        assert_eq!(results.stats.failure_groups_left_out, 5);
        assert_eq!(results.stats.warnings.len(), 1);
    }

    #[test]
    fn groups_beyond_what_is_collected_are_counted() {
        let all = group::MAX_COLLECTED_GROUPS + 7;
        let text: String = (0..2 * all)
            .map(|n| format!("ERROR: step{} failed\n", in_letters(n % all)))
            .collect();
        let results = analyze(&text, None, &mut Scorer::rules(), vec![]).results;
        assert_eq!(results.stats.total_failures as usize, 2 * all);
        assert_eq!(results.stats.total_templates as usize, all);
        assert_eq!(
            results.stats.failure_groups_left_out as usize,
            all - MAX_FAILURE_GROUPS
        );
        assert!(results.failures.iter().all(|group| group.count == 2));
    }

    #[test]
    fn a_group_has_one_level() {
        let text = "ERROR: disk 1 failed\nFATAL: disk 2 failed\nERROR: disk 3 failed\n";
        let results = analyze(text, None, &mut Scorer::rules(), vec![]).results;
        let mut groups: Vec<_> = results
            .failures
            .iter()
            .map(|group| (group.level.as_deref().unwrap(), group.lines.as_slice()))
            .collect();
        groups.sort();
        assert_eq!(groups, [("ERROR", [1, 3].as_slice()), ("FATAL", &[2])]);
        assert_eq!(
            results.failures[0].template_id,
            results.failures[1].template_id
        );
    }

    #[test]
    fn an_answer_says_whether_the_format_was_asked_for() {
        for format in [None, Some(Format::Plain)] {
            let stats = analyze("a\n", format, &mut Scorer::rules(), vec![])
                .results
                .stats;
            assert_eq!(
                (stats.format.as_str(), stats.format_forced),
                ("plain", format.is_some())
            );
        }
    }

    #[test]
    fn names_beyond_the_bound_are_told() {
        let text: String = (0..=stats::MAX_COUNTED_NAMES)
            .map(|n| format!("INFO|c{n}|ready\n"))
            .collect();
        let counted = analyze(&text, None, &mut Scorer::rules(), vec![])
            .results
            .stats;
        assert_eq!(counted.total_entries as usize, stats::MAX_COUNTED_NAMES + 1);
        assert!(
            counted.warnings[0].contains("components"),
            "{:?}",
            counted.warnings
        );
    }

    /// A number that the masker leaves alone.
    fn in_letters(number: usize) -> String {
        let digits = format!("{number:05}");
        digits
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'a'))
            .collect()
    }
}
