//! `POST /api/training/export`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use logloop_records::export::{ExportOptions, export_document};
use serde_json::json;

use super::error::Refusal;
use super::interactions::blocking;
use crate::app::App;

/// Bytes of stored interactions that are exported while the client waits.
const MAX_SYNCHRONOUS_BYTES: f64 = 512e6;

pub(super) async fn export(State(app): State<App>) -> Result<Response, Refusal> {
    let totals = app.recorder.totals(None);
    let output = app.recorder.data().training_export();
    if totals.data_file_size_mb * 1e6 > MAX_SYNCHRONOUS_BYTES {
        let message = format!(
            "the store has {} MB: run `logloop-analyzer export --data DIR --output FILE`, or apply a TrainingRun",
            totals.data_file_size_mb
        );
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "export_too_large",
            message,
        ));
    }
    let target = output.clone();
    let exported = blocking(move || {
        export_document(
            app.recorder.data().root(),
            &target,
            &ExportOptions::default(),
        )
    })
    .await?;
    Ok(Json(json!({
        "success": true,
        "exported_examples": exported,
        "output_file": output.display().to_string(),
        "message": format!("{exported} examples from {} interactions", totals.total_interactions),
    }))
    .into_response())
}
