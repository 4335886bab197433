//! What no sure repair is known for, written anew by the model.

use std::path::PathBuf;
use std::sync::Arc;

use crate::actions::{self, Action, Offer, Request, infill};
use crate::cancel::CancelToken;
use crate::cli::complete::{ready, start};
use crate::config::Config;
use crate::engine::llama::LlamaEngine;

/// A model that is read, and what it runs on.
pub struct Writer {
    engine: Arc<LlamaEngine>,
    runtime: tokio::runtime::Runtime,
}

impl Writer {
    /// Read the configured model, or the one at `model`.
    pub fn start(mut config: Config, model: Option<&PathBuf>) -> anyhow::Result<Self> {
        config.model.path = model.cloned().or(config.model.path);
        let engine = start(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(ready(&*engine))?;
        Ok(Self { engine, runtime })
    }

    /// An offer for each diagnostic that none of `found` mends and that the model finds something for; of the others, why not.
    pub fn offers(&self, request: &Request, found: &[Offer]) -> (Vec<Offer>, Vec<String>) {
        let (mut offers, mut excuses) = (Vec::new(), Vec::new());
        for number in 0..request.diagnostics.len() {
            let mended = |offer: &Offer| offer.mends.contains(&number);
            let one = Request { diagnostics: vec![request.diagnostics[number].clone()], ..request.clone() };
            let Some(promise) = infill::promises(&one).pop().filter(|_| !found.iter().any(mended)) else {
                continue;
            };
            let title = promise.title.clone();
            let cancel = CancelToken::never();
            let making = actions::make(promise, request.snapshot.clone(), &*self.engine, &cancel);
            match self.runtime.block_on(making) {
                Ok(edits) => {
                    let (action, mends) = (Action::Infill, vec![number]);
                    offers.push(Offer { action, title, preferred: false, edits, mends });
                }
                Err(reason) => {
                    excuses.push(format!("{title}: {}", actions::excuse(Action::Infill, &reason)));
                }
            }
        }
        (offers, excuses)
    }
}
