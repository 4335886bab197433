//! Describes repairs, for people and for programs: what each does, where, and how sure it is.

use serde_json::{Value, json};

use crate::actions::{Fix, with_edits};
use crate::cli::change::{changed_lines, edits_json};
use crate::document::Snapshot;

/// One error or diagnostic, with its repairs.
pub struct Problem<'a> {
    /// The file, as the user calls it.
    pub name: String,
    pub snapshot: &'a Snapshot,
    /// Best first.
    pub offers: &'a [Fix],
}

impl Problem<'_> {
    /// The file and the line in which a repair begins.
    pub fn place(&self, offer: &Fix) -> String {
        let line = offer.edits.first().map_or(0, |edit| self.snapshot.line_of(edit.range.start)) + 1;
        format!("{}:{line}", self.name)
    }

    /// The lines that a repair changes, before and after.
    pub fn lines(&self, offer: &Fix) -> String {
        let (old, new) =
            (self.snapshot.text.to_string(), with_edits(self.snapshot, &offer.edits).text.to_string());
        changed_lines(&old, &new)
    }
}

/// How sure a repair is, in words.
pub fn sureness(offer: &Fix) -> String {
    let word = match offer.exact_share {
        _ if offer.preferred => "sure",
        // What is as good as always right elsewhere: here another repair comes close, or errors stay.
        Some(share) if share > 0.9 => "not sure at this place",
        _ => "not sure",
    };
    let percent = |share: f32| format!("{word}: {:.0} % of such fixes are exact", f64::from(share) * 100.0);
    offer.exact_share.map_or(word.to_owned(), percent)
}

/// A repair for programs. `mark` is the length of the file's byte order mark, `errors` what stays with it.
pub fn offer_json(offer: &Fix, mark: usize, errors: Option<usize>) -> Value {
    let share = offer.exact_share.map(|share| (f64::from(share) * 1000.0).round() / 1000.0);
    json!({
        "action": offer.action.id, "title": offer.title, "kind": offer.kind,
        "preferred": offer.preferred, "sure": offer.preferred, "exact_share": share,
        "fixes": offer.fixes, "edits": edits_json(&offer.edits, mark), "errors": errors,
    })
}
