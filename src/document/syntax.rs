//! Parses within bounds of size, indentation depth and time. Documents and snapshots keep the trees.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ropey::Rope;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::language::Language;
use crate::text::with_rows;

/// Larger texts are kept in step but not parsed: a tree takes about 150 times the memory of Python source (63 for Rust).
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Why a text has no tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unparsed {
    /// The language is not known.
    #[error("the language is unknown")]
    NoLanguage,
    /// Above [`MAX_BYTES`].
    #[error("the file is larger than {} MiB", MAX_BYTES / (1024 * 1024))]
    TooLarge,
    /// Indented deeper than the grammar can stand.
    #[error("the file is indented too deeply for its grammar")]
    TooDeep,
    /// The time budget ran out.
    #[error("parsing took too long")]
    OutOfTime,
}

thread_local! {
    /// A parser owns its stacks and scanner: one per thread saves building them for every keystroke.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// The time a parse of `bytes` may take: a whole valid file needs 0.4 to 0.8 ms per KiB, garbage up to 7; past twice the
/// usual, the answer would come too late for a completion anyway.
pub fn budget(bytes: usize) -> Duration {
    // Without optimisation the grammars in C are several times slower, and the tests of a debug build share the machine.
    let slowness = if cfg!(debug_assertions) { 10 } else { 1 };
    slowness * Duration::from_micros(100_000 + 1_500 * (bytes as u64 / 1024))
}

/// Parse `text`, starting from `old` (a tree that was told of every edit since).
pub fn parse(
    text: &Rope,
    language: &Language,
    old: Option<&Tree>,
    budget: Duration,
) -> Result<Tree, Unparsed> {
    if text.len_bytes() > MAX_BYTES {
        return Err(Unparsed::TooLarge);
    }
    if language.config.max_indent_depth.is_some_and(|limit| exceeds_indent_depth(text, limit)) {
        return Err(Unparsed::TooDeep);
    }
    if language.cells.is_some() {
        // What is masked depends on the whole text: no older tree can be told.
        let masked = Rope::from_str(&language.masked(&text.to_string()));
        return parse_read(&masked, language, None, budget);
    }
    parse_read(text, language, old, budget)
}

/// Parses a text as it is.
fn parse_read(
    text: &Rope,
    language: &Language,
    old: Option<&Tree>,
    budget: Duration,
) -> Result<Tree, Unparsed> {
    PARSER.with_borrow_mut(|parser| {
        // Fails only for a grammar of another ABI, which `Queries::compile` would have met first.
        parser.set_language(&language.grammar).map_err(|_| Unparsed::NoLanguage)?;
        let start = Instant::now();
        let is_late = Cell::new(false);
        let late = || {
            is_late.set(is_late.get() || start.elapsed() > budget);
            is_late.get()
        };
        let mut watch = |_: &ParseState| match late() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let options = ParseOptions::new().progress_callback(&mut watch);
        // Grammars take a CR alone for a space, so that a comment would go on behind it.
        let rows = has_lone_cr(text).then(|| Rope::from(with_rows(text.to_string())));
        let text = rows.as_ref().unwrap_or(text);
        // The parser looks at the time every hundred steps, and a step may read on to the end: the scanner of Python does at each of many
        // line joins, 200 KB of which took twice their budget. A text that ends when the time is out ends the step.
        let mut read = |byte, _| if late() { &[] } else { rest_of_chunk(text, byte) };
        let tree = parser.parse_with_options(&mut read, old, Some(options)).filter(|_| !is_late.get());
        if tree.is_none() {
            // Or the next parse on this thread would go on with this text.
            parser.reset();
        }
        tree.ok_or(Unparsed::OutOfTime)
    })
}

fn rest_of_chunk(text: &Rope, byte: usize) -> &[u8] {
    match text.get_chunk_at_byte(byte) {
        Some((chunk, start, _, _)) => &chunk.as_bytes()[byte - start..],
        None => &[],
    }
}

/// Whether a CR ends a line by itself. A chunk of a rope ends in no CRLF.
fn has_lone_cr(text: &Rope) -> bool {
    text.chunks().any(|chunk| {
        let bytes = chunk.as_bytes();
        memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
    })
}

/// Whether more than `limit` levels of indentation may be open at once.
///
/// An upper bound: the open levels are strictly increasing widths, so there are no more of them than there are different
/// widths in the file. The widths are taken as tree-sitter-python's scanner takes them (tab 8, CR and FF back to 0, a
/// backslash joins, NUL ends a comment); counting comments and brackets too only makes it stricter.
fn exceeds_indent_depth(text: &Rope, limit: usize) -> bool {
    // With tabs the widths 1..=n cost about n²/16 bytes: a smaller file cannot have so many.
    if text.len_bytes() < limit * limit / 16 {
        return false;
    }
    widths_at_a_glance(text).is_none_or(|widths| widths > limit) && widths_exceed(text, limit)
}

/// How many different widths of indentation there are; none when something else than spaces makes them, or one is wide.
fn widths_at_a_glance(text: &Rope) -> Option<usize> {
    let mut seen = 0_u64;
    // The columns so far, at the beginning of a line.
    let mut width = Some(0);
    for chunk in text.chunks() {
        let mut rest = chunk.as_bytes();
        if memchr::memchr(0, rest).is_some() {
            return None;
        }
        loop {
            let Some(so_far) = width else {
                let Some(end) = memchr::memchr(b'\n', rest) else { break };
                (rest, width) = (&rest[end + 1..], Some(0));
                continue;
            };
            let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
            let columns = so_far + spaces;
            rest = &rest[spaces..];
            width = match rest.first() {
                None => Some(columns),
                Some(b'\n' | b'\r') => Some(0),
                Some(b'\t' | b'\x0c' | b'\\') => return None,
                Some(_) => {
                    seen |= 1_u64.checked_shl(u32::try_from(columns).ok()?)?;
                    None
                }
            };
            match rest.get(1..) {
                Some(more) => rest = more,
                None => break,
            }
        }
    }
    Some(seen.count_ones() as usize)
}

/// The same, exactly.
fn widths_exceed(text: &Rope, limit: usize) -> bool {
    let mut seen = std::collections::HashSet::new();
    let (mut width, mut indenting, mut joined) = (0u32, true, false);
    for chunk in text.chunks() {
        for &byte in chunk.as_bytes() {
            match byte {
                b'\n' if joined => joined = false,
                b'\n' | 0 => (width, indenting) = (0, true),
                _ if !indenting => {}
                b'\r' if joined => {}
                b' ' if !joined => width += 1,
                b'\t' if !joined => width += 8,
                b'\r' | b'\x0c' if !joined => width = 0,
                b'\\' if !joined => joined = true,
                _ => {
                    (indenting, joined) = (false, false);
                    if width > 0 && seen.insert(width) && seen.len() > limit {
                        return true;
                    }
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Edit, Snapshot};
    use crate::language::Registry;

    fn python(text: &str) -> Result<Tree, Unparsed> {
        Snapshot::of_text("", text, crate::testing::language("python")).try_parse()
    }

    /// `levels` nested blocks, each `step` deeper, and a string at the bottom.
    fn nested(levels: usize, step: &str) -> String {
        let mut text: String = (0..levels).map(|level| format!("{}if x:\n", step.repeat(level))).collect();
        text += &format!("{}'s'\n", step.repeat(levels));
        text
    }

    #[test]
    fn indentation_too_deep_for_the_grammar_is_refused() {
        for step in [" ", "\t", "  "] {
            assert!(python(&nested(370, step)).is_ok());
            for levels in [400, 511, 600, 1200] {
                assert_eq!(
                    python(&nested(levels, step)).err(),
                    Some(Unparsed::TooDeep),
                    "{levels} of {step:?}"
                );
            }
        }
    }

    #[test]
    fn indentation_and_format_strings_share_the_scanner_s_buffer() {
        // 255 delimiters and 383 indents are what its 1024 bytes hold; the limit stays below for any number of strings.
        let depth = crate::testing::language("python").unwrap().config.max_indent_depth.unwrap();
        assert!(2 + 255 + 2 * depth < 1024);
        let deep = format!("{}{}\n", nested(depth - 1, " ").trim_end_matches("'s'\n"), "f'{".repeat(300));
        assert!(python(&deep).is_ok());
    }

    #[test]
    fn tricks_with_line_joins_do_not_hide_indentation() {
        let tabs: String = (0..600)
            .map(|level| format!("{} \\\n{}if x:\n", "\t".repeat(level / 8), " ".repeat(level % 8)))
            .collect();
        assert!(exceeds_indent_depth(&Rope::from_str(&tabs), 500));
        assert!(!exceeds_indent_depth(&Rope::from_str(&nested(370, " ").repeat(4)), 370));
    }

    #[test]
    fn a_glance_sees_the_same_widths() {
        for (text, expected) in [
            ("a\n  b\r\n    \r\n  c\n\n        d", Some(3)),
            ("if x:\n\ty\n", None),
            ("  \\\n x\n", None),
            ("x # \0\n", None),
            ("x = '\\t'\n", Some(1)),
            (&format!("{}x\n", " ".repeat(63)), Some(1)),
            (&format!("{}x\n", " ".repeat(64)), None),
            (&" x\n".repeat(4000), Some(1)),
        ] {
            assert_eq!(widths_at_a_glance(&Rope::from_str(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn a_large_text_is_held_but_not_parsed() {
        assert_eq!(python(&"x = 1\n".repeat(MAX_BYTES / 6 + 1)).err(), Some(Unparsed::TooLarge));
    }

    #[test]
    fn a_hundred_megabytes_open_and_take_edits() {
        let language = crate::testing::language("python");
        let mut document = Document::new("a", 1, &"x = 'some text'\r\n".repeat(6_000_000), language);
        document.apply(2, &[Edit::insert(51_000_002, "yz"), Edit::replace(0..17, "")]);
        assert_eq!(document.text().len_bytes(), 102_000_000 - 15);
        assert_eq!(document.snapshot().line_of(51_000_000), 2_999_999);
        assert_eq!(document.snapshot().try_parse().err(), Some(Unparsed::TooLarge));
    }

    #[test]
    fn a_text_that_was_read_in_part_has_no_tree() {
        // Too small for the parser to look at the time: only whoever reads the text does.
        let language = crate::testing::language("python").unwrap();
        let small = Rope::from_str("x = 1\n");
        assert_eq!(parse(&small, &language, None, Duration::ZERO).err(), Some(Unparsed::OutOfTime));
    }

    #[test]
    fn time_runs_out_and_the_next_parse_is_clean() {
        let registry = Registry::builtin().unwrap();
        let language = registry.by_name("python").unwrap();
        let long = Rope::from_str(&"x = [1, 2, {3: 4}]\n".repeat(20_000));
        assert_eq!(parse(&long, &language, None, Duration::ZERO).err(), Some(Unparsed::OutOfTime));
        assert_eq!(
            python("a\n").unwrap().root_node().to_sexp(),
            "(module (expression_statement (identifier)))"
        );
    }
}
