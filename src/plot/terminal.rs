//! Draws plots of characters: bars of block elements, lines of them, and tables.

use super::{BarChart, LineChart, number, with_unit};

/// Blocks from an eighth to the whole, growing to the right.
const RIGHT: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// The same growing upwards.
const UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A bar gets at least so much, however long the labels are.
const SHORTEST: usize = 8;

/// A bar for `share` (0 to 1) of `width` characters, an eighth of a character exact. Whatever is above 0 can be seen.
fn bar(share: f64, width: usize) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = ((share * (width * 8) as f64).round() as usize).max(usize::from(share > 0.0 && width > 0));
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(RIGHT[eighths % 8 - 1]);
    }
    text
}

/// One character for each value, as high as its share of the largest; a space for nothing.
fn spark(values: &[f64]) -> String {
    let most = values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let block = |&value: &f64| {
        if value > 0.0 && value.is_finite() {
            UP[((value / most * 8.0).ceil() as usize).clamp(1, 8) - 1]
        } else {
            ' '
        }
    };
    values.iter().map(block).collect()
}

/// One line for each series: its name, a character for each value, and the largest value.
pub fn lines(chart: &LineChart) -> String {
    let width = chart.series.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, values): &(String, Vec<f64>)| {
        let most = values.iter().copied().fold(0.0, f64::max);
        format!("{name:<width$} {} up to {}\n", spark(values), number(most))
    };
    chart.series.iter().map(line).collect()
}

/// Columns as wide as they have to be, numbers at their right ends.
pub fn table(head: &[String], body: &[Vec<String>]) -> String {
    let rows = || std::iter::once(head).chain(body.iter().map(Vec::as_slice));
    let width = |column: usize| rows().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let cell = |(at, cell): (usize, &String)| match at {
        0 => format!("{cell:<0$}", widths[at]),
        _ => format!("{cell:>0$}", widths[at]),
    };
    rows().map(|row| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ") + "\n").collect()
}

/// One line for each bar: label, bar, value.
pub fn bars(bars: &BarChart, width: usize) -> String {
    let characters = |text: &str| text.chars().count();
    let two = bars.series.len() > 1;
    let name = |at: usize| if two { bars.series.get(at).map_or("", String::as_str) } else { "" };
    let names = if two { bars.series.iter().map(|name| characters(name) + 1).max().unwrap_or(0) } else { 0 };
    let label = bars.rows.iter().map(|(label, _)| characters(label)).max().unwrap_or(0);
    let values = || bars.rows.iter().flat_map(|(_, values)| values.iter().copied());
    let most = values().fold(0.0, f64::max);
    let number = values().map(|value| characters(&with_unit(value, &bars.unit))).max().unwrap_or(0);
    let room = width.saturating_sub(label + names + number + 2).max(SHORTEST);
    let mut text = String::new();
    for (of, values) in &bars.rows {
        for (at, &value) in values.iter().enumerate() {
            let of = if at == 0 { of.as_str() } else { "" };
            let share = if most > 0.0 { value / most } else { 0.0 };
            let drawn = bar(share, room);
            let name = if two { format!("{:<names$}", name(at)) } else { String::new() };
            let value = with_unit(value, &bars.unit);
            text.push_str(&format!("{of:<label$} {name}{value:>number$} {drawn}"));
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn bars_are_exact_to_an_eighth() {
        let drawn: Vec<String> =
            [0.0, 0.001, 0.5, 0.53, 1.0, 7.0, f64::NAN].map(|share| bar(share, 4)).into();
        assert_eq!(drawn, ["", "▏", "██", "██▏", "████", "████", ""]);
        assert_eq!(bar(0.5, 0), "");
    }

    #[test]
    fn sparks() {
        assert_eq!(spark(&[0.0, 1.0, 4.0, 8.0, f64::NAN]), " ▁▄█ ");
        assert_eq!((spark(&[]), spark(&[0.0])), (String::new(), " ".into()));
    }

    #[test]
    fn labels_and_values_are_aligned() {
        let rows = vec![("not here".to_owned(), vec![12.0]), ("é".to_owned(), vec![3.0])];
        expect![[r#"
            not here 12 ████████████
            é         3 ███
        "#]]
        .assert_eq(&bars(&BarChart { rows, ..BarChart::default() }, 24));
        let rows = vec![("a".to_owned(), vec![50.0, 100.0]), ("b".to_owned(), vec![0.0, 25.0])];
        let series = vec!["old".to_owned(), "new".to_owned()];
        expect![[r#"
            a old  50% █████████▌
              new 100% ███████████████████
            b old   0%
              new  25% ████▊
        "#]]
        .assert_eq(&bars(&BarChart { unit: "%".into(), series, rows }, 30));
    }
}
