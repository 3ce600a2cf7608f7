//! The HTTP service.

mod analyze;
mod erase;
mod error;
mod export;
mod feedback;
mod health;
mod internal;
mod models;
mod oversize;
mod page;
mod stats;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post, put};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::metrics::RequestLabels;
use crate::upload::MAX_UPLOAD_BYTES;

/// Bytes that a form adds to the file in it.
const FORM_OVERHEAD_BYTES: usize = 1 << 20;

/// Bytes of a request's body.
const MAX_BODY_BYTES: usize = MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES;

/// Nothing but the page's own files may run or be asked; no inline script, no foreign host.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// All routes on one state.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/api/chat/analyze", post(analyze::analyze))
        .route("/api/chat/stats", get(stats::stats))
        .route(
            "/api/chat/interactions/{id}",
            get(feedback::interaction).delete(erase::interaction),
        )
        .route("/api/erase", post(erase::subject))
        .route("/api/erasures/{receipt_id}", get(erase::receipt))
        .route(
            "/api/chat/interactions/{id}/feedback",
            put(feedback::feedback),
        )
        .route("/api/training/export", post(export::export))
        .route("/api/models", get(models::models))
        .route("/internal/serving", get(internal::read).put(internal::push))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(page::routes())
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), count))
        .layer(header_layer(
            header::CONTENT_SECURITY_POLICY,
            CONTENT_SECURITY_POLICY,
        ))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
        .with_state(app)
}

fn header_layer(
    name: header::HeaderName,
    value: &'static str,
) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.metrics
        .requests
        .get_or_create(&RequestLabels { route, status })
        .inc();
    response
}
