//! What this process has written last of each object: until a watch tells of it, there is nothing to decide on.

use kube::{Resource, ResourceExt};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// The resource version that was written last, by UID. Versions of one resource rise, and can be compared as numbers
/// (Kubernetes 1.35 promises it; before that it was so).
#[derive(Debug, Default)]
pub struct Written(Mutex<HashMap<String, u64>>);

impl Written {
    /// This was the API server's answer to a write.
    pub fn wrote<K: Resource>(&self, object: &K) {
        if let (Some(uid), Some(version)) = (object.uid(), number(object)) {
            let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            written.insert(uid, version);
        }
    }

    /// Whether the object as a watch told of it is older than what was written.
    pub fn is_ahead_of<K: Resource>(&self, object: &K) -> bool {
        let (Some(uid), Some(version)) = (object.uid(), number(object)) else {
            return false;
        };
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match written.get(&uid) {
            Some(last) if *last > version => true,
            Some(_) => {
                written.remove(&uid);
                false
            }
            None => false,
        }
    }
}

fn number<K: Resource>(object: &K) -> Option<u64> {
    object.resource_version()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn map(version: &str) -> ConfigMap {
        let mut map = ConfigMap::default();
        map.metadata.uid = Some("u".into());
        map.metadata.resource_version = Some(version.into());
        map
    }

    #[test]
    fn what_was_written_is_waited_for_and_then_forgotten() {
        let written = Written::default();
        assert!(!written.is_ahead_of(&map("9")), "nothing was written");
        written.wrote(&map("10"));
        assert!(written.is_ahead_of(&map("9")));
        assert!(!written.is_ahead_of(&map("10")));
        written.wrote(&map("10"));
        assert!(
            !written.is_ahead_of(&map("11")),
            "another has written since"
        );
        assert!(!written.is_ahead_of(&map("9")), "it is forgotten");
        written.wrote(&map("10"));
        assert!(
            !written.is_ahead_of(&map("x")),
            "no number: decided on as it is"
        );
    }
}
