//! Claims, read once for all that look at them in the same moment: no watch tells of them, and a thousand runs name the
//! same one.

use crate::{api::call, context::Context, error::Result};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many claims are kept; above that all are forgotten.
const CLAIMS_MAX: usize = 64;

/// Claims that were read a moment ago.
pub struct Claims {
    kept: Duration,
    read: Mutex<HashMap<String, (Instant, Option<PersistentVolumeClaim>)>>,
}

impl Claims {
    /// Each is kept for a little less than there is between two looks, so that each look sees what is new.
    pub fn new(look: Duration) -> Self {
        Self {
            kept: look * 9 / 10,
            read: Mutex::default(),
        }
    }

    /// The claim of this name in the namespace, if there is one.
    pub async fn read(
        &self,
        context: &Context,
        name: &str,
    ) -> Result<Option<PersistentVolumeClaim>> {
        if let Some(known) = self.known(name) {
            return Ok(known);
        }
        let claims = context.api::<PersistentVolumeClaim>();
        let began = Instant::now();
        let claim = call("read the claim", claims.get_opt(name)).await?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= CLAIMS_MAX {
            read.clear();
        }
        read.insert(name.to_owned(), (began, claim.clone()));
        Ok(claim)
    }

    fn known(&self, name: &str) -> Option<Option<PersistentVolumeClaim>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, claim) = read.get(name)?;
        (began.elapsed() < self.kept).then(|| claim.clone())
    }
}
