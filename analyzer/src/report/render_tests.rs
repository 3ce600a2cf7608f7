//! The report, with colours and without.

use logloop_records::{
    AnalysisStats, Anomaly, AnomalyReason, ContextLine, SequenceCounts, TemplateChange, TimeBucket,
    Timeline, Transaction, Transactions,
};

use super::*;

fn sample() -> AnalysisResults {
    let context = |line: u64, text: &str| ContextLine {
        line,
        text: text.to_owned(),
    };
    let first = Failure {
        rank: 1,
        line: 9,
        line_end: 10,
        lines: vec![9],
        count: 1,
        severity: 0.75,
        log_entry: "10:00:01 ERROR db: connection refused by 10.0.0.1\n\tat db.connect".to_owned(),
        template: "connection refused by <*>".to_owned(),
        component: Some("db".to_owned()),
        timestamp: Some("10:00:01".to_owned()),
        error_patterns: vec!["connection_refused".to_owned()],
        context: vec![
            context(8, "10:00:00 INFO app: started"),
            context(11, "next"),
        ],
        is_new: Some(true),
        ..Failure::default()
    };
    let second = Failure {
        rank: 2,
        line: 12,
        line_end: 12,
        lines: vec![12, 40],
        count: 2000,
        severity: 0.5,
        log_entry: "request 17 failed".to_owned(),
        ..Failure::default()
    };
    let bucket = |entries, failures| TimeBucket {
        start: "2026-11-22T10:00:00Z".to_owned(),
        entries,
        failures,
    };
    AnalysisResults {
        stats: AnalysisStats {
            total_lines: 41,
            total_entries: 40,
            total_failures: 2001,
            total_templates: 5,
            format: "leveled".to_owned(),
            format_reason: "40 of 41 lines".to_owned(),
            levels: [("INFO".to_owned(), 38), ("ERROR".to_owned(), 2)].into(),
            components: (0..9).map(|n| (format!("c{n}"), n)).collect(),
            timeline: Some(Timeline {
                bucket_seconds: 300,
                buckets: vec![bucket(10, 0), bucket(0, 0), bucket(5, 1)],
            }),
            transactions: Some(Transactions {
                total: 7,
                failed: 1,
                failing: vec![Transaction {
                    id: "t-17".to_owned(),
                    entries: 3,
                    failing_line: 12,
                    failing_step: "charge".to_owned(),
                    ..Transaction::default()
                }],
            }),
            sequences: Some(SequenceCounts {
                checked: 7,
                anomalous: 2,
                unknown: 0,
            }),
            warnings: vec!["3 bytes were replaced".to_owned()],
            ..AnalysisStats::default()
        },
        failures: vec![first, second],
        anomalies: vec![Anomaly {
            kind: "transaction".to_owned(),
            transaction_id: Some("t-18".to_owned()),
            lines: vec![20, 30],
            count: 2,
            reasons: vec![AnomalyReason {
                text: "ends early, after \"charge\": never seen in 2,000 normal ones".to_owned(),
                ..AnomalyReason::default()
            }],
            ..Anomaly::default()
        }],
        recommendations: vec![Recommendation {
            pattern: "connection_refused".to_owned(),
            text: "Check that the service runs, its port, and that it started before this line."
                .to_owned(),
            lines: vec![9],
        }],
        comparison: Some(Comparison {
            baseline_lines: 50,
            new: vec![TemplateChange {
                template: "connection refused by <*>".to_owned(),
                line: 9,
                count: 1,
                ..TemplateChange::default()
            }],
            ..Comparison::default()
        }),
    }
}

const PLAIN: &str = "\
Likely first cause: line 9, connection refused
high, at 10:00:01, in db

   8 │ 10:00:00 INFO app: started
>  9 │ 10:00:01 ERROR db: connection refused by 10.0.0.1
> 10 │     at db.connect
  11 │ next

2,001 failing entries in 2 groups
  1  high        1×  line 9       new: db: connection refused by 10.0.0.1
  2  medium  2,000×  lines 12–40  request 17 failed

Not as usual: 2 of 7 transactions and windows
  transaction t-18 and 1 more, lines 20 and 30
    ends early, after \"charge\": never seen in 2,000 normal ones

Against the good run (50 lines)
  + new   line 9, 1×: connection refused by <*>

What to do
  • connection refused (line 9): Check that the service runs, its port, and
    that it started before this line.

Numbers
  log           41 lines, 40 entries, 5 templates
  format        leveled (40 of 41 lines)
  levels        ERROR 2, INFO 38
  components    c8 8, c7 7, c6 6, c5 5, c4 4, c3 3, … and 3 more
  entries       █ ▄
  failures        █
                each 5 minutes, from 2026-11-22T10:00:00Z
  transactions  1 of 7 transactions failed
                t-17 failed at line 12: charge (3 entries)

Not read
  ! 3 bytes were replaced
";

fn plain(width: usize) -> Style {
    Style {
        color: false,
        width,
    }
}

#[test]
fn the_page_without_colours() {
    assert_eq!(render(&sample(), &plain(76)), PLAIN);
}

#[test]
fn colours_change_nothing_but_colours() {
    let style = Style {
        color: true,
        width: 76,
    };
    let colored = render(&sample(), &style);
    assert!(colored.contains("\u{1b}[1;31m>  9 │"));
    let stripped: Vec<_> = colored.lines().map(clean).collect();
    assert_eq!(stripped.join("\n") + "\n", PLAIN);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let mut wide = sample();
    wide.failures[0].log_entry = "東京 very long ".repeat(100);
    wide.failures[1].component = Some("component".repeat(20));
    wide.stats.format_reason = "because of many lines ".repeat(20);
    wide.stats.warnings = vec!["x".repeat(500)];
    for width in [40, 57, 100, 160] {
        for line in render(&wide, &plain(width)).lines() {
            assert!(columns(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn nothing_of_a_log_steers_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{0}\u{8}\r\u{202e}text";
    let mut results = sample();
    for failure in &mut results.failures {
        failure.log_entry = format!("{evil}\n{evil}");
        failure.template = evil.to_owned();
        failure.component = Some(evil.to_owned());
        failure.timestamp = Some(evil.to_owned());
        failure.transaction_id = Some(evil.to_owned());
        failure.error_patterns = vec![evil.to_owned()];
        for line in &mut failure.context {
            line.text = evil.to_owned();
        }
    }
    let stats = &mut results.stats;
    stats.levels.insert(evil.to_owned(), 1);
    stats.components.insert(evil.to_owned(), 99);
    stats.first_timestamp = Some(evil.to_owned());
    stats.last_timestamp = Some(evil.to_owned());
    stats.format = evil.to_owned();
    stats.format_reason = evil.to_owned();
    stats.warnings = vec![evil.to_owned()];
    stats.transactions.as_mut().unwrap().failing[0].id = evil.to_owned();
    results.comparison.as_mut().unwrap().new[0].template = evil.to_owned();
    results.recommendations[0].pattern = evil.to_owned();
    let text = render(&results, &plain(100));
    let odd = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    assert!(!text.contains(odd), "{text:?}");
    assert!(!text.contains("owned"), "{text:?}");
}

#[test]
fn a_good_log_says_so() {
    let text = render(&AnalysisResults::default(), &Style::PLAIN);
    assert!(
        text.starts_with("No failures found in 0 lines.\n"),
        "{text}"
    );
}
