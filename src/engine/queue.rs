//! Queues jobs for the engine thread: the latest job of a document wins, interactive jobs go before background work.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::mpsc::UnboundedSender;

use super::{EngineError, Job, Lane, Update};
use crate::cancel::CancelToken;

/// Jobs that wait at most. Latest-wins leaves one per document and lane, so only that many documents reach it.
const CAPACITY: usize = 64;

/// A job and the ways to answer and to stop it.
#[derive(Debug)]
pub struct Ticket {
    /// What to do.
    pub job: Job,
    cancel: CancelToken,
    updates: UnboundedSender<Result<Update, EngineError>>,
    /// Set when another job takes this one's place while it runs.
    superseded: Arc<AtomicBool>,
    /// The last sign of life of the thread that runs it.
    pulse: Arc<Mutex<Instant>>,
    /// Places of the servers that could not do it, of an engine that has several.
    pub tried: Vec<usize>,
}

impl Ticket {
    /// A ticket for `job`, answered through `updates`.
    pub fn new(job: Job, cancel: CancelToken, updates: UnboundedSender<Result<Update, EngineError>>) -> Self {
        let pulse = Arc::new(Mutex::new(Instant::now()));
        Self { job, cancel, updates, superseded: Arc::default(), pulse, tried: Vec::new() }
    }

    /// Whether nobody wants the result any more: superseded, cancelled, or its `Generation` dropped. Three atomic reads.
    pub fn is_over(&self) -> bool {
        self.superseded.load(Ordering::Acquire) || self.cancel.is_cancelled() || self.updates.is_closed()
    }

    /// The same question for somebody who waits elsewhere, as a socket does; asking is a sign of life.
    pub fn watcher(&self) -> impl Fn() -> bool + Send + 'static {
        let (superseded, cancel, updates) =
            (Arc::clone(&self.superseded), self.cancel.clone(), self.updates.clone());
        let pulse = Arc::clone(&self.pulse);
        move || {
            *pulse.lock() = Instant::now();
            superseded.load(Ordering::Acquire) || cancel.is_cancelled() || updates.is_closed()
        }
    }

    /// What the engine thread calls before each chunk and token: a sign of life, and an error when nobody wants the
    /// result any more.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`].
    pub fn check(&self) -> Result<(), EngineError> {
        *self.pulse.lock() = Instant::now();
        if self.is_over() { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// Send an update; a dropped receiver is noticed by [`Ticket::is_over`].
    pub fn send(&self, update: Update) {
        let _ = self.updates.send(Ok(update));
    }

    /// Answer with an error.
    pub fn fail(&self, error: EngineError) {
        let _ = self.updates.send(Err(error));
    }

    fn same_place(&self, document: &str, lane: Lane) -> bool {
        self.job.lane == lane && self.job.document == document
    }
}

/// What the engine thread works on, as far as the queue has to know it.
#[derive(Debug)]
struct Running {
    document: String,
    lane: Lane,
    superseded: Arc<AtomicBool>,
    pulse: Arc<Mutex<Instant>>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Ticket>,
    running: Option<Running>,
    closed: Option<EngineError>,
}

/// What a wait for a job ended with.
#[derive(Debug)]
pub enum Next {
    /// A job.
    Job(Box<Ticket>),
    /// None came in time.
    Nothing,
    /// None will come any more.
    Closed,
}

/// The mailbox. Many threads push, one takes.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Add a ticket. An older one of the same document and lane ends with [`EngineError::Cancelled`], also when it
    /// runs; an interactive one also ends running background work.
    pub fn push(&self, ticket: Ticket) {
        let mut state = self.state();
        if let Some(error) = &state.closed {
            return ticket.fail(error.clone());
        }
        let lane = ticket.job.lane;
        state.withdraw(&ticket.job.document, lane);
        if let Some(running) = &state.running
            && running.lane == Lane::Background
            && lane == Lane::Interactive
        {
            running.superseded.store(true, Ordering::Release);
        }
        if state.waiting.len() >= CAPACITY
            && let Some(oldest) = state.waiting.pop_front()
        {
            oldest.fail(EngineError::Cancelled);
        }
        state.waiting.push_back(ticket);
        self.wake.notify_one();
    }

    /// End the job of a document and lane with [`EngineError::Cancelled`], whether it waits or runs: a newer one goes elsewhere.
    pub fn withdraw(&self, document: &str, lane: Lane) {
        self.state().withdraw(document, lane);
    }

    /// Wait for the next job that somebody still wants: the oldest interactive one, else the oldest background one. The
    /// job counts as running until the next call.
    pub fn take(&self) -> Next {
        self.take_within(None)
    }

    /// The same, but wait no longer than `most`.
    pub fn take_within(&self, most: Option<Duration>) -> Next {
        let until = most.map(|most| Instant::now() + most);
        let mut state = self.state();
        state.running = None;
        loop {
            if state.closed.is_some() {
                return Next::Closed;
            }
            if let Some(ticket) = state.pop() {
                state.running = Some(Running {
                    document: ticket.job.document.clone(),
                    lane: ticket.job.lane,
                    superseded: Arc::clone(&ticket.superseded),
                    pulse: Arc::clone(&ticket.pulse),
                });
                // Not the time it waited.
                let _ = ticket.check();
                return Next::Job(Box::new(ticket));
            }
            let Some(until) = until else {
                self.wake.wait(&mut state);
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::Nothing;
            }
            self.wake.wait_for(&mut state, left);
        }
    }

    /// End everything: waiting, running and future jobs get `error`.
    pub fn close(&self, error: EngineError) {
        let mut state = self.state();
        for ticket in state.waiting.drain(..) {
            ticket.fail(error.clone());
        }
        if let Some(running) = &state.running {
            running.superseded.store(true, Ordering::Release);
        }
        state.closed.get_or_insert(error);
        self.wake.notify_all();
    }

    /// How long the running job has shown no sign of life; zero when none runs.
    pub fn stuck_for(&self) -> Duration {
        let pulse = self.state().running.as_ref().map(|running| Arc::clone(&running.pulse));
        pulse.map_or(Duration::ZERO, |pulse| pulse.lock().elapsed())
    }

    /// Asks from elsewhere whether the queue was closed.
    pub fn closing(self: &Arc<Self>) -> impl Fn() -> bool + Send + 'static {
        let queue = Arc::clone(self);
        move || queue.is_closed()
    }

    /// Asks from elsewhere whether there is something to do, or the queue was closed.
    pub fn wanted(self: &Arc<Self>) -> impl Fn() -> bool + Send + 'static {
        let queue = Arc::clone(self);
        move || {
            let state = queue.state();
            state.closed.is_some() || !state.waiting.is_empty()
        }
    }

    /// Whether [`Queue::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.state().closed.is_some()
    }
}

impl State {
    fn withdraw(&mut self, document: &str, lane: Lane) {
        self.waiting.retain(|old| {
            let stays = !old.same_place(document, lane);
            if !stays {
                old.fail(EngineError::Cancelled);
            }
            stays
        });
        if let Some(running) = &self.running
            && running.lane == lane
            && running.document == document
        {
            running.superseded.store(true, Ordering::Release);
        }
    }

    fn pop(&mut self) -> Option<Ticket> {
        self.waiting.retain(|ticket| {
            let over = ticket.is_over();
            if over {
                ticket.fail(EngineError::Cancelled);
            }
            !over
        });
        let interactive = self.waiting.iter().position(|ticket| ticket.job.lane == Lane::Interactive);
        self.waiting.remove(interactive.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelSource;
    use crate::engine::{Generation, Sampling, Stop, Task};

    fn job(document: &str, lane: Lane) -> Job {
        Job {
            document: document.into(),
            lane,
            segments: Vec::new(),
            max_tokens: 1,
            stop: Stop::default(),
            sampling: Sampling::Greedy,
            task: Task::default(),
            language: String::new(),
            workspace: None,
        }
    }

    fn take(queue: &Queue) -> Ticket {
        match queue.take() {
            Next::Job(ticket) => *ticket,
            other => panic!("{other:?}"),
        }
    }

    fn push(queue: &Queue, document: &str, lane: Lane) -> Generation {
        let (updates, generation) = Generation::channel();
        queue.push(Ticket::new(job(document, lane), CancelToken::never(), updates));
        generation
    }

    fn outcome(generation: &mut Generation) -> Option<Result<Update, EngineError>> {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(generation.next())
    }

    #[test]
    fn the_latest_of_a_document_wins_while_waiting() {
        let queue = Queue::default();
        let mut first = push(&queue, "a", Lane::Interactive);
        let _other = push(&queue, "b", Lane::Interactive);
        let _second = push(&queue, "a", Lane::Interactive);
        assert_eq!(outcome(&mut first), Some(Err(EngineError::Cancelled)));
        assert_eq!(take(&queue).job.document, "b");
        assert_eq!(take(&queue).job.document, "a");
    }

    #[test]
    fn the_latest_of_a_document_stops_the_running_one() {
        let queue = Queue::default();
        let _first = push(&queue, "a", Lane::Interactive);
        let running = take(&queue);
        let _other = push(&queue, "b", Lane::Interactive);
        let _background = push(&queue, "a", Lane::Background);
        assert!(!running.is_over(), "another document or lane does not stop it");
        let _second = push(&queue, "a", Lane::Interactive);
        assert!(running.is_over());
    }

    #[test]
    fn people_go_first_and_stop_background_work() {
        let queue = Queue::default();
        let _background = push(&queue, "a", Lane::Background);
        let _more = push(&queue, "b", Lane::Background);
        let running = take(&queue);
        assert_eq!(running.job.document, "a");
        let _person = push(&queue, "c", Lane::Interactive);
        assert!(running.is_over());
        assert_eq!(take(&queue).job.document, "c");
        assert_eq!(take(&queue).job.document, "b");
    }

    #[test]
    fn unwanted_jobs_are_skipped() {
        let queue = Queue::default();
        drop(push(&queue, "dropped", Lane::Interactive));
        let source = CancelSource::new();
        let (updates, mut cancelled) = Generation::channel();
        queue.push(Ticket::new(job("cancelled", Lane::Interactive), source.token(), updates));
        source.cancel();
        let _wanted = push(&queue, "wanted", Lane::Background);
        assert_eq!(take(&queue).job.document, "wanted");
        assert_eq!(outcome(&mut cancelled), Some(Err(EngineError::Cancelled)));
    }

    #[test]
    fn a_wait_may_end_without_a_job() {
        let queue = Queue::default();
        assert!(matches!(queue.take_within(Some(Duration::ZERO)), Next::Nothing));
        let _job = push(&queue, "a", Lane::Background);
        assert!(matches!(queue.take_within(Some(Duration::ZERO)), Next::Job(_)));
    }

    #[test]
    fn closing_answers_everybody() {
        let queue = Queue::default();
        let mut before = push(&queue, "a", Lane::Interactive);
        let error = EngineError::Unavailable("no model".into());
        queue.close(error.clone());
        let mut after = push(&queue, "b", Lane::Interactive);
        assert_eq!(outcome(&mut before), Some(Err(error.clone())));
        assert_eq!(outcome(&mut after), Some(Err(error)));
        assert!(matches!(queue.take(), Next::Closed));
        assert!(queue.is_closed());
    }

    #[test]
    fn the_number_of_waiting_jobs_is_bounded() {
        let queue = Queue::default();
        let mut generations: Vec<_> =
            (0..=CAPACITY).map(|number| push(&queue, &number.to_string(), Lane::Interactive)).collect();
        assert_eq!(outcome(&mut generations[0]), Some(Err(EngineError::Cancelled)));
        assert_eq!(take(&queue).job.document, "1");
    }
}
