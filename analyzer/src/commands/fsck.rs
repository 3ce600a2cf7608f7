//! `fsck`: whether the stores are as they should be.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context;
use logloop_records::fsck::{FsckOptions, FsckReport, dump, fsck as check};
use logloop_records::{DataDir, Kind};

use crate::cli::{Dump, Fsck};
use crate::out::say;

/// Exit code when problems are left; 1 and 2 are errors of the program and its usage.
const PROBLEMS_LEFT: u8 = 10;

pub(super) fn fsck(options: &Fsck) -> anyhow::Result<ExitCode> {
    let data = DataDir::new(&options.data.data);
    if let Some(store) = options.dump {
        return dump_all(&data, store);
    }
    let how = FsckOptions {
        repair: options.repair,
        reseal: options.reseal,
    };
    let report = check(&data, how)?;
    if options.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(if report.unrepaired == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEMS_LEFT)
    })
}

fn dump_all(data: &DataDir, store: Dump) -> anyhow::Result<ExitCode> {
    let kind = match store {
        Dump::Interactions => Kind::Interactions,
        Dump::Feedback => Kind::Feedback,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    dump(data, kind, &mut out)?;
    out.flush().context("cannot write")?;
    Ok(ExitCode::SUCCESS)
}

fn print(report: &FsckReport) {
    for problem in &report.problems {
        let line = problem
            .line
            .map_or(String::new(), |line| format!(":{line}"));
        let done = if problem.repaired { " (repaired)" } else { "" };
        say!(
            "{}{line}: {}: {}{done}",
            problem.path.display(),
            problem.kind,
            problem.what
        );
    }
    say!(
        "{} segments, {} records, {} bytes, {} blobs; {} sealed",
        report.segments,
        report.records,
        report.bytes,
        report.blobs,
        report.sealed
    );
    let counts: Vec<_> = report
        .counts
        .iter()
        .map(|(kind, number)| format!("{number} {kind}"))
        .collect();
    match (counts.is_empty(), report.unrepaired) {
        (true, _) => say!("all is well"),
        (false, 0) => say!("all repaired: {}", counts.join(", ")),
        (false, left) => say!("{left} problems are left: {}", counts.join(", ")),
    }
}
