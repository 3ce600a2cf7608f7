//! What is kept of an object that is watched. The rest is not even decoded: of a pod that is nine tenths, and most of it is
//! who wrote which field.

pub mod custom;
mod job;
mod pod;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use kube::Resource;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use std::{borrow::Cow, collections::BTreeMap};

/// A kind of which only a part is read.
pub trait Thin: Resource<DynamicType = ()> + Sized {
    /// That part, as it comes over the wire.
    type Wire: DeserializeOwned + Into<Self>;

    /// Whether two versions of the same object differ in that part.
    fn differs(&self, other: &Self) -> bool;
}

/// An object of which only that part was decoded.
#[derive(Clone, Debug)]
pub struct Lean<K>(pub K);

impl<'de, K: Thin> Deserialize<'de> for Lean<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        K::Wire::deserialize(from).map(|wire| Self(wire.into()))
    }
}

impl<K: Thin> Resource for Lean<K> {
    type DynamicType = ();
    type Scope = K::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.meta_mut()
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
    fn lean(self) -> ObjectMeta {
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
