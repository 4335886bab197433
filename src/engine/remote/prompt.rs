//! Makes the prompt of a job for a server: the same windows, budget and healing as for a model that runs here.

use super::connection::ConnectedServer;
use super::delivery;
use super::dialect::Healing;
use super::failure::RemoteError;
use super::http::HttpServer;
use super::prompt_form::RemotePrompt;
use super::text;
use super::vocabulary::ServerTokens;
use crate::engine::fit::{self, Fitted, Tokens as _};
use crate::engine::heal::Heal;
use crate::engine::windows::Windows;
use crate::engine::{Job, Role, TokenId};

/// A prompt ready to be sent.
pub struct Composed {
    /// What is sent.
    pub prompt: RemotePrompt,
    /// The same with the typed text at its end, for a server that cannot be told to spell that.
    pub whole: Option<RemotePrompt>,
    /// The typed text that generation has to spell first.
    pub heal: Heal,
    /// Its tokens; about, where it is text.
    pub tokens: usize,
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
        let room = fit::room(self.context as usize, max_tokens, self.vocabulary.layout.overhead());
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
        let units = |tokens: usize| self.vocabulary.units(tokens);
        let short = units(room.min(self.speed.budget()));
        let fitted = windows.fit(&job.document, &segments, units(room), short, &asking);
        let mut prefix = &*fitted.prefix;
        if let Some(pieces) = self.vocabulary.pieces() {
            let (kept, taken) = Heal::split(prefix, pieces);
            // What cannot be told as text could not be asked for.
            if std::str::from_utf8(taken.pending()).is_ok() {
                (prefix, heal) = (&prefix[..kept], taken);
            }
        }
        if let Some(error) = asking.failure() {
            // Fitted without tokens, its windows are nonsense.
            *windows = Windows::default();
            return Err(error);
        }
        let prompt = self.spelled(&fitted, prefix, &asking, server)?;
        let whole = match (self.healing(), std::str::from_utf8(heal.pending())) {
            (Healing::Again, Ok(typed)) if !typed.is_empty() && self.vocabulary.text.is_some() => {
                let prefix = [prefix, &text::characters(typed)].concat();
                Some(self.spelled(&fitted, &prefix, &asking, server)?)
            }
            _ => None,
        };
        let tokens = match &prompt {
            RemotePrompt::Ids(tokens) => tokens.len(),
            text => self.vocabulary.tokens(text.characters().unwrap_or_default()),
        };
        Ok(Composed { prompt, whole, heal, tokens })
    }

    /// What was fitted, as the server takes it.
    fn spelled(
        &self,
        fitted: &Fitted,
        prefix: &[TokenId],
        asking: &ServerTokens,
        server: &HttpServer,
    ) -> Result<RemotePrompt, RemoteError> {
        let layout = &self.vocabulary.layout;
        if let Some(form) = &self.vocabulary.text {
            return form.prompt(layout, fitted, prefix).ok_or_else(|| {
                RemoteError::Unsendable(format!(
                    "text near the cursor spells a control token (such as <|…|> or </s>), as the model on {} may read it, so it is not sent; with \
                     the model's vocabulary file in remote.tokenizer it is harmless, where the server takes token ids",
                    server.host
                ))
            });
        }
        let mut tokens = layout.compose(&fitted.files, &fitted.stable, prefix, &fitted.suffix);
        if tokens.is_empty() {
            tokens = asking.of_text("\n");
        }
        match asking.failure() {
            Some(error) => Err(error),
            None => Ok(RemotePrompt::Ids(tokens)),
        }
    }
}
