//! Tracks what runs for one document, and cancels it when something else makes it useless.

use std::sync::{Arc, Weak};

use crate::cancel::{CancelSource, CancelToken};

/// What runs for one document. Dropping it cancels everything.
#[derive(Debug, Default)]
pub struct Tasks {
    /// The completion, or the code action, that the user waits for. The one that waits owns it: a dropped request ends itself.
    request: Weak<CancelSource>,
    /// Whether a change of the text makes that request useless: an action's edits would be refused.
    ends_on_change: bool,
    /// The suggestion that is prepared before anybody asks.
    prefetch: Option<CancelSource>,
    /// The question to the model how likely the syntax fixes are.
    ranking: Option<CancelSource>,
}

impl Tasks {
    /// Starts a completion. It takes the place of the request before, and of the prefetch: a person waits, and the text
    /// is probably not the one that was prepared for.
    pub fn start_completion(&mut self) -> Arc<CancelSource> {
        self.start_request(false)
    }

    /// Starts the resolving of a code action, in the same way.
    pub fn start_action(&mut self) -> Arc<CancelSource> {
        self.start_request(true)
    }

    fn start_request(&mut self, ends_on_change: bool) -> Arc<CancelSource> {
        self.cancel_request();
        self.prefetch = None;
        self.ends_on_change = ends_on_change;
        let source = Arc::new(CancelSource::new());
        self.request = Arc::downgrade(&source);
        source
    }

    /// Whether somebody waits for a completion or an action.
    pub fn is_asked(&self) -> bool {
        self.request.strong_count() > 0
    }

    /// Starts a prefetch in the place of the one before.
    pub fn start_prefetch(&mut self) -> CancelToken {
        self.prefetch.insert(CancelSource::new()).token()
    }

    /// Starts the ranking of syntax fixes in the place of the one before.
    pub fn start_ranking(&mut self) -> CancelToken {
        self.ranking.insert(CancelSource::new()).token()
    }

    /// Whether syntax fixes are being ranked.
    pub fn is_ranking(&self) -> bool {
        self.ranking.is_some()
    }

    pub fn end_ranking(&mut self) {
        self.ranking = None;
    }

    pub fn text_changed(&mut self) {
        self.ranking = None;
        if self.ends_on_change {
            self.cancel_request();
        }
    }

    fn cancel_request(&self) {
        if let Some(request) = self.request.upgrade() {
            request.cancel();
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.cancel_request();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_takes_the_place_of_everything_but_the_ranking() {
        let mut tasks = Tasks::default();
        let (ranking, prefetch) = (tasks.start_ranking(), tasks.start_prefetch());
        let completion = tasks.start_completion();
        assert!(prefetch.is_cancelled() && !ranking.is_cancelled());
        let action = tasks.start_action();
        assert!(completion.token().is_cancelled() && !action.token().is_cancelled());
        drop(completion);
        assert!(tasks.is_asked(), "the action");
        drop(action);
        assert!(!tasks.is_asked());
    }

    #[test]
    fn a_change_of_the_text_ends_actions_and_the_ranking_but_no_completion() {
        let mut tasks = Tasks::default();
        let (ranking, completion) = (tasks.start_ranking(), tasks.start_completion());
        tasks.text_changed();
        assert!(ranking.is_cancelled() && !completion.token().is_cancelled());
        let action = tasks.start_action();
        tasks.text_changed();
        assert!(action.token().is_cancelled());
        let (last, prefetch) = (tasks.start_completion(), tasks.start_prefetch());
        drop(tasks);
        assert!(last.token().is_cancelled() && prefetch.is_cancelled());
    }
}
