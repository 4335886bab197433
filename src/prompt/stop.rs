//! Says when the engine itself may stop. The guide, which knows the text around, may stop it earlier.

use crate::engine::Stop;

/// Stop conditions for a suggestion of at most `lines` lines (1: the rest of the cursor's line).
pub fn stop(lines: usize) -> Stop {
    // A block starts with the end of the cursor's own line, which is not one of its lines.
    Stop { lines: if lines <= 1 { 1 } else { lines + 1 } }
}
