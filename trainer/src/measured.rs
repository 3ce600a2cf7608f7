//! Figures with how far they can be relied on, of all entries and by component; of several scorers on the very same ones.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Draws, Intervals};
use crate::heads;
use crate::items::Item;
use crate::metrics::Figures;
use crate::scorer::Scorer;

/// Components whose figures are told, at most: those with most entries.
const MAX_COMPONENTS: usize = 10;
/// Entries that a component needs to be told.
const MIN_COMPONENT_ENTRIES: usize = 20;

/// Figures, and the ends of 95 % of resamples of their groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Lower and upper end, of those that have one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intervals: Intervals,
}

impl Measured {
    /// One figure for people, with its interval; none without samples.
    pub fn text(&self, name: &str) -> Option<String> {
        let value = self.figures.metrics.get(name)?;
        let interval = self.intervals.get(name);
        let interval = interval.map(|[low, high]| format!(" ({low:.3} – {high:.3})"));
        Some(format!("{value:.3}{}", interval.unwrap_or_default()))
    }
}

/// One scorer on some entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// On all of them.
    #[serde(flatten)]
    pub all: Measured,
    /// By component, those with enough entries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, Measured>,
}

/// What a version comes to beside another one on the same entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// The other one.
    #[serde(flatten)]
    pub sheet: Sheet,
    /// Ends of 95 % of how much higher the figures of the version are, draw by draw.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gain: Intervals,
}

/// A scorer on entries, with the draws that others are compared by.
pub fn sheet(scorer: Scorer<'_>, items: &[&Item]) -> (Sheet, Draws) {
    let (all, draws) = measured(scorer, items);
    let of = |(name, items): (&str, Vec<&Item>)| (name.to_owned(), measured(scorer, &items).0);
    let components = components(items).into_iter().map(of).collect();
    (Sheet { all, components }, draws)
}

/// Another scorer on the same entries.
pub fn beside(other: Scorer<'_>, items: &[&Item], draws: &Draws) -> Beside {
    let (sheet, others) = sheet(other, items);
    Beside {
        sheet,
        gain: draws.differences(&others),
    }
}

fn measured(scorer: Scorer<'_>, items: &[&Item]) -> (Measured, Draws) {
    let draws = Draws::of(scorer, items);
    let measured = Measured {
        figures: scorer.figures(items.iter().copied()),
        intervals: draws.intervals(),
    };
    (measured, draws)
}

/// The components that are told.
fn components<'i>(items: &[&'i Item]) -> Vec<(&'i str, Vec<&'i Item>)> {
    let mut of: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items {
        if let Some(component) = heads::value(item, "component") {
            of.entry(component).or_default().push(item);
        }
    }
    let enough = |of: &(&str, Vec<&Item>)| of.1.len() >= MIN_COMPONENT_ENTRIES;
    let mut of: Vec<_> = of.into_iter().filter(enough).collect();
    of.sort_by_key(|(name, items)| (Reverse(items.len()), *name));
    of.truncate(MAX_COMPONENTS);
    of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::item;

    #[test]
    fn components_with_enough_entries_are_told_and_all_are_compared() {
        let of = |component: usize, entries: usize| {
            (0..entries).map(move |at| Item {
                component: Some(format!("c{component:02}")),
                ..item(&format!("connection timed out {at}"), at % 2 == 0)
            })
        };
        let few = of(0, MIN_COMPONENT_ENTRIES - 1);
        let many = (1..=MAX_COMPONENTS + 3).flat_map(|c| of(c, MIN_COMPONENT_ENTRIES + c));
        let items: Vec<Item> = few.chain(many).collect();
        let items: Vec<&Item> = items.iter().collect();
        let (sheet, draws) = sheet(Scorer::Rules, &items);
        assert_eq!(sheet.components.len(), MAX_COMPONENTS);
        for (name, told) in [("c00", false), ("c03", false), ("c04", true), ("c13", true)] {
            assert_eq!(sheet.components.contains_key(name), told, "{name}");
        }
        let largest = &sheet.components["c13"];
        assert_eq!(largest.figures.samples["failure_accuracy"], 33);
        assert!(largest.intervals.contains_key("failure_precision"));
        let other = beside(Scorer::Rules, &items, &draws);
        assert_eq!(other.sheet, sheet);
        assert_eq!(other.gain["failure_f1"], [0.0, 0.0]);
        let json = serde_json::to_value(&other).expect("plain data");
        assert!(
            json["components"]["c13"]["metrics"]["failure_f1"].is_number(),
            "{json}"
        );
        assert_eq!(
            serde_json::from_value::<Beside>(json).expect("the same"),
            other
        );
    }
}
