//! Counts what has happened so far, for `treefill.status`: numbers and names of enums only.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::completion::{Outcome, Reason};

/// Numbers since the session began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Requests; those neither shown nor silent were cancelled by the client.
    pub requests: u64,
    /// Suggestions returned.
    pub shown: u64,
    /// Suggestions prepared before they were asked for.
    pub prepared: u64,
    /// Suggestions that the user accepted.
    pub accepted: u64,
    /// Requests without a suggestion, by the name of the [`Reason`].
    pub silent: BTreeMap<String, u64>,
}

impl Counts {
    pub(super) fn record(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Suggested(_) => self.shown += 1,
            Outcome::Skipped(reason) => *self.silent.entry(reason_name(reason)).or_default() += 1,
        }
    }
}

/// The name of a reason without its text.
pub(super) fn reason_name(reason: &Reason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_count_by_name() {
        let mut counts = Counts::default();
        for reason in [Reason::Blank, Reason::NoEngine("a".into()), Reason::NoEngine("b".into())] {
            counts.record(&Outcome::Skipped(reason));
        }
        assert_eq!(counts.silent, BTreeMap::from([("blank".into(), 1), ("no_engine".into(), 2)]));
    }
}
