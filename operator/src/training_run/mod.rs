//! `TrainingRun`: gather → plan → build → apply → status.

mod apply;
pub mod build;
pub mod facts;
pub mod gate;
mod gather;
pub mod plan;
pub mod unchanged;

pub use apply::{create_or_adopt, stop_jobs};
pub use gather::{look_at_claim, waiting};

use crate::{
    clock,
    context::{Context, is_going},
    error::{Error, Result},
};
use kube::{core::DeserializeGuard, runtime::controller::Action};
use logloop_operator_api::TrainingRun;
use std::{sync::Arc, time::Duration};

/// Takes a run one decision further.
pub async fn reconcile(
    guard: Arc<DeserializeGuard<TrainingRun>>,
    context: Arc<Context>,
) -> Result<Action> {
    let _under_way = context.metrics.reconcile("trainingrun");
    context.stores.ready().await?;
    let run = guard
        .0
        .as_ref()
        .map_err(|invalid| Error::Invalid(invalid.error.clone()))?;
    if is_going(run) {
        // Its Jobs go with it; what it published stays.
        return Ok(Action::await_change());
    }
    if context.written.is_ahead_of(run) {
        // Its own write wakes it. If the watch is silent, that is found out elsewhere.
        return Ok(Action::requeue(context.settings.pace.look));
    }
    match decide(&context, run).await {
        Ok(requeue) => Ok(requeue.map_or_else(Action::await_change, Action::requeue)),
        Err(error) => {
            if error.is_lasting()
                && let Some(status) = plan::stuck(run, clock::now(), &error.to_string())
            {
                apply::write_status(&context, run, status).await?;
            }
            Err(error)
        }
    }
}

async fn decide(context: &Context, run: &TrainingRun) -> Result<Option<Duration>> {
    let facts = gather::gather(context, run).await?;
    let plan = plan::plan(&facts);
    apply::apply(context, &facts, plan).await
}

/// What to do after a failure.
pub fn on_error(
    _: Arc<DeserializeGuard<TrainingRun>>,
    error: &Error,
    context: Arc<Context>,
) -> Action {
    crate::controllers::failed("trainingrun", error, &context)
}
