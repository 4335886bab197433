//! Ranks suggestions and selects the one to show: a logistic regression over a few features gives the probability that a text
//! is what the user wants. It is fitted on replayed keystrokes (`benches/fit_rank.py`) and kept as data; `calibration` makes it
//! mean the same for any model.

mod corrected;

use std::sync::LazyLock;

use serde::Deserialize;

use super::control::Eagerness;
use super::cutback::{Chosen, Origin};
use super::decode::Decoded;
use super::outcome::{Outcome, Reason};
use super::request::{CompletionOptions, Effort, OnRisk, TriggerKind};
use super::suggestion::{Rank, Remembered, Suggestion};
use super::trim::first_line;
use crate::calibration::Correction;
use crate::context::{CursorContext, CursorIn, LineTail};
use crate::text::is_word;

impl Rank {
    fn of(features: Vec<f32>, tokens: Vec<(usize, f32)>, prior_logit: f32, correction: Correction) -> Self {
        let mut rank = Self { probability: 0.0, features, tokens, prior_logit, correction };
        let sum = correction.logit(rank.score(), rank.place_kind()) + prior_logit;
        rank.probability = 1.0 / (1.0 + (-sum).exp());
        rank
    }

    /// The same with `prior_logit` logits more.
    pub fn with_prior(self, prior_logit: f32) -> Self {
        Self::of(self.features, self.tokens, self.prior_logit + prior_logit, self.correction)
    }

    /// What the features say, in logits, before any correction.
    pub fn score(&self) -> f32 {
        let (bias, weights, _) = &*WEIGHTS;
        bias + self.features.iter().zip(weights).map(|(feature, weight)| feature * weight).sum::<f32>()
    }

    /// The rank of what is left when the first `typed` bytes of the text were typed: what the user has confirmed is no
    /// longer uncertain.
    pub fn after(&self, typed: usize, rest: &str) -> Self {
        if self.features.is_empty() || typed == 0 {
            return self.clone();
        }
        let left = self.tokens.iter().filter(|(end, _)| *end > typed);
        let tokens: Vec<(usize, f32)> = left.map(|(end, logprob)| (end - typed, *logprob)).collect();
        let mut features = self.features.clone();
        features[..OF_TOKENS].copy_from_slice(&of_tokens(&tokens, rest));
        Self::of(features, tokens, self.prior_logit, self.correction)
    }
}

/// How many features depend on what is still to be typed: the first ones.
const OF_TOKENS: usize = 7;

/// The features that depend on what is still to be typed. Only the first line counts: it is what the probability is about.
fn of_tokens(tokens: &[(usize, f32)], text: &str) -> [f32; OF_TOKENS] {
    let end = first_line_end(text);
    let mut start = 0;
    let mut line = Vec::new();
    let mut after = None;
    for (token_end, logprob) in tokens {
        if start < end {
            line.push(*logprob);
        } else if after.is_none() {
            after = Some(*logprob);
        }
        start = *token_end;
    }
    let sum: f32 = line.iter().sum();
    let least = line.iter().copied().fold(0.0, f32::min);
    let length = text[..end].trim().chars().count() as f32;
    let mean = sum / line.len().max(1) as f32;
    let first = line.first().copied().unwrap_or(0.0).max(-8.0);
    [mean, sum, least, (1.0 + length).ln(), sum.exp(), first, after.unwrap_or(-1.0).max(-6.0)]
}

/// The mean log-probability of the tokens behind the first line; 0 where there are none.
pub fn rest_logprob(rank: &Rank, text: &str) -> f32 {
    let end = first_line_end(text);
    let rest: Vec<f32> =
        rank.tokens.iter().filter(|(token_end, _)| *token_end > end).map(|(_, logprob)| *logprob).collect();
    rest.iter().sum::<f32>() / rest.len().max(1) as f32
}

/// Where the first line with text ends, in bytes of `text`.
fn first_line_end(text: &str) -> usize {
    first_line(text).map_or(text.len(), str::len)
}

/// The names of the features, as in the file of weights.
pub const NAMES: [&str; 26] = [
    "mean_logprob",
    "sum_logprob",
    "least_logprob",
    "log_length",
    "likelihood",
    "first_logprob",
    "next_logprob",
    "cut",
    "ended_here",
    "not_whole",
    "line_start",
    "word_typed",
    "line_typed",
    "closers_right",
    "code_right",
    "several_lines",
    "in_comment",
    "in_string",
    "after_dot",
    "after_opener",
    "after_equals",
    "unknown_names",
    "lead",
    "same_end",
    "same_start",
    "known_words",
];

/// A block whose lines behind the first are less likely than this, in mean log-probability of a token, is not shown by itself: its
/// first line is. (The probability of a suggestion is about its first line.)
pub const UNLIKELY_REST: f32 = -1.0;

/// How much a risk counts against a text, in logits: some hundred times less likely, and so behind all others.
pub const RISKY: f32 = 5.0;

/// The same for a new name that hides a builtin. It is too rare in replays to be fitted: less likely by a factor of e, so that
/// any other text about as good comes first.
pub const SHADOWING: f32 = 1.0;

/// The same for a name that nothing in the file accounts for: 1 % of such texts are right (`benches/RESULTS.md`), too few for a
/// fit. With this, 20 % become 1 %.
pub const UNKNOWN: f32 = 3.0;

/// The same for a name that nothing in the file accounts for, but that comes from one place only: its import comes with the text.
pub const IMPORTED: f32 = 1.0;

/// The fitted weights.
#[derive(Debug, Deserialize)]
struct Weights {
    bias: f32,
    weights: std::collections::BTreeMap<String, f32>,
    /// Nothing below this probability is shown by itself, by the name of the eagerness.
    thresholds: std::collections::BTreeMap<String, f32>,
}

static WEIGHTS: LazyLock<(f32, [f32; NAMES.len()], [f32; Eagerness::LEVELS.len()])> = LazyLock::new(|| {
    let read: Weights =
        serde_json::from_str(include_str!("rank.json")).expect("rank.json is sound, as a test shows");
    let weights = NAMES.map(|name| read.weights.get(name).copied().unwrap_or(0.0));
    let thresholds = Eagerness::LEVELS.map(|level| read.thresholds.get(level.name()).copied().unwrap_or(0.0));
    (read.bias, weights, thresholds)
});

/// The rank of `chosen`, which came from the text `number` of `texts` by way of `trimmed`.
pub fn rank(
    chosen: &Chosen,
    texts: &[Decoded],
    number: usize,
    trimmed: &str,
    context: &CursorContext,
) -> Rank {
    let (decoded, text) = (&texts[number], chosen.candidate.text.as_str());
    let others: Vec<&Decoded> =
        texts.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, text)| text).collect();
    let tokens = tokens_of(decoded, text.len());
    let before = &context.line.before;
    let typed = before.chars().rev().take_while(|c| is_word(*c)).count();
    let flag = |set: bool| f32::from(u8::from(set));
    let left = before.trim_end_matches(' ');
    let mut features = of_tokens(&tokens, text).to_vec();
    features.extend([
        flag(chosen.origin == Origin::Model && text.len() < trimmed.trim_end().len()),
        flag(chosen.origin == Origin::Ended),
        flag(!chosen.whole),
        flag(context.line.is_blank_before()),
        (typed as f32).min(8.0),
        (1.0 + before.trim_start().chars().count() as f32).ln(),
        flag(context.tail == LineTail::Closers),
        flag(context.tail == LineTail::Code),
        flag(text.trim().contains('\n')),
        flag(context.cursor_in == CursorIn::Comment),
        flag(context.cursor_in == CursorIn::String),
        flag(left.ends_with('.')),
        flag(left.ends_with(['(', '[', '{', ','])),
        flag(left.ends_with('=')),
        flag(chosen.warnings.unknown > 0),
        lead(decoded, &others),
        same_end(text, &others),
        same_start(text, &others),
        known_words(text, context),
    ]);
    Rank::of(features, tokens, 0.0, Correction::NONE)
}

/// By how much the beginning is likelier than the likeliest one of the others, in nats; 0 without others.
fn lead(decoded: &Decoded, others: &[&Decoded]) -> f32 {
    let first = |text: &Decoded| text.pieces.first().map(|(_, logprob, _)| *logprob);
    let best = others.iter().filter_map(|text| first(text)).reduce(f32::max);
    first(decoded).zip(best).map_or(0.0, |(own, best)| (own - best).clamp(-6.0, 6.0))
}

/// The share of the first line that another text ends its first line with, too.
fn same_end(text: &str, others: &[&Decoded]) -> f32 {
    let first = |text: &str| text.trim_start().lines().next().unwrap_or_default().trim_end().to_owned();
    let own = first(text);
    let common =
        |other: String| own.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b).count();
    let most = others.iter().map(|other| common(first(&other.text))).max().unwrap_or(0);
    most as f32 / own.chars().count().max(1) as f32
}

/// The share of the first line that most others begin their first line with, too.
fn same_start(text: &str, others: &[&Decoded]) -> f32 {
    let first = |text: &str| text[..first_line_end(text)].trim_start().to_owned();
    let own = first(text);
    let common = |other: String| own.chars().zip(other.chars()).take_while(|(a, b)| a == b).count() as f32;
    let shares = others.iter().map(|other| common(first(&other.text)));
    shares.sum::<f32>() / (others.len() * own.chars().count()).max(1) as f32
}

/// The share of the words of the first line that stand near the cursor, too.
fn known_words(text: &str, context: &CursorContext) -> f32 {
    let line = &text[..first_line_end(text)];
    let words: Vec<&str> = line.split(|c: char| !is_word(c)).filter(|word| word.len() > 1).collect();
    let known = words.iter().filter(|word| context.before.contains(**word) || context.after.contains(**word));
    known.count() as f32 / words.len().max(1) as f32
}

/// The probability below which a suggestion is not shown: none where the user asked, or where nothing is ranked.
pub fn threshold(trigger: &TriggerKind, options: &CompletionOptions) -> f32 {
    match options.effort < Effort::Rank || *trigger == TriggerKind::Invoked {
        true => 0.0,
        false => bar(options.eagerness, options.bar_logits),
    }
}

/// The probability that a suggestion needs to come by itself, raised by so many logits. Whoever wants everything has no bar.
pub fn bar(eagerness: Eagerness, logits: f32) -> f32 {
    let bar = WEIGHTS.2.get(eagerness as usize).copied().unwrap_or(0.0);
    let odds = bar / (1.0 - bar) * logits.exp();
    odds / (1.0 + odds)
}

/// What the features do not know of a text, in logits: the user's habits, and what is to be looked at twice.
///
/// # Errors
/// [`Reason::Risky`] when it adds a risk and the user wants none.
pub fn prior(chosen: &Chosen, options: &CompletionOptions) -> Result<f32, Reason> {
    let habit = options.prior_logits[usize::from(chosen.candidate.text.trim().contains('\n'))];
    let shadowing = if chosen.warnings.shadowing > 0 { SHADOWING } else { 0.0 };
    let prior = habit - shadowing - if chosen.warnings.unknown > 0 { UNKNOWN } else { 0.0 };
    match (chosen.warnings.risky, options.on_risk) {
        (true, OnRisk::Drop) => Err(Reason::Risky),
        (true, OnRisk::Lower) => Ok(prior - RISKY),
        (false, _) => Ok(prior),
    }
}

/// The `known` suggestions, if one of them is an answer; else none. One that was never seen and is not likely enough says
/// nothing of what the model would write by now.
pub fn answers(known: Vec<Remembered>, threshold: f32) -> Vec<Remembered> {
    if known.iter().any(|known| is_shown(known, threshold)) { known } else { Vec::new() }
}

/// Whether the `known` answers are enough, so that the model is not asked: a user who asks wants to choose.
pub fn suffice(known: &[Remembered], trigger: &TriggerKind) -> bool {
    known.len() > usize::from(*trigger == TriggerKind::Invoked)
}

fn is_shown(found: &Remembered, threshold: f32) -> bool {
    found.seen || found.suggestion.rank.probability >= threshold
}

/// What is shown of what was known and what was generated, and what else there is, likeliest first; or why nothing is.
pub fn select(
    known: Vec<Remembered>,
    generated: Result<Vec<Suggestion>, Reason>,
    threshold: f32,
) -> (Outcome, Vec<Remembered>) {
    let (generated, reason) = match generated {
        Ok(generated) => (generated, Reason::LowConfidence),
        Err(reason) => (Vec::new(), reason),
    };
    let is_new = |new: &Suggestion| known.iter().all(|old| old.suggestion.text() != new.text());
    let new: Vec<Suggestion> = generated.into_iter().filter(is_new).collect();
    let mut all = known;
    all.extend(new.into_iter().map(|suggestion| Remembered { suggestion, seen: false }));
    let probability = |it: &Remembered| it.suggestion.rank.probability;
    all.sort_by(|a, b| b.seen.cmp(&a.seen).then(probability(b).total_cmp(&probability(a))));
    match all.first() {
        Some(best) if is_shown(best, threshold) => {
            let best = all.remove(0);
            (Outcome::Suggested(best.suggestion), all)
        }
        _ => (Outcome::Skipped(reason), all),
    }
}

/// The tokens that the first `bytes` of the text came from: where they end in it, and their log-probabilities.
fn tokens_of(decoded: &Decoded, bytes: usize) -> Vec<(usize, f32)> {
    // White space in front is trimmed and counts all the same: it was as good as certain.
    let lead = decoded.text.len() - decoded.text.trim_start().len();
    let mut start = 0;
    let mut tokens = Vec::new();
    for (end, logprob, _) in &decoded.pieces {
        if start >= bytes + lead {
            break;
        }
        tokens.push((end.saturating_sub(lead).min(bytes), *logprob));
        start = *end;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_sound() {
        let (bias, weights, thresholds) = &*WEIGHTS;
        assert!(bias.is_finite() && weights.iter().all(|weight| weight.is_finite()));
        assert!(thresholds.iter().all(|threshold| (0.0..1.0).contains(threshold)));
        let [low, medium, high] = Eagerness::LEVELS.map(|level| bar(level, 0.0));
        assert!(low > medium && medium > high && high > 0.0, "the more eager, the lower is the bar");
        assert!(bar(Eagerness::Medium, 0.5) > medium && bar(Eagerness::Medium, -0.5) < medium);
        let read: Weights = serde_json::from_str(include_str!("rank.json")).unwrap();
        for name in read.weights.keys() {
            assert!(NAMES.contains(&name.as_str()), "rank.json names {name}, which is no feature");
        }
    }

    #[test]
    fn only_the_tokens_of_the_text_count() {
        let decoded = Decoded {
            text: " ab cd".into(),
            pieces: vec![(1, -0.1, 1), (3, -0.5, 1), (6, -3.0, 1)],
            ..Decoded::default()
        };
        assert_eq!(tokens_of(&decoded, 2), [(0, -0.1), (2, -0.5)]);
        assert_eq!(tokens_of(&decoded, 5), [(0, -0.1), (2, -0.5), (5, -3.0)]);
    }

    #[test]
    fn what_was_typed_is_no_longer_uncertain() {
        let tokens = vec![(2, -3.0), (5, -0.1)];
        let mut features = vec![0.0; NAMES.len()];
        features[..OF_TOKENS].copy_from_slice(&of_tokens(&tokens, "ab cd"));
        let rank = Rank::of(features, tokens, 0.0, Correction::NONE);
        assert_eq!(rank.after(0, "ab cd"), rank);
        assert_eq!(rank.after(1, "b cd").tokens, [(1, -3.0), (4, -0.1)]);
        let sure = rank.after(2, " cd");
        assert_eq!(sure.tokens, [(3, -0.1)]);
        assert!(sure.probability > rank.probability);
    }
}
