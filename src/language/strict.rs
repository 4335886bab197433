//! Strict parsers: they reject what the language rejects, where tree-sitter is lenient. They judge a text only against
//! another one ([`Faults::worse_than`]): the file being typed is usually broken already. They repair nothing.

mod python;
mod rust;

use std::ops::Range;

/// The deepest nesting that is judged, in tokens that may lie on top of each other. Real code stays in the hundreds. Our
/// stack would hold 20 000, but rust-analyzer frees its trees on a thread of its own, with 2 MiB.
const MAX_DEPTH: usize = 6_000;

/// From this depth on a parser gets a stack of its own: shallower, every one needs less than the 2 MiB of a thread.
const SHALLOW: usize = 200;

/// Stack for the deepest text that is judged; the pages are touched only when used.
const STACK: usize = 256 * 1024 * 1024;

/// Which strict parser a language has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parser {
    /// `ruff_python_parser`, with the checks CPython's compiler makes after parsing.
    Python,
    /// `ra_ap_syntax`, and `syn` where it is laxer than rustc.
    Rust,
}

/// What a strict parser has against a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Errors of the grammar.
    pub syntax: usize,
    /// Errors that the language's compiler finds in the tree: `return` outside a function, an argument given twice.
    pub semantic: usize,
    /// Whether a second parser, which stops at its first error, refuses the text.
    pub refused: bool,
    /// The newest version of the language whose syntax is used, as its minor number; 0 when it makes no difference.
    pub needs: u8,
    /// Whether the text is nested too deeply to be judged; then nothing else is known.
    pub unjudged: bool,
}

impl Faults {
    /// Whether a text with these faults must not replace one with the faults `reference`: something has been added.
    ///
    /// Each kind counts for itself: fixing a syntax error does not pay for a second `return` outside a function. Two texts
    /// that cannot be judged are equal, and the tree-sitter rule alone decides.
    pub fn worse_than(&self, reference: &Self) -> bool {
        if self.unjudged || reference.unjudged {
            return self.unjudged && !reference.unjudged;
        }
        self.syntax > reference.syntax
            || self.semantic > reference.semantic
            || self.refused && !reference.refused
            || self.needs > reference.needs
    }

    /// How many there are, in one number.
    pub fn total(&self) -> usize {
        self.syntax
            + self.semantic
            + usize::from(self.refused && self.syntax == 0)
            + usize::from(self.unjudged)
    }
}

/// A text and what the strict parser of its language, if there is one, has against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    text: String,
    parser: Option<Parser>,
    /// None without a parser.
    pub faults: Faults,
}

impl Judged {
    /// Judge a whole file.
    pub fn whole(parser: Option<Parser>, text: String) -> Self {
        let faults = parser.map_or(Faults::default(), |parser| parser.judge(&text));
        Self { text, parser, faults }
    }

    /// Judge a text that is not the beginning of its file.
    pub fn inside(parser: Option<Parser>, text: String) -> Self {
        let faults = parser.map_or(Faults::default(), |parser| parser.judge_inside(&text));
        Self { text, parser, faults }
    }

    /// Whether this text must not replace `before`: [`Faults::worse_than`], but for newer syntax that stood in `before` too,
    /// where an error (an open quotation, say) hid it.
    pub fn worse_than(&self, before: &Self) -> bool {
        let mut faults = self.faults;
        if faults.needs > before.faults.needs && before.faults.syntax > 0 {
            let changed = changed(&before.text, &self.text);
            faults.needs = self.parser.map_or(0, |parser| parser.needs(&self.text, &changed));
        }
        faults.worse_than(&before.faults)
    }
}

/// The bytes of `new` that are not as in `old`, from the first to the last of them.
fn changed(old: &str, new: &str) -> Range<usize> {
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let same = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    start..new.len() - same
}

/// One fault, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What the parser says.
    pub message: String,
}

impl Parser {
    /// The strict parser of the language called `name`: the second, optional row of a new language.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "python" => Some(Self::Python),
            "rust" => Some(Self::Rust),
            _ => None,
        }
    }

    /// What this parser is called in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "ruff",
            Self::Rust => "rust-analyzer + syn",
        }
    }

    /// All faults of `text`. About 1 ms for 1000 lines of Python, 5 to 8 for Rust: judge the enclosing definition when the
    /// file is long.
    pub fn judge(self, text: &str) -> Faults {
        let (depth, judge): (usize, fn(&str) -> Faults) = match self {
            Self::Python => (python::depth(text), python::judge),
            Self::Rust => (rust::depth(text), rust::judge),
        };
        let unjudged = Faults { unjudged: true, ..Faults::default() };
        match depth {
            0..SHALLOW => judge(text),
            SHALLOW..MAX_DEPTH => on_a_large_stack(|| judge(text)).unwrap_or(unjudged),
            _ => unjudged,
        }
    }

    /// The faults of a text that is not the beginning of its file: what must come first is a fault in it.
    pub fn judge_inside(self, text: &str) -> Faults {
        let before = match self {
            Self::Python => "pass\n",
            Self::Rust => "const _: () = ();\n",
        };
        self.judge(&format!("{before}{text}"))
    }

    /// The newest version of the language ([`Faults::needs`]) whose syntax touches the bytes `range` of `text`.
    fn needs(self, text: &str, range: &Range<usize>) -> u8 {
        match self {
            Self::Python if python::depth(text) < SHALLOW => python::needs(text, range),
            // Deeper ones: as for all of it.
            Self::Python => self.judge(text).needs,
            Self::Rust => 0,
        }
    }

    /// Whether `text` has no fault at all: quicker than [`Parser::judge`] where it has one.
    pub fn accepts(self, text: &str) -> bool {
        let (depth, accepts): (usize, fn(&str) -> bool) = match self {
            Self::Python => (python::depth(text), |text| python::judge(text).total() == 0),
            Self::Rust => (rust::depth(text), rust::accepts),
        };
        match depth {
            0..SHALLOW => accepts(text),
            SHALLOW..MAX_DEPTH => on_a_large_stack(|| accepts(text)).unwrap_or(false),
            _ => false,
        }
    }

    /// The faults of `text` that have a place, in its order. None for one that is nested too deeply. (`syn` tells no places.)
    pub fn complaints(self, text: &str) -> Vec<Complaint> {
        let (depth, complaints): (usize, fn(&str) -> Vec<Complaint>) = match self {
            Self::Python => (python::depth(text), python::complaints),
            Self::Rust => (rust::depth(text), rust::complaints),
        };
        let mut found = match depth {
            0..SHALLOW => complaints(text),
            SHALLOW..MAX_DEPTH => on_a_large_stack(|| complaints(text)).unwrap_or_default(),
            _ => Vec::new(),
        };
        found.sort_by_key(|complaint| complaint.range.start);
        found
    }

    /// The number of errors in `text`.
    pub fn errors(self, text: &str) -> usize {
        self.judge(text).total()
    }
}

/// Run `work` where deep recursion is safe: the parsers recurse, and an overflow would end the process. None when the
/// system gives no such thread, or the parser panics.
fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("strict parser".into()).stack_size(STACK);
        thread.spawn_scoped(scope, work).ok()?.join().ok()
    })
}

/// An upper bound of how deep a parser nests, from the tokens alone: for every open bracket, the tokens since the last
/// separator. (Counting brackets is not enough: `- - - x`, `a.b.c.d` and `|| || x` nest too.)
struct Depth {
    /// One level per open bracket.
    levels: Vec<Level>,
    total: usize,
    deepest: usize,
}

/// The tokens of one bracket that may lie on top of each other.
#[derive(Default)]
struct Level {
    tokens: usize,
    /// Whether a comma may be inside something that is no bracket (`lambda a, b:`, `Map<K, V>`), so that it ends nothing.
    sticky: bool,
}

impl Depth {
    fn new() -> Self {
        Self { levels: vec![Level::default()], total: 0, deepest: 0 }
    }

    fn token(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.tokens += 1;
            self.total += 1;
            self.deepest = self.deepest.max(self.total);
        }
    }

    fn sticky(&mut self) {
        self.token();
        if let Some(level) = self.levels.last_mut() {
            level.sticky = true;
        }
    }

    fn open(&mut self) {
        self.token();
        self.levels.push(Level::default());
    }

    fn close(&mut self) {
        if self.levels.len() > 1
            && let Some(level) = self.levels.pop()
        {
            self.total -= level.tokens;
        }
    }

    fn comma(&mut self) {
        if self.levels.last().is_some_and(|level| !level.sticky) {
            self.end();
        }
    }

    /// A statement is over.
    fn end(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.total -= level.tokens;
            *level = Level::default();
        }
    }
}

#[cfg(test)]
mod tests;
