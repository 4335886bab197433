//! Counts first lines that are exactly those which were taken out, with and without memory.

use std::collections::BTreeMap;

use super::drafts::generate;
use super::memory::{Package, ToldEngine};
use crate::engine::Engine;

/// What came out for one language.
#[derive(Debug, Clone, Default)]
pub struct ExactFigures {
    places: usize,
    /// Without and with.
    exact: [usize; 2],
    /// Places where only one of them is right.
    alone: [usize; 2],
}

/// Generate a line at every hole of a package with both engines, which differ in nothing but memory.
///
/// # Errors
/// When an engine fails.
pub async fn measure(
    package: &Package,
    without: &dyn Engine,
    with: &ToldEngine<'_>,
    figures: &mut BTreeMap<String, ExactFigures>,
) -> anyhow::Result<()> {
    package.remember(with).await?;
    for hole in &package.holes {
        hole.open(with).await?;
        let texts = [generate(hole, without, 1).await?.0, generate(hole, with.engine, 1).await?.0];
        hole.close(with);
        let wanted = first_line(&hole.text);
        let right = texts.map(|text| first_line(&text) == wanted);
        let figures = figures.entry(hole.language.clone()).or_default();
        figures.places += 1;
        for at in 0..2 {
            figures.exact[at] += usize::from(right[at]);
            figures.alone[at] += usize::from(right[at] && !right[1 - at]);
        }
    }
    Ok(())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

impl ExactFigures {
    /// One line for people.
    pub fn line(&self) -> String {
        let share = |count: usize| 100.0 * count as f64 / self.places.max(1) as f64;
        let [without, with] = self.exact;
        format!(
            "{} lines: exact {:.1} -> {:.1} % ({:.2} times), only without {}, only with {}",
            self.places,
            share(without),
            share(with),
            with as f64 / without.max(1) as f64,
            self.alone[0],
            self.alone[1]
        )
    }
}
