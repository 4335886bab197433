//! Gives each request the correction of its model, and passes on what came of predictions.

use std::sync::Arc;

use super::state::{Session, State};
use crate::calibration::{Correction, Learner, ModelIdentity};
use crate::completion::{Outcome, Remembered};
use crate::document::Snapshot;
use crate::engine::{Engine, ModelInfo, Status};
use crate::feedback::Judged;
use crate::models;

impl Session {
    /// Corrects the probabilities of suggestions by what `learner` knows, and lets it learn from what is typed from now on.
    pub fn calibrate_by(&self, learner: Learner) {
        self.lock().calibration.learner = learner;
    }

    /// The correction of the model of `engine`, which was loaded.
    pub(super) fn correction(&self, engine: &dyn Engine) -> Correction {
        let Status::Ready(info) = engine.status().borrow().clone() else { return Correction::NONE };
        let known = self.lock().calibration.model.clone().filter(|(known, _)| Arc::ptr_eq(known, &info));
        // Once for each model that is read, and not behind the lock: the size of a file is asked for.
        let model = known.map_or_else(|| Arc::new(identity(&info)), |(_, model)| model);
        let mut state = self.lock();
        state.calibration.model = Some((info, Arc::clone(&model)));
        state.calibration.learner.correction(&model)
    }
}

/// What names the model of `info`.
pub fn identity(info: &ModelInfo) -> ModelIdentity {
    ModelIdentity {
        name: info.name.clone(),
        family: family(info),
        parameters: info.parameters,
        bytes: std::fs::metadata(&info.path).map_or(0, |about| about.len()),
        embedded: models::is_embedded(&info.path),
    }
}

/// The family; what it writes is scored apart where no server tells its probabilities.
fn family(info: &ModelInfo) -> String {
    let told = info.capabilities.log_probabilities;
    if told { info.family.clone() } else { format!("{}, without probabilities", info.family) }
}

impl State {
    /// The best suggestion of an answer for the text `asked`, shown or not, is a prediction. What was only kept was one when it
    /// was made, and what was asked for by hand is no sample of the places where suggestions come by themselves.
    pub(super) fn predict(&mut self, asked: &Snapshot, outcome: &Outcome, others: &[Remembered]) {
        let best = match outcome {
            Outcome::Suggested(best) => Some(best),
            Outcome::Skipped(_) => others.first().map(|other| &other.suggestion),
        };
        let Some((best, (_, model))) =
            best.filter(|best| best.tokens > 0).zip(self.calibration.model.as_ref())
        else {
            return;
        };
        let Some(open) = self.documents.get_mut(&asked.uri) else { return };
        // Where the user has typed on meanwhile, the place is another one.
        if open.document.text().is_instance(&asked.text) {
            open.feedback.predictions.add(best, model, &asked.text);
        }
    }

    /// These predictions have come true, or not.
    pub(super) fn learn(&self, judged: Vec<Judged>) {
        self.calibration.learn(self.feedback.enabled, judged);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::calibration::{Judgement, PlaceKind, Store};
    use crate::completion::{Eagerness, Reason, TriggerKind};
    use crate::config::Config;
    use crate::document::{Change, Encoding};
    use crate::engine::scripted::{Script, ScriptedEngine};
    use crate::session::Query;
    use crate::stats::RequestKind;

    const URI: &str = "file:///x.py";
    const PATIENCE: Duration = Duration::from_secs(20);
    /// No word of it may get to the disk.
    const CANARY: &str = "canary_qzx = int\ncanary_zxq = canary_qzx(1)";
    const BEFORE: usize = "canary_qzx = int\ncanary_zxq = ".len();

    async fn session(eagerness: Eagerness, learner: &Learner, counted: bool) -> Arc<Session> {
        // About as sure as it takes to be shown, but not at low eagerness.
        let text = CANARY[BEFORE..].to_owned();
        let engine = ScriptedEngine::new(move |_| Script::Texts(vec![(text.clone(), -1.0)]));
        let starter = Arc::new(move |_: &Config| Arc::clone(&engine) as _);
        let mut config = Config::default();
        config.completion.options.eagerness = eagerness;
        config.stats.enabled = counted;
        let session = Session::new(crate::testing::registry, config, starter);
        session.calibrate_by(learner.clone());
        session.start_engine();
        session.engine().wait_for(Option::is_some).await.unwrap();
        session.open(URI, "python", 1, &format!("{}\n\n", &CANARY[..BEFORE]));
        session
    }

    async fn ask(session: &Arc<Session>, kind: RequestKind) -> Outcome {
        let request = session.begin(URI, kind).unwrap();
        let offset = BEFORE;
        let trigger = match kind {
            RequestKind::Invoked => TriggerKind::Invoked,
            _ => TriggerKind::Automatic,
        };
        session.complete(request, Query { offset, trigger, selected: None }).await.outcome
    }

    fn replace(session: &Arc<Session>, text: &str) {
        let change = Change { range: None, text: text.to_owned() };
        session.change(URI, None, &[change], Encoding::Utf8).unwrap();
    }

    fn outcomes(folder: &Path) -> Vec<(bool, f32)> {
        let (all, broken) = Store::new(folder.to_owned()).all();
        assert!(broken.is_empty());
        all.iter().flat_map(|(_, record)| record.judged()).map(|one| (one.right, one.said)).collect()
    }

    fn files(folder: &Path) -> Vec<u8> {
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        names
            .flat_map(|path| {
                [path.to_string_lossy().as_bytes().to_vec(), std::fs::read(path).unwrap()].concat()
            })
            .collect()
    }

    #[tokio::test]
    async fn what_is_typed_is_learned_from_shown_or_not_and_leaves_no_text() {
        for (eagerness, is_shown) in [(Eagerness::Everything, true), (Eagerness::Low, false)] {
            let folder = tempfile::tempdir().unwrap();
            let learner = Learner::start(Some(folder.path().to_owned()));
            let session = session(eagerness, &learner, true).await;
            let outcome = ask(&session, RequestKind::Automatic).await;
            assert_eq!(matches!(outcome, Outcome::Suggested(_)), is_shown, "{outcome:?}");
            replace(&session, &format!("{CANARY}\n\n"));
            for end in ["a", "ab", "abc"] {
                replace(&session, &format!("{CANARY}\n\n{end}"));
            }
            learner.flush(PATIENCE);
            let found = outcomes(folder.path());
            assert_eq!(found.len(), 1);
            assert!(found[0].0 && (0.0..=1.0).contains(&found[0].1), "{found:?}");
            let written = String::from_utf8(files(folder.path())).unwrap();
            assert!(written.contains("outcomes"));
            for word in ["canary", "zxq", "qzx", "x.py"] {
                assert!(!written.contains(word), "{word} in {written}");
            }
        }
    }

    #[tokio::test]
    async fn a_line_that_ends_otherwise_is_wrong_and_what_was_asked_for_is_no_sample() {
        let folder = tempfile::tempdir().unwrap();
        let learner = Learner::start(Some(folder.path().to_owned()));
        let session = session(Eagerness::Everything, &learner, true).await;
        ask(&session, RequestKind::Invoked).await;
        replace(&session, "canary_qzx = int\ncanary_zxq = other\n\n");
        session.close(URI);
        learner.flush(PATIENCE);
        assert_eq!(outcomes(folder.path()), []);
        let session = self::session(Eagerness::Everything, &learner, true).await;
        ask(&session, RequestKind::Menu).await;
        replace(&session, "canary_qzx = int\ncanary_zxq = other\n\n");
        session.finish();
        learner.flush(PATIENCE);
        assert_eq!(outcomes(folder.path()).iter().map(|(right, _)| *right).collect::<Vec<_>>(), [false]);
    }

    #[tokio::test]
    async fn who_wants_nothing_counted_has_nothing_kept() {
        let folder = tempfile::tempdir().unwrap();
        let learner = Learner::start(Some(folder.path().to_owned()));
        let session = session(Eagerness::Everything, &learner, false).await;
        ask(&session, RequestKind::Automatic).await;
        replace(&session, &format!("{CANARY}\n\n"));
        session.finish();
        learner.flush(PATIENCE);
        assert_eq!(outcomes(folder.path()), []);
    }

    #[tokio::test]
    async fn the_bar_is_about_corrected_probabilities() {
        let learner = Learner::start(None);
        let session = session(Eagerness::High, &learner, true).await;
        let Outcome::Suggested(shown) = ask(&session, RequestKind::Automatic).await else {
            panic!("the script is likely enough")
        };
        let plain = shown.rank.clone();
        assert_eq!(plain.clone().corrected(Correction::NONE), plain, "nothing is learned: as it was fitted");
        let model = session.lock().calibration.model.clone().unwrap().1;
        let wrong = Judgement {
            score: plain.score(),
            offset: 0.0,
            kind: plain.place_kind(),
            said: 0.9,
            right: false,
        };
        learner.judged(&model, vec![wrong; 500]);
        learner.flush(PATIENCE);
        assert!(learner.correction(&model).logit(plain.score(), PlaceKind::InsideLine) < -2.0);
        session.close(URI);
        session.open(URI, "python", 1, &format!("{}\n\n", &CANARY[..BEFORE]));
        assert_eq!(ask(&session, RequestKind::Automatic).await, Outcome::Skipped(Reason::LowConfidence));
    }
}
