//! Commands that read a data directory, or add to it.

use logloop_records::erase::Erased;
use logloop_records::export::{ExportOptions, export_dataset, export_document};
use logloop_records::store::{segments, sum_of};
use logloop_records::{DataDir, Kind};
use serde_json::json;

use crate::cli::{DataArgs, Export, Promote};
use crate::outcome;
use crate::serving;

pub(super) fn stats(options: &DataArgs) -> anyhow::Result<()> {
    let data = DataDir::new(&options.data);
    anyhow::ensure!(
        data.root().is_dir(),
        "there is no data directory at {}",
        data.root().display()
    );
    let segments = segments(&data, Kind::Interactions)?;
    let all = sum_of(&segments, &Erased::load(&data)?)?;
    let feedback = logloop_records::read_feedback(&data)?;
    let corrections: usize = feedback.values().map(|said| said.corrections.len()).sum();
    println!("interactions         {}", all.records);
    println!("  with a log         {}", all.logs);
    println!("  with feedback      {}", feedback.len());
    println!("corrected lines      {corrections}");
    println!("failures detected    {}", all.failures);
    println!(
        "segments             {} ({} bytes)",
        segments.len(),
        all.bytes
    );
    println!("damaged lines        {}", all.damaged);
    for (name, time) in [("oldest", all.first), ("newest", all.last)] {
        println!(
            "{name:<20} {}",
            time.map_or("-".to_owned(), |time| time.to_rfc3339())
        );
    }
    let serving = serving::read_document(&data.serving()).map_err(anyhow::Error::msg)?;
    let version = serving
        .and_then(|document| document.stable)
        .map_or("rules".to_owned(), |stable| stable.version);
    println!("serving              {version}");
    Ok(())
}

pub(super) fn export(options: &Export) -> anyhow::Result<()> {
    super::give_way();
    let how = ExportOptions {
        since: options.since,
    };
    let data = &options.data.data;
    let log = options.termination_log.as_deref();
    if let Some(output) = &options.output {
        let exported = export_document(data, output, &how);
        if let Ok(examples) = &exported {
            println!("{examples} examples in {}", output.display());
        }
        let fields = exported
            .map(|examples| json!({"examples": examples, "output": output.display().to_string()}));
        return outcome::report("export", log, fields);
    }
    let id = options.dataset.as_deref().unwrap_or_default();
    let exported = export_dataset(data, id, &how).map(|manifest| {
        let message = format!(
            "{} examples ({} failures, {} corrected, {} held out) from {} interactions",
            manifest.examples,
            manifest.failures,
            manifest.corrections,
            manifest.held_out,
            manifest.interactions
        );
        println!("data set {id}: {message}\n{}", manifest.digest);
        json!({
            "dataset": manifest.id,
            "digest": manifest.digest,
            "examples": manifest.examples,
            "failures": manifest.failures,
            "interactions": manifest.interactions,
            "corrections": manifest.corrections,
            "held_out": manifest.held_out,
            "message": message,
        })
    });
    outcome::report("export", log, exported)
}

pub(super) fn promote(options: &Promote) -> anyhow::Result<()> {
    let data = DataDir::new(&options.data.data);
    let document = serving::promote(&data, &options.version)?;
    let digest = document
        .stable
        .map_or("the built-in rules".to_owned(), |stable| stable.digest);
    println!(
        "serving {} ({digest}), generation {}",
        options.version, document.generation
    );
    Ok(())
}
