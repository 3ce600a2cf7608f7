//! Makes a data set of any size to train on, to measure the memory that it takes: `tests/bench/trainer-memory.sh`.
//!
//! `large DATA ROWS DISTINCT [PEOPLE]`: the data set `large-ROWS-DISTINCT-PEOPLE` in the data directory DATA, of ROWS examples of DISTINCT
//! entries; of a hundred rows PEOPLE are corrections and thumbs of as many contributors as there are hundreds of uploads. The
//! same arguments give the same rows.

use std::path::Path;

use logloop_records::{DataDir, LabelSource, TrainingExample, dataset};
use logloop_trainer::rng::Rng;

/// Rows of one upload.
const ROWS_OF_UPLOAD: u64 = 200;

/// Uploads of one contributor.
const UPLOADS_OF_CONTRIBUTOR: u64 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let (data, rows, distinct, people) = match &given[..] {
        [data, rows, distinct] => (data, rows.parse()?, distinct.parse()?, 0),
        [data, rows, distinct, people] => (data, rows.parse()?, distinct.parse()?, people.parse()?),
        _ => return Err("usage: large DATA ROWS DISTINCT [PEOPLE]".into()),
    };
    let mut rng = Rng::new(1, "large");
    let examples = (0..rows).map(|row| example(row, distinct, people, &mut rng));
    let id = format!("large-{rows}-{distinct}-{people}");
    let made = dataset::make(&DataDir::new(Path::new(data)).datasets(), &id, examples)?;
    println!("{} ({} examples)", made.id, made.examples);
    Ok(())
}

fn example(row: u64, distinct: u64, people: u64, rng: &mut Rng) -> TrainingExample {
    let entry = rng.below(distinct as usize) as u64;
    let is_failure = entry.is_multiple_of(3);
    let said = if is_failure {
        ["failed to", "could not", "refused to"][entry as usize / 3 % 3]
    } else {
        ["started to", "will now", "went on to"][entry as usize / 3 % 3]
    };
    // Three words that no two have in common: mined, they are templates of their own.
    let template = format!(
        "worker {} {said} open {} of {}",
        letters(entry),
        letters(entry * 7_919 + 31),
        letters(entry * 104_729 + 77)
    );
    let label_source = match rng.below(200) as u64 {
        chance if chance >= 2 * people => LabelSource::Rule,
        chance if chance % 2 == 0 => LabelSource::Correction,
        _ => LabelSource::Thumb,
    };
    let upload = row / ROWS_OF_UPLOAD;
    TrainingExample {
        // As long as an entry with a stack trace.
        log_entry: format!(
            "2026-11-22 10:00:00 INFO {template} after {}",
            letters(rng.next_u64()).repeat(30)
        ),
        component: Some("worker".to_owned()),
        level: Some("INFO".to_owned()),
        is_failure,
        severity: if is_failure { 0.8 } else { 0.0 },
        source: "chat_interaction".to_owned(),
        label_source,
        weight: label_source.weight(),
        template,
        interaction_id: Some(format!("0197c0de-0000-7000-8000-{upload:012x}")),
        contributor: Some(format!("{:016x}", upload / UPLOADS_OF_CONTRIBUTOR)),
        count: 1 + rng.below(20) as u64,
        held_out: label_source == LabelSource::Correction && entry.is_multiple_of(5),
        ..TrainingExample::default()
    }
}

/// A number without a digit: those are masked.
fn letters(mut number: u64) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return name;
        }
    }
}
