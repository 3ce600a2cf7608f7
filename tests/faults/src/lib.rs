//! What the fault tests share: a disk that loses what was not synced, below a simulated filesystem and below a mounted
//! one.

pub mod disk;
pub mod random;
pub mod simulated;
