//! Finds where a stream of pieces has to stop: behind so many complete lines.

use super::Stop;

/// Counts the lines of the delivered text.
#[derive(Debug)]
pub struct StopWatch {
    /// Lines that may still be completed; none: without limit.
    missing: Option<usize>,
}

impl StopWatch {
    /// A watch for `stop` over an empty text.
    pub fn new(stop: Stop) -> Self {
        Self { missing: (stop.lines > 0).then_some(stop.lines) }
    }

    /// Look at the next piece. Some(n): the text ends after the first `n` bytes of it.
    pub fn cut(&mut self, piece: &str) -> Option<usize> {
        let missing = self.missing.as_mut()?;
        let mut feeds = piece.match_indices('\n');
        match feeds.nth(*missing - 1) {
            Some((at, _)) => Some(at + 1),
            None => {
                *missing -= piece.matches('\n').count();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_behind_so_many_lines() {
        for (lines, pieces, expected) in [
            (0, &["a\n", "b\n"][..], "a\nb\n"),
            (1, &["a", "b\nc", "d"], "ab\n|"),
            (2, &["a\n\n\n"], "a\n\n|"),
            (2, &["a\nb", "c\n"], "a\nbc\n|"),
        ] {
            let (mut watch, mut out) = (StopWatch::new(Stop { lines }), String::new());
            for piece in pieces {
                match watch.cut(piece) {
                    Some(cut) => {
                        out = out + &piece[..cut] + "|";
                        break;
                    }
                    None => out += piece,
                }
            }
            assert_eq!(out, expected);
        }
    }
}
