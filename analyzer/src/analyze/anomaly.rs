//! Odd sequences as they are told: those with the same reasons are one.

use std::collections::HashMap;

use logloop_records::{Anomaly, AnomalyReason};
use logloop_scoring::sequence::{
    Check, Evidence, Names, Profile, Reason, Sequence, Shape, TRUST, reasons,
};

/// Anomalies listed in an answer; `stats.sequences` counts all.
pub(super) const MAX_ANOMALIES: usize = 100;

/// First lines of one anomaly.
const MAX_LINES: usize = 100;

/// Bytes of a template that a reason quotes.
const MAX_QUOTED_BYTES: usize = 100;

/// A sequence with what speaks against it, the rarest first.
pub(super) type Odd = (Sequence, Profile, Vec<Evidence>);

/// Those with the same checks of the same templates as one. Those without a failure come first, since nothing else tells of them;
/// then the rarest.
pub(super) fn grouped(
    found: &[Odd],
    name: &dyn Fn(u32) -> String,
    failed: impl Fn(&Sequence) -> bool,
) -> Vec<Anomaly> {
    type Key = (bool, Vec<(Check, Option<u32>, Option<u32>)>);
    let mut index: HashMap<Key, usize> = HashMap::new();
    let mut all: Vec<Anomaly> = vec![];
    let quoted = |template: u32| quote(&name(template));
    for (sequence, profile, evidence) in found {
        let is_window = matches!(sequence.shape, Shape::Window(_));
        let what = if is_window { "window" } else { "transaction" };
        let names = Names {
            template: &quoted,
            what,
        };
        let told = reasons(evidence, &names);
        let checks = told.iter().map(|reason| {
            let evidence = reason.evidence;
            (evidence.check, evidence.template, evidence.other)
        });
        let key = (is_window, checks.collect());
        match index.get(&key) {
            Some(at) => {
                let anomaly = &mut all[*at];
                anomaly.count += 1;
                if anomaly.lines.len() < MAX_LINES {
                    anomaly.lines.push(sequence.first_line);
                }
            }
            None => {
                index.insert(key, all.len());
                all.push(Anomaly {
                    has_failure: failed(sequence),
                    reasons: told
                        .iter()
                        .map(|reason| told_reason(reason, sequence, profile, name))
                        .collect(),
                    rarity: evidence.first().map_or(1.0, |evidence| evidence.p),
                    ..first(sequence, what)
                });
            }
        }
    }
    all.sort_by(|a, b| {
        let rank = |one: &Anomaly| (one.has_failure, one.line);
        let (a_rank, b_rank) = (rank(a), rank(b));
        a_rank
            .0
            .cmp(&b_rank.0)
            .then(a.rarity.total_cmp(&b.rarity))
            .then(a_rank.1.cmp(&b_rank.1))
    });
    all.truncate(MAX_ANOMALIES);
    all
}

fn first(sequence: &Sequence, what: &str) -> Anomaly {
    let (transaction_id, component) = match &sequence.shape {
        Shape::Transaction(id) => (Some(id.to_string()), None),
        Shape::Window(component) => (None, component.as_ref().map(ToString::to_string)),
    };
    Anomaly {
        kind: what.to_owned(),
        transaction_id,
        component,
        line: sequence.first_line,
        line_end: sequence.last_line,
        lines: vec![sequence.first_line],
        count: 1,
        entries: sequence.entries,
        ..Anomaly::default()
    }
}

fn told_reason(
    reason: &Reason,
    sequence: &Sequence,
    profile: &Profile,
    name: &dyn Fn(u32) -> String,
) -> AnomalyReason {
    let evidence = reason.evidence;
    let at = profile
        .steps
        .iter()
        .position(|step| Some(*step) == evidence.template);
    AnomalyReason {
        check: evidence.check.as_str().to_owned(),
        text: reason.text.clone(),
        template: evidence.template.map(name),
        line: at.map(|at| u64::from(sequence.steps[at].line)),
        count: u64::from(evidence.count),
        seen: evidence.seen.div_ceil(TRUST),
        of: evidence.of.div_ceil(TRUST),
    }
}

/// A template within the bounds of a sentence.
fn quote(template: &str) -> String {
    let line = template.split(" ⏎ ").next().unwrap_or_default();
    if line.len() <= MAX_QUOTED_BYTES {
        return line.to_owned();
    }
    format!("{}…", &line[..line.floor_char_boundary(MAX_QUOTED_BYTES)])
}
