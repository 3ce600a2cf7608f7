//! Small volumes of the tests' own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A filesystem in a file, mounted while this lives.
#[derive(Debug)]
pub struct Volume {
    dir: tempfile::TempDir,
}

impl Volume {
    /// `None`, and says so, where this cannot be done: it needs Linux, root and a loop device.
    pub fn new(mib: u64) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        let image = dir.path().join("image");
        let file = std::fs::File::create(&image).expect("an image");
        file.set_len(mib << 20).expect("an image");
        let mount = dir.path().join("mnt");
        std::fs::create_dir(&mount).expect("a folder");
        let made = run("mkfs.ext4", &["-q", "-m", "0"], &[&image]);
        if !made || !run("mount", &["-o", "loop"], &[&image, &mount]) {
            eprintln!("SKIPPED: a small volume needs Linux, root, mkfs.ext4 and a loop device");
            return None;
        }
        Some(Self { dir })
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("mnt")
    }

    /// Mounts it read-only from now on.
    pub fn make_read_only(&self) {
        assert!(run("mount", &["-o", "remount,ro"], &[&self.path()]));
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        run("umount", &["--lazy"], &[&self.path()]);
    }
}

fn run(program: &str, options: &[&str], paths: &[&Path]) -> bool {
    let output = Command::new(program).args(options).args(paths).output();
    output.is_ok_and(|output| output.status.success())
}
