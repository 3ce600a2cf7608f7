//! Something that is read once for all that want it in the same moment.

use std::{
    future::Future,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// What was read a moment ago.
#[derive(Debug)]
pub struct Kept<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// Calls `with` with what was read within this time, else with what `read` gives. Who reads has the others wait; who gives
    /// up meanwhile leaves the read to the next.
    pub async fn get<R>(
        &self,
        time: Duration,
        read: impl Future<Output = kube::Result<T>>,
        with: impl FnOnce(&T) -> R,
    ) -> kube::Result<R> {
        let mut kept = self.0.lock().await;
        if let Some((began, known)) = kept.as_ref()
            && began.elapsed() < time
        {
            return Ok(with(known));
        }
        let began = Instant::now();
        let (_, read) = kept.insert((began, read.await?));
        Ok(with(read))
    }
}

/// How long to keep what is read: a little less than there is between two looks, so that each look sees what is new.
pub fn time(look: Duration) -> Duration {
    look * 9 / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_read_once_until_it_is_old() {
        let kept = Kept::default();
        let long = Duration::from_secs(60);
        let mut seen = vec![];
        for (time, value) in [(long, 1), (long, 2), (Duration::ZERO, 3), (long, 4)] {
            let read = async { Ok(value) };
            seen.push(kept.get(time, read, |read| *read).await.expect("read"));
        }
        assert_eq!(seen, [1, 1, 3, 3]);
    }
}
