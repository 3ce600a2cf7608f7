//! The web page: plain files built into the program.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/",
            get(|| {
                file(
                    "text/html; charset=utf-8",
                    include_str!("../../ui/index.html"),
                )
            }),
        )
        .route(
            "/ui/app.js",
            get(|| {
                file(
                    "text/javascript; charset=utf-8",
                    include_str!("../../ui/app.js"),
                )
            }),
        )
        .route(
            "/ui/render.js",
            get(|| {
                file(
                    "text/javascript; charset=utf-8",
                    include_str!("../../ui/render.js"),
                )
            }),
        )
        .route(
            "/ui/style.css",
            get(|| {
                file(
                    "text/css; charset=utf-8",
                    include_str!("../../ui/style.css"),
                )
            }),
        )
}

async fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        text,
    )
}
