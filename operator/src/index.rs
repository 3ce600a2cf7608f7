//! Which objects of a store belong to what, so that none is looked for among thousands.

use kube::{
    Resource, ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Names of objects by what they belong to.
#[derive(Debug, Default)]
pub struct Index(Mutex<HashMap<String, Vec<String>>>);

impl Index {
    /// An object that belongs to these was added, changed or deleted; `there`: the store has it.
    pub fn touched<'a>(&self, of: impl IntoIterator<Item = &'a str>, name: &str, there: bool) {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in of {
            if there {
                // Few belong to one: a Job has a pod or two, a run its Jobs.
                let names = index.entry(key.to_owned()).or_default();
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            } else if let Some(names) = index.get_mut(key) {
                names.retain(|known| known != name);
                if names.is_empty() {
                    index.remove(key);
                }
            }
        }
    }

    /// What belongs to this and is there.
    pub fn of<K>(&self, key: &str, namespace: &str, store: &Store<K>) -> Vec<Arc<K>>
    where
        K: Resource<DynamicType = ()> + Clone + 'static,
    {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(names) = index.get_mut(key) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        // A watch that broke does not tell of each that went meanwhile.
        names.retain(|name| {
            let object = store.get(&ObjectRef::new(name).within(namespace));
            let there = object.is_some();
            found.extend(object);
            there
        });
        if names.is_empty() {
            index.remove(key);
        }
        found
    }
}

/// UIDs of the owners of an object.
pub fn owners<K: Resource>(object: &K) -> impl Iterator<Item = &str> {
    object.owner_references().iter().map(|owner| &*owner.uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::runtime::{reflector, watcher::Event};

    #[test]
    fn what_belongs_together_is_found_until_it_is_gone() {
        let (store, mut writer) = reflector::store();
        let index = Index::default();
        let mut map = ConfigMap::default();
        map.metadata.namespace = Some("n".into());
        for (name, of) in [("a", "x"), ("b", "x"), ("c", "y")] {
            map.metadata.name = Some(name.into());
            writer.apply_watcher_event(&Event::Apply(map.clone()));
            index.touched([of], name, true);
        }
        let found = |key: &str| {
            let found = index.of(key, "n", &store);
            found.iter().map(|map| map.name_any()).collect::<Vec<_>>()
        };
        assert_eq!(found("x"), ["a", "b"]);
        assert_eq!(found("y"), ["c"]);
        index.touched(["x"], "a", false);
        assert_eq!(found("x"), ["b"]);
        // Nobody told of the end of this one.
        map.metadata.name = Some("c".into());
        writer.apply_watcher_event(&Event::Delete(map));
        assert!(found("y").is_empty() && found("z").is_empty());
    }
}
