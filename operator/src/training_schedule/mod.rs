//! `TrainingSchedule`: gather → plan → build → apply → status.

mod apply;
mod build;
pub mod facts;
mod gather;
pub mod plan;
mod trigger;

use crate::{
    context::{Context, is_going},
    error::{Error, Result},
};
use kube::{core::DeserializeGuard, runtime::controller::Action};
use logloop_operator_api::TrainingSchedule;
use std::sync::Arc;

/// Takes a schedule one decision further.
pub async fn reconcile(
    guard: Arc<DeserializeGuard<TrainingSchedule>>,
    context: Arc<Context>,
) -> Result<Action> {
    let _under_way = context.metrics.reconcile("trainingschedule");
    context.stores.ready().await?;
    let schedule = guard
        .0
        .as_ref()
        .map_err(|invalid| Error::Invalid(invalid.error.clone()))?;
    if is_going(schedule) {
        // Its runs go with it.
        return Ok(Action::await_change());
    }
    let facts = gather::gather(&context, schedule).await?;
    let requeue = apply::apply(&context, &facts, plan::plan(&facts)).await?;
    Ok(requeue.map_or_else(Action::await_change, Action::requeue))
}

/// What to do after a failure.
pub fn on_error(
    _: Arc<DeserializeGuard<TrainingSchedule>>,
    error: &Error,
    context: Arc<Context>,
) -> Action {
    crate::controllers::failed("trainingschedule", error, &context)
}
