//! The numbers of a log on a terminal: levels, time, components, transactions.

use std::fmt::{Result, Write};

use logloop_records::{AnalysisStats, Timeline};

use super::printable::{clean, one_line};
use super::render::{Page, frequent};
use super::sparkline;
use super::words::{self, counted, number};

/// Names listed of each kind.
const MAX_NAMES: usize = 6;

/// Failing transactions listed.
const MAX_TRANSACTIONS: usize = 3;

/// Columns of a row's name.
const NAME: usize = 14;

pub(super) fn write(page: &mut Page, stats: &AnalysisStats) -> Result {
    page.heading("Numbers")?;
    let size = format!(
        "{}, {}, {}",
        counted(stats.total_lines, "line", "lines"),
        counted(stats.total_entries, "entry", "entries"),
        counted(stats.total_templates, "template", "templates"),
    );
    row(page, "log", &size)?;
    let reason = if stats.format_reason.is_empty() {
        String::new()
    } else {
        format!(" ({})", stats.format_reason)
    };
    row(page, "format", &format!("{}{reason}", stats.format))?;
    let levels: Vec<_> = words::levels(stats)
        .into_iter()
        .map(|(level, count)| format!("{} {}", one_line(level, 20), number(count)))
        .collect();
    row(page, "levels", &levels.join(", "))?;
    row(page, "components", &frequent(&stats.components, MAX_NAMES))?;
    row(page, "operations", &frequent(&stats.operations, MAX_NAMES))?;
    if let (Some(first), Some(last)) = (&stats.first_timestamp, &stats.last_timestamp) {
        let from = one_line(first, 40);
        row(page, "time", &format!("{from} to {}", one_line(last, 40)))?;
    }
    if let Some(timeline) = &stats.timeline {
        over_time(page, timeline)?;
    }
    if let Some(all) = &stats.transactions {
        let total = counted(all.total, "transaction", "transactions");
        row(
            page,
            "transactions",
            &format!("{} of {total} failed", number(all.failed)),
        )?;
        for one in all.failing.iter().take(MAX_TRANSACTIONS) {
            let text = format!(
                "{} failed at line {}: {} ({})",
                one_line(&one.id, 40),
                one.failing_line,
                one_line(&one.failing_step, 60),
                counted(one.entries, "entry", "entries"),
            );
            row(page, "", &text)?;
        }
    }
    Ok(())
}

/// A sparkline of the entries, and one of the failures.
fn over_time(page: &mut Page, timeline: &Timeline) -> Result {
    if timeline.buckets.len() < 2 {
        return Ok(());
    }
    let columns = page.style.width.saturating_sub(NAME + 2).max(1);
    let (buckets, merged) = sparkline::fit(&timeline.buckets, columns);
    let entries = sparkline::entries(&buckets, &page.style);
    writeln!(page.out, "  {:NAME$}{entries}", "entries")?;
    if buckets.iter().any(|bucket| bucket.failures > 0) {
        let failures = sparkline::failures(&buckets, &page.style);
        writeln!(page.out, "  {:NAME$}{failures}", "failures")?;
    }
    let width = duration(timeline.bucket_seconds * merged);
    let start = &buckets[0].start;
    row(
        page,
        "",
        // 1970 stands for a year that the log does not name.
        &format!(
            "each {width}, from {}",
            start.strip_prefix("1970-").unwrap_or(start)
        ),
    )
}

fn row(page: &mut Page, name: &str, text: &str) -> Result {
    if text.is_empty() {
        return Ok(());
    }
    page.item(&format!("  {name:NAME$}"), &clean(text))
}

fn duration(seconds: u64) -> String {
    let (unit, one) = match seconds {
        s if s % 86_400 == 0 => (86_400, "day"),
        s if s % 3600 == 0 => (3600, "hour"),
        s if s % 60 == 0 => (60, "minute"),
        _ => (1, "second"),
    };
    counted(seconds / unit, one, &format!("{one}s"))
}
