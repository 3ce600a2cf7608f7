//! The model card: what a version is, for whoever finds it on the volume.

pub(crate) mod figures;

use std::fmt::Write;

use logloop_records::HELD_OUT_ONE_IN;
use logloop_records::dataset::DatasetManifest;
use logloop_scoring::Manifest;

use crate::contributors::{FREE_JUDGING, FREE_TEMPLATES, MAX_JUDGING_SHARE, MAX_WEIGHT_SHARE};
use crate::items::{MAX_ITEMS, MAX_JUDGES};
use crate::record::TrainingRecord;
use crate::sequence::{self, NAME};
use crate::split::{TEST_SHARE, VALIDATION_SHARE};
use crate::statements::MAX_STATEMENTS;

/// `README.md` of a version.
pub fn write(manifest: &Manifest, data_set: &DatasetManifest, record: &TrainingRecord) -> String {
    let mut card = String::new();
    // Writing to a string does not fail.
    let _ = body(&mut card, manifest, data_set, record);
    card
}

fn body(
    card: &mut String,
    manifest: &Manifest,
    data_set: &DatasetManifest,
    record: &TrainingRecord,
) -> std::fmt::Result {
    let of = |name: &str| record.samples.get(name).copied().unwrap_or_default();
    writeln!(card, "# {}\n", manifest.version)?;
    writeln!(
        card,
        "A `line` model of logloop: tells failing log entries from others, and how severe they are.\n"
    )?;
    writeln!(card, "- digest: `{}`", manifest.digest)?;
    writeln!(card, "- features: version {}", manifest.feature_version)?;
    writeln!(
        card,
        "- trained from: {}\n",
        manifest.base.as_deref().unwrap_or("nothing")
    )?;

    writeln!(card, "## Data\n")?;
    writeln!(
        card,
        "Data set `{}` (`{}`): {} examples.",
        data_set.id, data_set.digest, data_set.examples
    )?;
    for (source, count) in &data_set.by_label_source {
        writeln!(card, "- {count} labelled by `{source}`")?;
    }
    let percent = |share: f64| (share * 100.0).round();
    writeln!(
        card,
        "\nThe same entries are folded into one. Texts that differ in a value are of one statement: templates are mined over all \
         of the data. By the hash of its template, each statement is in training ({} entries, {} of them failures), in \
         validation ({} %: {}, {}) or in the test ({} %: {}, {}); none is on two sides. {} held-out entries, labelled by people, \
         are in none of them: they judge the version before it serves. Nothing of their statements is trained on ({} \
         entries left out); of statements of which people said something of both kinds, one in {HELD_OUT_ONE_IN} judges, and the \
         held-out entries of the others do not ({}).\n",
        of("train"),
        of("train_failures"),
        percent(VALIDATION_SHARE),
        of("validation"),
        of("validation_failures"),
        percent(TEST_SHARE),
        of("test"),
        of("test_failures"),
        of("held_out"),
        record.dropped.of_judging_group,
        record.dropped.of_taught_group
    )?;

    if manifest.base.is_some() {
        match record.known_to_base {
            Some(known) => writeln!(
                card,
                "{known} entries of the test were left out of it: the version that this one goes on from learned of their \
                 statements.\n"
            )?,
            None => writeln!(
                card,
                "The version that this one goes on from does not say what it learned: it may know some of the test's statements.\n"
            )?,
        }
    }
    figures::section(card, record)?;
    if let Some(figures) = &record.sequence {
        let left_out = record
            .left_out
            .iter()
            .find(|left_out| left_out.model == NAME);
        let reason = left_out.map(|left_out| left_out.reason.as_str());
        card.push_str(&sequence::card::section(figures, reason));
    }
    writeln!(card, "## Limits\n")?;
    writeln!(
        card,
        "Most labels of the test come from the rules or from an earlier model, unreviewed: the figures say how well they \
         are imitated on new text, not how right they are. Only corrections and gold say that. The model sees an \
         entry's masked text, level and component, and where that helps the entry before it; never the time.\n"
    )?;
    let capped = record.dropped.capped;
    writeln!(
        card,
        "Of one contributor thumbs and corrections weigh at most {} % of what others bring (or {FREE_TEMPLATES} corrected \
         templates), and held-out corrections are at most {} % of those of others (or {FREE_JUDGING}); gold is not bounded. \
         Left out for that: {} and {}; contested or outvoted: {}.\n",
        percent(MAX_WEIGHT_SHARE),
        percent(MAX_JUDGING_SHARE),
        capped.over_share,
        capped.over_judging_share,
        capped.contested + capped.outvoted
    )?;
    writeln!(
        card,
        "At most {MAX_ITEMS} distinct entries are trained on, the strongest labels first, then the heaviest: {} more were left \
         out. At most {MAX_JUDGES} held-out entries judge ({} more left out), and {MAX_STATEMENTS} different words of people are \
         heard ({} examples of others left out).\n",
        record.dropped.over_cap, record.dropped.over_judges_cap, capped.over_statements
    )?;
    writeln!(
        card,
        "Weak labels of entries like those that people labelled otherwise, not trained on: {}.\n",
        record.dropped.doubted
    )?;

    let hyper = record.hyperparameters;
    writeln!(card, "## To make it again\n")?;
    let base = manifest
        .base
        .as_ref()
        .map(|base| format!(" --base {base}"))
        .unwrap_or_default();
    writeln!(
        card,
        "```\nlogloop-trainer train --data DATA --dataset {} --version NAME{base} --models line --epochs {} --batch-size {} \
         --learning-rate {} --seed {} --device {} --threads {}\n```\n",
        data_set.id,
        hyper.epochs,
        hyper.batch_size,
        hyper.learning_rate,
        hyper.seed,
        record.device,
        record.threads
    )?;
    writeln!(
        card,
        "On a processor with the same features the digest is the same."
    )
}
