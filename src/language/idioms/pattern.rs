//! Reads the pattern and the cure of a row of `idioms.toml`.

use crate::text::is_word;

/// What a pattern asks of the next tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternItem {
    /// The first token of a line comes next.
    LineStart,
    /// A token that is not the first of its line comes next.
    NotLineStart,
    /// The line ends here.
    LineEnd,
    /// One of these texts, which ends where a token ends.
    Text {
        /// The texts.
        any: Vec<String>,
        /// Whether it may be missing.
        optional: bool,
    },
    /// Something that the cure can repeat; a name that was there before stands for the same text again.
    Capture {
        /// Its name.
        name: String,
        /// What it may be.
        kind: CaptureKind,
    },
}

impl PatternItem {
    /// Whether it captures something of this name.
    pub fn captures(&self, wanted: &str) -> bool {
        matches!(self, Self::Capture { name, .. } if name == wanted)
    }

    /// The texts that it may be.
    pub fn words(&self) -> &[String] {
        match self {
            Self::Text { any, .. } | Self::Capture { kind: CaptureKind::OneOf(any, _), .. } => any,
            _ => &[],
        }
    }
}

/// What a capture may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureKind {
    /// What the capture of this name was before.
    Same,
    /// A word that is no keyword.
    Name,
    /// A word.
    Word,
    /// A number.
    Number,
    /// A quotation with its quotes.
    Quotation,
    /// One of these texts, or nothing where that is allowed.
    OneOf(Vec<String>, bool),
    /// A name with its members, indices and calls.
    Target,
    /// The same, or a number, a quotation, something in brackets, with signs before it.
    Operand,
    /// Balanced tokens of one line without `,`, `;` and `=`. At the start of a pattern an expression must begin there, and at
    /// its end it is as long as possible.
    Expr,
    /// Balanced tokens of one line without `;`, that begin with a word, a number or a quotation.
    Value,
    /// Balanced tokens of one line without `;`.
    Code,
    /// The same, or nothing.
    Any,
    /// All text up to the end of the line.
    Rest,
    /// The same, that begins with two words.
    Prose,
    /// All text up to the next text of the pattern, line ends included.
    Raw,
    /// What stands in `'…'` in one line, more than one character of it.
    Single,
    /// The balanced text between `{` and `}`.
    Block,
    /// The rest of the line, empty but for a comment, and the lines below that are indented deeper.
    Indented,
}

impl CaptureKind {
    fn by_name(name: &str) -> Result<Self, String> {
        Ok(match name {
            "name" => Self::Name,
            "word" => Self::Word,
            "number" => Self::Number,
            "string" => Self::Quotation,
            "target" => Self::Target,
            "operand" => Self::Operand,
            "expr" => Self::Expr,
            "value" => Self::Value,
            "code" => Self::Code,
            "any" => Self::Any,
            "rest" => Self::Rest,
            "prose" => Self::Prose,
            "raw" => Self::Raw,
            "single" => Self::Single,
            "block" => Self::Block,
            "indented" => Self::Indented,
            _ => return Err(format!("`{name}` is no kind of capture")),
        })
    }
}

/// A piece of a cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CurePiece {
    /// Text.
    Text(String),
    /// What was captured.
    Capture(String),
    /// A new line, indented this many steps deeper than the first line of what is cured.
    Line(usize),
}

impl CurePiece {
    /// The capture that it repeats.
    pub fn name(&self) -> Option<&str> {
        if let Self::Capture(name) = self { Some(name) } else { None }
    }
}

/// The length of the word at the start of `text`.
fn word(text: &str) -> usize {
    text.len() - text.trim_start_matches(is_word).len()
}

/// `(a|b)` at the start of `text`: the words, and its length.
fn choice(text: &str) -> Option<(Vec<String>, usize)> {
    let inside = text.strip_prefix('(')?;
    let end = inside.find(')')?;
    let words: Vec<String> = inside[..end].split('|').map(str::to_owned).collect();
    words.iter().all(|word| !word.is_empty()).then_some((words, end + 2))
}

/// The items of a pattern.
pub fn items(text: &str) -> Result<Vec<PatternItem>, String> {
    let mut items: Vec<PatternItem> = Vec::new();
    let mut rest = text.trim_start_matches(' ');
    if let Some(behind) = rest.strip_prefix('^') {
        items.push(PatternItem::LineStart);
        rest = behind;
    } else if let Some(behind) = rest.strip_prefix("~^") {
        items.push(PatternItem::NotLineStart);
        rest = behind;
    }
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if first == '\n' {
            items.push(PatternItem::LineEnd);
        } else if first == '$' && !rest.starts_with("$$") {
            let (item, taken) = capture(&rest[1..], &items)?;
            items.push(item);
            length += taken;
        } else if first != ' ' {
            let any;
            (any, length) = texts(rest);
            let behind = rest[length..].strip_prefix('?').filter(|_| first != '?');
            let optional = behind.is_some_and(|behind| behind.is_empty() || behind.starts_with([' ', '\n']));
            length += usize::from(optional);
            items.push(PatternItem::Text { any, optional });
        }
        rest = &rest[length..];
    }
    if items
        .iter()
        .all(|item| matches!(item, PatternItem::LineStart | PatternItem::NotLineStart | PatternItem::LineEnd))
    {
        return Err("it is empty".into());
    }
    Ok(items)
}

/// The texts that may stand at the start of a pattern, and its length: `let|var`, `else`, `&&`.
fn texts(pattern: &str) -> (Vec<String>, usize) {
    let mut any = Vec::new();
    let mut at = word(pattern);
    if at == 0 {
        if pattern.starts_with("$$") {
            return (vec!["$".into()], 2);
        }
        // A bracket stands for itself; other marks go up to the next white space, word or capture.
        let ends = |c: char| c.is_whitespace() || c == '$' || c == '?' || is_word(c) || "()[]{}".contains(c);
        let marks = pattern.len() - pattern.trim_start_matches('?').len();
        let first = pattern.chars().next().map_or(1, char::len_utf8).max(marks);
        let end = if pattern.starts_with(|c| "()[]{}".contains(c)) {
            first
        } else {
            pattern[first..].find(ends).map_or(pattern.len(), |end| first + end)
        };
        return (vec![pattern[..end].to_owned()], end);
    }
    any.push(pattern[..at].to_owned());
    while let Some(next) = pattern[at..].strip_prefix('|') {
        let length = word(next);
        if length == 0 {
            break;
        }
        any.push(next[..length].to_owned());
        at += 1 + length;
    }
    (any, at)
}

/// The capture behind a `$`, and its length.
fn capture(text: &str, before: &[PatternItem]) -> Result<(PatternItem, usize), String> {
    let mut at = word(text);
    if at == 0 {
        return Err("a capture needs a name behind `$`; `$$` is the mark itself".into());
    }
    let name = text[..at].to_owned();
    let kind = if let Some(behind) = text[at..].strip_prefix(':').filter(|behind| word(behind) > 0) {
        let length = word(behind);
        at += 1 + length;
        CaptureKind::by_name(&behind[..length])?
    } else if let Some((words, length)) = choice(&text[at..]) {
        at += length;
        let optional = text[at..].starts_with('?');
        at += usize::from(optional);
        CaptureKind::OneOf(words, optional)
    } else if before.iter().any(|item| item.captures(&name)) {
        CaptureKind::Same
    } else {
        CaptureKind::Expr
    };
    if kind != CaptureKind::Same && before.iter().any(|item| item.captures(&name)) {
        return Err(format!("`${name}` is captured twice"));
    }
    Ok((PatternItem::Capture { name, kind }, at))
}

/// The pieces of a cure.
pub fn cure(text: &str) -> Result<Vec<CurePiece>, String> {
    let mut pieces: Vec<CurePiece> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (piece, length) = match first {
            '\n' => {
                let steps = rest.len() - 1 - rest[1..].trim_start_matches('\t').len();
                (CurePiece::Line(steps), 1 + steps)
            }
            '$' if rest.starts_with("$$") => (CurePiece::Text("$".into()), 2),
            '$' => {
                let braced = rest.starts_with("${");
                let name = &rest[1 + usize::from(braced)..];
                let length = word(name);
                if length == 0 || braced && !name[length..].starts_with('}') {
                    return Err("a capture needs a name behind `$`; `$$` is the mark itself".into());
                }
                (CurePiece::Capture(name[..length].into()), 1 + length + 2 * usize::from(braced))
            }
            _ => {
                let end = rest.find(['\n', '$']).unwrap_or(rest.len());
                (CurePiece::Text(rest[..end].into()), end)
            }
        };
        pieces.push(piece);
        rest = &rest[length..];
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(any: &[&str], optional: bool) -> PatternItem {
        PatternItem::Text { any: any.iter().map(|text| (*text).to_owned()).collect(), optional }
    }

    fn capture(name: &str, kind: CaptureKind) -> PatternItem {
        PatternItem::Capture { name: name.into(), kind }
    }

    #[test]
    fn patterns() {
        assert_eq!(
            items("^ for|foreach ($i:name = $a ; $i ++) ;? \n"),
            Ok(vec![
                PatternItem::LineStart,
                text(&["for", "foreach"], false),
                text(&["("], false),
                capture("i", CaptureKind::Name),
                text(&["="], false),
                capture("a", CaptureKind::Expr),
                text(&[";"], false),
                capture("i", CaptureKind::Same),
                text(&["++"], false),
                text(&[")"], false),
                text(&[";"], true),
                PatternItem::LineEnd,
            ])
        );
        let choice = CaptureKind::OneOf(vec!["pub".into(), "private".into()], true);
        assert_eq!(
            items("$$x || $p(pub|private)?"),
            Ok(vec![text(&["$"], false), text(&["x"], false), text(&["||"], false), capture("p", choice)])
        );
        assert_eq!(
            items("$c ? $a"),
            Ok(vec![capture("c", CaptureKind::Expr), text(&["?"], false), capture("a", CaptureKind::Expr)])
        );
    }

    #[test]
    fn cures() {
        let capture = |name: &str| CurePiece::Capture(name.into());
        let text = |text: &str| CurePiece::Text(text.into());
        assert_eq!(
            cure("while ${c}:\n$body\n\tx $$"),
            Ok(vec![
                text("while "),
                capture("c"),
                text(":"),
                CurePiece::Line(0),
                capture("body"),
                CurePiece::Line(1),
                text("x "),
                text("$")
            ])
        );
    }
}
