//! Runs the stages of a completion, each of which is a file: target, reuse, debounce, context, trigger, prompt, decode (guided),
//! trim, cut back and verify, rank, select, finish. Values go in and values come out.

use std::sync::Arc;

use tokio::time::Instant;

use super::blocking::blocking;
use super::control::Trigger;
use super::cutback::{self, Bound, Chosen};
use super::decode::{self, Decoded};
use super::guide::Guide;
use super::outcome::{CompletionReport, ModelUse, Reason};
use super::request::{CompletionOptions, CompletionRequest, Effort, Extent, TriggerKind};
use super::secrets::{self, MaskedJob};
use super::suggestion::{CheckLevel, Remembered, Suggestion};
use super::surroundings::Surroundings;
use super::target::Target;
use super::validate::Validator;
use super::{debounce, dismissed, finish, import, job, project, rank, reuse, trigger, trim};
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
    let threshold = rank::threshold(&request.trigger, options);
    let target = match Target::of(&request) {
        Ok(target) => target,
        Err(reason) => return CompletionReport::skipped(reason, start.elapsed()),
    };
    let mut known = reuse::rests(&target, &request.remembered);
    dismissed::leave_out(&mut known, &options.dismissed, &target.document.text);
    let known = rank::answers(known, threshold);
    if let Err(reason) = wait(&known, &request.trigger, options, cancel).await {
        return CompletionReport::skipped(reason, start.elapsed());
    }
    let mut model = ModelUse::default();
    let (found, tree, foreign) = if rank::suffice(&known, &request.trigger) {
        (Ok(Vec::new()), None, None)
    } else {
        match surroundings(target, engine, options).await {
            Err(reason) => (Err(reason), None, None),
            Ok(around) => {
                let (tree, foreign) = (around.tree_of_document(), around.foreign.clone());
                let around = Arc::new(around);
                let found =
                    generate(around, request.trigger, engine, options, cancel, start, &mut model).await;
                (found, tree, foreign)
            }
        }
    };
    let (outcome, others) = rank::select(known, found, threshold);
    CompletionReport { outcome, others, tree, foreign, model, elapsed: start.elapsed() }
}

/// What is around a target, and what of other files belongs to it.
async fn surroundings(
    target: Target,
    engine: &dyn Engine,
    options: &CompletionOptions,
) -> Result<Surroundings, Reason> {
    // Why there is none is said later.
    let model = job::model(engine).unwrap_or_default();
    let (project, parts) = (options.project.clone(), options.workspace_context);
    let read = move || {
        let around = Surroundings::read(target)?;
        let foreign = project.foreign(&around.foreign_place(), parts, &model);
        Ok(Surroundings { foreign, ..around })
    };
    blocking(read).await.flatten()
}

/// Wait as long as the user wants to type in peace. What is on the screen goes on at once while it is typed.
async fn wait(
    known: &[Remembered],
    trigger: &TriggerKind,
    options: &CompletionOptions,
    cancel: &CancelToken,
) -> Result<(), Reason> {
    match options.trigger {
        _ if *trigger == TriggerKind::Invoked => Ok(()),
        Trigger::Manual if known.iter().any(Remembered::goes_on) => Ok(()),
        Trigger::Manual => Err(Reason::ManualOnly),
        Trigger::Pause if known.iter().any(|known| known.seen) => Ok(()),
        Trigger::Automatic if rank::suffice(known, trigger) => Ok(()),
        Trigger::Pause | Trigger::Automatic => debounce::pause(options.wait(), trigger, cancel).await,
    }
}

/// The stages that take the model: what may be shown, in the order of generation. `took` says what it did.
async fn generate(
    around: Arc<Surroundings>,
    trigger: TriggerKind,
    engine: &dyn Engine,
    options: &CompletionOptions,
    cancel: &CancelToken,
    start: Instant,
    took: &mut ModelUse,
) -> Result<Vec<Suggestion>, Reason> {
    let (tokens, lines) = options.length(&*job::model(engine)?);
    let extent = trigger::decide(&around.context, &trigger, options, lines)?;
    let read = start.elapsed();
    let language = around.target.snapshot.language.as_deref();
    job::check_language(engine, language)?;
    let (job, candidates) = job_for(&around, &trigger, (extent, tokens), engine, options)?;
    let guide = (options.effort >= Effort::Stops).then(|| Guide::new(&around.context, extent));
    let MaskedJob { job, at_cursor } = MaskedJob::of(job);
    if let Some(what) = at_cursor {
        return Err(Reason::KeyLike(format!("the cursor is in {what}")));
    }
    let generation = engine.generate(job, cancel.clone());
    let deadline = start + options.deadline;
    let texts = decode::decode(generation, candidates, guide.as_ref(), engine, deadline, cancel).await;
    if let Some(first) = texts.as_ref().ok().and_then(|texts| texts.first()) {
        *took = ModelUse { drafts: first.drafts, first_line: first.first_line };
    }
    // The model may have been read only meanwhile.
    job::check_language(engine, language)?;
    let (options, cancelled) = (options.clone(), cancel.clone());
    let threshold = rank::threshold(&trigger, &options);
    let work = Fitting { around: Arc::clone(&around), extent, options, threshold, cancel: cancelled };
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
    (extent, max_tokens): (Extent, usize),
    engine: &dyn Engine,
    options: &CompletionOptions,
) -> Result<(Job, usize), Reason> {
    let wanted = if options.effort >= Effort::Rank { options.candidates } else { 1 };
    let candidates = engine.capabilities().candidates(wanted);
    let task = Task::Generate { candidates };
    let model_context = job::context_tokens(engine)?;
    let mut at_cursor = job::at_cursor(&around.context, model_context, &around.target.document.uri, task);
    if at_cursor.language.is_empty() {
        at_cursor.language.clone_from(&options.language_id);
    }
    let (foreign, comment) = (around.foreign.as_deref(), &around.context.line_comment);
    let job = Job {
        lane: if *trigger == TriggerKind::Ahead { Lane::Background } else { Lane::Interactive },
        max_tokens,
        stop: if options.effort < Effort::Stops { Stop::default() } else { prompt::stop(extent.lines()) },
        ..project::with_foreign(at_cursor, foreign, comment, model_context)
    };
    Ok((job, candidates))
}

/// What the stages after the model work with, on a blocking thread.
struct Fitting {
    around: Arc<Surroundings>,
    extent: Extent,
    options: CompletionOptions,
    /// What is less likely is not shown by itself.
    threshold: f32,
    cancel: CancelToken,
}

impl Fitting {
    /// What of the texts may be shown; when none, why not the first.
    fn suggestions(&self, texts: &[Decoded]) -> Result<Vec<Suggestion>, Reason> {
        let Surroundings { target, part, tree, context, .. } = &*self.around;
        let tree = tree.as_ref().filter(|_| self.options.effort >= Effort::Validate);
        let project = &self.options.project;
        let validator =
            tree.map(|tree| Validator::new(&target.snapshot, part.as_ref(), tree, context, project));
        let until = std::time::Instant::now().checked_add(self.options.check_time);
        let mut found: Vec<Suggestion> = Vec::new();
        let mut why = None;
        for number in 0..texts.len() {
            let most = if number == 0 { CUTS } else { CUTS_OF_OTHERS };
            match self.of_text(texts, number, validator.as_ref(), Bound { most, until }) {
                Ok(new) => {
                    for new in new {
                        if found.iter().all(|old| old.text() != new.text()) {
                            found.push(new);
                        }
                    }
                }
                Err(reason) => drop(why.get_or_insert(reason)),
            }
        }
        match why {
            Some(why) if found.is_empty() => Err(why),
            _ => Ok(found),
        }
    }

    /// What comes of one text: the whole; where several lines are not likely enough, the first one by itself, too.
    fn of_text(
        &self,
        texts: &[Decoded],
        number: usize,
        validator: Option<&Validator<'_>>,
        bound: Bound,
    ) -> Result<Vec<Suggestion>, Reason> {
        let (context, effort) = (&self.around.context, self.options.effort);
        let text = trim::with_effort(&texts[number].text, context, self.extent, effort)?;
        let text = secrets::without_keys(&text, context)?;
        let whole = self.suggestion(text, texts, number, validator, bound);
        let is_block = |whole: &Suggestion| whole.text().trim().contains('\n');
        let alone = match (&whole, trim::first_line(text)) {
            (Ok(whole), Some(line)) if is_block(whole) && self.is_unlikely(whole) => {
                let bound = Bound { most: CUTS_OF_OTHERS, ..bound };
                self.suggestion(line, texts, number, validator, bound).ok()
            }
            _ => None,
        };
        whole.map(|whole| std::iter::once(whole).chain(alone).collect())
    }

    /// Whether a block is not likely enough to come by itself.
    fn is_unlikely(&self, block: &Suggestion) -> bool {
        let rest = rank::rest_logprob(&block.rank, block.text());
        block.rank.probability < self.threshold || self.threshold > 0.0 && rest < rank::UNLIKELY_REST
    }

    /// A trimmed text, of the text `number`, through the last stages.
    fn suggestion(
        &self,
        text: &str,
        texts: &[Decoded],
        number: usize,
        validator: Option<&Validator<'_>>,
        bound: Bound,
    ) -> Result<Suggestion, Reason> {
        let (around, options) = (&*self.around, &self.options);
        let (context, target) = (&around.context, &around.target);
        let (chosen, check_level) = match validator {
            Some(validator) => {
                (cutback::choose(text, validator, context, bound, &self.cancel), validator.check_level())
            }
            None => (Chosen::unjudged(text, context, options.effort), CheckLevel::Unvalidated),
        };
        let mut chosen = chosen?;
        let edit = finish::edit(target, &chosen.candidate, context.line_ending)?;
        let needs = if options.imports { std::mem::take(&mut chosen.needs) } else { Vec::new() };
        let imports = import::allowed(around, &edit, needs);
        chosen.warnings.unknown -= imports.len();
        let prior = rank::prior(&chosen, options)?;
        let prior = prior - if imports.is_empty() { 0.0 } else { rank::IMPORTED };
        let rank =
            rank::rank(&chosen, texts, number, text, context).with_prior(prior).corrected(options.correction);
        let found = finish::finish(target, edit, imports, check_level, rank, &texts[number])?;
        match dismissed::is_dismissed(&options.dismissed, &target.document.text, &found) {
            true => Err(Reason::DismissedBefore),
            false => Ok(found),
        }
    }
}
