//! Finds the text of a hole in other files: whoever may read them would know the answer, not guess it.

/// One line of fewer characters stands in many files.
const TELLING: usize = 40;

/// The lines of a text without white space at their ends, blank ones left out: what a copy has in common with its original,
/// however it is indented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BareLines(String);

impl BareLines {
    pub fn of(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Whether a hole of these lines is told by whoever has them: two lines, or one that is long.
    pub fn is_telling(&self) -> bool {
        self.0.contains('\n') || self.0.chars().count() >= TELLING
    }

    /// Whether these lines stand here one after the other; the first may be the end of a line, the last the beginning of one.
    pub fn contain(&self, lines: &Self) -> bool {
        memchr::memmem::find(self.0.as_bytes(), lines.0.as_bytes()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_found_however_they_are_indented() {
        let file = BareLines::of("def f():\n\n        total = a + b\n    return total\n");
        let has = |hole: &str| {
            let hole = BareLines::of(hole);
            (hole.is_telling(), file.contain(&hole))
        };
        assert_eq!(has("total = a + b\n\treturn total\n"), (true, true));
        assert_eq!(has("a + b\n\n\nreturn to"), (true, true), "it may begin and end within a line");
        assert_eq!(has("total = a + b\n    return a\n"), (true, false));
        assert_eq!(has("return total"), (false, true), "one short line says nothing");
        let long = "return compute(first_argument, second_argument)";
        assert_eq!(has(long), (true, false));
        assert!(BareLines::of(&format!("if x:\n  {long}\n")).contain(&BareLines::of(long)));
    }
}
