//! Reads one diagnostic from JSON, each kind of suggested change in its own shape.
//!
//! Shapes: ruff's `data` (`edits`, `title`, `is_preferred`) and the one of its JSON output (`fix`); rust-analyzer's
//! `relatedInformation` ("consider borrowing here: `&`") and `data.rendered`; rustc's own `children`.

use std::ops::Range;

use serde_json::Value;

use super::{Diagnostic, RelatedPlace, SuggestedFix, rendered};
use crate::document::{BOM, Edit, Encoding, Snapshot, uri};

/// A diagnostic of this document as language servers send it; None without a range. `encoding` says what the positions count.
pub fn read(snapshot: &Snapshot, value: &Value, encoding: Encoding) -> Option<Diagnostic> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        // mypy's and pylint's servers: a code with an address.
        Value::Object(fields) => fields.get("value").and_then(Value::as_str).unwrap_or_default().to_owned(),
        value => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    let read = Reader { snapshot, encoding };
    let data = &value["data"];
    let mut suggestions = read.edits_in_data(data);
    let related = read.related(&value["relatedInformation"]);
    suggestions.extend(related.iter().flat_map(|related| read.proposed(related)));
    let shown = data["rendered"].as_str();
    if let Some(shown) = shown {
        for suggestion in rendered::suggestions(snapshot, shown) {
            if !suggestions.iter().any(|known| known.edits == suggestion.edits) {
                suggestions.push(suggestion);
            }
        }
    }
    Some(Diagnostic {
        range: read.bytes(&value["range"])?,
        message: text(&value["message"]),
        code: text(&value["code"]),
        source: value["source"].as_str().unwrap_or_default().to_owned(),
        // 1 is an error; without a word it is for the client to say, and clients take it for one.
        minor: value["severity"].as_i64().is_some_and(|severity| severity > 1),
        is_outside: read.is_outside(&value["range"]),
        version: [value, data].iter().find_map(|it| i32::try_from(it["version"].as_i64()?).ok()),
        line: shown.and_then(rendered::line),
        related,
        suggestions,
    })
}

/// Reads places of one document.
struct Reader<'a> {
    snapshot: &'a Snapshot,
    encoding: Encoding,
}

impl Reader<'_> {
    fn bytes(&self, range: &Value) -> Option<Range<usize>> {
        let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
        let byte = |place: &Value| {
            let (line, character) = (number(&place["line"])?, number(&place["character"])?);
            Some(self.snapshot.to_byte(line, character, self.encoding))
        };
        let (start, end) = (byte(&range["start"])?, byte(&range["end"])?);
        Some(start.min(end)..start.max(end))
    }

    /// Whether a range begins where there is no text. Many end behind their line: that is its end.
    fn is_outside(&self, range: &Value) -> bool {
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let ends = ["start", "end"]
            .map(|end| Some((number(&range[end]["line"])?, number(&range[end]["character"])?)));
        let Some((line, character)) = ends.into_iter().flatten().min() else { return false };
        if line as usize >= self.snapshot.lines() {
            return true;
        }
        // What is behind the last character is clamped to the end.
        let at = self.snapshot.to_byte(line, character, self.encoding);
        at == self.snapshot.line_end(at) && self.snapshot.from_byte(at, self.encoding).1 < character
    }

    /// A change; what is put before a byte order mark goes behind it.
    fn edit(&self, range: Range<usize>, text: &str) -> Edit {
        let mark = if self.snapshot.char_after(0) == Some(BOM) && !text.starts_with(BOM) {
            BOM.len_utf8()
        } else {
            0
        };
        Edit::replace(range.start.max(mark)..range.end.max(mark), text)
    }

    /// A place that counts characters from 1 in both directions, as ruff's and rustc's JSON do.
    fn byte_at(&self, line: &Value, column: &Value) -> Option<usize> {
        let from_one = |value: &Value| u32::try_from(value.as_u64()?.checked_sub(1)?).ok();
        Some(self.snapshot.to_byte(from_one(line)?, from_one(column)?, Encoding::Utf32))
    }

    fn related(&self, list: &Value) -> Vec<RelatedPlace> {
        let here = uri::path(&self.snapshot.uri);
        let of_document = |item: &&Value| {
            let uri = item["location"]["uri"].as_str().unwrap_or_default();
            uri == &*self.snapshot.uri || here.is_some() && uri::path(uri) == here
        };
        let read = |item: &Value| {
            let message = item["message"].as_str()?.to_owned();
            Some(RelatedPlace { range: self.bytes(&item["location"]["range"])?, message })
        };
        list.as_array().into_iter().flatten().filter(of_document).filter_map(read).collect()
    }

    fn edits_in_data(&self, data: &Value) -> Vec<SuggestedFix> {
        let mut found = Vec::new();
        let title = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // ruff server; `edits` is empty where it knows no fix.
        let edit = |edit: &Value| Some(self.edit(self.bytes(&edit["range"])?, edit["newText"].as_str()?));
        if let Some(edits) = all(&data["edits"], edit) {
            found.push(SuggestedFix {
                title: title(&data["title"]),
                edits,
                safe: data["is_preferred"] != false,
            });
        }
        // ruff's JSON, which other servers pass on.
        let fix = &data["fix"];
        let edit = |edit: &Value| {
            let place = |place: &Value| self.byte_at(&place["row"], &place["column"]);
            let range = place(&edit["location"])?..place(&edit["end_location"])?;
            Some(self.edit(range.start..range.end.max(range.start), edit["content"].as_str()?))
        };
        if let Some(edits) = all(&fix["edits"], edit) {
            let safe = fix["applicability"] == "safe" || fix["applicability"] == "automatic";
            found.push(SuggestedFix { title: title(&fix["message"]), edits, safe });
        }
        // rustc's own, when a client passes it on.
        for child in data["children"].as_array().into_iter().flatten() {
            let edit = |span: &Value| {
                let start = self.byte_at(&span["line_start"], &span["column_start"])?;
                let end = self.byte_at(&span["line_end"], &span["column_end"])?;
                Some(self.edit(start..end.max(start), span["suggested_replacement"].as_str()?))
            };
            if let Some(edits) = all(&child["spans"], edit) {
                let every = child["spans"].as_array().into_iter().flatten();
                let safe = every.clone().all(|span| span["suggestion_applicability"] == "MachineApplicable");
                let holes =
                    every.into_iter().any(|span| span["suggestion_applicability"] == "HasPlaceholders");
                if !holes {
                    found.push(SuggestedFix { title: title(&child["message"]), edits, safe });
                }
            }
        }
        found
    }

    /// What rust-analyzer makes of a suggestion of rustc's: "consider borrowing here: `&`". Of several parts it gives one place
    /// only; whole lines are alternatives.
    fn proposed(&self, related: &RelatedPlace) -> Vec<SuggestedFix> {
        let Some((title, rest)) = related.message.split_once(": `") else { return Vec::new() };
        let Some(texts) = rest.strip_suffix('`') else { return Vec::new() };
        let texts: Vec<&str> = texts.split("`, `").collect();
        let lines = texts.iter().all(|text| text.ends_with('\n'));
        // A label that quotes code is no change.
        if title.is_empty() || texts.len() > 1 && !lines || texts.iter().any(|text| text.contains('`')) {
            return Vec::new();
        }
        let suggestion = |text: &&str| SuggestedFix {
            title: format!("{title}: `{}`", text.trim()),
            edits: vec![self.edit(related.range.clone(), text)],
            safe: false,
        };
        texts.iter().map(suggestion).collect()
    }
}

/// Every item of a list as an edit; None when there is none or one cannot be read: half a change is worse than none.
fn all(list: &Value, read: impl Fn(&Value) -> Option<Edit>) -> Option<Vec<Edit>> {
    let edits: Option<Vec<Edit>> = list.as_array()?.iter().map(read).collect();
    edits.filter(|edits| !edits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn diagnostic(text: &str, value: Value) -> Diagnostic {
        let snapshot = Snapshot::of_text("file:///a%20b.rs", text, None);
        read(&snapshot, &value, Encoding::Utf16).unwrap()
    }

    fn range(line: u32, from: u32, to: u32) -> Value {
        json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
    }

    #[test]
    fn changes_are_found_in_every_shape() {
        let plain = json!({ "range": range(0, 0, 2), "message": "m", "code": { "value": "E1" } });
        let mut ruff = plain.clone();
        ruff["data"] = json!({ "title": "Remove", "edits": [{ "range": range(0, 0, 1), "newText": "" }], "is_preferred": true });
        let found = diagnostic("é= 1\n", ruff);
        assert_eq!((found.code.as_str(), found.range), ("E1", 0..3));
        assert_eq!(
            found.suggestions,
            [SuggestedFix { title: "Remove".into(), edits: vec![Edit::replace(0..2, "")], safe: true }]
        );

        let mut old = plain.clone();
        let place = |column| json!({ "row": 1, "column": column });
        old["data"]["fix"] = json!({ "applicability": "unsafe", "message": "x", "edits": [
            { "content": "b", "location": place(1), "end_location": place(2) }] });
        let found = diagnostic("é= 1\n", old);
        assert_eq!(
            (found.suggestions[0].edits[0].clone(), found.suggestions[0].safe),
            (Edit::replace(0..2, "b"), false)
        );

        let mut rust = plain.clone();
        let location = |uri: &str| json!({ "uri": uri, "range": range(0, 1, 1) });
        rust["relatedInformation"] = json!([
            { "location": location("file:///a b.rs"), "message": "consider borrowing here: `&`" },
            { "location": location("file:///other.rs"), "message": "consider borrowing here: `&`" },
            { "location": location("file:///a%20b.rs"), "message": "two parts: `(`, `)`" },
            { "location": location("file:///a%20b.rs"), "message": "a label" },
            { "location": location("file:///a%20b.rs"), "message": "one of: `use a;\n`, `use b;\n`" },
        ]);
        let found = diagnostic("é= 1\n", rust);
        let texts: Vec<&str> = found.suggestions.iter().map(|it| it.edits[0].text.as_str()).collect();
        assert_eq!((texts, found.related.len()), (vec!["&", "use a;\n", "use b;\n"], 4));

        let mut own = plain;
        let span = json!({ "line_start": 1, "column_start": 2, "line_end": 1, "column_end": 3,
            "suggested_replacement": "z", "suggestion_applicability": "MachineApplicable" });
        own["data"]["children"] =
            json!([{ "message": "do", "spans": [span] }, { "message": "note", "spans": [] }]);
        let found = diagnostic("é= 1\n", own);
        assert_eq!(
            found.suggestions,
            [SuggestedFix { title: "do".into(), edits: vec![Edit::replace(2..3, "z")], safe: true }]
        );
    }
}
