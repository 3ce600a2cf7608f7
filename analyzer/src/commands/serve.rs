//! `serve`: the HTTP service until it is told to end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use logloop_records::DataDir;
use logloop_records::store::Options;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::access::{Access, Proxy, TokenFile};
use crate::app::App;
use crate::cli::Serve;
use crate::listener;
use crate::out::say;
use crate::recorder::{Keeping, Recorder};
use crate::redaction::Redaction;
use crate::routes::router;
use crate::serving::{Loaded, Serving, read_document};

/// How often the serving document is looked at: where no operator pushes it, this is the delay.
const SERVING_POLL: Duration = Duration::from_secs(1);

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
    tokio::spawn(follow(app.clone(), serving_file));
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

/// Applies the serving document whenever its file changes.
async fn follow(app: App, path: PathBuf) {
    let mut refused = None;
    loop {
        tokio::time::sleep(SERVING_POLL).await;
        let (serving, file) = (app.serving.clone(), path.clone());
        let step = tokio::task::spawn_blocking(move || look(&serving, &file));
        match step.await {
            Ok(Ok(Some(loaded))) => {
                app.metrics
                    .serving_generation
                    .set(loaded.document.generation as f64);
                refused = None;
            }
            Ok(Err(error)) if refused.as_ref() != Some(&error) => {
                tracing::error!(%error, "the serving document was not followed");
                refused = Some(error);
            }
            _ => {}
        }
    }
}

/// Applies the document in the file if it is newer, or if the same could not be followed before.
fn look(serving: &Serving, file: &Path) -> Result<Option<Arc<Loaded>>, String> {
    let Some(document) = read_document(file)? else {
        return Ok(None);
    };
    let loaded = serving.loaded();
    let (got, have) = (document.generation, loaded.document.generation);
    let is_same = document == loaded.document;
    // A mounted ConfigMap lags behind what the operator has pushed.
    if got < have || (is_same && loaded.problem.is_none()) {
        return Ok(None);
    }
    if got == have && !is_same {
        return Err(format!(
            "{} has generation {got}, as what is in force has, and says something else: promote once more",
            file.display()
        ));
    }
    serving
        .apply(&document)
        .map(Some)
        .map_err(|error| error.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_could_not_be_followed_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("serving.json");
        let digest = "0".repeat(64);
        let text = format!(
            r#"{{"generation":3,"stable":{{"version":"v","digest":"sha256:{digest}"}},"candidate":null}}"#
        );
        std::fs::write(&file, text).unwrap();
        let serving = Serving::new(&DataDir::new(dir.path()));
        serving.apply_at_start(&read_document(&file).unwrap().unwrap());
        assert!(serving.loaded().problem.is_some());
        assert!(look(&serving, &file).is_err(), "tried again");
        std::fs::write(&file, r#"{"generation":4,"stable":null,"candidate":null}"#).unwrap();
        assert!(look(&serving, &file).unwrap().is_some());
        assert!(look(&serving, &file).unwrap().is_none(), "nothing new");
        let other =
            format!(r#"{{"generation":4,"stable":{{"version":"v","digest":"sha256:{digest}"}}}}"#);
        std::fs::write(&file, other).unwrap();
        let error = look(&serving, &file).err().unwrap();
        assert!(
            error.contains("generation 4") && error.contains("promote"),
            "{error}"
        );
    }
}
