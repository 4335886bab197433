//! Sums up result rows as named numbers in groups: for tables, for the page and for the comparison of two runs.

use std::collections::BTreeMap;

use super::case::HoleKind;
use super::holes::HoleRow;
use super::replay::{LastAction, Question, ReplayRow};
use crate::engine::DraftStats;

#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is about: a variant, a language, a kind.
    pub group: String,
    pub name: &'static str,
    pub value: f64,
    /// `%`, `ms`, … or nothing.
    pub unit: &'static str,
    /// Whether more is better; None: neither.
    pub more_is_better: Option<bool>,
}

/// Collects the figures of one group.
struct Group<'a> {
    name: String,
    figures: &'a mut Vec<Figure>,
}

impl Group<'_> {
    fn add(&mut self, name: &'static str, value: f64, unit: &'static str, more_is_better: Option<bool>) {
        if value.is_finite() {
            let group = self.name.clone();
            self.figures.push(Figure { group, name, value, unit, more_is_better });
        }
    }

    fn times(&mut self, mut ms: Vec<f64>) {
        self.add("p50", percentile(&mut ms, 0.5), "ms", Some(false));
        self.add("p95", percentile(&mut ms, 0.95), "ms", Some(false));
    }

    /// What memory did: how much of the workspace it held, and what its proposals were worth.
    fn memory(&mut self, remembered: impl Iterator<Item = usize>, drafts: impl Iterator<Item = DraftStats>) {
        let remembered: Vec<f64> = remembered.map(|tokens| tokens as f64).collect();
        let mean = remembered.iter().sum::<f64>() / remembered.len() as f64;
        self.add("remembered tokens of the workspace", mean, "", None);
        let mut all = DraftStats::default();
        drafts.for_each(|drafts| all += drafts);
        self.share("right of drafted tokens", all.accepted, all.drafted, Some(true));
        let steps = all.tokens.saturating_sub(all.accepted);
        self.add("tokens a step", all.tokens as f64 / steps as f64, "", Some(true));
    }

    fn share(&mut self, name: &'static str, part: usize, whole: usize, more_is_better: Option<bool>) {
        self.add(name, 100.0 * part as f64 / whole as f64, "%", more_is_better);
    }
}

/// The value below which this share of `values` lies; NaN for none.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len() as f64 - 1.0) * share).round().max(0.0);
    values.get(at as usize).copied().unwrap_or(f64::NAN)
}

/// Figures of holes: for each variant, in all and for each language and kind.
pub fn of_holes(rows: &[HoleRow]) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut variants: Vec<&str> = Vec::new();
    for row in rows {
        if !variants.contains(&row.variant.as_str()) {
            variants.push(&row.variant);
        }
    }
    for variant in variants {
        let of: Vec<&HoleRow> = rows.iter().filter(|row| row.variant == variant).collect();
        hole_group(variant.to_owned(), &of, &mut figures);
        let mut parts: BTreeMap<(usize, String), Vec<&HoleRow>> = BTreeMap::new();
        for row in of {
            parts.entry((0, row.language.clone())).or_default().push(row);
            let kind = HoleKind::ALL.iter().position(|kind| *kind == row.kind).unwrap_or_default();
            parts.entry((kind + 2, row.kind.name().to_owned())).or_default().push(row);
            if row.kind.is_line() {
                parts.entry((1, "all line holes".to_owned())).or_default().push(row);
            }
            if row.broken {
                parts.entry((20, "broken elsewhere".to_owned())).or_default().push(row);
            }
        }
        for ((_, part), rows) in parts {
            hole_group(format!("{variant}, {part}"), &rows, &mut figures);
        }
    }
    figures
}

fn hole_group(name: String, rows: &[&HoleRow], figures: &mut Vec<Figure>) {
    let mut group = Group { name, figures };
    let count = |test: &dyn Fn(&HoleRow) -> bool| rows.iter().filter(|row| test(row)).count();
    let mean =
        |value: &dyn Fn(&HoleRow) -> f64| rows.iter().map(|row| value(row)).sum::<f64>() / rows.len() as f64;
    let shown = |row: &HoleRow| row.answer.text.is_some();
    let all = count(&shown);
    group.add("cases", rows.len() as f64, "", None);
    group.share("shown", all, rows.len(), Some(true));
    group.share("exact", count(&|row| row.score.exact), rows.len(), Some(true));
    group.share("exact of shown", count(&|row| row.score.exact), all, Some(true));
    group.add("edit similarity", 100.0 * mean(&|row| row.score.similarity), "%", Some(true));
    group.add("prefix kept", 100.0 * mean(&|row| row.score.prefix), "%", Some(true));
    group.share("adds tree errors", count(&|row| row.tree.1 > row.tree.0), all, Some(false));
    let judged = count(&|row| row.errors.is_some());
    let worse = count(&|row| row.errors.is_some_and(|(before, after)| after > before));
    let valid = count(&|row| row.errors.is_some_and(|(_, after)| after == 0));
    group.share("adds strict errors", worse, judged, Some(false));
    group.share("file valid with it", valid, judged, Some(true));
    group.add("defects", count(&|row| row.defects != Default::default()) as f64, "", Some(false));
    group.add("tokens", mean(&|row| row.answer.tokens as f64), "", Some(false));
    group.add("prompt tokens", mean(&|row| row.answer.prompt.0 as f64), "", None);
    let reused: usize = rows.iter().map(|row| row.answer.prompt.1).sum();
    group.share("KV reused", reused, rows.iter().map(|row| row.answer.prompt.0).sum(), Some(true));
    let remembered = rows.iter().filter_map(|row| row.remembered);
    group.memory(remembered, rows.iter().map(|row| row.answer.drafts));
    group.times(rows.iter().map(|row| row.answer.ms).collect());
}

/// Figures of a replay, in all and for each language.
pub fn of_replay(rows: &[ReplayRow]) -> Vec<Figure> {
    let mut figures = Vec::new();
    replay_group("all".to_owned(), &rows.iter().collect::<Vec<_>>(), &mut figures);
    let mut parts: BTreeMap<&str, Vec<&ReplayRow>> = BTreeMap::new();
    for row in rows {
        parts.entry(&row.language).or_default().push(row);
        if row.broken {
            parts.entry("broken elsewhere").or_default().push(row);
        }
    }
    for (part, rows) in parts {
        replay_group(part.to_owned(), &rows, &mut figures);
    }
    let mut asked: BTreeMap<&str, Vec<&Question>> = BTreeMap::new();
    for question in rows.iter().flat_map(|row| &row.asked) {
        let after = match question.after {
            LastAction::Jump => "after a jump",
            LastAction::Key if question.typed_on => "after a key of what is shown",
            LastAction::Key => "after another key",
            LastAction::Accept => "after accepting",
            LastAction::Slip => "after a wrong key",
            LastAction::Delete => "after deleting 5 characters",
            LastAction::EditAbove => "after an edit 7 lines above",
        };
        asked.entry(after).or_default().push(question);
    }
    for (after, asked) in asked {
        let mut group = Group { name: after.to_owned(), figures: &mut figures };
        group.add("asked", asked.len() as f64, "", None);
        group.times(asked.iter().map(|asked| asked.ms).collect());
        let mut evaluated: Vec<f64> =
            asked.iter().filter_map(|asked| asked.evaluated).map(|tokens| tokens as f64).collect();
        group.add("evaluated again, p50", percentile(&mut evaluated, 0.5), "tokens", Some(false));
        group.add("evaluated again, p95", percentile(&mut evaluated, 0.95), "tokens", Some(false));
    }
    figures
}

fn replay_group(name: String, rows: &[&ReplayRow], figures: &mut Vec<Figure>) {
    let mut group = Group { name, figures };
    let asked = rows.iter().flat_map(|row| &row.asked).filter(|asked| !asked.after.is_at_the_end());
    let asked: Vec<&Question> = asked.collect();
    let count = |test: &dyn Fn(&Question) -> bool| asked.iter().filter(|asked| test(asked)).count();
    let sum = |value: &dyn Fn(&ReplayRow) -> usize| rows.iter().map(|row| value(row)).sum::<usize>();
    let (shown, right) = (count(&|asked| asked.shown), count(&|asked| asked.right));
    let characters = sum(&|row| row.characters);
    let taken: usize = asked.iter().map(|asked| asked.taken).sum();
    // A wrong one costs a glance each time another one appears, about a key's worth.
    let wrong = count(&|asked| asked.shown && !asked.right && !asked.same);
    group.add("texts", rows.len() as f64, "", None);
    group.add("asked", asked.len() as f64, "", None);
    group.share("shown", shown, asked.len(), Some(true));
    group.share("right of shown (precision)", right, shown, Some(true));
    let fresh = count(&|asked| asked.shown && !asked.same);
    group.share("right of new ones", right, fresh, Some(true));
    group.add("wrong ones shown", wrong as f64, "", Some(false));
    group.share("RoCC", taken, characters, Some(true));
    group.add(
        "RoCC less wrong ones",
        100.0 * (taken as f64 - wrong as f64) / characters as f64,
        "%",
        Some(true),
    );
    let (keys, alone) = (sum(&|row| row.keys), sum(&|row| row.keys_alone));
    group.add("keys saved", 100.0 * (1.0 - keys as f64 / alone as f64), "%", Some(true));
    let offered: usize = asked.iter().filter(|asked| asked.right).map(|asked| asked.length).sum();
    group.share("kept of taken suggestions", taken, offered, Some(true));
    let free = count(&|asked| asked.without_model && asked.shown);
    group.share("answered without the model", free, asked.len(), Some(true));
    group.share("model not asked", count(&|asked| asked.without_model), asked.len(), Some(true));
    let remembered = rows.iter().filter_map(|row| row.remembered);
    group.memory(remembered, asked.iter().map(|asked| asked.drafts));
    group.times(asked.iter().map(|asked| asked.ms).collect());
    let cpu: Option<f64> = rows.iter().map(|row| row.cpu).sum();
    group.add("CPU", cpu.unwrap_or(f64::NAN), "s", Some(false));
    group.add("add strict errors", count(&|asked| asked.worse) as f64, "", Some(false));
    let flickers = count(&|asked| asked.typed_on && !asked.same);
    group.add("flickers (typed on, and not the rest)", flickers as f64, "", Some(false));
    group.add("duplicates", count(&|asked| asked.defects.duplicate) as f64, "", Some(false));
    group.add("indentation off", count(&|asked| asked.defects.indentation) as f64, "", Some(false));
    group.add("leaked tokens", count(&|asked| asked.defects.leak) as f64, "", Some(false));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        assert_eq!(percentile(&mut [3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(percentile(&mut [3.0, 1.0, 2.0], 0.95), 3.0);
        assert!(percentile(&mut [], 0.5).is_nan());
    }

    #[test]
    fn a_replay_in_figures() {
        let asked =
            |shown, right, taken| Question { shown, right, taken, length: taken, ..Question::default() };
        let row = ReplayRow {
            id: "a".into(),
            language: "python".into(),
            broken: false,
            characters: 20,
            keys: 15,
            keys_alone: 20,
            cpu: None,
            remembered: None,
            asked: vec![asked(true, true, 6), asked(true, false, 0), asked(false, false, 0)],
        };
        let figures = of_replay(&[row]);
        let of = |name| {
            let found = figures.iter().find(|figure| figure.group == "all" && figure.name == name);
            found.map(|figure| figure.value.round())
        };
        assert_eq!(of("shown"), Some(67.0));
        assert_eq!(of("right of shown (precision)"), Some(50.0));
        assert_eq!(of("RoCC"), Some(30.0));
        assert_eq!(of("RoCC less wrong ones"), Some(25.0));
        assert_eq!(of("keys saved"), Some(25.0));
        assert_eq!(of("CPU"), None);
    }
}
