//! A page of HTML that stands for itself: one file, a style sheet for light and dark, no script, nothing from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("page.css");

/// A page, built from top to bottom.
#[derive(Debug, Clone)]
pub struct Page {
    title: String,
    parts: Vec<Markup>,
}

impl Page {
    /// A page that begins with its title.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), parts: vec![html! { h1 { (title) } }] }
    }

    /// A heading.
    #[must_use]
    pub fn heading(self, text: &str) -> Self {
        self.with(html! { h2 { (text) } })
    }

    /// A paragraph.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.with(html! { p { (text) } })
    }

    /// A row of figures that are to be seen first: what, how much, and a remark that may be empty.
    #[must_use]
    pub fn figures(self, figures: &[(&str, String, String)]) -> Self {
        self.with(html! {
            dl.figures {
                @for (name, value, remark) in figures {
                    div { dt { (name) } dd { (value) } @if !remark.is_empty() { dd.remark { (remark) } } }
                }
            }
        })
    }

    /// A plot, as one of this module's functions drew it, with what it shows.
    #[must_use]
    pub fn plot(self, caption: &str, svg: String) -> Self {
        self.with(html! { figure { figcaption { (caption) } (PreEscaped(svg)) } })
    }

    /// A table; all columns but the first hold numbers.
    #[must_use]
    pub fn table(self, head: &[&str], rows: &[Vec<String>]) -> Self {
        self.with(html! {
            div.wide {
                table {
                    thead { tr { @for cell in head { th { (cell) } } } }
                    tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
                }
            }
        })
    }

    fn with(mut self, part: Markup) -> Self {
        self.parts.push(part);
        self
    }

    /// The finished file.
    pub fn render(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body { main { @for part in &self.parts { (part) } } }
            }
        };
        page.into_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_escapes_text_and_loads_nothing() {
        let figures = [("shown", "4 < 5".to_owned(), String::new())];
        let page = Page::new("a & b")
            .heading("<h>")
            .text("t")
            .figures(&figures)
            .plot("p", "<svg></svg>".to_owned())
            .table(&["name", "count"], &[vec!["<x>".to_owned(), "1".to_owned()]])
            .render();
        for text in ["<title>a &amp; b</title>", "&lt;h&gt;", "4 &lt; 5", "<svg></svg>", "&lt;x&gt;"] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        for text in ["<script", "src=", "href=", "url(", "http:", "https:"] {
            assert!(!page.contains(text), "{text} is in {page}");
        }
    }
}
