//! Claims, read once for all that look at them in the same moment: no watch tells of them, and a thousand runs name the
//! same one.

use crate::{api::call, context::Context, error::Result};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many claims are kept; above that all are forgotten.
const CLAIMS_MAX: usize = 64;

/// What was read, and when; absent: never yet.
type Kept = Option<(Instant, Option<PersistentVolumeClaim>)>;

/// Claims that were read a moment ago.
pub struct Claims {
    kept: Duration,
    // Who reads a claim has the others wait that want the same one.
    read: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Kept>>>>,
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
        let place = self.place(name);
        let claims = context.api::<PersistentVolumeClaim>();
        // Who waits for another's read gives up when that one does.
        let read = async {
            let mut kept = place.lock().await;
            if let Some((began, claim)) = kept.as_ref()
                && began.elapsed() < self.kept
            {
                return Ok(claim.clone());
            }
            let began = Instant::now();
            let claim = claims.get_opt(name).await?;
            *kept = Some((began, claim.clone()));
            Ok(claim)
        };
        call("read the claim", read).await
    }

    fn place(&self, name: &str) -> Arc<tokio::sync::Mutex<Kept>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= CLAIMS_MAX && !read.contains_key(name) {
            read.clear();
        }
        read.entry(name.to_owned()).or_default().clone()
    }
}
