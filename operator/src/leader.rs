//! Leader election: a Lease that only its holder may write, checked by resourceVersion.
//!
//! 1. Whoever holds the lease renews it at a third of its duration.
//! 2. Another takes it only after it has seen the same `resourceVersion` for a whole duration by its own clock.
//! 3. The holder stops writing before that: [`Leadership::check`] fails once two thirds of the duration have passed
//!    since the last renewal was sent, whatever the process was doing meanwhile.
//! 4. Every write carries the `resourceVersion` that was read, so of two that take it at once one is refused.

use crate::{
    api::call,
    error::{Error, Result},
};
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, Client, api::PostParams};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Name of the lease.
pub const LEASE: &str = "logloop-operator";

/// Longest wait between two tries to take the lease. A planned hand-over takes at most this long, and after a kill the
/// successor has seen the last renewal this long after it at most.
const TRY_AGAIN: Duration = Duration::from_millis(300);

/// Whether this process leads.
#[derive(Clone, Debug)]
pub struct Leadership {
    valid_until: Arc<Mutex<Option<Instant>>>,
}

impl Leadership {
    /// Nobody leads yet.
    pub fn none() -> Self {
        Self {
            valid_until: Arc::new(Mutex::new(None)),
        }
    }

    /// Ok while this process may write.
    pub fn check(&self) -> Result<()> {
        let until = *self
            .valid_until
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if until.is_some_and(|until| Instant::now() < until) {
            Ok(())
        } else {
            Err(Error::NotLeader)
        }
    }

    fn set(&self, until: Option<Instant>) {
        *self
            .valid_until
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = until;
    }
}

/// One candidate for the lease.
pub struct Candidate {
    api: Api<Lease>,
    identity: String,
    duration: Duration,
    leadership: Leadership,
    seen: Option<(String, Instant)>,
    held: Option<Lease>,
}

impl Candidate {
    /// A candidate for the lease of a namespace.
    pub fn new(
        client: Client,
        namespace: &str,
        identity: String,
        duration: Duration,
        leadership: Leadership,
    ) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            identity,
            duration,
            leadership,
            seen: None,
            held: None,
        }
    }

    /// How long to wait between two tries or renewals.
    pub fn pause(&self) -> Duration {
        self.duration / 3
    }

    /// Waits until this process leads.
    pub async fn acquire(&mut self) {
        loop {
            match self.step().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) if error.is_ordinary() => {
                    tracing::debug!(%error, "another took the lease")
                }
                Err(error) => tracing::warn!(%error, "cannot take the lease"),
            }
            tokio::time::sleep(self.pause().min(TRY_AGAIN)).await;
        }
    }

    /// Renews the lease until it is lost.
    pub async fn hold(&mut self) {
        loop {
            tokio::time::sleep(self.pause()).await;
            match self.step().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "cannot renew the lease");
                    self.held = None;
                    if self.leadership.check().is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Gives the lease back, so that the next one need not wait for its end.
    pub async fn release(&mut self) {
        self.leadership.set(None);
        let Some(mut lease) = self.held.take() else {
            return;
        };
        if let Some(spec) = lease.spec.as_mut() {
            spec.holder_identity = None;
        }
        if let Err(error) = call(
            "give the lease back",
            self.api.replace(LEASE, &PostParams::default(), &lease),
        )
        .await
        {
            tracing::debug!(%error, "the lease runs out by itself");
        }
    }

    /// One try to take or renew; whether this process leads after it.
    async fn step(&mut self) -> Result<bool> {
        let sent = Instant::now();
        let current = match self.held.take() {
            Some(lease) => Some(lease),
            None => call("read the lease", self.api.get_opt(LEASE)).await?,
        };
        let written = match current {
            None => {
                let lease = self.lease(None);
                call(
                    "create the lease",
                    self.api.create(&PostParams::default(), &lease),
                )
                .await?
            }
            Some(lease) if self.may_write(&lease, sent) => {
                let lease = self.lease(Some(lease));
                call(
                    "renew the lease",
                    self.api.replace(LEASE, &PostParams::default(), &lease),
                )
                .await?
            }
            Some(_) => return Ok(false),
        };
        self.held = Some(written);
        self.leadership.set(Some(sent + self.duration * 2 / 3));
        Ok(true)
    }

    /// Ours already, or not renewed for its whole duration by our own clock.
    fn may_write(&mut self, lease: &Lease, now: Instant) -> bool {
        let holder = lease
            .spec
            .as_ref()
            .and_then(|spec| spec.holder_identity.as_deref())
            .unwrap_or_default();
        if holder == self.identity || holder.is_empty() {
            return true;
        }
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        match &self.seen {
            Some((seen, since)) if *seen == version => now.duration_since(*since) >= self.duration,
            _ => {
                self.seen = Some((version, now));
                false
            }
        }
    }

    fn lease(&self, old: Option<Lease>) -> Lease {
        let now = MicroTime(Timestamp::now());
        let old_spec = old
            .as_ref()
            .and_then(|lease| lease.spec.clone())
            .unwrap_or_default();
        let ours = old_spec.holder_identity.as_deref() == Some(&self.identity);
        Lease {
            metadata: old.map_or_else(
                || ObjectMeta {
                    name: Some(LEASE.into()),
                    ..ObjectMeta::default()
                },
                |lease| lease.metadata,
            ),
            spec: Some(LeaseSpec {
                holder_identity: Some(self.identity.clone()),
                lease_duration_seconds: Some(
                    i32::try_from(self.duration.as_secs().max(1)).unwrap_or(i32::MAX),
                ),
                acquire_time: if ours {
                    old_spec.acquire_time
                } else {
                    Some(now.clone())
                },
                renew_time: Some(now),
                lease_transitions: Some(old_spec.lease_transitions.unwrap_or(0) + i32::from(!ours)),
                ..LeaseSpec::default()
            }),
        }
    }
}
