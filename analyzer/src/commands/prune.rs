//! `prune`: retention, as a person or a Job asks for it.

use chrono::{DateTime, SecondsFormat, Utc};
use logloop_records::prune::{PruneOptions, PruneReport, prune as prune_data};
use logloop_records::{DataDir, Error};
use serde_json::{Value, json};

use crate::cli::Prune;
use crate::out::say;
use crate::outcome;

pub(super) fn prune(options: &Prune) -> anyhow::Result<()> {
    super::give_way();
    outcome::report(
        "prune",
        options.termination_log.as_deref(),
        run(options, Utc::now()),
    )
}

fn run(options: &Prune, now: DateTime<Utc>) -> Result<Value, Error> {
    if let Some(not_after) = options.not_after.filter(|not_after| now > *not_after) {
        return Err(Error::Invalid(format!(
            "the plan was good until {not_after}; it is {now}: make a new plan"
        )));
    }
    let plan = plan(options, now);
    if plan.cutoff.is_none()
        && plan.max_bytes.is_none()
        && plan.keep_datasets.is_none()
        && plan.keep_models.is_none()
    {
        return Err(Error::Invalid(
            "nothing to go by: give --max-age, --max-bytes, --keep-datasets or --keep-models"
                .to_owned(),
        ));
    }
    let report = prune_data(&DataDir::new(&options.data.data), &plan)?;
    let message = describe(&report, options.dry_run);
    say!("{message}");
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    Ok(json!({
        "dry_run": options.dry_run,
        "cutoff": plan.cutoff.map(time),
        "plan_digest": options.plan_digest,
        "interactions": report.interactions,
        "freed_bytes": report.freed_bytes,
        "segments": report.segments,
        "rewritten": report.rewritten,
        "rewritten_bytes": report.rewritten_bytes,
        "erasures": report.erasures,
        "erasures_waiting": report.erasures_waiting,
        "datasets": report.datasets,
        "models": report.models,
        "kept_interactions": report.kept_interactions,
        "oldest_kept": report.oldest_kept.map(time),
        "message": message,
    }))
}

/// Ages become times. A plan's cut-off stands for the age, so that a late Job removes no more
/// than was planned.
fn plan(options: &Prune, now: DateTime<Utc>) -> PruneOptions {
    let before = |age| {
        now.checked_sub_signed(age)
            .unwrap_or(DateTime::<Utc>::MIN_UTC)
    };
    PruneOptions {
        cutoff: options
            .max_age
            .map(|age| options.cutoff.unwrap_or_else(|| before(age))),
        corrected_cutoff: options.keep_corrected_for.map(before),
        gold_cutoff: options.keep_gold_for.map(before),
        max_bytes: options.max_bytes,
        keep_datasets: options.keep_datasets,
        keep_models: options.keep_models,
        protected_models: options.protect_model.clone(),
        protected_datasets: options.protect_dataset.clone(),
        dry_run: options.dry_run,
    }
}

fn describe(report: &PruneReport, dry_run: bool) -> String {
    let verb = if dry_run { "would remove" } else { "removed" };
    let mut text = format!(
        "{verb} {} interactions ({} segments whole, {} rewritten), {} bytes; {} interactions stay",
        report.interactions,
        report.segments,
        report.rewritten,
        report.freed_bytes,
        report.kept_interactions
    );
    if report.without_space > 0 {
        text.push_str(&format!(
            "; {} segments were left as they are: there was no space to rewrite them",
            report.without_space
        ));
    }
    if report.erasures > 0 {
        text.push_str(&format!(
            "; {} erasures, {} of them wait",
            report.erasures, report.erasures_waiting
        ));
    }
    for (what, names) in [
        ("data sets", &report.datasets),
        ("model versions", &report.models),
    ] {
        if !names.is_empty() {
            text.push_str(&format!("; {what}: {}", names.join(", ")));
        }
    }
    text
}
