//! Describes what the reader passes to the dispatcher, and which requests can be cancelled on the way.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use futures::future::{AbortHandle, AbortRegistration};
use parking_lot::Mutex;

use super::message::{Call, RawId};
use super::tower_lsp::Leftover;

/// Work for the dispatcher.
pub enum Work {
    Notification(Call),
    /// A request, which can be cancelled or not.
    Request(RawId, Call, Option<AbortRegistration>),
    /// What is left of a request that was dropped.
    Forget(Leftover),
    /// No more work comes.
    End,
}

/// The requests that can be cancelled, by the client's id.
#[derive(Debug, Clone, Default)]
pub struct PendingRequests(Arc<Mutex<HashMap<RawId, AbortHandle>>>);

impl PendingRequests {
    /// None when a request with this id is still running.
    pub fn register(&self, id: &RawId) -> Option<AbortRegistration> {
        match self.0.lock().entry(id.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(entry) => {
                let (handle, registration) = AbortHandle::new_pair();
                entry.insert(handle);
                Some(registration)
            }
        }
    }

    /// Cancels a request, if it is still running.
    pub fn cancel(&self, id: &RawId) {
        if let Some(handle) = self.0.lock().get(id) {
            handle.abort();
        }
    }

    /// Cancels all requests.
    pub fn cancel_all(&self) {
        self.0.lock().values().for_each(AbortHandle::abort);
    }

    /// A request was answered.
    pub fn done(&self, id: &RawId) {
        self.0.lock().remove(id);
    }
}
