//! The web page: plain files built into the program.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// A file of the page: path, content type and text.
type File = (&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// All files: a script that is imported must be here.
const FILES: [File; 15] = [
    ("/", HTML, include_str!("../../ui/index.html")),
    ("/ui/style.css", STYLE, include_str!("../../ui/style.css")),
    (
        "/ui/anomalies.js",
        SCRIPT,
        include_str!("../../ui/anomalies.js"),
    ),
    ("/ui/api.js", SCRIPT, include_str!("../../ui/api.js")),
    ("/ui/app.js", SCRIPT, include_str!("../../ui/app.js")),
    ("/ui/charts.js", SCRIPT, include_str!("../../ui/charts.js")),
    ("/ui/dom.js", SCRIPT, include_str!("../../ui/dom.js")),
    (
        "/ui/failure.js",
        SCRIPT,
        include_str!("../../ui/failure.js"),
    ),
    (
        "/ui/feedback.js",
        SCRIPT,
        include_str!("../../ui/feedback.js"),
    ),
    ("/ui/kept.js", SCRIPT, include_str!("../../ui/kept.js")),
    ("/ui/loop.js", SCRIPT, include_str!("../../ui/loop.js")),
    ("/ui/next.js", SCRIPT, include_str!("../../ui/next.js")),
    ("/ui/render.js", SCRIPT, include_str!("../../ui/render.js")),
    (
        "/ui/session.js",
        SCRIPT,
        include_str!("../../ui/session.js"),
    ),
    (
        "/ui/statistics.js",
        SCRIPT,
        include_str!("../../ui/statistics.js"),
    ),
];

pub(super) fn routes() -> Router<App> {
    FILES.iter().fold(Router::new(), |routes, file| {
        routes.route(file.0, get(|| answer(*file)))
    })
}

async fn answer((_, kind, text): File) -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        text,
    )
}

#[cfg(test)]
mod tests {
    use logloop_logs::Format;

    use super::*;

    #[test]
    fn each_script_that_is_imported_is_a_file_of_the_page() {
        for (path, _, text) in FILES {
            for from in text.split(" from \"./").skip(1) {
                let name = from.split('"').next().unwrap_or_default();
                let found = FILES.iter().any(|file| file.0 == format!("/ui/{name}"));
                assert!(found, "{path} imports {name}");
            }
        }
    }

    #[test]
    fn nothing_that_a_stranger_wrote_can_become_html_and_no_style_is_inline() {
        for (path, _, text) in FILES {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "style=",
                "onclick=\"",
            ] {
                assert!(!text.contains(word), "{path}: {word}");
            }
        }
    }

    #[test]
    fn the_formats_to_choose_from_are_those_that_there_are() {
        let page = FILES[0].2;
        let mut found = 0;
        for option in page.split("<option>").skip(1) {
            let name = option.split('<').next().unwrap_or_default();
            assert!(name.parse::<Format>().is_ok(), "{name}");
            found += 1;
        }
        assert!(found > 0);
    }
}
