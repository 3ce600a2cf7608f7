//! What was made from the store, as far as erasures ask.

use chrono::{DateTime, Utc};

use super::subject::SubjectHash;
use crate::dataset::DatasetManifest;

/// Something that was made from the store: a data set, an exported file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made<'a> {
    /// When.
    pub(super) at: DateTime<Utc>,
    /// Number of the last erasure that it obeys.
    pub(super) erasures: u64,
    /// Interactions before this time were left out.
    pub(super) since: Option<DateTime<Utc>>,
    /// It was made of the interactions of one subject.
    pub(super) only: Option<Only<'a>>,
}

impl<'a> Made<'a> {
    pub(super) fn data_set(manifest: &'a DatasetManifest) -> Self {
        Self {
            at: manifest.created,
            erasures: manifest.erasures,
            since: manifest.filter.since,
            only: manifest.filter.subject.as_deref().map(Only::Named),
        }
    }
}

/// The subject of an export, as it is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Only<'a> {
    /// By name.
    Named(&'a str),
    /// By a hash, where nobody is to be named.
    Hashed(&'a SubjectHash),
}

impl Only<'_> {
    /// Whether this can be that subject. Under different salts nobody knows.
    pub(super) fn may_be(self, subject: &SubjectHash) -> bool {
        match self {
            Self::Named(name) => SubjectHash::of(name, &subject.salt) == *subject,
            Self::Hashed(hash) => hash.salt != subject.salt || hash == subject,
        }
    }

    /// As a hash, to be kept.
    pub(super) fn hashed(self, salt: &str) -> SubjectHash {
        match self {
            Self::Named(name) => SubjectHash::of(name, salt),
            Self::Hashed(hash) => hash.clone(),
        }
    }
}
