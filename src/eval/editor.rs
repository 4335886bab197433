//! Imitates an editor as far as typing goes: closes brackets and quotes, lets the typist type over them, indents new lines.

use std::ops::Range;

use crate::completion::brackets;

/// One change of the text: bytes replaced, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Bytes of the text before the change.
    pub range: Range<usize>,
    /// What takes their place.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    pub text: String,
    /// The cursor, in bytes.
    pub cursor: usize,
    /// Closers behind the cursor that the editor put there, innermost last.
    owed: Vec<char>,
    unit: String,
    /// What opens a block at the end of a line, besides brackets.
    openers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// How the text changed; none when the cursor only moved.
    pub change: Option<Replacement>,
    /// Bytes of the wanted text that are there now.
    pub consumed: usize,
}

impl Editor {
    /// An editor with the cursor between two texts.
    pub fn new(before: &str, after: &str, unit: &str, openers: &[String]) -> Self {
        Self {
            text: format!("{before}{after}"),
            cursor: before.len(),
            owed: Vec::new(),
            unit: unit.to_owned(),
            openers: openers.to_vec(),
        }
    }

    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    pub fn after(&self) -> &str {
        &self.text[self.cursor..]
    }

    /// The rest of the cursor's line.
    pub fn right(&self) -> &str {
        self.after().split('\n').next().unwrap_or_default()
    }

    /// Press the key that brings the text nearer to `rest`, which is wanted from the cursor on and not empty.
    pub fn press(&mut self, rest: &str) -> Press {
        let Some(c) = rest.chars().next() else { return Press { change: None, consumed: 0 } };
        if let Some(press) = self.align(rest) {
            return press;
        }
        if let Some(press) = self.type_over(rest) {
            return press;
        }
        if c == '\n' {
            return self.new_line(rest);
        }
        let mut typed = c.to_string();
        if let Some(closer) = self.closer_of(c, rest) {
            typed.push(closer);
            self.owed.push(closer);
        }
        let change = self.replace(self.cursor..self.cursor, &typed);
        self.cursor -= typed.len() - c.len_utf8();
        Press { change: Some(change), consumed: c.len_utf8() }
    }

    /// Put a wrong letter in, or take it out again.
    pub fn slip(&mut self, letter: Option<char>) -> Replacement {
        match letter {
            Some(letter) => self.replace(self.cursor..self.cursor, &letter.to_string()),
            None => {
                let last = self.before().chars().next_back().map_or(0, char::len_utf8);
                self.replace(self.cursor - last..self.cursor, "")
            }
        }
    }

    /// Take a suggestion: `text` in the place of `after` bytes behind the cursor.
    pub fn accept(&mut self, text: &str, after: usize) -> Replacement {
        for c in self.text[self.cursor..self.cursor + after].chars() {
            if self.owed.last() == Some(&c) {
                self.owed.pop();
            }
        }
        self.replace(self.cursor..self.cursor + after, text)
    }

    /// Insert a text before the cursor, which stays where it is in the code.
    pub fn insert_above(&mut self, at: usize, text: &str) -> Replacement {
        let cursor = self.cursor + text.len();
        let change = self.replace(at..at, text);
        self.cursor = cursor;
        change
    }

    fn replace(&mut self, range: Range<usize>, text: &str) -> Replacement {
        self.text.replace_range(range.clone(), text);
        self.cursor = range.start + text.len();
        Replacement { range, text: text.to_owned() }
    }

    /// At the start of a line: bring the indentation nearer to what is wanted, a step a key.
    fn align(&mut self, rest: &str) -> Option<Press> {
        let line = self.before().rsplit('\n').next().unwrap_or_default();
        if !line.chars().all(|c| c == ' ' || c == '\t') {
            return None;
        }
        let wanted = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if wanted > 0 {
            let step = rest[..wanted].len().min(self.unit.len());
            let change = self.replace(self.cursor..self.cursor, &rest[..step]);
            return Some(Press { change: Some(change), consumed: step });
        }
        None
    }

    /// What is wanted stands there already, put by the editor.
    fn type_over(&mut self, rest: &str) -> Option<Press> {
        let at = self.owed.iter().rposition(|closer| rest.trim_start().starts_with(*closer))?;
        let closer = self.owed[at];
        let wanted = rest.len() - rest.trim_start().len() + closer.len_utf8();
        let here = self.after().find(closer)?;
        let between = self.after()[..here].to_owned();
        // Only what the editor itself put there may stand between.
        if !between.chars().all(|c| c.is_whitespace() || self.owed[at..].contains(&c)) {
            return None;
        }
        self.owed.truncate(at);
        let range = self.cursor..self.cursor + here;
        let blanks = &rest[..wanted - closer.len_utf8()];
        let change = (between != blanks).then(|| self.replace(range.clone(), blanks));
        if change.is_none() {
            self.cursor = range.end;
        }
        self.cursor += closer.len_utf8();
        Some(Press { change, consumed: wanted })
    }

    fn new_line(&mut self, rest: &str) -> Press {
        let line = self.before().rsplit('\n').next().unwrap_or_default().to_owned();
        let own = line.len() - line.trim_start_matches([' ', '\t']).len();
        let code = line.trim_end();
        let opens =
            code.ends_with(['(', '[', '{']) || self.openers.iter().any(|opener| code.ends_with(opener));
        let mut indentation = line[..own].to_owned();
        if opens {
            indentation.push_str(&self.unit);
        }
        let wanted = rest[1..].len() - rest[1..].trim_start_matches([' ', '\t']).len();
        // A typist takes back at once what the editor indented too far.
        let indentation = if indentation.len() > wanted { rest[1..=wanted].to_owned() } else { indentation };
        let splits = code.ends_with(['(', '[', '{'])
            && self.owed.last().is_some_and(|closer| self.after().starts_with(*closer));
        let below = if splits { format!("\n{}", &line[..own]) } else { String::new() };
        // Blanks on an empty line do not stay.
        let start = if code.is_empty() { self.cursor - line.len() } else { self.cursor };
        let typed = format!("\n{indentation}");
        let change = self.replace(start..self.cursor, &format!("{typed}{below}"));
        self.cursor = start + typed.len();
        Press { change: Some(change), consumed: typed.len() }
    }

    /// What the editor puts behind `c` by itself.
    fn closer_of(&self, c: char, rest: &str) -> Option<char> {
        let next = self.after().chars().next();
        let free = next.is_none_or(|next| next.is_whitespace() || ";:.,=}])>".contains(next));
        let in_string = self.owed.iter().any(|closer| matches!(closer, '"' | '\''));
        if !free || in_string {
            return None;
        }
        match c {
            '(' => Some(')'),
            '[' => Some(']'),
            '{' => Some('}'),
            // Three of them open a long string, which the typist closes.
            '"' | '\'' if rest.starts_with(&c.to_string().repeat(3)) => None,
            '"' | '\'' if ends_a_quotation(self.before(), c) => None,
            '"' => Some('"'),
            '\'' if self.before().ends_with(['&', '<']) => None,
            '\'' => Some('\''),
            _ => None,
        }
    }
}

/// Whether `quote` typed behind `before` is no opening one. As VS Code and nvim-autopairs have it: behind a word (which a
/// string's prefix is not), behind another quote, and where the line has an open one, as an accepted part may leave it.
fn ends_a_quotation(before: &str, quote: char) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let word = line.len() - line.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len();
    let prefix = word <= 2 && line[line.len() - word..].chars().all(|c| "bBfFrRuU".contains(c));
    let balance = brackets::balance(line, "");
    word > 0 && !prefix || line.ends_with(quote) || balance.quote.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Removes the closers that nobody wanted.
    fn finish(editor: &mut Editor) {
        let mut end = editor.cursor;
        while let Some(closer) = editor.owed.pop() {
            let blank = editor.text[end..].len() - editor.text[end..].trim_start().len();
            if editor.text[end + blank..].starts_with(closer) {
                end += blank + closer.len_utf8();
            }
        }
        editor.text.replace_range(editor.cursor..end, "");
    }

    /// Type `wanted`; the text must be right at the end.
    fn types(before: &str, wanted: &str, after: &str) -> usize {
        let mut editor = Editor::new(before, after, "    ", &[":".to_owned(), "{".to_owned()]);
        let (mut done, mut keys) = (0, 0);
        while done < wanted.len() {
            let old = editor.text.clone();
            let press = editor.press(&wanted[done..]);
            if let Some(change) = &press.change {
                let mut replayed = old.clone();
                replayed.replace_range(change.range.clone(), &change.text);
                assert_eq!(replayed, editor.text, "a change says what it did");
            }
            done += press.consumed;
            keys += 1;
            assert!(keys < 1000, "{wanted:?} is typed to an end: {editor:?}");
        }
        finish(&mut editor);
        assert_eq!(editor.text, format!("{before}{wanted}{after}"));
        keys
    }

    #[test]
    fn what_is_wanted_is_there_in_the_end() {
        assert_eq!(types("", "f(a, [1])", "\n"), 9);
        assert_eq!(types("", "x = \"it's (\"", "\n"), 12);
        types("", "if a:\n    b(c)\nelse:\n    d = {}\n\ne = 1", "\n");
        types(
            "fn f() {\n    ",
            "if a {\n        g(&'a b);\n    } else {\n        h(')')\n    }\n    i[0]",
            "\n}\n",
        );
        types("", "f(\n    a,\n    b)", "\n");
        types("", "f(\n    a,\n    g(1),\n)\ny", "\n");
        types("", "s = \"\"\"long ( text\n    more\"\"\"", "\n");
        types("", "don't = 'a' + f'{b}'", "\n");
        types("f(\"te", "st\", b\"x\")", "\n");
    }

    #[test]
    fn a_quote_is_closed_only_where_it_opens() {
        for (before, c, expected) in [
            ("f(", '"', true),
            ("x = b", '"', true),
            ("x = ", '\'', true),
            ("f(\"te", '"', false),
            ("f(\"te st ", '"', false),
            ("don", '\'', false),
            ("x = \"\"", '"', false),
            ("&", '\'', false),
        ] {
            let mut editor = Editor::new(before, "\n", "    ", &[]);
            editor.press(&format!("{c}a"));
            assert_eq!(editor.after() == format!("{c}\n"), expected, "{before}{c}");
        }
    }
}
