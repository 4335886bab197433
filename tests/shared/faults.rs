//! Counts the faults of a tree afresh, not by the code under test. For tests and for `fuzz/`.

use tree_sitter::{Parser, Tree};
use treefill::language::Language;

/// The tree of a text, however long the parse takes. A CR alone ends a line, as languages have it; grammars take it for a space.
pub fn parsed(language: &Language, text: &str) -> Tree {
    let rows: Vec<String> = text.split("\r\n").map(|part| part.replace('\r', "\n")).collect();
    let mut parser = Parser::new();
    parser.set_language(&language.grammar).unwrap();
    parser.parse(rows.join("\r\n"), None).unwrap()
}

/// ERROR and MISSING nodes of a fresh parse.
pub fn tree_faults(language: &Language, text: &str) -> usize {
    let tree = parsed(language, text);
    let mut cursor = tree.walk();
    let mut count = 0;
    loop {
        count += usize::from(cursor.node().is_error() || cursor.node().is_missing());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return count;
            }
        }
    }
}
