//! An operator in a process of its own, and what it takes of the machine.

use crate::plane::Plane;
use anyhow::Context as _;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Ticks of a second in /proc/PID/stat: what Linux has on every machine this runs on.
const TICKS: f64 = 100.0;
/// How long it may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// A running operator; killed when it is dropped.
pub(crate) struct Operator {
    child: Child,
    address: String,
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Operator {
    /// Starts it in a namespace, with the default pace.
    pub(crate) fn start(plane: &Plane, namespace: &str, number: u16) -> anyhow::Result<Self> {
        let address = format!("127.0.0.1:{}", plane.port(number));
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(plane.dir().join(format!("operator-{number}.log")))?;
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/logloop-operator");
        let child = Command::new(&program)
            .args(["run", "--namespace", namespace, "--listen", &address])
            .args([
                "--analyzer-image",
                "analyzer:bench",
                "--trainer-image",
                "trainer:bench",
            ])
            .args(["--default-claim", "data", "--default-target", "web"])
            .args(["--identity", &format!("operator-{number}")])
            // As the chart has it.
            .env("MALLOC_ARENA_MAX", "1")
            .env("KUBECONFIG", &plane.kubeconfig)
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        Ok(Self { child, address })
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        while !self.says_ready().await {
            anyhow::ensure!(began.elapsed() < READY_WITHIN, "the operator is not ready");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn says_ready(&self) -> bool {
        let answer = self.get("/readyz").await;
        answer.is_some_and(|answer| answer.starts_with("HTTP/1.0 200"))
    }

    /// How often it has looked at any object.
    pub(crate) async fn reconciles(&self) -> f64 {
        let text = self.get("/metrics").await.unwrap_or_default();
        let lines = text.lines();
        let counts = lines.filter(|line| line.starts_with("logloop_operator_reconciles_total"));
        let count = |line: &str| line.rsplit(' ').next()?.parse::<f64>().ok();
        counts.filter_map(count).sum()
    }

    async fn get(&self, path: &str) -> Option<String> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(&self.address).await.ok()?;
        let asked = format!("GET {path} HTTP/1.0\r\nHost: operator\r\n\r\n");
        let mut answer = String::new();
        stream.write_all(asked.as_bytes()).await.ok()?;
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    /// Processor time so far. Units: milliseconds.
    pub(crate) fn cpu_ms(&self) -> anyhow::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = text.rsplit_once(')').context("a name in parentheses")?;
        let mut fields = fields.split_whitespace().skip(11);
        let mut ticks =
            || -> anyhow::Result<f64> { Ok(fields.next().context("a field")?.parse()?) };
        Ok((ticks()? + ticks()?) * 1_000.0 / TICKS)
    }

    /// Resident memory. Units: MiB.
    pub(crate) fn rss_mib(&self) -> anyhow::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line
            .and_then(|line| line.split_whitespace().next())
            .context("VmRSS")?
            .parse()?;
        Ok(kib / 1_024.0)
    }

    /// Asks it to stop, and does not wait.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status()?;
        anyhow::ensure!(sent.success(), "it cannot be told to stop");
        Ok(())
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> anyhow::Result<()> {
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}
