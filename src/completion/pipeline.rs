//! Runs the stages of a completion, each of which is a file: target, reuse, context, trigger, debounce, prompt, decode (guided),
//! trim, cut back and verify, rank, select, finish. Values go in and values come out.

use std::sync::Arc;

use tokio::time::Instant;

use super::blocking::blocking;
use super::cutback::{self, Bound, Chosen};
use super::decode::{self, Decoded};
use super::guide::Guide;
use super::outcome::{CompletionReport, Reason};
use super::request::{CompletionOptions, CompletionRequest, Effort, Extent, TriggerKind};
use super::suggestion::{CheckLevel, Suggestion};
use super::surroundings::Surroundings;
use super::target::Target;
use super::validate::Validator;
use super::{debounce, finish, job, rank, reuse, trigger, trim};
use crate::cancel::CancelToken;
use crate::engine::{Engine, Job, Lane, Stop, Task};
use crate::prompt;

/// Most cuts tried of the likeliest text, and of each other one: of those, what does not fit nearly as it is, is not worth
/// the time.
const CUTS: usize = 48;
const CUTS_OF_OTHERS: usize = 4;

/// Complete: the answer to a request, and what is worth keeping of the way there.
///
/// Never fails: whatever goes wrong is a [`Reason`]. All parsing happens on blocking threads.
pub async fn complete(
    request: CompletionRequest,
    engine: &dyn Engine,
    options: &CompletionOptions,
    cancel: &CancelToken,
) -> CompletionReport {
    let start = Instant::now();
    let threshold = rank::threshold(&request.trigger, options.effort);
    let target = match Target::of(&request) {
        Ok(target) => target,
        Err(reason) => return CompletionReport::skipped(reason, start.elapsed()),
    };
    let known = rank::answers(reuse::rests(&target, &request.remembered), threshold);
    let (found, tree) = if rank::suffice(&known, &request.trigger) {
        (Ok(Vec::new()), None)
    } else {
        match blocking(move || Surroundings::read(target)).await.flatten() {
            Err(reason) => (Err(reason), None),
            Ok(around) => {
                let tree = around.tree_of_document();
                (generate(Arc::new(around), request.trigger, engine, options, cancel, start).await, tree)
            }
        }
    };
    let (outcome, others) = rank::select(known, found, threshold);
    CompletionReport { outcome, others, tree, elapsed: start.elapsed() }
}

/// The stages that take the model: what may be shown, in the order of generation.
async fn generate(
    around: Arc<Surroundings>,
    trigger: TriggerKind,
    engine: &dyn Engine,
    options: &CompletionOptions,
    cancel: &CancelToken,
    start: Instant,
) -> Result<Vec<Suggestion>, Reason> {
    let extent = trigger::decide(&around.context, &trigger, options)?;
    debounce::pause(options.debounce, &trigger, cancel).await?;
    let read = start.elapsed();
    let (job, candidates) = job_for(&around, &trigger, extent, engine, options)?;
    let guide = (options.effort >= Effort::Stops).then(|| Guide::new(&around.context, extent));
    let generation = engine.generate(job, cancel.clone());
    let deadline = start + options.deadline;
    let texts = decode::decode(generation, candidates, guide.as_ref(), engine, deadline, cancel).await;
    let work =
        Fitting { around: Arc::clone(&around), extent, options: options.clone(), cancel: cancel.clone() };
    let found = match texts {
        Ok(texts) => blocking(move || work.suggestions(&texts)).await.flatten(),
        Err(reason) => Err(reason),
    };
    tracing::debug!(?read, all = ?start.elapsed(), "stages");
    if cancel.is_cancelled() { Err(Reason::Superseded) } else { found }
}

/// The prompt as a job, and the number of texts that it asks for.
fn job_for(
    around: &Surroundings,
    trigger: &TriggerKind,
    extent: Extent,
    engine: &dyn Engine,
    options: &CompletionOptions,
) -> Result<(Job, usize), Reason> {
    let wanted = if options.effort >= Effort::Rank { options.candidates } else { 1 };
    let candidates = engine.capabilities().candidates(wanted);
    let task = Task::Generate { candidates };
    let model_context = job::context_tokens(engine)?;
    let job = Job {
        lane: if *trigger == TriggerKind::Ahead { Lane::Background } else { Lane::Interactive },
        max_tokens: options.max_tokens,
        stop: if options.effort < Effort::Stops { Stop::default() } else { prompt::stop(extent.lines()) },
        ..job::at_cursor(&around.context, model_context, &around.target.document.uri, task)
    };
    Ok((job, candidates))
}

/// What the stages after the model work with, on a blocking thread.
struct Fitting {
    around: Arc<Surroundings>,
    extent: Extent,
    options: CompletionOptions,
    cancel: CancelToken,
}

impl Fitting {
    /// What of the texts may be shown; when none, why not the first.
    fn suggestions(&self, texts: &[Decoded]) -> Result<Vec<Suggestion>, Reason> {
        let Surroundings { target, part, tree, context } = &*self.around;
        let tree = tree.as_ref().filter(|_| self.options.effort >= Effort::Validate);
        let validator = tree.map(|tree| Validator::new(&target.snapshot, part.as_ref(), tree, context));
        let until = std::time::Instant::now().checked_add(self.options.check_time);
        let mut found: Vec<Suggestion> = Vec::new();
        let mut why = None;
        for number in 0..texts.len() {
            let most = if number == 0 { CUTS } else { CUTS_OF_OTHERS };
            match self.suggestion(texts, number, validator.as_ref(), Bound { most, until }) {
                Ok(new) if found.iter().all(|old| old.text() != new.text()) => found.push(new),
                Ok(_) => {}
                Err(reason) => drop(why.get_or_insert(reason)),
            }
        }
        match why {
            Some(why) if found.is_empty() => Err(why),
            _ => Ok(found),
        }
    }

    /// One text through the last stages.
    fn suggestion(
        &self,
        texts: &[Decoded],
        number: usize,
        validator: Option<&Validator<'_>>,
        bound: Bound,
    ) -> Result<Suggestion, Reason> {
        let (around, options) = (&*self.around, &self.options);
        let (context, decoded) = (&around.context, &texts[number]);
        let text = trim::with_effort(&decoded.text, context, self.extent, options.effort)?;
        let (chosen, check_level) = match validator {
            Some(validator) => {
                (cutback::choose(&text, validator, context, bound, &self.cancel), validator.check_level())
            }
            None => (Chosen::unjudged(&text, context, options.effort), CheckLevel::Unvalidated),
        };
        let chosen = chosen?;
        let prior = rank::prior(&chosen, options)?;
        let rank = rank::rank(&chosen, texts, number, &text, context).with_prior(prior);
        finish::finish(&around.target, &chosen.candidate, context.line_ending, check_level, rank, decoded)
    }
}
