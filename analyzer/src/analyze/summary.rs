//! The answer as markdown: what a tired person understands in ten seconds.

use std::fmt::Write;

use logloop_records::{AnalysisResults, Failure};

/// Groups that the summary lists; all are in `failures`.
const MAX_LISTED_GROUPS: usize = 10;

/// Characters of an entry that the summary quotes.
const MAX_QUOTED_CHARS: usize = 160;

/// Summary that starts with `## Analysis Summary`.
pub(super) fn markdown(results: &AnalysisResults) -> String {
    let mut out = String::from("## Analysis Summary\n\n");
    write(&mut out, results).expect("writing to a string cannot fail");
    out
}

fn write(out: &mut String, results: &AnalysisResults) -> std::fmt::Result {
    let stats = &results.stats;
    let size = format!(
        "{} lines, format {} ({})",
        stats.total_lines, stats.format, stats.format_reason
    );
    match results.failures.first() {
        None => writeln!(out, "**No failures found** in {size}.")?,
        Some(first) => {
            let (failures, groups) = (stats.total_failures, results.failures.len());
            writeln!(
                out,
                "**{failures} failing {} in {groups} {}**, in {size}.\n",
                plural(failures, "entry", "entries"),
                plural(groups as u64, "group", "groups"),
            )?;
            writeln!(
                out,
                "**Likely first cause:** line {}: {}\n",
                first.line,
                quote(&first.log_entry)
            )?;
            writeln!(out, "### Failures\n")?;
            for failure in results.failures.iter().take(MAX_LISTED_GROUPS) {
                group(out, failure)?;
            }
            if groups > MAX_LISTED_GROUPS {
                writeln!(out, "\n… and {} more groups.", groups - MAX_LISTED_GROUPS)?;
            }
        }
    }
    if !results.recommendations.is_empty() {
        writeln!(out, "\n### Recommendations\n")?;
        for advice in &results.recommendations {
            let lines: Vec<_> = advice.lines.iter().map(u64::to_string).collect();
            let word = plural(lines.len() as u64, "line", "lines");
            writeln!(
                out,
                "- **{}** ({word} {}): {}",
                advice.pattern,
                lines.join(", "),
                advice.text
            )?;
        }
    }
    if !stats.warnings.is_empty() {
        writeln!(out, "\n### Not read\n")?;
        for warning in &stats.warnings {
            writeln!(out, "- {warning}")?;
        }
    }
    Ok(())
}

fn group(out: &mut String, failure: &Failure) -> std::fmt::Result {
    write!(out, "{}. line {}", failure.rank, failure.line)?;
    if failure.count > 1 {
        write!(
            out,
            " (×{}, last at line {})",
            failure.count,
            failure.lines.last().unwrap_or(&failure.line)
        )?;
    }
    write!(out, ", severity {:.2}", failure.severity)?;
    if let Some(component) = &failure.component {
        write!(out, ", {}", code(component))?;
    }
    if !failure.error_patterns.is_empty() {
        write!(out, ", {}", failure.error_patterns.join(", "))?;
    }
    writeln!(out, ": {}", quote(&failure.log_entry))
}

/// First line of an entry as inline code.
fn quote(entry: &str) -> String {
    let first = entry.lines().next().unwrap_or_default().trim();
    let mut short: String = first.chars().take(MAX_QUOTED_CHARS).collect();
    if short.len() < first.len() {
        short.push('…');
    }
    code(&short)
}

/// Inline code that no back-tick of a stranger's text can leave.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

fn plural(count: u64, one: &'static str, more: &'static str) -> &'static str {
    if count == 1 { one } else { more }
}
