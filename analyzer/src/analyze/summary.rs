//! The answer as markdown: what a tired person understands in ten seconds, on one screen.
//!
//! Everything that a stranger wrote is inline code on one line, without back-ticks and without what steers a terminal:
//! no markdown, HTML or link of a log reaches a page that renders this.

use std::fmt::{Result, Write};

use logloop_records::{AnalysisResults, AnalysisStats, Comparison, Failure, TemplateChange};

use crate::report::printable::{clean, one_line};
use crate::report::words::{self, counted, number};

/// Groups that the summary lists; all are in `failures`.
const MAX_LISTED_GROUPS: usize = 5;

/// Changes of each kind that the summary lists; all are in `comparison`.
const MAX_LISTED_CHANGES: usize = 3;

/// Anomalies that the summary lists; all are in `anomalies`.
const MAX_LISTED_ANOMALIES: usize = 3;

/// Recommendations that the summary gives; all are in `recommendations`.
const MAX_LISTED_ADVICE: usize = 3;

/// Warnings that the summary repeats.
const MAX_LISTED_WARNINGS: usize = 5;

/// Line numbers named of one group.
const MAX_LINES: usize = 4;

/// Columns of an entry that the summary quotes.
const MAX_QUOTED: usize = 160;

/// Columns of a name or a time.
const MAX_NAME: usize = 60;

/// Columns of a warning or a reason.
const MAX_PROSE: usize = 300;

/// Summary that starts with `## Analysis Summary`.
pub(super) fn markdown(results: &AnalysisResults) -> String {
    let mut out = String::from("## Analysis Summary\n\n");
    write(&mut out, results).expect("writing to a string cannot fail");
    out
}

fn write(out: &mut String, results: &AnalysisResults) -> Result {
    match results.failures.first() {
        None => writeln!(
            out,
            "**No failures found** in {}.",
            counted(results.stats.total_lines, "line", "lines")
        )?,
        Some(first) => {
            headline(out, first)?;
            groups(out, results)?;
        }
    }
    anomalies(out, results)?;
    if let Some(comparison) = &results.comparison {
        changes(out, comparison)?;
    }
    if !results.recommendations.is_empty() {
        writeln!(out, "\n### What to do\n")?;
        for advice in results.recommendations.iter().take(MAX_LISTED_ADVICE) {
            let name = words::pattern(&advice.pattern);
            let lines = words::lines(&advice.lines, MAX_LINES);
            writeln!(out, "- **{}** ({lines}): {}", prose(&name), advice.text)?;
        }
    }
    writeln!(out, "\n### Numbers\n")?;
    numbers(out, &results.stats)?;
    let warnings = &results.stats.warnings;
    if !warnings.is_empty() {
        writeln!(out, "\n### Not read\n")?;
        for warning in warnings.iter().take(MAX_LISTED_WARNINGS) {
            writeln!(out, "- {}", prose(warning))?;
        }
        if let Some(more) = warnings.len().checked_sub(MAX_LISTED_WARNINGS + 1) {
            writeln!(out, "- … and {} more", more + 1)?;
        }
    }
    Ok(())
}

/// What failed first, where and how.
fn headline(out: &mut String, first: &Failure) -> Result {
    write!(out, "**Likely first cause: line {}**", first.line)?;
    if let Some(time) = &first.timestamp {
        write!(out, ", at {}", code(time, MAX_NAME))?;
    }
    if let Some(component) = &first.component {
        write!(out, ", in {}", code(component, MAX_NAME))?;
    }
    let patterns = words::patterns(first);
    if !patterns.is_empty() {
        write!(out, ": **{}**", prose(&patterns))?;
    }
    writeln!(
        out,
        ".\n\n> {}",
        code(&words::said(first, MAX_QUOTED), MAX_QUOTED)
    )?;
    match words::why(first, |text| code(text, MAX_NAME)) {
        Some(why) => writeln!(out, "\nWhy: {why}."),
        None => Ok(()),
    }
}

fn groups(out: &mut String, results: &AnalysisResults) -> Result {
    let listed = results.failures.len().min(MAX_LISTED_GROUPS);
    let all = results.failures.len() as u64 + results.stats.failure_groups_left_out;
    writeln!(
        out,
        "\n### What failed: {} in {}\n",
        counted(results.stats.total_failures, "entry", "entries"),
        counted(all, "group", "groups"),
    )?;
    for failure in &results.failures[..listed] {
        group(out, failure)?;
    }
    let more = all - listed as u64;
    if more > 0 {
        writeln!(
            out,
            "\n… and {}.",
            counted(more, "more group", "more groups")
        )?;
    }
    Ok(())
}

fn group(out: &mut String, failure: &Failure) -> Result {
    write!(
        out,
        "{}. **{}**",
        failure.rank,
        words::severity(failure.severity)
    )?;
    if failure.is_new == Some(true) {
        write!(out, ", new")?;
    }
    if failure.count > 1 {
        write!(out, ", {}×", number(failure.count))?;
    }
    let line = [failure.line];
    let lines = if failure.lines.is_empty() {
        &line[..]
    } else {
        &failure.lines
    };
    write!(out, ", {}", words::lines(lines, MAX_LINES))?;
    match (&failure.timestamp, &failure.last_seen) {
        (Some(first), Some(last)) if first != last => {
            write!(
                out,
                ", {} to {}",
                code(first, MAX_NAME),
                code(last, MAX_NAME)
            )?;
        }
        _ => {}
    }
    if let Some(component) = &failure.component {
        write!(out, ", {}", code(component, MAX_NAME))?;
    }
    writeln!(
        out,
        ": {}",
        code(&words::said(failure, MAX_QUOTED), MAX_QUOTED)
    )
}

fn anomalies(out: &mut String, results: &AnalysisResults) -> Result {
    let Some(counts) = results.stats.sequences.as_ref() else {
        return Ok(());
    };
    if results.anomalies.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {}\n", words::anomalies(counts))?;
    if words::most_are_odd(counts) {
        writeln!(out, "{}\n", words::MOST_ARE_ODD)?;
    }
    for anomaly in results.anomalies.iter().take(MAX_LISTED_ANOMALIES) {
        write!(out, "- **{}**", anomaly.kind)?;
        if let Some(name) = anomaly
            .transaction_id
            .as_ref()
            .or(anomaly.component.as_ref())
        {
            write!(out, " {}", code(name, MAX_NAME))?;
        }
        if anomaly.count > 1 {
            write!(out, " and {} more", number(anomaly.count - 1))?;
        }
        let reasons: Vec<String> = anomaly.reasons.iter().map(|r| prose(&r.text)).collect();
        writeln!(
            out,
            ", {}: {}",
            words::lines(&anomaly.lines, MAX_LINES),
            reasons.join("; ")
        )?;
    }
    if let Some(more) = results
        .anomalies
        .len()
        .checked_sub(MAX_LISTED_ANOMALIES + 1)
    {
        writeln!(
            out,
            "- … and {}",
            counted(more as u64 + 1, "more reason", "more reasons")
        )?;
    }
    Ok(())
}

fn changes(out: &mut String, comparison: &Comparison) -> Result {
    writeln!(
        out,
        "\n### Against the good run ({})\n",
        counted(comparison.baseline_lines, "line", "lines")
    )?;
    let told: [(&str, &[TemplateChange]); 3] = [
        ("New", &comparison.new),
        ("Gone", &comparison.gone),
        ("Rate", &comparison.changed),
    ];
    let mut left_out = comparison.left_out;
    for (kind, list) in told {
        for change in list.iter().take(MAX_LISTED_CHANGES) {
            let how = match kind {
                "New" => format!("line {}, {}×", change.line, number(change.count)),
                "Gone" => format!("{}× before", number(change.baseline_count)),
                _ => words::change(change),
            };
            let template = code(&change.template, MAX_QUOTED);
            writeln!(out, "- **{kind}** ({how}): {template}")?;
        }
        left_out += list.len().saturating_sub(MAX_LISTED_CHANGES) as u64;
    }
    if left_out > 0 {
        writeln!(
            out,
            "- … and {}",
            counted(left_out, "more change", "more changes")
        )?;
    } else if told.iter().all(|(_, list)| list.is_empty()) {
        writeln!(out, "Nothing is new, gone, or at another rate.")?;
    }
    Ok(())
}

/// The statistics in one line.
fn numbers(out: &mut String, stats: &AnalysisStats) -> Result {
    write!(
        out,
        "{}, {}, {}",
        counted(stats.total_lines, "line", "lines"),
        counted(stats.total_entries, "entry", "entries"),
        counted(stats.total_templates, "template", "templates"),
    )?;
    for (level, count) in words::levels(stats) {
        write!(out, ", {} {level}", number(count))?;
    }
    if let Some(all) = &stats.transactions {
        write!(
            out,
            "; {} of {} failed",
            number(all.failed),
            counted(all.total, "transaction", "transactions")
        )?;
    }
    if let (Some(first), Some(last)) = (&stats.first_timestamp, &stats.last_timestamp) {
        write!(
            out,
            "; {} to {}",
            code(first, MAX_NAME),
            code(last, MAX_NAME)
        )?;
    }
    write!(out, "; format {}", code(&stats.format, MAX_NAME))?;
    if stats.format_reason.is_empty() {
        writeln!(out, ".")
    } else {
        writeln!(out, " ({}).", prose(&stats.format_reason))
    }
}

/// Inline code that no stranger's text can leave.
fn code(text: &str, max: usize) -> String {
    let text = one_line(text, max).replace('`', "'");
    let text = text.trim();
    format!("`{}`", if text.is_empty() { "(empty)" } else { text })
}

/// Text of ours that may quote a stranger: no character of it is markup.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for char in one_line(&clean(text), MAX_PROSE).chars() {
        if "\\`*_[]<>&|~#".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
