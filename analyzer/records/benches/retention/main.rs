//! Retention at size: what a prune of half of a store rewrites and frees, and what an export and a prune cost those who
//! append meanwhile. `tests/bench/retention.sh` runs it.

mod beside;
mod half;
mod storm;
mod world;

use std::fs;
use std::path::Path;

/// Bytes of the store that is pruned; `LOGLOOP_BENCH_BYTES` gives another number.
const STORE_BYTES: u64 = 10_000_000_000;

type Part = (&'static str, fn(&Path, u64));

fn main() {
    let place = std::env::var("LOGLOOP_BENCH_DIR").unwrap_or_else(|_| ".".to_owned());
    let number = |name| std::env::var(name).ok()?.parse().ok();
    let bytes = number("LOGLOOP_BENCH_BYTES").unwrap_or(STORE_BYTES);
    let only = std::env::var("LOGLOOP_BENCH_ONLY").ok();
    let parts: [Part; 3] = [
        ("half", half::run),
        ("beside", beside::run),
        ("storm", storm::run),
    ];
    for (name, run) in parts {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let dir = Path::new(&place).join(format!("retention-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        run(&dir, bytes);
        fs::remove_dir_all(&dir).unwrap();
    }
}
