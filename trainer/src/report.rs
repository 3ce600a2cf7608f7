//! Lines for people, on standard output.

use logloop_records::dataset::DatasetManifest;

use crate::items::Items;
use crate::message::{EvaluateResult, TrainResult};
use crate::progress::Progress;
use crate::record::TrainingRecord;
use crate::sequence::SequenceFigures;

/// One line.
pub fn line(text: &str) {
    println!("{text}");
}

/// What there is to train on.
pub fn data_set(manifest: &DatasetManifest, items: &Items) {
    line(&format!(
        "data set {} ({}): {} examples",
        manifest.id, manifest.digest, manifest.examples
    ));
    let failures = items.training.iter().filter(|item| item.is_failure).count();
    line(&format!(
        "{} distinct entries to train on, {failures} of them failures; {} held out, which only judge",
        items.training.len(),
        items.held_out.len()
    ));
    let dropped = items.dropped;
    let capped = dropped.capped;
    for (count, why) in [
        (
            dropped.overruled,
            "weak labels on entries that people labelled",
        ),
        (
            dropped.held_out_template,
            "share their template with held-out entries",
        ),
        (
            dropped.of_judging_group,
            "are of one statement with held-out entries",
        ),
        (
            dropped.of_taught_group,
            "held-out entries of a statement that is trained on",
        ),
        (dropped.invalid, "have a severity or weight out of range"),
        (dropped.over_cap, "are more than are trained on at once"),
        (
            dropped.over_judges_cap,
            "are more held-out entries than judge at once",
        ),
        (
            capped.contested,
            "as many contributors say the opposite of them",
        ),
        (
            capped.outvoted,
            "more contributors or a reviewer say the opposite",
        ),
        (
            capped.echoes,
            "answers that only follow their reader's own corrections",
        ),
        (
            capped.over_share,
            "more thumbs and corrections than one contributor may bring",
        ),
        (
            capped.over_judging_share,
            "more held-out corrections than one contributor may bring",
        ),
        (
            capped.over_upload,
            "more distinct entries than one upload may bring",
        ),
        (
            capped.over_statements,
            "more of people's words than are kept at once",
        ),
    ] {
        if count > 0 {
            line(&format!("left out: {count} ({why})"));
        }
    }
}

/// The end of an epoch.
pub fn progress(progress: &Progress) {
    let Some(validation) = progress.validation_loss else {
        return;
    };
    line(&format!(
        "epoch {}/{}  loss {:.4}  validation {validation:.4}  {} entries/s  {} s left",
        progress.epoch,
        progress.epochs,
        progress.loss,
        progress.entries_per_second,
        progress.eta_seconds
    ));
}

/// How good the result is.
pub fn figures(record: &TrainingRecord) {
    let text = |name: &str| {
        record
            .metrics
            .get(name)
            .map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
    };
    line(&format!(
        "kept epoch {} of {}",
        record.best_epoch, record.epochs_run
    ));
    let time = record.step_time;
    line(&format!(
        "time of its steps on {}: {:.1} s; {:.0} % pooling, {:.0} % dense part, {:.0} % update of the bag",
        record.device,
        time.step_seconds,
        time.pooling * 100.0,
        time.dense * 100.0,
        time.bag_update * 100.0
    ));
    line(&format!(
        "split by template ({} entries it never saw): failure F1 {}, PR-AUC {}, severity off by {}",
        record.samples.get("test").copied().unwrap_or_default(),
        text("failure_f1"),
        text("failure_pr_auc"),
        text("severity_mae")
    ));
    if let Some(random) = &record.random_split {
        line(&format!(
            "random split (too good: the same templates on both sides): failure F1 {}, PR-AUC {}",
            random.text("failure_f1"),
            random.text("failure_pr_auc")
        ));
    }
}

/// What was learned of sequences.
pub fn sequences(figures: &SequenceFigures) {
    if figures.kinds == 0 {
        return;
    }
    let alarms = figures.alarm_rate().map_or(String::new(), |(rate, upper)| {
        format!(
            "; tells {:.2} % of held-out normal ones (at most {:.2} %)",
            100.0 * rate,
            100.0 * upper
        )
    });
    line(&format!(
        "sequences: learned from {} normal transactions and windows of {} kinds{alarms}",
        figures.learned_from, figures.kinds
    ));
}

/// The published version, and what to do with it.
pub fn trained(result: &TrainResult, data: &std::path::Path) {
    line(&format!("published {} ({})", result.version, result.digest));
    for left_out in &result.left_out {
        line(&format!(
            "left out: model {} ({})",
            left_out.model, left_out.reason
        ));
    }
    line(&result.message);
    line(&format!(
        "serve it: logloop-analyzer promote {} --data {}",
        result.version,
        data.display()
    ));
}

/// Both sides, figure by figure.
pub fn evaluated(result: &EvaluateResult) {
    line(&format!(
        "{:<18} {:>10} {:>10} {:>8}",
        "", "candidate", "serving", "entries"
    ));
    for (name, samples) in &result.samples {
        let text = |side: &crate::message::Side| {
            side.metrics
                .get(name)
                .map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
        };
        line(&format!(
            "{name:<18} {:>10} {:>10} {samples:>8}",
            text(&result.candidate),
            text(&result.serving)
        ));
    }
    line(&result.message);
}
