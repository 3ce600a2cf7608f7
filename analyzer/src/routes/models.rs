//! `GET /api/models`: the versions on the volume, and what this process has loaded.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use logloop_records::erase::marks_of;
use logloop_scoring::artifact;
use serde_json::{Value, json};

use super::error::Refusal;
use super::interactions::blocking;
use crate::app::App;

pub(super) async fn models(State(app): State<App>) -> Result<Response, Refusal> {
    let loaded = app.serving.loaded();
    let dir = app.recorder.data().models();
    let models = blocking(move || {
        let found = artifact::list(&dir).map_err(|source| logloop_records::Error::Io {
            action: "list",
            path: dir.clone(),
            source,
        })?;
        Ok(found
            .into_iter()
            .map(|(version, manifest)| describe(&dir, version, manifest))
            .collect::<Vec<_>>())
    })
    .await?;
    Ok(Json(json!({
        "success": true,
        "loaded": loaded.versions(),
        "generation": loaded.document.generation,
        "problem": loaded.problem,
        "models": models,
    }))
    .into_response())
}

fn describe(
    dir: &std::path::Path,
    version: String,
    manifest: Result<artifact::Manifest, artifact::ArtifactError>,
) -> Value {
    match manifest {
        Ok(manifest) => {
            let metrics = artifact::metrics(dir, &manifest).unwrap_or(Value::Null);
            json!({
                "version": version,
                "digest": manifest.digest,
                "created": manifest.created,
                "base": manifest.base,
                "dataset": manifest.dataset,
                "heads": manifest.heads,
                "metrics": metrics,
                "erasures": marks_of(&dir.join(&version)),
            })
        }
        Err(error) => json!({"version": version, "problem": error.to_string()}),
    }
}
