//! Commands that read a data directory, or add to it.

use logloop_records::erase::Erased;
use logloop_records::store::{segments, sum_of};
use logloop_records::{DataDir, Kind};

use crate::cli::{DataArgs, Promote};
use crate::out::say;
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
    say!("interactions         {}", all.records);
    say!("  with a log         {}", all.logs);
    say!("  with feedback      {}", feedback.len());
    say!("corrected lines      {corrections}");
    say!("failures detected    {}", all.failures);
    say!(
        "segments             {} ({} bytes)",
        segments.len(),
        all.bytes
    );
    say!("damaged lines        {}", all.damaged);
    for (name, time) in [("oldest", all.first), ("newest", all.last)] {
        say!(
            "{name:<20} {}",
            time.map_or("-".to_owned(), |time| time.to_rfc3339())
        );
    }
    let serving = serving::read_document(&data.serving()).map_err(anyhow::Error::msg)?;
    let version = serving
        .and_then(|document| document.stable)
        .map_or("rules".to_owned(), |stable| stable.version);
    say!("serving              {version}");
    Ok(())
}

pub(super) fn promote(options: &Promote) -> anyhow::Result<()> {
    let data = DataDir::new(&options.data.data);
    let document = serving::promote(&data, &options.version)?;
    let digest = document
        .stable
        .map_or("the built-in rules".to_owned(), |stable| stable.digest);
    say!(
        "serving {} ({digest}), generation {}",
        options.version,
        document.generation
    );
    Ok(())
}
