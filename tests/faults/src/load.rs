//! Clients that ask without a pause and remember what was acknowledged, and the check that it is there.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use logloop_records::crc::Check;
use logloop_records::store::{Scan, read_segment, segments};
use logloop_records::{DataDir, Error, Interaction, Kind};
use uuid::Uuid;

use crate::http::Client;

/// What clients hold, outside of the process that they ask.
#[derive(Debug, Default)]
pub struct Load {
    next: AtomicU64,
    acknowledged: Mutex<HashMap<Uuid, String>>,
    /// Answers that were no 200.
    pub refused: AtomicU64,
}

impl Load {
    /// Asks until `stop`, or until nobody answers any more.
    pub fn ask(&self, address: SocketAddr, stop: &AtomicBool) {
        let Ok(mut client) = Client::connect(address) else {
            return;
        };
        while !stop.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let query = format!("question {number}");
            let log = format!("2026-11-22 10:00:00 ERROR db: pool {number} exhausted\n").repeat(8);
            match client.analyze(&query, &log) {
                Ok((200, Some(id))) => {
                    let mut acknowledged = self.acknowledged.lock().expect("no panic holds it");
                    acknowledged.insert(id, query);
                }
                Ok(_) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                Err(_) => return,
            }
        }
    }

    /// What is acknowledged by now.
    pub fn acknowledged(&self) -> HashMap<Uuid, String> {
        self.acknowledged.lock().expect("no panic holds it").clone()
    }
}

/// All interactions of a store by id; panics if one is there twice or damaged.
pub fn read_all(data: &DataDir) -> Result<(HashMap<Uuid, Interaction>, Scan), Error> {
    let mut found = HashMap::new();
    let mut queries = HashSet::new();
    let mut total = Scan::default();
    for segment in segments(data, Kind::Interactions)? {
        let scan = read_segment::<Interaction>(&segment, |line| {
            assert_ne!(
                line.check,
                Check::Wrong,
                "{} line {}",
                segment.path.display(),
                line.number
            );
            let fresh = queries.insert(line.record.user_query.clone());
            assert!(fresh, "{} is stored twice", line.record.user_query);
            let again = found.insert(line.record.id, line.record);
            assert!(again.is_none(), "{again:?} is there twice");
            Ok(())
        })?;
        total.damaged += scan.damaged;
        total.torn_bytes += scan.torn_bytes;
    }
    Ok((found, total))
}

/// Panics if something acknowledged is missing.
pub fn require(acknowledged: &HashMap<Uuid, String>, found: &HashMap<Uuid, Interaction>) {
    for (id, query) in acknowledged {
        let there = found.get(id).map(|interaction| &interaction.user_query);
        assert_eq!(there, Some(query), "{id} was acknowledged");
    }
}

/// A figure that the environment may set.
pub fn figure(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(usual)
}
