//! Repairs of the syntax in the order of how likely the model finds the lines that they make. A menu waits for that a moment
//! and no longer; what comes later is there for the next one. Without a model the order is the one without a model.

use std::sync::Arc;
use std::time::Duration;

use super::Session;
use crate::actions::{Fix, fix_syntax::model_score};
use crate::cancel::{CancelSource, CancelToken};
use crate::completion::Reason;
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, Lane, Status};

/// How long a menu waits for the model, besides the time it takes without: 250 ms in all. The embedded model needs 0.1 s,
/// the prompt included.
const PATIENCE: Duration = Duration::from_millis(200);

/// What is known of the repairs of one version of a document. Edits and numbers only.
#[derive(Debug, Default)]
pub(super) struct RankedFixes {
    version: Option<i32>,
    known: Vec<(Vec<Edit>, f32)>,
    /// Stops the work when the document changes or is closed.
    running: Option<CancelSource>,
}

impl RankedFixes {
    /// How likely each of the offers makes its lines; None while that is not known of all.
    fn of(&self, version: i32, offers: &[Fix]) -> Option<Vec<f32>> {
        let likely = |offer: &Fix| self.known.iter().find(|(edits, _)| *edits == offer.edits).map(|it| it.1);
        if self.version == Some(version) { offers.iter().map(likely).collect() } else { None }
    }
}

impl Session {
    /// The offers for `snapshot`, repairs of the syntax among them in the order of their likelihood, if that can be had in time.
    pub async fn by_likelihood(self: &Arc<Self>, snapshot: &Snapshot, mut offers: Vec<Fix>) -> Vec<Fix> {
        let Some(syntax) = model_score::ranked(&mut offers) else { return offers };
        if self.weighed(snapshot, syntax).is_none()
            && let Some((engine, token)) = self.begin_weighing(snapshot)
        {
            let (session, snapshot, offers) = (Arc::clone(self), snapshot.clone(), syntax.to_vec());
            let weigh = tokio::spawn(async move { session.weigh(snapshot, offers, &*engine, &token).await });
            let _ = tokio::time::timeout(PATIENCE, weigh).await;
        }
        if let Some(scores) = self.weighed(snapshot, syntax) {
            model_score::order(syntax, &scores);
        }
        offers
    }

    fn weighed(&self, snapshot: &Snapshot, offers: &[Fix]) -> Option<Vec<f32>> {
        self.lock().open.get(&snapshot.uri)?.weighed.of(snapshot.version, offers)
    }

    /// An engine that can be asked at once; None also when it is asked about this version already.
    fn begin_weighing(&self, snapshot: &Snapshot) -> Option<(Arc<dyn Engine>, CancelToken)> {
        let engine = self.engine.borrow().clone()?;
        if !matches!(&*engine.status().borrow(), Status::Ready(_)) {
            return None;
        }
        let mut state = self.lock();
        let open = state.open.get_mut(&snapshot.uri)?;
        let weighed = &mut open.weighed;
        if weighed.version == Some(snapshot.version) && weighed.running.is_some() {
            return None;
        }
        let source = CancelSource::new();
        let token = source.token();
        *weighed =
            RankedFixes { version: Some(snapshot.version), running: Some(source), ..RankedFixes::default() };
        Some((engine, token))
    }

    async fn weigh(
        &self,
        snapshot: Snapshot,
        offers: Vec<Fix>,
        engine: &dyn Engine,
        token: &CancelToken,
    ) -> Result<(), Reason> {
        let (uri, version) = (Arc::clone(&snapshot.uri), snapshot.version);
        let edits: Vec<Vec<Edit>> = offers.iter().map(|offer| offer.edits.clone()).collect();
        // Behind whatever somebody types: a suggestion matters more than the order of a menu.
        let lane = Lane::Background;
        let found = model_score::scores(snapshot, offers, lane, engine, token).await;
        let mut state = self.lock();
        let weighed = state.open.get_mut(&uri).map(|open| &mut open.weighed);
        if let Some(weighed) = weighed.filter(|weighed| weighed.version == Some(version)) {
            weighed.running = None;
            weighed.known = edits.into_iter().zip(found?).collect();
        }
        Ok(())
    }
}
