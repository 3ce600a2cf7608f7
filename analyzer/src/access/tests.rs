use axum::http::{HeaderMap, HeaderName, Method};
use chrono::TimeDelta;

use super::*;

const ANN: &str = "ann-0123456789abcdef";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = pairs.iter();
    pairs.fold(HeaderMap::new(), |mut all, (name, value)| {
        all.append(HeaderName::from_static(name), value.parse().unwrap());
        all
    })
}

fn checked(dir: &tempfile::TempDir) -> Access {
    let path = dir.path().join("tokens");
    std::fs::write(&path, format!("{ANN} ann analyze,feedback\n")).unwrap();
    Access::Checked {
        tokens: Some(TokenFile::open(&path).unwrap()),
        proxy: Some(Proxy {
            header: HeaderName::from_static("x-user"),
            trusted: vec!["127.0.0.1/32".parse().unwrap()],
            scopes: Scopes::ASKING,
        }),
    }
}

#[test]
fn callers_are_known_by_token_session_or_proxy() {
    let dir = tempfile::tempdir().unwrap();
    let access = checked(&dir);
    let now = Utc::now();
    let session = access.begin_session(ANN, now).unwrap();
    let cookie = session.set_cookie(true, now);
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let others = format!("theme=dark; {cookie}");
    let csrf = session.csrf_token();
    let forged = cookie.replace(&session.until.timestamp().to_string(), "9999999999");
    let (near, far) = ("127.0.0.1", "10.0.0.9");
    let ann = Ok(Some("ann"));
    for (method, pairs, peer, wanted) in [
        ("GET", &[][..], near, Err(Denied::Nobody)),
        (
            "POST",
            &[("authorization", "Bearer ann-0123456789abcdef")],
            far,
            ann,
        ),
        (
            "POST",
            &[("authorization", "bearer  ann-0123456789abcdef ")],
            far,
            ann,
        ),
        (
            "GET",
            &[("authorization", "Bearer ann-0123456789abcdeF")],
            near,
            Err(Denied::UnknownToken),
        ),
        (
            "GET",
            &[("authorization", "Basic YW5uOngK")],
            near,
            Err(Denied::NotBearer),
        ),
        ("GET", &[("cookie", &cookie)], far, ann),
        ("GET", &[("cookie", &others)], far, ann),
        (
            "GET",
            &[("cookie", &forged)],
            far,
            Err(Denied::SessionEnded),
        ),
        ("PUT", &[("cookie", &cookie)], far, Err(Denied::NoCsrfToken)),
        (
            "PUT",
            &[("cookie", &cookie), ("x-csrf-token", "00")],
            far,
            Err(Denied::NoCsrfToken),
        ),
        (
            "PUT",
            &[("cookie", &cookie), ("x-csrf-token", &csrf)],
            far,
            ann,
        ),
        // A wrong token is not made good by what else is there.
        (
            "GET",
            &[("cookie", &cookie), ("authorization", "Bearer x")],
            near,
            Err(Denied::UnknownToken),
        ),
        ("POST", &[("x-user", "bob")], near, Ok(Some("bob"))),
        // What a proxy passes on beside the name is its own business, a session that has ended too.
        (
            "POST",
            &[("x-user", "bob"), ("authorization", "Basic YW5uOngK")],
            near,
            Ok(Some("bob")),
        ),
        (
            "POST",
            &[("x-user", "bob"), ("cookie", &forged)],
            near,
            Ok(Some("bob")),
        ),
        (
            "GET",
            &[("cookie", "logloop_session=planted"), ("cookie", &cookie)],
            far,
            ann,
        ),
        ("POST", &[("x-user", "bob")], far, Err(Denied::Nobody)),
        (
            "POST",
            &[
                ("x-user", "bob"),
                ("host", "logs.example"),
                ("origin", "https://evil.example"),
            ],
            near,
            Err(Denied::OtherSite),
        ),
    ] {
        let method: Method = method.parse().unwrap();
        let caller = access.check(&method, &headers(pairs), peer.parse().ok(), now);
        let subject = caller.as_ref().map(|caller| caller.subject.as_deref());
        assert_eq!(
            subject.map_err(|denied| *denied),
            wanted,
            "{method} {pairs:?} {peer}"
        );
    }
    let later = now + SESSION_TIME + TimeDelta::seconds(1);
    let of_cookie = headers(&[("cookie", &cookie)]);
    let ended = access.check(&Method::GET, &of_cookie, None, later);
    assert_eq!(ended, Err(Denied::SessionEnded));
    assert!(access.begin_session("no-such-token-at-all", now).is_none());
}

#[test]
fn where_nobody_is_checked_everybody_may() {
    let nobody = HeaderMap::new();
    for access in [Access::Open, Access::Local] {
        let caller = access.check(&Method::POST, &nobody, None, Utc::now());
        assert_eq!(caller, Ok(Caller::anybody()));
    }
    let evil = headers(&[("host", "evil.example")]);
    let open = Access::Open.check(&Method::GET, &evil, None, Utc::now());
    let local = Access::Local.check(&Method::GET, &evil, None, Utc::now());
    assert_eq!((open.is_ok(), local), (true, Err(Denied::OtherHost)));
}
