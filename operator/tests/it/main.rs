//! The operator against a real API server.
//!
//! etcd and kube-apiserver are the ones that `tests/cluster/build.sh` builds. There is no kubelet, no scheduler and no Job
//! controller: the tests play them, so that they can say when and how a Job ends.

#[cfg(target_os = "linux")]
mod analyzer;
#[cfg(target_os = "linux")]
mod control_plane;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod gives_way;
#[cfg(target_os = "linux")]
mod kubectl;
#[cfg(target_os = "linux")]
mod kubelet;
#[cfg(target_os = "linux")]
mod loops;
#[cfg(target_os = "linux")]
mod manual;
mod metrics;
#[cfg(target_os = "linux")]
mod model;
#[cfg(target_os = "linux")]
mod placement;
#[cfg(target_os = "linux")]
mod proxy;
#[cfg(target_os = "linux")]
mod queue;
#[cfg(target_os = "linux")]
mod refused;
#[cfg(target_os = "linux")]
mod retention;
#[cfg(target_os = "linux")]
mod runs;
#[cfg(target_os = "linux")]
mod scheduler;
#[cfg(target_os = "linux")]
mod schedules;
#[cfg(target_os = "linux")]
mod skew;
#[cfg(target_os = "linux")]
mod suspended;
#[cfg(target_os = "linux")]
mod told;
#[cfg(target_os = "linux")]
mod watched;
#[cfg(target_os = "linux")]
mod world;

#[cfg(not(target_os = "linux"))]
#[test]
fn skipped() {
    println!("skipped: the control plane of these tests runs on Linux only");
}
