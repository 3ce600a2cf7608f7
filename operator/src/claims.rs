//! Claims, read once for all that look at them in the same moment: no watch tells of them, and a thousand runs name the
//! same one.

use crate::{
    api::call,
    context::Context,
    error::Result,
    kept::{self, Kept},
};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How many claims are kept; above that all are forgotten.
const CLAIMS_MAX: usize = 64;

/// A claim; none: there is none of that name.
type Read = Arc<Kept<Option<PersistentVolumeClaim>>>;

/// Claims that were read a moment ago.
pub struct Claims {
    kept: Duration,
    read: Mutex<HashMap<String, Read>>,
}

impl Claims {
    /// Each is kept from one look to the next, see [`kept::time`].
    pub fn new(look: Duration) -> Self {
        Self {
            kept: kept::time(look),
            read: Mutex::default(),
        }
    }

    /// The claim of this name in the namespace, if there is one.
    pub async fn read(
        &self,
        context: &Context,
        name: &str,
    ) -> Result<Option<PersistentVolumeClaim>> {
        let place = self.place(name);
        let claims = context.api::<PersistentVolumeClaim>();
        // Who waits for another's read gives up when that one does.
        let read = place.get(self.kept, claims.get_opt(name), Clone::clone);
        call("read the claim", read).await
    }

    fn place(&self, name: &str) -> Read {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= CLAIMS_MAX && !read.contains_key(name) {
            read.clear();
        }
        read.entry(name.to_owned()).or_default().clone()
    }
}
