//! Keeps the text of other files that a prompt shows: it stands at the start of the prompt, so it stays the same while one types.

use super::segment::at_line_starts;
use super::signatures::ShownSignature;
use crate::engine::{FileName, Role, Segment};

/// Another place is so many lines away.
const JUMP: usize = 40;
/// Up to this percentage of what is shown may be of no use any more before all of it is chosen anew.
const STALE: usize = 25;
/// Share of the budget in percent that signatures may take of a small context, and of one with so many tokens.
const SMALL_SHARE: u8 = 12;
const LARGE_SHARE: u8 = 20;
const LARGE_CONTEXT: u32 = 4_096;
/// Bytes that a token stands for in signatures, so that no more are chosen than fit.
const BYTES_PER_TOKEN: usize = 3;

/// What a prompt shows of other files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignText {
    /// In the order of the prompt.
    pub signatures: Vec<ShownSignature>,
    /// The cursor's line when it was chosen.
    pub line: usize,
}

impl ForeignText {
    /// Whether a cursor on `line` is at another place.
    pub fn is_elsewhere(&self, line: usize) -> bool {
        self.line.abs_diff(line) > JUMP
    }

    /// What to show now that `found` would be chosen for `line`. At the same place what is shown stays where it is, as long as
    /// most of it is still of use: new text is put behind it, as far as there are `bytes` for it.
    pub fn renewed(&self, found: Vec<ShownSignature>, line: usize, bytes: usize) -> Self {
        let same = |a: &ShownSignature, b: &ShownSignature| a.path == b.path && a.text == b.text;
        let known = |one: &ShownSignature| self.signatures.iter().any(|other| same(one, other));
        let stale = self.signatures.iter().filter(|one| !found.iter().any(|other| same(one, other))).count();
        let new: Vec<ShownSignature> = found.iter().filter(|one| !known(one)).cloned().collect();
        let size =
            |texts: &[ShownSignature]| texts.iter().map(|it| it.text.len() + it.path.len()).sum::<usize>();
        let fits = size(&self.signatures) + size(&new) <= bytes;
        let is_same = new.is_empty() && stale == 0;
        let stays = !self.is_elsewhere(line) && stale * 100 <= self.signatures.len() * STALE && fits;
        if !is_same && !stays {
            return Self { signatures: found, line };
        }
        let signatures = self.signatures.iter().cloned().chain(new).collect();
        Self { signatures, line }
    }

    /// The segments that show it to a model with so many tokens of context; `comment` begins a comment.
    pub fn segments(&self, context: u32, comment: &str) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        for signature in &self.signatures {
            match segments.last_mut().filter(|last| is_of(last, &signature.path)) {
                Some(last) => last.text.push_str(&signature.text),
                None => {
                    let file = FileName { path: signature.path.clone(), comment: comment.to_owned() };
                    let segment = at_line_starts(Role::Stable, signature.text.clone(), share(context));
                    segments.push(Segment { file: Some(file), ..segment });
                }
            }
        }
        let lines = |segment: Segment| Segment {
            file: segment.file,
            ..at_line_starts(segment.role, segment.text, segment.share)
        };
        segments.into_iter().map(lines).collect()
    }
}

fn is_of(segment: &Segment, path: &str) -> bool {
    segment.file.as_ref().is_some_and(|file| file.path == path)
}

fn share(context: u32) -> u8 {
    if (1..LARGE_CONTEXT).contains(&context) { SMALL_SHARE } else { LARGE_SHARE }
}

/// Bytes of signatures for a model with so many tokens of context; 0 when unknown.
pub fn signature_bytes(context: u32) -> usize {
    let tokens = if context == 0 { LARGE_CONTEXT } else { context.min(4 * LARGE_CONTEXT) } as usize;
    tokens * usize::from(share(context)) / 100 * BYTES_PER_TOKEN
}
