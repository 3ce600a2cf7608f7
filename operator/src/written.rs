//! What this process has written last of each object: until a watch tells of it, there is nothing to decide on.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, ResourceExt};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many writes are waited for before it is looked whether some are waited for in vain.
const WAITING_MAX: usize = 1_000;
/// How long a watch may take to tell of a write: that of an object that was deleted meanwhile it never tells of.
const PATIENCE: Duration = Duration::from_secs(300);

/// The resource version that was written last, and when, by UID. Versions of one resource rise, and can be compared as numbers
/// (Kubernetes 1.35 promises it; before that it was so).
#[derive(Debug, Default)]
pub struct Written(Mutex<HashMap<String, (u64, Instant)>>);

impl Written {
    /// This was the API server's answer to a write.
    pub fn wrote(&self, object: &ObjectMeta) {
        if let (Some(uid), Some(version)) = (object.uid.clone(), number(object)) {
            let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if written.len() >= WAITING_MAX {
                written.retain(|_, (_, at)| at.elapsed() < PATIENCE);
            }
            written.insert(uid, (version, Instant::now()));
        }
    }

    /// Whether the object as a watch told of it is older than what was written.
    pub fn is_ahead_of<K: Resource>(&self, object: &K) -> bool {
        let (Some(uid), Some(version)) = (object.uid(), number(object.meta())) else {
            return false;
        };
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match written.get(&uid) {
            Some((last, _)) if *last > version => true,
            Some(_) => {
                written.remove(&uid);
                false
            }
            None => false,
        }
    }
}

fn number(object: &ObjectMeta) -> Option<u64> {
    object.resource_version.as_ref()?.parse().ok()
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
    fn what_no_watch_ever_tells_of_is_forgotten_in_time() {
        let written = Written::default();
        let long_ago = Instant::now().checked_sub(PATIENCE * 2);
        let long_ago = long_ago.expect("the machine has been up");
        let mut held = written.0.lock().expect("nobody panics with it");
        held.extend((0..WAITING_MAX).map(|gone| (gone.to_string(), (1, long_ago))));
        drop(held);
        written.wrote(&map("10").metadata);
        assert_eq!(written.0.lock().expect("nobody panics with it").len(), 1);
        assert!(written.is_ahead_of(&map("9")));
    }

    #[test]
    fn what_was_written_is_waited_for_and_then_forgotten() {
        let written = Written::default();
        assert!(!written.is_ahead_of(&map("9")), "nothing was written");
        written.wrote(&map("10").metadata);
        assert!(written.is_ahead_of(&map("9")));
        assert!(!written.is_ahead_of(&map("10")));
        written.wrote(&map("10").metadata);
        assert!(
            !written.is_ahead_of(&map("11")),
            "another has written since"
        );
        assert!(!written.is_ahead_of(&map("9")), "it is forgotten");
        written.wrote(&map("10").metadata);
        assert!(
            !written.is_ahead_of(&map("x")),
            "no number: decided on as it is"
        );
    }
}
