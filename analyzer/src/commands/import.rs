//! `import`: interactions that another tool, or another data directory, has stored.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use logloop_records::DataDir;
use logloop_records::import::import as import_lines;

use crate::cli::Import;
use crate::out::{note, say};
use crate::redaction::Redaction;

/// Exit code when some lines are no records; 1 and 2 are errors of the program and its usage.
const SOME_REJECTED: u8 = 10;

pub(super) fn import(options: &Import) -> anyhow::Result<ExitCode> {
    let data = DataDir::new(&options.data.data);
    let redaction = Redaction::new(&options.redaction, data.root())?;
    let mut rejected = 0;
    for path in &options.files {
        let report = import_lines(&data, path, open(path)?, &redaction)
            .with_context(|| format!("cannot import {}", path.display()))?;
        for line in &report.rejected_lines {
            note!("{}:{}: {}", path.display(), line.line, line.problem);
        }
        let mut text = format!(
            "{}: {} imported, {} there already, {} quarantined",
            path.display(),
            report.imported,
            report.already_there,
            report.rejected
        );
        let kept: Vec<String> = report
            .kept_in
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        if !kept.is_empty() {
            text.push_str(&format!(" in {}", kept.join(", ")));
        }
        if report.erased > 0 {
            text.push_str(&format!(
                ", {} left out since they were erased",
                report.erased
            ));
        }
        say!("{text}");
        rejected += report.rejected;
    }
    Ok(if rejected == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(SOME_REJECTED)
    })
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(Box::new(file))
}
