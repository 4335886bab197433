//! Positions of the protocol to bytes of a snapshot and back. Clamping is `document::position`'s.

use std::ops::Range;

use tower_lsp::lsp_types::{self as lsp, Position};

use crate::document::{Change, Encoding, Snapshot};

use super::protocol::ContentChange;

/// The byte at a position.
pub fn to_byte(snapshot: &Snapshot, position: Position, encoding: Encoding) -> usize {
    snapshot.to_byte(position.line, position.character, encoding)
}

/// The bytes of a range; an end before the start counts as the start.
pub fn to_bytes(snapshot: &Snapshot, range: lsp::Range, encoding: Encoding) -> Range<usize> {
    let start = to_byte(snapshot, range.start, encoding);
    start..to_byte(snapshot, range.end, encoding).max(start)
}

/// The protocol's range of some bytes.
pub fn to_range(snapshot: &Snapshot, bytes: &Range<usize>, encoding: Encoding) -> lsp::Range {
    let position = |byte| {
        let (line, character) = snapshot.from_byte(byte, encoding);
        Position { line, character }
    };
    lsp::Range { start: position(bytes.start), end: position(bytes.end) }
}

/// The editor's change as documents take it.
pub fn to_change(change: ContentChange) -> Change {
    let pair = |position: Position| (position.line, position.character);
    Change { range: change.range.map(|range| (pair(range.start), pair(range.end))), text: change.text }
}
