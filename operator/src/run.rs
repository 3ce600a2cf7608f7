//! The operator from its start to its end.

use crate::{
    controllers,
    http::{self, Health},
    leader::{Candidate, Leadership},
    metrics::Metrics,
    settings::Settings,
    skew::{self, Definitions},
    watches,
};
use anyhow::Context as _;
use kube::Client;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// How long what is being worked on may take to finish after a signal to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to stop.
    Stopped,
    /// Another one leads now: this process must begin anew.
    LeaseLost,
}

/// Waits for the lease, then runs the controllers until `stop` resolves or the lease is lost.
pub async fn run(
    client: Client,
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Ended> {
    let namespace = settings
        .namespace
        .clone()
        .unwrap_or_else(|| client.default_namespace().to_owned());
    let metrics = Arc::new(Metrics::default());
    let client = metrics.counted(client);
    let leadership = Leadership::none();
    let listen = settings.listen;
    let identity = settings.identity.clone();
    let lease = settings.pace.lease;
    let (parts, publisher) = watches::parts(
        client.clone(),
        namespace.clone(),
        settings,
        leadership.clone(),
        metrics,
    )?;
    let health = Health {
        pulses: parts.pulses.clone(),
        leadership: leadership.clone(),
        context: parts.context.clone(),
        definitions: Definitions::default(),
    };
    let compared = skew::watch(parts.context.clone(), health.definitions.clone());
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    // All of it ends with this.
    let mut aside = JoinSet::new();
    aside.spawn(async move {
        if let Err(error) = axum::serve(listener, http::app(health)).await {
            tracing::error!(%error, "nobody answers on the port of figures and health any more");
        }
    });
    aside.spawn(compared);
    aside.spawn(publisher.run());

    let mut candidate = Candidate::new(client, &namespace, identity, lease, leadership);
    tokio::pin!(stop);
    tracing::info!(namespace, "waiting for the lease");
    let ended = tokio::select! {
        () = &mut stop => Ended::Stopped,
        () = candidate.acquire() => {
            tracing::info!(namespace, "leading");
            for (_, pulse) in parts.pulses.iter() {
                pulse.beat();
            }
            lead(parts, &mut candidate, stop).await
        }
    };
    candidate.release().await;
    Ok(ended)
}

async fn lead(
    parts: watches::Parts,
    candidate: &mut Candidate,
    mut stop: impl Future<Output = ()> + Unpin,
) -> Ended {
    let (tell, told) = watch::channel(false);
    let controllers = controllers::run(parts, told);
    tokio::pin!(controllers);
    let ended = tokio::select! {
        () = &mut controllers => Ended::Stopped,
        () = &mut stop => Ended::Stopped,
        () = candidate.hold() => Ended::LeaseLost,
    };
    tracing::info!(?ended, "stopping");
    if tell.send(true).is_ok()
        && tokio::time::timeout(STOP_TIMEOUT, controllers)
            .await
            .is_err()
    {
        tracing::warn!("some work did not finish in time and is left to the next operator");
    }
    ended
}
