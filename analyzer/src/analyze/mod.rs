//! A log to an answer: score per template, groups, ranks, statistics, recommendations, summary.

mod baseline;
mod blocks;
mod context;
mod distinct;
mod group;
mod rank;
mod recommend;
mod scorer;
mod stats;
mod summary;

use std::collections::{HashMap, HashSet};

use logloop_logs::{Entry, Format, Level, Template, parse_each};
use logloop_records::AnalysisResults;

use baseline::Occurrences;
pub use blocks::{Decisions, Role};
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

/// Key of an entry in a comparison and in its group: its template and level.
pub(crate) fn key(entry: &Entry<'_>, template: &Template) -> u64 {
    group_key(template.key(), entry.level)
}

fn group_key(template: u64, level: Option<Level>) -> u64 {
    // Levels are few: the next numbers stand for the same template at another level.
    template.wrapping_add(level.map_or(0, |level| level as u64 + 1))
}

/// A good run to compare with.
pub struct GoodRun {
    text: String,
    occurrences: Occurrences,
}

/// Reads a good run.
pub fn read_baseline(text: String, format: Option<Format>) -> GoodRun {
    let occurrences = occurrences(&text, format);
    GoodRun { text, occurrences }
}

fn occurrences(text: &str, format: Option<Format>) -> Occurrences {
    let mut good = Occurrences::default();
    parse_each(text, format, |entry| {
        let template = logloop_logs::template(&entry.message);
        good.add(key(&entry, &template), entry.line_start);
    });
    good
}

/// Decides for each entry in turn what it is among the failures.
#[derive(Default)]
pub struct Decider<'b> {
    blocks: blocks::Blocks,
    good: Option<&'b GoodRun>,
}

impl<'b> Decider<'b> {
    /// With a good run, if there is one.
    pub fn new(good: Option<&'b GoodRun>) -> Self {
        Self {
            good,
            ..Self::default()
        }
    }

    /// The role of the next entry.
    pub fn role(&mut self, scored: &ScoredEntry<'_>) -> Role {
        let group = key(&scored.entry, &scored.template);
        self.blocks.push(&blocks::Seen {
            evidence: scored.scored.evidence,
            is_success: scored.scored.is_success,
            worded: !scored.scored.keywords.is_empty(),
            group,
            is_new: self.good.map(|good| !good.occurrences.has(group)),
            ..blocks::Seen::of(&scored.entry)
        })
    }
}

/// Analyzes a log, an entry at a time: memory follows what is told, not the lines. `warnings` say
/// what was not read before this.
pub fn analyze(
    text: &str,
    format: Option<Format>,
    scorer: &mut Scorer,
    warnings: Vec<String>,
) -> Analysis {
    analyze_with(text, format, scorer, warnings, None).0
}

/// The same with a good run, and what a second pass needs.
pub fn analyze_with(
    text: &str,
    format: Option<Format>,
    scorer: &mut Scorer,
    warnings: Vec<String>,
    good: Option<&GoodRun>,
) -> (Analysis, SecondPass) {
    let mut counts = stats::Counts::default();
    let mut groups = group::Groups::default();
    let mut decider = Decider::new(good);
    let mut here = Occurrences::default();
    let parsed = parse_each(text, format, |entry| {
        let mut scored = scorer.entry(entry);
        scored.scored.is_failure = decider.role(&scored) == Role::Head;
        if good.is_some() {
            here.add(
                key(&scored.entry, &scored.template),
                scored.entry.line_start,
            );
        }
        counts.add(&scored);
        groups.add(&scored);
    });
    let decisions = decider.blocks.finish();
    let mut stats = counts.finish(&parsed, warnings);
    stats.format_forced = format.is_some();
    let keys = groups.keys();
    stats.total_failures -= groups.keep(|evidence, line| decisions.counts(evidence, line));
    let found = groups.found();
    let mut failures = groups.listed;
    if let Some(good) = good {
        for failure in &mut failures {
            failure.is_new = keys
                .get(&failure.line)
                .map(|key| !good.occurrences.has(*key));
        }
    }
    rank::rank(&mut failures, parsed.total_lines);
    failures.truncate(MAX_FAILURE_GROUPS);
    stats.failure_groups_left_out = found.count - failures.len() as u64;
    if stats.failure_groups_left_out > 0 {
        stats.warnings.push(format!(
            "{found} groups of failures were found; the {} that rank first are listed",
            failures.len()
        ));
    }
    let comparison = good.map(|good| {
        let failing: HashSet<u64> = (failures.iter())
            .filter_map(|failure| keys.get(&failure.line).copied())
            .collect();
        let fails = |key| failing.contains(&key);
        let changes = baseline::compare(&here, &good.occurrences, fails);
        baseline::comparison(changes, (text, &good.text), format, fails)
    });
    context::add(&mut failures, text);
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
    let ranks = (analysis.results.failures.iter())
        .filter_map(|failure| Some((*keys.get(&failure.line)?, failure.rank)))
        .collect();
    (analysis, SecondPass { decisions, ranks })
}

/// What the first pass knows for the second.
pub struct SecondPass {
    /// Which failures count.
    pub decisions: Decisions,
    /// Ranks of the groups by their keys.
    pub ranks: HashMap<u64, u32>,
}

impl SecondPass {
    /// Group of an entry that failed, by itself or as a part of a failure.
    pub fn failure(&self, scored: &ScoredEntry<'_>, role: Role) -> Option<u64> {
        let own = key(&scored.entry, &scored.template);
        let counts = |evidence| self.decisions.counts(evidence, scored.entry.line_start);
        match role {
            Role::Head => counts(scored.scored.evidence).then_some(own),
            Role::Member { group, evidence } => counts(evidence).then_some(group),
            Role::Quiet => self.decisions.leads_to(scored.entry.line_start),
        }
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
    fn a_comparison_names_what_is_new_and_gone() {
        let good = read_baseline("INFO: up\nINFO: cache warm\n".into(), None);
        let text = "INFO: up\nERROR: cache lost\n";
        let (analysis, _) = analyze_with(text, None, &mut Scorer::rules(), vec![], Some(&good));
        let told = analysis.results.comparison.unwrap();
        assert_eq!(told.baseline_lines, 2);
        let lists = [&told.new, &told.gone, &told.changed];
        let texts = lists.map(|list| {
            let each = |change: &logloop_records::TemplateChange| change.template.clone();
            list.iter().map(each).collect::<Vec<_>>()
        });
        assert_eq!(texts, [vec!["cache lost"], vec!["cache warm"], vec![]]);
        assert!(told.new[0].is_failure && !told.gone[0].is_failure);
        assert_eq!(analysis.results.failures[0].is_new, Some(true));
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
