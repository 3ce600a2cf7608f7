//! The data card: `README.md` of a data set, for people and for the tools that look for one.

use std::collections::BTreeMap;

use crate::dataset::{DatasetManifest, Problem};

/// Problems that a card names.
const MAX_PROBLEMS_SHOWN: usize = 50;

/// The card of a data set. Its head tells Hugging Face `datasets` where the rows are.
pub(super) fn of(manifest: &DatasetManifest) -> String {
    let sequences = if manifest.sequence_parts.is_empty() {
        ""
    } else {
        "- config_name: sequences\n  data_files: \"sequences-*.parquet\"\n"
    };
    let mut card = format!(
        "---\nconfigs:\n- config_name: default\n  data_files: \"part-*.parquet\"\n{}---\n\n\
         # Data set {}\n\nLabelled log entries, made by {}. Entries that say the same are one row with a `count`.\n\n\
         | | |\n|---|---|\n| digest | `{}` |\n| made | {} |\n| rows | {} |\n| failures | {} |\n\
         | labelled by people | {} |\n| of these held out, to judge with | {} |\n| interactions | {} |\n\
         | transactions and windows | {} |\n| segments, logs | {}, {} |\n| templates | version {} |\n",
        sequences,
        manifest.id,
        manifest.program,
        manifest.digest,
        manifest.created.format("%Y-%m-%d %H:%M:%S UTC"),
        manifest.examples,
        manifest.failures,
        manifest.corrections,
        manifest.held_out,
        manifest.interactions,
        manifest.sequences,
        manifest.segments.len(),
        manifest.logs.len(),
        manifest.template_version,
    );
    let filter = &manifest.filter;
    let sources: Vec<_> = filter.label_sources.iter().map(|s| s.as_str()).collect();
    for (name, value) in [
        ("since", filter.since.map(|since| since.to_rfc3339())),
        (
            "of one person",
            filter.subject.as_ref().map(|_| "yes".to_owned()),
        ),
        (
            "other logs only",
            manifest.logs_only.then(|| "yes".to_owned()),
        ),
        ("useful only", filter.useful_only.then(|| "yes".to_owned())),
        (
            "label sources",
            Some(sources.join(", ")).filter(|list| !list.is_empty()),
        ),
    ] {
        if let Some(value) = value {
            card.push_str(&format!("| {name} | {value} |\n"));
        }
    }
    table(&mut card, "Rows by label source", &manifest.by_label_source);
    table(&mut card, "Rows by component", &manifest.by_component);
    table(&mut card, "Left out", &manifest.left_out);
    problems(&mut card, &manifest.problems);
    card.push_str(
        "\n## Use\n\n`held_out` rows judge a model and must not be trained on. Labels of source `rule` and `model` are weak: nobody \
         looked at them. Of long logs the failures are complete, and of the other lines a sample.\n",
    );
    card
}

/// The first problems; `dataset.json` has more.
fn problems(card: &mut String, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    card.push_str("\n## Not used\n\n| | |\n|---|---|\n");
    for one in problems.iter().take(MAX_PROBLEMS_SHOWN) {
        card.push_str(&format!(
            "| {} | {} |\n",
            cell(&one.file),
            cell(&one.problem)
        ));
    }
    let more = problems.len().saturating_sub(MAX_PROBLEMS_SHOWN);
    if more > 0 {
        card.push_str(&format!("| {more} more | in `dataset.json` |\n"));
    }
}

fn cell(text: &str) -> String {
    text.replace(['|', '\n', '\r', '`', '<'], " ")
}

fn table(card: &mut String, title: &str, counts: &BTreeMap<String, u64>) {
    if counts.is_empty() {
        return;
    }
    card.push_str(&format!("\n## {title}\n\n| | |\n|---|---|\n"));
    for (name, number) in counts {
        card.push_str(&format!("| {} | {number} |\n", cell(name)));
    }
}
