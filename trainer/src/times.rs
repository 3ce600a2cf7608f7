//! Where the time of a training goes.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Time spent in the steps of one network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    /// Adding up the rows of each entry, on the processor.
    pub pooling: Duration,
    /// The dense part on its device, with the way there and back.
    pub dense: Duration,
    /// Moving the rows, on the processor.
    pub bag: Duration,
}

/// The same as shares, with the seconds that they are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// Seconds of all steps, since the training was last resumed.
    pub step_seconds: f64,
    /// 0 to 1.
    pub pooling: f64,
    /// 0 to 1.
    pub dense: f64,
    /// 0 to 1.
    pub bag_update: f64,
}

impl Times {
    /// Shares of the whole; all 0 before the first step.
    pub fn shares(&self) -> Shares {
        let whole = (self.pooling + self.dense + self.bag).as_secs_f64();
        let of = |part: Duration| {
            if whole > 0.0 {
                part.as_secs_f64() / whole
            } else {
                0.0
            }
        };
        Shares {
            step_seconds: whole,
            pooling: of(self.pooling),
            dense: of(self.dense),
            bag_update: of(self.bag),
        }
    }
}

/// Runs `work` and adds what it took to `time`.
pub fn timed<T>(time: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    *time += began.elapsed();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        let times = Times {
            pooling: Duration::from_secs(1),
            dense: Duration::from_secs(6),
            bag: Duration::from_secs(3),
        };
        let expect = Shares {
            step_seconds: 10.0,
            pooling: 0.1,
            dense: 0.6,
            bag_update: 0.3,
        };
        assert_eq!(times.shares(), expect);
        assert_eq!(Times::default().shares(), Shares::default());
    }
}
