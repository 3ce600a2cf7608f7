//! A service for this machine alone: what a page of somebody else's in the same browser must not do.

use std::net::IpAddr;

use axum::http::{HeaderMap, Method, header};

use super::Denied;

/// Refuses what came by a name that only looks like this machine (DNS rebinding), and what another site's page sends.
pub(super) fn check(method: &Method, headers: &HeaderMap) -> Result<(), Denied> {
    let host = headers.get(header::HOST).map(|host| host.to_str());
    match host {
        Some(Ok(host)) if is_loopback(host) => same_site(method, headers),
        // HTTP/2 and tests have none; a browser always sends one.
        None => same_site(method, headers),
        _ => Err(Denied::OtherHost),
    }
}

/// Refuses what another site's page makes a browser send. Reading it is not a danger: the browser keeps the answer from
/// that page.
pub(super) fn same_site(method: &Method, headers: &HeaderMap) -> Result<(), Denied> {
    if method.is_safe() {
        return Ok(());
    }
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    // What the browser itself says of it; a proxy may have changed the host, so that the origin differs from it.
    match site {
        Some(b"same-origin" | b"none") => return Ok(()),
        Some(_) => return Err(Denied::OtherSite),
        None => {}
    }
    let origin = headers.get(header::ORIGIN).map(|origin| origin.as_bytes());
    let host = headers.get(header::HOST).map(|host| host.as_bytes());
    let of_origin = |origin: &'_ [u8]| {
        let at = origin.windows(3).position(|three| three == b"://");
        at.map(|at| origin[at + 3..].to_vec())
    };
    match origin {
        Some(origin) if of_origin(origin).as_deref() != host => Err(Denied::OtherSite),
        _ => Ok(()),
    }
}

/// `localhost`, `127.0.0.1` or `[::1]`, with a port or without.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_own_pages() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        let (get, post) = (Method::GET, Method::POST);
        for (method, pairs, wanted) in [
            (&get, &[("host", "127.0.0.1:5000")][..], Ok(())),
            (&get, &[("host", "localhost:5000")], Ok(())),
            (&get, &[("host", "[::1]:5000")], Ok(())),
            (
                &get,
                &[("host", "evil.example:5000")],
                Err(Denied::OtherHost),
            ),
            (
                &get,
                &[("host", "127.0.0.1.evil.example")],
                Err(Denied::OtherHost),
            ),
            (&get, &[("host", "10.0.0.1")], Err(Denied::OtherHost)),
            (&post, &[("host", "localhost:5000")], Ok(())),
            (
                &post,
                &[
                    ("host", "localhost:5000"),
                    ("origin", "http://localhost:5000"),
                ],
                Ok(()),
            ),
            (
                &post,
                &[
                    ("host", "localhost:5000"),
                    ("origin", "https://evil.example"),
                ],
                Err(Denied::OtherSite),
            ),
            (
                &post,
                &[
                    ("host", "localhost:5000"),
                    ("origin", "http://localhost:3000"),
                ],
                Err(Denied::OtherSite),
            ),
            (
                &post,
                &[("host", "localhost:5000"), ("origin", "null")],
                Err(Denied::OtherSite),
            ),
            (
                &post,
                &[("host", "localhost"), ("sec-fetch-site", "cross-site")],
                Err(Denied::OtherSite),
            ),
            (
                &get,
                &[("host", "localhost"), ("sec-fetch-site", "cross-site")],
                Ok(()),
            ),
        ] {
            assert_eq!(check(method, &headers(pairs)), wanted, "{method} {pairs:?}");
        }
    }
}
