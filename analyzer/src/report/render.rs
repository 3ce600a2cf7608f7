//! An analysis laid out for a terminal: the same content as the summary, with the lines around the first cause.

use std::collections::BTreeMap;
use std::fmt::{Result, Write};

use logloop_records::{AnalysisResults, Comparison, Failure, Recommendation};

use super::Style;
use super::color::Role;
use super::printable::{clean, columns, cut, one_line};
use super::words::{self, counted, number};
use super::{anomalies, numbers, printable};

/// Groups listed below the first cause.
const MAX_GROUPS: usize = 10;

/// Lines shown of the entry that is the first cause; a stack trace can have hundreds.
const MAX_ENTRY_LINES: usize = 12;

/// Changes of each kind.
const MAX_CHANGES: usize = 5;

/// Line numbers named of one recommendation.
const MAX_LINES: usize = 5;

/// The report. Only with [`Style::color`] does it have escape sequences, and none of them comes from the log.
pub fn render(results: &AnalysisResults, style: &Style) -> String {
    let mut page = Page {
        out: String::new(),
        style: *style,
    };
    page.write(results)
        .expect("writing to a string cannot fail");
    page.out
}

/// The report so far.
pub(super) struct Page {
    pub(super) out: String,
    pub(super) style: Style,
}

impl Page {
    fn write(&mut self, results: &AnalysisResults) -> Result {
        match results.failures.first() {
            None => {
                let lines = counted(results.stats.total_lines, "line", "lines");
                let verdict = format!("No failures found in {lines}.");
                let verdict = self.style.paint(Role::Good, &verdict);
                writeln!(self.out, "{verdict}")?;
            }
            Some(first) => {
                self.headline(first)?;
                self.excerpt(first)?;
                self.groups(results)?;
            }
        }
        anomalies::write(self, results)?;
        if let Some(comparison) = &results.comparison {
            self.changes(comparison)?;
        }
        self.advice(&results.recommendations)?;
        numbers::write(self, &results.stats)?;
        if !results.stats.warnings.is_empty() {
            self.heading("Not read")?;
            for warning in &results.stats.warnings {
                self.item("  ! ", &clean(warning))?;
            }
        }
        Ok(())
    }

    pub(super) fn heading(&mut self, text: &str) -> Result {
        let text = self.style.paint(Role::Heading, text);
        writeln!(self.out, "\n{text}")
    }

    fn headline(&mut self, first: &Failure) -> Result {
        let mut text = format!("Likely first cause: line {}", first.line);
        let patterns = words::patterns(first);
        if !patterns.is_empty() {
            write!(text, ", {}", one_line(&patterns, self.style.width))?;
        }
        let text = cut(&text, self.style.width);
        let text = self.style.paint(Role::Bad, &text);
        writeln!(self.out, "{text}")?;
        let mut place = vec![words::severity(first.severity).to_owned()];
        let named = [
            ("at ", &first.timestamp),
            ("in ", &first.component),
            ("doing ", &first.operation),
            ("transaction ", &first.transaction_id),
        ];
        for (word, value) in named {
            place.extend(
                value
                    .iter()
                    .map(|value| format!("{word}{}", one_line(value, 60))),
            );
        }
        writeln!(self.out, "{}", cut(&place.join(", "), self.style.width))?;
        if let Some(why) = words::why(first, |text| one_line(text, 40)) {
            let why = cut(&format!("Why: {why}"), self.style.width);
            writeln!(self.out, "{}", self.style.paint(Role::Dim, &why))?;
        }
        Ok(())
    }

    /// The first cause with the lines around it.
    fn excerpt(&mut self, first: &Failure) -> Result {
        let last = first.context.last().map_or(0, |line| line.line);
        let digits = last.max(first.line_end).to_string().len();
        writeln!(self.out)?;
        for context in first.context.iter().filter(|c| c.line < first.line) {
            self.line(digits, context.line, &context.text, false)?;
        }
        let own = first.log_entry.lines().take(MAX_ENTRY_LINES);
        for (number, text) in (first.line..).zip(own) {
            self.line(digits, number, text, true)?;
        }
        let hidden = (first.line_end + 1).saturating_sub(first.line + MAX_ENTRY_LINES as u64);
        if hidden > 0 {
            let more = format!(
                "  {:digits$} │ … {}",
                "",
                counted(hidden, "more line", "more lines")
            );
            writeln!(self.out, "{}", self.style.paint(Role::Dim, &more))?;
        }
        for context in first.context.iter().filter(|c| c.line > first.line_end) {
            self.line(digits, context.line, &context.text, false)?;
        }
        Ok(())
    }

    fn line(&mut self, digits: usize, number: u64, text: &str, failed: bool) -> Result {
        let text = clean(text);
        let text = cut(text.trim_end(), self.style.width.saturating_sub(digits + 5));
        if failed {
            let line = format!("> {number:digits$} │ {text}");
            writeln!(self.out, "{}", self.style.paint(Role::Bad, &line))
        } else {
            let number = format!("  {number:digits$} │");
            writeln!(self.out, "{} {text}", self.style.paint(Role::Dim, &number))
        }
    }

    fn groups(&mut self, results: &AnalysisResults) -> Result {
        let groups = results.failures.len() as u64 + results.stats.failure_groups_left_out;
        let failures = counted(
            results.stats.total_failures,
            "failing entry",
            "failing entries",
        );
        let groups_word = counted(groups, "group", "groups");
        self.heading(&format!("{failures} in {groups_word}"))?;
        let listed = results.failures.len().min(MAX_GROUPS);
        let rows: Vec<[String; 4]> = results.failures[..listed].iter().map(row).collect();
        let widths: [usize; 4] =
            std::array::from_fn(|at| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0));
        for (row, failure) in rows.iter().zip(&results.failures) {
            let [rank, severity, count, line] = row;
            let [rank_width, severity_width, count_width, line_width] = widths;
            let role = if failure.severity >= 0.65 {
                Role::Bad
            } else {
                Role::Odd
            };
            let pad = " ".repeat(severity_width - columns(severity));
            let severity = self.style.paint(role, severity) + &pad;
            write!(
                self.out,
                "  {rank:>rank_width$}  {severity}  {count:>count_width$}  {line:<line_width$}  "
            )?;
            let left = self
                .style
                .width
                .saturating_sub(widths.iter().sum::<usize>() + 10);
            let mut text = String::new();
            if failure.is_new == Some(true) {
                text.push_str("new: ");
            }
            if let Some(component) = &failure.component {
                write!(text, "{}: ", one_line(component, 30))?;
            }
            text.push_str(&words::said(failure, self.style.width));
            writeln!(self.out, "{}", cut(&text, left))?;
        }
        let more = groups - listed as u64;
        if more > 0 {
            let more = format!("  … and {}", counted(more, "more group", "more groups"));
            writeln!(self.out, "{}", self.style.paint(Role::Dim, &more))?;
        }
        Ok(())
    }

    fn changes(&mut self, comparison: &Comparison) -> Result {
        let lines = counted(comparison.baseline_lines, "line", "lines");
        self.heading(&format!("Against the good run ({lines})"))?;
        let told = [
            ("+ new", Role::Bad, &comparison.new),
            ("- gone", Role::Odd, &comparison.gone),
            ("~ rate", Role::Odd, &comparison.changed),
        ];
        let mut left_out = comparison.left_out;
        for (kind, role, list) in told {
            for change in list.iter().take(MAX_CHANGES) {
                let how = match kind {
                    "+ new" => format!("line {}, {}×", change.line, number(change.count)),
                    "- gone" => format!("{}× before", number(change.baseline_count)),
                    _ => words::change(change),
                };
                let left = self.style.width.saturating_sub(columns(&how) + 14);
                let template = one_line(&change.template, left.max(10));
                let pad = " ".repeat(6 - kind.len());
                let kind = self.style.paint(role, kind);
                writeln!(self.out, "  {kind}{pad}  {how}: {template}")?;
            }
            left_out += list.len().saturating_sub(MAX_CHANGES) as u64;
        }
        if left_out > 0 {
            let more = counted(left_out, "more change", "more changes");
            writeln!(self.out, "  … and {more}")?;
        } else if told.iter().all(|(_, _, list)| list.is_empty()) {
            writeln!(self.out, "  nothing is new, gone, or at another rate")?;
        }
        Ok(())
    }

    fn advice(&mut self, recommendations: &[Recommendation]) -> Result {
        if recommendations.is_empty() {
            return Ok(());
        }
        self.heading("What to do")?;
        for advice in recommendations {
            let lines = words::lines(&advice.lines, MAX_LINES);
            let name = words::pattern(&advice.pattern);
            self.item(
                "  • ",
                &clean(&format!("{name} ({lines}): {}", advice.text)),
            )?;
        }
        Ok(())
    }

    /// A text that goes on below its beginning when it is longer than a line.
    pub(super) fn item(&mut self, mark: &str, text: &str) -> Result {
        let indent = columns(mark);
        let width = self.style.width.saturating_sub(indent).max(20);
        for (at, line) in wrap(text, width).iter().enumerate() {
            let begin = if at == 0 {
                mark.to_owned()
            } else {
                " ".repeat(indent)
            };
            writeln!(self.out, "{begin}{line}")?;
        }
        Ok(())
    }
}

/// Rank, severity, count and line of a group.
fn row(failure: &Failure) -> [String; 4] {
    [
        failure.rank.to_string(),
        words::severity(failure.severity).to_owned(),
        format!("{}×", number(failure.count)),
        match failure.lines.last() {
            Some(last) if *last > failure.line => format!("lines {}–{last}", failure.line),
            _ => format!("line {}", failure.line),
        },
    ]
}

/// Breaks a text at its blanks; a word that is longer than a line is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![];
    let mut line = String::new();
    for word in text.split_whitespace() {
        let word = printable::cut(word, width);
        if !line.is_empty() && columns(&line) + 1 + columns(&word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

/// The most frequent names of a map, `name count` each.
pub(super) fn frequent(counts: &BTreeMap<String, u64>, most: usize) -> String {
    let mut all: Vec<_> = counts.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let more = all.len().saturating_sub(most);
    let told = all.iter().take(most);
    let mut told: Vec<_> = told
        .map(|(name, count)| format!("{} {}", one_line(name, 40), number(**count)))
        .collect();
    if more > 0 {
        told.push(format!("… and {more} more"));
    }
    told.join(", ")
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
