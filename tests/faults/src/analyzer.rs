//! The real analyzer as a process.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use crate::build;

/// The program: the one that `LOGLOOP_ANALYZER` names, else it is built as the tests are.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build::program("logloop-analyzer", "LOGLOOP_ANALYZER"))
}

/// A command of the analyzer on a data directory.
pub fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .arg(args[0])
        .arg("--data")
        .arg(data)
        .args(&args[1..]);
    command.env("LOGLOOP_LOG", "warn");
    command
}

/// Runs a command of the analyzer to its end.
pub fn run(data: &Path, args: &[&str]) -> Output {
    command(data, args).output().expect("it runs")
}

/// A serving analyzer, killed when dropped.
#[derive(Debug)]
pub struct Analyzer {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Analyzer {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts one and waits until it listens. `Err`: what it said instead.
    pub fn start(data: &Path, args: &[&str]) -> Result<Self, String> {
        let all = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
        Self::from(command(data, &all))
    }

    /// The same of a command made by [`command`].
    pub fn from(mut command: Command) -> Result<Self, String> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        let read = BufReader::new(stdout).read_line(&mut line);
        let address = line.trim().rsplit_once("http://");
        let address = address.and_then(|(_, address)| address.parse().ok());
        let mut stderr = child.stderr.take().expect("it is piped");
        if let (Ok(_), Some(address)) = (read, address) {
            std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::stderr()));
            return Ok(Self { child, address });
        }
        let mut said = String::new();
        let _ = stderr.read_to_string(&mut said);
        let _ = child.wait();
        Err(said)
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Analyzer {
    fn drop(&mut self) {
        self.kill();
    }
}
