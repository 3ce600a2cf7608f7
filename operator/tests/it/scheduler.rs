//! kube-scheduler, for the pods that name it. The pods of other tests have a scheduler that is not there.

use crate::control_plane;
use serde_json::json;
use std::{
    fs,
    process::{Child, Command, Stdio},
};

/// Name of the scheduler that pods ask for.
pub(crate) const NAME: &str = "it-scheduler";
/// Runs it, and when its standard input ends (the test process is gone, whatever its end) stops it.
const SCRIPT: &str = r#""$1/kube-scheduler" --config "$2/config.yaml" --secure-port 0 >"$2/log" 2>&1 &
p=$!; cat >/dev/null; kill -9 $p; wait"#;

/// A running scheduler.
pub(crate) struct Scheduler {
    // Its standard input stays open for as long as this lives.
    watchdog: Child,
    _dir: tempfile::TempDir,
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // It has been told to end; how it does is all the same.
        let _ = self.watchdog.wait();
    }
}

impl Scheduler {
    /// Starts it. Claims need no volume: there is none in this world.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str, content: serde_json::Value| {
            let path = dir.path().join(name);
            fs::write(&path, content.to_string()).expect("the folder can be written");
            path
        };
        let kubeconfig = file("kubeconfig", control_plane::kubeconfig().await);
        let off: Vec<_> = [
            "VolumeBinding",
            "VolumeZone",
            "VolumeRestrictions",
            "NodeVolumeLimits",
        ]
        .iter()
        .map(|name| json!({"name": name}))
        .collect();
        file(
            "config.yaml",
            json!({
                "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
                "clientConnection": {"kubeconfig": kubeconfig}, "leaderElection": {"leaderElect": false},
                "profiles": [{"schedulerName": NAME, "plugins": {"multiPoint": {"disabled": off}}}]
            }),
        );
        let watchdog = Command::new("sh")
            .args(["-c", SCRIPT, "scheduler"])
            .arg(fs::canonicalize(control_plane::programs()).expect("the programs are there"))
            .arg(dir.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh starts");
        Self {
            watchdog,
            _dir: dir,
        }
    }
}
