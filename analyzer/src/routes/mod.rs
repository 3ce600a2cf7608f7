//! The HTTP service.

mod analyze;
mod erase;
mod error;
mod events;
mod export;
mod feedback;
mod guard;
mod health;
mod interactions;
mod internal;
mod loop_state;
mod models;
mod next;
mod oversize;
mod page;
mod session;
mod stats;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post, put};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use self::guard::Need;
use crate::access::Scope;
use crate::app::App;
use crate::metrics::RequestLabels;
use crate::upload::MAX_UPLOAD_BYTES;

/// Bytes that a form adds to the file in it.
const FORM_OVERHEAD_BYTES: usize = 1 << 20;

/// Bytes of a request's body.
pub(crate) const MAX_BODY_BYTES: usize = MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES;

/// A body of which nothing has come for this time comes no more.
const MAX_BODY_PAUSE: Duration = Duration::from_secs(20);

/// Nothing but the page's own files may run or be asked; no inline script, no foreign host.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// All routes on one state.
pub fn router(app: App) -> Router {
    open(&app)
        .merge(guarded(&app))
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

/// For everybody: they tell nothing of what is kept, or check for themselves.
fn open(app: &App) -> Router<App> {
    let internal = |methods: MethodRouter<App>| {
        methods
            .layer(DefaultBodyLimit::max(internal::MAX_DOCUMENT_BYTES))
            .layer(from_fn_with_state(app.clone(), internal::guard))
    };
    let serving = get(internal::read).put(internal::push);
    Router::new()
        .route(
            "/api/session",
            get(session::who)
                .post(session::begin)
                .delete(session::end)
                .layer(header_layer(header::CACHE_CONTROL, "no-store")),
        )
        .route("/internal/serving", internal(serving))
        .route("/internal/loop", internal(put(loop_state::hear)))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// For callers who may: what a route needs stands beside it.
fn guarded(app: &App) -> Router<App> {
    const READ: Need = Need::Any(&[Scope::Analyze, Scope::Review]);
    const ANALYZE: Need = Need::Any(&[Scope::Analyze]);
    const FEEDBACK: Need = Need::Any(&[Scope::Feedback]);
    const REVIEW: Need = Need::Any(&[Scope::Review]);
    const ERASE: Need = Need::Any(&[Scope::Erase]);
    const EXPORT: Need = Need::Any(&[Scope::Export]);
    let no_store = header_layer(header::CACHE_CONTROL, "no-store");
    let routes: [(Need, &str, MethodRouter<App>); 14] = [
        (
            ANALYZE,
            "/api/chat/analyze",
            post(analyze::analyze).layer(RequestBodyTimeoutLayer::new(MAX_BODY_PAUSE)),
        ),
        (Need::Known, "/api/chat/stats", get(stats::stats)),
        (Need::Known, "/api/models", get(models::models)),
        (Need::Known, "/api/loop", get(loop_state::told)),
        (READ, "/api/chat/interactions", get(interactions::page)),
        (
            READ,
            "/api/chat/interactions/{id}",
            get(interactions::interaction),
        ),
        (
            READ,
            "/api/chat/interactions/{id}/log",
            get(interactions::log),
        ),
        (
            FEEDBACK,
            "/api/chat/interactions/{id}/feedback",
            put(feedback::feedback).layer(DefaultBodyLimit::max(feedback::MAX_BODY_BYTES)),
        ),
        (
            ERASE,
            "/api/chat/interactions/{id}",
            delete(erase::interaction),
        ),
        (ERASE, "/api/erase", post(erase::subject)),
        (ERASE, "/api/erasures/{receipt_id}", get(erase::receipt)),
        (
            EXPORT,
            "/api/training/export",
            post(export::export).get(export::status),
        ),
        (REVIEW, "/api/training/next", get(next::suggest)),
        (Need::Known, "/api/chat/events", get(events::events)),
    ];
    routes
        .into_iter()
        .fold(Router::new(), |all, (need, path, methods)| {
            let guard = from_fn_with_state((app.clone(), need), guard::guard);
            let methods: MethodRouter<App> = methods.layer(guard);
            all.route(path, methods.layer(no_store.clone()))
        })
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
