//! `serve`: the HTTP service until it is told to end.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use logloop_records::DataDir;
use logloop_records::store::Options;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::follow;
use crate::access::{Access, Proxy, TokenFile};
use crate::app::App;
use crate::cli::Serve;
use crate::listener;
use crate::out::say;
use crate::recorder::{Keeping, Recorder};
use crate::redaction::Redaction;
use crate::routes::router;
use crate::serving::{Serving, read_document};

/// What other processes are told about answers counts here after this time.
const FEEDBACK_POLL: Duration = Duration::from_secs(2);

/// Requests under way get this long to end.
const DRAIN_TIME: Duration = Duration::from_secs(20);

pub(super) fn serve(options: Serve) -> anyhow::Result<()> {
    let data = DataDir::new(&options.data.data);
    let seal = Options {
        seal_bytes: options.seal_bytes,
        seal_age: options
            .seal_age
            .to_std()
            .context("--seal-age is negative")?,
        several_nodes: options.several_nodes,
        ..Options::default()
    };
    let access = access(&options)?;
    let redaction = Redaction::new(&options.redaction, data.root())?;
    let recorder = Recorder::open(data.clone(), &options.writer, seal)
        .with_context(|| format!("cannot serve from {}", data.root().display()))?
        .keeping(if options.keep_nothing {
            Keeping::Nothing
        } else {
            Keeping::Everything
        });
    let serving = Serving::new(&data);
    let serving_file = options
        .serving_file
        .clone()
        .unwrap_or_else(|| data.serving());
    match read_document(&serving_file) {
        Ok(Some(document)) => serving.apply_at_start(&document),
        Ok(None) => tracing::info!("no serving document yet; the rules answer"),
        Err(error) => tracing::error!(%error, "the rules answer"),
    }
    let app = App::new(
        recorder,
        redaction,
        serving,
        access,
        options.internal_token_file.clone(),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(listen(app, options, serving_file))
}

/// How callers are known: by what is given, else nobody is checked on a loopback address.
fn access(options: &Serve) -> anyhow::Result<Access> {
    let checks = &options.access;
    if checks.no_access_control {
        anyhow::ensure!(
            checks.tokens_file.is_none() && checks.identity_header.is_none(),
            "--no-access-control goes with neither --tokens-file nor --identity-header: leave out the one or the others"
        );
        return Ok(Access::Open);
    }
    if checks.tokens_file.is_none() && checks.identity_header.is_none() {
        anyhow::ensure!(
            options.listen.ip().is_loopback(),
            "{} can be reached from elsewhere, and nobody would be checked: give --tokens-file, or \
             --identity-header behind a proxy, or say --no-access-control if somebody else checks",
            options.listen
        );
        return Ok(Access::Local);
    }
    let tokens = checks.tokens_file.as_deref().map(TokenFile::open);
    Ok(Access::Checked {
        tokens: tokens.transpose().map_err(anyhow::Error::msg)?,
        proxy: checks.identity_header.clone().map(|header| Proxy {
            header,
            trusted: checks.trusted_proxy.clone(),
            scopes: checks.identity_scopes,
        }),
    })
}

async fn listen(app: App, options: Serve, serving_file: PathBuf) -> anyhow::Result<()> {
    let listener = TcpListener::bind(options.listen).await.with_context(|| {
        format!(
            "cannot listen on {}: is another program there?",
            options.listen
        )
    })?;
    say!("logloop analyzer on http://{}", listener.local_addr()?);
    tokio::spawn(follow::follow(app.clone(), serving_file));
    tokio::spawn(follow_feedback(app.clone()));
    tokio::spawn(crate::erasing::carry_out(app.clone()));
    let (ended, end) = tokio::sync::watch::channel(false);
    let events = app.events.clone();
    tokio::spawn(async move {
        asked_to_end().await;
        // Who listens would wait for more.
        events.close();
        tracing::info!("ending: requests under way are answered first");
        let _ = ended.send(true);
    });
    let mut drained = end.clone();
    let mut graceful = end;
    let server = listener::serve(listener, router(app.clone()), async move {
        let _ = graceful.wait_for(|ended| *ended).await;
    });
    tokio::select! {
        () = server => {},
        () = async {
            let _ = drained.wait_for(|ended| *ended).await;
            tokio::time::sleep(DRAIN_TIME).await;
        } => tracing::warn!("some requests did not end in time"),
    }
    tokio::task::spawn_blocking(move || app.recorder.close()).await?;
    Ok(())
}

/// Takes in what other processes on the same data directory are told.
async fn follow_feedback(app: App) {
    loop {
        tokio::time::sleep(FEEDBACK_POLL).await;
        let recorder = app.recorder.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || recorder.refresh()).await {
            tracing::warn!(%error, "feedback that other processes stored is not seen");
        }
    }
}

async fn asked_to_end() {
    match (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}
