//! The thread of a serving analyzer that carries erasures out.

use std::time::Duration;

use crate::app::App;

/// How often it is looked whether something is being erased, by whatever process. While nothing is, that costs the
/// opening of one file.
const POLL: Duration = Duration::from_secs(1);

/// How often it is tried again where an erasure waits for somebody else.
const RETRY: Duration = Duration::from_secs(5);

/// Carries erasures out for as long as the process serves.
pub(crate) async fn carry_out(app: App) {
    let (mut told, mut pause) = (None, POLL);
    loop {
        tokio::time::sleep(pause).await;
        let recorder = app.recorder.clone();
        let step = tokio::task::spawn_blocking(move || recorder.carry_out_erasures());
        let problem = match step.await {
            Ok(Ok(waits)) => {
                pause = if waits { RETRY } else { POLL };
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(problem) = problem.as_ref().filter(|_| problem != told) {
            tracing::error!(%problem, "erasures are carried out later; nobody is shown what is erased");
        }
        told = problem;
    }
}
