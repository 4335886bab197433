//! Remembers which model was asked last, and passes outcomes on to who learns from them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::calibration::{Judgement, Learner, ModelIdentity};
use crate::engine::ModelInfo;
use crate::feedback::Judged;

/// What a session knows of the calibration of its model.
#[derive(Debug, Default)]
pub struct SessionCalibration {
    /// Knows the correction of each model.
    pub learner: Learner,
    /// The model that was asked last.
    pub model: Option<(Arc<ModelInfo>, Arc<ModelIdentity>)>,
}

impl SessionCalibration {
    /// Passes outcomes on, unless the user wants nothing to be counted.
    pub fn learn(&self, enabled: bool, judged: Vec<Judged>) {
        let mut of_models = HashMap::<Arc<ModelIdentity>, Vec<Judgement>>::new();
        for (model, judgement) in judged.into_iter().filter(|_| enabled) {
            of_models.entry(model).or_default().push(judgement);
        }
        of_models.into_iter().for_each(|(model, outcomes)| self.learner.judged(&model, outcomes));
    }
}
