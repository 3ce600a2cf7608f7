//! etcd and kube-apiserver, once for all tests, gone when the tests are.

use kube::{Client, Config, config::KubeConfigOptions, config::Kubeconfig};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

/// How long the API server may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// Runs both; kills the API server and starts it again at each line that it reads; and when its standard input ends (the
/// test process is gone, whatever its end) stops both and removes their folder.
const SCRIPT: &str = r#"
cd "$1"; bin=$2; etcd=$3; peer=$4; api=$5
"$bin/etcd" --data-dir etcd --unsafe-no-fsync --log-level error \
  --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
  --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
  --initial-cluster "default=http://127.0.0.1:$peer" >etcd.log 2>&1 &
first=$!
api() {
"$bin/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd" --bind-address 127.0.0.1 --secure-port "$api" \
  --cert-dir certs --token-auth-file tokens.csv --authorization-mode AlwaysAllow --service-cluster-ip-range 10.96.0.0/24 \
  --service-account-issuer https://logloop.test --service-account-signing-key-file sa.key \
  --service-account-key-file sa.key --disable-admission-plugins ServiceAccount >>api.log 2>&1 &
second=$!
}
api
while read -r down; do kill -9 $second; wait $second; sleep "$down"; api; done
kill -9 $first $second; wait; cd /; rm -rf "$1"
"#;
const TOKEN: &str = "test";

/// An API server with its etcd.
pub(crate) struct ControlPlane {
    url: String,
    // Its standard input stays open for as long as this process lives.
    watchdog: Child,
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

impl ControlPlane {
    /// One of its own, for tests that would disturb others.
    pub(crate) async fn own() -> Self {
        tokio::task::spawn_blocking(start).await.expect("it starts")
    }

    /// Kills the API server and starts it again after so many seconds.
    pub(crate) fn restart(&mut self, down: u32) {
        let stdin = self.watchdog.stdin.as_mut().expect("it reads");
        std::io::Write::write_all(stdin, format!("{down}\n").as_bytes()).expect("it reads");
    }

    /// How to reach it, as a file has it.
    pub(crate) fn kubeconfig(&self) -> serde_json::Value {
        serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": self.url, "insecure-skip-tls-verify": true}}],
            "users": [{"name": "it", "user": {"token": TOKEN}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        })
    }

    /// A client of it.
    pub(crate) async fn client(&self) -> Client {
        Client::try_from(read(self.kubeconfig()).await).expect("a client")
    }
}

static CONTROL_PLANE: OnceLock<ControlPlane> = OnceLock::new();

/// A client of the API server, which the first caller starts.
pub(crate) async fn client() -> Client {
    Client::try_from(config().await).expect("a client")
}

/// How to reach the API server, as a file has it.
pub(crate) async fn kubeconfig() -> serde_json::Value {
    let plane = tokio::task::spawn_blocking(|| CONTROL_PLANE.get_or_init(start))
        .await
        .expect("it starts");
    plane.kubeconfig()
}

/// How to reach the API server.
pub(crate) async fn config() -> Config {
    read(kubeconfig().await).await
}

async fn read(kubeconfig: serde_json::Value) -> Config {
    let kubeconfig: Kubeconfig = serde_json::from_value(kubeconfig).expect("a kubeconfig");
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a configuration")
}

/// Where the programs of the control plane are.
pub(crate) fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/cluster/bin")
}

fn start() -> ControlPlane {
    let bin = programs();
    for program in ["etcd", "kube-apiserver"] {
        let path = bin.join(program);
        assert!(
            path.exists(),
            "{} is missing: run `tests/cluster/build.sh` first",
            path.display()
        );
    }
    let bin = fs::canonicalize(bin).expect("the folder exists");
    let dir = tempfile::Builder::new()
        .prefix("logloop-it-")
        .tempdir()
        .expect("a temporary folder")
        .keep();
    fs::write(
        dir.join("tokens.csv"),
        format!("{TOKEN},admin,1,system:masters\n"),
    )
    .expect("the folder can be written");
    let key = Command::new("openssl")
        .args(["genrsa", "-out"])
        .arg(dir.join("sa.key"))
        .output();
    assert!(
        key.is_ok_and(|output| output.status.success()),
        "openssl cannot make a key: is it installed?"
    );
    let ports: Vec<String> = free_ports().iter().map(u16::to_string).collect();
    let mut watchdog = Command::new("sh")
        .args(["-c", SCRIPT, "control-plane"])
        .arg(&dir)
        .arg(&bin)
        .args(&ports)
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh starts");
    wait_until_ready(&dir, &ports[2], &mut watchdog);
    let url = format!("https://127.0.0.1:{}", ports[2]);
    apply_definitions(&url);
    ControlPlane { url, watchdog }
}

/// Three ports that were free a moment ago.
fn free_ports() -> Vec<u16> {
    let listeners: Vec<_> = (0..3)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"))
        .collect();
    listeners
        .iter()
        .map(|listener| listener.local_addr().expect("an address").port())
        .collect()
}

fn wait_until_ready(dir: &Path, port: &str, watchdog: &mut Child) {
    let began = Instant::now();
    while !kubectl(port, &["get", "--raw", "/readyz"], None) {
        if began.elapsed() > READY_WITHIN {
            let log = fs::read_to_string(dir.join("api.log")).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            drop(watchdog.stdin.take());
            panic!(
                "the API server is not ready after {READY_WITHIN:?}; its log ends, newest first, with {tail:#?}"
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A blocking thread cannot borrow the tests' runtimes: the API server is spoken to with kubectl until it is ready.
fn kubectl(port: &str, args: &[&str], input: Option<&str>) -> bool {
    let mut child = Command::new(programs().join("kubectl"))
        .args([
            "--server",
            &format!("https://127.0.0.1:{port}"),
            "--insecure-skip-tls-verify",
            "--token",
            TOKEN,
        ])
        .args(args)
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("kubectl starts; run `tests/cluster/build.sh` if it is missing");
    if let (Some(text), Some(stdin)) = (input, child.stdin.take()) {
        std::io::Write::write_all(&mut { stdin }, text.as_bytes()).expect("kubectl reads");
    }
    child.wait().is_ok_and(|status| status.success())
}

fn apply_definitions(url: &str) {
    let port = url.rsplit(':').next().expect("a port");
    let definitions: String = logloop_operator::crds::files()
        .expect("the definitions")
        .into_iter()
        .map(|file| format!("---\n{}", file.content))
        .collect();
    let began = Instant::now();
    while !kubectl(port, &["apply", "-f", "-"], Some(&definitions)) {
        assert!(
            began.elapsed() < READY_WITHIN,
            "the definitions in crds/ are not accepted"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
    for plural in [
        "trainingruns",
        "trainingschedules",
        "modelversions",
        "dataretentions",
    ] {
        let name = format!("crd/{plural}.logloop.dev");
        assert!(
            kubectl(
                port,
                &[
                    "wait",
                    "--for=condition=Established",
                    &name,
                    "--timeout=60s"
                ],
                None
            ),
            "{name}"
        );
    }
}
