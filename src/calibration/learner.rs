//! Learns on a thread of its own, so that neither a key nor an answer waits for arithmetic or for a disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use parking_lot::Mutex;

use super::{Correction, Judgement, ModelIdentity, Prior, Record, Store, fit};

/// Messages that may wait: minutes of typing. When a disk hangs longer, outcomes are dropped.
const QUEUE: usize = 256;
/// The file is written when there are so many new outcomes, and at the end of the process.
const WRITTEN_AT: usize = 32;

enum Message {
    Load(ModelIdentity),
    Judged(ModelIdentity, Vec<Judgement>),
    Flush(mpsc::Sender<()>),
}

/// The corrections in force.
type Corrections = Arc<Mutex<HashMap<ModelIdentity, Correction>>>;

/// Knows the correction of each model, and learns it from outcomes. Cheap to clone; telling it something never waits.
#[derive(Debug, Clone, Default)]
pub struct Learner {
    corrections: Corrections,
    /// None: what is told is forgotten.
    sender: Option<SyncSender<Message>>,
}

impl Learner {
    /// Learns nothing: a model has the correction that its size suggests.
    pub fn off() -> Self {
        Self::default()
    }

    /// Keeps what it learns in `folder`; without one, only while the process lives.
    pub fn start(folder: Option<PathBuf>) -> Self {
        let (sender, queue) = mpsc::sync_channel(QUEUE);
        let corrections = Corrections::default();
        let worker = Worker {
            store: folder.map(Store::new),
            known: HashMap::new(),
            corrections: Arc::clone(&corrections),
            warned: false,
        };
        let thread = std::thread::Builder::new().name("calibration".into());
        match thread.spawn(move || worker.run(&queue)) {
            Ok(_) => Self { corrections, sender: Some(sender) },
            Err(error) => {
                tracing::warn!("no calibration is learned: {error}");
                Self::off()
            }
        }
    }

    /// The correction of `model`: what its size suggests until more is known.
    pub fn correction(&self, model: &ModelIdentity) -> Correction {
        if let Some(known) = self.corrections.lock().get(model) {
            return *known;
        }
        let first = Prior::of(model).correction();
        self.corrections.lock().insert(model.clone(), first);
        self.send(Message::Load(model.clone()));
        first
    }

    /// These predictions of `model` have come true, or not.
    pub fn judged(&self, model: &ModelIdentity, outcomes: Vec<Judgement>) {
        if !outcomes.is_empty() {
            self.send(Message::Judged(model.clone(), outcomes));
        }
    }

    /// Waits until everything told so far is learned and written, but not longer than `patience`.
    pub fn flush(&self, patience: Duration) {
        if self.sender.is_none() {
            return;
        }
        let (done, wait) = mpsc::channel();
        self.send(Message::Flush(done));
        // An error means that the time is up, or that nobody learns.
        let _ = wait.recv_timeout(patience);
    }

    fn send(&self, message: Message) {
        if let Some(sender) = &self.sender {
            // Full: the disk hangs. An outcome less is better than a wait.
            let _ = sender.try_send(message);
        }
    }
}

/// What is known of a model.
#[derive(Default)]
struct Known {
    /// As in the file.
    record: Record,
    /// Not written yet.
    new: Vec<Judgement>,
}

struct Worker {
    store: Option<Store>,
    known: HashMap<ModelIdentity, Known>,
    corrections: Corrections,
    warned: bool,
}

impl Worker {
    fn run(mut self, queue: &Receiver<Message>) {
        while let Ok(message) = queue.recv() {
            match message {
                Message::Load(model) => {
                    self.of(&model);
                    self.learn(&model);
                }
                Message::Judged(model, outcomes) => {
                    let known = self.of(&model);
                    known.new.extend(outcomes);
                    if known.new.len() >= WRITTEN_AT {
                        self.write(&model);
                    }
                    self.learn(&model);
                }
                Message::Flush(done) => {
                    let models: Vec<ModelIdentity> = self.known.keys().cloned().collect();
                    models.iter().for_each(|model| self.write(model));
                    // Whoever waited may have gone.
                    let _ = done.send(());
                }
            }
        }
    }

    fn of(&mut self, model: &ModelIdentity) -> &mut Known {
        let store = self.store.as_ref();
        let load =
            || Known { record: store.map(|store| store.load(model)).unwrap_or_default(), new: Vec::new() };
        self.known.entry(model.clone()).or_insert_with(load)
    }

    fn write(&mut self, model: &ModelIdentity) {
        let Some(known) = self.known.get_mut(model).filter(|known| !known.new.is_empty()) else { return };
        let written = match &self.store {
            Some(store) => store.add(model, &known.new),
            None => {
                known.record.extend(known.new.iter().copied());
                Ok(std::mem::take(&mut known.record))
            }
        };
        match written {
            Ok(record) => (known.record, known.new) = (record, Vec::new()),
            // They stay and are tried again, but not without end.
            Err(error) => {
                known.record.extend(known.new.drain(..known.new.len().saturating_sub(QUEUE)));
                if !std::mem::replace(&mut self.warned, true) {
                    tracing::warn!("the calibration of models is not kept: {error}");
                }
            }
        }
    }

    fn learn(&mut self, model: &ModelIdentity) {
        let Some(known) = self.known.get(model) else { return };
        let judged = [known.record.judged(), known.new.clone()].concat();
        let correction =
            if judged.is_empty() { Prior::of(model).correction() } else { fit(&Prior::of(model), &judged) };
        tracing::debug!(?correction, outcomes = judged.len(), "calibrated");
        self.corrections.lock().insert(model.clone(), correction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::PlaceKind;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn model() -> ModelIdentity {
        ModelIdentity { name: "m".into(), embedded: true, ..ModelIdentity::default() }
    }

    fn wrong(count: usize) -> Vec<Judgement> {
        let one =
            Judgement { score: 1.0, offset: 0.0, kind: PlaceKind::InsideLine, said: 0.73, right: false };
        vec![one; count]
    }

    #[test]
    fn what_one_process_learned_the_next_one_knows() {
        let folder = tempfile::tempdir().unwrap();
        let first = Learner::start(Some(folder.path().to_owned()));
        assert_eq!(first.correction(&model()), Correction::NONE, "nothing is learned yet");
        first.judged(&model(), wrong(100));
        first.flush(PATIENCE);
        let learned = first.correction(&model());
        assert!(learned.logit(1.0, PlaceKind::InsideLine) < -0.5, "{learned:?}");
        let next = Learner::start(Some(folder.path().to_owned()));
        next.correction(&model());
        next.flush(PATIENCE);
        assert_eq!(next.correction(&model()), learned);
        // Another one that writes at the same time loses nothing.
        next.judged(&model(), wrong(1));
        first.judged(&model(), wrong(1));
        next.flush(PATIENCE);
        first.flush(PATIENCE);
        assert_eq!(Store::new(folder.path().to_owned()).load(&model()).total, 102);
    }

    #[test]
    fn without_a_folder_it_learns_all_the_same() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for folder in [None, Some(file.path().join("x"))] {
            let learner = Learner::start(folder);
            learner.judged(&model(), wrong(300));
            learner.flush(PATIENCE);
            assert!(learner.correction(&model()).logit(1.0, PlaceKind::InsideLine) < -0.5);
        }
        let off = Learner::off();
        off.judged(&model(), wrong(300));
        off.flush(PATIENCE);
        assert_eq!(off.correction(&model()), Correction::NONE);
    }
}
