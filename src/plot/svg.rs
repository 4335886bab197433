//! Draws plots as inline SVG, with plotters. Colours are variables of the page's style sheet, so that one drawing serves
//! light and dark pages.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{BarChart, Diagram, Histogram, LineChart, bins, number, with_unit};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failed<'a> = Box<dyn std::error::Error + 'a>;

/// All plots are as wide, so that they stand below each other; the page shrinks them where there is less room.
const WIDTH: u32 = 720;
const HEIGHT: u32 = 220;
/// Of a bar and of the space around it.
const ROW: i32 = 18;
const GAP: i32 = 10;
const FONT: i32 = 15;
/// A character of a sans-serif font of that size, about; there is no font to measure at this point.
const CHARACTER: i32 = 7;

// plotters draws in colours; these stand for the variables that take their place in the finished text.
const INK: RGBColor = RGBColor(1, 1, 1);
const FAINT: RGBColor = RGBColor(1, 1, 2);
const SERIES: [RGBColor; 2] = [RGBColor(1, 1, 3), RGBColor(1, 1, 4)];
const VARIABLES: [(&str, &str); 4] = [
    ("\"#010101\"", "\"var(--ink, #222)\""),
    ("\"#010102\"", "\"var(--faint, #ccc)\""),
    ("\"#010103\"", "\"var(--one, #2a6fbb)\""),
    ("\"#010104\"", "\"var(--two, #d97706)\""),
];

fn draw(height: u32, on: impl for<'a> FnOnce(&Area<'a>) -> Result<(), Failed<'a>>) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        let drawn = on(&area);
        drawn.and_then(|()| Ok(area.present()?)).expect("a drawing in memory cannot fail");
    }
    for (colour, variable) in VARIABLES {
        text = text.replace(colour, variable);
    }
    text
}

fn font<'a>(colour: RGBColor, horizontal: HPos) -> TextStyle<'a> {
    ("sans-serif", FONT).into_font().color(&colour).pos(Pos::new(horizontal, VPos::Center))
}

/// The names of two series with their colours, in a row that ends at the right edge.
fn legend(area: &Area<'_>, names: &[String]) -> Result<(), String> {
    let mut right = WIDTH as i32;
    for (at, name) in names.iter().enumerate().take(SERIES.len()).rev() {
        right -= name.chars().count() as i32 * CHARACTER;
        let text = Text::new(name.clone(), (right, ROW / 2), font(INK, HPos::Left));
        area.draw(&text).map_err(|error| error.to_string())?;
        right -= 16;
        let square = Rectangle::new([(right, ROW / 2 - 5), (right + 10, ROW / 2 + 5)], SERIES[at].filled());
        area.draw(&square).map_err(|error| error.to_string())?;
        right -= 16;
    }
    Ok(())
}

pub fn bars(bars: &BarChart) -> String {
    let per_row = bars.series.len().clamp(1, SERIES.len()) as i32;
    let top = if per_row > 1 { ROW + GAP } else { 0 };
    let row = per_row * ROW + GAP;
    let height = top + row * (bars.rows.len() as i32).max(1);
    let characters = |text: &str| text.chars().count() as i32;
    let label = bars.rows.iter().map(|(label, _)| characters(label)).max().unwrap_or(0) * CHARACTER;
    let left = (label + 12).clamp(60, WIDTH as i32 / 2);
    let values = || bars.rows.iter().flat_map(|(_, values)| values.iter().copied());
    let most = values().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let number = values().map(|value| characters(&with_unit(value, &bars.unit))).max().unwrap_or(0);
    let room = f64::from(WIDTH as i32 - left - number * CHARACTER - 16);
    draw(height as u32, |area| {
        if per_row > 1 {
            legend(area, &bars.series)?;
        }
        for (at, (label, values)) in bars.rows.iter().enumerate() {
            let y = top + at as i32 * row + GAP / 2;
            let middle = y + per_row * ROW / 2;
            area.draw(&Text::new(label.clone(), (left - 8, middle), font(INK, HPos::Right)))?;
            for (at, &value) in values.iter().enumerate().take(SERIES.len()) {
                let (y, length) = (y + at as i32 * ROW, (value.max(0.0) / most * room).round() as i32);
                area.draw(&Rectangle::new(
                    [(left, y + 1), (left + length, y + ROW - 2)],
                    SERIES[at].filled(),
                ))?;
                let shown = with_unit(value, &bars.unit);
                area.draw(&Text::new(shown, (left + length + 6, y + ROW / 2), font(INK, HPos::Left)))?;
            }
        }
        Ok(())
    })
}

pub fn histogram(histogram: &Histogram) -> String {
    let bins = bins::of(&histogram.values);
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1) as f64;
    let edges: Vec<f64> =
        bins.first().map(|bin| bin.from).into_iter().chain(bins.iter().map(|bin| bin.to)).collect();
    let edge = |x: &f64| {
        let at = x.round();
        // plotters chooses its own points; only those on an edge have a name.
        let named = (at - x).abs() < 1e-6 && at >= 0.0;
        edges.get(at as usize).filter(|_| named).map_or(String::new(), |edge| number(*edge))
    };
    draw(HEIGHT, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(24)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(0.0..bins.len().max(1) as f64, 0.0..most * 1.08)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .axis_style(FAINT)
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .x_labels(bins.len() + 1)
            .y_labels(4)
            .label_style(font(INK, HPos::Center))
            .axis_desc_style(font(INK, HPos::Center))
            .x_label_formatter(&edge)
            .y_label_formatter(&|y| number(*y))
            .x_desc(histogram.unit.clone())
            .draw()?;
        chart.draw_series(bins.iter().enumerate().map(|(at, bin)| {
            let (left, right) = (at as f64 + 0.04, at as f64 + 0.96);
            Rectangle::new([(left, 0.0), (right, bin.count as f64)], SERIES[0].filled())
        }))?;
        Ok(())
    })
}

pub fn lines(lines: &LineChart) -> String {
    let most = lines.series.iter().flat_map(|(_, values)| values.iter().copied()).fold(0.0, f64::max);
    let last = lines.labels.len().saturating_sub(1).max(1) as f64;
    let label = |x: &f64| {
        let named = (x.round() - x).abs() < 1e-6 && *x >= 0.0;
        lines.labels.get(x.round() as usize).filter(|_| named).cloned().unwrap_or_default()
    };
    let names: Vec<String> = lines.series.iter().map(|(name, _)| name.clone()).collect();
    draw(HEIGHT, |area| {
        if names.len() > 1 {
            legend(area, &names)?;
        }
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_top(ROW + 4)
            .margin_right(28)
            .x_label_area_size(24)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..last, 0.0..(most * 1.08).max(1.0))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .axis_style(FAINT)
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .x_labels(lines.labels.len().clamp(2, 7))
            .y_labels(4)
            .label_style(font(INK, HPos::Center))
            .x_label_formatter(&label)
            .y_label_formatter(&|y| with_unit(*y, &lines.unit))
            .draw()?;
        for ((_, values), colour) in lines.series.iter().zip(SERIES) {
            let points = || values.iter().enumerate().map(|(at, value)| (at as f64, *value));
            chart.draw_series(LineSeries::new(points(), colour.stroke_width(2)))?;
            chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
        }
        Ok(())
    })
}

/// Points beside the diagonal, each as large as its share of the cases.
pub fn diagram(diagram: &Diagram) -> String {
    let most = diagram.points.iter().map(|(_, _, count)| *count).max().unwrap_or(1).max(1) as f64;
    let size = |count: usize| (3.0 + 4.0 * (count as f64 / most).sqrt()).round() as i32;
    let label = |value: &f64| with_unit(*value, &diagram.unit);
    draw(2 * HEIGHT, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(28)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(0.0..100.0, 0.0..100.0)?;
        chart
            .configure_mesh()
            .axis_style(FAINT)
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .x_labels(6)
            .y_labels(6)
            .label_style(font(INK, HPos::Center))
            .axis_desc_style(font(INK, HPos::Center))
            .x_label_formatter(&label)
            .y_label_formatter(&label)
            .x_desc(diagram.names[0].clone())
            .y_desc(diagram.names[1].clone())
            .draw()?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (100.0, 100.0)], FAINT.stroke_width(2)))?;
        let points = || diagram.points.iter().map(|(first, second, _)| (*first, *second));
        chart.draw_series(LineSeries::new(points(), SERIES[0].stroke_width(2)))?;
        let circle = |(first, second, count): &(f64, f64, usize)| {
            Circle::new((*first, *second), size(*count), SERIES[0].filled())
        };
        chart.draw_series(diagram.points.iter().map(circle))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is one SVG element without colours of its own, scripts or links.
    fn check(svg: &str, texts: &[&str]) {
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        for text in texts {
            assert!(svg.lines().any(|line| line == *text), "{text:?} is not in {svg}");
        }
        let links = svg.replace("http://www.w3.org/2000/svg", "");
        assert!(!svg.contains("\"#") && !svg.contains("<script") && !links.contains("http"), "{svg}");
    }

    #[test]
    fn bars_with_labels_and_values() {
        let rows = vec![("a<b>".to_owned(), vec![50.0, 12.5]), ("none".to_owned(), vec![0.0, 0.0])];
        let series = vec!["now".to_owned(), "before".to_owned()];
        let two = BarChart { unit: "%".into(), series, rows: rows.clone() };
        check(&two.svg(), &["a&lt;b&gt;", "none", "now", "before", "50%", "12.5%"]);
        assert!(two.svg().contains("var(--two"));
        let one = rows.into_iter().map(|(label, values)| (label, vec![values[0]])).collect();
        check(&BarChart { rows: one, ..BarChart::default() }.svg(), &["50"]);
        check(&BarChart::default().svg(), &[]);
    }

    #[test]
    fn a_histogram_of_anything() {
        let values = vec![0.2, 3.0, 40.0, 45.0, 160.0];
        check(&Histogram { unit: "ms".into(), values }.svg(), &["ms", "100"]);
        check(&Histogram { unit: "ms".into(), values: vec![f64::NAN, 1.0] }.svg(), &["1", "2"]);
        check(&Histogram::default().svg(), &[]);
    }

    #[test]
    fn a_diagram_of_pairs() {
        let names = ["said".to_owned(), "right".to_owned()];
        let points = vec![(5.0, 0.0, 20), (30.0, 41.0, 20), (80.0, 90.0, 21)];
        let diagram = Diagram { unit: "%".into(), names, points };
        check(&diagram.svg(), &["said", "right", "100%"]);
        assert_eq!(diagram.svg().matches("<circle").count(), 3);
        assert!(diagram.text(40).starts_with("of 20 said "), "{}", diagram.text(40));
        check(&Diagram::default().svg(), &["100"]);
    }

    #[test]
    fn lines_over_time() {
        let labels = vec!["2 days ago".to_owned(), "1 day ago".to_owned(), "today".to_owned()];
        let series =
            vec![("shown".to_owned(), vec![3.0, 0.0, 9.0]), ("taken".to_owned(), vec![1.0, 0.0, 2.0])];
        check(&LineChart { unit: String::new(), labels, series }.svg(), &["today", "shown", "taken"]);
        check(&LineChart::default().svg(), &[]);
    }
}
