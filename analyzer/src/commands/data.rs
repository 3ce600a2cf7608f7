//! Commands that read a data directory, or add to it.

use logloop_records::erase::Erased;
use logloop_records::store::{segments, sum_of};
use logloop_records::{DataDir, Kind};

use crate::cli::{DataArgs, Promote};
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
