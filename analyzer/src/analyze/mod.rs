//! A log to an answer: score per template, groups, ranks, statistics, recommendations, summary.

mod context;
mod distinct;
mod group;
mod rank;
mod recommend;
mod scorer;
mod stats;
mod summary;

use logloop_logs::{Entry, Format, Template, parse_each};
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

/// Analyzes a log, an entry at a time: memory follows what is told, not the lines. `warnings` say
/// what was not read before this.
pub fn analyze(
    text: &str,
    format: Option<Format>,
    scorer: &mut Scorer,
    warnings: Vec<String>,
) -> Analysis {
    let mut counts = stats::Counts::default();
    let mut groups = group::Groups::default();
    let parsed = parse_each(text, format, |entry| {
        let scored = scorer.entry(entry);
        counts.add(&scored);
        groups.add(&scored);
    });
    let mut stats = counts.finish(&parsed, warnings);
    stats.format_forced = format.is_some();
    let found = groups.found();
    let mut failures = groups.listed;
    rank::rank(&mut failures, parsed.total_lines);
    failures.truncate(MAX_FAILURE_GROUPS);
    stats.failure_groups_left_out = found.count - failures.len() as u64;
    if stats.failure_groups_left_out > 0 {
        stats.warnings.push(format!(
            "{found} groups of failures were found; the {} that rank first are listed",
            failures.len()
        ));
    }
    context::add(&mut failures, text);
    let recommendations = recommend::recommend(&failures);
    let results = AnalysisResults {
        stats,
        failures,
        recommendations,
        comparison: None,
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
        let text = "ERROR|disk 1 failed\nFATAL|disk 2 failed\nERROR|disk 3 failed\n";
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
