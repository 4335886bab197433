//! One generation from the job to what may be shown of it: decoded, trimmed, judged, ranked. The stages themselves are
//! other files'.

use std::sync::Arc;

use tokio::time::Instant;
use tree_sitter::Tree;

use super::cutback::{self, Bound, Chosen};
use super::decode::{self, Decoded};
use super::guide::Guide;
use super::outcome::{CheckLevel, Reason, Suggestion};
use super::place::Place;
use super::request::Extent;
use super::request::{CompletionOptions, Effort, OnRisk, TriggerKind};
use super::trim::{self, Candidate};
use super::validate::Judge;
use super::{blocking, rank};
use crate::cancel::CancelToken;
use crate::context::CursorContext;
use crate::document::Part;
use crate::engine::{Engine, Job, Lane, Sampling, Status, Stop, Task};
use crate::prompt::{self, Budget};

/// Most candidates judged of the likeliest text, and of each other one: of those, what does not fit nearly as it is, is not
/// worth the time.
const CUTS: usize = 48;
const CUTS_OF_OTHERS: usize = 4;

/// Everything a generation is made for and judged by.
pub struct Desk {
    pub place: Place,
    /// What of the document `tree` is of, when not all of it.
    pub part: Option<Part>,
    pub context: CursorContext,
    pub shape: Extent,
    pub tree: Option<Tree>,
    pub options: CompletionOptions,
    pub cancel: CancelToken,
}

impl Desk {
    /// Generate, trim and validate: what may be shown, in the order of generation.
    pub async fn attempt(
        self: &Arc<Self>,
        engine: &dyn Engine,
        start: Instant,
    ) -> Result<Vec<Suggestion>, Reason> {
        let candidates = if self.options.effort >= Effort::Rank { self.options.candidates } else { 1 };
        let generation = engine.generate(self.job(engine, candidates)?, self.cancel.clone());
        let guide = (self.options.effort >= Effort::Stops).then(|| Guide::new(&self.context, self.shape));
        let deadline = start + self.options.deadline;
        let texts =
            decode::decode(generation, candidates, guide.as_ref(), engine, deadline, &self.cancel).await?;
        let desk = Arc::clone(self);
        blocking(move || desk.judged(&texts)).await?
    }

    fn job(&self, engine: &dyn Engine, candidates: usize) -> Result<Job, Reason> {
        let tokens = match &*engine.status().borrow() {
            Status::Failed(why) => return Err(Reason::NoEngine(why.clone())),
            Status::Ready(model) => model.context,
            Status::Loading(_) | Status::Restarting => 0,
        };
        let request = &self.place.request;
        let stop = match self.shape {
            _ if self.options.effort < Effort::Stops => Stop::default(),
            Extent::Line => prompt::stop(1),
            Extent::Lines(most) => prompt::stop(most),
        };
        Ok(Job {
            document: request.snapshot.uri.to_string(),
            lane: if request.trigger == TriggerKind::Ahead { Lane::Background } else { Lane::Interactive },
            segments: prompt::build(&self.context, Budget::for_context(tokens)),
            max_tokens: self.options.max_tokens,
            stop,
            sampling: Sampling::Greedy,
            task: Task::Generate { candidates: engine.capabilities().candidates(candidates) },
        })
    }

    /// What of the texts may be shown; when none, why not the first.
    fn judged(&self, texts: &[Decoded]) -> Result<Vec<Suggestion>, Reason> {
        let judge = self.tree.as_ref().filter(|_| self.options.effort >= Effort::Validate);
        let judge = judge.map(|tree| match &self.part {
            Some(part) => Judge::of_part(part, tree, &self.context),
            None => Judge::new(&self.place.snapshot, tree, &self.context),
        });
        let until = std::time::Instant::now().checked_add(self.options.check_time);
        let mut found: Vec<Suggestion> = Vec::new();
        let mut why = None;
        for (number, text) in texts.iter().enumerate() {
            let most = if number == 0 { CUTS } else { CUTS_OF_OTHERS };
            let others: Vec<&Decoded> = texts
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number)
                .map(|(_, text)| text)
                .collect();
            match self.completion(text, &others, judge.as_ref(), Bound { most, until }) {
                Ok(new) if found.iter().all(|old| old.text != new.text) => found.push(new),
                Ok(_) => {}
                Err(reason) => drop(why.get_or_insert(reason)),
            }
        }
        match why {
            Some(why) if found.is_empty() => Err(why),
            _ => Ok(found),
        }
    }

    fn completion(
        &self,
        decoded: &Decoded,
        others: &[&Decoded],
        judge: Option<&Judge<'_>>,
        bound: Bound,
    ) -> Result<Suggestion, Reason> {
        let (context, options) = (&self.context, &self.options);
        let text = match options.effort >= Effort::Trim {
            true => trim::trim(&decoded.text, context, self.shape)?,
            false if decoded.text.trim().is_empty() => return Err(Reason::Blank),
            false => decoded.text.clone(),
        };
        let as_it_is = || Chosen::unjudged(Candidate { text: text.clone(), takes: 0 });
        let (chosen, check_level) = match judge {
            Some(judge) => {
                let chosen = cutback::choose(&text, judge, context, bound, &self.cancel);
                (chosen.ok_or(Reason::Invalid)?, judge.verdict())
            }
            None if options.effort < Effort::Trim => (as_it_is(), CheckLevel::Unvalidated),
            None => {
                let joined = trim::joins(&text, context).into_iter().next();
                (Chosen::unjudged(joined.ok_or(Reason::AlreadyThere)?), CheckLevel::Unvalidated)
            }
        };
        let prior_logit = options.prior_logits[usize::from(chosen.candidate.text.trim().contains('\n'))];
        let prior_logit = prior_logit - if chosen.signs.shadowing > 0 { rank::SHADOWING } else { 0.0 };
        let prior_logit = match (chosen.signs.risky, options.on_risk) {
            (true, OnRisk::Drop) => return Err(Reason::Risky),
            (true, OnRisk::Lower) => prior_logit - rank::RISKY,
            (false, _) => prior_logit,
        };
        let rank = rank::rank(&chosen, decoded, others, &text, context).with_prior(prior_logit);
        let completion = self.place.completion(&chosen.candidate, context, check_level, decoded, rank);
        if self.place.is_sound(&completion) { Ok(completion) } else { Err(Reason::MenuConflict) }
    }
}
