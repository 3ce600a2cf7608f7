//! `analyze`: one log to a report on the terminal, to JSON, or to an object for each entry.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use logloop_logs::parse_each;
use logloop_records::{DataDir, Failure};
use serde_json::json;

use crate::analyze::{ScoredEntry, Scorer, analyze as analyze_text};
use crate::cli::Analyze;
use crate::corrections::Corrections;
use crate::report::{Style, render};
use crate::serving::{Serving, read_document};
use crate::upload::{self, Uploaded};

/// Exit code when the log has failures; 1 and 2 are errors of the program and its usage.
const FOUND_FAILURES: u8 = 10;

pub(super) fn analyze(options: &Analyze) -> anyhow::Result<ExitCode> {
    let Uploaded { text, warnings } = upload::read(&read(options)?)?;
    let mut scorer = scorer(options)?;
    let analysis = analyze_text(&text, options.format, &mut scorer, warnings);
    let mut out = BufWriter::new(io::stdout().lock());
    let written = if options.entries {
        let ranks = ranks(&analysis.results.failures);
        write_entries(&mut out, &text, options, &mut scorer, &ranks)
    } else if options.json {
        let answer = json!({
            "success": true,
            "analysis_results": analysis.results,
            "response_text": analysis.response_text,
            "model_version": scorer.version(),
        });
        writeln!(out, "{answer:#}")
    } else {
        let style = Style::of(&io::stdout());
        write!(out, "{}", render(&analysis.results, &style))
    };
    match written.and_then(|()| out.flush()) {
        // The reader (head, less) has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.context("cannot write the report")?,
    }
    let failed = analysis.results.stats.total_failures > 0;
    Ok(if failed {
        ExitCode::from(FOUND_FAILURES)
    } else {
        ExitCode::SUCCESS
    })
}

fn read(options: &Analyze) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![];
    if options.file.as_os_str() == "-" {
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
    } else {
        let path = options.file.display();
        let mut file = File::open(&options.file).with_context(|| format!("cannot open {path}"))?;
        file.read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {path}"))?;
    }
    Ok(bytes)
}

fn scorer(options: &Analyze) -> anyhow::Result<Scorer> {
    let Some(data) = options.data.as_ref().map(DataDir::new) else {
        return Ok(Scorer::rules());
    };
    let serving = Serving::new(&data);
    if let Some(document) = read_document(&data.serving()).map_err(anyhow::Error::msg)? {
        serving.apply(&document)?;
    }
    Ok(Scorer::new(
        serving.loaded().model.clone(),
        Arc::new(Corrections::read(&data)?),
    ))
}

/// Ranks of the groups by template and level.
type Ranks<'a> = HashMap<(&'a str, Option<&'a str>), u32>;

fn ranks(failures: &[Failure]) -> Ranks<'_> {
    failures
        .iter()
        .map(|f| ((f.template_id.as_str(), f.level.as_deref()), f.rank))
        .collect()
}

/// Reads the log a second time: only then the ranks are known.
fn write_entries(
    out: &mut impl Write,
    text: &str,
    options: &Analyze,
    scorer: &mut Scorer,
    ranks: &Ranks<'_>,
) -> io::Result<()> {
    let mut written = Ok(());
    parse_each(text, options.format, |entry| {
        if written.is_ok() {
            written = write_entry(out, &scorer.entry(entry), ranks);
        }
    });
    written
}

fn write_entry(
    out: &mut impl Write,
    scored: &ScoredEntry<'_>,
    ranks: &Ranks<'_>,
) -> io::Result<()> {
    let entry = &scored.entry;
    let group = (
        scored.template.id.as_str(),
        entry.level.map(|level| level.as_str()),
    );
    let rank = ranks.get(&group).filter(|_| scored.scored.is_failure);
    let line = json!({
        "line_start": entry.line_start,
        "line_end": entry.line_end,
        "timestamp": entry.timestamp,
        "level": entry.level,
        "component": entry.component,
        "operation": entry.operation,
        "transaction_id": entry.transaction_id,
        "template_id": scored.template.id,
        "template": scored.template.text,
        "is_failure": scored.scored.is_failure,
        "severity": scored.scored.severity,
        "score": scored.scored.score,
        "scored_by": scored.scored.by.as_str(),
        "error_patterns": scored.scored.patterns,
        "rank": rank,
    });
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn each_entry_has_the_rank_of_its_group() {
        let text = "INFO: up\nERROR: disk 1 failed\nFATAL: disk 2 failed\nERROR: disk 3 failed\n";
        let Command::Analyze(options) =
            Cli::parse_from(["logloop-analyzer", "analyze", "--entries", "-"]).command
        else {
            panic!("another command");
        };
        let mut scorer = Scorer::rules();
        let results = analyze_text(text, None, &mut scorer, vec![]).results;
        let mut out = vec![];
        write_entries(
            &mut out,
            text,
            &options,
            &mut scorer,
            &ranks(&results.failures),
        )
        .unwrap();
        let lines: Vec<serde_json::Value> = out
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let found: Vec<_> = lines.iter().map(|line| line["rank"].as_u64()).collect();
        assert_eq!(found, [None, Some(2), Some(1), Some(2)]);
        assert_eq!(lines[3]["line_start"], 4);
    }
}
