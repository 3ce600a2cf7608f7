//! Commands that read a data directory, or add to it.

use logloop_records::erase::{Erased, ModelErasure, marks_of};
use logloop_records::store::{segments, sum_of};
use logloop_records::{DataDir, Kind};

use crate::cli::{DataArgs, Promote};
use crate::out::{note, say};
use crate::promote::{Promoted, promote as put_into_service};
use crate::serving::read_document;

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
    let serving = read_document(&data.serving()).map_err(anyhow::Error::msg)?;
    let version = serving
        .and_then(|document| document.stable)
        .map_or("rules".to_owned(), |stable| stable.version);
    say!("serving              {version}");
    Ok(())
}

pub(super) fn promote(options: &Promote) -> anyhow::Result<()> {
    let data = DataDir::new(&options.data.data);
    let marks = marks_of(&data.models().join(&options.version));
    if let Some(problem) = problem_of(&options.version, &marks) {
        anyhow::ensure!(
            options.even_marked,
            "{problem}: train again and promote the new version, or promote this one with --even-marked"
        );
        note!("warning: {problem}");
    }
    let Promoted { document, damaged } = put_into_service(&data, &options.version)?;
    if let Some(aside) = damaged {
        note!(
            "warning: the serving document could not be read; it is kept as {}",
            aside.display()
        );
    }
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

/// What speaks against a version: erasures that came after its training.
fn problem_of(version: &str, marks: &[ModelErasure]) -> Option<String> {
    let last = marks.iter().max_by_key(|mark| mark.number)?;
    let is_certain = marks.iter().any(|mark| mark.certain);
    let verb = if is_certain { "was" } else { "may have been" };
    Some(format!(
        "version {version} {verb} trained on what was erased since ({} erasures, the last with the receipt {} of {})",
        marks.len(),
        last.receipt_id,
        last.requested
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_version_is_told() {
        let mark = |number, certain| ModelErasure {
            number,
            receipt_id: uuid::Uuid::from_u128(number.into()),
            requested: chrono::DateTime::UNIX_EPOCH,
            certain,
        };
        assert_eq!(problem_of("v", &[]), None);
        for (marks, expected) in [
            (vec![mark(1, false)], "v may have been trained"),
            (vec![mark(2, true), mark(1, false)], "v was trained"),
            (vec![mark(2, true), mark(1, false)], "000000000002 of 1970"),
        ] {
            let told = problem_of("v", &marks).unwrap();
            assert!(told.contains(expected), "{told}");
        }
    }
}
