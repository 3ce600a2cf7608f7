//! The API server refuses, is overloaded, breaks, and does what it says it has not done.

use super::paths::{Path, Stage};
use crate::{
    kubelet::Kubelet,
    proxy::{Asked, Fault, Proxy},
    world::World,
};
use futures::future::join_all;
use std::{pin::pin, time::Duration};

/// One request in so many goes wrong.
const ONE_IN: u64 = 5;

/// As good as chance, and the same each time.
fn choose(seed: u64, asked: &Asked<'_>) -> Fault {
    // Whether it leads is another matter.
    if asked.path.contains("/leases") {
        return Fault::None;
    }
    // SplitMix64: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators (2014).
    let mut x = (seed << 32)
        .wrapping_add(asked.number as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    if !x.is_multiple_of(ONE_IN) {
        return Fault::None;
    }
    match (x / ONE_IN) % 4 {
        0 if asked.writes => Fault::Refused(409),
        1 if asked.writes => Fault::DoneAnd(500),
        0 | 2 => Fault::Refused(429),
        _ => Fault::Refused(500),
    }
}

async fn comes_to_its_end(path: Path, seed: u64) {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let stage = Stage::default();
    let _kubelet = Kubelet::start(&world, path.script(&stage));
    let proxy = Proxy::start(move |asked| choose(seed, asked)).await;
    let _operator = world.operator_with(proxy.client(), "one");
    path.play(&world, &stage).await;
    path.check(&world, &format!("{path:?}, seed {seed}")).await;
    assert!(proxy.faults() > 5, "{} requests went wrong", proxy.faults());
}

#[tokio::test]
async fn whatever_the_api_server_answers_it_comes_to_the_same_end() {
    let paths = [
        Path::Success,
        Path::TrainerFails,
        Path::Rejected,
        Path::Suspended,
        Path::Scheduled,
    ];
    join_all(
        paths
            .iter()
            .zip(1..)
            .map(|(path, seed)| comes_to_its_end(*path, seed)),
    )
    .await;
}

#[tokio::test]
async fn watches_that_break_again_and_again_lose_nothing() {
    let world = World::with_claim().await;
    world.analyzer_pod(2).await;
    let stage = Stage::default();
    let _kubelet = Kubelet::start(&world, Path::Suspended.script(&stage));
    let proxy = Proxy::start(|_| Fault::None).await;
    let _operator = world.operator_with(proxy.client(), "one");
    let mut cuts = 0;
    let mut play = pin!(Path::Suspended.play(&world, &stage));
    loop {
        tokio::select! {
            () = &mut play => break,
            () = tokio::time::sleep(Duration::from_millis(100)) => cuts = proxy.cut(),
        }
    }
    Path::Suspended.check(&world, "watches broke").await;
    assert!(cuts > 3, "they broke only {cuts} times");
}
