//! What the fault tests share: the real analyzer as a process and clients that hold what it acknowledged; a disk that
//! loses what was not synced, below a simulated filesystem and below a mounted one; small volumes.

pub mod analyzer;
pub mod build;
pub mod disk;
#[cfg(target_os = "linux")]
pub mod fuse;
pub mod http;
pub mod load;
pub mod random;
pub mod simulated;
pub mod volume;
