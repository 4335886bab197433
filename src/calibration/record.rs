//! Keeps what came of the last predictions of one model, as numbers.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{ModelIdentity, PlaceKind};

/// Outcomes that are kept of a model: twice the half-life of the fit, so that the oldest count a quarter. About 50 kB.
pub const MOST: usize = 2048;

/// What came of one prediction. Numbers only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The score before any correction, in logits.
    pub score: f32,
    /// What else was known, in logits: habits and warnings.
    pub offset: f32,
    /// The kind of place.
    pub kind: PlaceKind,
    /// The probability that was said at that time, from 0 to 1.
    pub said: f32,
    /// Whether the first line was what the user wrote.
    pub right: bool,
}

/// The last outcomes of a model, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    judged: VecDeque<Judgement>,
    /// All outcomes ever, those forgotten included.
    pub total: u64,
}

/// A record as it is in its file.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptRecord {
    version: u32,
    /// Which model: for people, and to be sure that the file is about it.
    pub name: String,
    pub family: String,
    pub parameters: u64,
    pub bytes: u64,
    total: u64,
    /// Score, offset, number of the kind, probability said, outcome (0 or 1).
    outcomes: Vec<(f32, f32, u8, f32, u8)>,
}

/// Of the file: one of another version is another file's.
const VERSION: u32 = 1;

impl Record {
    /// Adds outcomes, newest last; the oldest go.
    pub fn extend(&mut self, new: impl IntoIterator<Item = Judgement>) {
        for one in new {
            self.total += 1;
            self.judged.push_back(one);
            if self.judged.len() > MOST {
                self.judged.pop_front();
            }
        }
    }

    /// The outcomes, oldest first.
    pub fn judged(&self) -> Vec<Judgement> {
        self.judged.iter().copied().collect()
    }

    /// What is written to the file of `model`.
    pub fn kept(&self, model: &ModelIdentity) -> KeptRecord {
        // Three digits are more than any figure needs, and keep the file small.
        let short = |value: f32| (value * 1000.0).round() / 1000.0;
        let row = |one: &Judgement| {
            let (score, offset, said) = (short(one.score), short(one.offset), short(one.said));
            (score, offset, one.kind as u8, said, u8::from(one.right))
        };
        KeptRecord {
            version: VERSION,
            name: model.shown(),
            family: model.family.clone(),
            parameters: model.parameters,
            bytes: model.bytes,
            total: self.total,
            outcomes: self.judged.iter().map(row).collect(),
        }
    }
}

impl KeptRecord {
    /// The record, or what is wrong with it.
    pub fn read(&self) -> Result<Record, String> {
        if self.version != VERSION {
            return Err(format!("it is of version {}, and this program reads {VERSION}", self.version));
        }
        let mut record = Record::default();
        for (score, offset, kind, said, right) in &self.outcomes {
            let kind = PlaceKind::ALL.get(usize::from(*kind)).copied();
            let sound = [score, offset, said].iter().all(|value| value.is_finite()) && *right < 2;
            let Some(kind) = kind.filter(|_| sound && (0.0..=1.0).contains(said)) else {
                return Err("an outcome in it is none".to_owned());
            };
            let (score, offset, said) = (*score, *offset, *said);
            record.extend([Judgement { score, offset, kind, said, right: *right == 1 }]);
        }
        record.total = record.total.max(self.total);
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(at: usize) -> Judgement {
        let (score, kind) = (at as f32 / 100.0, PlaceKind::ALL[at % 4]);
        Judgement { score, offset: -1.0, kind, said: 0.25, right: at.is_multiple_of(3) }
    }

    #[test]
    fn the_oldest_go() {
        let mut record = Record::default();
        record.extend((0..MOST + 5).map(one));
        assert_eq!((record.judged().len(), record.total), (MOST, MOST as u64 + 5));
        assert_eq!(record.judged()[0], one(5));
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let model = ModelIdentity { name: "m".into(), parameters: 3, ..ModelIdentity::default() };
        let mut record = Record::default();
        record.extend((0..300).map(one));
        let text = serde_json::to_string(&record.kept(&model)).unwrap();
        let read: KeptRecord = serde_json::from_str(&text).unwrap();
        assert_eq!(read.read().unwrap(), record);
        let full = (0..MOST).map(|at| Judgement { score: -12.345, said: 0.123, ..one(at) });
        record.extend(full);
        let size = serde_json::to_string(&record.kept(&model)).unwrap().len();
        assert!(size < 64 << 10, "{size} bytes");
        for bad in [r#""version":2"#, r#""version":0"#] {
            let other = text.replace(r#""version":1"#, bad);
            assert!(serde_json::from_str::<KeptRecord>(&other).unwrap().read().is_err());
        }
        for bad in ["[0.0,-1.0,9,0.25,1]", "[0.0,-1.0,0,7.0,1]", "[0.0,-1.0,0,0.25,2]"] {
            let other = text.replace("[0.0,-1.0,0,0.25,1]", bad);
            assert_ne!(other, text);
            assert!(serde_json::from_str::<KeptRecord>(&other).unwrap().read().is_err(), "{bad}");
        }
    }
}
