//! How far a volume's locks reach, as far as the system says.

use std::path::Path;

use crate::error::{Context, Error};

/// Where the kernel lists what is mounted.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Who a lock keeps out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every process that can write to the volume, on whatever node.
    Everybody,
    /// Processes of this node only, though other nodes may write to the volume too; with the reason.
    ThisNode(String),
    /// Nothing is known of this kind of filesystem; with its name.
    Unknown(String),
}

/// Refuses a volume that several nodes can write to without seeing each other's locks.
pub(super) fn require_several_nodes(root: &Path) -> Result<(), Error> {
    match reach_of(root)? {
        Reach::Everybody => Ok(()),
        Reach::ThisNode(why) => Err(Error::Invalid(format!(
            "{}: {why}, so that writers on several nodes would not see each other: run one replica, or use a volume \
             whose locks reach all nodes",
            root.display()
        ))),
        Reach::Unknown(kind) => Err(Error::Invalid(format!(
            "{}: it is not known whether locks on {kind} reach other nodes: run one replica, or use NFS 4, CephFS, \
             GFS2, OCFS2 or Lustre with flock",
            root.display()
        ))),
    }
}

/// How far the locks of the volume at `path` reach.
pub fn reach_of(path: &Path) -> Result<Reach, Error> {
    let real = std::fs::canonicalize(path).context("look at", path)?;
    let mounts = std::fs::read_to_string(MOUNTS).context("read", Path::new(MOUNTS))?;
    Ok(mount_of(&mounts, &real).map_or_else(
        || Reach::Unknown("a volume that is not listed as mounted".to_owned()),
        |mount| reach(&mount.kind, &mount.options),
    ))
}

#[derive(Debug, PartialEq, Eq)]
struct Mount {
    kind: String,
    options: String,
}

/// The mount that a path lies on: of those with the longest mount point the last.
fn mount_of(mountinfo: &str, path: &Path) -> Option<Mount> {
    let mut best: Option<(usize, Mount)> = None;
    for line in mountinfo.lines() {
        // `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
        let Some((left, right)) = line.split_once(" - ") else {
            continue;
        };
        let (Some(point), Some(of_mount)) = (left.split(' ').nth(4), left.split(' ').nth(5)) else {
            continue;
        };
        let mut right = right.split(' ');
        let (Some(kind), Some(of_volume)) = (right.next(), right.nth(1)) else {
            continue;
        };
        let point = unescape(point);
        if path.starts_with(&point) && best.as_ref().is_none_or(|(len, _)| point.len() >= *len) {
            let options = format!("{of_mount},{of_volume}");
            let kind = kind.to_owned();
            best = Some((point.len(), Mount { kind, options }));
        }
    }
    best.map(|(_, mount)| mount)
}

fn unescape(point: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\134", "\\")]
        .iter()
        .fold(point.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What is known of a kind of filesystem and its mount options.
fn reach(kind: &str, options: &str) -> Reach {
    let has = |option: &str| options.split(',').any(|o| o == option);
    let local = |why: &str| Reach::ThisNode(why.to_owned());
    match kind {
        // One node at a time mounts these: the kernel of that node sees every lock.
        "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "f2fs" | "zfs" | "tmpfs" | "overlay"
        | "bcachefs" => Reach::Everybody,
        "nfs" | "nfs4" if has("nolock") => local("it is NFS mounted with nolock"),
        "nfs" | "nfs4" if has("local_lock=all") || has("local_lock=flock") => {
            local("it is NFS mounted with local_lock")
        }
        "nfs" | "nfs4" | "ceph" | "gfs2" | "ocfs2" => Reach::Everybody,
        "lustre" if has("flock") => Reach::Everybody,
        "lustre" => local("it is Lustre mounted without flock"),
        "cifs" | "smb3" if has("nobrl") || has("nolock") => local("it is SMB mounted with nobrl"),
        "cifs" | "smb3" => Reach::Everybody,
        "9p" | "virtiofs" | "vboxsf" => local("its locks stay in this machine"),
        other => Reach::Unknown(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known() {
        let everybody = [
            ("ext4", "rw"),
            ("nfs4", "rw,vers=4.2"),
            ("lustre", "rw,flock"),
        ];
        for (kind, options) in everybody {
            assert_eq!(reach(kind, options), Reach::Everybody, "{kind} {options}");
        }
        let node = [
            ("nfs", "rw,nolock"),
            ("nfs4", "rw,local_lock=all"),
            ("lustre", "rw"),
            ("cifs", "rw,nobrl"),
            ("9p", "rw"),
        ];
        for (kind, options) in node {
            let got = reach(kind, options);
            assert!(matches!(got, Reach::ThisNode(_)), "{kind} {options}");
        }
        assert!(matches!(reach("fuse.s3fs", "rw"), Reach::Unknown(_)));
    }

    #[test]
    fn the_longest_mount_point_counts_and_of_these_the_last() {
        let text = "1 0 8:1 / / rw shared:1 - ext4 /dev/a rw\n\
            2 1 0:40 / /da\\040ta rw - nfs4 server:/x rw,local_lock=none\n\
            3 1 0:41 / /data rw,nolock - nfs server:/y rw,vers=3\n\
            4 1 0:42 / /data ro - xfs /dev/b rw\n";
        let kind = |path: &str| mount_of(text, Path::new(path)).unwrap().kind;
        assert_eq!(kind("/da ta/x"), "nfs4");
        assert_eq!(kind("/data/x"), "xfs");
        assert_eq!(kind("/database"), "ext4");
    }
}
