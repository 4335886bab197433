//! Shows what was said about suggestions against what came of them, for each model: `calibration` keeps the outcomes.

use serde_json::{Value, json};

use crate::calibration::{ModelIdentity, PlaceKind, Prior, Record, Reliability, Store, fit};
use crate::plot::{Diagram, Report};

/// Models that are shown: those used last.
const MOST: usize = 3;

/// What is known of one model.
pub struct Chances {
    model: ModelIdentity,
    record: Record,
    reliability: Reliability,
}

/// The models whose outcomes are kept in `store`, the one used last first; what cannot be read is said.
pub fn of(store: &Store) -> Vec<Chances> {
    let (found, broken) = store.all();
    for file in broken {
        super::super::tell(&format!("{}: not understood, left out", file.display()));
    }
    let chances = |(model, record): (ModelIdentity, Record)| {
        let said: Vec<(f32, bool)> = record.judged().iter().map(|one| (one.said, one.right)).collect();
        Chances { model, record, reliability: Reliability::of(&said) }
    };
    found.into_iter().filter(|(_, record)| record.total > 0).map(chances).collect()
}

/// The same for a program.
pub fn json(all: &[Chances]) -> Value {
    let one = |it: &Chances| {
        let correction = fit(&Prior::of(&it.model), &it.record.judged());
        let bias = PlaceKind::ALL.map(|kind| (kind.name(), correction.bias[kind as usize]));
        json!({
            "model": it.model.shown(),
            "parameters": it.model.parameters,
            "outcomes": it.record.total,
            "slope": correction.slope,
            "bias": bias.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "reliability": it.reliability,
        })
    };
    all.iter().map(one).collect()
}

/// The report with a diagram for each model.
pub fn shown(mut report: Report, all: &[Chances]) -> Report {
    if all.is_empty() {
        return report;
    }
    report = report.heading("Chance against outcome").text(
        "How likely the first line of the best candidate was said to be, shown or not, and how often it was what you wrote.",
    );
    for it in all.iter().take(MOST) {
        let Reliability { count, error, by_luck, ref bins, .. } = it.reliability;
        let caption = format!(
            "{}, {:.1} M parameters: the last {count} of {}; expected calibration error {error:.3} in {} bins of equal counts; exact chances would show {by_luck:.3} by luck alone",
            it.model.shown(),
            it.model.parameters as f64 / 1e6,
            it.record.total,
            bins.len(),
        );
        let points = bins.iter().map(|bin| (bin.said * 100.0, bin.right * 100.0, bin.count)).collect();
        let diagram =
            Diagram { unit: "%".to_owned(), names: ["said".to_owned(), "right".to_owned()], points };
        report = report.diagram(&caption, &diagram);
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::Judgement;

    #[test]
    fn a_diagram_for_each_model() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        assert_eq!(json(&of(&store)), json!([]));
        let model = ModelIdentity { name: "m".into(), parameters: 15_000_000, ..ModelIdentity::default() };
        let one = |at: usize| {
            let (score, kind) = (0.0, PlaceKind::LineStart);
            Judgement { score, offset: 0.0, kind, said: 0.5, right: at.is_multiple_of(4) }
        };
        store.add(&model, &(0..100).map(one).collect::<Vec<_>>()).unwrap();
        let all = of(&store);
        let value = json(&all);
        assert_eq!((&value[0]["model"], &value[0]["outcomes"]), (&json!("m"), &json!(100)));
        assert!((value[0]["reliability"]["error"].as_f64().unwrap() - 0.25).abs() < 0.1, "{value}");
        assert!(value[0]["bias"]["line start"].as_f64().unwrap() < -0.5);
        let report = shown(Report::new("r"), &all);
        let text = anstream::adapter::strip_str(&report.terminal()).to_string();
        assert!(
            text.contains("m, 15.0 M parameters: the last 100 of 100; expected calibration error 0."),
            "{text}"
        );
        assert!(text.contains("said") && text.contains("50%"), "{text}");
        assert!(report.html().contains("<svg"));
    }
}
