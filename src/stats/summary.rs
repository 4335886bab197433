//! Sums up events of some days as counts, shares and times.

use std::collections::BTreeMap;

use serde::Serialize;

use super::actions::{ActionTally, tally};
use super::event::SUPERSEDED;
use super::{Asked, Disposition, Ended, UsageEvent};

/// Seconds of a day. Days are counted back from now, not by the calendar: that needs no time zone.
pub const DAY: u64 = 86_400;
/// Most steps over time: about what a line of a terminal and a small plot can show.
const MOST_STEPS: u64 = 60;

/// Which events count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The end of the span, unix seconds: usually now.
    pub now: u64,
    /// Its length in days, at least 1.
    pub days: u64,
    /// Only this language.
    pub language: Option<String>,
}

/// What happened. Shares are from 0 to 1, and none where nothing happened that they would be a share of.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Requests that the user saw an answer to: those that a newer one replaced are not counted.
    pub requests: usize,
    /// Requests that a newer one replaced.
    pub superseded: usize,
    /// Requests answered with a text.
    pub answered: usize,
    /// Of `requests`, those answered with a text.
    pub answered_share: Option<f64>,
    /// Of `answered`, those without the model.
    pub without_model_share: Option<f64>,
    /// Different suggestions shown: one that the user types along is answered many times.
    pub suggestions: usize,
    /// Suggestions whose end is known.
    pub ended: usize,
    /// Of these, taken by the user.
    pub accepted: usize,
    /// Of these, typed to the end.
    pub typed: usize,
    /// Of `ended`, those accepted.
    pub accepted_share: Option<f64>,
    /// Of `ended`, those typed to the end.
    pub typed_share: Option<f64>,
    /// Bytes that nobody had to type.
    pub taken_bytes: usize,
    /// The mean share of an accepted text that was still there later.
    pub kept_share: Option<f64>,
    /// How many were looked at for that.
    pub kept: usize,
    /// Requests without a text, by the name of the reason, commonest first.
    #[serde(serialize_with = "as_map")]
    pub silent: Vec<(String, usize)>,
    pub tokens: usize,
    pub prompt_tokens: usize,
    /// Of these, the share that was in the KV cache already.
    pub reused_share: Option<f64>,
    /// Tokens that memory proposed to the model.
    pub drafted: usize,
    /// Of these, the share that the model chose too.
    pub draft_accepted_share: Option<f64>,
    /// Tokens of a text that a step of the model brings: one, and the proposed ones that were right.
    pub tokens_per_step: Option<f64>,
    /// Times of the answers that took the model.
    pub model: Latency,
    /// Times of the answers that did not.
    pub no_model: Latency,
    /// Times from the question to the model until its first line was complete, where it runs on this machine.
    pub first_line_here: Latency,
    /// The same where a server runs it.
    pub first_line_remote: Latency,
    pub step_days: u64,
    /// Step by step, oldest first.
    pub steps: Vec<Step>,
    /// By language, the one with most requests first.
    pub languages: Vec<LanguageSummary>,
    /// Code actions, by name.
    pub actions: Vec<ActionTally>,
}

/// A day, or some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Step {
    /// Suggestions shown.
    pub shown: usize,
    /// Suggestions accepted or typed to the end.
    pub taken: usize,
}

/// Times, in milliseconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Latency {
    /// Half are shorter.
    pub p50: Option<f64>,
    /// 95 % are shorter.
    pub p95: Option<f64>,
    /// 99 % are shorter.
    pub p99: Option<f64>,
    /// All of them, ascending.
    #[serde(skip)]
    pub all: Vec<f64>,
}

/// One language's share of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LanguageSummary {
    pub name: String,
    pub requests: usize,
    pub answered_share: Option<f64>,
    pub suggestions: usize,
    pub accepted_share: Option<f64>,
    pub typed_share: Option<f64>,
    pub kept_share: Option<f64>,
    /// Half of the answers that took the model were faster, milliseconds.
    pub p50: Option<f64>,
}

impl Filter {
    fn takes(&self, event: &UsageEvent) -> bool {
        let since = self.now.saturating_sub(self.days * DAY);
        // A clock that was set back leaves events in the future: they are of no day.
        (since..=self.now).contains(&event.at())
            && self.language.as_ref().is_none_or(|language| event.language() == language)
    }
}

impl Summary {
    /// Sum up the events that `filter` takes.
    pub fn of(events: &[UsageEvent], filter: &Filter) -> Self {
        let events: Vec<&UsageEvent> = events.iter().filter(|event| filter.takes(event)).collect();
        let mut summary = totals(&events);
        summary.step_days = filter.days.div_ceil(MOST_STEPS).max(1);
        summary.steps = steps(&events, filter, summary.step_days);
        let mut by_language = BTreeMap::<&str, Vec<&UsageEvent>>::new();
        for &event in &events {
            by_language.entry(event.language()).or_default().push(event);
        }
        summary.languages =
            by_language.into_iter().map(|(name, events)| language(name, &totals(&events))).collect();
        // One where only actions were offered has nothing to say here.
        summary.languages.retain(|language| language.requests > 0);
        summary.languages.sort_by_key(|language| std::cmp::Reverse(language.requests));
        summary
    }

    /// Whether nothing happened at all.
    pub fn is_empty(&self) -> bool {
        self.requests + self.superseded + self.ended + self.actions.len() == 0
    }
}

fn totals(events: &[&UsageEvent]) -> Summary {
    let mut summary = Summary::default();
    let mut silent = BTreeMap::<&str, usize>::new();
    let (mut kept, mut reused, mut without_model) = (0.0, 0, 0);
    let (mut generated, mut right) = (0, 0);
    for event in events {
        match event {
            UsageEvent::Asked(asked) if asked.outcome == SUPERSEDED => summary.superseded += 1,
            UsageEvent::Asked(asked) => {
                summary.requests += 1;
                if asked.is_shown() {
                    answered(&mut summary, asked);
                    without_model += usize::from(asked.without_model);
                } else {
                    *silent.entry(&asked.outcome).or_default() += 1;
                }
                if asked.line_ms > 0.0 {
                    let of = match asked.remote {
                        true => &mut summary.first_line_remote,
                        false => &mut summary.first_line_here,
                    };
                    of.all.push(f64::from(asked.line_ms));
                }
                reused += asked.reused;
                generated += asked.generated;
                summary.drafted += asked.drafted;
                right += asked.accepted;
            }
            UsageEvent::Ended(ended) => end(&mut summary, ended),
            UsageEvent::Kept(share) => {
                summary.kept += 1;
                kept += f64::from(share.share);
            }
            UsageEvent::Acted(_) => {}
        }
    }
    summary.actions = tally(events);
    summary.silent = silent.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    summary.silent.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    summary.answered_share = share(summary.answered, summary.requests);
    summary.without_model_share = share(without_model, summary.answered);
    summary.accepted_share = share(summary.accepted, summary.ended);
    summary.typed_share = share(summary.typed, summary.ended);
    summary.kept_share = (summary.kept > 0).then(|| kept / summary.kept as f64);
    summary.reused_share = share(reused, summary.prompt_tokens);
    summary.draft_accepted_share = share(right, summary.drafted);
    summary.tokens_per_step = share(generated, generated.saturating_sub(right));
    summary.model.finish();
    summary.no_model.finish();
    summary.first_line_here.finish();
    summary.first_line_remote.finish();
    summary
}

fn answered(summary: &mut Summary, asked: &Asked) {
    summary.answered += 1;
    summary.suggestions += usize::from(!asked.continued);
    summary.tokens += asked.tokens;
    summary.prompt_tokens += asked.prompt;
    let times = if asked.without_model { &mut summary.no_model } else { &mut summary.model };
    times.all.push(f64::from(asked.ms));
}

fn end(summary: &mut Summary, ended: &Ended) {
    summary.ended += 1;
    match ended.fate {
        Disposition::Accepted => summary.accepted += 1,
        Disposition::Typed => summary.typed += 1,
        Disposition::Dismissed => {}
    }
    summary.taken_bytes += ended.taken;
}

fn language(name: &str, totals: &Summary) -> LanguageSummary {
    LanguageSummary {
        name: name.to_owned(),
        requests: totals.requests,
        answered_share: totals.answered_share,
        suggestions: totals.suggestions,
        accepted_share: totals.accepted_share,
        typed_share: totals.typed_share,
        kept_share: totals.kept_share,
        p50: totals.model.p50,
    }
}

fn steps(events: &[&UsageEvent], filter: &Filter, step_days: u64) -> Vec<Step> {
    let count = usize::try_from(filter.days.div_ceil(step_days)).unwrap_or(1);
    let mut steps = vec![Step::default(); count];
    for event in events {
        let back = (filter.now - event.at()) / (step_days * DAY);
        let Some(at) = usize::try_from(back).ok().and_then(|back| (count - 1).checked_sub(back)) else {
            continue;
        };
        match event {
            UsageEvent::Asked(asked) if asked.is_shown() && !asked.continued => steps[at].shown += 1,
            UsageEvent::Ended(ended) if ended.fate != Disposition::Dismissed => steps[at].taken += 1,
            _ => {}
        }
    }
    steps
}

fn as_map<S: serde::Serializer>(pairs: &[(String, usize)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, count)| (name, count)))
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Latency {
    fn finish(&mut self) {
        self.all.sort_by(f64::total_cmp);
        self.p50 = self.at(0.5);
        self.p95 = self.at(0.95);
        self.p99 = self.at(0.99);
    }

    /// The nearest rank: the smallest time that at least this share of all does not exceed.
    fn at(&self, share: f64) -> Option<f64> {
        let rank = (self.all.len() as f64 * share).ceil() as usize;
        self.all.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{KeptShare, RequestKind};

    const NOW: u64 = 1000 * DAY;

    fn asked(days_ago: u64, language: &str, outcome: &str, ms: f32) -> Asked {
        let (at, language, outcome) = (NOW - days_ago * DAY - 5, language.to_owned(), outcome.to_owned());
        Asked { at, language, outcome, ms, prompt: 100, reused: 90, ..Asked::default() }
    }

    fn ended(days_ago: u64, fate: Disposition, taken: usize) -> UsageEvent {
        let (at, language, kind) = (NOW - days_ago * DAY - 5, "rust".to_owned(), RequestKind::Automatic);
        UsageEvent::Ended(Ended { at, language, kind, lines: 1, bytes: 9, fate, taken })
    }

    fn filter(days: u64, language: Option<&str>) -> Filter {
        Filter { now: NOW, days, language: language.map(str::to_owned) }
    }

    fn events() -> Vec<UsageEvent> {
        let typed_on = Asked {
            continued: true,
            without_model: true,
            prompt: 0,
            reused: 0,
            ..asked(0, "rust", "shown", 0.2)
        };
        vec![
            UsageEvent::Asked(asked(9, "rust", "shown", 900.0)),
            UsageEvent::Asked(asked(2, "python", "blank", 20.0)),
            UsageEvent::Asked(asked(1, "rust", "shown", 40.0)),
            ended(1, Disposition::Dismissed, 3),
            UsageEvent::Asked(asked(0, "rust", "shown", 30.0)),
            UsageEvent::Asked(typed_on),
            UsageEvent::Asked(asked(0, "rust", "superseded", 5.0)),
            ended(0, Disposition::Accepted, 9),
            UsageEvent::Kept(KeptShare { at: NOW, language: "rust".into(), lines: 1, share: 0.5 }),
            UsageEvent::Kept(KeptShare { at: NOW + DAY, language: "rust".into(), lines: 1, share: 0.0 }),
        ]
    }

    #[test]
    fn totals_and_shares() {
        let summary = Summary::of(&events(), &filter(3, None));
        assert_eq!((summary.requests, summary.superseded, summary.answered), (4, 1, 3));
        assert_eq!((summary.suggestions, summary.ended, summary.accepted), (2, 2, 1));
        assert_eq!(summary.answered_share, Some(0.75));
        assert_eq!(summary.accepted_share, Some(0.5));
        assert_eq!((summary.kept_share, summary.kept), (Some(0.5), 1));
        assert_eq!(summary.taken_bytes, 12);
        assert_eq!(summary.silent, [("blank".to_owned(), 1)]);
        assert_eq!((summary.model.p50, summary.model.p95), (Some(30.0), Some(40.0)));
        assert_eq!(summary.no_model.all.len(), 1);
        let steps: Vec<_> = summary.steps.iter().map(|step| (step.shown, step.taken)).collect();
        assert_eq!(steps, [(0, 0), (1, 0), (1, 1)]);
        let names: Vec<_> = summary.languages.iter().map(|it| (it.name.as_str(), it.requests)).collect();
        assert_eq!(names, [("rust", 3), ("python", 1)]);
    }

    #[test]
    fn spans_and_languages() {
        let python = Summary::of(&events(), &filter(30, Some("python")));
        assert_eq!((python.requests, python.answered, python.ended), (1, 0, 0));
        assert_eq!((python.accepted_share, python.model.p50), (None, None));
        assert!(Summary::of(&events(), &filter(30, Some("go"))).is_empty());
        let year = Summary::of(&events(), &filter(365, None));
        assert_eq!((year.step_days, year.steps.len()), (7, 53));
        assert_eq!(year.steps.iter().map(|step| step.shown).sum::<usize>(), 3);
    }

    #[test]
    fn drafts_are_counted_with_what_was_not_shown() {
        let drafted = |outcome: &str, generated, drafted, accepted| {
            UsageEvent::Asked(Asked { generated, drafted, accepted, ..asked(0, "rust", outcome, 30.0) })
        };
        let events =
            [drafted("shown", 20, 12, 8), drafted("low_confidence", 10, 4, 2), drafted("shown", 0, 0, 0)];
        let summary = Summary::of(&events, &filter(1, None));
        assert_eq!((summary.drafted, summary.draft_accepted_share), (16, Some(0.625)));
        assert_eq!(summary.tokens_per_step, Some(1.5));
        let without = Summary::of(&[drafted("shown", 0, 0, 0)], &filter(1, None));
        assert_eq!((without.draft_accepted_share, without.tokens_per_step), (None, None));
    }

    #[test]
    fn ranks() {
        let p95 = |count: u32| {
            let mut latency = Latency { all: (1..=count).map(f64::from).collect(), ..Latency::default() };
            latency.finish();
            (latency.p50, latency.p95)
        };
        assert_eq!(p95(0), (None, None));
        assert_eq!(p95(1), (Some(1.0), Some(1.0)));
        assert_eq!(p95(100), (Some(50.0), Some(95.0)));
    }

    #[test]
    fn first_lines_from_here_and_from_a_server_are_told_apart() {
        let line = |line_ms: f32, remote| {
            UsageEvent::Asked(Asked { line_ms, remote, ..asked(0, "rust", "shown", 2.0 * line_ms) })
        };
        let mut events: Vec<UsageEvent> = (1..=100).map(|ms| line(ms as f32, true)).collect();
        events.extend([line(7.0, false), line(0.0, false)]);
        let summary = Summary::of(&events, &filter(3, None));
        let remote = &summary.first_line_remote;
        assert_eq!((remote.p50, remote.p95, remote.p99), (Some(50.0), Some(95.0), Some(99.0)));
        assert_eq!(summary.first_line_here.all, [7.0]);
    }
}
