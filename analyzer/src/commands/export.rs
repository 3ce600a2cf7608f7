//! `export`: what was collected, as training data.

use logloop_records::dataset::Problem;
use logloop_records::export::{ExportOptions, Filter, export_dataset, export_document, export_log};
use logloop_records::{DataDir, Error};
use serde_json::{Map, Value, json};

use crate::cli::Export;
use crate::out::say;
use crate::outcome;

/// Threads where none are asked for, at most.
const DEFAULT_THREADS: usize = 4;

/// Problems that are printed; the rest is counted.
const MAX_PROBLEMS_SHOWN: usize = 20;

pub(super) fn export(options: &Export) -> anyhow::Result<()> {
    super::give_way();
    let exported = all(options).map(Value::Object);
    outcome::report("export", options.termination_log.as_deref(), exported)
}

/// Everything that was asked for, one after the other; what is reported of it.
fn all(options: &Export) -> Result<Map<String, Value>, Error> {
    let data = &options.data.data;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let how = ExportOptions {
        filter: Filter {
            since: options.since.map(|since| since.time),
            since_age: options.since.and_then(|since| since.age),
            subject: options.subject.clone(),
            useful_only: options.useful_only,
            label_sources: options.label_source.clone(),
        },
        threads: options.threads.unwrap_or(cores.min(DEFAULT_THREADS)),
        logs_only: options.logs_only,
        ..ExportOptions::default()
    };
    let mut report = Map::new();
    let mut tell = |fields: Value| report.extend(fields.as_object().cloned().unwrap_or_default());
    if let Some(output) = &options.output {
        let written = export_document(data, output, &how)?;
        say!("{} examples in {}", written.examples, output.display());
        problems(&written.problems);
        tell(json!({
            "examples": written.examples,
            "output": output.display().to_string(),
            "not_used": written.problems.len(),
        }));
    }
    if let Some(output) = &options.output_log_format {
        let output = output.clone().unwrap_or(DataDir::new(data).log_export());
        let written = export_log(data, &output, &how)?;
        say!("{} examples in {}", written.examples, output.display());
        problems(&written.problems);
        tell(json!({
            "examples": written.examples,
            "output_log_format": output.display().to_string(),
            "not_used": written.problems.len(),
        }));
    }
    if let Some(id) = &options.dataset {
        let manifest = export_dataset(data, id, &how)?;
        let message = format!(
            "{} examples ({} failures, {} corrected, {} held out) from {} interactions and {} logs",
            manifest.examples,
            manifest.failures,
            manifest.corrections,
            manifest.held_out,
            manifest.interactions,
            manifest.logs.len(),
        );
        say!("data set {id}: {message}\n{}", manifest.digest);
        problems(&manifest.problems);
        tell(json!({
            "dataset": manifest.id,
            "digest": manifest.digest,
            "examples": manifest.examples,
            "failures": manifest.failures,
            "interactions": manifest.interactions,
            "corrections": manifest.corrections,
            "held_out": manifest.held_out,
            "not_used": manifest.problems.len(),
            "message": message,
        }));
    }
    Ok(report)
}

/// Names what could not be used.
fn problems(problems: &[Problem]) {
    for one in problems.iter().take(MAX_PROBLEMS_SHOWN) {
        say!("not used: {}: {}", one.file, one.problem);
    }
    let more = problems.len().saturating_sub(MAX_PROBLEMS_SHOWN);
    if more > 0 {
        say!("not used: {more} more, as dataset.json and the messages above say");
    }
}
