//! Fits text segments into a budget of tokens, with windows that keep their edges while the user types.
//!
//! Pure: tokenisation is a function that comes in, what it remembers is a value. It composes no prompt.

use super::{FileName, Role, Segment, TokenId};

/// Tokens that are kept free for the answer, where the context is not too small for that: what a suggestion takes.
const ANSWER: usize = 64;

/// Most bytes of text a token stands for, on average, in source code (measured 3.7 to 3.9; indentation more): text
/// further away than this times the budget cannot get in and is not looked at.
const BYTES_PER_TOKEN: usize = 6;
/// Bytes by which the edge of a window is found again in the next, slightly different text.
const MARK: usize = 100;
/// A window that had to move is filled to this percentage, so that it can grow for a while before it moves again.
const FRESH: usize = 60;
/// A window below this percentage of its budget is chosen anew: the text around the cursor has become another.
const STALE: usize = 40;

/// What makes tokens of texts.
pub trait Tokens {
    /// The tokens of a text, none of them special.
    fn of_text(&self, text: &str) -> Vec<TokenId>;

    /// What names a file in front of its text.
    fn of_name(&self, file: &FileName) -> Vec<TokenId>;
}

impl<T: Fn(&str) -> Vec<TokenId>> Tokens for T {
    fn of_text(&self, text: &str) -> Vec<TokenId> {
        self(text)
    }

    fn of_name(&self, file: &FileName) -> Vec<TokenId> {
        self(&format!("{}\n", file.path))
    }
}

/// What was fitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fitted {
    /// Names and texts of other files, and the name of the cursor's own behind them.
    pub files: Vec<TokenId>,
    /// Tokens of the other stable segments.
    pub stable: Vec<TokenId>,
    /// Tokens before the cursor.
    pub prefix: Vec<TokenId>,
    /// Tokens after the cursor.
    pub suffix: Vec<TokenId>,
}

/// Where a document's windows were last time, by text: offsets change with every edit above.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WindowAnchor {
    /// First bytes of the prefix window, and its size.
    prefix: Mark,
    /// Last bytes of the suffix window, and its size.
    suffix: Mark,
    /// The stable tokens that stood before them.
    stable: Vec<TokenId>,
    /// The other files' names and texts, and their tokens.
    files: (Vec<(FileName, String)>, Vec<TokenId>),
}

/// How the far edge of a window is found again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Mark {
    bytes: Vec<u8>,
    /// Bytes between the edge and the cursor: of several places that look alike the nearest to this is meant.
    distance: usize,
}

impl Mark {
    /// Of `edges`, given with their distance from the cursor, the one that was meant.
    fn find(
        &self,
        edges: impl Iterator<Item = (usize, usize)>,
        looks_so: impl Fn(usize, &[u8]) -> bool,
    ) -> Option<usize> {
        let alike = edges.filter(|&(edge, _)| !self.bytes.is_empty() && looks_so(edge, &self.bytes));
        alike.min_by_key(|&(_, distance)| distance.abs_diff(self.distance)).map(|(edge, _)| edge)
    }
}

/// Tokens of a context of `context` that a prompt may have beside its answer and `overhead` of marks: the same for jobs that want little
/// and for those that want more, or windows would move between them. One more is kept free: a full context has no place for the
/// next token.
pub fn room(context: usize, max_tokens: usize, overhead: usize) -> usize {
    let answer = max_tokens.max(ANSWER.min(context / 4));
    context.saturating_sub(answer + overhead + 1)
}

/// Fit `segments` into `budget` tokens. `anchor` is what the last call for this document left, and is updated.
///
/// As long as the prefix window stands where it was, the stable tokens are those of last time: they are the start of the
/// prompt, and a bracket that is open while one types makes whole imports invisible to the parser, and visible again. Text of
/// other files is changed by whoever builds the job, at a moment that suits: then everything is fitted anew.
pub fn fit(segments: &[Segment], budget: usize, anchor: &mut WindowAnchor, tokens: &dyn Tokens) -> Fitted {
    if let Some(fitted) = again(segments, budget, anchor, tokens) {
        return fitted;
    }
    let files = foreign(segments, budget, tokens);
    let mut stable = Vec::new();
    for segment in segments.iter().filter(|segment| segment.role == Role::Stable && !segment.is_foreign()) {
        let room = share(segment, budget).min(budget - files.len() - stable.len());
        stable.extend(head(segment, room, None, &|text| tokens.of_text(text)).0);
    }
    let room = budget - files.len() - stable.len();
    let (prefix, suffix, _) = around(segments, room, anchor, &|text| tokens.of_text(text));
    anchor.stable.clone_from(&stable);
    anchor.files = (foreign_texts(segments), files.clone());
    Fitted { files, stable, prefix, suffix }
}

/// Names and texts of other files in the share that they have together, and the name of the cursor's file.
fn foreign(segments: &[Segment], budget: usize, tokens: &dyn Tokens) -> Vec<TokenId> {
    let own = segments.iter().find(|segment| segment.role == Role::Prefix);
    let own = own.and_then(|own| own.file.as_ref()).map_or(Vec::new(), |file| tokens.of_name(file));
    let mut files = Vec::new();
    for segment in segments.iter().filter(|segment| segment.is_foreign()) {
        let Some(name) = segment.file.as_ref().map(|file| tokens.of_name(file)) else { continue };
        let room = share(segment, budget).saturating_sub(files.len() + name.len() + own.len());
        let text = head(segment, room, None, &|text| tokens.of_text(text)).0;
        if !text.is_empty() {
            files.extend(name);
            files.extend(text);
        }
    }
    if !files.is_empty() {
        files.extend(own);
    }
    files
}

fn foreign_texts(segments: &[Segment]) -> Vec<(FileName, String)> {
    let foreign = segments.iter().filter(|segment| segment.is_foreign());
    foreign.filter_map(|segment| Some((segment.file.clone()?, segment.text.clone()))).collect()
}

/// Like [`fit`], but only where the prefix window can stand where it stood last time; else nothing changes.
pub fn again(
    segments: &[Segment],
    budget: usize,
    anchor: &mut WindowAnchor,
    tokens: &dyn Tokens,
) -> Option<Fitted> {
    let prefix = segments.iter().find(|segment| segment.role == Role::Prefix)?;
    let room = budget.checked_sub(anchor.stable.len() + anchor.files.1.len())?;
    // Before anything is tokenised: most often the cursor is simply somewhere else.
    marked(prefix, &anchor.prefix, room)?;
    if foreign_texts(segments) != anchor.files.0 {
        return None;
    }
    let mut same = anchor.clone();
    let (prefix, suffix, stands) = around(segments, room, &mut same, &|text| tokens.of_text(text));
    stands.then(|| {
        *anchor = same;
        Fitted { files: anchor.files.1.clone(), stable: anchor.stable.clone(), prefix, suffix }
    })
}

/// The tokens that `segment` may take when others want more.
fn share(segment: &Segment, budget: usize) -> usize {
    budget * usize::from(segment.share.min(100)) / 100
}

/// Prefix and suffix in `budget` tokens, and whether the prefix window begins where it began last time.
fn around(
    segments: &[Segment],
    budget: usize,
    anchor: &mut WindowAnchor,
    tokenize: &dyn Fn(&str) -> Vec<TokenId>,
) -> (Vec<TokenId>, Vec<TokenId>, bool) {
    let find = |role| segments.iter().find(|segment| segment.role == role);
    let prefix = find(Role::Prefix);
    let wanted = prefix.map_or(0, |prefix| wanted(&prefix.text, budget, tokenize));
    let suffix = match find(Role::Suffix) {
        Some(segment) => {
            // What the prefix does not want the suffix may have; in quarters, or each typed token would move its edge.
            let quarter = (budget / 4).max(1);
            let left = budget - (wanted.div_ceil(quarter) * quarter).min(budget);
            let room = left.max(share(segment, budget)).min(budget);
            let (tokens, edge) = head(segment, room, Some(&anchor.suffix), tokenize);
            anchor.suffix = Mark { bytes: last_bytes(&segment.text[..edge]).to_vec(), distance: edge };
            tokens
        }
        None => Vec::new(),
    };
    let Some(segment) = prefix else { return (Vec::new(), suffix, false) };
    let tail = tail(segment, budget - suffix.len(), &anchor.prefix, tokenize);
    let window = &segment.text.as_bytes()[tail.start..];
    anchor.prefix = Mark { bytes: window[..window.len().min(MARK)].to_vec(), distance: window.len() };
    (tail.tokens, suffix, tail.stands)
}

/// How many tokens a text would take, as far as `limit` matters.
fn wanted(text: &str, limit: usize, tokenize: &dyn Fn(&str) -> Vec<TokenId>) -> usize {
    // Certainly more than fits: no need to count.
    if text.len() > limit * BYTES_PER_TOKEN { limit } else { tokenize(text).len().min(limit) }
}

fn last_bytes(text: &str) -> &[u8] {
    &text.as_bytes()[text.len().saturating_sub(MARK)..]
}

/// A window at the end of a segment.
struct Tail {
    tokens: Vec<TokenId>,
    /// The offset where it begins.
    start: usize,
    /// Whether it began there last time.
    stands: bool,
}

/// How far back from the end of a segment `budget` tokens can reach, and where a window may begin within that.
fn starts(segment: &Segment, budget: usize) -> (usize, Vec<usize>) {
    let text = segment.text.as_str();
    let reach = ceil_char(text, text.len().saturating_sub(budget * BYTES_PER_TOKEN));
    (reach, edges(segment).filter(|&start| start >= reach && start < text.len()).collect())
}

/// Where the window at the end of a segment began last time, if it may begin there again.
fn marked(segment: &Segment, mark: &Mark, budget: usize) -> Option<usize> {
    let text = segment.text.as_str();
    let (_, starts) = starts(segment, budget);
    let distances = starts.iter().map(|&start| (start, text.len() - start));
    mark.find(distances, |start, bytes| text.as_bytes()[start..].starts_with(bytes))
}

/// The window at the end of a segment.
fn tail(segment: &Segment, budget: usize, mark: &Mark, tokenize: &dyn Fn(&str) -> Vec<TokenId>) -> Tail {
    let text = segment.text.as_str();
    // 1. Where it was, if that still fits and is not a stub.
    if let Some(start) = marked(segment, mark, budget) {
        let tokens = tokenize(&text[start..]);
        if tokens.len() <= budget && (start == 0 || tokens.len() * 100 >= budget * STALE) {
            return Tail { tokens, start, stands: true };
        }
    }
    let (reach, starts) = starts(segment, budget);
    let moved = |tokens, start| Tail { tokens, start, stands: false };
    // 2. Everything.
    if reach == 0 {
        let tokens = tokenize(text);
        if tokens.len() <= budget {
            return moved(tokens, 0);
        }
    }
    // 3. A big step: a long tail that leaves room to grow.
    let fresh = budget * FRESH / 100;
    let (start, tokens) = longest(&starts, text.len(), fresh, &|start| tokenize(&text[start..]));
    if !tokens.is_empty() || text.is_empty() {
        return moved(tokens, start);
    }
    // 4. One endless line: cut it anywhere.
    let tokens = tokenize(&text[reach..]);
    let from = tokens.len().saturating_sub(fresh);
    moved(tokens[from..].to_vec(), reach)
}

/// The tokens of the beginning of a segment and the offset where its window ends.
fn head(
    segment: &Segment,
    budget: usize,
    mark: Option<&Mark>,
    tokenize: &dyn Fn(&str) -> Vec<TokenId>,
) -> (Vec<TokenId>, usize) {
    let text = segment.text.as_str();
    let reach = floor_char(text, (budget * BYTES_PER_TOKEN).min(text.len()));
    let mut ends: Vec<usize> = edges(segment).filter(|&end| end > 0 && end <= reach).collect();
    ends.reverse();
    let distances = ends.iter().map(|&end| (end, end));
    let marked =
        mark.and_then(|mark| mark.find(distances, |end, bytes| text.as_bytes()[..end].ends_with(bytes)));
    if let Some(end) = marked {
        let tokens = tokenize(&text[..end]);
        if tokens.len() <= budget && (end == text.len() || tokens.len() * 100 >= budget * STALE) {
            return (tokens, end);
        }
    }
    let (end, mut tokens) = longest(&ends, 0, budget, &|end| tokenize(&text[..end]));
    if end == 0 && mark.is_some() {
        tokens = tokenize(&text[..reach]);
        tokens.truncate(budget);
        return (tokens, reach);
    }
    (tokens, end)
}

/// A segment's boundaries with both ends, ascending; those inside a character are skipped.
fn edges(segment: &Segment) -> impl Iterator<Item = usize> {
    let text = segment.text.as_str();
    let inner = segment
        .boundaries
        .iter()
        .copied()
        .filter(move |&at| at > 0 && at < text.len() && text.is_char_boundary(at));
    std::iter::once(0).chain(inner).chain(std::iter::once(text.len()))
}

/// Of `edges`, the one furthest from `cursor` first, one of the first whose text has at most `budget` tokens, and these
/// tokens; the cursor itself if none has. Bytes per token differ little within a text, so the number of tokens of one
/// window tells about how long the next may be: two or three windows are tokenised where halving took seven.
fn longest(
    edges: &[usize],
    cursor: usize,
    budget: usize,
    tokens_of: &dyn Fn(usize) -> Vec<TokenId>,
) -> (usize, Vec<TokenId>) {
    let mut at = 0;
    while let Some(&edge) = edges.get(at) {
        let tokens = tokens_of(edge);
        if tokens.len() <= budget {
            return (edge, tokens);
        }
        let most = edge.abs_diff(cursor) * budget / tokens.len();
        at += edges[at..].partition_point(|edge| edge.abs_diff(cursor) > most).max(1);
    }
    (cursor, Vec::new())
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
