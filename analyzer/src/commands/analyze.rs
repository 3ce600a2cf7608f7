//! `analyze`: one log to a report on the terminal, to JSON, or to an object for each entry.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use logloop_logs::{Entry, variables};
use logloop_records::DataDir;
use logloop_scoring::rules;
use serde_json::json;

use crate::analyze::{Analyzer, Baseline, EntryVerdict, Options, Scorer};
use crate::cli::Analyze;
use crate::corrections::Corrections;
use crate::report;
use crate::serving::{Serving, read_document};
use crate::source::{Source, WasRead};

/// Exit code when the log has failures; 1 and 2 are errors of the program and its usage.
const FOUND_FAILURES: u8 = 10;

pub(super) fn analyze(options: &Analyze) -> anyhow::Result<ExitCode> {
    let scorer = scorer(options)?;
    let baseline = baseline(options)?;
    let mut source = Source::open(&options.file, options.entries)?;
    let asked = Options {
        format: options.format,
        baseline: baseline.as_ref(),
        warnings: vec![],
    };
    let mut analyzer = Analyzer::new(asked, &scorer);
    let WasRead { summary, warnings } =
        source.read(options.format, &mut |entry| analyzer.push(&entry))?;
    let (analysis, mut decided) = analyzer.finish(&summary, warnings);
    let stdout = io::stdout();
    let style = report::Style::of(&stdout);
    let mut out = BufWriter::new(stdout.lock());
    let written = if options.entries {
        // Only now the ranks are known.
        let mut written = Ok(());
        source.read(options.format, &mut |entry| {
            if written.is_ok() {
                let said = decided.entry(&entry, &scorer, baseline.as_ref());
                written = write_entry(&mut out, &entry, &said);
            }
        })?;
        written
    } else if options.json {
        let answer = json!({
            "success": true,
            "analysis_results": analysis.results,
            "response_text": analysis.response_text,
            "model_version": scorer.version(),
        });
        writeln!(out, "{answer:#}")
    } else {
        write!(out, "{}", report::render(&analysis.results, &style))
    };
    let written = written.and_then(|()| out.flush());
    written.context("cannot write the report")?;
    Ok(if analysis.results.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND_FAILURES)
    })
}

fn baseline(options: &Analyze) -> anyhow::Result<Option<Baseline>> {
    let Some(path) = &options.baseline else {
        return Ok(None);
    };
    if path.as_os_str() == "-" && options.file.as_os_str() == "-" {
        anyhow::bail!("the log and the baseline cannot both be standard input: give one as a file");
    }
    let mut baseline = Baseline::default();
    Source::open(path, false)?
        .read(options.format, &mut |entry| baseline.push(&entry))
        .context("the baseline is not usable: give the log of a good run")?;
    Ok(Some(baseline))
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
        None,
    ))
}

fn write_entry(out: &mut impl Write, entry: &Entry<'_>, said: &EntryVerdict) -> io::Result<()> {
    let rule = if said.is_failure {
        rules::judge(&entry.message, entry.level).score
    } else {
        rules::RuleScore::default()
    };
    let line = json!({
        "line_start": entry.line_start,
        "line_end": entry.line_end,
        "format": entry.format.as_str(),
        "timestamp": entry.timestamp,
        "level": entry.level,
        "component": entry.component,
        "operation": entry.operation,
        "transaction_id": entry.transaction_id,
        "template_id": said.template.id,
        "template": said.template.text,
        "variables": variables(&said.template.text, &entry.message),
        "is_failure": said.is_failure,
        "severity": said.verdict.severity,
        "score": said.verdict.score,
        "scored_by": said.verdict.by.as_str(),
        "error_patterns": rule.patterns,
        "rank": said.rank,
    });
    writeln!(out, "{line}")
}
