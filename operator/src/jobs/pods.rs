//! Which pods are of which Job, so that none is looked for among thousands.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Names of pods by the UID of their Job.
#[derive(Debug, Default)]
pub struct PodsOfJobs(Mutex<HashMap<String, BTreeSet<String>>>);

impl PodsOfJobs {
    /// A pod was added, changed or deleted; the store knows which.
    pub fn touched(&self, pod: &Pod, store: &Store<Pod>) {
        let there = store.get(&ObjectRef::from_obj(pod)).is_some();
        let mut pods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for owner in pod.owner_references() {
            if there {
                let names = pods.entry(owner.uid.clone()).or_default();
                names.insert(pod.name_any());
            } else if let Some(names) = pods.get_mut(&owner.uid) {
                names.remove(&pod.name_any());
                if names.is_empty() {
                    pods.remove(&owner.uid);
                }
            }
        }
    }

    /// The pods of a Job that are there.
    pub fn of(&self, job_uid: &str, namespace: &str, store: &Store<Pod>) -> Vec<Arc<Pod>> {
        let mut pods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(names) = pods.get_mut(job_uid) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        // A watch that broke does not tell of each that went meanwhile.
        names.retain(|name| {
            let pod = store.get(&ObjectRef::new(name).within(namespace));
            let there = pod.is_some();
            found.extend(pod);
            there
        });
        found
    }
}
