//! What a version and those that it goes on from have learned, by number: so that a later one is not judged by what it knows
//! from its base, and a version not by what people once taught it.
//!
//! Sides follow from mined templates, and a template changes when more texts of it are seen: what is tested on today may have
//! been trained on under another name. Numbers are halves of hashes; a version holds no text of anybody's log.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use logloop_scoring::artifact::FileEntry;
use logloop_scoring::features::stable_hash;
use logloop_scoring::{Manifest, artifact};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::error::TrainerError;
use crate::items::Item;

/// Name of the file in a version.
pub const LEARNED_FILE: &str = "learned.safetensors";
/// Numbers that are kept, 4 bytes each. A version that would have more has no file, as those of older releases.
const MAX_NUMBERS: usize = 1_000_000;

/// Texts and groups that were trained on.
const ANY: &str = "any";
/// Those of them that a person labelled.
const BY_PERSON: &str = "by_person";

/// Numbers of texts and groups. Of so many, one in 4,000 others is taken for one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    any: BTreeSet<u32>,
    by_person: BTreeSet<u32>,
}

/// The half of a hash that tells texts apart here.
fn number(hash: u64) -> u32 {
    hash as u32
}

impl Learned {
    /// What was learned of these entries, after what the base had.
    pub fn of<'i>(items: impl IntoIterator<Item = &'i Item>, base: Self) -> Self {
        let mut learned = base;
        for item in items {
            let numbers = [item.group, stable_hash(&item.template)].map(number);
            learned.any.extend(numbers);
            if item.source.is_strong() {
                learned.by_person.extend(numbers);
            }
        }
        learned
    }

    /// The groups among these of which something was learned: the group itself or one of its texts.
    pub fn groups(&self, texts: impl IntoIterator<Item = (u64, u64)>) -> BTreeSet<u64> {
        known(&self.any, texts)
    }

    /// The same of what people said.
    pub fn groups_by_person(&self, texts: impl IntoIterator<Item = (u64, u64)>) -> BTreeSet<u64> {
        known(&self.by_person, texts)
    }

    /// The file's bytes; none if it would be too long.
    pub fn to_bytes(&self) -> Result<Option<Vec<u8>>, TrainerError> {
        if self.any.len() + self.by_person.len() > MAX_NUMBERS {
            return Ok(None);
        }
        let raw = [(ANY, &self.any), (BY_PERSON, &self.by_person)].map(|(name, numbers)| {
            let bytes: Vec<u8> = numbers
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect();
            (name, numbers.len(), bytes)
        });
        let views = raw.iter().map(|(name, length, bytes)| {
            Ok((*name, TensorView::new(Dtype::U32, vec![*length], bytes)?))
        });
        let bytes = views
            .collect::<Result<Vec<_>, _>>()
            .and_then(|views| safetensors::serialize(views, None));
        bytes.map(Some).map_err(|error| {
            let message = format!("what was learned cannot be stored: {error}");
            TrainerError::new("training_failed", message)
        })
    }

    /// Of a published version; none if it has no such file.
    pub fn read(models: &Path, manifest: &Manifest) -> Result<Option<Self>, TrainerError> {
        let Some(entry) = manifest.files.get(LEARNED_FILE) else {
            return Ok(None);
        };
        let path = models.join(&manifest.version).join(LEARNED_FILE);
        let unusable = |problem: String| {
            let message = format!(
                "{}: {problem}; restore the version, or go on from another one",
                path.display()
            );
            TrainerError::new("model_unusable", message)
        };
        if entry.bytes > artifact::MAX_FILE_BYTES {
            return Err(unusable(format!("is said to have {} bytes", entry.bytes)));
        }
        let bytes = fs::read(&path).map_err(|error| unusable(error.to_string()))?;
        if FileEntry::of(&bytes) != *entry {
            return Err(unusable(
                "is not the file that the manifest lists".to_owned(),
            ));
        }
        let read = SafeTensors::deserialize(&bytes).map_err(|error| unusable(error.to_string()))?;
        let numbers = |name: &str| {
            let tensor = read
                .tensor(name)
                .map_err(|error| unusable(error.to_string()))?;
            if tensor.dtype() != Dtype::U32 {
                return Err(unusable(format!(
                    "{name} holds other numbers than it should"
                )));
            }
            let (numbers, _) = tensor.data().as_chunks::<4>();
            Ok(numbers
                .iter()
                .map(|number| u32::from_le_bytes(*number))
                .collect())
        };
        Ok(Some(Self {
            any: numbers(ANY)?,
            by_person: numbers(BY_PERSON)?,
        }))
    }
}

/// Pairs of a group and one of its texts, as hashes.
pub fn texts(items: &[Item]) -> impl Iterator<Item = (u64, u64)> {
    let pair = |item: &Item| (item.group, stable_hash(&item.template));
    items.iter().map(pair)
}

fn known(numbers: &BTreeSet<u32>, texts: impl IntoIterator<Item = (u64, u64)>) -> BTreeSet<u64> {
    let mut groups: HashMap<u64, bool> = HashMap::new();
    for (group, text) in texts {
        let is_known = || {
            [group, text]
                .iter()
                .any(|hash| numbers.contains(&number(*hash)))
        };
        let known = groups.entry(group).or_default();
        *known = *known || is_known();
    }
    let known = groups.into_iter().filter(|(_, known)| *known);
    known.map(|(group, _)| group).collect()
}

#[cfg(test)]
mod tests {
    use logloop_records::LabelSource::Correction;

    use super::*;
    use crate::testing::item;

    #[test]
    fn a_group_is_known_by_its_name_or_by_a_text() {
        let taught = Item {
            source: Correction,
            ..item("user ann is gone", true)
        };
        let base = Learned::of([&item("disk is full", true)], Learned::default());
        let learned = Learned::of([&taught], base);
        let group = stable_hash("user <*> is gone");
        let (ann, bob) = (
            stable_hash("user ann is gone"),
            stable_hash("user bob is gone"),
        );
        let disk = stable_hash("disk is full");
        for (texts, by_any, by_person) in [
            (vec![(group, bob), (group, ann)], vec![group], vec![group]),
            (vec![(group, bob)], vec![], vec![]),
            (vec![(disk, disk), (bob, bob)], vec![disk], vec![]),
        ] {
            let found = |of: BTreeSet<u64>| of.into_iter().collect::<Vec<_>>();
            assert_eq!(found(learned.groups(texts.clone())), by_any, "{texts:?}");
            assert_eq!(
                found(learned.groups_by_person(texts.clone())),
                by_person,
                "{texts:?}"
            );
        }
    }

    #[test]
    fn what_is_stored_is_read_back_and_verified() {
        let models = tempfile::tempdir().expect("folder");
        let learned = Learned::of(&[item("a", true), item("b", false)], Learned::default());
        let bytes = learned.to_bytes().expect("stored").expect("few");
        let mut manifest = Manifest {
            schema: artifact::MANIFEST_SCHEMA,
            version: "v1".to_owned(),
            digest: String::new(),
            created: chrono::Utc::now(),
            feature_version: 1,
            base: None,
            dataset: artifact::DatasetRef {
                id: String::new(),
                digest: String::new(),
            },
            seed: 1,
            heads: vec![],
            files: [].into(),
        };
        assert_eq!(Learned::read(models.path(), &manifest), Ok(None));
        manifest.files = [(LEARNED_FILE.to_owned(), FileEntry::of(&bytes))].into();
        fs::create_dir(models.path().join("v1")).expect("folder");
        let path = models.path().join("v1").join(LEARNED_FILE);
        fs::write(&path, &bytes).expect("written");
        assert_eq!(Learned::read(models.path(), &manifest), Ok(Some(learned)));
        fs::write(&path, &bytes[1..]).expect("written");
        let refused = Learned::read(models.path(), &manifest).expect_err("changed");
        assert_eq!(refused.code, "model_unusable");
        let many = Learned {
            any: (0..=MAX_NUMBERS as u32).collect(),
            ..Learned::default()
        };
        assert_eq!(many.to_bytes(), Ok(None));
    }
}
