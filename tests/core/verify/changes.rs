//! Makes random files, and random changes of the kinds that the policies are for; some of them are spoiled.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use treefill::document::{Edit, Snapshot, Tree};
use treefill::language::Language;

/// What is put into texts besides their own words and lines.
const PIECES: &[&str] = &[
    "",
    "x",
    "1",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "\"\"\"",
    "\n",
    "\n    ",
    ",",
    ";",
    ":",
    " = 1",
    "x + 1",
    "f(x)",
    "pass",
    "return x",
    "return",
    "else:",
    "if x:",
    "x;",
    "let y = 1;",
    "}\n\nfn h() {",
    "\nx = 1",
    "# note",
    "// note",
    "/*",
];

/// Edits, and the bytes of the text before that their maker names.
pub struct Change {
    pub edits: Vec<Edit>,
    pub region: Option<Range<usize>>,
}

impl From<Edit> for Change {
    fn from(edit: Edit) -> Self {
        Self { edits: vec![edit], region: None }
    }
}

/// A named node of a file.
struct Part {
    kind: u16,
    range: Range<usize>,
    is_statement: bool,
    has_parameters: bool,
    body: Option<Range<usize>>,
}

/// A random file.
pub struct Scene {
    pub snapshot: Snapshot,
    pub tree: Tree,
    text: String,
    language: Arc<Language>,
    parts: Vec<Part>,
    /// The edit that takes the damage away again.
    repair: Option<Edit>,
}

impl Scene {
    /// `text`, with some of its words replaced when `damage` says so.
    pub fn new(random: &mut StdRng, text: &str, language: &Arc<Language>, damage: bool) -> Self {
        let mut text = text.to_owned();
        let repair = damage.then(|| {
            let range = word_ends(random, &text, 2);
            let piece = *PIECES.choose(random).unwrap();
            let was = text[range.clone()].to_owned();
            text.replace_range(range.clone(), piece);
            Edit::replace(range.start..range.start + piece.len(), was)
        });
        let snapshot = Snapshot::of_text("", &text, Some(language.clone()));
        let tree = snapshot.try_parse_within(Duration::from_secs(60)).unwrap();
        let parts = parts(&tree, language);
        Self { snapshot, tree, text, language: language.clone(), parts, repair }
    }

    /// An insertion at a random place.
    pub fn insertion(&self, random: &mut StdRng) -> Edit {
        Edit::insert(word_ends(random, &self.text, 1).start, self.random_text(random))
    }

    /// A change of the kind that the policy of this name is for.
    pub fn change(&self, random: &mut StdRng, policy: &str) -> Change {
        match policy {
            "body" => self.body(random),
            "one node" => self.node(random).into(),
            "statements" => self.statements(random).into(),
            "below a comment" => self.line_below(random).into(),
            "comments" => self.comment(random).into(),
            "documentation" => self.documentation(random).into(),
            "syntax repair" => self.repair(random),
            "diagnostic repair" => self.two_edits(random),
            _ => self.words(random).into(),
        }
    }

    /// Another body for a function, statements behind its end, or a body in place of its `;`.
    fn body(&self, random: &mut StdRng) -> Change {
        let functions: Vec<&Part> = self.parts.iter().filter(|part| part.has_parameters).collect();
        let Some(function) = functions.choose(random) else { return self.words(random).into() };
        let end = function.range.end;
        let statement = self.statement(random);
        let indentation = self.indentation(function.range.start);
        let (range, new) = match &function.body {
            Some(body) if random.random_bool(0.6) => {
                let other = functions.choose(random).and_then(|other| other.body.clone());
                (body.clone(), self.text[other.unwrap_or(body.clone())].to_owned())
            }
            Some(_) => (end..end, format!("\n{indentation}    {statement}")),
            None if self.text[..end].ends_with(';') => {
                (end - 1..end, format!(" {{\n{indentation}    {statement}\n{indentation}}}"))
            }
            None => (end..end, format!(" {statement}")),
        };
        Change { region: Some(range.clone()), ..Edit::replace(range, self.spoiled(random, new)).into() }
    }

    /// Another node in the place of one.
    fn node(&self, random: &mut StdRng) -> Edit {
        let small: Vec<&Part> = self.parts.iter().filter(|part| part.range.len() < 80).collect();
        let Some(node) = small.choose(random) else { return self.words(random) };
        let alike: Vec<&Part> = small.iter().copied().filter(|other| other.kind == node.kind).collect();
        let other = if random.random_bool(0.7) { alike.choose(random) } else { small.choose(random) };
        let new = other.map_or("", |other| &self.text[other.range.clone()]).to_owned();
        Edit::replace(node.range.clone(), self.spoiled(random, new))
    }

    /// One or two statements in the place of one.
    fn statements(&self, random: &mut StdRng) -> Edit {
        let all: Vec<&Part> = self.parts.iter().filter(|part| part.is_statement).collect();
        let Some(statement) = all.choose(random) else { return self.words(random) };
        let indentation = self.indentation(statement.range.start);
        let mut new = self.statement(random);
        match random.random_range(0..4) {
            0 | 1 => new = format!("{new}\n{indentation}{}", self.statement(random)),
            // Without indentation it would end the block.
            2 => new = format!("{}\nx = 1", &self.text[statement.range.clone()]),
            _ => {}
        }
        Edit::replace(statement.range.clone(), self.spoiled(random, new))
    }

    /// A line of the file again, below another one.
    fn line_below(&self, random: &mut StdRng) -> Edit {
        let row = random.random_range(0..self.snapshot.lines());
        let line = self.snapshot.line_range(row);
        let other = self.snapshot.line_text(random.random_range(0..self.snapshot.lines()));
        let new = if random.random_bool(0.5) { self.statement(random) } else { other.trim().to_owned() };
        let new = format!("\n{}{new}", self.indentation(line.start));
        Edit::insert(line.end, self.spoiled(random, new))
    }

    /// A comment, now and then without its mark, above a line.
    fn comment(&self, random: &mut StdRng) -> Edit {
        let start = self.snapshot.line_start(random.random_range(0..self.text.len()));
        let mark = if random.random_bool(0.9) { &self.language.config.line_comment } else { "" };
        let comment = format!("{}{mark} say", self.indentation(start));
        Edit::insert(start, self.spoiled(random, comment) + "\n")
    }

    /// A text in quotation marks as the first statement of a function, else a comment.
    fn documentation(&self, random: &mut StdRng) -> Edit {
        let inside = |part: &&Part| part.has_parameters && part.body.is_some();
        let functions: Vec<&Part> = self.parts.iter().filter(inside).collect();
        let (quote, function) = (self.language.config.docs.quotes.choose(random), functions.choose(random));
        let (Some(quote), Some(body)) = (quote, function.and_then(|function| function.body.clone())) else {
            return self.comment(random);
        };
        let header = self.text[..body.start].trim_end().len();
        let text = format!("\n{}{quote}Say.{quote}", self.indentation(body.start));
        Edit::insert(header, self.spoiled(random, text))
    }

    /// The damage taken away again, or some other words; in the lines around.
    fn repair(&self, random: &mut StdRng) -> Change {
        let repair = self.repair.clone().filter(|_| random.random_bool(0.7));
        let edit = repair.unwrap_or_else(|| self.words(random));
        let start = self.snapshot.line_start(edit.range.start);
        let start = self.snapshot.line_start(start.saturating_sub(1));
        let row = self.snapshot.line_of(edit.range.end) + random.random_range(0..3);
        let end = self.snapshot.line_range(row.min(self.snapshot.lines() - 1)).end;
        Change { region: Some(start..end), ..edit.into() }
    }

    fn two_edits(&self, random: &mut StdRng) -> Change {
        let (one, other) = (self.words(random), self.words(random));
        let apart = one.range.end < other.range.start || other.range.end < one.range.start;
        let edits = if apart { vec![one, other] } else { vec![one] };
        Change { edits, region: None }
    }

    /// Some words, spoiled, renamed or exchanged.
    fn words(&self, random: &mut StdRng) -> Edit {
        let range = word_ends(random, &self.text, 8);
        let was = self.text[range.clone()].to_owned();
        let new = match random.random_range(0..3) {
            0 => self.spoiled(random, was),
            1 => was.replace('e', "a"),
            _ => self.random_text(random),
        };
        Edit::replace(range, new)
    }

    fn random_text(&self, random: &mut StdRng) -> String {
        match random.random_range(0..5) {
            0 | 1 => {
                let own = self.text[word_ends(random, &self.text, 6)].to_owned();
                self.spoiled(random, own)
            }
            2 => self.statement(random),
            _ => (*PIECES.choose(random).unwrap()).to_owned(),
        }
    }

    /// A short statement of the file.
    fn statement(&self, random: &mut StdRng) -> String {
        let short = |part: &&Part| part.is_statement && part.range.len() < 80;
        let statements: Vec<&Part> = self.parts.iter().filter(short).collect();
        statements.choose(random).map_or("x", |part| &self.text[part.range.clone()]).to_owned()
    }

    fn spoiled(&self, random: &mut StdRng, text: String) -> String {
        let piece = *PIECES.choose(random).unwrap();
        match random.random_range(0..10) {
            0 | 1 => format!("{text}{piece}"),
            2 => format!("{piece}{text}"),
            _ => text,
        }
    }

    fn indentation(&self, byte: usize) -> String {
        let line = self.snapshot.line_text(self.snapshot.line_of(byte));
        line[..line.len() - line.trim_start().len()].to_owned()
    }
}

fn parts(tree: &Tree, language: &Language) -> Vec<Part> {
    let mut parts = Vec::new();
    super::oracle::nodes(tree, |node, above| {
        if node.is_named() && !above.is_empty() && !node.is_extra() && !node.byte_range().is_empty() {
            let field = |name| node.child_by_field_name(name).map(|child| child.byte_range());
            parts.push(Part {
                kind: node.kind_id(),
                range: node.byte_range(),
                is_statement: language.config.statements.iter().any(|kind| kind == node.kind()),
                has_parameters: field("parameters").is_some_and(|_| field("name").is_some()),
                body: field("body").filter(|body| !body.is_empty()),
            });
        }
    });
    parts
}

/// A range of at most so many words, spaces and marks.
fn word_ends(random: &mut StdRng, text: &str, most: usize) -> Range<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let pairs = chars.windows(2).filter(|pair| !is_word(pair[0].1) || !is_word(pair[1].1));
    let ends: Vec<usize> = pairs.map(|pair| pair[1].0).collect();
    let first = random.random_range(0..ends.len());
    ends[first]..ends[(first + random.random_range(0..most)).min(ends.len() - 1)]
}
