//! What unit tests share.

use crate::settings::{Pace, Settings};
use std::{net::SocketAddr, time::Duration};

/// Settings with every name filled in.
pub(crate) fn settings() -> Settings {
    Settings {
        namespace: Some("ns".into()),
        analyzer_image: "analyzer:1".into(),
        trainer_image: "trainer:1".into(),
        image_pull_policy: "Never".into(),
        default_claim: Some("data".into()),
        default_target: Some("web".into()),
        job_service_account: Some("jobs".into()),
        internal_token_file: None,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        analyzer_port: 5000,
        identity: "test".into(),
        pace: Pace {
            retry: Duration::from_secs(5),
            look: Duration::from_secs(2),
            keep: Duration::from_secs(30),
            probe: Duration::from_secs(60),
            lease: Duration::from_secs(15),
        },
    }
}
