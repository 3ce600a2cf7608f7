//! A proxy that has signed people in and says who they are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
    /// This machine: where a proxy beside the service, in the same pod, connects from.
    pub fn loopback() -> Vec<IpNet> {
        let v4 = IpNet::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8);
        let v6 = IpNet::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 128);
        [v4, v6].into_iter().flatten().collect()
    }

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
        let name = value.to_str().map_err(|_| Denied::OddIdentity)?.trim();
        if another.is_some() || name.is_empty() || name.len() > MAX_SUBJECT_BYTES {
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
                headers.append("x-forwarded-user", name.parse().unwrap());
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
        assert_eq!(ask("10.1.2.3", &[" "]), Err(Denied::OddIdentity));
        let long = "x".repeat(MAX_SUBJECT_BYTES + 1);
        assert_eq!(ask("10.1.2.3", &[&long]), Err(Denied::OddIdentity));
    }
}
