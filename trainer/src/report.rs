//! Lines for people, on standard output.

use logloop_records::dataset::DatasetManifest;

use crate::by_time::TimeFigures;
use crate::card::figures::{range, shown};
use crate::items::Items;
use crate::message::{EvaluateResult, Side, TrainResult};
use crate::metrics::Figures;
use crate::progress::Progress;
use crate::record::TrainingRecord;
use crate::sequence::SequenceFigures;

/// What is told of a component.
const TOLD_OF_COMPONENTS: [&str; 4] = [
    "failure_f1",
    "failure_precision",
    "failure_recall",
    "failure_pr_auc",
];

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
    if let Some(known) = record.known_to_base.filter(|known| *known > 0) {
        line(&format!(
            "left out of the test: {known} entries (the base learned of their statements)"
        ));
    }
    let f1 = |figures: &Figures| {
        let (f1, area) = (figures.text("failure_f1"), figures.text("failure_pr_auc"));
        format!("failure F1 {f1}, PR-AUC {area}")
    };
    for (split, figures) in [
        (
            "split by masked text (too good: the same statements on both sides)",
            &record.text_split,
        ),
        (
            "random split (too good: the same texts on both sides)",
            &record.random_split,
        ),
    ] {
        if let Some(figures) = figures {
            line(&format!("{split}: {}", f1(figures)));
        }
    }
    match &record.time_split {
        Some(TimeFigures::Judged {
            from, after, new, ..
        }) => line(&format!(
            "split by time ({from}): {}; on statements that were new: {}",
            f1(after),
            f1(new)
        )),
        Some(TimeFigures::Insufficient { reason }) => {
            line(&format!("split by time: insufficient ({reason})"));
        }
        None => {}
    }
    if let Some(held_out) = &record.held_out {
        line(&format!(
            "on what people said and nothing was trained on: {}; the rules {}",
            f1(&held_out.model.all.figures),
            f1(&held_out.rules.sheet.all.figures)
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

/// All sides, figure by figure, and the components.
pub fn evaluated(result: &EvaluateResult) {
    let rules = result.rules.as_ref();
    let text = |side: &Side, name: &str| {
        let value = side.metrics.get(name)?;
        let interval = side
            .intervals
            .get(name)
            .map(|of| format!(" ({})", range(of)));
        Some(format!("{value:.4}{}", interval.unwrap_or_default()))
    };
    let row = |name: &str, sides: [Option<String>; 3], entries: &str| {
        let [candidate, serving, rules] = sides.map(|text| text.unwrap_or_else(|| "–".to_owned()));
        line(&format!(
            "{name:<18} {candidate:>24} {serving:>24} {rules:>24} {entries:>8}"
        ));
    };
    let heads = ["candidate", "serving", "rules"].map(|head| Some(head.to_owned()));
    row("", heads, "entries");
    for (name, samples) in &result.samples {
        let sides = [Some(&result.candidate), Some(&result.serving), rules];
        let texts = sides.map(|side| text(side?, name));
        row(name, texts, &samples.to_string());
    }
    for (component, of) in &result.candidate.components {
        line(&format!("component {}:", shown(component)));
        for name in TOLD_OF_COMPONENTS {
            let sides = [Some(&result.candidate), Some(&result.serving), rules];
            let texts = sides.map(|side| side?.components.get(component)?.text(name));
            let samples = of.figures.samples.get(name).copied().unwrap_or_default();
            row(&format!("  {name}"), texts, &samples.to_string());
        }
    }
    line(&result.message);
}
