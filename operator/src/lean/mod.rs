//! What is kept of an object that is watched. The rest is not even decoded: of a pod that is nine tenths, and most of it is
//! who wrote which field.

/// What a stand-in for a kind has in common with it, in its `Resource`.
macro_rules! as_kind {
    ($kind:ident) => {
        type DynamicType = ();
        type Scope = $kind::Scope;

        fn kind((): &()) -> Cow<'_, str> {
            $kind::kind(&())
        }

        fn group((): &()) -> Cow<'_, str> {
            $kind::group(&())
        }

        fn version((): &()) -> Cow<'_, str> {
            $kind::version(&())
        }

        fn plural((): &()) -> Cow<'_, str> {
            $kind::plural(&())
        }
    };
}

pub mod custom;
mod job;
mod pod;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use kube::Resource;
use logloop_operator_api::labels;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use std::{borrow::Cow, collections::BTreeMap, fmt::Debug};

/// Label by which a pod names its Job.
pub const JOB_NAME: &str = "batch.kubernetes.io/job-name";
/// How our own labels begin.
const OURS: &str = "logloop.dev/";
/// Labels that are read besides our own.
const LABELS: [&str; 6] = [
    JOB_NAME,
    POD_TEMPLATE_HASH,
    labels::QUEUE,
    labels::APP_NAME,
    labels::APP_INSTANCE,
    labels::APP_COMPONENT,
];
/// Label by which a pod names the template of its ReplicaSet.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// A kind of which only a part is read.
pub trait Thin: Resource<DynamicType = ()> + Sized {
    /// What is read of what was asked for.
    type Spec: Part;
    /// What is read of what is known.
    type Status: Part;

    /// The object as everybody knows it, with all else left out.
    fn whole(
        metadata: ObjectMeta,
        spec: Option<&Self::Spec>,
        status: Option<&Self::Status>,
    ) -> Self;
}

/// A part of an object, as it comes over the wire and as it is kept.
pub trait Part: DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static {}

impl<P: DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static> Part for P {}

/// An object of which only that part is decoded and kept: as a whole, most of it empty, it would be four times as large.
#[derive(Clone, Debug)]
pub struct Lean<K: Thin> {
    metadata: ObjectMeta,
    spec: Option<K::Spec>,
    status: Option<K::Status>,
}

impl<K: Thin> Lean<K> {
    /// The object as everybody knows it.
    pub fn whole(&self) -> K {
        K::whole(
            self.metadata.clone(),
            self.spec.as_ref(),
            self.status.as_ref(),
        )
    }

    /// Whether two versions of the same object differ in more than their version.
    pub fn differs(&self, other: &Self) -> bool {
        meta_differs(&self.metadata, &other.metadata)
            || self.spec != other.spec
            || self.status != other.status
    }
}

impl<'de, K: Thin> Deserialize<'de> for Lean<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire<S, T> {
            metadata: Meta,
            spec: Option<S>,
            status: Option<T>,
        }
        let wire = Wire::deserialize(from)?;
        Ok(Self {
            metadata: wire.metadata.lean(),
            spec: wire.spec,
            status: wire.status,
        })
    }
}

impl<K: Thin> Resource for Lean<K> {
    as_kind!(K);

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// The API server's answer to a write: of what was written it repeats all, and only its metadata are read.
#[derive(Debug, Deserialize)]
pub struct Answer {
    metadata: Meta,
}

impl Answer {
    /// The metadata.
    pub fn meta(self) -> ObjectMeta {
        self.metadata.into()
    }
}

/// What is read of the metadata of any kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<OwnerReference>>,
    finalizers: Option<Vec<String>>,
}

impl Meta {
    /// Without what is read of our own kinds alone.
    fn lean(mut self) -> ObjectMeta {
        if let Some(all) = &mut self.labels {
            all.retain(|label, _| label.starts_with(OURS) || LABELS.contains(&label.as_str()));
        }
        ObjectMeta {
            generation: None,
            annotations: None,
            finalizers: None,
            ..self.into()
        }
    }
}

impl From<Meta> for ObjectMeta {
    fn from(meta: Meta) -> Self {
        Self {
            name: meta.name,
            namespace: meta.namespace,
            uid: meta.uid,
            resource_version: meta.resource_version,
            generation: meta.generation,
            creation_timestamp: meta.creation_timestamp,
            deletion_timestamp: meta.deletion_timestamp,
            labels: meta.labels,
            annotations: meta.annotations,
            owner_references: meta.owner_references,
            finalizers: meta.finalizers,
            ..Self::default()
        }
    }
}

/// Whether two versions of the metadata of an object differ in more than their version.
fn meta_differs(one: &ObjectMeta, other: &ObjectMeta) -> bool {
    one.uid != other.uid
        || one.deletion_timestamp != other.deletion_timestamp
        || one.labels != other.labels
        || one.owner_references != other.owner_references
}
