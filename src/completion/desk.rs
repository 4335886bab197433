//! One generation from the job to what may be shown of it: decoded, trimmed, judged, ranked. The stages themselves are
//! other files'.

use std::sync::Arc;

use tokio::time::Instant;
use tree_sitter::Tree;

use super::cutback::{self, Bound, Chosen};
use super::decode::{self, Decoded};
use super::guide::Guide;
use super::outcome::{Completion, Reason, Verdict};
use super::place::Place;
use super::trigger::Shape;
use super::trim::{self, Candidate};
use super::validate::Judge;
use super::{Effort, OnRisk, Options, Trigger, blocking, rank};
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
    pub shape: Shape,
    pub tree: Option<Tree>,
    pub options: Options,
    pub cancel: CancelToken,
}

impl Desk {
    /// Generate, trim and validate: what may be shown, in the order of generation.
    pub async fn attempt(
        self: &Arc<Self>,
        engine: &dyn Engine,
        start: Instant,
    ) -> Result<Vec<Completion>, Reason> {
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
            Shape::Line => prompt::stop(1),
            Shape::Lines(most) => prompt::stop(most),
        };
        Ok(Job {
            document: request.snapshot.uri.to_string(),
            lane: if request.trigger == Trigger::Ahead { Lane::Background } else { Lane::Interactive },
            segments: prompt::build(&self.context, Budget::for_context(tokens)),
            max_tokens: self.options.max_tokens,
            stop,
            sampling: Sampling::Greedy,
            task: Task::Generate { candidates },
        })
    }

    /// What of the texts may be shown; when none, why not the first.
    fn judged(&self, texts: &[Decoded]) -> Result<Vec<Completion>, Reason> {
        let judge = self.tree.as_ref().filter(|_| self.options.effort >= Effort::Validate);
        let judge = judge.map(|tree| match &self.part {
            Some(part) => Judge::of_part(part, tree, &self.context),
            None => Judge::new(&self.place.snapshot, tree, &self.context),
        });
        let until = std::time::Instant::now().checked_add(self.options.check_time);
        let mut found: Vec<Completion> = Vec::new();
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
    ) -> Result<Completion, Reason> {
        let (context, options) = (&self.context, &self.options);
        let text = match options.effort >= Effort::Trim {
            true => trim::trim(&decoded.text, context, self.shape)?,
            false if decoded.text.trim().is_empty() => return Err(Reason::Blank),
            false => decoded.text.clone(),
        };
        let as_it_is = || Chosen::unjudged(Candidate { text: text.clone(), takes: 0 });
        let (chosen, verdict) = match judge {
            Some(judge) => {
                let chosen = cutback::choose(&text, judge, context, bound, &self.cancel);
                (chosen.ok_or(Reason::Invalid)?, judge.verdict())
            }
            None if options.effort < Effort::Trim => (as_it_is(), Verdict::Unvalidated),
            None => {
                let joined = trim::joins(&text, context).into_iter().next();
                (Chosen::unjudged(joined.ok_or(Reason::AlreadyThere)?), Verdict::Unvalidated)
            }
        };
        let leaning = options.leaning[usize::from(chosen.candidate.text.trim().contains('\n'))];
        let leaning = leaning - if chosen.signs.shadowing > 0 { rank::SHADOWING } else { 0.0 };
        let leaning = match (chosen.signs.risky, options.on_risk) {
            (true, OnRisk::Drop) => return Err(Reason::OnRisk),
            (true, OnRisk::Lower) => leaning - rank::RISKY,
            (false, _) => leaning,
        };
        let rank = rank::rank(&chosen, decoded, others, &text, context).leaning(leaning);
        let completion = self.place.completion(&chosen.candidate, context, verdict, decoded, rank);
        if self.place.is_sound(&completion) { Ok(completion) } else { Err(Reason::MenuConflict) }
    }
}
