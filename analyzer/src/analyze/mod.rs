//! A log to an answer: score per template, groups, ranks, statistics, recommendations, summary.

mod context;
mod group;
mod rank;
mod recommend;
mod scorer;
mod stats;
mod summary;

use logloop_logs::{Entry, Format, Parsed, Template, parse, template};
use logloop_records::AnalysisResults;

pub use scorer::{Scored, ScoredBy, Scorer};

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

/// An entry with its template and score.
pub struct ScoredEntry<'a> {
    /// The entry.
    pub entry: Entry<'a>,
    /// Its template.
    pub template: Template,
    /// Its score.
    pub scored: Scored,
}

/// Parses a log and scores each entry.
pub fn score_entries<'a>(
    text: &'a str,
    format: Option<Format>,
    scorer: &mut Scorer,
) -> (Parsed<'a>, Vec<ScoredEntry<'a>>) {
    let mut parsed = parse(text, format);
    let entries = std::mem::take(&mut parsed.entries)
        .into_iter()
        .map(|entry| {
            let template = template(&entry.message);
            let scored = scorer.score(&entry, &template);
            ScoredEntry {
                entry,
                template,
                scored,
            }
        })
        .collect();
    (parsed, entries)
}

/// Analyzes a log. `warnings` say what was not read before this.
pub fn analyze(
    text: &str,
    format: Option<Format>,
    scorer: &mut Scorer,
    warnings: Vec<String>,
) -> Analysis {
    let (parsed, entries) = score_entries(text, format, scorer);
    let mut stats = stats::count(&parsed, &entries, warnings);
    let mut failures = group::group(&entries);
    rank::rank(&mut failures, parsed.total_lines);
    if failures.len() > MAX_FAILURE_GROUPS {
        stats.warnings.push(format!(
            "{} groups of failures were found; the {MAX_FAILURE_GROUPS} that rank first are listed",
            failures.len()
        ));
        failures.truncate(MAX_FAILURE_GROUPS);
    }
    context::add(&mut failures, text);
    let recommendations = recommend::recommend(&failures);
    let results = AnalysisResults {
        stats,
        failures,
        recommendations,
    };
    let response_text = summary::markdown(&results);
    Analysis {
        results,
        response_text,
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
            .map(|n| {
                let word: String = format!("{n:04}")
                    .bytes()
                    .map(|d| char::from(d - b'0' + b'a'))
                    .collect();
                format!("ERROR: step{word} failed\n")
            })
            .collect();
        let results = analyze(&text, None, &mut Scorer::rules(), vec![]).results;
        assert_eq!(results.failures.len(), MAX_FAILURE_GROUPS);
        assert_eq!(
            results.stats.total_failures as usize,
            MAX_FAILURE_GROUPS + 5
        );
        assert_eq!(results.stats.warnings.len(), 1);
    }
}
