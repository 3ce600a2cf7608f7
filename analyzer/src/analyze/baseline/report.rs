//! A comparison for people: changes with the templates that they are about.

use std::collections::HashMap;

use logloop_logs::{Format, parse_each, template};
use logloop_records::{Comparison, TemplateChange};

use super::{Change, Changes};

/// Id and text of a template.
type Named = (String, String);

/// Puts templates to changes. Only keys and lines were kept of all texts: the two logs are read again for the few
/// that are listed.
pub(in crate::analyze) fn comparison(
    changes: Changes,
    (text, good): (&str, &str),
    format: Option<Format>,
    fails: impl Fn(u64) -> bool,
) -> Comparison {
    let here = changes.new.iter().chain(&changes.changed);
    let here = named(text, format, here.map(|change| change.here.line));
    let there = changes.gone.iter().map(|change| change.there.line);
    let there = named(good, format, there);
    let told = |change: &Change| {
        let gone = change.here.count == 0;
        let (names, line) = if gone {
            (&there, change.there.line)
        } else {
            (&here, change.here.line)
        };
        let (template_id, template) = names.get(&line).cloned().unwrap_or_default();
        TemplateChange {
            template_id,
            template,
            line,
            count: change.here.count,
            baseline_count: change.there.count,
            is_failure: !gone && fails(change.key),
        }
    };
    Comparison {
        baseline_lines: logloop_logs::lines(good).count() as u64,
        new: changes.new.iter().map(told).collect(),
        gone: changes.gone.iter().map(told).collect(),
        changed: changes.changed.iter().map(told).collect(),
        left_out: changes.left_out,
    }
}

/// Templates of the entries that begin at these lines.
fn named(
    text: &str,
    format: Option<Format>,
    lines: impl Iterator<Item = u64>,
) -> HashMap<u64, Named> {
    let mut names: HashMap<u64, Named> = lines.map(|line| (line, Named::default())).collect();
    if names.is_empty() {
        return names;
    }
    parse_each(text, format, |entry| {
        if let Some(name) = names.get_mut(&entry.line_start) {
            let template = template(&entry.message);
            *name = (template.id, template.text);
        }
    });
    names
}
