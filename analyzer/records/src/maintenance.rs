//! The lock of who removes or rewrites sealed segments: one at a time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Context, Error};
use crate::filesystem::{FileHandle, Open, write_all_at};
use crate::layout::DataDir;

/// How long a command waits for another to end.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(30);

/// How often it is asked for meanwhile.
const POLL: Duration = Duration::from_millis(50);

/// Bytes of the lock file that say who has it.
const MAX_HOLDER_BYTES: usize = 256;

/// Where the kernel has the name of this machine, or of the pod.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// Takes the lock, without waiting; it is held until the handle is dropped. `who` is told to others: a command's name.
/// [`Error::Busy`] names who has it.
pub(crate) fn lock(data: &DataDir, who: &str) -> Result<Arc<dyn FileHandle>, Error> {
    let path: &Path = &data.maintenance_lock();
    let file = data.fs().open(path, Open::Create).context("lock", path)?;
    if file.try_lock().context("lock", path)? {
        note(&*file, who);
        return Ok(file);
    }
    Err(Error::Busy {
        path: path.to_owned(),
        by: noted(&*file),
    })
}

/// The same, and waits for it, at most so long; that it does is said once.
pub(crate) fn wait(
    data: &DataDir,
    who: &str,
    at_most: Duration,
) -> Result<Arc<dyn FileHandle>, Error> {
    let began = Instant::now();
    let mut told = false;
    loop {
        match lock(data, who) {
            Err(Error::Busy { by, .. }) if began.elapsed() < at_most => {
                if !told {
                    let seconds = at_most.as_secs();
                    tracing::warn!("waiting for {by} to end, at most {seconds} s");
                    told = true;
                }
                std::thread::sleep(POLL);
            }
            other => return other,
        }
    }
}

/// Says who has the lock. On a full disk nobody is told.
fn note(file: &dyn FileHandle, who: &str) {
    let host = std::fs::read_to_string(HOST_NAME).unwrap_or_default();
    let mut text = format!("{who} (process {} on {})", std::process::id(), host.trim());
    text.truncate(text.floor_char_boundary(MAX_HOLDER_BYTES));
    let written = file
        .set_len(0)
        .and_then(|()| write_all_at(file, text.as_bytes(), 0));
    if let Err(error) = written {
        tracing::debug!(%error, "the maintenance lock does not say who has it");
    }
}

fn noted(file: &dyn FileHandle) -> String {
    let mut text = vec![0; MAX_HOLDER_BYTES];
    let read = file.read_at(&mut text, 0).unwrap_or(0);
    match std::str::from_utf8(&text[..read]) {
        Ok(text) if !text.is_empty() => text.to_owned(),
        _ => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_told_for_whom_and_goes_on_when_they_end() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let held = lock(&data, "prune").unwrap();
        let began = Instant::now();
        let refused = wait(&data, "fsck", Duration::from_millis(120)).unwrap_err();
        assert!(began.elapsed() >= Duration::from_millis(120), "it waited");
        assert_eq!(refused.code(), "busy");
        let by = format!("prune (process {} on ", std::process::id());
        assert!(refused.to_string().contains(&by), "{refused}");
        let waiting = std::thread::spawn(move || wait(&data, "fsck", MAX_WAIT).map(drop));
        std::thread::sleep(Duration::from_millis(100));
        drop(held);
        waiting.join().unwrap().unwrap();
    }
}
