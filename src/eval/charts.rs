//! Arranges runs as a report with plots: what counts first, the stages side by side, times, and all figures.

use std::path::PathBuf;

use super::holes::HoleRow;
use super::metrics::Figure;
use super::replay::ReplayRow;
use super::report::{load, shown};
use super::runs::{self, Head};
use crate::plot::{BarChart, Histogram, Report};

/// What the plots compare.
const COMPARED: [&str; 8] = [
    "shown",
    "exact",
    "edit similarity",
    "prefix kept",
    "adds strict errors",
    "right of new ones",
    "RoCC less wrong ones",
    "keys saved",
];

pub fn of(paths: &[PathBuf]) -> anyhow::Result<Report> {
    let mut page = Report::new("treefill: suggestions measured")
        .text("Made by `treefill eval report`. The same cases and the same model file for all backends, where their names say so.");
    for path in paths {
        let (head, figures) = load(path)?;
        page = page.heading(&format!("{}: {}", head.what, head.side)).text(&of_head(&head));
        for name in COMPARED {
            let rows: Vec<(String, Vec<f64>)> = figures
                .iter()
                .filter(|figure| figure.name == name)
                .map(|figure| (figure.group.clone(), vec![figure.value.max(0.0)]))
                .collect();
            if !rows.is_empty() {
                let bars = BarChart { unit: "%".to_owned(), rows, ..BarChart::default() };
                page = page.bars(name, &bars);
            }
        }
        for (group, values) in times(&head, path)? {
            let times = Histogram { unit: "ms".to_owned(), values };
            page = page.histogram(&format!("Time from question to answer: {group}"), &times);
        }
        page = tables(page, &figures);
    }
    Ok(page)
}

fn of_head(head: &Head) -> String {
    format!("Model {}; cases {}; treefill {}; {}", head.model, head.cases, head.version, head.settings)
}

/// Times in milliseconds, for each variant.
fn times(head: &Head, path: &std::path::Path) -> anyhow::Result<Vec<(String, Vec<f64>)>> {
    let mut found: Vec<(String, Vec<f64>)> = Vec::new();
    let mut add = |group: &str, ms: f64| match found.iter_mut().find(|(name, _)| name == group) {
        Some((_, values)) => values.push(ms),
        None => found.push((group.to_owned(), vec![ms])),
    };
    if head.what == "replay" {
        for row in runs::load::<ReplayRow>(path)?.1 {
            row.asked.iter().for_each(|asked| add(&row.language, asked.ms));
        }
    } else {
        for row in runs::load::<HoleRow>(path)?.1 {
            add(&row.variant, row.answer.ms);
        }
    }
    Ok(found)
}

/// All figures, a table for each group.
fn tables(mut page: Report, figures: &[Figure]) -> Report {
    let mut groups: Vec<&str> = figures.iter().map(|figure| figure.group.as_str()).collect();
    groups.dedup();
    for group in groups {
        let of = figures.iter().filter(|figure| figure.group == group);
        let rows: Vec<Vec<String>> = of.map(|figure| vec![figure.name.to_owned(), shown(figure)]).collect();
        page = page.table(&[group, ""], rows);
    }
    page
}
