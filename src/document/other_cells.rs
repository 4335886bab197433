//! Holds the cells of a notebook around one of them, cut to what can be read at every key.

use ropey::Rope;

use super::with_line_feeds;
use crate::language::Cells;
use crate::text::BOM;

/// Most bytes of other cells that are read with one; the nearest count.
const MOST: usize = 96 * 1024;

/// The other cells of a notebook.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OtherCells {
    /// What stands before the cell: whole lines.
    pub(super) before: String,
    /// What stands behind it, from the end of its last line.
    pub(super) after: String,
}

impl OtherCells {
    /// The cells before one and behind it, in their order.
    pub fn new(cells: &Cells, before: &[&Rope], after: &[&Rope]) -> Self {
        let mut left = MOST;
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for distance in 0..before.len().max(after.len()) {
            let nearer = before.iter().rev().nth(distance).map(|text| (text, true));
            for (text, is_above) in nearer.into_iter().chain(after.get(distance).map(|text| (text, false))) {
                if text.len_bytes() <= left
                    && let Some(text) = ended(cells, text)
                {
                    left -= text.len().min(left);
                    if is_above { above.push(text) } else { below.push(text) }
                }
            }
        }
        Self {
            before: above.iter().rev().map(|text| format!("{text}\n\n")).collect(),
            after: below.iter().map(|text| format!("\n\n{text}")).collect(),
        }
    }
}

/// A cell without blank lines around it and with nothing left open; None where nothing of it is of the language.
fn ended(cells: &Cells, text: &Rope) -> Option<String> {
    let text = with_line_feeds(text.to_string());
    let text = text.trim_start_matches(['\n', BOM]).trim_end();
    (!text.is_empty() && !cells.is_foreign(text)).then(|| format!("{text}{}", cells.ending(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_cells_count_and_a_large_one_is_left_out() {
        let cells = Cells::of("python").unwrap();
        let large = Rope::from("x = 1\n".repeat(MOST));
        let half = Rope::from(format!("half = '{}'", "x".repeat(MOST * 2 / 3)));
        let [first, near] = ["first = 1\n", "near = 2\n\n"].map(Rope::from);
        let others = OtherCells::new(cells, &[&first, &half, &large, &near], &[&half, &near]);
        assert!(others.before.starts_with("first = 1\n\n") && others.before.ends_with("near = 2\n\n"));
        assert!(others.before.len() + others.after.len() < 2 * MOST);
        assert!(others.after.starts_with("\n\nhalf") && others.after.ends_with("\n\nnear = 2"));
        assert!(!others.before.contains("half"), "the other one was nearer");
    }
}
