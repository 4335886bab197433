//! Holds the cells of a notebook around one of them, cut to what can be read at every key.

use ropey::Rope;

use super::with_line_feeds;
use crate::language::Cells;
use crate::text::BOM;

/// Most bytes of other cells that are read with one; the nearest count.
const MOST: usize = 96 * 1024;

/// The other cells of a notebook, in their order.
#[derive(Debug, Clone, Default)]
pub struct OtherCells {
    /// Those before the cell.
    pub before: Vec<Rope>,
    /// Those behind it.
    pub after: Vec<Rope>,
}

impl OtherCells {
    /// The text before the cell, which ends with a blank line, and the one behind it, which begins with the end of a line.
    pub(super) fn texts(&self, cells: &Cells) -> (String, String) {
        let Self { before, after } = self;
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
        (
            above.iter().rev().map(|text| format!("{text}\n\n")).collect(),
            below.iter().map(|text| format!("\n\n{text}")).collect(),
        )
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
        let (above, below) = (vec![first, half.clone(), large, near.clone()], vec![half, near]);
        let (before, after) = OtherCells { before: above, after: below }.texts(cells);
        assert!(before.starts_with("first = 1\n\n") && before.ends_with("near = 2\n\n"));
        assert!(before.len() + after.len() < 2 * MOST);
        assert!(after.starts_with("\n\nhalf") && after.ends_with("\n\nnear = 2"));
        assert!(!before.contains("half"), "the other one was nearer");
    }
}
