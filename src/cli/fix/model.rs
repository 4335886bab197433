//! Adds what a model can do: it ranks the repairs of the syntax, and regenerates what no sure repair is known for.

use std::path::PathBuf;
use std::sync::Arc;

use crate::actions::fix_syntax::model_score;
use crate::actions::{self, ActionRequest, Fix, Resolve, regenerate};
use crate::cancel::CancelToken;
use crate::cli::complete::{ready, start};
use crate::completion::Reason;
use crate::config::Config;
use crate::document::Snapshot;
use crate::engine::{Engine, Lane};
use crate::privacy::Screen;

/// What can be done without writing anything, in a model's order where there is one.
pub fn fixes(request: &ActionRequest, model: Option<&FixModel>) -> Vec<Fix> {
    let offers = actions::fixes(request);
    match model.filter(|model| model.private(request).is_none()) {
        Some(model) => model.order(&request.snapshot, offers),
        None => offers,
    }
}

/// What can be done, with a model's help where there is one, and why not more: the model writes for the first `most` diagnostics.
pub fn answer(request: &ActionRequest, model: Option<&FixModel>, most: usize) -> (Vec<Fix>, Vec<String>) {
    let mut offers = fixes(request, model);
    let Some(model) = model else { return (offers, Vec::new()) };
    if let Some(why) = model.private(request) {
        return (offers, vec![format!("the model was not asked: {why}")]);
    }
    let (written, excuses) = model.written(request, &offers, most);
    offers.extend(written);
    (offers, excuses)
}

/// A model that is read, and what it runs on.
pub struct FixModel {
    engine: Arc<dyn Engine>,
    runtime: tokio::runtime::Runtime,
    screen: Arc<Screen>,
}

impl FixModel {
    /// Read the configured model, or the one at `model`.
    pub fn start(mut config: Config, model: Option<&PathBuf>) -> anyhow::Result<Self> {
        config.model.path = model.cloned().or(config.model.path);
        let (engine, screen) = (start(&config), Arc::clone(config.disabled(&[]).screen()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(ready(&*engine))?;
        Ok(Self { engine, runtime, screen })
    }

    /// Why it may not see a file, if so.
    fn private(&self, request: &ActionRequest) -> Option<Reason> {
        self.screen.excludes(request.workspace.path.as_deref()?).map(Reason::from)
    }

    /// Repairs of the syntax in the order of how likely the model finds their lines.
    fn order(&self, snapshot: &Snapshot, mut offers: Vec<Fix>) -> Vec<Fix> {
        if let Some(syntax) = model_score::ranked(&mut offers) {
            let (engine, cancel, fixes) = (&*self.engine, CancelToken::never(), syntax.to_vec());
            let asked = model_score::scores(snapshot.clone(), fixes, Lane::Interactive, engine, &cancel);
            // An engine that cannot tell leaves the order as it is.
            if let Ok(found) = self.runtime.block_on(asked) {
                model_score::order(syntax, &found);
            }
        }
        offers
    }

    /// An offer for each of the first `most` diagnostics that none of `found` fixes and that the model finds something for; of the others, why not.
    fn written(&self, request: &ActionRequest, found: &[Fix], most: usize) -> (Vec<Fix>, Vec<String>) {
        let (mut offers, mut excuses) = (Vec::new(), Vec::new());
        for number in 0..request.diagnostics.len().min(most) {
            let fixed = |offer: &Fix| offer.fixes.contains(&number);
            let one =
                ActionRequest { diagnostics: vec![request.diagnostics[number].clone()], ..request.clone() };
            let Some(action) = regenerate::find(&one).pop().filter(|_| !found.iter().any(fixed)) else {
                continue;
            };
            let (spec, title, cancel) = (action.action, action.title.clone(), CancelToken::never());
            let snapshot = request.snapshot.clone();
            let work = Resolve { action, snapshot, engine: &*self.engine, cancel: &cancel };
            match self.runtime.block_on(actions::resolve(work)) {
                Ok(edits) => offers.push(Fix {
                    action: spec,
                    title,
                    preferred: false,
                    exact_share: None,
                    edits,
                    fixes: vec![number],
                    score: 0.0,
                    kind: "written",
                }),
                Err(reason) => excuses.push(format!("{title}: {}", spec.failure_message(&reason))),
            }
        }
        (offers, excuses)
    }
}
