//! `analyze`: a pod's log, given to the program in the analyzer's own container. Nothing is kept of it.

use crate::{
    Out,
    cli::Analyze,
    objects::{call, list},
};
use anyhow::{Context, bail};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{Api, Client, ResourceExt, api::LogParams};
use std::process::Stdio;
use tokio::{io::AsyncWriteExt, process::Command};

/// The program in the analyzer's image.
const PROGRAM: &str = "/program";
/// Where the serving model and the corrections are in that container.
const DATA: &str = "/data";
/// How much of a log is fetched: its end. Units: bytes.
const LOG_MAX: i64 = 64 << 20;

pub(crate) async fn run(
    client: &Client,
    namespace: &str,
    context: Option<&str>,
    options: &Analyze,
    out: Out<'_>,
) -> anyhow::Result<bool> {
    let pod = options
        .pod
        .trim_start_matches("pods/")
        .trim_start_matches("pod/");
    let log = fetch(client, namespace, pod, options).await?;
    if log.trim().is_empty() {
        bail!("pod {pod} has said nothing");
    }
    let analyzer = match &options.analyzer {
        Some(name) => name.clone(),
        None => analyzer(client, namespace).await?,
    };
    let answer = exec(&arguments(context, namespace, &analyzer), log.as_bytes()).await?;
    write!(out, "{answer}")?;
    Ok(true)
}

/// The log before the last restart, if there was one, and then the present one.
async fn fetch(
    client: &Client,
    namespace: &str,
    pod: &str,
    options: &Analyze,
) -> anyhow::Result<String> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let params = |previous| LogParams {
        container: options.container.clone(),
        limit_bytes: Some(LOG_MAX),
        previous,
        ..LogParams::default()
    };
    let mut log = String::new();
    if !options.current_only {
        match call(api.logs(pod, &params(true))).await {
            Ok(before) => log = before,
            // It has not started again.
            Err(error) if refused(&error) == Some(400) => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read the log of pod {pod}"));
            }
        }
    }
    let now = call(api.logs(pod, &params(false)))
        .await
        .with_context(|| format!("cannot read the log of pod {pod}"))?;
    log.push_str(&now);
    Ok(log)
}

fn refused(error: &anyhow::Error) -> Option<u16> {
    match error.downcast_ref::<kube::Error>()? {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// The only analyzer of the namespace.
async fn analyzer(client: &Client, namespace: &str) -> anyhow::Result<String> {
    let selector = "app.kubernetes.io/name=logloop,app.kubernetes.io/component=analyzer";
    let found: Vec<Deployment> = list(client, namespace, selector).await?;
    let names: Vec<String> = found.iter().map(ResourceExt::name_any).collect();
    match names.as_slice() {
        [name] => Ok(name.clone()),
        [] => bail!(
            "there is no analyzer in namespace {namespace}; name one with --analyzer, or its namespace with --namespace"
        ),
        _ => bail!(
            "there are several analyzers: {}; name one with --analyzer",
            names.join(", ")
        ),
    }
}

fn arguments(context: Option<&str>, namespace: &str, analyzer: &str) -> Vec<String> {
    let mut all = vec!["exec".to_owned(), "--stdin".to_owned()];
    if let Some(context) = context {
        all.extend(["--context".to_owned(), context.to_owned()]);
    }
    all.extend(["--namespace".to_owned(), namespace.to_owned()]);
    all.extend(["--container".to_owned(), "analyzer".to_owned()]);
    all.push(format!("deployment/{analyzer}"));
    let command = ["--", PROGRAM, "analyze", "--data", DATA, "-"];
    all.extend(command.map(str::to_owned));
    all
}

/// kubectl is there: it is what runs this.
async fn exec(arguments: &[String], input: &[u8]) -> anyhow::Result<String> {
    let mut child = Command::new("kubectl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start kubectl; it must be on the PATH")?;
    let mut stdin = child.stdin.take().context("kubectl takes no input")?;
    let write = async {
        // It may have read enough before the end.
        let _ = stdin.write_all(input).await;
        drop(stdin);
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    let output = output.context("kubectl was lost")?;
    if !output.status.success() {
        bail!("the analyzer could not analyze it; kubectl says why above");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_analyzers_own_program_is_called() {
        let all = arguments(Some("here"), "ns", "web").join(" ");
        assert_eq!(
            all,
            "exec --stdin --context here --namespace ns --container analyzer deployment/web -- /program analyze --data /data -"
        );
    }
}
