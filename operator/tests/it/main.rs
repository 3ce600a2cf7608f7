//! The operator against a real API server.
//!
//! etcd and kube-apiserver are the ones that `make cluster-bin` builds. There is no kubelet, no scheduler and no Job
//! controller: the tests play them, so that they can say when and how a Job ends.

#![cfg(unix)]

mod analyzer;
mod control_plane;
mod faults;
mod kubelet;
mod model;
mod refused;
mod retention;
mod runs;
mod world;
