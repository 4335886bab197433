//! Chooses among several servers: by language, then by weighted rendezvous hashing of the document, so that each document has a server of
//! its own whose prefix cache knows it, and the loss of one server moves its documents only (Thaler and Ravishankar 1998; weights as
//! by Schindelhauer and Schomaker 2005).

use sha2::{Digest as _, Sha256};

/// What decides which documents a server gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Share {
    /// Names the server; the same name gets the same documents, wherever it stands in the list.
    pub name: String,
    /// Its share, against the other weights; at least 1.
    pub weight: u32,
    /// Languages that it is for, in lower case; empty: all that no other names.
    pub languages: Vec<String>,
}

impl Share {
    /// Above 0; the server with the highest has the document.
    fn score(&self, document: &str) -> f64 {
        let mut hash = Sha256::new();
        // Neither has this byte in it.
        hash.update(self.name.as_bytes());
        hash.update([0]);
        hash.update(document.as_bytes());
        let digest = hash.finalize();
        let first = digest[..8].iter().fold(0, |number: u64, &byte| number << 8 | u64::from(byte));
        // In the middle of its step, so that it is neither 0 nor 1: 53 bits are what a number of 64 bits holds exactly.
        let uniform = ((first >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        -f64::from(self.weight.max(1)) / uniform.ln()
    }
}

/// Places in `shares` of the servers for a document in `language`, the one that has it first, then those that get it when that one fails.
/// Servers that name the language come before those that name none; those that name others only are not among them.
pub fn order(shares: &[Share], document: &str, language: &str) -> Vec<usize> {
    let named = |share: &Share| share.languages.iter().any(|name| name.eq_ignore_ascii_case(language));
    let mut found: Vec<(bool, f64, usize)> = shares
        .iter()
        .enumerate()
        .filter(|(_, share)| share.languages.is_empty() || named(share))
        .map(|(at, share)| (named(share), share.score(document), at))
        .collect();
    found.sort_by(|left, right| right.0.cmp(&left.0).then(right.1.total_cmp(&left.1)));
    found.into_iter().map(|(_, _, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(name: &str, weight: u32, languages: &[&str]) -> Share {
        Share { name: name.into(), weight, languages: languages.iter().map(|&name| name.into()).collect() }
    }

    fn documents() -> impl Iterator<Item = String> {
        (0..1000).map(|number| format!("file:///home/u/project/src/module_{number}.py"))
    }

    #[test]
    fn documents_are_shared_by_weight() {
        let shares = [share("https://a", 1, &[]), share("https://b", 3, &[]), share("https://c", 1, &[])];
        let mut counts = [0; 3];
        documents().for_each(|document| counts[order(&shares, &document, "python")[0]] += 1);
        // 200, 600, 200 on average; three standard deviations are 38, 46 and 38.
        for (count, expected) in counts.into_iter().zip([200, 600, 200]) {
            assert!(i32::abs(count - expected) < 47, "{counts:?}");
        }
    }

    #[test]
    fn a_server_that_goes_takes_only_its_own_documents_along() {
        let shares = [share("https://a", 2, &[]), share("https://b", 3, &[]), share("https://c", 1, &[])];
        let rest = [shares[0].clone(), shares[2].clone()];
        let mut moved = [0; 2];
        for document in documents() {
            let before = order(&shares, &document, "python");
            let after = order(&rest, &document, "python");
            let names = |of: &[Share], order: &[usize]| -> Vec<String> {
                order.iter().map(|&at| of[at].name.clone()).filter(|name| name != "https://b").collect()
            };
            assert_eq!(names(&shares, &before), names(&rest, &after), "the others keep their order");
            if shares[before[0]].name == "https://b" {
                moved[after[0]] += 1;
            }
        }
        // What it had goes to the others by their weights, and not to one of them.
        assert!(moved[0] > moved[1] && moved[1] > 100, "{moved:?}");
    }

    #[test]
    fn a_place_in_the_list_means_nothing() {
        let shares = [share("https://a", 1, &[]), share("https://b", 1, &[])];
        let turned = [shares[1].clone(), shares[0].clone()];
        for document in documents().take(100) {
            let name = |of: &[Share; 2]| of[order(of, &document, "go")[0]].name.clone();
            assert_eq!(name(&shares), name(&turned));
        }
    }

    #[test]
    fn servers_for_a_language_come_first_and_those_for_others_not_at_all() {
        let shares =
            [share("all", 1, &[]), share("rust", 1, &["rust", "Go"]), share("python", 1, &["python"])];
        assert_eq!(order(&shares, "a", "rust"), [1, 0]);
        assert_eq!(order(&shares, "a", "go"), [1, 0]);
        assert_eq!(order(&shares, "a", "python"), [2, 0]);
        assert_eq!(order(&shares, "a", ""), [0]);
        assert_eq!(order(&shares[1..], "a", "lua"), [0; 0]);
    }
}
