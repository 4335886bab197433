//! Arranges runs as a report with plots: what counts first, the stages side by side, times, and all figures.

use std::path::PathBuf;

use super::holes::HoleRow;
use super::metrics::Figure;
use super::replay::ReplayRow;
use super::report::{load, shown};
use super::runs::{self, Head};
use crate::plot::{BarChart, Histogram, Report};
use crate::text::amounts::counted;
use crate::text::sentence;

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

/// What is to be seen first: the name of a figure, and its plain word.
const FIRST: [(&str, &str); 3] =
    [("shown", "shown"), ("exact", "right"), ("adds strict errors", "broke files")];

pub fn of(paths: &[PathBuf]) -> anyhow::Result<Report> {
    let mut page = Report::new("treefill: suggestions measured")
        .contents()
        .text("Made by `treefill eval report`. The same cases and the same model file for all backends, where their names say so.");
    for path in paths {
        let (head, figures) = load(path)?;
        let times = times(&head, path)?;
        page = page.heading(&format!("{}: {}", head.what, head.side)).figures(first(&figures, &times));
        for name in COMPARED {
            let rows: Vec<(String, Vec<f64>)> = figures
                .iter()
                .filter(|figure| figure.name == name)
                .map(|figure| (figure.group.clone(), vec![figure.value.max(0.0)]))
                .collect();
            // Bars of nothing say nothing.
            if rows.iter().any(|(_, values)| values[0] > 0.0) {
                let bars = BarChart { unit: "%".to_owned(), rows, ..BarChart::default() };
                page = page.bars(name, &bars);
            }
        }
        for (group, values) in times {
            let times = Histogram { unit: "ms".to_owned(), values };
            page = page.histogram(&format!("Time from question to answer: {group}"), &times);
        }
        page = grouped(page, &figures).text(&of_head(&head));
    }
    Ok(page)
}

/// With what it was measured: the number of cases without the fingerprint beside it.
fn of_head(head: &Head) -> String {
    let count = head.cases.split_whitespace().next().and_then(|count| count.parse().ok());
    let cases = count.map_or_else(|| format!("{} cases", head.cases), |count| counted(count, "case"));
    let settings = sentence(in_words(&head.settings));
    format!("Model: {}. {cases}, treefill {}. {settings}", head.model, head.version)
}

/// Settings as runs keep them. Runs of earlier versions began them with the names of fields.
fn in_words(settings: &str) -> &str {
    let words =
        settings.rsplit_once('}').filter(|_| settings.contains(" { ")).map_or(settings, |(_, rest)| rest);
    words.trim_start_matches("; ")
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

/// Shown, right, broke files, and the time in the middle: of the first group, which is all or the first variant.
fn first(figures: &[Figure], times: &[(String, Vec<f64>)]) -> Vec<(&'static str, String, String)> {
    let found = FIRST.iter().filter_map(|(name, word)| {
        let figure = figures.iter().find(|figure| figure.name == *name)?;
        Some((*word, shown(figure), figure.group.clone()))
    });
    let middle = times.first().and_then(|(group, values)| {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let ms = sorted.get(sorted.len() / 2)?;
        Some(("half within", format!("{ms:.0} ms"), group.clone()))
    });
    found.chain(middle).collect()
}

/// All figures in one table, a column for each group.
fn grouped(page: Report, figures: &[Figure]) -> Report {
    let (mut groups, mut names) = (Vec::<&str>::new(), Vec::<&str>::new());
    for figure in figures {
        if !groups.contains(&figure.group.as_str()) {
            groups.push(&figure.group);
        }
        if !names.contains(&figure.name) {
            names.push(figure.name);
        }
    }
    let cell = |name: &str, group: &str| {
        let found = figures.iter().find(|figure| figure.name == name && figure.group == group);
        found.map(shown).unwrap_or_default()
    };
    let rows = names.iter().map(|name| {
        std::iter::once((*name).to_owned()).chain(groups.iter().map(|group| cell(name, group))).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let head: Vec<&str> = std::iter::once("").chain(groups).collect();
    page.table(&head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::backends;

    fn figure(group: &str, name: &'static str, value: f64) -> Figure {
        Figure { group: group.into(), name, value, unit: "%", more_is_better: Some(true) }
    }

    #[test]
    fn settings_are_words() {
        let head = |settings: &str| Head {
            model: "Small 1a2b".into(),
            cases: "40 9f8e7d6c5b4a".into(),
            version: "0.1.0".into(),
            settings: settings.into(),
            ..Head::default()
        };
        assert_eq!(
            of_head(&head("a typist who mistypes; without memory")),
            "Model: Small 1a2b. 40 cases, treefill 0.1.0. A typist who mistypes; without memory."
        );
        let earlier = "CompletionOptions { delay: 0ns, trigger: Automatic, project: P { a: Some(1) } }; invoked; whole prompts";
        assert_eq!(
            of_head(&head(earlier)),
            "Model: Small 1a2b. 40 cases, treefill 0.1.0. Invoked; whole prompts."
        );
        let words = backends::options_in_words();
        assert!(!words.contains(['{', '_', ':']), "{words}");
    }

    #[test]
    fn what_counts_comes_first_and_the_table_is_one() {
        let figures = [figure("a", "shown", 60.0), figure("a", "exact", 25.0), figure("b", "shown", 50.0)];
        let times = [("a".to_owned(), vec![90.0, 40.0, 70.0])];
        let told = first(&figures, &times);
        let words: Vec<(&str, &str)> = told.iter().map(|(word, value, _)| (*word, &**value)).collect();
        assert_eq!(words, [("shown", "60.0 %"), ("right", "25.0 %"), ("half within", "70 ms")]);
        let text = anstream::adapter::strip_str(&grouped(Report::new("x"), &figures).terminal()).to_string();
        let rows: Vec<Vec<&str>> =
            text.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            rows,
            [vec!["a", "b"], vec!["shown", "60.0", "%", "50.0", "%"], vec!["exact", "25.0", "%"]]
        );
    }
}
