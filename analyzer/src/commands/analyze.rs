//! `analyze`: one log to a report on the terminal, to JSON, or to an object for each entry.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use logloop_logs::parse_each;
use logloop_records::DataDir;
use serde_json::json;

use crate::analyze::{
    Decider, GoodRun, ScoredEntry, Scorer, SecondPass, analyze_with, read_baseline,
};
use crate::cli::Analyze;
use crate::corrections::Corrections;
use crate::serving::{Serving, read_document};
use crate::upload::{self, Uploaded};

/// Exit code when the log has failures; 1 and 2 are errors of the program and its usage.
const FOUND_FAILURES: u8 = 10;

pub(super) fn analyze(options: &Analyze) -> anyhow::Result<ExitCode> {
    let Uploaded { text, warnings } = upload::read(&read(&options.file)?)?;
    let mut scorer = scorer(options)?;
    let good = baseline(options)?;
    let (analysis, second) =
        analyze_with(&text, options.format, &mut scorer, warnings, good.as_ref());
    let mut out = BufWriter::new(io::stdout().lock());
    let written = if options.entries {
        write_entries(
            &mut out,
            &text,
            options,
            &mut scorer,
            &second,
            good.as_ref(),
        )
    } else if options.json {
        let answer = json!({
            "success": true,
            "analysis_results": analysis.results,
            "response_text": analysis.response_text,
            "model_version": scorer.version(),
        });
        writeln!(out, "{answer:#}")
    } else {
        write!(out, "{}", analysis.response_text)
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

fn baseline(options: &Analyze) -> anyhow::Result<Option<GoodRun>> {
    let Some(path) = &options.baseline else {
        return Ok(None);
    };
    let Uploaded { text, .. } = upload::read(&read(path)?)?;
    Ok(Some(read_baseline(text, options.format)))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![];
    if file.as_os_str() == "-" {
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
    } else {
        let path = file.display();
        let mut file = File::open(file).with_context(|| format!("cannot open {path}"))?;
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

/// Reads the log a second time: only then the ranks are known.
fn write_entries(
    out: &mut impl Write,
    text: &str,
    options: &Analyze,
    scorer: &mut Scorer,
    second: &SecondPass,
    good: Option<&GoodRun>,
) -> io::Result<()> {
    let mut written = Ok(());
    let mut decider = Decider::new(good);
    parse_each(text, options.format, |entry| {
        if written.is_ok() {
            let scored = scorer.entry(entry);
            let group = second.failure(&scored, decider.role(&scored));
            written = write_entry(out, &scored, group, second);
        }
    });
    written
}

fn write_entry(
    out: &mut impl Write,
    scored: &ScoredEntry<'_>,
    group: Option<u64>,
    second: &SecondPass,
) -> io::Result<()> {
    let entry = &scored.entry;
    let rank = group.and_then(|group| second.ranks.get(&group));
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
        "is_failure": group.is_some(),
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
        let (_, second) = analyze_with(text, None, &mut scorer, vec![], None);
        let mut out = vec![];
        write_entries(&mut out, text, &options, &mut scorer, &second, None).unwrap();
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
