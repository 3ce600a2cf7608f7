//! Where news of one kind go to wake another.

use kube::{Resource, ResourceExt, runtime::reflector::ObjectRef};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

/// Where news of one kind go to wake another.
pub(crate) struct Wake<K: Resource> {
    send: mpsc::UnboundedSender<ObjectRef<K>>,
    namespace: String,
}

impl<K: Resource<DynamicType = ()>> Clone for Wake<K> {
    fn clone(&self) -> Self {
        Self {
            send: self.send.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

impl<K: Resource<DynamicType = ()>> Wake<K> {
    /// With what is woken, by name.
    pub(crate) fn new(namespace: &str) -> (Self, UnboundedReceiverStream<ObjectRef<K>>) {
        let (send, receive) = mpsc::unbounded_channel();
        (
            Self {
                send,
                namespace: namespace.to_owned(),
            },
            UnboundedReceiverStream::new(receive),
        )
    }

    /// Wakes the object of this name.
    pub(crate) fn wake(&self, name: &str) {
        // Nobody listens any more: the controllers are stopping.
        let _ = self.send.send(ObjectRef::new(name).within(&self.namespace));
    }

    /// Wakes the owner of a Job or of one of its pods: their labels name it whole, unless it is longer than a label.
    pub(crate) fn wake_owner(&self, label: &str, object: &impl ResourceExt) {
        if let Some(name) = object.labels().get(label) {
            self.wake(name);
        }
        for owner in object
            .owner_references()
            .iter()
            .filter(|owner| owner.kind == K::kind(&()))
        {
            self.wake(&owner.name);
        }
    }
}
