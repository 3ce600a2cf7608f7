//! The pipeline on small logs.

use super::*;

fn rules(text: &str) -> Analysis {
    analyze(text, Options::default(), &Scorer::rules())
}

#[test]
fn a_log_with_a_cause_and_its_consequences() {
    let text = "2026-11-22 10:00:00 INFO app: started\n\
        2026-11-22 10:00:01 ERROR db: connection refused by 10.0.0.1:5432\n\
        2026-11-22 10:00:02 ERROR api: request 17 failed\n\
        2026-11-22 10:00:03 ERROR api: request 18 failed\n\
        2026-11-22 10:00:04 INFO app: 0 errors while closing\n";
    let analysis = rules(text);
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
        Options {
            warnings: vec!["w".into()],
            ..Options::default()
        },
        &Scorer::rules(),
    );
    assert!(analysis.results.failures.is_empty());
    assert!(analysis.response_text.contains("No failures"));
    assert_eq!(analysis.results.stats.warnings, ["w"]);
}

#[test]
fn the_number_of_groups_is_bounded_and_told() {
    let text: String = (0..MAX_FAILURE_GROUPS + 5)
        .map(|n| {
            format!(
                "2026-11-22 10:00:00 ERROR app: step {} failed\n",
                in_words(n)
            )
        })
        .collect();
    let results = rules(&text).results;
    assert_eq!(results.failures.len(), MAX_FAILURE_GROUPS);
    assert_eq!(
        results.stats.total_failures as usize,
        MAX_FAILURE_GROUPS + 5
    );
    assert_eq!(results.stats.failure_groups_left_out, 5);
    assert_eq!(results.stats.warnings.len(), 1);
}

#[test]
fn what_a_job_survived_is_in_no_count() {
    let failed = "2026-11-22T10:00:00Z ##[error]cannot fetch thing 7\n";
    let success = "2026-11-22T10:00:01Z BUILD SUCCESSFUL in 3s\n";
    let later = "2026-11-22T10:00:02Z ##[error]cannot fetch thing 9\n";
    for (text, line, lines) in [
        (format!("{failed}{success}"), 0, vec![]),
        (format!("{failed}{success}{later}"), 3, vec![3]),
        (format!("{failed}{later}"), 1, vec![1, 2]),
        (
            format!("{failed}{success}{later}{later}{success}{later}"),
            6,
            vec![6],
        ),
    ] {
        let results = rules(&text).results;
        let found: Vec<u64> = results
            .failures
            .iter()
            .flat_map(|f| f.lines.clone())
            .collect();
        assert_eq!(found, lines, "{text}");
        assert_eq!(results.failures.first().map_or(0, |f| f.line), line);
        assert_eq!(results.stats.total_failures as usize, lines.len());
        let buckets = &results.stats.timeline.unwrap().buckets;
        let in_time: u64 = buckets.iter().map(|bucket| bucket.failures).sum();
        assert_eq!(in_time as usize, lines.len(), "{text}");
    }
    let many: String = (0..group::MAX_COLLECTED_GROUPS + 7)
        .map(|n| format!("error: step {} failed\n", in_words(n)))
        .collect();
    let results = rules(&format!("{many}BUILD SUCCESSFUL in 3s\n")).results;
    assert_eq!(results.stats.total_failures, 0);
    assert_eq!(results.stats.failure_groups_left_out, 0);
    assert!(results.failures.is_empty());
}

#[test]
fn groups_beyond_what_is_collected_are_counted() {
    let all = group::MAX_COLLECTED_GROUPS + 7;
    let text: String = (0..2 * all)
        .map(|n| {
            format!(
                "2026-11-22 10:00:00 ERROR app: step {} failed\n",
                in_words(n % all)
            )
        })
        .collect();
    let results = rules(&text).results;
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
    let text = "2026-11-22 10:00:00|ERROR|disk 1 failed\n2026-11-22 10:00:00|FATAL|disk 2 failed\n2026-11-22 10:00:00|ERROR|disk 3 failed\n";
    let results = rules(text).results;
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
        let stats = analyze(
            "a\n",
            Options {
                format,
                ..Options::default()
            },
            &Scorer::rules(),
        )
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
    let counted = rules(&text).results.stats;
    assert_eq!(counted.total_entries as usize, stats::MAX_COUNTED_NAMES + 1);
    assert!(
        counted.warnings[0].contains("components"),
        "{:?}",
        counted.warnings
    );
}

/// A number in words none of which is a value: another number is another template.
fn in_words(number: usize) -> String {
    const BITS: usize = 13;
    let words = (0..BITS).map(|bit| {
        if number >> bit & 1 == 0 {
            "opened"
        } else {
            "closed"
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_comparison_names_what_is_new_gone_and_at_another_rate() {
    let beat = "INFO|app|beat\n".repeat(30);
    let good = Baseline::of(&format!("INFO|app|up\n{beat}INFO|app|cache warm\n"), None);
    let up = "INFO|app|up\n".repeat(10);
    let text = format!("{up}INFO|app|beat\nERROR|app|cache lost\n");
    let options = Options {
        baseline: Some(&good),
        ..Options::default()
    };
    let results = analyze(&text, options, &Scorer::rules()).results;
    let told = results.comparison.unwrap();
    assert_eq!(told.baseline_lines, 32);
    let texts = [&told.new, &told.gone, &told.changed].map(|list| {
        let each = |change: &logloop_records::TemplateChange| {
            (
                change.template.clone(),
                change.line,
                change.count,
                change.baseline_count,
            )
        };
        list.iter().map(each).collect::<Vec<_>>()
    });
    let row = |text: &str, line, count, good| (text.to_owned(), line, count, good);
    assert_eq!(texts[0], [row("cache lost", 12, 1, 0)]);
    assert_eq!(texts[1], [row("cache warm", 32, 0, 1)]);
    assert_eq!(texts[2], [row("up", 1, 10, 1), row("beat", 11, 1, 30)]);
    assert!(told.new[0].is_failure && !told.gone[0].is_failure);
    assert_eq!(results.failures[0].is_new, Some(true));
}
