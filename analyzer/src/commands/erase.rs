//! `erase` and `kept`: a person's data goes, or is given to them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context;
use logloop_records::erase::{self, Eraser, Receipt, State, Target, kept_about, receipts, request};
use logloop_records::{DataDir, Error};
use serde_json::json;

use crate::cli::{Erase, Kept};
use crate::out::{note, say};
use crate::outcome;

/// Something of the erasure has to wait for somebody else.
const EXIT_WAITS: u8 = 10;

pub(super) fn erase(options: &Erase) -> anyhow::Result<ExitCode> {
    let data = DataDir::new(&options.data.data);
    if let Some(id) = options.receipt {
        let found = erase::receipt(&data, id)?;
        let receipt =
            found.with_context(|| format!("there is no erasure with the receipt {id}"))?;
        say!("{}", serde_json::to_string_pretty(&receipt)?);
        return Ok(ExitCode::SUCCESS);
    }
    if options.receipts {
        for receipt in receipts(&data)? {
            say!("{}", serde_json::to_string(&receipt)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let target = match (&options.interaction, &options.subject) {
        (Some(id), _) => Target::Interaction(*id),
        (None, Some(subject)) => Target::Subject(subject),
        (None, None) => anyhow::bail!("say what: --interaction ID or --subject NAME"),
    };
    let receipt = run(&data, target);
    let waits = matches!(&receipt, Ok(receipt) if receipt.state != State::Complete);
    if let Ok(receipt) = &receipt {
        describe(receipt);
    }
    let fields = receipt.map(|receipt| json!({"receipt": receipt}));
    outcome::report("erase", options.termination_log.as_deref(), fields)?;
    Ok(if waits {
        ExitCode::from(EXIT_WAITS)
    } else {
        ExitCode::SUCCESS
    })
}

/// Accepts it and does what can be done now; the rest is done by the analyzer that serves, or by `prune`.
fn run(data: &DataDir, target: Target<'_>) -> Result<Receipt, Error> {
    let receipt = request(data, target)?;
    match Eraser::new(data).pass() {
        // Somebody else is at it, and will do this too.
        Ok(_) | Err(Error::Busy { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(erase::receipt(data, receipt.receipt_id)?.unwrap_or(receipt))
}

fn describe(receipt: &Receipt) {
    say!(
        "receipt {}: {} interactions, {} statements found",
        receipt.receipt_id,
        receipt.interactions_found,
        receipt.statements_found
    );
    for segment in receipt.segments.iter().chain(&receipt.feedback) {
        let to = segment.to.as_deref().unwrap_or("removed");
        say!("  {} -> {to} ({} records)", segment.from, segment.records);
    }
    for (what, files) in [
        ("blob", &receipt.blobs),
        ("quarantine", &receipt.quarantine),
        ("exported file", &receipt.exported_files),
    ] {
        for reached in files {
            say!("  {what} {} ({} bytes)", reached.file, reached.bytes);
        }
    }
    for gone in &receipt.data_sets {
        say!("  data set {} deleted", gone.id);
    }
    for model in &receipt.models {
        let word = if model.certain {
            "was"
        } else {
            "may have been"
        };
        say!("  model {} {word} trained on it: marked", model.version);
    }
    for left in &receipt.left {
        say!("  {left}");
    }
    match receipt.state {
        State::Complete => say!("complete"),
        _ => say!("every reader leaves it out; it waits:"),
    }
    for waits in &receipt.waiting_for {
        say!("  {waits}");
    }
}

pub(super) fn kept(options: &Kept) -> anyhow::Result<()> {
    let data = DataDir::new(&options.data.data);
    anyhow::ensure!(
        data.root().is_dir(),
        "there is no data directory at {}: check --data and the volume's mount",
        data.root().display()
    );
    let out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
        ),
        None => Box::new(std::io::stdout().lock()),
    };
    let kept = kept_about(&data, &options.subject, BufWriter::new(out))?;
    note!(
        "{} interactions, {} statements, {} statements of others about them, {} quarantined lines; {} data sets and {} \
         models made while they were there",
        kept.interactions,
        kept.statements,
        kept.statements_of_others,
        kept.quarantined,
        kept.data_sets,
        kept.models
    );
    Ok(())
}
