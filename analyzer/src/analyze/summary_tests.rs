//! What the summary says, and what it never lets through.

use logloop_records::{Anomaly, AnomalyReason, Recommendation, SequenceCounts, Transactions};

use super::*;

fn failure(rank: u32, line: u64, text: &str) -> Failure {
    Failure {
        rank,
        line,
        line_end: line,
        lines: vec![line],
        count: 1,
        severity: 0.75,
        log_entry: text.to_owned(),
        ..Failure::default()
    }
}

fn results(failures: Vec<Failure>) -> AnalysisResults {
    AnalysisResults {
        stats: AnalysisStats {
            total_lines: 1200,
            total_entries: 1000,
            total_failures: failures.iter().map(|failure| failure.count).sum(),
            total_templates: 40,
            format: "leveled".to_owned(),
            format_reason: "480 of 500 lines".to_owned(),
            levels: [("ERROR".to_owned(), 3), ("INFO".to_owned(), 997)].into(),
            ..AnalysisStats::default()
        },
        failures,
        ..AnalysisResults::default()
    }
}

#[test]
fn what_failed_first_comes_first() {
    let mut first = failure(
        1,
        7,
        "10:00:01 ERROR db: connection refused by 10.0.0.1:5432",
    );
    first.template = "connection refused by <*>".to_owned();
    first.timestamp = Some("10:00:01".to_owned());
    first.component = Some("db".to_owned());
    first.error_patterns = vec!["error".to_owned(), "connection_refused".to_owned()];
    let mut second = failure(2, 9, "request 17 failed");
    second.count = 3000;
    second.lines = vec![9, 11, 12, 13, 14, 900];
    second.timestamp = Some("10:00:02".to_owned());
    second.last_seen = Some("10:20:00".to_owned());
    second.severity = 0.5;
    second.is_new = Some(true);
    let mut all = results(vec![first, second]);
    all.stats.transactions = Some(Transactions {
        total: 12,
        failed: 2,
        failing: vec![],
    });
    all.recommendations = vec![Recommendation {
        pattern: "connection_refused".to_owned(),
        text: "Check that the service runs.".to_owned(),
        lines: vec![7],
    }];
    assert_eq!(
        markdown(&all),
        "## Analysis Summary\n\n\
         **Likely first cause: line 7**, at `10:00:01`, in `db`: **connection refused**.\n\n\
         > `connection refused by 10.0.0.1:5432`\n\n\
         ### What failed: 3,001 entries in 2 groups\n\n\
         1. **high**, line 7, `db`: `connection refused by 10.0.0.1:5432`\n\
         2. **medium**, new, 3,000×, lines 9, 11, 12 … 900, `10:00:02` to `10:20:00`: `request 17 failed`\n\n\
         ### What to do\n\n\
         - **connection refused** (line 7): Check that the service runs.\n\n\
         ### Numbers\n\n\
         1,200 lines, 1,000 entries, 40 templates, 3 ERROR, 997 INFO; 2 of 12 transactions failed; \
         format `leveled` (480 of 500 lines).\n"
    );
}

#[test]
fn a_good_log_and_a_comparison_without_changes() {
    let mut good = results(vec![]);
    good.comparison = Some(Comparison {
        baseline_lines: 1,
        ..Comparison::default()
    });
    good.stats.warnings = vec!["3 bytes <were> replaced".to_owned()];
    let text = markdown(&good);
    for part in [
        "**No failures found** in 1,200 lines.\n",
        "### Against the good run (1 line)\n\nNothing is new, gone, or at another rate.\n",
        "### Not read\n\n- 3 bytes \\<were\\> replaced\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn changes_are_told_and_bounded() {
    let change = |n: u64| TemplateChange {
        template: format!("step <*> of {n}"),
        line: n,
        count: 2,
        baseline_count: 4000,
        ..TemplateChange::default()
    };
    let mut all = results(vec![]);
    all.comparison = Some(Comparison {
        new: (1..6).map(change).collect(),
        gone: vec![change(8)],
        changed: vec![change(9)],
        left_out: 10,
        ..Comparison::default()
    });
    let text = markdown(&all);
    for part in [
        "- **New** (line 3, 2×): `step <*> of 3`\n- **Gone** (4,000× before): `step <*> of 8`\n",
        "- **Rate** (4,000× → 2×): `step <*> of 9`\n- … and 12 more changes\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn three_hundred_groups_fit_a_screen() {
    let mut failures: Vec<_> = (1..=300)
        .map(|n| failure(n, u64::from(n), &"long text ".repeat(900)))
        .collect();
    for failure in &mut failures {
        failure.lines = (1..1000).collect();
        failure.component = Some("c".repeat(256));
        failure.timestamp = Some("t".repeat(256));
        failure.last_seen = Some("u".repeat(256));
    }
    let mut all = results(failures);
    all.stats.failure_groups_left_out = 7;
    all.stats.warnings = vec!["w".repeat(5000); 40];
    all.recommendations = vec![Recommendation::default(); 5];
    let text = markdown(&all);
    assert!(text.contains("… and 302 more groups."), "{text}");
    assert!(text.contains("- … and 35 more"), "{text}");
    assert!(text.lines().count() <= 40, "{text}");
    assert!(text.len() < 8 << 10, "{}", text.len());
}

#[test]
fn a_strangers_text_stays_text() {
    let evil = "` </code><script>alert(1)</script> [x](javascript:1) \u{1b}[31m|a|\u{202e}b\u{0} ``` **bold**\n# title\n";
    let mut failure = failure(1, 1, evil);
    failure.template = evil.to_owned();
    failure.component = Some(evil.to_owned());
    failure.timestamp = Some(evil.to_owned());
    failure.last_seen = Some(format!("{evil}2"));
    failure.error_patterns = vec![evil.to_owned()];
    let mut all = results(vec![failure]);
    all.stats.warnings = vec![evil.to_owned()];
    all.stats.format = evil.to_owned();
    all.stats.format_reason = evil.to_owned();
    all.stats.first_timestamp = Some("\n\n# x".to_owned());
    all.stats.last_timestamp = Some("\u{1b}".to_owned());
    all.comparison = Some(Comparison {
        new: vec![TemplateChange {
            template: evil.to_owned(),
            ..TemplateChange::default()
        }],
        ..Comparison::default()
    });
    let text = markdown(&all);
    for line in text.lines() {
        // Escaped ones are text; the others enclose what a stranger wrote.
        let line = line.replace("\\`", "");
        assert!(line.matches('`').count().is_multiple_of(2), "{line}");
        let outside: String = line.split('`').step_by(2).collect();
        for (at, _) in outside.match_indices(['<', '[', '|']) {
            assert!(outside[..at].ends_with('\\'), "{line}");
        }
        assert!(!outside.contains("**bold**"), "{line}");
        assert!(!line.starts_with("# "), "{line}");
    }
    let odd = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    assert!(!text.contains(odd), "{text:?}");
    assert!(text.contains("`(empty)`"), "{text}");
}

#[test]
fn anomalies_are_told_with_their_reasons_and_bounded() {
    let anomaly = |n: u64| Anomaly {
        kind: "transaction".to_owned(),
        transaction_id: Some(format!("t-{n}`**")),
        lines: vec![n],
        count: n,
        reasons: vec![AnomalyReason {
            text: format!("\"<b>step</b>\" is missing, which all {n} of normal ones have"),
            ..AnomalyReason::default()
        }],
        ..Anomaly::default()
    };
    let mut all = results(vec![]);
    all.anomalies = (1..=5).map(anomaly).collect();
    assert!(!markdown(&all).contains("Not as usual"), "without counts");
    all.stats.sequences = Some(SequenceCounts {
        checked: 40,
        anomalous: 15,
        unknown: 1,
    });
    let text = markdown(&all);
    for part in [
        "### Not as usual: 15 of 40 transactions and windows\n\n- **transaction** `t-1'**`, line 1: ",
        "- **transaction** `t-2'**` and 1 more, line 2: \"\\<b\\>step\\</b\\>\" is missing, which all 2 of normal ones have\n",
        "- … and 2 more reasons\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("another release"), "{text}");
    all.stats.sequences = Some(SequenceCounts {
        checked: 20,
        anomalous: 15,
        unknown: 1,
    });
    assert!(markdown(&all).contains("another release"));
}
