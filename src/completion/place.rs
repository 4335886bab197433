//! Where a request wants its text: at the cursor, or behind a menu entry as if that were accepted already. It judges
//! no text but by asking `verify`.

use super::decode::Decoded;
use super::outcome::Rank;
use super::outcome::{CheckLevel, Reason, Shown, Suggestion};
use super::request::{CompletionRequest, SelectedEntry};
use super::reuse;
use super::trim::Candidate;
use crate::context::CursorContext;
use crate::document::{Edit, Snapshot, with_line_ends};
use crate::verify::{Verifier, policy};

/// The document and cursor that the stages see: with a menu entry selected, as if it were accepted already.
pub struct Place {
    /// What was asked.
    pub request: CompletionRequest,
    /// The text to complete.
    pub snapshot: Snapshot,
    /// The cursor in it.
    pub offset: usize,
    /// The selected entry's text and the bytes it replaces in the request's snapshot.
    pub entry: Option<SelectedEntry>,
}

impl Place {
    /// The place of a request; an entry that does not hold the cursor on one line is a conflict.
    pub fn of(request: CompletionRequest) -> Result<Self, Reason> {
        let offset = request.snapshot.floor(request.offset);
        let Some(entry) = request.selected.clone() else {
            return Ok(Self { snapshot: request.snapshot.clone(), request, offset, entry: None });
        };
        let text = &request.snapshot.text;
        let sound = entry.range.start <= offset
            && offset <= entry.range.end
            && entry.range.end <= text.len_bytes()
            && request.snapshot.floor(entry.range.start) == entry.range.start
            && request.snapshot.floor(entry.range.end) == entry.range.end
            && text.byte_to_line(entry.range.start) == text.byte_to_line(entry.range.end);
        if !sound {
            return Err(Reason::MenuConflict);
        }
        let snapshot = request.snapshot.with_edit(&Edit::replace(entry.range.clone(), entry.text.as_str()));
        let offset = entry.range.start + entry.text.len();
        Ok(Self { request, snapshot, offset, entry: Some(entry) })
    }

    /// A suggestion at the place's cursor, in terms of the request's own snapshot.
    pub fn completion(
        &self,
        candidate: &Candidate,
        context: &CursorContext,
        check_level: CheckLevel,
        decoded: &Decoded,
        rank: Rank,
    ) -> Suggestion {
        let mut text = with_line_ends(&candidate.text, context.line_ending);
        let mut range = self.offset..self.offset + candidate.takes;
        if let Some(entry) = &self.entry {
            text.insert_str(0, &entry.text);
            range = entry.range.start..entry.range.end + candidate.takes;
        }
        let shown = Shown::new(&self.request.snapshot.text, range.clone(), &text, check_level, rank.clone());
        let prompt_tokens = (decoded.prompt.tokens, decoded.prompt.reused);
        Suggestion { text, range, check_level, tokens: decoded.tokens, prompt_tokens, rank, shown }
    }

    /// Whether the completion breaks nothing in the document as it is, without the menu entry it was judged with.
    pub fn is_sound(&self, completion: &Suggestion) -> bool {
        let edit = Edit::replace(completion.range.clone(), completion.text.as_str());
        self.entry.is_none()
            || completion.check_level == CheckLevel::Unvalidated
            || Verifier::new(&self.request.snapshot)
                .is_some_and(|verifier| verifier.allows(&[edit], &policy::VERIFIED_APART))
    }

    /// The rests of what was found before that the user may be typing, in the order of what was found.
    pub fn reuse(&self) -> Vec<Suggestion> {
        self.request.shown.iter().filter_map(|shown| self.rest_of(shown)).collect()
    }

    fn rest_of(&self, shown: &Shown) -> Option<Suggestion> {
        let snapshot = &self.request.snapshot;
        let rest = reuse::lookup(shown, &snapshot.text, snapshot.floor(self.request.offset))?;
        let typed = rest.range.start - shown.offset;
        let rank = shown.rank.after(typed, &rest.text);
        let (text, range) = match &self.entry {
            None => (rest.text, rest.range),
            Some(entry) => {
                // What is typed already belongs to the entry's range; the whole must begin with the entry.
                let typed = snapshot.slice(entry.range.start..rest.range.start);
                let whole = format!("{typed}{}", rest.text);
                let fits = whole.len() > entry.text.len()
                    && whole.starts_with(&entry.text)
                    && entry.range.end <= rest.range.end;
                fits.then_some((whole, entry.range.start..rest.range.end))?
            }
        };
        Some(Suggestion {
            text,
            range,
            check_level: shown.check_level,
            tokens: 0,
            prompt_tokens: (0, 0),
            rank,
            shown: shown.clone(),
        })
    }
}
