//! Names a model, so that what was learned about it is found again, by no path and by nothing of its content.

use std::hash::Hasher as _;

use twox_hash::XxHash64;

/// Which model it is, as far as its log-probabilities depend on that.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ModelIdentity {
    /// `general.name` of the GGUF, or the file's name.
    pub name: String,
    /// The FIM family and prompt order: the same model read otherwise writes otherwise.
    pub family: String,
    /// Number of parameters.
    pub parameters: u64,
    /// Size of the file in bytes: another quantisation has another one.
    pub bytes: u64,
    /// Whether it is the one inside the program, which the ranking was fitted on.
    pub embedded: bool,
}

/// Most characters of a name that are kept.
const LONGEST: usize = 60;

impl ModelIdentity {
    /// The stem of the file that keeps its numbers: the same in every process and every version.
    pub fn key(&self) -> String {
        let mut hasher = XxHash64::default();
        for part in [&self.name, &self.family] {
            hasher.write(part.as_bytes());
            hasher.write_u8(0);
        }
        hasher.write_u64(self.parameters);
        hasher.write_u64(self.bytes);
        format!("{:016x}", hasher.finish())
    }

    /// The name as it may be shown and kept: one short line.
    pub fn shown(&self) -> String {
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        self.name.chars().take(LONGEST).map(clean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_model_has_another_key() {
        let one = ModelIdentity { name: "a".into(), parameters: 5, bytes: 7, ..ModelIdentity::default() };
        assert_eq!(one.key(), one.clone().key());
        let others = [
            ModelIdentity { name: "b".into(), ..one.clone() },
            ModelIdentity { family: "left-to-right".into(), ..one.clone() },
            ModelIdentity { parameters: 6, ..one.clone() },
            ModelIdentity { bytes: 8, ..one.clone() },
            ModelIdentity { name: String::new(), family: "a".into(), ..one.clone() },
        ];
        assert!(others.iter().all(|other| other.key() != one.key()));
        let wild = ModelIdentity { name: format!("a\n{}", "é".repeat(99)), ..one };
        assert_eq!(wild.shown(), format!("a {}", "é".repeat(58)));
    }
}
