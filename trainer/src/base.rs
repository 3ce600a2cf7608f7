//! The version that a training goes on from: its weights, and what it must not be asked since it has learned it.

use std::path::Path;

use logloop_scoring::{Model, Network, artifact};

use crate::error::TrainerError;
use crate::items::{Item, Items};
use crate::learned::{self, Learned};
use crate::split::Split;

/// What a training begins with: a version, or nothing.
pub(crate) struct Base {
    pub(crate) model: Option<Model>,
    /// None: the version does not say.
    learned: Option<Learned>,
}

impl Base {
    /// The version of that name; nothing without one.
    pub(crate) fn read(models: &Path, version: Option<&str>) -> Result<Self, TrainerError> {
        let Some(version) = version else {
            return Ok(Self {
                model: None,
                learned: Some(Learned::default()),
            });
        };
        let model = artifact::load(models, version, None)?;
        Ok(Self {
            learned: Learned::read(models, &model.manifest)?,
            model: Some(model),
        })
    }

    /// Its network.
    pub(crate) fn network(&self) -> Option<&Network> {
        self.model.as_ref().map(|model| &model.network)
    }

    /// Takes out of the test what the base learned something of; how many entries. None: that is not known.
    pub(crate) fn leave_out_known(&self, items: &[Item], split: &mut Split) -> Option<u64> {
        let known = self.learned.as_ref()?.groups(learned::texts(items));
        let before = split.test.len();
        split
            .test
            .retain(|&index| !known.contains(&items[index].group));
        Some((before - split.test.len()) as u64)
    }

    /// What judges, without what people once taught the base.
    pub(crate) fn judges<'i>(&self, items: &'i Items) -> Vec<&'i Item> {
        let judging = items.judging.iter().copied();
        let told = self.learned.as_ref();
        let told = told.map(|learned| learned.groups_by_person(judging));
        let told = told.unwrap_or_default();
        let judges = items.held_out.iter();
        judges.filter(|item| !told.contains(&item.group)).collect()
    }

    /// The bytes of what is learned after a training on this part; none where that of the base is not known, or too much.
    pub(crate) fn learned_with(
        self,
        items: &[Item],
        split: &Split,
    ) -> Result<Option<Vec<u8>>, TrainerError> {
        let Some(learned) = self.learned else {
            return Ok(None);
        };
        let part = split.train.iter().chain(&split.validation);
        Learned::of(part.map(|&index| &items[index]), learned).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource::Correction;
    use logloop_scoring::features::stable_hash;

    use super::*;
    use crate::testing::item;

    fn in_group(text: &str, group: &str) -> Item {
        Item {
            group: stable_hash(group),
            source: Correction,
            ..item(text, true)
        }
    }

    /// A template had another text when the base learned it: its part follows from the text, and is another one today.
    #[test]
    fn what_the_base_knows_under_another_name_is_not_asked() {
        let ann = in_group("user ann is gone", "user ann is gone");
        let base = |learned| Base {
            model: None,
            learned,
        };
        let knows = base(Some(Learned::of([&ann], Learned::default())));
        let today = ["user ann is gone", "user bob is gone", "disk is full"];
        let items = [
            in_group(today[0], "user <*> is gone"),
            in_group(today[1], "user <*> is gone"),
            in_group(today[2], today[2]),
        ];
        let all = || Split {
            test: vec![0, 1, 2],
            ..Split::default()
        };
        for (base, left_out, test) in [
            (&knows, Some(2), vec![2]),
            (&base(Some(Learned::default())), Some(0), vec![0, 1, 2]),
            (&base(None), None, vec![0, 1, 2]),
        ] {
            let mut split = all();
            assert_eq!(base.leave_out_known(&items, &mut split), left_out);
            assert_eq!(split.test, test);
        }
        let held_out = Items {
            judging: learned::texts(&items).collect(),
            held_out: items[1..].to_vec(),
            ..Items::default()
        };
        let judges = |base: &Base| base.judges(&held_out).len();
        assert_eq!((judges(&knows), judges(&base(None))), (1, 2));
    }

    #[test]
    fn what_is_learned_adds_up_and_stays_unknown_where_it_was() {
        let items = [item("a", true), item("b", true), item("c", true)];
        let split = Split {
            train: vec![0],
            validation: vec![1],
            test: vec![2],
        };
        let first = Base {
            model: None,
            learned: Some(Learned::of([&item("d", true)], Learned::default())),
        };
        let bytes = first.learned_with(&items, &split).expect("stored");
        let all = ["a", "b", "d"].map(|text| item(text, true));
        let expected = Learned::of(&all, Learned::default()).to_bytes();
        assert_eq!(Ok(bytes), expected);
        let unknown = Base {
            model: None,
            learned: None,
        };
        assert_eq!(unknown.learned_with(&items, &split), Ok(None));
    }
}
