//! Where a stream of pieces has to stop: after so many lines or a given text. It does not know why.

use super::Stop;

/// Watches the delivered text.
#[derive(Debug)]
pub struct Watch<'a> {
    stop: &'a Stop,
    lines: usize,
    /// The end of the text so far: one byte less than the longest stop text, as far as characters allow.
    tail: String,
}

impl<'a> Watch<'a> {
    /// A watch for `stop` over an empty text.
    pub fn new(stop: &'a Stop) -> Self {
        Self { stop, lines: 0, tail: String::new() }
    }

    /// Look at the next piece. Some(n): the text ends after the first `n` bytes of it.
    pub fn cut(&mut self, piece: &str) -> Option<usize> {
        let cut = [self.line_cut(piece), self.text_cut(piece)].into_iter().flatten().min();
        self.lines += piece.matches('\n').count();
        cut
    }

    fn line_cut(&self, piece: &str) -> Option<usize> {
        let missing = self.stop.lines.checked_sub(self.lines + 1)?;
        piece.match_indices('\n').nth(missing).map(|(at, _)| at + 1)
    }

    fn text_cut(&mut self, piece: &str) -> Option<usize> {
        let longest = self.stop.texts.iter().map(String::len).max().filter(|&longest| longest > 0)?;
        let before = self.tail.len();
        self.tail += piece;
        let ends = self.stop.texts.iter().filter(|text| !text.is_empty()).filter_map(|text| {
            self.tail.find(text.as_str()).map(|at| (at + text.len()).saturating_sub(before))
        });
        let cut = ends.min();
        let mut keep_from = self.tail.len().saturating_sub(longest - 1);
        while !self.tail.is_char_boundary(keep_from) {
            keep_from += 1;
        }
        self.tail.drain(..keep_from);
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lines: usize, texts: &[&str], pieces: &[&str]) -> String {
        let stop = Stop { lines, texts: texts.iter().map(|&text| text.into()).collect() };
        let mut watch = Watch::new(&stop);
        let mut out = String::new();
        for piece in pieces {
            if let Some(cut) = watch.cut(piece) {
                return out + &piece[..cut] + "|";
            }
            out += piece;
        }
        out
    }

    #[test]
    fn lines_and_texts() {
        assert_eq!(run(0, &[], &["a\n", "b\n"]), "a\nb\n", "no limit");
        assert_eq!(run(1, &[], &["a", "b\nc", "d"]), "ab\n|");
        assert_eq!(run(2, &[], &["a\n\n\n"]), "a\n\n|", "two at once");
        assert_eq!(run(2, &[], &["a\nb", "c\n"]), "a\nbc\n|");
        assert_eq!(run(0, &["\n\n"], &["a\n", "\nb"]), "a\n\n|", "split over two pieces");
        assert_eq!(run(0, &["def ", "x"], &["de", "f", " x"]), "def |", "the earliest counts");
        assert_eq!(run(1, &["b"], &["ab\n"]), "ab|", "before the line ends");
        assert_eq!(run(0, &["é!"], &["aé", "!"]), "aé!|");
        assert_eq!(run(0, &["aa"], &["a", "b", "a"]), "aba", "not adjacent");
        assert_eq!(run(0, &[""], &["a"]), "a", "an empty stop text never matches");
    }
}
