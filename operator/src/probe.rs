//! Is a watch alive, or only quiet? What it should know is listed now and then and compared with what it knows.

use crate::{api::call, heard::Pulse};
use kube::{
    Api, Resource, ResourceExt,
    api::ListParams,
    runtime::reflector::{ObjectRef, Store},
};
use serde::de::DeserializeOwned;
use std::{collections::BTreeSet, fmt::Debug, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// How many objects are compared.
const OBJECTS_MAX: u32 = 500;

/// Objects by name and resource version.
type Versions = BTreeSet<(String, String)>;

/// How it is looked at one watch.
pub struct Look {
    /// What it watches.
    pub kind: &'static str,
    /// Time between two looks. What it does not know at two looks in a row, it missed.
    pub every: Duration,
    /// Which objects it watches.
    pub labels: Option<String>,
    /// Has it begin anew.
    pub anew: Arc<Notify>,
}

/// Lets the pulse of a watch beat for as long as its store knows what there is, and has it begin anew when it does not.
pub async fn run<K>(look: Look, api: Api<K>, store: Store<K>, pulse: Pulse)
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let kind = look.kind;
    let mut params = ListParams::default().limit(OBJECTS_MAX);
    params.label_selector = look.labels;
    let mut before = Versions::new();
    loop {
        tokio::time::sleep(look.every).await;
        let list = match call("list for a probe", api.list_metadata(&params)).await {
            Ok(list) => list,
            Err(error) => {
                tracing::warn!(kind, %error, "cannot look whether the watch is alive");
                continue;
            }
        };
        let mut unknown = Versions::new();
        for object in list.items {
            let key = ObjectRef::<K>::new(&object.name_any())
                .within(&object.namespace().unwrap_or_default());
            let listed = object.resource_version();
            if store.get(&key).and_then(|known| known.resource_version()) != listed {
                unknown.insert((object.name_any(), listed.unwrap_or_default()));
            }
        }
        match missed(&before, &unknown) {
            Some(name) => {
                tracing::error!(kind, name, "the watch missed a change; beginning it anew");
                look.anew.notify_one();
            }
            None => pulse.beat(),
        }
        before = unknown;
    }
}

/// What was unknown at both looks, in the same version: there was time enough to hear of it.
fn missed<'a>(before: &'a Versions, now: &'a Versions) -> Option<&'a str> {
    before
        .intersection(now)
        .next()
        .map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_that_is_only_behind_has_missed_nothing() {
        let versions = |list: &[(&str, &str)]| {
            list.iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect()
        };
        let before: Versions = versions(&[("a", "1"), ("b", "2")]);
        assert_eq!(missed(&before, &versions(&[])), None);
        assert_eq!(missed(&before, &versions(&[("a", "3"), ("c", "4")])), None);
        assert_eq!(missed(&before, &versions(&[("b", "2")])), Some("b"));
    }
}
