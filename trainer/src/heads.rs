//! What the network predicts beside failure and severity, as far as the data suffices for it.

use std::collections::{BTreeMap, BTreeSet};

use logloop_scoring::network::MAX_CLASSES;

use crate::items::Item;
use crate::message::LeftOut;

/// Outputs of one number, in the order of their columns.
pub const NUMBERS: [&str; 2] = ["failure", "severity"];
/// Outputs that choose one of several.
pub const CHOICES: [&str; 3] = ["component", "level", "operation"];
/// Distinct templates that a class needs to be learned, rather than remembered.
const MIN_TEMPLATES_PER_CLASS: usize = 5;

/// The classes of each head that chooses, by its name.
pub type Classes = BTreeMap<String, Vec<String>>;

/// The heads that these items suffice for, and those that they do not, with the reason.
pub fn choose<'a>(items: impl Iterator<Item = &'a Item> + Clone) -> (Classes, Vec<LeftOut>) {
    let (mut classes, mut left_out) = (Classes::new(), Vec::new());
    for head in CHOICES {
        let mut templates: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for item in items.clone() {
            if let Some(value) = value(item, head) {
                templates.entry(value).or_default().insert(item.group);
            }
        }
        let enough = |of: &BTreeSet<u64>| of.len() >= MIN_TEMPLATES_PER_CLASS;
        let mut known: Vec<_> = templates.iter().filter(|(_, of)| enough(of)).collect();
        known.sort_by_key(|(name, of)| (std::cmp::Reverse(of.len()), **name));
        known.truncate(MAX_CLASSES);
        let mut known: Vec<String> = known.iter().map(|(name, _)| (**name).to_owned()).collect();
        known.sort();
        if known.len() >= 2 {
            classes.insert(head.to_owned(), known);
        } else {
            left_out.push(LeftOut {
                model: format!("line: {head}"),
                reason: format!(
                    "{} of its {} values occur in {MIN_TEMPLATES_PER_CLASS} or more distinct templates; 2 are needed",
                    known.len(),
                    templates.len()
                ),
            });
        }
    }
    (classes, left_out)
}

/// What an item says of a head that chooses.
pub fn value<'a>(item: &'a Item, head: &str) -> Option<&'a str> {
    let value = match head {
        "component" => item.component.as_deref(),
        "level" => item.level.as_deref(),
        _ => item.operation.as_deref(),
    };
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// The class of an item, if it is one of the known ones.
pub fn target(item: &Item, head: &str, classes: &[String]) -> Option<u32> {
    let value = value(item, head)?;
    let at = classes.binary_search_by(|class| class.as_str().cmp(value));
    at.ok().map(|at| at as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::item;

    fn at(level: &str, template: usize) -> Item {
        Item {
            level: Some(level.to_owned()),
            ..item(&format!("template {template}"), false)
        }
    }

    #[test]
    fn a_head_needs_two_classes_in_several_templates() {
        let few: Vec<Item> = (0..9)
            .map(|i| at(if i < 5 { "INFO" } else { "WARN" }, i))
            .collect();
        let (classes, left_out) = choose(few.iter());
        assert!(classes.is_empty());
        assert_eq!(left_out.len(), 3);
        assert_eq!(left_out[1].model, "line: level");
        assert!(
            left_out[1].reason.starts_with("1 of its 2 values"),
            "{left_out:?}"
        );

        let enough: Vec<Item> = (0..10)
            .map(|i| at(if i < 5 { "WARN" } else { "INFO" }, i))
            .chain([at("NOTICE", 10)])
            .collect();
        let (classes, left_out) = choose(enough.iter());
        assert_eq!(classes["level"], ["INFO", "WARN"]);
        assert_eq!(left_out.len(), 2);
        let target = |item| target(item, "level", &classes["level"]);
        assert_eq!(
            (target(&enough[0]), target(&enough[9]), target(&enough[10])),
            (Some(1), Some(0), None),
            "a rare level teaches nothing"
        );
    }
}
