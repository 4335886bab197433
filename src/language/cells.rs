//! Finds what a cell of a notebook says to the notebook and not in its language (`%magic`, `!command`, `name?`), so that parsers
//! read a statement there and nothing else touches it. `grammars/<name>/cells.toml` says what such lines look like.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::embedded;

/// Three of these open a string that may go on in the next lines.
const QUOTES: [char; 2] = ['"', '\''];

/// The cells of one language.
#[derive(Debug)]
pub struct Cells {
    lines: Vec<Regex>,
    operator: Regex,
    help: Regex,
    assigned: Regex,
    cell: Regex,
    own_cells: Vec<String>,
    filler: char,
    comment: String,
    opener: String,
}

/// The shape of `cells.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellsFile {
    lines: Vec<String>,
    operator: String,
    help: String,
    assigned: String,
    cell: String,
    own_cells: Vec<String>,
    filler: char,
    comment: String,
    opener: String,
}

/// By the name of the language; read once.
static CELLS: LazyLock<HashMap<&'static str, Cells>> =
    LazyLock::new(|| embedded::tables("cells.toml", Cells::parse));

impl Cells {
    /// The cells of the language called `name`; None when no notebook is written in it.
    pub fn of(name: &str) -> Option<&'static Self> {
        CELLS.get(name)
    }

    /// Reads `cells.toml`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: CellsFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let regex = |text: &str| Regex::new(text).map_err(|error| error.to_string());
        Ok(Self {
            lines: file.lines.iter().map(|line| regex(line)).collect::<Result<_, _>>()?,
            operator: regex(&file.operator)?,
            help: regex(&file.help)?,
            assigned: regex(&file.assigned)?,
            cell: regex(&file.cell)?,
            own_cells: file.own_cells,
            filler: file.filler,
            comment: file.comment,
            opener: file.opener,
        })
    }

    /// The names of the languages that notebooks are written in.
    pub fn languages() -> Vec<&'static str> {
        let mut names: Vec<&str> = CELLS.keys().copied().collect();
        names.sort_unstable();
        names
    }

    /// The bytes of `text` that are not of the language, in order: whole lines, or what is assigned from one.
    pub fn foreign(&self, text: &str) -> Vec<Range<usize>> {
        match self.whole(text) {
            Some(whole) => vec![whole],
            None => self.read(text).0,
        }
    }

    /// Whether a cell is written in another language as a whole.
    pub fn is_foreign(&self, text: &str) -> bool {
        self.whole(text).is_some()
    }

    /// What ends what is open at the end of a cell, so that it does not go on in the cell behind it.
    pub fn ending(&self, text: &str) -> String {
        let (_, LineState { string, brackets, .. }) = self.read(text);
        let quotes = string.map_or(String::new(), |quote| quote.to_string().repeat(3));
        let closers = quotes + &brackets.iter().rev().collect::<String>();
        match closers.is_empty() {
            true if text.trim_end().ends_with(&self.opener) => format!(" {}", self.filler),
            true => closers,
            // Behind a comment it would be a part of that.
            false => format!("\n{closers}"),
        }
    }

    /// The bytes of a cell that is written in another language as a whole.
    fn whole(&self, text: &str) -> Option<Range<usize>> {
        let start = text.len() - text.trim_start_matches(['\u{feff}', '\n', '\r', ' ', '\t']).len();
        let found = self.cell.captures(&text[start..])?;
        let is_own = self.own_cells.iter().any(|own| own == &found["name"]);
        (!is_own).then(|| start..text.trim_end().len())
    }

    /// The parts of lines that are not of the language, and what is open at the end.
    fn read(&self, text: &str) -> (Vec<Range<usize>>, LineState) {
        let mut found = Vec::new();
        let mut state = LineState::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let code = line.trim_end_matches(['\n', '\r']);
            let foreign = match state.foreign {
                true => Some(code.len() - code.trim_start().len()),
                false => self.foreign_in(code, &state),
            };
            // The shell's lines are joined as the language's are.
            state.foreign = foreign.is_some() && code.ends_with('\\');
            match foreign {
                Some(from) if from < code.len() => found.push(at + from..at + code.len()),
                Some(_) => {}
                None => state.read(code, &self.comment),
            }
            at += line.len();
        }
        (found, state)
    }

    /// Where the part of a line begins that is not of the language.
    fn foreign_in(&self, line: &str, state: &LineState) -> Option<usize> {
        if state.string.is_some() || state.joined {
            return None;
        }
        let indent = line.len() - line.trim_start_matches([' ', '\t', '\u{feff}']).len();
        let is_line = self.lines.iter().any(|pattern| pattern.is_match(&line[indent..]));
        // Behind an open bracket it may go on with an expression, unless nobody would begin a line so there.
        if !state.brackets.is_empty() && indent > 0 && self.operator.is_match(&line[indent..]) {
            return None;
        }
        if is_line || self.help.is_match(line) {
            return Some(indent);
        }
        self.assigned.captures(line).and_then(|found| found.name("kept")).map(|kept| kept.end())
    }

    /// `text` with a statement in the place of each line that is not of the language: as many bytes, the same lines.
    pub fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let foreign = self.foreign(text);
        if foreign.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for range in foreign {
            masked.push_str(&text[at..range.start]);
            // Line ends stay: a whole cell may be masked.
            let blank = text[range.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' });
            masked.push(self.filler);
            masked.extend(blank.skip(1));
            at = range.end;
        }
        masked.push_str(&text[at..]);
        Cow::Owned(masked)
    }
}

/// What is open at the start of a line.
#[derive(Default)]
struct LineState {
    /// The string of three quotes.
    string: Option<char>,
    /// What closes the open brackets, the outermost first.
    brackets: Vec<char>,
    joined: bool,
    /// Whether the line before is not of the language and goes on here.
    foreign: bool,
}

impl LineState {
    /// Reads a line of the language.
    fn read(&mut self, line: &str, comment: &str) {
        self.joined = false;
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let triple = |quote: char| rest.chars().take(3).filter(|c| *c == quote).count() == 3;
            let mut step = c.len_utf8();
            match (self.string, c) {
                (_, '\\') => {
                    step += rest[1..].chars().next().map_or(0, char::len_utf8);
                    self.joined = step == 1 && self.string.is_none();
                }
                (Some(quote), _) if triple(quote) => (self.string, step) = (None, 3),
                (Some(_), _) => {}
                (None, _) if rest.starts_with(comment) => return,
                (None, quote) if QUOTES.contains(&quote) && triple(quote) => {
                    (self.string, step) = (Some(quote), 3);
                }
                (None, quote) if QUOTES.contains(&quote) => step = one_line_string(rest, quote),
                (None, '(') => self.brackets.push(')'),
                (None, '[') => self.brackets.push(']'),
                (None, '{') => self.brackets.push('}'),
                (None, ')' | ']' | '}') => drop(self.brackets.pop()),
                (None, _) => {}
            }
            rest = &rest[step..];
        }
    }
}

/// The bytes of a string at the start of `rest` that ends in its line.
fn one_line_string(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn masked(text: &str, expected: &str) {
        let cells = Cells::of("python").unwrap();
        let found = cells.masked(text);
        assert_eq!(found.len(), text.len());
        let shown: Vec<&str> = found.lines().map(str::trim_end).collect();
        assert_eq!(shown.join("\n"), expected, "{text}");
        assert_eq!(cells.masked(&found), found, "what is masked has nothing more to mask");
    }

    #[test]
    fn magics_are_statements() {
        masked("%matplotlib inline\nx = 1\n", "0\nx = 1");
        masked("if x:\n    !pip install é\n", "if x:\n    0");
        masked(
            "files = !ls -l\nfirst, rest = !echo 'a b'\nt = %timeit -o f()\n",
            "files = 0\nfirst, rest = 0\nt = 0",
        );
        masked("np.array?\nnp.array??\n?len\na[0].b?\n", "0\n0\n0\n0");
        masked("!cat <<EOF \\\n  more )\nx = 1\n", "0\n  0\nx = 1");
        masked("f(1\n%time g()\n", "f(1\n0");
        masked("print(len(x)\nfiles?\nx = !ls\n", "print(len(x)\n0\nx = 0");
        masked("if x:\n    print(len(x)\n    !ls\n    ?x\n", "if x:\n    print(len(x)\n    0\n    0");
    }

    #[test]
    fn what_the_language_says_stays() {
        for text in [
            "x = (a\n     % b)",
            "x = (a\n     %b)",
            "x = a \\\n    %b",
            "s = \"\"\"\n%s\n!no\nreally?\n\"\"\"",
            "x = 'really?'",
            "x = 1  # why?",
            "# why?",
            "x %= 3",
            "x = (1\n  != y)",
            "a != b",
        ] {
            masked(text, text);
        }
    }

    #[test]
    fn what_is_open_at_the_end_of_a_cell_is_ended() {
        let cells = Cells::of("python").unwrap();
        for (text, expected) in [
            ("x = 1\n", ""),
            ("f(a, [1,  # (", "\n])"),
            ("s = f\"\"\"(\n%d", "\n\"\"\""),
            ("f(\"\"\"", "\n\"\"\")"),
            ("for x in y:\n", " 0"),
            ("x = 'a\ny = ')'", ""),
            ("!ls (\n", ""),
        ] {
            assert_eq!(cells.ending(text), expected, "{text}");
        }
    }

    #[test]
    fn a_whole_cell_may_be_another_language_s() {
        masked("%%bash\nls -l\nfor x in y; do", "0\n\n");
        masked("\n%%html\n<b>", "\n0\n");
        masked("%%time\nx = f(\n", "0\nx = f(");
    }
}
