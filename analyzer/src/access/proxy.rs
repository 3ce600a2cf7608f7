//! A proxy that has signed people in and says who they are.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use super::{Caller, Denied, MAX_SUBJECT_BYTES, Scopes};

/// A proxy in front, believed by where it connects from.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// The header that names who asks, such as `X-Forwarded-User`. The proxy must remove what a client sends of it.
    pub header: HeaderName,
    /// Where the proxy connects from.
    pub trusted: Vec<IpNet>,
    /// What those may do whom it names.
    pub scopes: Scopes,
}

impl Proxy {
    /// Whom it vouches for. `None`: it says nothing, or is not the proxy.
    pub(super) fn vouches(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
    ) -> Result<Option<Caller>, Denied> {
        let peer = peer.to_canonical();
        if !self.trusted.iter().any(|net| net.contains(&peer)) {
            return Ok(None);
        }
        let mut said = headers.get_all(&self.header).iter();
        let (Some(value), another) = (said.next(), said.next()) else {
            return Ok(None);
        };
        let name = std::str::from_utf8(value.as_bytes()).map_err(|_| Denied::OddIdentity)?;
        let name = name.trim();
        let odd = name.is_empty() || name.contains(char::is_control);
        if another.is_some() || odd || name.len() > MAX_SUBJECT_BYTES {
            return Err(Denied::OddIdentity);
        }
        Ok(Some(Caller {
            subject: Some(name.to_owned()),
            scopes: self.scopes,
        }))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_proxy_is_believed() {
        let proxy = Proxy {
            header: HeaderName::from_static("x-forwarded-user"),
            trusted: vec!["10.1.0.0/16".parse().unwrap()],
            scopes: Scopes::ASKING,
        };
        let ask = |peer: &str, names: &[&str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                let name = HeaderValue::from_bytes(name.as_bytes()).unwrap();
                headers.append("x-forwarded-user", name);
            }
            let caller = proxy.vouches(&headers, peer.parse().unwrap());
            caller.map(|caller| caller.and_then(|caller| caller.subject))
        };
        let ann = Some("ann@example.org".to_owned());
        assert_eq!(ask("10.1.2.3", &["ann@example.org"]), Ok(ann.clone()));
        assert_eq!(ask("::ffff:10.1.2.3", &["ann@example.org"]), Ok(ann));
        assert_eq!(ask("10.2.0.1", &["ann@example.org"]), Ok(None));
        assert_eq!(ask("10.1.2.3", &[]), Ok(None));
        assert_eq!(ask("10.1.2.3", &["ann", "bob"]), Err(Denied::OddIdentity));
        assert_eq!(ask("10.1.2.3", &["Jürgen"]), Ok(Some("Jürgen".to_owned())));
        assert_eq!(ask("10.1.2.3", &[" "]), Err(Denied::OddIdentity));
        let long = "x".repeat(MAX_SUBJECT_BYTES + 1);
        assert_eq!(ask("10.1.2.3", &[&long]), Err(Denied::OddIdentity));
    }
}
