//! Orders syntax fixes by how likely the model finds the lines that they make. A menu waits for that a moment and no
//! longer; what comes later is there for the next menu. Without a model the order is the one of `actions::fix_syntax`.

use std::sync::Arc;
use std::time::Duration;

use super::open_document::RankedFixes;
use super::state::Session;
use crate::actions::{Fix, fix_syntax::model_score};
use crate::cancel::CancelToken;
use crate::completion::Reason;
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, Lane, Status};

/// How long a menu waits for the model, besides the time it takes without: 250 ms in all. The embedded model needs 0.1 s,
/// the prompt included.
const PATIENCE: Duration = Duration::from_millis(200);

impl Session {
    /// The offers for `snapshot`, its syntax fixes in the order of their likelihood if the model answers in time.
    pub async fn by_likelihood(self: &Arc<Self>, snapshot: &Snapshot, mut offers: Vec<Fix>) -> Vec<Fix> {
        let Some(syntax) = model_score::ranked(&mut offers) else { return offers };
        if self.ranked(snapshot, syntax).is_none()
            && let Some((engine, token)) = self.begin_ranking(snapshot)
        {
            let (session, snapshot, offers) = (Arc::clone(self), snapshot.clone(), syntax.to_vec());
            let rank = tokio::spawn(async move { session.rank(snapshot, offers, &*engine, &token).await });
            let _ = tokio::time::timeout(PATIENCE, rank).await;
        }
        if let Some(scores) = self.ranked(snapshot, syntax) {
            model_score::order(syntax, &scores);
        }
        offers
    }

    fn ranked(&self, snapshot: &Snapshot, offers: &[Fix]) -> Option<Vec<f32>> {
        self.lock().documents.get(&snapshot.uri)?.ranked.of(snapshot.version, offers)
    }

    /// An engine that can be asked at once; None also when it is asked about this version already.
    fn begin_ranking(&self, snapshot: &Snapshot) -> Option<(Arc<dyn Engine>, CancelToken)> {
        let engine = self.engine.borrow().clone()?;
        // Without scores the order is that of the n-grams.
        if !matches!(&*engine.status().borrow(), Status::Ready(_)) || !engine.capabilities().scoring {
            return None;
        }
        let mut state = self.lock();
        let open = state.documents.get_mut(&snapshot.uri)?;
        if open.ranked.version == Some(snapshot.version) && open.tasks.is_ranking() {
            return None;
        }
        open.ranked = RankedFixes { version: Some(snapshot.version), ..RankedFixes::default() };
        let token = open.tasks.start_ranking();
        Some((engine, token))
    }

    async fn rank(
        &self,
        snapshot: Snapshot,
        offers: Vec<Fix>,
        engine: &dyn Engine,
        token: &CancelToken,
    ) -> Result<(), Reason> {
        let (uri, version) = (Arc::clone(&snapshot.uri), snapshot.version);
        let edits: Vec<Vec<Edit>> = offers.iter().map(|offer| offer.edits.clone()).collect();
        // After what the user types: a suggestion matters more than the order of a menu.
        let lane = Lane::Background;
        let found = match self.admit(&uri).await {
            Ok(()) => model_score::scores(snapshot, offers, lane, engine, token).await,
            Err(reason) => Err(reason),
        };
        let mut state = self.lock();
        let open = state.documents.get_mut(&uri);
        if let Some(open) = open.filter(|open| open.ranked.version == Some(version)) {
            open.tasks.end_ranking();
            open.ranked.scores = edits.into_iter().zip(found?).collect();
        }
        Ok(())
    }
}
