//! How good a version is: the section of the card that has the figures.

use std::fmt::{Result, Write};

use crate::bootstrap::Intervals;
use crate::by_time::TimeFigures;
use crate::measured::{Beside, Measured};
use crate::metrics::Figures;
use crate::other_splits::MAX_ENTRIES;
use crate::record::TrainingRecord;

/// The figures that are told.
const TOLD: [&str; 9] = [
    "failure_f1",
    "failure_precision",
    "failure_recall",
    "failure_accuracy",
    "failure_pr_auc",
    "failure_brier",
    "failure_ece",
    "severity_mae",
    "severity_pairs",
];

/// The section.
pub(super) fn section(card: &mut String, record: &TrainingRecord) -> Result {
    writeln!(card, "## Figures\n")?;
    splits(card, record)?;
    by_people(card, record)?;
    for (head, share) in &record.choices {
        writeln!(
            card,
            "- {head}, where an entry does not name it: right for {:.0} % of the test's entries",
            share * 100.0
        )?;
    }
    components(card, "of the test", &record.components)?;
    if let Some(held_out) = &record.held_out {
        components(card, "of the held-out ones", &held_out.model.components)?;
    }
    writeln!(card)
}

/// The test, and what other splits would have shown.
fn splits(card: &mut String, record: &TrainingRecord) -> Result {
    writeln!(
        card,
        "| figure | test, split by template | split by masked text (flatters) | random split (flatters) | by time, new statements | by time, all |"
    )?;
    writeln!(card, "|---|---|---|---|---|---|")?;
    let test = Figures {
        metrics: record.metrics.clone(),
        ..Figures::default()
    };
    let (new, after) = match &record.time_split {
        Some(TimeFigures::Judged { new, after, .. }) => (Some(new), Some(after)),
        _ => (None, None),
    };
    for name in TOLD {
        writeln!(
            card,
            "| {name} | {} | {} | {} | {} | {} |",
            with_interval(&test, &record.intervals, name),
            or_dash(record.text_split.as_ref(), name),
            or_dash(record.random_split.as_ref(), name),
            or_dash(new, name),
            or_dash(after, name)
        )?;
    }
    writeln!(
        card,
        "\nThe first column counts; in brackets 95 % by resampling statements. The severity's error is over failures; \
         `severity_pairs` is the share of pairs of failures whose order is right. Brier and expected calibration error (`ece`) \
         say how far the probabilities can be taken at their word. A dash: nothing to measure it on. Where a split is said to \
         flatter, texts that differ in a value, or even the same ones, are trained on and tested on.\n"
    )?;
    match &record.time_split {
        Some(TimeFigures::Judged {
            from,
            trained,
            after,
            new,
        }) => writeln!(
            card,
            "By time: trained on the {trained} entries that were first seen before {from}, judged on the {} later ones, {} of \
             them of statements that were not seen before.\n",
            entries(after),
            entries(new)
        ),
        Some(TimeFigures::Insufficient { reason }) => {
            writeln!(card, "By time: insufficient ({reason}).\n")
        }
        None => writeln!(
            card,
            "Other splits were not trained on, as there are more than {MAX_ENTRIES} entries: `--compare-splits` does.\n"
        ),
    }
}

/// The labels of people: what nobody taught, and those of the test.
fn by_people(card: &mut String, record: &TrainingRecord) -> Result {
    let held_out = record.held_out.as_ref();
    let strong = &record.strong_labels;
    writeln!(
        card,
        "Held-out labels of people, and their labels in the test. In brackets 95 %; of others, of the difference.\n"
    )?;
    writeln!(
        card,
        "| figure | held out: model | rules (model minus rules) | base (model minus base) | people's in the test: model | rules |"
    )?;
    writeln!(card, "|---|---|---|---|---|---|")?;
    for name in TOLD {
        let model = held_out.map(|of| {
            let Measured { figures, intervals } = &of.model.all;
            with_interval(figures, intervals, name)
        });
        let other = |of: Option<&Beside>| {
            let Some(Beside { sheet, gain }) = of else {
                return "–".to_owned();
            };
            with_interval(&sheet.all.figures, gain, name)
        };
        let rules = other(held_out.map(|of| &of.rules));
        let base = other(held_out.and_then(|of| of.base.as_ref()));
        writeln!(
            card,
            "| {name} | {} | {rules} | {base} | {} | {} |",
            model.unwrap_or_else(|| "–".to_owned()),
            strong.model.text(name),
            strong.rules.text(name)
        )?;
    }
    writeln!(card)
}

fn components<'r>(
    card: &mut String,
    whose: &str,
    of: impl IntoIterator<Item = (&'r String, &'r Measured)>,
) -> Result {
    for (component, Measured { figures, intervals }) in of {
        writeln!(
            card,
            "- component `{}`: failure F1 {} on {} entries {whose}",
            shown(component),
            with_interval(figures, intervals, "failure_f1"),
            entries(figures)
        )?;
    }
    Ok(())
}

fn entries(figures: &Figures) -> u64 {
    let all = figures.samples.get("failure_accuracy");
    all.copied().unwrap_or_default()
}

fn or_dash(figures: Option<&Figures>, name: &str) -> String {
    figures.map_or_else(|| "–".to_owned(), |figures| figures.text(name))
}

fn with_interval(figures: &Figures, intervals: &Intervals, name: &str) -> String {
    let value = figures.text(name);
    let interval = intervals.get(name).map(range);
    interval.map_or(value.clone(), |interval| format!("{value} ({interval})"))
}

/// Both ends.
pub(crate) fn range([low, high]: &[f64; 2]) -> String {
    format!("{low:.3} – {high:.3}")
}

/// A name out of a log, which is strangers' text, as one word on a terminal and in a card.
pub(crate) fn shown(name: &str) -> String {
    let is_odd = |c: char| c.is_control() || c == '`';
    name.replace(is_odd, "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_out_of_a_log_neither_ends_its_line_nor_its_quotes() {
        for (name, expect) in [
            ("worker-1 (main)", "worker-1 (main)"),
            ("a`\n# b", "a??# b"),
            ("a\u{1b}[31m\u{9b}2J", "a?[31m?2J"),
        ] {
            assert_eq!(shown(name), expect);
        }
        let mut card = String::new();
        let of = [("a`\n# b".to_owned(), Measured::default())];
        components(
            &mut card,
            "of the test",
            of.iter().map(|(name, of)| (name, of)),
        )
        .expect("text");
        assert_eq!(card.lines().count(), 1);
        assert!(card.contains("`a??# b`"), "{card}");
    }
}
