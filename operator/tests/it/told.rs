//! What an operator tells over HTTP.

use crate::world::{Operator, World};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// How long anything may take to become so.
const WITHIN: Duration = Duration::from_secs(60);

/// An operator, and where it tells how it is.
pub(crate) struct Told {
    _operator: Operator,
    address: SocketAddr,
}

impl Told {
    /// Starts an operator.
    pub(crate) fn start(world: &World) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let mut settings = world.settings("one");
        settings.listen = address;
        settings.pace.keep = Duration::from_millis(100);
        // It outlives an API server that is away for a while.
        settings.pace.lease = Duration::from_secs(60);
        Self {
            _operator: World::operator_as(world.client.clone(), settings),
            address,
        }
    }

    /// What it says at a path; nothing yet, if it does not listen yet.
    pub(crate) async fn get(&self, path: &str) -> Option<String> {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await;
        let answer = answer.ok()?;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.ok()
    }

    /// Waits until it says what it should.
    pub(crate) async fn until(&self, path: &str, is_so: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let text = self.get(path).await.unwrap_or_default();
            if is_so(&text) {
                return text;
            }
            assert!(
                began.elapsed() < WITHIN,
                "{path} does not say what it should: {text}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
