//! Makes the prompt of a job for a server: the same windows, budget and healing as for a model that runs here.

use super::connection::ConnectedServer;
use super::delivery;
use super::failure::RemoteError;
use super::http::HttpServer;
use super::vocabulary::ServerTokens;
use crate::engine::fit::{self, Tokens as _};
use crate::engine::heal::Heal;
use crate::engine::windows::Windows;
use crate::engine::{Job, Role, TokenId};

/// A prompt ready to be sent.
pub struct Composed {
    /// Its tokens.
    pub tokens: Vec<TokenId>,
    /// The typed text that generation has to spell first.
    pub heal: Heal,
}

impl ConnectedServer {
    /// The prompt of a place in a document.
    pub fn compose(
        &self,
        job: &Job,
        max_tokens: usize,
        windows: &mut Windows,
        server: &HttpServer,
    ) -> Result<Composed, RemoteError> {
        let asking = ServerTokens::new(&self.vocabulary, self.dialect, server, &self.facts.model);
        let layout = &self.vocabulary.layout;
        let room = fit::room(self.context as usize, max_tokens, layout.overhead());
        let mut segments = job.segments.clone();
        let mut heal = Heal::default();
        if self.vocabulary.pieces().is_none() {
            // Before it is tokenised: which tokens it would have is not known here.
            for prefix in segments.iter_mut().filter(|segment| segment.role == Role::Prefix) {
                let kept = delivery::kept(&prefix.text);
                heal = Heal::of(prefix.text.split_off(kept));
                prefix.boundaries.retain(|&at| at <= kept);
            }
        }
        let fitted = windows.fit(&job.document, &segments, room, room.min(self.speed.budget()), &asking);
        let mut prefix = &*fitted.prefix;
        if let Some(pieces) = self.vocabulary.pieces() {
            let (kept, taken) = Heal::split(prefix, pieces);
            // What cannot be told as text could not be asked for.
            if std::str::from_utf8(taken.pending()).is_ok() {
                (prefix, heal) = (&prefix[..kept], taken);
            }
        }
        let mut tokens = layout.compose(&fitted.files, &fitted.stable, prefix, &fitted.suffix);
        if tokens.is_empty() {
            tokens = asking.of_text("\n");
        }
        match asking.failure() {
            Some(error) => {
                // Fitted without tokens, its windows are nonsense.
                *windows = Windows::default();
                Err(error)
            }
            None => Ok(Composed { tokens, heal }),
        }
    }
}
