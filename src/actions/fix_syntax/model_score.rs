//! Orders repairs by the probability that a model gives to the changed lines. The caller asks the model.

use crate::actions::Fix;
use crate::cancel::CancelToken;
use crate::completion::{Reason, blocking, score};
use crate::context::CursorContext;
use crate::document::{Edit, Snapshot};
use crate::engine::{Engine, Lane};

/// Lines that are compared at most: a model that runs here reads no more of them in the time of a menu.
const LINES: usize = 12;
/// What a nat of the model's counts beside one of the ngrams'. Of 0 to 2 the one after which more repairs are right and hardly
/// one less: benches/RESULTS.md.
const WEIGHT: f32 = 0.5;

/// The same lines, as each of several repairs leaves them.
pub struct ChangedLines {
    /// The place, without the lines.
    pub context: CursorContext,
    /// The lines, one text for each repair.
    pub texts: Vec<String>,
}

/// The lines that any of the offers changes, and the one behind; None when these are too many.
pub fn lines(snapshot: &Snapshot, offers: &[Fix]) -> Option<ChangedLines> {
    let edits = || offers.iter().flat_map(|offer| &offer.edits);
    let first = snapshot.line_of(edits().map(|edit| edit.range.start).min()?);
    // What follows tells, too: a bracket that is not closed shows there.
    let last = (snapshot.line_of(edits().map(|edit| edit.range.end).max()?) + 1).min(snapshot.lines() - 1);
    if last - first >= LINES {
        return None;
    }
    let range = snapshot.line_range(first).start..snapshot.line_range(last).end;
    let old = snapshot.slice(range.clone());
    let texts = offers.iter().map(|offer| {
        let mut text = old.clone();
        for edit in offer.edits.iter().rev() {
            text.replace_range(edit.range.start - range.start..edit.range.end - range.start, &edit.text);
        }
        text.replace("\r\n", "\n") + "\n"
    });
    let texts = texts.collect();
    let opened = snapshot.with_edit(&Edit::replace(range.clone(), ""));
    Some(ChangedLines { context: CursorContext::at(&opened, opened.parse().as_ref(), range.start), texts })
}

/// How likely the model finds the lines that each of the fixes makes: natural-log probabilities.
///
/// # Errors
/// [`Reason::NotHere`] when they change too many lines, else what hinders the engine.
pub async fn scores(
    snapshot: Snapshot,
    fixes: Vec<Fix>,
    lane: Lane,
    engine: &dyn Engine,
    cancel: &CancelToken,
) -> Result<Vec<f32>, Reason> {
    let uri = std::sync::Arc::clone(&snapshot.uri);
    let lines = blocking(move || lines(&snapshot, &fixes)).await?.ok_or(Reason::NotHere)?;
    score::log_probabilities(&lines.context, &uri, lane, lines.texts, engine, cancel).await
}

/// The fixes of the syntax among those of a request: what the model ranks; none where there is no choice.
pub fn ranked(fixes: &mut [Fix]) -> Option<&mut [Fix]> {
    let count = fixes.iter().take_while(|fix| fix.action == &super::SPEC).count();
    (count > 1).then(|| &mut fixes[..count])
}

/// Orders offers whose lines have these log-probabilities. It makes none preferred: what is sure was measured without a model,
/// and is offered alone.
pub fn order(offers: &mut [Fix], likely: &[f32]) {
    // A text that cannot be scored says nothing about the others.
    if likely.len() != offers.len() || likely.iter().any(|likely| !likely.is_finite()) {
        return;
    }
    for (offer, likely) in offers.iter_mut().zip(likely) {
        offer.score += WEIGHT * likely;
    }
    offers.sort_by(|a, b| b.score.total_cmp(&a.score));
    for behind in offers.iter_mut().skip(1) {
        (behind.preferred, behind.exact_share) = (false, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(title: &str, at: usize, text: &str, score: f32) -> Fix {
        let edits = vec![Edit::insert(at, text)];
        let (action, title) = (&crate::actions::fix_syntax::SPEC, title.to_owned());
        Fix {
            action,
            title,
            preferred: score == 0.0,
            exact_share: None,
            edits,
            fixes: Vec::new(),
            score,
            kind: "insert",
        }
    }

    #[test]
    fn the_lines_around_every_edit_are_compared() {
        let snapshot = Snapshot::of_text("", "a\r\nf(b, (c\r\nd\r\ne\r\n", None);
        let offers = [offer("", 10, "))", 0.0), offer("", 5, ")", -1.0)];
        let found = lines(&snapshot, &offers).unwrap();
        assert_eq!(found.texts, ["f(b, (c))\nd\n", "f()b, (c\nd\n"]);
        assert_eq!((found.context.before.as_str(), found.context.after.as_str()), ("a\n", "\ne\n"));
        let long = Snapshot::of_text("", &"a\n".repeat(40), None);
        assert!(lines(&long, &[offer("", 0, ")", 0.0), offer("", 60, ")", 0.0)]).is_none());
    }

    #[test]
    fn ngrams_and_likelihood_count_together() {
        let ordered = |likely: &[f32]| {
            let mut offers = [offer("a", 0, "", 0.0), offer("b", 0, "", -1.0), offer("c", 0, "", -9.0)];
            order(&mut offers, likely);
            offers.map(|offer| (offer.title, offer.preferred))
        };
        let titles = |likely: &[f32]| ordered(likely).map(|(title, _)| title).concat();
        assert_eq!(titles(&[-5.0, -5.0, -5.0]), "abc");
        assert_eq!(titles(&[-5.0, -2.0, -1.0]), "bac", "a little likelier is not enough for the last");
        assert_eq!(titles(&[-5.0, f32::NEG_INFINITY, -1.0]), "abc");
        assert_eq!(ordered(&[-20.0, -5.0, -30.0])[0], ("b".to_owned(), false));
        assert!(ordered(&[-5.0, -20.0, -30.0])[0].1, "it was preferred and stays the first");
    }
}
