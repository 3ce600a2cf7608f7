//! Transactions and windows that are not normal, for a terminal.

use std::fmt::{Result, Write};

use logloop_records::AnalysisResults;

use super::color::Role;
use super::printable::{clean, cut, one_line};
use super::render::Page;
use super::words::{self, counted, number};

/// Anomalies listed.
const MAX_LISTED: usize = 5;

/// Line numbers named of one.
const MAX_LINES: usize = 5;

/// Columns of an id or a component.
const MAX_NAME: usize = 60;

pub(super) fn write(page: &mut Page, results: &AnalysisResults) -> Result {
    let Some(counts) = results.stats.sequences.as_ref() else {
        return Ok(());
    };
    if results.anomalies.is_empty() {
        return Ok(());
    }
    page.heading(&cut(&words::anomalies(counts), page.style.width))?;
    if words::most_are_odd(counts) {
        page.item("  ! ", words::MOST_ARE_ODD)?;
    }
    for anomaly in results.anomalies.iter().take(MAX_LISTED) {
        let mut text = anomaly.kind.clone();
        let named = anomaly
            .transaction_id
            .as_ref()
            .or(anomaly.component.as_ref());
        if let Some(name) = named {
            write!(text, " {}", one_line(name, MAX_NAME))?;
        }
        if anomaly.count > 1 {
            write!(text, " and {} more", number(anomaly.count - 1))?;
        }
        write!(text, ", {}", words::lines(&anomaly.lines, MAX_LINES))?;
        let text = cut(&clean(&text), page.style.width.saturating_sub(2));
        let text = page.style.paint(Role::Odd, &text);
        writeln!(page.out, "  {text}")?;
        for reason in &anomaly.reasons {
            page.item("    ", &clean(&reason.text))?;
        }
    }
    if let Some(more) = results.anomalies.len().checked_sub(MAX_LISTED + 1) {
        let more = counted(more as u64 + 1, "more reason", "more reasons");
        writeln!(page.out, "  … and {more}")?;
    }
    Ok(())
}
