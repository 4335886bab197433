//! Predicts how long models take on this machine: from the times of a replica of their matrices, or from those of another model. Pure
//! arithmetic over measurements that come in.
//!
//! A replica has fewer layers. Reading a prompt takes the layers, one after the other; writing a token goes through all weights once, and
//! so both grow with what they go through. From a model of another width a prediction is off by the caches, the widths and the formats.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::engine::cores::threads_for;
use crate::models::ReplicaPlan;

/// Tokens of the prompt after a jump to a new place: the shortest that treefill sends to a slow model.
pub const PROMPT: f64 = 256.0;
/// Tokens of a line.
pub const LINE: f64 = 12.0;
/// Tokens that are new after a typed character.
pub const KEY: f64 = 3.0;
/// What a prediction from a replica is taken to be off by, up and down: 20 % at most where it was measured
/// (`benches/RESULTS.md`).
pub const ERROR: f64 = 0.3;
/// The same of one from a model of other widths.
pub const ROUGH_ERROR: f64 = 0.5;

/// What the time depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelShape {
    /// Weights of the layers that one token needs.
    pub layers: f64,
    /// Bytes that are read for each token that is written.
    pub bytes: f64,
    /// All weights.
    pub parameters: u64,
}

impl ModelShape {
    /// Of `bytes` of weights. `active` are the weights that one token needs, where that is fewer; `embedding` turns a token into a
    /// vector and is the output matrix too, unless there is one of its own.
    pub fn new(parameters: u64, active: Option<u64>, embedding: u64, own_output: bool, bytes: u64) -> Self {
        let active = active.unwrap_or(parameters) as f64;
        let tables = embedding as f64 * if own_output { 2.0 } else { 1.0 };
        let read = active - if own_output { embedding as f64 } else { 0.0 };
        let each = bytes as f64 / parameters.max(1) as f64;
        Self { layers: (active - tables).max(active * 0.1), bytes: read * each, parameters }
    }

    fn threads(&self, cores: usize) -> f64 {
        threads_for(self.parameters).min(cores) as f64
    }
}

/// Tokens per second of a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ModelSpeed {
    /// Read from a prompt.
    pub read: f64,
    /// Written.
    pub written: f64,
}

impl ModelSpeed {
    /// Seconds until the first line is there after a jump to a new place.
    pub fn jump(&self) -> f64 {
        PROMPT / self.read + LINE / self.written
    }

    /// Seconds until a line is there after a typed character.
    pub fn key(&self) -> f64 {
        // A few tokens are read as fast as they are written, or faster.
        KEY / self.read.max(self.written) + LINE / self.written
    }
}

impl ModelSpeed {
    /// Of the model of `plan`, where this is the speed of `replica`, which is like it but for the number of layers.
    pub fn of_all_layers(&self, plan: &ReplicaPlan, replica: &ReplicaPlan) -> Self {
        let layers = |plan: &ReplicaPlan| (plan.shape.of_layer() * plan.shape.layers) as f64;
        // The table is read as the output matrix; where there is one of its own, a token reads one row of the table.
        let all = |plan: &ReplicaPlan| layers(plan) + plan.shape.of_table() as f64;
        Self {
            read: self.read * layers(replica) / layers(plan),
            written: self.written * all(replica) / all(plan),
        }
    }
}

/// What this machine can do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MachineSpeed {
    /// Weights and tokens multiplied in a second by one thread, while a prompt is read.
    pub compute: f64,
    /// Bytes of weights gone through in a second by one thread, while tokens are written and the weights are in its cache.
    pub cached: f64,
    /// Bytes read from memory in a second by all cores.
    pub memory: f64,
    /// Physical cores.
    pub cores: usize,
}

impl MachineSpeed {
    /// From a model that was measured, and the speed of the memory.
    pub fn of(shape: &ModelShape, speed: &ModelSpeed, memory: f64, cores: usize) -> Self {
        let threads = shape.threads(cores);
        Self {
            compute: speed.read * shape.layers / threads,
            cached: speed.written * shape.bytes / threads,
            memory,
            cores,
        }
    }

    /// The speed of another model.
    pub fn predict(&self, shape: &ModelShape) -> ModelSpeed {
        let threads = shape.threads(self.cores);
        let stream = (self.cached * threads).min(self.memory);
        ModelSpeed { read: self.compute * threads / shape.layers, written: stream / shape.bytes }
    }
}

/// Bytes that `threads` threads read from memory in a second: the best of a few rounds over more than caches hold.
pub fn memory_speed(threads: usize) -> f64 {
    const BYTES: usize = 96 << 20;
    const ROUNDS: usize = 3;
    let one = || {
        let numbers = vec![1u64; BYTES / 8];
        let mut best = Duration::MAX;
        for round in 0..ROUNDS {
            let start = Instant::now();
            // Eight sums, so that the additions do not wait for one another.
            let mut sums = [round as u64; 8];
            for chunk in numbers.chunks_exact(8) {
                for (sum, number) in sums.iter_mut().zip(chunk) {
                    *sum = sum.wrapping_add(*number);
                }
            }
            std::hint::black_box(sums);
            best = best.min(start.elapsed());
        }
        BYTES as f64 / best.as_secs_f64().max(1e-6)
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(one)).collect();
        runs.into_iter().filter_map(|run| run.join().ok()).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{TransformerShape, WeightType};

    const SMALL: ModelShape = ModelShape { layers: 11e6, bytes: 16e6, parameters: 15_000_000 };
    const MEASURED: ModelSpeed = ModelSpeed { read: 3400.0, written: 800.0 };

    #[test]
    fn a_measured_model_is_predicted_as_it_is() {
        let machine = MachineSpeed::of(&SMALL, &MEASURED, 40e9, 2);
        let again = machine.predict(&SMALL);
        assert!((again.read - 3400.0).abs() < 1e-6 && (again.written - 800.0).abs() < 1e-6, "{again:?}");
    }

    #[test]
    fn larger_models_get_all_cores_and_no_more_than_the_memory_gives() {
        let large = ModelShape { layers: 360e6, bytes: 530e6, parameters: 494_000_000 };
        let cores = crate::engine::cores::physical();
        let at = |memory, cores| MachineSpeed::of(&SMALL, &MEASURED, memory, cores).predict(&large);
        let (one, two) = (at(1e12, 1), at(1e12, cores));
        let times = cores as f64;
        assert!(
            (two.read / one.read - times).abs() < 1e-9 && (two.written / one.written - times).abs() < 1e-9
        );
        assert!((at(10e9, 2).written - 10e9 / 530e6).abs() < 1e-9, "the memory decides");
        assert!(two.jump() <= one.jump() && two.key() < two.jump());
    }

    #[test]
    fn shapes_count_what_is_read() {
        let tied = ModelShape::new(494_000_000, None, 136_000_000, false, 525_000_000);
        assert_eq!((tied.layers, tied.bytes.round()), (358e6, 525e6));
        let untied = ModelShape::new(7_600_000_000, None, 545_000_000, true, 7_600_000_000);
        assert_eq!((untied.layers, untied.bytes.round()), (6_510e6, 7_055e6));
        let experts = ModelShape::new(15_700_000_000, Some(2_400_000_000), 210_000_000, true, 15_700_000_000);
        assert!(experts.bytes < 2.3e9, "{experts:?}");
    }

    #[test]
    fn a_replica_says_what_all_layers_take() {
        let shape = TransformerShape {
            layers: 24,
            width: 896,
            heads: 14,
            kv_heads: 2,
            feed_forward: 4864,
            gated: true,
            vocabulary: 151_936,
        };
        let weights = WeightType::of_quant("Q8_0", &[896]).unwrap();
        let plan = ReplicaPlan { shape, own_output: false, weights };
        let replica = plan.cut(6 * shape.of_layer());
        let all = ModelSpeed { read: 400.0, written: 100.0 }.of_all_layers(&plan, &replica);
        assert!((all.read - 100.0).abs() < 1e-9, "four times as many layers: {all:?}");
        // 89.5 + 136.1 of 357.8 + 136.1 million.
        assert!((all.written - 45.7).abs() < 0.1, "{all:?}");
        let same = MEASURED.of_all_layers(&plan, &plan);
        assert!((same.read - MEASURED.read).abs() < 1e-9 && (same.written - MEASURED.written).abs() < 1e-9);
    }

    #[test]
    fn memory_has_a_speed() {
        assert!(memory_speed(1) > 1e6);
    }
}
