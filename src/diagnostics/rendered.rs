//! Reads the changes that rustc draws (`data.rendered`): after `help: …`, lines of the file as they would be. A line that
//! is drawn shortened is left out.

use super::SuggestedFix;
use crate::document::{BOM, Edit, Snapshot};
use crate::text::common_affixes;

/// rustc cuts lines that are wider than the terminal; what is not wide was not cut.
const WIDE: usize = 140;

/// The changes that are drawn, in order.
pub fn suggestions(snapshot: &Snapshot, rendered: &str) -> Vec<SuggestedFix> {
    let mut found = Vec::new();
    let mut title = None;
    let mut lines: Vec<Drawn<'_>> = Vec::new();
    for line in rendered.lines().chain(["end"]) {
        if let Some(drawn) = Drawn::read(line) {
            lines.push(drawn);
            continue;
        }
        let rule = line.trim() == "|";
        if !rule || !lines.is_empty() {
            let edits = edits(snapshot, &std::mem::take(&mut lines));
            if let Some((title, edits)) =
                title.filter(|_| !edits.is_empty()).map(|title: &str| (title, edits))
            {
                found.push(SuggestedFix { title: title.to_owned(), edits, safe: false });
            }
        }
        let marks = line.trim_start().strip_prefix('|').is_some();
        if let Some(help) = line.strip_prefix("help: ") {
            title = Some(help);
        } else if !marks && line.trim() != "..." {
            title = None;
        }
    }
    found
}

/// The line that the drawing is about, as far as it is drawn as it is: `--> a.rs:2:10`, and the line with that number.
pub fn line(rendered: &str) -> Option<String> {
    let place = rendered.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
    let row: usize = place.rsplit(':').nth(1)?.parse().ok()?;
    let drawn = rendered.lines().filter_map(Drawn::read).find(|drawn| drawn.row + 1 == row)?;
    // At the beginning of several lines something else is drawn.
    let plain =
        drawn.sign == '|' && drawn.text.len() <= WIDE && !drawn.text.trim_start().starts_with(['/', '|']);
    plain.then(|| drawn.text.to_owned())
}

/// A line of a drawing that has a number.
struct Drawn<'a> {
    /// From 0.
    row: usize,
    /// `|`, `+`, `-`, `~`.
    sign: char,
    text: &'a str,
}

impl<'a> Drawn<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let trimmed = line.trim_start();
        let digits = trimmed.find(|c: char| !c.is_ascii_digit())?;
        let row: usize = trimmed[..digits].parse().ok()?;
        let rest = trimmed[digits..].trim_start();
        let sign = rest.chars().next().filter(|sign| "|+-~".contains(*sign))?;
        let text = rest[1..].strip_prefix(' ').unwrap_or(&rest[1..]);
        Some(Self { row: row.checked_sub(1)?, sign, text })
    }
}

fn edits(snapshot: &Snapshot, lines: &[Drawn<'_>]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let first = if snapshot.char_after(0) == Some(BOM) { BOM.len_utf8() } else { 0 };
    for (at, line) in lines.iter().enumerate() {
        if line.row >= snapshot.lines() || line.text.len() > WIDE {
            return Vec::new();
        }
        let mut old = snapshot.line_range(line.row);
        old.start = old.start.max(first);
        let was = snapshot.slice(old.clone());
        let partner = |sign: char| lines.iter().any(|other| other.row == line.row && other.sign == sign);
        match line.sign {
            '-' if was.trim_end() != line.text.trim_end() => return Vec::new(),
            '-' if !partner('+') => {
                let next = snapshot.text.line_to_byte((line.row + 1).min(snapshot.lines() - 1));
                edits.push(Edit::replace(old.start..next.max(old.end), ""));
            }
            '-' => {}
            '+' if partner('-') => edits.extend(difference(&was, line.text, old.start)),
            '+' => {
                // Numbers count what was inserted above.
                let above = lines[..at].iter().filter(|other| other.sign == '+').count();
                let row = line.row.saturating_sub(above);
                let place = if row == 0 { first } else { snapshot.line_range(row).start };
                edits.push(Edit::insert(place, format!("{}{}", line.text, snapshot.line_ending())));
            }
            _ if was.trim_end() == line.text.trim_end() => {}
            _ => edits.extend(difference(&was, line.text, old.start)),
        }
    }
    edits
}

/// The smallest replacement that makes one line of the other, if they have something in common.
fn difference(was: &str, now: &str, start: usize) -> Option<Edit> {
    let (head, tail) = common_affixes(was, now);
    let range = start + head..start + was.len() - tail;
    (head + tail > 0).then(|| Edit::replace(range, &now[head..now.len() - tail]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, rendered: &str) -> Vec<String> {
        let snapshot = Snapshot::of_text("", text, None);
        let apply = |suggestion: &SuggestedFix| {
            suggestion
                .edits
                .iter()
                .rev()
                .fold(snapshot.clone(), |text, edit| text.with_edit(edit))
                .text
                .to_string()
        };
        suggestions(&snapshot, rendered).iter().map(apply).collect()
    }

    #[test]
    fn drawings_of_rustc_1_95() {
        let error = "error[E0308]: mismatched types\n --> a.rs:2:10\n  |\n2 |     take(s);\n  |          ^ expected `&str`\n  |\n";
        let borrow =
            format!("{error}help: consider borrowing here\n  |\n2 |     take(&s);\n  |          +\n\n");
        assert_eq!(after("fn f() {\n    take(s);\n}\n", &borrow), ["fn f() {\n    take(&s);\n}\n"]);
        let rename = "help: a local variable exists\n  |\n2 -     take(itmes);\n2 +     take(items);\n  |\n";
        assert_eq!(after("fn f() {\n    take(itmes);\n}\n", rename), ["fn f() {\n    take(items);\n}\n"]);
        let import =
            "help: consider importing one of these\n  |\n1 + use std::a;\n  |\n1 + use std::b;\n  |\n";
        assert_eq!(after("fn f() {}\n", import), ["use std::a;\nfn f() {}\n", "use std::b;\nfn f() {}\n"]);
        assert_eq!(after("x\n", "help: no\n  |\n9 |     far away\n"), Vec::<String>::new());
        assert_eq!(after("fn f() {\n    take(s);\n}\n", error), Vec::<String>::new());
    }
}
