//! Times models that are not here, or not yet: an engine runs a replica of their matrices, without their weights.

use super::super::doctor::probe::{self, Measured, Probe};
use super::Shelf;
use super::predict::ModelSpeed;
use crate::engine::{ModelTuning, cores};
use crate::hub::CatalogueModel;
use crate::models::{self, GgufFacts, ReplicaPlan, WeightType};

/// Weights of a replica's layers at most: far more than caches hold, and read within seconds by a slow machine.
const LAYERS: u64 = 200_000_000;

/// A model whose time can be taken without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeable {
    pub plan: ReplicaPlan,
    /// All its weights.
    pub parameters: u64,
}

impl Timeable {
    /// None where the catalogue does not say how large its matrices are.
    pub fn listed(model: &CatalogueModel) -> Option<Self> {
        let shape = model.shape?;
        let weights = WeightType::of_quant(&model.quants.first()?.name, &[shape.width, shape.feed_forward])?;
        let plan = ReplicaPlan { shape, own_output: model.own_output, weights };
        Some(Self { plan, parameters: model.parameters })
    }

    /// None for a file whose matrices are of another kind.
    pub fn of_file(facts: &GgufFacts) -> Option<Self> {
        let shape = facts.shape?;
        let weights = WeightType::of_quant(facts.quant?, &[shape.width, shape.feed_forward])?;
        let plan = ReplicaPlan { shape, own_output: facts.own_output, weights };
        Some(Self { plan, parameters: facts.parameters })
    }

    /// How fast it would be here, with the threads that it would get.
    ///
    /// # Errors
    /// When there is no model inside to take the tokenizer of, no room for the file, or the engine fails.
    pub fn time(&self, shelf: &Shelf<'_>) -> anyhow::Result<ModelSpeed> {
        let replica = self.plan.cut(LAYERS);
        let file = replica.write(&models::infill(&None)?)?;
        let mut settings = probe::settings(shelf.config, file.path().to_path_buf());
        let set = &shelf.config.model.tuning;
        settings.options.tuning = ModelTuning {
            threads: Some(set.threads.unwrap_or_else(|| cores::threads_for(self.parameters))),
            gpu_layers: set.gpu_layers,
            context: set.context,
            drafts: false,
            ..ModelTuning::default()
        };
        let Measured { speed, .. } =
            Probe::Model(settings).ask::<Measured>(shelf.common).map_err(anyhow::Error::msg)?;
        let (read, written) = speed.map_err(anyhow::Error::msg)?;
        anyhow::ensure!(read > 0.0 && written > 0.0, "the replica wrote nothing");
        Ok(ModelSpeed { read, written }.of_all_layers(&self.plan, &replica))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Catalogue;

    #[test]
    fn most_of_the_catalogue_can_be_timed() {
        let catalogue = Catalogue::built_in();
        let cannot: Vec<&str> = catalogue
            .models
            .iter()
            .filter(|model| Timeable::listed(model).is_none())
            .map(|model| &*model.name)
            .collect();
        assert_eq!(cannot, ["deepseek-coder-v2-lite"], "a mixture of experts");
    }

    #[test]
    fn a_file_says_how_large_its_matrices_are() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/model.gguf");
        let facts = models::facts(&path, &[]).unwrap();
        let found = Timeable::of_file(&facts).unwrap();
        assert_eq!((found.plan.shape.layers, found.plan.weights.id), (5, 8));
        assert_eq!(Timeable::of_file(&GgufFacts { shape: None, ..facts.clone() }), None);
        assert_eq!(Timeable::of_file(&GgufFacts { quant: None, ..facts }), None);
    }
}
