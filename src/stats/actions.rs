//! Counts what became of code actions, by action.

use std::collections::BTreeMap;

use serde::Serialize;

use super::UsageEvent;
use super::event::ActionOutcome;

/// One action's numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ActionTally {
    pub name: String,
    /// Versions of documents for which it was in a menu. Editors ask for one whenever the cursor rests.
    pub offered: usize,
    /// Times it was chosen, and nothing passed.
    pub failed: usize,
    /// Times it was applied.
    pub applied: usize,
    /// Of these, undone soon after.
    pub undone: usize,
    /// Of these, changed by hand soon after.
    pub edited: usize,
}

/// The actions in `events`, by name.
pub fn tally(events: &[&UsageEvent]) -> Vec<ActionTally> {
    let mut actions = BTreeMap::<&str, ActionTally>::new();
    for event in events {
        let UsageEvent::Acted(acted) = event else { continue };
        let action = actions.entry(&acted.action).or_default();
        match acted.came {
            ActionOutcome::Offered => action.offered += 1,
            ActionOutcome::Failed => action.failed += 1,
            ActionOutcome::Applied => action.applied += 1,
            ActionOutcome::Undone => action.undone += 1,
            ActionOutcome::Edited => action.edited += 1,
            ActionOutcome::Kept => {}
        }
    }
    actions.into_iter().map(|(name, action)| ActionTally { name: name.to_owned(), ..action }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Acted;

    #[test]
    fn by_action() {
        let acted = |action: &str, came| {
            let (language, kind) = ("rust".into(), String::new());
            UsageEvent::Acted(Acted { at: 1, language, action: action.into(), kind, came })
        };
        let events = [
            acted("implement", ActionOutcome::Offered),
            acted("fix_syntax", ActionOutcome::Offered),
            acted("fix_syntax", ActionOutcome::Offered),
            acted("fix_syntax", ActionOutcome::Applied),
            acted("fix_syntax", ActionOutcome::Undone),
            acted("implement", ActionOutcome::Failed),
            acted("implement", ActionOutcome::Applied),
            acted("implement", ActionOutcome::Edited),
            acted("implement", ActionOutcome::Applied),
            acted("implement", ActionOutcome::Kept),
        ];
        let found = tally(&events.iter().collect::<Vec<_>>());
        let action = |name: &str, [offered, failed, applied, undone, edited]: [usize; 5]| {
            let name = name.into();
            ActionTally { name, offered, failed, applied, undone, edited }
        };
        assert_eq!(found, [action("fix_syntax", [2, 0, 1, 1, 0]), action("implement", [1, 1, 2, 0, 1])]);
    }
}
