//! Builds a report once and renders it as a page of HTML or as text for a terminal.
//!
//! The page is one file with a style sheet for light and dark: no script, nothing from elsewhere.

use std::fmt::Write as _;

use anstyle::Style;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{BarChart, Diagram, Histogram, LineChart, terminal};

const CSS: &str = include_str!("report.css");
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
/// Bars of a terminal end here: narrow enough for half a screen.
const WIDTH: usize = 76;

/// A report, built from top to bottom.
#[derive(Debug, Clone)]
pub struct Report {
    title: String,
    parts: Vec<Part>,
    /// Whether the page begins with a list of its headings.
    has_contents: bool,
}

#[derive(Debug, Clone)]
enum Part {
    Heading(String),
    Text(String),
    Figures(Vec<(&'static str, String, String)>),
    /// What it shows, as SVG, and as text.
    Plot(String, String, String),
    Table(Vec<String>, Vec<Vec<String>>),
}

impl Report {
    /// A report that begins with its title.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), parts: Vec::new(), has_contents: false }
    }

    /// The page begins with a list of its headings, each a link.
    #[must_use]
    pub fn contents(self) -> Self {
        Self { has_contents: true, ..self }
    }

    #[must_use]
    pub fn heading(self, text: &str) -> Self {
        self.with(Part::Heading(text.to_owned()))
    }

    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.with(Part::Text(text.to_owned()))
    }

    /// Figures that are to be seen first: what, how much, and a remark that may be empty.
    #[must_use]
    pub fn figures(self, figures: Vec<(&'static str, String, String)>) -> Self {
        self.with(Part::Figures(figures))
    }

    /// Bars, with what they show.
    #[must_use]
    pub fn bars(self, caption: &str, chart: &BarChart) -> Self {
        self.with(Part::Plot(caption.to_owned(), chart.svg(), chart.text(WIDTH)))
    }

    /// A histogram, with what it shows.
    #[must_use]
    pub fn histogram(self, caption: &str, chart: &Histogram) -> Self {
        self.with(Part::Plot(caption.to_owned(), chart.svg(), chart.text(WIDTH)))
    }

    /// Pairs that should be equal, with what they are.
    #[must_use]
    pub fn diagram(self, caption: &str, chart: &Diagram) -> Self {
        self.with(Part::Plot(caption.to_owned(), chart.svg(), chart.text(WIDTH)))
    }

    /// Values over time, with what they are.
    #[must_use]
    pub fn lines(self, caption: &str, chart: &LineChart) -> Self {
        self.with(Part::Plot(caption.to_owned(), chart.svg(), chart.text()))
    }

    /// A table; all columns but the first hold numbers.
    #[must_use]
    pub fn table(self, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        self.with(Part::Table(head.iter().map(|&cell| cell.to_owned()).collect(), rows))
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// A page for a browser.
    pub fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    title { (self.title) }
                    style { (PreEscaped(CSS)) }
                }
                body { main { h1 { (self.title) } (self.list()) @for (at, part) in self.parts.iter().enumerate() { (part.html(at)) } } }
            }
        };
        page.into_string()
    }

    fn list(&self) -> Markup {
        let headings = self.parts.iter().enumerate().filter_map(|(at, part)| match part {
            Part::Heading(text) => Some((at, text)),
            _ => None,
        });
        html! {
            @if self.has_contents {
                nav { ul { @for (at, text) in headings { li { a href={ "#part-" (at) } { (text) } } } } }
            }
        }
    }

    /// Lines for a terminal, with styles.
    pub fn terminal(&self) -> String {
        let mut out = format!("{BOLD}{}{BOLD:#}\n", self.title);
        for part in &self.parts {
            part.terminal(&mut out);
        }
        out
    }
}

impl Part {
    /// Its place in the page makes it a target of links.
    fn html(&self, at: usize) -> Markup {
        html! {
            @match self {
                Self::Heading(text) => { h2 id={ "part-" (at) } { (text) } }
                Self::Text(text) => { p { (text) } }
                Self::Figures(figures) => {
                    dl.figures {
                        @for (name, value, remark) in figures {
                            div { dt { (name) } dd { (value) } @if !remark.is_empty() { dd.remark { (remark) } } }
                        }
                    }
                }
                Self::Plot(caption, svg, _) => { figure { figcaption { (caption) } (PreEscaped(svg)) } }
                Self::Table(head, rows) => {
                    div.wide {
                        table {
                            thead { tr { @for cell in head { th { (cell) } } } }
                            tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
                        }
                    }
                }
            }
        }
    }

    /// Writing to a string cannot fail.
    fn terminal(&self, out: &mut String) {
        let _ = match self {
            Self::Heading(text) => writeln!(out, "\n{BOLD}{text}{BOLD:#}"),
            Self::Text(text) => writeln!(out, "  {DIM}{text}{DIM:#}"),
            Self::Figures(figures) => figures.iter().try_for_each(|(name, value, remark)| {
                writeln!(out, "  {name:<18} {value:>8}  {DIM}{remark}{DIM:#}")
            }),
            Self::Plot(caption, _, text) => writeln!(out, "  {caption}").and_then(|()| indent(out, text)),
            Self::Table(head, rows) => indent(out, &terminal::table(head, rows)),
        };
    }
}

fn indent(out: &mut String, lines: &str) -> std::fmt::Result {
    lines.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let rows = vec![("not < here".to_owned(), vec![12.0])];
        Report::new("a & b")
            .heading("<h>")
            .text("t")
            .figures(vec![("shown", "4 < 5".to_owned(), "of all".to_owned())])
            .bars("p", &BarChart { rows, ..BarChart::default() })
            .table(&["name", "count"], vec![vec!["<x>".to_owned(), "1".to_owned()]])
    }

    #[test]
    fn a_page_escapes_text_and_loads_nothing() {
        let page = report().html();
        for text in ["<title>a &amp; b</title>", "&lt;h&gt;", "4 &lt; 5", "<svg", "&lt;x&gt;"] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        let page = page.replace("http://www.w3.org/2000/svg", "");
        for text in ["<script", "src=", "href=", "url(", "http:", "https:"] {
            assert!(!page.contains(text), "{text} is in {page}");
        }
    }

    #[test]
    fn contents_lead_to_the_headings() {
        let page = report().contents().html();
        assert!(page.contains(r##"<li><a href="#part-0">&lt;h&gt;</a></li>"##), "{page}");
        assert!(page.contains(r#"<h2 id="part-0">&lt;h&gt;</h2>"#), "{page}");
    }

    #[test]
    fn the_same_for_a_terminal() {
        let text = anstream::adapter::strip_str(&report().terminal()).to_string();
        let bar = "█".repeat(76 - 10 - 2 - 2);
        let lines = [
            "a & b".to_owned(),
            String::new(),
            "<h>".to_owned(),
            "  t".to_owned(),
            "  shown                 4 < 5  of all".to_owned(),
            "  p".to_owned(),
            format!("  not < here 12 {bar}"),
            "  name  count".to_owned(),
            "  <x>       1".to_owned(),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }
}
