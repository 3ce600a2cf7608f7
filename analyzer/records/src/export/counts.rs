//! Figures of a part, and of all parts together.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::entries::Given;
use crate::dataset::Problem;
use crate::example::TrainingExample;
use crate::layout::DataDir;

/// Components counted in one part; rows of further ones are summed up under [`REST`].
const MAX_COUNTED: usize = 1_000;

/// Components named in a manifest; the rest is summed up under [`REST`].
const MAX_NAMED: usize = 50;

/// Problems that are named; all are counted.
pub const MAX_PROBLEMS: usize = 1_000;

/// Name under which what is not named is counted.
const REST: &str = "…";

/// Figures of rows, and of what gave none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) examples: u64,
    /// Transactions and windows.
    #[serde(default)]
    pub(super) sequences: u64,
    pub(super) failures: u64,
    /// Rows labelled by a person's correction or as gold.
    pub(super) corrections: u64,
    /// Of these, those that judge.
    pub(super) held_out: u64,
    /// Interactions that gave rows.
    pub(super) interactions: u64,
    pub(super) by_label_source: BTreeMap<String, u64>,
    pub(super) by_component: BTreeMap<String, u64>,
    pub(super) left_out: BTreeMap<String, u64>,
    /// What could not be used; counted in `left_out` as well.
    pub(super) problems: Vec<Problem>,
}

impl Counts {
    /// Counts rows that are passed on.
    pub(super) fn rows(&mut self, examples: &[TrainingExample]) {
        for example in examples {
            self.examples += 1;
            self.failures += u64::from(example.is_failure);
            self.corrections += u64::from(example.label_source.is_strong());
            self.held_out += u64::from(example.held_out && example.label_source.is_strong());
            increase(&mut self.by_label_source, example.label_source.as_str(), 1);
            if let Some(component) = &example.component {
                let known = self.by_component.contains_key(component.as_str());
                let named = known || self.by_component.len() < MAX_COUNTED;
                increase(
                    &mut self.by_component,
                    if named { component } else { REST },
                    1,
                );
            }
        }
    }

    /// Counts what was left out.
    pub(super) fn leave_out(&mut self, reason: &str, number: u64) {
        if number > 0 {
            increase(&mut self.left_out, reason, number);
        }
    }

    /// Counts and names what could not be used. `path` is a file of this data directory.
    pub(super) fn problem(
        &mut self,
        data: &DataDir,
        path: &Path,
        (reason, number): (&str, u64),
        problem: impl Into<String>,
    ) {
        let (below, problem) = (path.strip_prefix(data.root()), problem.into());
        let file = below.unwrap_or(path).display().to_string();
        tracing::warn!(file, problem, "not used");
        self.leave_out(reason, number);
        self.name([Problem { file, problem }]);
    }

    fn name(&mut self, problems: impl IntoIterator<Item = Problem>) {
        let room = MAX_PROBLEMS - self.problems.len().min(MAX_PROBLEMS);
        self.problems.extend(problems.into_iter().take(room));
    }

    /// Counts what an interaction or a log left out.
    pub(super) fn given(&mut self, given: Given) {
        self.leave_out("group_not_listed", given.unlisted);
        self.leave_out("too_many_templates", given.over_bound);
        self.leave_out("rules_unsure", given.unclear);
        self.leave_out("other_label_source", given.other_source);
    }

    /// Adds another part's.
    pub(super) fn merge(&mut self, other: &Self) {
        self.examples += other.examples;
        self.sequences += other.sequences;
        self.failures += other.failures;
        self.corrections += other.corrections;
        self.held_out += other.held_out;
        self.interactions += other.interactions;
        self.name(other.problems.iter().cloned());
        for (all, more) in [
            (&mut self.by_label_source, &other.by_label_source),
            (&mut self.by_component, &other.by_component),
            (&mut self.left_out, &other.left_out),
        ] {
            for (name, number) in more {
                increase(all, name, *number);
            }
        }
    }

    /// Keeps the most frequent components.
    pub(super) fn name_most_frequent(&mut self) {
        let mut all: Vec<_> = std::mem::take(&mut self.by_component).into_iter().collect();
        let mut rest = 0;
        all.retain(|(name, rows)| {
            let named = name != REST;
            rest += if named { 0 } else { *rows };
            named
        });
        all.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        rest += all
            .iter()
            .skip(MAX_NAMED)
            .map(|(_, rows)| rows)
            .sum::<u64>();
        self.by_component.extend(all.into_iter().take(MAX_NAMED));
        if rest > 0 {
            self.by_component.insert(REST.to_owned(), rest);
        }
    }
}

fn increase(counts: &mut BTreeMap<String, u64>, name: &str, number: u64) {
    match counts.get_mut(name) {
        Some(count) => *count += number,
        None => {
            counts.insert(name.to_owned(), number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_problems_are_counted_and_some_named() {
        let data = DataDir::new("/data");
        let mut part = Counts::default();
        for number in 0..700 {
            let path = format!("/data/logs/{number}.log");
            part.problem(&data, path.as_ref(), ("log_not_text", 1), "odd");
        }
        let mut all = Counts::default();
        all.merge(&part);
        all.merge(&part);
        assert_eq!(all.left_out["log_not_text"], 1400);
        assert_eq!(all.problems.len(), MAX_PROBLEMS);
        assert_eq!(all.problems[1].file, "logs/1.log");
    }

    #[test]
    fn many_components_are_summed_up() {
        let mut part = Counts::default();
        let rows: Vec<_> = (0..3000)
            .map(|number| TrainingExample {
                component: Some(format!("c{:04}", number % 1500)),
                ..TrainingExample::default()
            })
            .collect();
        part.rows(&rows);
        assert_eq!(part.by_component.len(), MAX_COUNTED + 1);
        let mut all = Counts::default();
        all.merge(&part);
        all.merge(&part);
        all.name_most_frequent();
        assert_eq!(all.by_component.len(), MAX_NAMED + 1);
        assert_eq!(all.by_component.values().sum::<u64>(), 6000);
        assert_eq!(all.by_component["c0000"], 4);
    }
}
