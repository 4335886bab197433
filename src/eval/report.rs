//! Prints figures as text: a table for each group, and two runs side by side.

use std::path::Path;

use super::metrics::{Figure, of_holes, of_replay};
use super::runs::{self, Head};

/// A run's head and figures.
pub fn load(path: &Path) -> anyhow::Result<(Head, Vec<Figure>)> {
    let head = runs::head(path)?;
    let figures = match head.what.as_str() {
        "replay" => of_replay(&runs::load(path)?.1),
        _ => of_holes(&runs::load(path)?.1),
    };
    Ok((head, figures))
}

/// The groups as columns, a line for each figure; only groups that `wanted` lets pass.
pub fn table(figures: &[Figure], wanted: impl Fn(&str) -> bool) -> String {
    let mut groups: Vec<&str> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for figure in figures.iter().filter(|figure| wanted(&figure.group)) {
        if !groups.contains(&figure.group.as_str()) {
            groups.push(&figure.group);
        }
        if !names.contains(&figure.name) {
            names.push(figure.name);
        }
    }
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let columns: Vec<usize> = groups.iter().map(|group| group.chars().count().max(9)).collect();
    let mut out = format!("{:width$}", "");
    for (group, column) in groups.iter().zip(&columns) {
        out.push_str(&format!("  {group:>column$}"));
    }
    out.push('\n');
    for name in names {
        out.push_str(&format!("{name:width$}"));
        for (group, column) in groups.iter().zip(&columns) {
            let found = figures.iter().find(|figure| figure.group == *group && figure.name == name);
            out.push_str(&format!("  {:>column$}", found.map(shown).unwrap_or_default()));
        }
        out.push('\n');
    }
    out
}

/// What changed from one run to the other, in the groups that both have.
pub fn diff(old: &[Figure], new: &[Figure]) -> String {
    let mut out = String::new();
    let mut group = "";
    for figure in new {
        let same = |old: &&Figure| old.group == figure.group && old.name == figure.name;
        let Some(before) = old.iter().find(same) else { continue };
        if figure.group != group {
            group = &figure.group;
            out.push_str(&format!("{group}\n"));
        }
        let change = figure.value - before.value;
        let mark = match figure.more_is_better {
            Some(more) if change.abs() > 1e-9 => {
                if (change > 0.0) == more {
                    "better"
                } else {
                    "worse"
                }
            }
            _ => "",
        };
        let (from, to) = (shown(before), shown(figure));
        out.push_str(&format!("  {:28} {from:>10} → {to:>10}  {change:+9.2}  {mark}\n", figure.name));
    }
    out
}

pub fn shown(figure: &Figure) -> String {
    let digits = usize::from(!figure.unit.is_empty() || figure.value.fract() != 0.0);
    let space = if figure.unit.is_empty() { "" } else { " " };
    format!("{:.digits$}{space}{}", figure.value, figure.unit)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn figure(group: &str, name: &'static str, value: f64, unit: &'static str) -> Figure {
        Figure { group: group.into(), name, value, unit, more_is_better: Some(true) }
    }

    #[test]
    fn tables_and_differences() {
        let old = [figure("a", "shown", 50.0, "%"), figure("b", "cases", 7.0, "")];
        let new = [figure("a", "shown", 60.0, "%")];
        expect![[r#"
                           a          b
            shown     50.0 %           
            cases                     7
        "#]]
        .assert_eq(&table(&old, |_| true));
        expect![[r#"
            a
              shown                            50.0 % →     60.0 %     +10.00  better
        "#]]
        .assert_eq(&diff(&old, &new));
    }
}
