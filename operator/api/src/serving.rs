//! The serving document: which version answers. The ConfigMap that holds it is the durable truth.

use crate::{labels, names, training_run::Stable};
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Key of the document in its ConfigMap.
pub const KEY: &str = "serving.json";

/// The serving document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Rises with every change; an analyzer refuses an older one.
    #[serde(default)]
    pub generation: i64,
    /// What answers; the rules if absent.
    #[serde(default)]
    pub stable: Option<Stable>,
    /// What is being tried beside it.
    #[serde(default)]
    pub candidate: Option<Value>,
}

/// The document as it was read, with what is needed to write it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// The document.
    pub document: Document,
    /// The ConfigMap it was read from; absent if there is none yet.
    pub source: Option<ConfigMap>,
}

impl Held {
    /// Reads the document out of its ConfigMap; why it is none, in words.
    pub fn read(source: Option<ConfigMap>) -> Result<Self, String> {
        let text = source
            .as_ref()
            .and_then(|map| map.data.as_ref())
            .and_then(|data| data.get(KEY));
        let document = match text {
            Some(text) => serde_json::from_str(text).map_err(|error| {
                let name = source
                    .as_ref()
                    .and_then(|map| map.metadata.name.as_deref())
                    .unwrap_or_default();
                format!("{KEY} of ConfigMap {name} is not a serving document: {error}")
            })?,
            None => Document::default(),
        };
        Ok(Self { document, source })
    }

    /// Whether there is no document: it was never written, or somebody deleted it.
    pub fn is_absent(&self) -> bool {
        let data = self.source.as_ref().and_then(|map| map.data.as_ref());
        data.is_none_or(|data| !data.contains_key(KEY))
    }

    /// Who is rolling out: name and UID of a run.
    pub fn owner(&self) -> Option<(&str, &str)> {
        owner_of(self.source.as_ref()?)
    }

    /// The ConfigMap with another document or owner in it, keeping all else that is there.
    pub fn with(&self, target: &str, document: &Document, owner: Option<&str>) -> ConfigMap {
        let mut map = self.source.clone().unwrap_or_else(|| ConfigMap {
            metadata: ObjectMeta {
                name: Some(names::serving(target)),
                ..ObjectMeta::default()
            },
            ..ConfigMap::default()
        });
        let text = serde_json::to_string(document).unwrap_or_default();
        map.data.get_or_insert_default().insert(KEY.into(), text);
        let labels = map.metadata.labels.get_or_insert_default();
        labels.extend(own_labels(target));
        let annotations = map.metadata.annotations.get_or_insert_default();
        match owner {
            Some(owner) => annotations.insert(labels::ROLLOUT_OWNER.into(), owner.into()),
            None => annotations.remove(labels::ROLLOUT_OWNER),
        };
        map
    }
}

fn own_labels(target: &str) -> BTreeMap<String, String> {
    [
        (labels::APP_NAME, labels::APP),
        (labels::APP_COMPONENT, "serving"),
        (labels::MANAGED_BY, labels::MANAGER),
        (labels::TARGET, target),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// The name and UID of the run that the annotation of a ConfigMap names.
pub fn owner_of(map: &ConfigMap) -> Option<(&str, &str)> {
    let annotations = map.metadata.annotations.as_ref()?;
    annotations.get(labels::ROLLOUT_OWNER)?.split_once('/')
}

/// The annotation value that names a run.
pub fn owner(name: &str, uid: &str) -> String {
    format!("{name}/{uid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_keeps_what_is_beside_it() {
        let mut map = ConfigMap::default();
        map.data
            .get_or_insert_default()
            .insert("other".into(), "kept".into());
        let held = Held::read(Some(map)).expect("a map without the key is an empty document");
        assert_eq!(held.document, Document::default());
        let document = Document {
            generation: 3,
            stable: Some(Stable {
                version: "v".into(),
                digest: "sha256:0".into(),
            }),
            candidate: None,
        };
        let map = held.with("web", &document, Some("first/uid"));
        let again = Held::read(Some(map)).expect("what was written can be read");
        assert_eq!(again.document, document);
        assert_eq!(again.owner(), Some(("first", "uid")));
        let data = again
            .source
            .as_ref()
            .and_then(|map| map.data.clone())
            .unwrap_or_default();
        assert_eq!(data["other"], "kept");
        assert_eq!(
            data[KEY],
            r#"{"generation":3,"stable":{"version":"v","digest":"sha256:0"},"candidate":null}"#
        );
        let released =
            Held::read(Some(again.with("web", &document, None))).expect("it can be read");
        assert_eq!(released.owner(), None);
    }

    #[test]
    fn a_broken_document_is_told_with_its_place() {
        let mut map = ConfigMap::default();
        map.metadata.name = Some("web-serving".into());
        map.data
            .get_or_insert_default()
            .insert(KEY.into(), "{".into());
        let error = Held::read(Some(map)).expect_err("it is not JSON");
        assert!(
            error.contains("serving.json of ConfigMap web-serving"),
            "{error}"
        );
    }
}
