//! What the operator is told from outside.

use clap::Args;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What the operator is told when it starts. Each can be given as an argument or by the environment.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Namespace to work in; without it, that of the service account or of the current context.
    #[arg(long, env = "LOGLOOP_NAMESPACE")]
    pub namespace: Option<String>,
    /// Image of the analyzer, which exports and prunes.
    #[arg(long, env = "LOGLOOP_ANALYZER_IMAGE")]
    pub analyzer_image: String,
    /// Image of the trainer.
    #[arg(long, env = "LOGLOOP_TRAINER_IMAGE")]
    pub trainer_image: String,
    /// When a node pulls these images: Always, IfNotPresent or Never.
    #[arg(
        long,
        env = "LOGLOOP_IMAGE_PULL_POLICY",
        default_value = "IfNotPresent"
    )]
    pub image_pull_policy: String,
    /// Claim of runs and retentions that name none.
    #[arg(long, env = "LOGLOOP_DEFAULT_CLAIM")]
    pub default_claim: Option<String>,
    /// Analyzer of runs that name none.
    #[arg(long, env = "LOGLOOP_DEFAULT_TARGET")]
    pub default_target: Option<String>,
    /// Service account of Jobs. They get no token of it.
    #[arg(long, env = "LOGLOOP_JOB_SERVICE_ACCOUNT")]
    pub job_service_account: Option<String>,
    /// File with the token for the analyzer's internal routes; read for each use, so that it can be rotated.
    #[arg(long, env = "LOGLOOP_INTERNAL_TOKEN_FILE")]
    pub internal_token_file: Option<PathBuf>,
    /// Address of /healthz, /readyz and /metrics.
    #[arg(long, env = "LOGLOOP_LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// Port of the analyzer's pods. No environment variable: a Service `logloop-analyzer` would set one of that name.
    #[arg(long, default_value_t = 5000)]
    pub analyzer_port: u16,
    /// Name of this process in the lease and in events: the pod's. A container that starts again in the same pod
    /// takes its lease up at once. Default: one that no other process has.
    #[arg(long, env = "HOSTNAME", default_value_t = format!("logloop-operator-{}", std::process::id()))]
    pub identity: String,
    /// How often and how soon.
    #[command(flatten)]
    pub pace: Pace,
}

/// How often and how soon. The defaults are meant for all but tests.
#[derive(Args, Clone, Debug)]
pub struct Pace {
    /// Seconds before a failed Job is tried again; doubles with each attempt.
    #[arg(long, env = "LOGLOOP_RETRY_SECONDS", default_value = "5", value_parser = seconds, hide = true)]
    pub retry: Duration,
    /// Seconds between looks at what no watch tells: claims, and what the analyzer's pods have loaded.
    #[arg(long, env = "LOGLOOP_LOOK_SECONDS", default_value = "2", value_parser = seconds, hide = true)]
    pub look: Duration,
    /// Seconds between checks that every pod of an analyzer has the current serving document.
    #[arg(long, env = "LOGLOOP_KEEP_SECONDS", default_value = "30", value_parser = seconds, hide = true)]
    pub keep: Duration,
    /// Seconds between looks whether a watch that is quiet has missed something. One that has begins anew, and one that
    /// has for fifteen times as long ends the process (`/healthz`).
    #[arg(long, env = "LOGLOOP_PROBE_SECONDS", default_value = "60", value_parser = seconds, hide = true)]
    pub probe: Duration,
    /// Seconds a lease lasts without being renewed. After a kill nobody acts for about so long.
    #[arg(long, env = "LOGLOOP_LEASE_SECONDS", default_value = "9", value_parser = seconds, hide = true)]
    pub lease: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds < 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!(
            "{text:?} is not a number of seconds above 0 and below a day"
        )),
    }
}
