//! Draws small plots of plain numbers, as inline SVG and as lines of a terminal, and puts them into reports. Nothing that it makes
//! needs a script or a network.

mod bins;
mod report;
mod svg;
mod terminal;

pub use report::Report;

/// Labelled horizontal bars, one or two beside each other for each label.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BarChart {
    /// What the values are measured in; stands behind each (`%`, `ms`), or nothing for counts.
    pub unit: String,
    /// The names of the one or two series; shown when there are two.
    pub series: Vec<String>,
    /// A label with one value, not negative, for each series.
    pub rows: Vec<(String, Vec<f64>)>,
}

/// How often values fall where. The bins are chosen from the values: equal steps, or 1-2-5 steps when they span much.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// What the values are measured in.
    pub unit: String,
    /// The values, in any order, not negative; what is no number is left out.
    pub values: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineChart {
    /// What the values are measured in.
    pub unit: String,
    /// The points in time, oldest first, as they are to be read.
    pub labels: Vec<String>,
    /// The one or two series: a name, and a value for each label.
    pub series: Vec<(String, Vec<f64>)>,
}

/// Pairs of shares that should be equal: points beside the line where they are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    /// What the values are measured in.
    pub unit: String,
    /// What the first and the second of each pair is.
    pub names: [String; 2],
    /// First and second value, from 0 to 100, and how many cases they are of.
    pub points: Vec<(f64, f64, usize)>,
}

impl Diagram {
    pub fn svg(&self) -> String {
        svg::diagram(self)
    }

    /// Two bars for each pair.
    pub fn text(&self, width: usize) -> String {
        let row = |(first, second, count): &(f64, f64, usize)| (format!("of {count}"), vec![*first, *second]);
        let rows = self.points.iter().map(row).collect();
        terminal::bars(&BarChart { unit: self.unit.clone(), series: self.names.to_vec(), rows }, width)
    }
}

impl BarChart {
    pub fn svg(&self) -> String {
        svg::bars(self)
    }

    /// One line for each bar, the longest as long as `width` characters allow.
    pub fn text(&self, width: usize) -> String {
        terminal::bars(self, width)
    }
}

impl Histogram {
    pub fn svg(&self) -> String {
        svg::histogram(self)
    }

    /// One line for each bin.
    pub fn text(&self, width: usize) -> String {
        let bins = bins::of(&self.values);
        let rows = bins.iter().map(|bin| (bin.label(&self.unit), vec![bin.count as f64])).collect();
        terminal::bars(&BarChart { rows, ..BarChart::default() }, width)
    }
}

impl LineChart {
    pub fn svg(&self) -> String {
        svg::lines(self)
    }

    /// One line for each series, with a character for each value.
    pub fn text(&self) -> String {
        terminal::lines(self)
    }
}

/// A number with as many digits as one reads: three significant ones, fewer when they would be zeros.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A number with its unit.
fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "" | "%" => format!("{}{unit}", number(value)),
        _ => format!("{} {unit}", number(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> =
            [0.0, 0.125, 3.0, 3.456, 12.34, 99.96, 1234.5, 100.0].into_iter().map(number).collect();
        assert_eq!(shown, ["0", "0.12", "3", "3.46", "12.3", "100", "1234", "100"]);
        assert_eq!(
            (with_unit(5.0, "%"), with_unit(5.0, "ms"), with_unit(5.0, "")),
            ("5%".into(), "5 ms".into(), "5".into())
        );
    }
}
