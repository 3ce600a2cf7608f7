//! Whether somebody appends.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files;
use crate::filesystem::Filesystem;

/// The active segments of a store, as they were when they were last looked at.
pub(super) struct Watch {
    fs: Arc<dyn Filesystem>,
    /// Folder of the active segments.
    folder: PathBuf,
    /// Bytes of each.
    lengths: HashMap<PathBuf, u64>,
}

impl Watch {
    /// Looks for the first time.
    pub(super) fn over(folder: &Path, fs: Arc<dyn Filesystem>) -> Self {
        let mut watch = Self {
            fs,
            folder: folder.to_owned(),
            lengths: HashMap::new(),
        };
        watch.has_grown();
        watch
    }

    /// Whether an active segment grew, came or went since the last time.
    pub(super) fn has_grown(&mut self) -> bool {
        let listed = files::list(&*self.fs, &self.folder);
        let lengths = listed.into_iter().flatten().filter_map(|path| {
            let is_segment = path.extension().is_some_and(|end| end == "jsonl");
            let bytes = is_segment.then(|| self.fs.stat(&path).ok())??.bytes;
            Some((path, bytes))
        });
        let lengths: HashMap<_, _> = lengths.collect();
        let has_grown = lengths != self.lengths;
        self.lengths = lengths;
        has_grown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Interaction;
    use crate::layout::{DataDir, Kind};
    use crate::store::{Options, Store};

    #[test]
    fn appends_are_seen_once() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let options = Options {
            background: false,
            ..Options::default()
        };
        let store = Store::open(&data, Kind::Interactions, "a", options).unwrap();
        store.append(&Interaction::default()).unwrap();
        let mut watch = Watch::over(&data.store(Kind::Interactions), data.shared_fs());
        assert!(!watch.has_grown(), "nobody appends");
        store.append(&Interaction::default()).unwrap();
        assert!(watch.has_grown());
        assert!(!watch.has_grown());
    }
}
