//! Our own kinds: all but who wrote which field. One that cannot be read disturbs no other.

use super::Meta;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Resource,
    core::{DeserializeGuard, error_boundary::InvalidObject},
};
use logloop_operator_api::{
    DataRetention, DataRetentionSpec, DataRetentionStatus, ModelVersion, ModelVersionSpec,
    ModelVersionStatus, TrainingRun, TrainingRunSpec, TrainingRunStatus, TrainingSchedule,
    TrainingScheduleSpec, TrainingScheduleStatus,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use std::borrow::Cow;

/// One of our own kinds, put together from its parts.
pub trait Custom: Resource<DynamicType = ()> + Sized {
    /// What was asked for.
    type Spec: DeserializeOwned;
    /// What is known.
    type Status: DeserializeOwned;

    /// The object.
    fn of(metadata: ObjectMeta, spec: Self::Spec, status: Option<Self::Status>) -> Self;
}

macro_rules! custom {
    ($($kind:ident: $spec:ident, $status:ident;)*) => {$(
        impl Custom for $kind {
            type Spec = $spec;
            type Status = $status;

            fn of(metadata: ObjectMeta, spec: $spec, status: Option<$status>) -> Self {
                Self { metadata, spec, status }
            }
        }
    )*};
}

custom! {
    TrainingRun: TrainingRunSpec, TrainingRunStatus;
    TrainingSchedule: TrainingScheduleSpec, TrainingScheduleStatus;
    ModelVersion: ModelVersionSpec, ModelVersionStatus;
    DataRetention: DataRetentionSpec, DataRetentionStatus;
}

/// As kube's guard, without decoding twice what can be read.
#[derive(Clone, Debug)]
pub struct Guarded<K>(pub DeserializeGuard<K>);

#[derive(Deserialize)]
struct Parts {
    metadata: Meta,
    #[serde(default)]
    spec: Value,
    status: Option<Value>,
}

impl<'de, K: Custom> Deserialize<'de> for Guarded<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let parts = Parts::deserialize(from)?;
        let metadata: ObjectMeta = parts.metadata.into();
        let spec = K::Spec::deserialize(parts.spec);
        let read = spec.and_then(|spec| {
            let status = parts.status.map(K::Status::deserialize).transpose()?;
            Ok((spec, status))
        });
        let object = match read {
            Ok((spec, status)) => Ok(K::of(metadata, spec, status)),
            Err(error) => Err(InvalidObject {
                error: error.to_string(),
                metadata,
            }),
        };
        Ok(Self(DeserializeGuard(object)))
    }
}

impl<K: Custom> Resource for Guarded<K> {
    as_kind!(K);

    fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.meta_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_that_cannot_be_read_says_who_it_is_and_why() {
        let read = |spec: Value, status: Value| -> Guarded<TrainingRun> {
            let metadata = json!({"name": "r", "uid": "u", "generation": 3, "annotations": {"a": "b"},
                "finalizers": ["f"], "managedFields": [{"manager": "m"}]});
            serde_json::from_value(json!({"metadata": metadata, "spec": spec, "status": status}))
                .expect("its metadata can be read")
        };
        let run = read(json!({"suspend": true}), json!({"phase": "Training"}))
            .0
            .0;
        let run = run.expect("a run");
        assert_eq!((run.metadata.generation, run.spec.suspend), (Some(3), true));
        assert!(run.metadata.managed_fields.is_none());
        assert_eq!(run.metadata.finalizers.map(|all| all.len()), Some(1));
        assert_eq!(run.metadata.annotations.map(|all| all.len()), Some(1));
        assert!(run.status.and_then(|status| status.phase).is_some());
        assert!(
            read(json!({}), Value::Null)
                .0
                .0
                .is_ok_and(|run| run.status.is_none())
        );
        for (what, spec, status) in [
            ("spec", json!({"suspend": "no"}), Value::Null),
            ("no spec", Value::Null, Value::Null),
            ("status", json!({}), json!({"phase": "Other"})),
        ] {
            let guarded = read(spec, status);
            assert_eq!(guarded.meta().uid.as_deref(), Some("u"), "{what}");
            let invalid = guarded.0.0.expect_err(what);
            assert!(!invalid.error.is_empty(), "{what}");
        }
    }
}
