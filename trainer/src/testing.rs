//! Examples and items for tests: a small world in which words decide, whatever the template.

use std::fs;
use std::path::Path;

use logloop_records::{
    AnalysisResults, AnalysisStats, Correction, Failure, Feedback, Interaction, LabelSource,
    TrainingExample,
};
use logloop_scoring::features::{self, Features, Input};
use logloop_scoring::rules;

use crate::items::Item;

/// One item with this template and label.
pub(crate) fn item(template: &str, is_failure: bool) -> Item {
    let rule = rules::score(template, None);
    Item {
        template: template.to_owned(),
        group: features::stable_hash(template),
        level: None,
        component: None,
        operation: None,
        log_entry: template.to_owned(),
        is_failure,
        severity: if is_failure { 0.8 } else { 0.0 },
        source: LabelSource::Rule,
        weight: 1.0,
        count: 1,
        at: None,
        features: Features::of(Input {
            template,
            level: None,
            component: None,
            rule: &rule,
        }),
        bare_fields: features::field_buckets(None, None, &rule),
        before: Vec::new(),
    }
}

/// One example with this template and label.
pub(crate) fn example(
    template: &str,
    is_failure: bool,
    label_source: LabelSource,
) -> TrainingExample {
    TrainingExample {
        log_entry: template.to_owned(),
        component: Some("worker".to_owned()),
        operation: None,
        level: Some("INFO".to_owned()),
        is_failure,
        severity: if is_failure { 0.8 } else { 0.0 },
        error_patterns: Default::default(),
        keywords: Vec::new(),
        timestamp: None,
        transaction_id: None,
        source: "chat_interaction".to_owned(),
        interaction_timestamp: None,
        label_source,
        weight: label_source.weight(),
        template: template.to_owned(),
        interaction_id: None,
        count: 1,
        held_out: false,
        is_useful: None,
        user_feedback: None,
        contributor: None,
        before_template: None,
        before_level: None,
        said_at: None,
    }
}

/// Distinct templates: failures say that something failed in one of several ways, at one of many things.
pub(crate) fn world(templates: usize) -> Vec<TrainingExample> {
    let bad = [
        "failed to",
        "timeout while trying to",
        "refused to",
        "could not",
        "crashed when about to",
    ];
    let good = [
        "started to",
        "finished to",
        "is ready to",
        "was asked to",
        "will now",
    ];
    let acts = ["open", "send", "mount", "compact", "renew", "read", "bind"];
    let things = [
        "volume", "lease", "segment", "socket", "index", "pod", "queue", "image", "token", "shard",
        "lock",
    ];
    let of = |i: usize| {
        let is_failure = i.is_multiple_of(3);
        let said = if is_failure {
            bad[i / 3 % bad.len()]
        } else {
            good[i / 3 % good.len()]
        };
        let template = format!(
            "{} {said} {} {} of {} for {} at {}",
            things[i % 11],
            acts[i / 11 % 7],
            things[i / 7 % 11],
            letters(i),
            letters(i * 7919 + 31),
            letters(i * 5003 + 77)
        );
        let severity = if said.starts_with("crashed") {
            1.0
        } else {
            0.5
        };
        TrainingExample {
            severity: if is_failure { severity } else { 0.0 },
            ..example(&template, is_failure, LabelSource::Rule)
        }
    };
    (0..templates).map(of).collect()
}

/// One of 26³ names. Where three are different at once, texts are templates of their own, also when they are mined.
pub(crate) fn letters(mut number: usize) -> String {
    let mut name = String::new();
    for _ in 0..3 {
        name.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    name
}

/// Makes a data directory in which one log was analysed: a line an entry, with what the analyzer said of it.
pub(crate) fn collect(data: &Path, entries: &[TrainingExample]) {
    let line = |(index, entry): (usize, &TrainingExample)| {
        format!(
            "2026-11-22 10:{:02}:{:02} INFO worker: {}",
            index / 60 % 60,
            index % 60,
            entry.template
        )
    };
    let failure = |entry: &TrainingExample| Failure {
        template_id: logloop_logs::template(&entry.template).id,
        level: Some("INFO".to_owned()),
        severity: entry.severity,
        ..Failure::default()
    };
    let interaction = Interaction {
        id: "0197c0de-0000-7000-8000-000000000001"
            .parse()
            .expect("an id"),
        log_content: entries
            .iter()
            .enumerate()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n"),
        model_version: "rules".to_owned(),
        analysis_results: AnalysisResults {
            stats: AnalysisStats::default(),
            failures: entries
                .iter()
                .filter(|entry| entry.is_failure)
                .map(failure)
                .collect(),
            ..AnalysisResults::default()
        },
        ..Interaction::default()
    };
    append(
        data,
        "chat_interactions",
        &serde_json::to_string(&interaction).expect("plain data"),
    );
}

/// People correct lines (from 1) of that log, some of them held out.
pub(crate) fn correct(data: &Path, entries: &[TrainingExample], lines: &[(usize, bool, bool)]) {
    let correction = |&(line, is_failure, held_out): &(usize, bool, bool)| {
        let template = logloop_logs::template(&entries[line - 1].template);
        Correction {
            line: line as u64,
            is_failure,
            held_out,
            template: template.text,
            template_id: template.id,
            ..Correction::default()
        }
    };
    let feedback = Feedback {
        interaction_id: "0197c0de-0000-7000-8000-000000000001"
            .parse()
            .expect("an id"),
        corrections: lines.iter().map(correction).collect(),
        ..Feedback::default()
    };
    append(
        data,
        "chat_feedback",
        &serde_json::to_string(&feedback).expect("plain data"),
    );
}

fn append(data: &Path, store: &str, line: &str) {
    let path = data.join(store).join(format!("{store}.jsonl"));
    fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, format!("{before}{line}\n")).expect("written");
}
