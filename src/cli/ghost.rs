//! Draws the lines around a suggestion with the suggestion in them, as an editor would show them.

use std::ops::Range;

use anstyle::{AnsiColor, Style};

/// Lines shown above and below the cursor's.
const AROUND: usize = 3;

/// The suggestion: what the eye should find first.
const GHOST: Style = AnsiColor::BrightCyan.on_default().italic();
/// Line numbers and figures: what it may skip.
pub const DIM: Style = AnsiColor::BrightBlack.on_default();
/// File names and outcomes.
pub const BOLD: Style = Style::new().bold();

/// What to draw.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The file's text.
    pub text: &'a str,
    /// The cursor, in bytes.
    pub offset: usize,
    /// What is suggested, and the bytes it takes the place of.
    pub ghost: Option<(&'a str, Range<usize>)>,
}

impl Scene<'_> {
    /// The lines around the cursor, each with its number; the escapes are for a stream that drops them where needed.
    /// Where there is no colour (`plain`), the suggestion stands in ⟦brackets⟧ and the cursor is a ▏.
    pub fn draw(&self, plain: bool) -> String {
        let (ghost, replaced) = self.ghost.clone().unwrap_or(("", self.offset..self.offset));
        let (before, after) = (&self.text[..replaced.start], &self.text[replaced.end..]);
        let first = before.matches('\n').count();
        let skip = first.saturating_sub(AROUND);
        let mut lines: Vec<String> = before.split('\n').skip(skip).map(clean).collect();
        let cursor = if plain { "▏".to_owned() } else { format!("{DIM}▏{DIM:#}") };
        let (open, close) = if plain {
            ("⟦".to_owned(), "⟧".to_owned())
        } else {
            (GHOST.to_string(), format!("{GHOST:#}"))
        };
        let last = lines.last_mut().expect("split gives at least one line");
        match ghost {
            "" => last.push_str(&cursor),
            ghost => {
                let mut parts = ghost.split('\n').map(|part| format!("{open}{}{close}", clean(part)));
                last.extend(parts.next());
                lines.extend(parts);
            }
        }
        let mut rest = after.split('\n').map(clean);
        let last = lines.last_mut().expect("it had a line already");
        last.extend(rest.next());
        lines.extend(rest.take(AROUND));
        let numbered =
            lines.iter().enumerate().map(|(at, line)| format!("{DIM}{:>5} │{DIM:#} {line}\n", skip + at + 1));
        numbered.collect()
    }
}

/// A line for a terminal: control characters in a source file must not reach it.
fn clean(line: &str) -> String {
    let line = line.strip_suffix('\r').unwrap_or(line);
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, ghost: Option<(&str, usize)>, expect: Expect) {
        let (text, cursor) = crate::testing::marked(text);
        let offset = cursor.start;
        let ghost = ghost.map(|(ghost, takes)| (ghost, offset..offset + takes));
        let drawn = Scene { text: &text, offset, ghost }.draw(true);
        // A margin, because `expect!` takes common leading blanks for the indentation of the test.
        let margin = |line: &str| format!("|{line}\n");
        expect.assert_eq(
            &anstream::adapter::strip_str(&drawn).to_string().lines().map(margin).collect::<String>(),
        );
    }

    #[test]
    fn the_suggestion_stands_in_its_lines() {
        check(
            "a\nb\nc\nd\nreturn ˇ\ne\nf\ng\nh\n",
            Some(("x", 0)),
            expect![[r#"
            |    2 │ b
            |    3 │ c
            |    4 │ d
            |    5 │ return ⟦x⟧
            |    6 │ e
            |    7 │ f
            |    8 │ g
        "#]],
        );
        check(
            "print(ˇ)\n",
            Some(("x,\n      y)", 1)),
            expect![[r#"
            |    1 │ print(⟦x,⟧
            |    2 │ ⟦      y)⟧
            |    3 │ 
        "#]],
        );
        check(
            "ä\u{1b}[31mˇ\r\nb",
            None,
            expect![[r#"
            |    1 │ ä�[31m▏
            |    2 │ b
        "#]],
        );
    }
}
