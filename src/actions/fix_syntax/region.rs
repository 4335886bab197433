//! Finds the smallest parts of a broken file in which a repair can be checked. Only indentation is used, because brackets and
//! trees are broken. `search` then confirms each repair on the whole file.

use std::ops::Range;

/// Parts of this many lines are not cut down further.
const SMALL: usize = 12;
/// Blocks within blocks that are cut down.
const LEVELS: usize = 4;

/// A file as pieces that follow one another: a definition without its siblings, inside the heads of what it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    pieces: Vec<Range<usize>>,
    /// The piece that is the part.
    part: usize,
}

impl Region {
    /// The text of the region.
    pub fn text(&self, text: &str) -> String {
        self.pieces.iter().map(|piece| &text[piece.clone()]).collect()
    }

    /// The text of the region with `range` replaced, if one piece holds that.
    pub fn edited(&self, text: &str, range: &Range<usize>, new: &str) -> Option<String> {
        let holds = |piece: &Range<usize>| piece.start <= range.start && range.end <= piece.end;
        let at = self.pieces.iter().position(holds)?;
        let mut edited = String::with_capacity(self.len() + new.len());
        for (number, piece) in self.pieces.iter().enumerate() {
            if number == at {
                edited.push_str(&text[piece.start..range.start]);
                edited.push_str(new);
                edited.push_str(&text[range.end..piece.end]);
            } else {
                edited.push_str(&text[piece.clone()]);
            }
        }
        Some(edited)
    }

    /// Where a range of the file is in the text of the region, if one piece holds it.
    pub fn inside(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let mut before = 0;
        for piece in &self.pieces {
            if piece.start <= range.start && range.end <= piece.end {
                return Some(before + range.start - piece.start..before + range.end - piece.start);
            }
            before += piece.len();
        }
        None
    }

    /// Bytes of text.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Range::len).sum()
    }

    /// The bytes of the part itself, without the heads and ends of what it is in.
    pub fn part(&self) -> Range<usize> {
        self.pieces.get(self.part).cloned().unwrap_or_default()
    }

    /// The bytes from the first to the last of the innermost piece: the outermost pieces are heads and ends.
    pub fn bounds(&self) -> Range<usize> {
        let start = self.pieces.first().map_or(0, |piece| piece.start);
        start..self.pieces.last().map_or(start, |piece| piece.end)
    }
}

/// The lines of a file with their indentation.
#[derive(Debug)]
pub struct LineTable<'a> {
    text: &'a str,
    /// Where each line starts, and the end of the text.
    starts: Vec<usize>,
    /// Width of the white space before a line's code; none for an empty one.
    widths: Vec<Option<usize>>,
}

impl<'a> LineTable<'a> {
    /// The lines of `text`.
    pub fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        if starts.last() != Some(&text.len()) {
            starts.push(text.len());
        }
        let width = |line: &[usize]| {
            let line = &text[line[0]..line[1]];
            let code = line.trim_start_matches([' ', '\t', '\u{c}']);
            (!code.trim().is_empty()).then_some(line.len() - code.len())
        };
        let widths = starts.windows(2).map(width).collect();
        Self { text, starts, widths }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.widths.len()
    }

    /// The line that holds `byte`.
    pub fn of(&self, byte: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= byte)
            .saturating_sub(1)
            .min(self.len().saturating_sub(1))
    }

    /// The bytes of some lines.
    pub fn bytes(&self, lines: Range<usize>) -> Range<usize> {
        self.starts[lines.start.min(self.len())]..self.starts[lines.end.min(self.len())]
    }

    /// The indentation of a line; none for an empty one.
    pub fn width(&self, line: usize) -> Option<usize> {
        self.widths.get(line).copied().flatten()
    }

    /// The last line with code before `line`.
    pub fn before(&self, line: usize) -> Option<usize> {
        (0..line.min(self.len())).rev().find(|line| self.widths[*line].is_some())
    }

    /// The first line with code behind `line`.
    pub fn after(&self, line: usize) -> Option<usize> {
        (line + 1..self.len()).find(|line| self.widths[*line].is_some())
    }

    /// Whether a part may begin at a line: it is not indented deeper than `width`, and closes nothing.
    fn begins(&self, line: usize, width: usize) -> bool {
        let Some(own) = self.widths[line] else { return false };
        let code = &self.text[self.starts[line] + own..self.starts[line + 1]];
        own <= width && !code.starts_with([')', ']', '}'])
    }

    /// The part at `width` that holds `lines`, within `inside`.
    fn part(&self, lines: &Range<usize>, width: usize, inside: &Range<usize>) -> Range<usize> {
        let start = (inside.start..=lines.start).rev().find(|line| self.begins(*line, width));
        let end = (lines.end..inside.end).find(|line| self.begins(*line, width));
        start.unwrap_or(inside.start)..end.unwrap_or(inside.end)
    }

    /// Regions that hold all of `lines`, smallest first; the last is the whole file.
    pub fn regions(&self, lines: Range<usize>) -> Vec<Region> {
        let all = 0..self.len();
        let top = self.part(&lines, 0, &all);
        let mut found = Vec::new();
        let (mut heads, mut tails): (Vec<Range<usize>>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
        let mut part = top.clone();
        found.push(self.region(&heads, &part, &tails));
        for _ in 0..LEVELS {
            let own = self.width(part.start).unwrap_or(0);
            let deeper =
                (part.start + 1..part.end).filter_map(|line| self.widths[line]).filter(|width| *width > own);
            let Some(width) = deeper.min().filter(|_| part.len() > SMALL) else { break };
            // What is indented no deeper than the part's own head belongs to the head (`) -> X {`) or to its end.
            let head = (part.start..lines.start)
                .rev()
                .find(|line| self.widths[*line].is_some_and(|width| width <= own));
            let Some(head) = head.map(|head| part.start..head + 1) else { break };
            let tail =
                (lines.end..part.end).find(|line| self.widths[*line].is_some_and(|width| width <= own));
            let tail = tail.unwrap_or(part.end)..part.end;
            let inside = head.end..tail.start;
            if inside.start >= lines.end || inside.end < lines.end {
                break;
            }
            let smaller = self.part(&lines, width, &inside);
            if smaller.start > lines.start {
                break;
            }
            heads.push(head);
            tails.insert(0, tail);
            part = smaller;
            found.push(self.region(&heads, &part, &tails));
        }
        found.reverse();
        // Its neighbours too: an `else`, or a statement that swallowed the next one.
        let before = self.before(top.start).unwrap_or(0);
        let after = self.after(top.end.saturating_sub(1)).unwrap_or(self.len());
        let wide = self.part(&(before..(after + 1).min(self.len())), 0, &all);
        found.push(self.region(&[], &wide, &[]));
        found.push(self.region(&[], &all, &[]));
        found.dedup();
        found
    }

    fn region(&self, heads: &[Range<usize>], part: &Range<usize>, tails: &[Range<usize>]) -> Region {
        let lines = heads.iter().chain([part]).chain(tails);
        let pieces = lines.map(|lines| self.bytes(lines.clone()));
        Region {
            pieces: pieces.filter(|piece| !piece.is_empty()).collect(),
            part: heads.iter().filter(|lines| !self.bytes((*lines).clone()).is_empty()).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_stands_alone_in_its_class() {
        let body: String = (0..14).map(|number| format!("        x{number}()\n")).collect();
        let text = format!(
            "import a\n\nclass A:\n    def f(self):\n{body}\n    def g(\n        self,\n    ):\n        y()\n\nb()\n"
        );
        let lines = LineTable::new(&text);
        let at = lines.of(text.find("y()").unwrap());
        let regions: Vec<String> =
            lines.regions(at..at + 1).iter().map(|region| region.text(&text)).collect();
        assert_eq!(regions[0], "class A:\n    def g(\n        self,\n    ):\n        y()\n\n");
        assert!(regions[1].starts_with("class A:\n    def f(self)"));
        assert_eq!(*regions.last().unwrap(), text);
        let at = lines.of(text.find("x7").unwrap());
        let region = &lines.regions(at..at + 1)[0];
        assert_eq!(region.text(&text), "class A:\n    def f(self):\n        x7()\n");
        let place = text.find("x7").unwrap();
        assert!(region.edited(&text, &(place..place + 2), "z").unwrap().contains(" z()"));
        assert_eq!(region.edited(&text, &(0..1), ""), None);
    }
}
